# grades.awk - grades.csv, from the rows of the submissions (row.awk); COLUMNS are the lessons.
#
#     awk -v columns="01-socket 02-bind" -v roster=1 -f text.awk -f grades.awk ROW...
#
# The columns that depend on nothing come first, so that they stay where they are.

BEGIN {
    FS = "\t"
    n = split(columns, name, " ")
    printf "submission"
    for (l = 1; l <= n; l++) printf ",%s", name[l]
    print ",total,max,level,errors,remarks,id,name,email,report"
}
{
    printf "%s", csv($1)
    for (l = 1; l <= n; l++) { split($(10 + l), part, " "); printf ",%s", part[1] }
    printf ",%s,%s,%s,%s,%s,%s,%s,%s,%s\n", $8, $9, $6, $7, csv($10), csv($3), csv($4), csv($5), csv($2)
}
