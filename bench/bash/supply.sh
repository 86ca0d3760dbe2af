#!/usr/bin/env bash
# What a buildpack in bash does with a list of dependencies: one after the other.
# Lines of LIST: digest, url. $1 is where they go.
set -euo pipefail
while read -r digest url; do
    file=$1/${url##*/}
    curl -fsS --cacert "$CA_FILE" -o "$file" "$url"
    echo "$digest  $file" | sha256sum --check --quiet
    mkdir "$file.d"
    tar -xf "$file" -C "$file.d"
done <"$LIST"
