# What: has an archive with names that lead out of it, and one with a link
# Verdict: 01-socket: passed
# Taken: 01-socket: 01-socket
# Left: link.tar/02-bind/server.c: a link
# Left: out.tar: archive not opened: it contains paths that lead out of it
put 01-socket 01-socket
tar -cf out.tar --transform 's|^|../../|' 01-socket/server.c
mkdir 02-bind
ln -s "$root/lessons/02-bind/server.c" 02-bind/server.c
tar -cf link.tar 02-bind
rm -r 02-bind
