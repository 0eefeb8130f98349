# html.awk - report.html, for people: what report.md says, with all accounts to unfold.

function page(    l, r, i, s) {
    page_begin(submission)
    print tag("h1", submission)
    if (person_line() != "") print tag("p", person_line())
    table_begin("lesson|#points|#of|tests")
    for (l = 1; l <= lessons; l++)
        print "<tr><td>" name[l] "</td>" number_cell(number[l, "error"] ? "?" : points(got(l))) \
            number_cell(points(best(l))) "<td>" results(l) "</td></tr>"
    print "<tr><th>total</th>" number_cell(total["error"] ? "?" : points(all_got())) \
        number_cell(points(all_best())) "<td></td></tr>"
    table_end()
    if (total["error"]) print "<p>The grader itself failed: no points are given until it is run again.</p>"
    if ((s = first_thing()) != "") printf "<p class=\"first\"><strong>Fix this first.</strong> %s</p>\n", html(s)
    graded()
    if (causes > 0) {
        print "<h2>What failed, and why</h2>"
        print "<p>Failures that probably have the same cause are told together. The command behind"
        print "<code>again:</code> repeats a test in your copy of the course, with your programs in work/.</p>"
    }
    for (r = 1; r <= causes; r++) cause(r, rank[r])
    print "<p>" html("Isolation: " level " (" prevents ").")
    if (sanitized) print "Built with AddressSanitizer and UndefinedBehaviorSanitizer."
    print "The whole of every account is in <a href=\"details.txt\">details.txt</a>.</p>"
    page_end()
}

function graded(    i) {
    if (takens + lefts + sames + notes == 0) return
    print "<h2>What was graded</h2>\n<ul>"
    for (i = 1; i <= takens; i++) printf "<li>%s: taken from %s</li>\n", taken_lesson[i], tag("code", taken_from[i])
    for (i = 1; i <= notes; i++) print tag("li", note[i])
    find_same()
    for (i = 1; i <= same_lines; i++)
        print "<li><strong>the same code</strong> in " lesson_same[i] ": " tag("code", programs_same[i]) \
            ", " html(same_as(i)) "</li>"
    for (i = 1; i <= lefts; i++) {
        if (i == 21) print "</ul>\n<details><summary>and " lefts - 20 " more left out</summary>\n<ul>"
        printf "<li>left out: %s (%s)</li>\n", tag("code", left[i]), html(left_why[i])
    }
    print "</ul>" (lefts > 20 ? "\n</details>" : "")
}

# The R-th cause, C: what it is, one account as an example, and the others to unfold.
function cause(r, c,    i, t) {
    t = member[c, 1]
    printf "<h3>%d. %s of %s</h3>\n", r, plural(members[c], "test", "tests"), lessons_of(c)
    print tag("p", called(c))
    if (absent(of[t])) return
    if (!known(c) && reading(c) != "") printf "<p>Read: %s.</p>\n", html(reading(c))
    one_test(t, 1)
    if (status[t] == "compile" || status[t] == "missing" || members[c] == 1) return
    if (members[c] > 6) printf "<details><summary>%d more tests</summary>\n", members[c] - 1
    for (i = 2; i <= members[c]; i++) one_test(member[c, i], 0)
    if (members[c] > 6) print "</details>"
}

# Test T, with its account if it has one, which is OPEN (then the cause stands above it, and
# is not repeated) or to unfold.
function one_test(t, open,    s, shown) {
    s = html(name[of[t]] ": " test[t]) ", <span class=\"verdict\">" html(verdict(t)) "</span>"
    shown = open ? brief(account(t)) (again(cause_at[t]) == "" ? "" : "again: " again(cause_at[t]) "\n") : brief(text[t])
    if (shown == "") print "<p>" s "</p>"
    else printf "<details%s><summary>%s</summary>\n<pre>%s</pre></details>\n", (open ? " open" : ""), s, html(shown)
}

END { find_causes(); page() }
