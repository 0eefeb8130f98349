# What: has a name that the grader needs for itself
# Verdict: 01-socket: passed
# Taken: 01-socket: 01-socket
put 01-socket 01-socket
