# What: has a folder around everything
# Verdict: 01-socket: passed
# Taken: 01-socket: homework/01-socket
mkdir homework
put 01-socket homework/01-socket
