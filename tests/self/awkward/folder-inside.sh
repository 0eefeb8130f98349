# What: has a folder inside 03-listen-accept that is called like another lesson
# Verdict: 03-listen-accept: passed
# Taken: 03-listen-accept: 03-listen-accept/echo
put 03-listen-accept 03-listen-accept/echo
