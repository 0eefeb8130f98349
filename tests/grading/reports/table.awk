# table.awk - the table for a terminal, from the rows of the submissions (row.awk).
#
#     awk -v columns="01-socket 02-bind" -f table.awk ROW...

# How many columns S takes on a terminal: each character one, and those of Chinese,
# Japanese and Korean (nearly all that UTF-8 writes in three bytes from e3 to ed) two.
function width(s,    all) {
    gsub(/[\200-\277]/, "", s)
    all = length(s)
    return all + gsub(/[\343-\355\360]/, "", s)
}

function cell(s) { text[rows, ++cells] = s; if (width(s) > widest[cells]) widest[cells] = width(s) }

# S with blanks, before it or after it, to fill column I.
function padded(s, i,    n, blanks) {
    for (n = widest[i] - width(s); n > 0; n--) blanks = blanks " "
    return i == 1 || i == cells ? s blanks : blanks s
}

BEGIN {
    FS = "\t"; n = split(columns, name, " ")
    rows = 1; cells = 0
    cell("submission")
    for (l = 1; l <= n; l++) cell(name[l])
    cell("total"); cell("max"); cell("level"); cell("errors"); cell("remarks")
}
{
    rows++; cells = 0
    cell($1)
    for (l = 1; l <= n; l++) { split($(10 + l), part, " "); cell(part[1]) }
    cell($8); cell($9); cell($6); cell($7); cell($10)
}
END {
    for (r = 1; r <= rows; r++) {
        line = ""
        for (i = 1; i <= cells; i++) line = line (i == 1 ? "" : "  ") padded(text[r, i], i)
        sub(/ +$/, "", line)
        print line
    }
}
