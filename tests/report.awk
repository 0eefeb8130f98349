# report.awk - tests/grade's results as reports; run by awk in the C locale.
#
#     awk -v format=FORMAT -v ... -f report.awk RESULTS...
#
# FORMAT is row, md, junit, gradescope or classroom50.  A file of RESULTS is a
# lesson's; plain.c has made text of what programs said.  Its lines, with tabs:
#
#     lesson    04-echo    20        (what it weighs; empty: a point a test)
#     test      crashed    signal 11 Segmentation fault    it sends back ...
#     text      expected: ...

BEGIN {
    FS = "\t"
    split("passed skipped failed crashed timeout output memory compile missing error", order, " ")
    said["passed"] = "passed"; said["skipped"] = "not asked on this machine"
    said["failed"] = "failed"; said["crashed"] = "crashed"
    said["timeout"] = "timed out"; said["output"] = "output limit"
    said["memory"] = "memory limit"; said["compile"] = "does not compile"
    said["missing"] = "missing"; said["error"] = "grader error"
}

$1 == "lesson" { lesson = ++lessons; name[lesson] = $2; weight[lesson] = $3; from[lesson] = tests + 1 }
$1 == "test" {
    of[++tests] = lesson; status[tests] = $2; detail[tests] = $3; test[tests] = $4
    count[lesson]++; number[lesson, $2]++; total[$2]++
}
$1 == "text" { text[tests] = text[tests] $2 "\n" }

function json(s) {
    gsub(/\\/, "&&", s); gsub(/"/, "\\\"", s); gsub(/\n/, "\\n", s)
    return "\"" s "\""
}

function xml(s) {
    gsub(/&/, "\\&amp;", s); gsub(/</, "\\&lt;", s); gsub(/>/, "\\&gt;", s); gsub(/"/, "\\&quot;", s)
    return s
}

# How many points a number is, with two digits where it needs them.
function points(n) {
    n = sprintf("%.2f", n)
    sub(/\.00$/, "", n)
    return n
}

# What a test of lesson L is worth, and what the lesson brought, and could.
function worth(l) { asked = count[l] - number[l, "skipped"]; return asked == 0 ? 0 : weight[l] == "" ? 1 : weight[l] / asked }
function best(l) { return worth(l) * (count[l] - number[l, "skipped"]) }
function got(l) { return worth(l) * number[l, "passed"] }

function verdict(t) { return said[status[t]] (detail[t] == "" ? "" : ": " detail[t]) }

# The lines of a test's text, each behind BEFORE: so none of them is a command to
# whoever reads a log (::error::, ok 7), or ends a block of Markdown.
function quoted(t, before,    s) {
    s = text[t]; sub(/\n$/, "", s); gsub(/\n/, "\n" before, s)
    return s == "" ? "" : before s "\n"
}

function row(    l, sum, most) {
    printf "%s", id
    for (l = 1; l <= lessons; l++) {
        printf ",%s", number[l, "error"] ? "error" : points(got(l))
        sum += got(l); most += best(l)
    }
    printf ",%s,%s,%s,%d\n", total["error"] ? "error" : points(sum), points(most), level, total["error"]
}

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

function or_none(s) { return json(s == "" ? "none" : s) }

function entry(title, passed, score, most) {
    list = list comma sprintf("\n{\"test-name\": %s, \"passed\": %s, \"score\": %d, \"max-score\": %d}", \
        json(title), passed ? "true" : "false", score, most)
    comma = ","; scored += int(score); possible += int(most)
}

# Its scores are whole numbers: a point a test, or, with weights, whole lessons.
function classroom50(    t, l) {
    if (weighted) {
        for (l = 1; l <= lessons; l++) entry(name[l], got(l) == best(l), got(l), best(l) + 0.5)
    } else {
        for (t = 1; t <= tests; t++)
            if (status[t] != "skipped") entry(name[of[t]] ": " test[t], status[t] == "passed", status[t] == "passed", 1)
    }
    printf "{\"schema\": \"classroom50/result/v1\", \"classroom\": %s, \"assignment\": %s, \"submission\": %s, \"commit\": %s, \"release\": %s, \"review\": %s, \"datetime\": \"%s\", \"score\": %d, \"max-score\": %d, \"tests\": [%s\n]}\n", \
        or_none(ENVIRON["CLASSROOM"]), or_none(ENVIRON["ASSIGNMENT"]), json(ENVIRON["SUBMISSION_TAG"] == "" ? id : ENVIRON["SUBMISSION_TAG"]), \
        or_none(ENVIRON["COMMIT_URL"]), or_none(ENVIRON["RELEASE_URL"]), or_none(ENVIRON["REVIEW_URL"] == "" ? ENVIRON["COMMIT_URL"] : ENVIRON["REVIEW_URL"]), \
        now, scored, possible, list
}

END {
    if (notes_file != "") while ((getline line < notes_file) > 0) notes = notes line "\n"
    if (format == "row") row()
    else if (format == "md") md()
    else if (format == "junit") junit()
    else if (format == "gradescope") gradescope()
    else classroom50()
}
