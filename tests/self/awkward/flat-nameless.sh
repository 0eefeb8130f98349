# What: has a server.c, and nothing says of which lesson it is
# Left: server.c: neither its name nor its folder says which lesson it belongs to
# Note: nothing to grade was found
put 01-socket .
