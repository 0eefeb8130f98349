# What: has a folder for each program
# Verdict: 03-listen-accept: passed
# Taken: 03-listen-accept: 03-listen-accept/client
# Taken: 03-listen-accept: 03-listen-accept/server
put 03-listen-accept 03-listen-accept/src
mkdir 03-listen-accept/server 03-listen-accept/client
mv 03-listen-accept/src/server.c 03-listen-accept/server/
mv 03-listen-accept/src/client.c 03-listen-accept/client/
rmdir 03-listen-accept/src
