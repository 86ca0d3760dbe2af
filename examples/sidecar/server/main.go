// config-server answers every request with the configuration of the app it stands
// beside: whatever is in the environment variable CONFIG_SERVER_MESSAGE.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
)

func main() {
	port := flag.Int("port", 8082, "port on this machine to listen at")
	flag.Parse()
	message := os.Getenv("CONFIG_SERVER_MESSAGE")
	http.HandleFunc("/config", func(answer http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(answer, "{\"message\": %q}\n", message)
	})
	log.Fatal(http.ListenAndServe(fmt.Sprintf("127.0.0.1:%d", *port), nil))
}
