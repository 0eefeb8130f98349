# gradescope.awk - results.json, for Gradescope.

function summary(    s, i) {
    s = first_thing()
    if (s != "") s = "Fix this first. " s "\n\n"
    for (i = 1; i <= takens; i++) s = s taken_lesson[i] ": taken from " taken_from[i] "\n"
    for (i = 1; i <= notes; i++) s = s note[i] "\n"
    find_same()
    for (i = 1; i <= same_lines; i++) s = s "The same code in " lesson_same[i] ": " programs_same[i] ", as in " same_as(i) "\n"
    for (i = 1; i <= lefts; i++) s = s "Left out: " left[i] ": " left_why[i] "\n"
    return s "Isolation: " level "\n" (sanitized ? "Built with AddressSanitizer and UndefinedBehaviorSanitizer.\n" : "")
}

END {
    find_causes()
    for (l = 1; l <= lessons; l++) all_time += spent[l]
    printf "{\"score\": %s, \"execution_time\": %d, \"output\": %s, \"output_format\": \"text\", \"visibility\": \"visible\", \"stdout_visibility\": \"hidden\", \"tests\": [", \
        points(all_got()), all_time, json(summary())
    for (t = 1; t <= tests; t++) {
        if (status[t] == "skipped") continue
        passed = status[t] == "passed"
        printf "%s\n{\"number\": \"%s.%d\", \"name\": %s, \"status\": \"%s\", \"score\": %.4f, \"max_score\": %.4f, \"visibility\": \"visible\", \"output_format\": \"text\", \"output\": %s}", \
            comma, substr(name[of[t]], 1, 2), t - from[of[t]] + 1, json(name[of[t]] ": " test[t]), (passed ? "passed" : "failed"), \
            (passed ? worth(of[t]) : 0), worth(of[t]), json(passed ? "" : verdict(t) "\n" quoted(export_text(t), "| "))
        comma = ","
    }
    print "\n]}"
}
