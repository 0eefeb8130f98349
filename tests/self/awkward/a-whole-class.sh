# What: holds the folders of three students, because its name was given without /*
# Verdict: 01-socket: passed
# Taken: 01-socket: ann/01-socket
# Left: bob/01-socket/server.c: ann/01-socket/server.c was taken as server.c
# Left: carl/01-socket/server.c: ann/01-socket/server.c was taken as server.c
# Note: several submissions in one? 01-socket is in ann/, bob/, carl/; if each is a student's, grade the folders in it (DIR/*)
put 01-socket ann/01-socket ann
put 01-socket bob/01-socket bob
put 01-socket carl/01-socket carl
