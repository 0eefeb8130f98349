# read.awk - read the results of one submission, for its reports; run by awk in the C locale.
#
#     awk -v dir=NAME -v level=... -f text.awk -f read.awk [-f causes.awk] -f FORMAT.awk ABOUT LESSON...
#
# The files are those in .results; tests/tools/plain has made text of whatever comes from
# a submission.  NAME is the directory of the reports.  In ABOUT the lines are, with tabs:
#
#     submission    Müller, Anna (12345)               (the directory that was handed in)
#     person        12345    Anna Müller    anna@...   (from the roster)
#     taken         04-echo    repo-main/work/04-echo
#     left          work/04-echo/notes.txt    not a .c file
#     same          04-echo    server.c    the programs of the course  (or: 2 others)
#     note          ...
#
# and in LESSON, the file of a lesson:
#
#     lesson    04-echo    20    31.5       (its weight, or nothing: a point a test; seconds)
#     test      crashed    signal 11 Segmentation fault    it sends back ...    120 (milliseconds)
#     text      expected: ...

BEGIN {
    FS = "\t"
    split("passed skipped failed crashed timeout output memory compile missing error", order, " ")
    said["passed"] = "passed"; said["skipped"] = "not asked on this machine"
    said["failed"] = "failed"; said["crashed"] = "crashed"
    said["timeout"] = "timed out"; said["output"] = "output limit"
    said["memory"] = "memory limit"; said["compile"] = "does not compile"
    said["missing"] = "missing"; said["error"] = "grader error"
    for (s in said) counted[s] = said[s]
    counted["compile"] = "whose program does not compile"; counted["missing"] = "whose program is missing"
    counted["output"] = "over the output limit"; counted["memory"] = "over the memory limit"
    counted["error"] = "that the grader could not judge"
}

$1 == "submission" { submission = $2 }
$1 == "person" { person_id = $2; person = $3; mail = $4 }
$1 == "taken" { taken_lesson[++takens] = $2; taken_from[takens] = $3 }
$1 == "left" { left[++lefts] = $2; left_why[lefts] = $3 }
$1 == "same" { same_lesson[++sames] = $2; same_program[sames] = $3; same_with[sames] = $4 }
$1 == "note" { note[++notes] = $2 }

$1 == "lesson" { lesson = ++lessons; name[lesson] = $2; weight[lesson] = $3; from[lesson] = tests + 1 }
$1 == "test" {
    of[++tests] = lesson; status[tests] = $2; detail[tests] = $3; test[tests] = $4; time[tests] = $5 / 1000
    count[lesson]++; number[lesson, $2]++; total[$2]++; spent[lesson] += $5 / 1000
    text[tests] = ""
}
# The suites end an account with a command for whoever has the judged programs.  It is kept
# for again.txt; a student gets one that works in the student's own copy of the course.
$1 == "text" && sub(/^again: +/, "", $2) { repeat[tests] = $2; $2 = "again:   " check_again(tests) }
$1 == "text" { text[tests] = text[tests] $2 "\n" }

END { if (submission == "") submission = dir }

# Who handed it in: "Anna Müller (12345, anna@...)"; nothing without a roster.
function person_line(    s) {
    s = person_id (person_id != "" && mail != "" ? ", " : "") mail
    return person (person != "" && s != "" ? " (" s ")" : s)
}

function wrong(t) { return status[t] != "passed" && status[t] != "skipped" }

# What a test of lesson L is worth, and what the lesson brought, and could.  A test that is
# not asked on this machine shares its points among the others: so the maximum is the same
# on every machine, and whoever passes all tests that are asked gets it.  Points are rounded
# for each lesson, so that the sum of a table's columns is its total.
function asked(l) { return count[l] - number[l, "skipped"] }
function full(l) { return weight[l] == "" ? count[l] : weight[l] }
function worth(l) { return asked(l) == 0 ? 0 : full(l) / asked(l) }
function best(l) { return rounded(full(l)) }
function got(l) {
    return asked(l) > 0 && number[l, "passed"] == asked(l) ? best(l) : rounded(worth(l) * number[l, "passed"])
}
function rounded(n) { return int(n * 100 + 0.5) / 100 }
function all_got(    l, sum) { for (l = 1; l <= lessons; l++) sum += got(l); return rounded(sum) }
function all_best(    l, sum) { for (l = 1; l <= lessons; l++) sum += best(l); return rounded(sum) }

# Whether test T brings its point where each test has a whole one.  One that is not asked on
# this machine does if the lesson's others do.
function earned(t) {
    if (status[t] == "skipped") return asked(of[t]) > 0 && number[of[t], "passed"] == asked(of[t])
    return status[t] == "passed"
}

# Some formats know only whole numbers.  If a weight has decimals, their points are ten or
# a hundred times ours: whole() is the points of lesson L there, out of whole_best().
function scale(    l, n, cents) {
    n = 1
    for (l = 1; l <= lessons; l++) {
        cents = int(best(l) * 100 + 0.5)
        if (cents % 10) return 100
        if (cents % 100) n = 10
    }
    return n
}
function whole_best(l) { return int(best(l) * scale() + 0.5) }
function whole(l,    n) {
    if (number[l, "passed"] == asked(l)) return whole_best(l)
    n = int(got(l) * scale() + 0.5)
    return n < whole_best(l) ? n : whole_best(l) - (n > 0) # all of it is for all of it
}

function verdict(t) { return said[status[t]] (detail[t] == "" ? "" : ": " detail[t]) }

# How many tests of lesson L came to what end: "12 passed, 3 whose program does not compile".
function results(l,    i, line) {
    for (i = 1; i in order; i++)
        if (number[l, order[i]]) line = line (line == "" ? "" : ", ") number[l, order[i]] " " counted[order[i]]
    return line
}

# The lesson was not handed in, or the program that test T needs was not.
function absent(l) { return count[l] > 0 && number[l, "missing"] == count[l] && text[from[l]] == "" }

# The command that repeats test T with the programs in work/.  The name is quoted for make,
# and for the shell.
function check_again(t,    s) {
    s = test[t]; gsub(/\$/, "$$", s); gsub(/'/, "'\\''", s)
    return "make check-" substr(name[of[t]], 1, 2) (sanitized ? " SANITIZE=1" : "") " ONLY='" s "'"
}

# S with each of its lines behind BEFORE: so none of them is a command to whoever reads a
# log (::error::, ok 7), or ends a block of Markdown.
function quoted(s, before) {
    sub(/\n$/, "", s); gsub(/\n/, "\n" before, s)
    return s == "" ? "" : before s "\n"
}

# What is the same as what, a line for each lesson and each that it is the same as: sets
# LESSON_SAME, PROGRAMS_SAME ("server.c, client.c") and WITH_SAME, of each SAME_LINES.
# Reports go to students, so they do not name another student (the table of the class does).
function find_same(    i, k, s) {
    for (i = 1; i <= sames; i++) {
        s = same_lesson[i] SUBSEP same_with[i]
        if (!(s in same_line)) {
            k = same_line[s] = ++same_lines
            lesson_same[k] = same_lesson[i]; with_same[k] = same_with[i]; programs_same[k] = same_program[i]
        } else programs_same[same_line[s]] = programs_same[same_line[s]] ", " same_program[i]
    }
}

function by_others(line) { return with_same[line] ~ /^[0-9]+ others?$/ }
function same_as(line) { return (by_others(line) ? "also handed in by " : "as in ") with_same[line] }

# What is remarkable, in a few words for a table.
function remarks(    i, line, course, courses, others, upto, copies, copy) {
    find_same()
    if (takens == 0 && total["missing"] == tests) line = "nothing to grade"
    for (i = 1; i <= same_lines; i++) {
        if (by_others(i)) {
            if (others != "" && with_same[i] != others) upto = "up to "
            if (with_same[i] + 0 > others + 0) others = with_same[i]
            copies += gsub(/,/, ",", programs_same[i]) + 1
            copy = lesson_same[i] "/" programs_same[i]
            continue
        }
        courses++
        course = course (course == "" ? "" : "; ") substr(lesson_same[i], 1, 2) " " programs_same[i]
    }
    if (courses > 1) course = "programs of " courses " lessons"
    if (course != "") line = line (line == "" ? "" : "; ") "as in the course: " course
    if (copies == 1) line = line (line == "" ? "" : "; ") "same as " others ": " copy
    if (copies > 1) line = line (line == "" ? "" : "; ") "same as " upto others ": " copies " programs"
    if (lefts > 0) line = line (line == "" ? "" : "; ") plural(lefts, "file", "files") " left out"
    return line
}
