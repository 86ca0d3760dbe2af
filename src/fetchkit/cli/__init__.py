"""The command line: the only place that parses arguments, prints and exits.

main        argv -> command -> exit code; the single except block
catalogue   which commands there are; imports none of them
options     what every command understands
process     signals, and streams that may be closed
session     settings, manifest and output of one call
talk        what happens, for people: log lines, platform form, progress bars
failure     an error on the screen, or as JSON
account     where a value comes from and who vouches for it
columns     facts for people, aligned
commands/   one module a command, imported when it is called
"""
