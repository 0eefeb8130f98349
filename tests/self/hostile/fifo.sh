# What: server.c is a FIFO, a socket would block too
# Verdict: 01-socket: all missing
mkdir 01-socket
mkfifo 01-socket/server.c
