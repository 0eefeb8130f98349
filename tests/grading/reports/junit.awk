# junit.awk - junit.xml, with the attributes that Jenkins, GitLab and others read.

END {
    print "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
    for (l = 1; l <= lessons; l++) all_time += spent[l]
    printf "<testsuites name=\"%s\" tests=\"%d\" failures=\"%d\" errors=\"%d\" time=\"%.3f\">\n", html(submission), tests, \
        tests - total["passed"] - total["skipped"] - total["error"], total["error"], all_time
    for (l = 1; l <= lessons; l++) {
        printf "<testsuite name=\"%s\" tests=\"%d\" failures=\"%d\" errors=\"%d\" skipped=\"%d\" time=\"%.3f\">\n", name[l], count[l], \
            count[l] - number[l, "passed"] - number[l, "skipped"] - number[l, "error"], number[l, "error"], number[l, "skipped"], spent[l]
        for (t = from[l]; t < from[l] + count[l]; t++) {
            printf "<testcase classname=\"%s\" name=\"%s\" time=\"%.3f\"", name[l], html(test[t]), time[t]
            kind = status[t] == "error" ? "error" : "failure"
            if (status[t] == "passed") print "/>"
            else if (status[t] == "skipped") printf "><skipped message=\"%s\"/></testcase>\n", html(detail[t])
            else printf "><%s type=\"%s\" message=\"%s\">%s</%s></testcase>\n", kind, status[t], html(verdict(t)), html(quoted(text[t], "| ")), kind
        }
        print "</testsuite>"
    }
    print "</testsuites>"
}
