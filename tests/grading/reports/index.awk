# index.awk - index.html, the class at a glance.
#
#     awk -v columns="01-socket 02-bind" -f text.awk -f page.awk -f index.awk FILE...
#
# The files are, for each submission, .results/row and then those of its lessons.

BEGIN { FS = "\t"; n = split(columns, lesson, " "); for (l = 1; l <= n; l++) number_of[lesson[l]] = l }

FNR == 1 && $1 !~ /^key / && NF >= 10 {
    k = ++people
    who[k] = $4 == "" || $4 == $1 ? $1 : $4 " (" $1 ")"
    short[k] = $4 == "" ? $1 : $4
    link[k] = address($2) "/report.html"
    sum[k] = $8; most[k] = $9; remark[k] = $10; errors[k] = $7
    for (l = 1; l <= n; l++) {
        split($(10 + l), part, " ")
        got[k, l] = part[1]; asked[k, l] = part[2]; passed[k, l] = part[3]
        absent[k, l] = part[4] > 0; broken[k, l] = part[5] > 0
        if (!absent[k, l]) handed[l]++
        if (part[5] > 0) unbuilt[l]++
        if (part[2] > 0 && part[2] == part[3]) whole[l]++
        else if (!(k in stuck)) { stuck[k] = l; stuck_at[l]++ }
    }
    next
}
$1 == "lesson" { l = number_of[$2] }
# A program that is missing or does not compile says nothing on a single test.
$1 == "test" && $2 !~ /^(passed|skipped|missing|compile|error)$/ {
    t = l SUBSEP $4
    if (!(t in fails)) { titles[++tests] = t; title[t] = $4; at[t] = l }
    victim[t, ++fails[t]] = k
}

function person(k) { return tag("a", short[k], "href=\"" html(link[k]) "\"") }

function class_table(    k, l, class) {
    print "<div class=\"wide\"><table>\n<tr><th>submission</th>"
    for (l = 1; l <= n; l++) printf "<th class=\"number\" title=\"%s\">%s</th>", lesson[l], substr(lesson[l], 1, 2)
    print "<th class=\"number\">total</th><th class=\"number\">of</th><th>remarks</th></tr>"
    for (k = 1; k <= people; k++) {
        printf "<tr><td>%s</td>", tag("a", who[k], "href=\"" html(link[k]) "\"")
        for (l = 1; l <= n; l++) {
            class = asked[k, l] == passed[k, l] ? " full" : passed[k, l] == 0 ? " none" : ""
            printf "<td class=\"number%s\">%s</td>", class, (absent[k, l] ? "&ndash;" : got[k, l] (broken[k, l] ? " (does not compile)" : ""))
        }
        printf "<td class=\"number\">%s</td><td class=\"number\">%s</td><td>%s</td></tr>\n", sum[k], most[k], html(remark[k])
    }
    print "</table></div>\n<p>&ndash; means: not handed in. <a href=\"grades.csv\">grades.csv</a> has the same table, for a spreadsheet.</p>"
}

function lesson_table(    k, l, names) {
    print "<h2>Who is stuck where?</h2>\n<p>The first lesson that somebody has not passed completely.</p>"
    print "<div class=\"wide\"><table>\n<tr><th>lesson</th><th class=\"number\">handed in</th><th class=\"number\">does not compile</th><th class=\"number\">passed</th><th>here are</th></tr>"
    for (l = 1; l <= n; l++) {
        names = ""
        for (k = 1; k <= people; k++) if ((k in stuck) && stuck[k] == l) names = names (names == "" ? "" : ", ") person(k)
        printf "<tr><td>%s</td><td class=\"number\">%d</td><td class=\"number\">%d</td><td class=\"number\">%d</td><td>%s</td></tr>\n", \
            lesson[l], handed[l], unbuilt[l], whole[l], names
    }
    names = ""
    for (k = 1; k <= people; k++) if (!(k in stuck)) names = names (names == "" ? "" : ", ") person(k)
    print "</table></div>\n<p>Passed everything: " (names == "" ? "nobody" : names) ".</p>"
}

# The tests that failed, those that most people failed first.
function test_table(    i, j, t, most_fails, shown, f) {
    print "<h2>Which tests fail most?</h2>"
    if (tests == 0) { print "<p>No test failed.</p>"; return }
    print "<p>Programs that are missing or do not compile are not counted here.</p>\n<div class=\"wide\"><table>"
    print "<tr><th class=\"number\">failed by</th><th>test</th><th>who</th></tr>"
    for (i = 1; i <= tests; i++) if (fails[titles[i]] > most_fails) most_fails = fails[titles[i]]
    for (f = most_fails; f > 0; f--)
        for (i = 1; i <= tests; i++) if (fails[titles[i]] == f) {
            if (++shown == 31) print "</table></div>\n<details><summary>" plural(tests - 30, "more test", "more tests") "</summary>\n<div class=\"wide\"><table>"
            test_row(titles[i])
        }
    print "</table></div>" (shown > 30 ? "\n</details>" : "")
}

function test_row(t,    i, s) {
    for (i = 1; i <= fails[t]; i++) {
        if (i == 9) s = s " <details><summary>and " fails[t] - 8 " more</summary>"
        s = s (i == 1 || i == 9 ? "" : ", ") person(victim[t, i])
    }
    printf "<tr><td class=\"number\">%d of %d</td><td>%s</td><td>%s</td></tr>\n", fails[t], handed[at[t]], \
        html(lesson[at[t]] ": " title[t]), s (fails[t] > 8 ? "</details>" : "")
}

END {
    page_begin(ENVIRON["TITLE"])
    print tag("h1", ENVIRON["TITLE"] ": " plural(people, "submission", "submissions"))
    class_table(); lesson_table(); test_table()
    page_end()
}
