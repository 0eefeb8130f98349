# canvas.awk - canvas.csv, for the import of Canvas's gradebook, from the rows of the
# submissions (row.awk).  TITLE, in the environment, is the name of the column.
#
# A directory that was made from Canvas's own download has Canvas's number of the student
# in its name (doeann_LATE_123_456_work.zip).  Otherwise Canvas finds a student by the id
# or the login of the roster, and at last by the name.  A grader error is no grade.

BEGIN { FS = "\t"; print "Student,ID,SIS User ID,SIS Login ID,Section," csv(ENVIRON["TITLE"]) }
FNR == 1 && !most { most = 1; printf "    Points Possible,,,,,%s\n", $9 }
{
    id = ""
    if ($1 ~ /^[^-A-Z_ ]+_(LATE_)?[0-9]+_[0-9][0-9][0-9]+_/) {
        match($1, /_[0-9]+_/)
        id = substr($1, RSTART + 1, RLENGTH - 2)
    }
    printf "%s,%s,%s,%s,,%s\n", csv($4 == "" ? $1 : $4), id, csv($3), csv($5), ($7 > 0 ? "" : $8)
}
