# moodle.awk - worksheet.csv, as Moodle's assignment takes it back ("Upload grading
# worksheet"), from the rows of the submissions (row.awk).
#
# Moodle finds a participant by the number in the name of the directory that it made
# (Ann Doe_4711_assignsubmission_file_), or by the roster's id "Participant 4711".  With
# -v folders=1: instead, for each such directory, that of its reports and the name that
# Moodle wants for the feedback, divided by a tab.  A grader error is no grade.

BEGIN { FS = "\t"; if (!folders) print "Identifier,Full name,Email address,Grade,Maximum grade,Last modified (grade)" }
{
    number = ""; name = $4
    if ($1 ~ /^[^_]*_[0-9]+_assignsubmission_file/) {
        split($1, part, "_")
        number = part[2]
        if (name == "") name = part[1]
    } else if ($3 ~ /^Participant [0-9]+$/) {
        number = substr($3, 13)
        if (name == "") name = $1
    }
}
number == "" { next }
folders {
    folder = $1 ~ /_assignsubmission_file/ ? $1 : name "_" number "_assignsubmission_file_"
    sub(/_assignsubmission_file/, "_assignfeedback_file", folder)
    gsub(/\//, "-", folder)
    print $2 "\t" folder
    next
}
{ printf "Participant %s,%s,%s,%s,%s,-\n", number, csv(name), csv($5), ($7 > 0 ? "" : $8), $9 }
