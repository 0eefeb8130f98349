# What: has a server.c, and nothing says of which lesson it is
# Left: server.c: neither its name nor its folder says which lesson it belongs to; put it into a folder such as 01-socket/
# Note: nothing to grade was found: neither the name nor the folder of server.c says which lesson it belongs to; put it into a folder such as 01-socket/
put 01-socket .
