# What: is a compressed tar archive, and no folder
# Hands in: 01-socket.tar.gz
# Verdict: 01-socket: passed
# Taken: 01-socket: 01-socket.tar.gz
put 01-socket .
tar -czf 01-socket.tar.gz server.c
