# What: has a zip whose server.c is 50 MB of blanks
# Needs: zip unzip
# Left: bomb.zip/01-socket/server.c: more than 256 KiB
# Note: nothing to grade was found: bomb.zip/01-socket/server.c: more than 256 KiB
mkdir 01-socket
head -c 50000000 /dev/zero | tr '\0' ' ' >01-socket/server.c
zip -q bomb.zip 01-socket/server.c
rm -r 01-socket
