# What: was packed by macOS, with two folders around it and a shadow of each file
# Verdict: 01-socket: passed
# Taken: 01-socket: final/my work/01-socket
mkdir -p 'final/my work/03-listen-accept' __MACOSX/final
put 01-socket 'final/my work/01-socket'
echo shadow >__MACOSX/final/._server.c
cp -R __MACOSX 'final/my work/'
: >.DS_Store
cp .DS_Store final/
