# again.awk - again.txt: for the instructor, the commands that repeat the tests that failed,
# with the programs that were judged.  COURSE, in the environment, is where they work.

END {
    course = ENVIRON["COURSE"]; gsub(/'/, "'\\''", course)
    print "# Each of these repeats a test that failed, with the programs that were judged."
    print "# They run without any isolation, so read the programs first."
    printf "cd '%s'\n", course
    for (t = 1; t <= tests; t++)
        if (wrong(t) && repeat[t] != "") printf "\n# %s: %s\n%s\n", name[of[t]], test[t], repeat[t]
}
