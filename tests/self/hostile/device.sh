# What: server.c is a device (if root made it; otherwise a directory)
# Verdict: 01-socket: all missing
mkdir 01-socket
mknod 01-socket/server.c c 1 5 2>/dev/null || mkdir 01-socket/server.c
