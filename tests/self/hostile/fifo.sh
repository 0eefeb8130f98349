# What: server.c is a FIFO, which would block anyone who opens it
# Verdict: 01-socket: all missing
mkdir 01-socket
mkfifo 01-socket/server.c
