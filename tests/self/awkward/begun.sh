# What: is what `make start-03` put there, unchanged
# Verdict: 03-listen-accept: failed
# Taken: 03-listen-accept: work/03-listen-accept
# Same: 03-listen-accept/server.c: the programs of another lesson (02-bind/server.c)
mkdir -p work/03-listen-accept
cp "$root/lessons/02-bind/server.c" work/03-listen-accept/
