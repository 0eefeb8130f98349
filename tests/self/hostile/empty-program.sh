# What: server.c is empty
# Verdict: 01-socket: all does not compile
mkdir 01-socket
: >01-socket/server.c
