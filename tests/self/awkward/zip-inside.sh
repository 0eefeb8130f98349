# What: is a folder with a zip in it
# Needs: zip unzip
# Verdict: 01-socket: passed
# Taken: 01-socket: lab.zip/My Sockets/01-socket
put 01-socket 'My Sockets/01-socket'
zip -qr lab.zip 'My Sockets'
rm -r 'My Sockets'
