# md.awk - report.md, for people.

function md(    l, c, r, t, i, s) {
    printf "# %s\n\n", markdown(submission)
    if (person_line() != "") printf "%s\n\n", markdown(person_line())
    print "| lesson | points | of | tests |\n|---|---|---|---|"
    for (l = 1; l <= lessons; l++)
        printf "| %s | %s | %s | %s |\n", name[l], (number[l, "error"] ? "?" : points(got(l))), points(best(l)), results(l)
    printf "| **total** | %s | %s | |\n\n", (total["error"] ? "?" : points(all_got())), points(all_best())
    if (total["error"]) print "The grader itself failed: no points are given until it is run again.\n"
    if ((s = first_thing()) != "") printf "**Fix this first.** %s\n\n", markdown(s)
    print "Isolation: " level " (" prevents ")."
    if (sanitized) print "\nBuilt with AddressSanitizer and UndefinedBehaviorSanitizer."
    md_graded()
    if (causes > 0) {
        print "\n## What failed, and why\n"
        print "Failures that probably have the same cause are told together. details.txt has each of them in full."
        print "The command behind `again:` repeats a test in your copy of the course, with your programs in work/."
    }
    for (r = 1; r <= causes; r++) md_cause(r, rank[r])
}

function md_graded(    i) {
    if (takens + lefts + sames + notes == 0) return
    print "\n## What was graded\n"
    for (i = 1; i <= takens; i++) printf "- %s: taken from %s\n", taken_lesson[i], code(taken_from[i])
    for (i = 1; i <= notes; i++) printf "- %s\n", markdown(note[i])
    find_same()
    for (i = 1; i <= same_lines; i++)
        printf "- **the same code** in %s: %s, %s\n", lesson_same[i], code(programs_same[i]), same_as(i)
    for (i = 1; i <= lefts && i <= 20; i++) printf "- left out: %s (%s)\n", code(left[i]), markdown(left_why[i])
    if (lefts > 20) printf "- left out: %d more (see details.txt)\n", lefts - 20
}

# The R-th cause, C: what it is, one account as an example, and whom it concerns.
function md_cause(r, c,    i, t, l, s) {
    t = member[c, 1]
    printf "\n### %d. %s of %s\n\n", r, plural(members[c], "test", "tests"), lessons_of(c)
    print markdown(called(c))
    if (absent(of[t]) || status[t] == "error" && text[t] == "") return
    if (!known(c)) {
        if (reading(c) != "") printf "\nRead: %s.\n", markdown(reading(c))
        printf "\n%s%s: **%s**\n", (members[c] > 1 ? "For example, " : ""), test_name(test[t]), verdict(t)
    }
    s = account(t)
    if (s != "") {
        s = quoted(lines(brief(s), 24), "| ")
        if (again(c) != "") s = s "| again: " again(c) "\n"
        printf "\n~~~text\n%s~~~\n", s
    }
    if (members[c] == 1 || known(c)) return
    find_others(c)
    if (others) print ""
    for (i = 1; i <= others; i++)
        printf "- %s: **%s**, %s\n", test_name(test[other[i]]), verdict(other[i]), code(gist(other[i]))
    for (i = 1; i <= likes; i++) printf "\n%s %s: %s.\n", (i == 1 ? "Also in" : "In"), alike_lesson[i], test_name(alike[i])
}

function test_name(s) { gsub(/</, "\\&lt;", s); return s }

# The first N lines of S.
function lines(s, n,    line, all, i, out) {
    all = split(s, line, "\n") - 1
    for (i = 1; i <= all && i <= n; i++) out = out line[i] "\n"
    return out (all > n ? "(" all - n " more lines, in details.txt)\n" : "")
}

END { find_causes(); md() }
