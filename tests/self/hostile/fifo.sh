# What: server.c is a FIFO, a socket would block too
# Verdict: 01-socket: 10 missing
mkdir 01-socket
mkfifo 01-socket/server.c
