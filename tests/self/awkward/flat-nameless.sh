# What: has a server.c, and nothing says of which lesson it is
# Left: server.c: neither its name nor its directory's says which lesson's program it is
# Note: nothing to grade was found
put 01-socket .
