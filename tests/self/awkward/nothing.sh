# What: is an empty folder
# Note: nothing to grade was found: it is empty
