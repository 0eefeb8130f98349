# What: server.c is the solution and a megabyte of blanks
# Verdict: 01-socket: all missing
mkdir 01-socket
cp "$root/lessons/01-socket/server.c" 01-socket/
head -c 1000000 /dev/zero | tr '\0' ' ' >>01-socket/server.c
