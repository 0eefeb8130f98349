# gradescope.awk - results.json, for Gradescope.

function summary(    s, i) {
    s = first_thing()
    if (s != "") s = "Fix this first. " s "\n\n"
    for (i = 1; i <= takens; i++) s = s taken_lesson[i] ": taken from " taken_from[i] "\n"
    for (i = 1; i <= notes; i++) s = s note[i] "\n"
    find_same()
    for (i = 1; i <= same_lines; i++)
        s = s "The same code in " lesson_same[i] ": " programs_same[i] ", " same_as(i) "\n"
    for (i = 1; i <= lefts; i++) s = s "Left out: " left[i] ": " left_why[i] "\n"
    return s "Isolation: " level "\n" (sanitized ? "Built with AddressSanitizer and UndefinedBehaviorSanitizer.\n" : "")
}

END {
    find_causes()
    for (l = 1; l <= lessons; l++) all_time += spent[l]
    print "{" pair("score", points(all_got())) ", " pair("execution_time", int(all_time)) ", " text_pair("output", summary()) ","
    print text_pair("output_format", "text") ", " text_pair("visibility", "visible") ", " text_pair("stdout_visibility", "hidden") ","
    printf "%s", pair("tests", "[")
    for (t = 1; t <= tests; t++) {
        if (status[t] == "skipped") continue
        passed = status[t] == "passed"
        print comma
        printf "{%s, %s, %s, ", text_pair("number", substr(name[of[t]], 1, 2) "." t - from[of[t]] + 1), \
            text_pair("name", name[of[t]] ": " test[t]), text_pair("status", passed ? "passed" : "failed")
        printf "%s, %s, ", pair("score", sprintf("%.4f", passed ? worth(of[t]) : 0)), pair("max_score", sprintf("%.4f", worth(of[t])))
        printf "%s, %s, %s}", text_pair("visibility", "visible"), text_pair("output_format", "text"), \
            text_pair("output", passed ? "" : verdict(t) "\n" quoted(export_text(t), "| "))
        comma = ","
    }
    print "\n]}"
}
