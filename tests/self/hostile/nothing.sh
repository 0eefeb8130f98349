# What: is an empty directory
# Verdict: 01-socket: all missing
