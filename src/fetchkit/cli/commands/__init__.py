"""One module a command. Imported when it is called, and only then."""
