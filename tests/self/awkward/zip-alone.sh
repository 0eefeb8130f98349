# What: is a zip, and no folder
# Needs: zip unzip
# Hands in: all.zip
# Verdict: 01-socket: passed
# Verdict: 02-bind: passed
# Taken: 01-socket: all.zip/01-socket
# Taken: 02-bind: all.zip/02-bind
put 01-socket 01-socket
put 02-bind 02-bind
zip -qr all.zip 01-socket 02-bind
