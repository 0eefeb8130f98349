# What: has files with line ends and escape sequences in their names
# Verdict: 01-socket: passed
# Taken: 01-socket: 01-socket
# Left: ...: 2 files whose names contain control characters
# Left: 01-socket/::error::.c: not the name of a program of this lesson (server.c)
put 01-socket 01-socket
: >$'01-socket/a\nb.c'
: >$'01-socket/\033[31mserver.c'
: >'01-socket/::error::.c'
