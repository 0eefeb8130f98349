# What: was written in an editor of Windows: CR LF, a byte order mark, and a hidden .txt
# Verdict: 01-socket: passed
# Verdict: 02-bind: passed
# Taken: 01-socket: 01-socket
# Taken: 02-bind: 02-bind
# Taken: 02-bind: 02-bind/server.c.txt (as server.c)
put 01-socket 01-socket
put 02-bind 02-bind
{
    printf '\357\273\277'
    sed $'s/$/\r/' 01-socket/server.c
} >crlf.c
mv crlf.c 01-socket/server.c
mv 02-bind/server.c 02-bind/server.c.txt
