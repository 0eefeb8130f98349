# What: has programs of the lessons that no test asks for, wherever they may lie
# Verdict: 02-bind: passed
# Taken: 02-bind: 02-bind
# Taken: 02-bind: lesson2
# Note: 02-bind-by-hand.c is not judged: no test of 02-bind asks for by-hand.c
# Note: 02-bind/by-hand.c is not judged: no test of 02-bind asks for by-hand.c
# Note: by_hand.c is not judged: no test of 02-bind asks for by-hand.c
# Note: lesson2/more/By-Hand.C is not judged: no test of 02-bind asks for by-hand.c
# Left: 03-listen-accept-extra.c: its name says 03-listen-accept, but not which of its programs it is (server.c, client.c)
# Left: common.h: neither its name nor its folder says which lesson it belongs to; put it into a folder such as 01-socket/
put 02-bind 02-bind
mkdir -p lesson2/more
mv 02-bind/names.c lesson2/
for file in 02-bind-by-hand.c 02-bind/by-hand.c by_hand.c lesson2/more/By-Hand.C 03-listen-accept-extra.c common.h; do
    echo 'int main(void) { return 0; }' >$file
done
