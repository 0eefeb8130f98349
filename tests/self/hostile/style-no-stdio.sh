# What: is correct, in another style
# Verdict: 01-socket: all passed
mkdir 01-socket
cp "$root/tests/self/styles/01-socket/no-stdio/server.c" 01-socket/
