# What: has its own spelling of folders
# Verdict: 01-socket: passed
# Verdict: 02-bind: passed
# Verdict: 03-listen-accept: passed
# Taken: 01-socket: 01_socket
# Taken: 02-bind: Lesson 2
# Taken: 03-listen-accept: 03
put 01-socket 01_socket
put 02-bind 'Lesson 2'
put 03-listen-accept 03
