# rows.awk - what all files for the class read in a row of row.awk.

# The grade for another system.  After a grader error it is empty, and so it is if there was
# nothing to grade: a wrong folder is no reason for a zero, so a person has to decide.
function grade_cell() { return $7 > 0 || nothing_there() ? "" : $8 }
function nothing_there(    i, part) {
    for (i = 11; i <= NF; i++) { split($i, part, " "); if (!part[4]) return 0 }
    return NF > 10
}

# Canvas's number of the student: it is in the names of the files in Canvas's own download
# (doeann_LATE_123_456_work.zip).
function canvas_number(    s) {
    s = $1
    if (s !~ /^[^-A-Z_ ]+_(LATE_)?[0-9]+_[0-9][0-9][0-9]+_/) return ""
    match(s, /_[0-9]+_/)
    return substr(s, RSTART + 1, RLENGTH - 2)
}

# Moodle's number of the participant: it is in the name of the directory that Moodle made
# (Ann Doe_4711_assignsubmission_file_), or it is the roster's id, "Participant 4711".
function moodle_number(    part) {
    if (named_by_moodle()) { split($1, part, "_"); return part[2] }
    return $3 ~ /^Participant [0-9]+$/ ? substr($3, 13) : ""
}
function named_by_moodle() { return $1 ~ /^[^_]*_[0-9]+_assignsubmission_file/ }
