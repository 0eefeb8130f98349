# What: has its own spelling of files
# Verdict: 01-socket: passed
# Verdict: 03-listen-accept: passed
# Taken: 01-socket: socket/main.c (as server.c)
# Taken: 03-listen-accept: 03-Listen-Accept/Server.C (as server.c)
# Taken: 03-listen-accept: 03-Listen-Accept/listen_accept_client.c (as client.c)
put 03-listen-accept 03-Listen-Accept
cd 03-Listen-Accept || exit 1
mv server.c Server.C
mv client.c listen_accept_client.c
put 01-socket ../socket
mv ../socket/server.c ../socket/main.c
