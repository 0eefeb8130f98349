# What: is a file among the folders
# Hands in: readme.txt
# Verdict: 01-socket: error
# Verdict: 02-bind: error
# Verdict: 03-listen-accept: error
# Note: neither a directory nor an archive
echo 'see my mail' >readme.txt
