# github-classroom.awk - what an autograder hands to GitHub Classroom's reporter, which
# wants it in base64 and in an environment variable.  There is room for 128 KiB in one:
# names and results come first, and messages get what is left of 98,000 bytes.

function entry(title, passed, score, message,    n) {
    n = ++entries
    start[n] = sprintf("{\"name\":%s,\"status\":\"%s\",\"score\":%d,\"line_no\":0,\"message\":", json(title), (passed ? "pass" : "fail"), score)
    said_there[n] = json(message)
    room -= length(start[n]) + 5
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
        message = status[t] == "skipped" ? verdict(t) : !wrong(t) ? "" : verdict(t) (t == member[cause_at[t], 1] ? "\n| " cut(likely(cause_at[t]), 300) : "")
        entry(substr(name[of[t]], 1, 2) ": " test[t], earned(t), earned(t), message)
    }
    printf "{\"version\":1,\"status\":\"%s\",\"max_score\":%d,\"tests\":[", (failed ? "fail" : "pass"), possible
    for (n = 1; n <= entries; n++) {
        if ((room -= length(said_there[n])) < 0) said_there[n] = "\"\""
        printf "%s\n%s%s}", (n > 1 ? "," : ""), start[n], said_there[n]
    }
    print "\n]}"
}
