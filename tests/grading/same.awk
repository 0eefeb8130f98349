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
        if (!(sum in number)) order[++sums] = sum
        whose[sum, ++number[sum]] = who
    }
}

END {
    for (i = 0; i < people; i++) {
        if (unchanged[i] && unchanged[i] == all[i]) print "say", name[i] ": all of its programs are the course's own, unchanged"
        else if (unchanged[i]) print "say", name[i] ": the course's own, unchanged: " untouched[i]
        if (copied[i] != "") print "say", name[i] ": identical to other programs of the course: " copied[i]
    }
    for (i = 1; i <= sums; i++) {
        sum = order[i]
        if (number[sum] < 2) continue
        split(sum, part, OFS)
        program = part[1]
        lesson = program; sub(/\/.*/, "", lesson); sub(/.*\//, "", program)
        who = few = ""
        for (j = 1; j <= number[sum]; j++) {
            print whose[sum, j], lesson, program, number[sum] - 1 (number[sum] == 2 ? " other" : " others")
            who = who OFS name[whose[sum, j]]
            if (j <= 5) few = few (j > 1 ? "; " : "") name[whose[sum, j]]
        }
        if (number[sum] > 5) few = few "; and " number[sum] - 5 " more"
        if (!(who in same)) { group[++groups] = who; some[groups] = few }
        same[who] = same[who] (same[who] == "" ? "" : ", ") part[1]
    }
    for (i = 1; i <= groups; i++) {
        print "say", "identical in the submissions " some[i] ": " same[group[i]]
        print "group", same[group[i]] group[i]
    }
    for (lesson in graded) if (graded[lesson] && !any[lesson]) none[lesson] = 1
    for (i = 1; i < 100; i++) for (lesson in none) if (substr(lesson, 1, 2) + 0 == i) missing = missing (missing == "" ? "" : ", ") lesson
    if (missing != "") print "say", "nobody handed in " missing
    for (i = 0; i < people; i++) if (!anything[i]) print "nothing", i
}
