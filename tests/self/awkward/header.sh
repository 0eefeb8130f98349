# What: includes a file of its own
# Verdict: 01-socket: passed
# Taken: 01-socket: 01-socket
put 01-socket 01-socket
echo '#define MINE 1' >01-socket/mine.h
printf '#include "mine.h"\nextern int mine[MINE];\n' >>01-socket/server.c
