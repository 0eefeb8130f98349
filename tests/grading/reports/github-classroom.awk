# github-classroom.awk - what an autograder hands to GitHub Classroom's reporter, which
# wants it in base64 and in an environment variable.  There is room for 128 KiB in one:
# names and results come first, and messages get what is left of 98,000 bytes.

function entry(title, passed, score, message,    n) {
    n = ++entries
    start[n] = "{" text_pair("name", title) "," text_pair("status", passed ? "pass" : "fail") "," \
        pair("score", score + 0) "," pair("line_no", 0) ","
    said_there[n] = message
    room -= length(start[n]) + 20
    if (!passed) failed++
}

# Its scores are whole numbers, as in classroom50.awk.
END {
    room = 97000
    find_causes()
    for (l = 1; l <= lessons && weighted; l++) {
        possible += whole_best(l)
        entry(name[l], number[l, "passed"] == asked(l), whole(l), results(l))
    }
    for (t = 1; t <= tests && !weighted; t++) {
        possible++
        message = status[t] == "passed" ? "" : verdict(t)
        if (wrong(t) && t == member[cause_at[t], 1]) message = message "\n| " cut(likely(cause_at[t]), 300)
        entry(substr(name[of[t]], 1, 2) ": " test[t], earned(t), earned(t), message)
    }
    printf "{%s,%s,%s,\"tests\":[", pair("version", 1), text_pair("status", failed ? "fail" : "pass"), \
        pair("max_score", possible + 0)
    for (n = 1; n <= entries; n++) {
        if ((room -= length(json(said_there[n]))) < 0) said_there[n] = ""
        printf "%s\n%s%s}", (n > 1 ? "," : ""), start[n], text_pair("message", said_there[n])
    }
    print "\n]}"
}
