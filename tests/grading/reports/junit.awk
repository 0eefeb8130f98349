# junit.awk - junit.xml, with the attributes that Jenkins, GitLab and others read.

function attribute(key, value) { return " " key "=\"" html(value) "\"" }

# What is counted of lesson L, or of all of them.
function counts(all, passed, skipped, errors, time) {
    return attribute("tests", all) attribute("failures", all - passed - skipped - errors) attribute("errors", errors + 0) \
        attribute("skipped", skipped + 0) attribute("time", sprintf("%.3f", time))
}

function testcase(t,    kind) {
    printf "<testcase%s%s%s>", attribute("classname", name[of[t]]), attribute("name", test[t]), attribute("time", sprintf("%.3f", time[t]))
    kind = status[t] == "error" ? "error" : "failure"
    if (status[t] == "skipped") printf "<skipped%s/>", attribute("message", detail[t])
    else if (status[t] != "passed")
        printf "<%s%s%s>%s</%s>", kind, attribute("type", status[t]), attribute("message", verdict(t)), html(quoted(text[t], "| ")), kind
    print "</testcase>"
}

END {
    for (l = 1; l <= lessons; l++) all_time += spent[l]
    print "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
    print "<testsuites" attribute("name", submission) \
        counts(tests, total["passed"], total["skipped"], total["error"], all_time) ">"
    for (l = 1; l <= lessons; l++) {
        print "<testsuite" attribute("name", name[l]) \
            counts(count[l], number[l, "passed"], number[l, "skipped"], number[l, "error"], spent[l]) ">"
        for (t = from[l]; t < from[l] + count[l]; t++) testcase(t)
        print "</testsuite>"
    }
    print "</testsuites>"
}
