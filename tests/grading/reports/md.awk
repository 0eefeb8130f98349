# md.awk - report.md, for people.

function md(    l, t, i, sum, most, line) {
    printf "# %s\n\n| lesson | points | of | tests |\n|---|---|---|---|\n", id
    for (l = 1; l <= lessons; l++) {
        line = ""
        for (i = 1; i in order; i++)
            if (number[l, order[i]]) line = line (line == "" ? "" : ", ") number[l, order[i]] " " said[order[i]]
        printf "| %s | %s | %s | %s |\n", name[l], number[l, "error"] ? "?" : points(got(l)), points(best(l)), line
        sum += got(l); most += best(l)
    }
    printf "| **total** | %s | %s | |\n\n", total["error"] ? "?" : points(sum), points(most)
    print "Isolation: " level " (" prevents ")."
    if (sanitized) print "\nBuilt with AddressSanitizer and UndefinedBehaviorSanitizer."
    if (total["error"]) print "\nThe grader itself failed: no points are given until it is run again."
    if (notes != "") printf "\n## Left out\n\n~~~text\n%s~~~\n", notes
    for (t = 1; t <= tests; t++) {
        if (status[t] == "passed" || status[t] == "skipped") continue
        if (of[t] != heading) { heading = of[t]; printf "\n## %s\n", name[heading] }
        if (status[t] == "compile" || status[t] == "missing") { # to say it once will do
            if (told[of[t], status[t]]++) continue
            printf "\n%d tests: **%s**\n", number[of[t], status[t]], verdict(t)
        } else printf "\n%s: **%s**\n", test[t], verdict(t)
        if (text[t] != "") printf "\n~~~text\n%s~~~\n", quoted(t, "| ")
    }
}

END { md() }
