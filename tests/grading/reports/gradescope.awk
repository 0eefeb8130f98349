# gradescope.awk - results.json, for Gradescope.

function gradescope(    t, sum, l) {
    for (l = 1; l <= lessons; l++) sum += got(l)
    printf "{\"score\": %.4f, \"output\": %s, \"output_format\": \"text\", \"visibility\": \"visible\", \"stdout_visibility\": \"hidden\", \"tests\": [", \
        sum, json("Isolation: " level (sanitized ? "\nBuilt with AddressSanitizer and UndefinedBehaviorSanitizer." : "") (notes == "" ? "" : "\nLeft out:\n" notes))
    for (t = 1; t <= tests; t++) {
        if (status[t] == "skipped") continue
        printf "%s\n{\"number\": \"%s.%d\", \"name\": %s, \"status\": \"%s\", \"score\": %.4f, \"max_score\": %.4f, \"visibility\": \"visible\", \"output_format\": \"text\", \"output\": %s}", \
            comma, substr(name[of[t]], 1, 2), t - from[of[t]] + 1, json(name[of[t]] ": " test[t]), \
            status[t] == "passed" ? "passed" : "failed", status[t] == "passed" ? worth(of[t]) : 0, worth(of[t]), \
            json(status[t] == "passed" ? "" : verdict(t) "\n" quoted(t, "| "))
        comma = ","
    }
    print "\n]}"
}

END { gradescope() }
