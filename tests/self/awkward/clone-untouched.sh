# What: is a clone in which nothing was written
# Verdict: 01-socket: passed
# Verdict: 02-bind: passed
# Taken: 01-socket: lessons/01-socket
# Taken: 02-bind: lessons/02-bind
# Same: 01-socket/server.c: the programs of the course
# Same: 02-bind/names.c: the programs of the course
# Same: 02-bind/server.c: the programs of the course
mkdir tests
cp "$root/tests/helpers.bash" tests/
mkdir lessons
cp -R "$root/lessons/01-socket" "$root/lessons/02-bind" lessons/
