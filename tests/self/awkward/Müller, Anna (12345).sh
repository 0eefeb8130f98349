# What: has the name of a person
# Verdict: 01-socket: passed
# Taken: 01-socket: 01-socket
put 01-socket 01-socket
