# What: has several versions of its programs
# Verdict: 01-socket: passed
# Taken: 01-socket: 01-socket
# Left: 01-socket/old/server.c: 01-socket/server.c was taken as server.c
# Left: 01-socket/server_final.c: 01-socket/server.c was taken as server.c
# Left: older/01-socket/server.c: 01-socket/server.c was taken as server.c
# Same: 01-socket/server.c: 1 other
put 01-socket 01-socket
put 01-socket 01-socket/old
put 01-socket older/01-socket
cp 01-socket/server.c 01-socket/server_final.c
