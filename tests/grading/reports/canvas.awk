# canvas.awk - canvas.csv, for the import of Canvas's gradebook, from the rows of the
# submissions (row.awk).  TITLE, in the environment, is the name of the column.
#
# Canvas finds a student by its own number; otherwise by the id or the login of the roster,
# and at last by the name.

BEGIN { FS = "\t"; print "Student,ID,SIS User ID,SIS Login ID,Section," csv(ENVIRON["TITLE"]) }
FNR == 1 && !most { most = 1; printf "    Points Possible,,,,,%s\n", $9 }
{ printf "%s,%s,%s,%s,,%s\n", csv($4 == "" ? $1 : $4), canvas_number(), csv($3), csv($5), grade_cell() }
