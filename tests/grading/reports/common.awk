# common.awk - read the results of one submission, for all reports; run by awk in the C locale.
#
#     awk -v id=... -f common.awk -f FORMAT.awk RESULTS...
#
# A file of RESULTS is a lesson's; tests/tools/plain has made text of what programs said.
# Its lines, with tabs:
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

END {
    if (notes_file != "") while ((getline line < notes_file) > 0) notes = notes line "\n"
}
