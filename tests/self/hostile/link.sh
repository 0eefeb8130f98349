# What: server.c is a link to the reference solution, and so is a directory
# Verdict: 01-socket: all missing; 02-bind: all missing
mkdir 01-socket
ln -s "$root/lessons/01-socket/server.c" 01-socket/server.c
ln -s "$root/lessons/02-bind" 02-bind
