# csv.awk - read a roster, CSV in any dialect of spreadsheets, and print its four columns
# with tabs between them; see roster.bash.  A field in quotes may hold separators, quotes
# ("") and line ends, which become blanks.

NR == 1 {
    sub(/^\357\273\277/, "") # a byte order mark
    separator = index($0, ";") && !index($0, ",") ? ";" : index($0, "\t") && !index($0, ",") ? "\t" : ","
}
{
    record = open ? record " " $0 : $0
    quotes = record
    open = gsub(/"/, "", quotes) % 2
    if (!open) row(record)
}

function row(s,    n, field, c, i, quoted) {
    n = 1
    field[1] = ""
    for (i = 1; i <= length(s); i++) {
        c = substr(s, i, 1)
        if (c == "\"") {
            if (quoted && substr(s, i + 1, 1) == "\"") { field[n] = field[n] c; i++ } else quoted = !quoted
        } else if (c == separator && !quoted) field[++n] = ""
        else field[n] = field[n] (c == "\t" ? " " : c)
    }
    for (i = 1; i <= n; i++) gsub(/^ +| +$/, "", field[i])
    if (field[1] == "") return
    if (!rows++ && tolower(field[2]) ~ /^(id|student ?id|number|nummer|sis ?id|identifier)$/) return # a header
    printf "%s\t%s\t%s\t%s\n", field[1], field[2], field[3], field[4]
}
