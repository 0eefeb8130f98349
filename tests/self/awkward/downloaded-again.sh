# What: has the names that a browser gives to a second download
# Verdict: 01-socket: passed
# Verdict: 03-listen-accept: passed
# Taken: 01-socket: 01-socket/server (1).c (as server.c)
# Taken: 03-listen-accept: 03-listen-accept (copy)
put 01-socket 01-socket
mv 01-socket/server.c '01-socket/server (1).c'
put 03-listen-accept '03-listen-accept (copy)'
