# What: has all programs in one folder, with the lesson in their names
# Verdict: 01-socket: passed
# Verdict: 02-bind: passed
# Verdict: 03-listen-accept: passed
# Taken: 01-socket: Socket.c (as server.c)
# Taken: 02-bind: names.c
# Taken: 02-bind: server-02.c (as server.c)
# Taken: 03-listen-accept: 03-listen-accept-server.c (as server.c)
# Taken: 03-listen-accept: listen_accept_client.c (as client.c)
# Left: .: 1 file that is not C: notes.txt
put 03-listen-accept here
mv here/server.c 03-listen-accept-server.c
mv here/client.c listen_accept_client.c
put 01-socket here
mv here/server.c Socket.c
put 02-bind here
mv here/server.c server-02.c
mv here/names.c names.c
rm -r here
echo 'I liked lesson 2.' >notes.txt
