# What: has 300 files that are none of ours
# Verdict: 01-socket: passed
# Verdict: 03-listen-accept: passed
# Taken: 01-socket: 01-socket
# Taken: 03-listen-accept: 03-listen-accept
# Left: 01-socket/: 300 files that are not C: 1.txt, 10.txt, 100.txt, ...
# Left: a.out.dSYM/Contents/: 1 file that is not C: Info.plist
put 01-socket 01-socket
put 03-listen-accept 03-listen-accept
for i in {1..300}; do echo "$i" >"01-socket/$i.txt"; done
mkdir -p a.out.dSYM/Contents
: >a.out.dSYM/Contents/Info.plist
