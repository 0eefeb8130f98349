# junit.awk - junit.xml.

function junit(    l, t, tag) {
    print "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"" xml(id) "\">"
    for (l = 1; l <= lessons; l++) {
        printf "<testsuite name=\"%s\" tests=\"%d\" failures=\"%d\" errors=\"%d\" skipped=\"%d\">\n", name[l], count[l], \
            count[l] - number[l, "passed"] - number[l, "skipped"] - number[l, "error"], number[l, "error"], number[l, "skipped"]
        for (t = from[l]; t < from[l] + count[l]; t++) {
            printf "<testcase classname=\"%s\" name=\"%s\"", name[l], xml(test[t])
            tag = status[t] == "error" ? "error" : "failure"
            if (status[t] == "passed") print "/>"
            else if (status[t] == "skipped") printf "><skipped message=\"%s\"/></testcase>\n", xml(detail[t])
            else printf "><%s message=\"%s\">%s</%s></testcase>\n", tag, xml(verdict(t)), xml(quoted(t, "| ")), tag
        }
        print "</testsuite>"
    }
    print "</testsuites>"
}

END { junit() }
