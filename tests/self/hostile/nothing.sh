# What: an empty directory
# Verdict: 01-socket: 10 missing
