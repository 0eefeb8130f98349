# index.awk - index.html, the class at a glance.
#
#     awk -v columns="01-socket 02-bind" -v all=20 -f text.awk -f page.awk -f index.awk FILE...
#
# ALL is how many submissions there are: a table with fewer says that it is not complete.
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
        if (part[2] == part[3]) whole[l]++
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

function class_table(    k, l, s) {
    s = "submission"
    for (l = 1; l <= n; l++) s = s "|#" substr(lesson[l], 1, 2)
    table_begin(s "|#total|#of|remarks")
    for (k = 1; k <= people; k++) {
        s = tag("a", who[k], "href=\"" html(link[k]) "\"")
        printf "<tr><td>%s</td>", s
        for (l = 1; l <= n; l++) {
            s = asked[k, l] == passed[k, l] ? "full" : passed[k, l] == 0 ? "none" : ""
            printf "%s", number_cell((absent[k, l] ? "&ndash;" : got[k, l] (broken[k, l] ? " !" : "")), s)
        }
        print number_cell(sum[k]) number_cell(most[k]) tag("td", remark[k]) "</tr>"
    }
    table_end()
    print "<p>&ndash; means: not handed in. ! means: a program does not compile."
    print "<a href=\"grades.csv\">grades.csv</a> has the same table, for a spreadsheet."
    print "To repeat a test that somebody failed, take the command from again.txt in the directory of the reports.</p>"
}

function lesson_table(    k, l, names) {
    print "<h2>Who is stuck where?</h2>\n<p>The first lesson that somebody has not passed completely.</p>"
    table_begin("lesson|#handed in|#does not compile|#passed|here are")
    for (l = 1; l <= n; l++) {
        names = ""
        for (k = 1; k <= people; k++)
            if ((k in stuck) && stuck[k] == l) names = names (names == "" ? "" : ", ") person(k)
        print "<tr><td>" lesson[l] "</td>" number_cell(handed[l] + 0) number_cell(unbuilt[l] + 0) \
            number_cell(whole[l] + 0) "<td>" names "</td></tr>"
    }
    table_end()
    names = ""
    for (k = 1; k <= people; k++) if (!(k in stuck)) names = names (names == "" ? "" : ", ") person(k)
    print "<p>Passed everything: " (names == "" ? "nobody" : names) ".</p>"
}

# The tests that failed, those that most people failed first.
function test_table(    i, j, t, most_fails, shown, f) {
    print "<h2>Which tests fail most?</h2>"
    if (tests == 0) { print "<p>No test failed.</p>"; return }
    print "<p>Programs that are missing or do not compile are not counted here.</p>"
    table_begin("#failed by|test|who")
    for (i = 1; i <= tests; i++) if (fails[titles[i]] > most_fails) most_fails = fails[titles[i]]
    for (f = most_fails; f > 0; f--)
        for (i = 1; i <= tests; i++) if (fails[titles[i]] == f) {
            if (++shown == 31) {
                table_end()
                print "<details>" tag("summary", plural(tests - 30, "more test", "more tests"))
                table_begin("#failed by|test|who")
            }
            test_row(titles[i])
        }
    table_end()
    if (shown > 30) print "</details>"
}

# Whose programs are the same: SAME, in the environment, is a file with lines of tabs, the
# programs and then the submissions that have them.
function same_table(    line, part, n, i, s, any) {
    while (ENVIRON["SAME"] != "" && (getline line < ENVIRON["SAME"]) > 0) {
        n = split(line, part, "\t")
        if (!any++) {
            print "<h2>Who handed in the same programs?</h2>\n<p>Comments and blanks do not count.</p>"
            table_begin("#how many|programs|submissions")
        }
        s = part[2]
        for (i = 3; i <= n; i++) s = s "; " part[i]
        print "<tr>" number_cell(n - 1) tag("td", part[1]) tag("td", s) "</tr>"
    }
    if (any) table_end()
}

function test_row(t,    i, s) {
    for (i = 1; i <= fails[t]; i++) {
        if (i == 9) s = s " <details><summary>and " fails[t] - 8 " more</summary>"
        s = s (i == 1 || i == 9 ? "" : ", ") person(victim[t, i])
    }
    print "<tr>" number_cell(fails[t] " of " handed[at[t]]) tag("td", lesson[at[t]] ": " title[t]) \
        "<td>" s (fails[t] > 8 ? "</details>" : "") "</td></tr>"
}

END {
    page_begin(ENVIRON["TITLE"])
    print tag("h1", ENVIRON["TITLE"] ": " (people < all ? people " of " all " submissions" : plural(people, "submission", "submissions")))
    if (people < all)
        print tag("p", "This page and grades.csv are not complete: the run was interrupted, or the grader failed. " \
            "Type the same command again to continue.", "class=\"first\"")
    class_table(); lesson_table(); test_table(); same_table()
    page_end()
}
