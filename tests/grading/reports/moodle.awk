# moodle.awk - worksheet.csv, as Moodle's assignment takes it back ("Upload grading
# worksheet"), from the rows of the submissions (row.awk).
#
# With -v folders=1: instead, for each submission that Moodle can place, the directory of its
# reports and the name that Moodle wants for the feedback, divided by a tab.

BEGIN { FS = "\t"; if (!folders) print "Identifier,Full name,Email address,Grade,Maximum grade,Last modified (grade)" }
{
    number = moodle_number(); name = $4
    if (name == "") { name = $1; if (named_by_moodle()) sub(/_.*/, "", name) }
}
number == "" { next }
folders {
    folder = $1 ~ /_assignsubmission_file/ ? $1 : name "_" number "_assignsubmission_file_"
    sub(/_assignsubmission_file/, "_assignfeedback_file", folder)
    gsub(/\//, "-", folder)
    print $2 "\t" folder
    next
}
{ printf "Participant %s,%s,%s,%s,%s,-\n", number, csv(name), csv($5), grade_cell(), $9 }
