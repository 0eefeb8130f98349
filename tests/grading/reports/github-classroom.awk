# github-classroom.awk - what an autograder hands to GitHub Classroom's reporter, which
# wants it in base64 and in an environment variable.  There is room for 128 KiB in one, so
# messages are short, and there are none when 90,000 bytes are full.

function entry(title, passed, score, message) {
    list = list (list == "" ? "" : ",") sprintf("\n{\"name\":%s,\"status\":\"%s\",\"score\":%d,\"message\":%s,\"test_code\":\"\",\"filename\":\"\",\"line_no\":0,\"duration\":0}", \
        json(title), (passed ? "pass" : "fail"), score, json(length(list) > 90000 ? "" : message))
    if (!passed) failed++
}

# Its scores are whole numbers, as in classroom50.awk.
END {
    find_causes()
    for (l = 1; l <= lessons && weighted; l++) {
        possible += whole_best(l)
        entry(name[l], number[l, "passed"] == asked(l), whole(l), results(l))
    }
    for (t = 1; t <= tests && !weighted; t++) {
        if (status[t] == "skipped") continue
        possible++
        message = !wrong(t) ? "" : verdict(t) (t == member[cause_at[t], 1] ? "\n| " cut(likely(cause_at[t]), 300) : "")
        entry(name[of[t]] ": " test[t], !wrong(t), !wrong(t), message)
    }
    printf "{\"version\":1,\"status\":\"%s\",\"max_score\":%d,\"tests\":[%s\n]}\n", (failed ? "fail" : "pass"), possible, list
}
