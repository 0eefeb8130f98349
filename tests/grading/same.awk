# same.awk - which programs have the same tokens as others; see take.bash.
#
#     awk -f same.awk LESSONS NAMES COURSE take.INDEX/took...
#
# The files took are in the order of the submissions' names.  Prints, with tabs, what reports
# tell, INDEX LESSON PROGRAM WITH ("2 others", for students must not be named there); lines
# `say TEXT`; `nothing INDEX`; and for each group of submissions `group PROGRAMS NAME NAME...`.

BEGIN { FS = OFS = "\t" }
FNR == 1 { file++ }

file == 1 { graded[$1] = $3; judged[$1] = " " $2 " "; next }
file == 2 { name[$1] = $2; people = $1 + 1; next }
file == 3 {
    if (!($3 in course) || $4 == "own") { course[$3] = $4; course_of[$3] = $1 "/" $2 }
    if ($4 == "own") own[$1, $2] = $3
    next
}
$1 == "ok" {
    who = FILENAME
    sub(/\/took$/, "", who); sub(/.*take\./, "", who)
    n = split($6, part, "/")
    lesson = part[n - 1]; program = part[n]
    sub(/\.c$/, "", program)
    any[lesson] = anything[who] = 1
    if (!index(judged[lesson], " " program " ")) next # it is only included by others
    program = program ".c"
    all[who]++
    if ($4 < 40) next # too short to say anything
    if (own[lesson, program] == $3) {
        print who, lesson, program, "the programs of the course"
        unchanged[who]++
        untouched[who] = untouched[who] (untouched[who] == "" ? "" : ", ") lesson "/" program
    } else if ($3 in course) {
        print who, lesson, program, (course[$3] == "own" ? "the programs of another lesson (" course_of[$3] ")" : "a program of the course's tests")
        copied[who] = copied[who] (copied[who] == "" ? "" : ", ") lesson "/" program
    } else {
        sum = lesson "/" program OFS $3
        if (!(sum in number)) {
            if (!((lesson, program) in versions)) programs[++kinds] = lesson "/" program
            version[lesson "/" program, ++versions[lesson, program]] = sum
        }
        whose[sum, ++number[sum]] = who
    }
}

# remark(INDEX, TEXT): say it of this submission; what is said of several is a line.
function remark(i, text) {
    if (!(text in holders)) remark_of[++remarks] = text
    holders[text] = holders[text] OFS name[i]
}

# few(NAMES): the first of them, each of which has a tab before it, and how many more.
function few(names,    n, i, part, s) {
    n = split(names, part, OFS)
    s = part[2]
    for (i = 3; i <= n && i <= 6; i++) s = s "; " part[i]
    return s (n > 6 ? "; and " n - 6 " more" : "")
}

# same_program(SUM, PATH, LESSON, PROGRAM): whether several have this version of a program.
function same_program(sum, path, lesson, program,    n, j, who) {
    if ((n = number[sum]) < 2) return
    for (j = 1; j <= n; j++) {
        print whose[sum, j], lesson, program, n - 1 (n == 2 ? " other" : " others")
        who = who OFS name[whose[sum, j]]
    }
    if (!(who in same)) group[++groups] = who
    same[who] = same[who] (same[who] == "" ? "" : ", ") path
}

END {
    for (i = 0; i < people; i++) {
        if (unchanged[i] && unchanged[i] == all[i]) remark(i, "all of its programs are the course's own, unchanged")
        else if (unchanged[i]) remark(i, "the course's own, unchanged: " untouched[i])
        if (copied[i] != "") remark(i, "identical to other programs of the course: " copied[i])
    }
    for (i = 1; i <= remarks; i++) print "say", few(holders[remark_of[i]]) ": " remark_of[i]
    # In the order of the lessons, and then in that of the names.
    for (i = 1; i < kinds; i++) for (j = i + 1; j <= kinds; j++)
        if (programs[j] < programs[i]) { swap = programs[i]; programs[i] = programs[j]; programs[j] = swap }
    for (i = 1; i <= kinds; i++) {
        split(programs[i], part, "/")
        for (j = 1; j <= versions[part[1], part[2]]; j++) same_program(version[programs[i], j], programs[i], part[1], part[2])
    }
    for (i = 1; i <= groups; i++) {
        print "say", "identical in the submissions " few(group[i]) ": " same[group[i]]
        print "group", same[group[i]] group[i]
    }
    for (lesson in graded) if (graded[lesson] && !any[lesson]) none[lesson] = 1
    for (i = 1; i < 100; i++) for (lesson in none) if (substr(lesson, 1, 2) + 0 == i) missing = missing (missing == "" ? "" : ", ") lesson
    if (missing != "") print "say", "nobody handed in " missing (ENVIRON["ASKED"] == "" ? "; if you did not ask for that, choose lessons, as in --only 1,2" : "")
    for (i = 0; i < people; i++) if (!anything[i]) print "nothing", i
}
