# csv.awk - read a roster, CSV in any dialect of spreadsheets, and print four columns with
# tabs between them: the name of a submission, an id, a name, an address; see roster.bash.
# If the first line is a header, its words say which column is which, in any order.  If it has
# no column for the submission, prints only `!`.  A field in quotes may hold separators, quotes
# ("") and line ends, which become blanks.

BEGIN {
    for (i = 1; i <= 4; i++) column[i] = i
    kinds("submission submissions directory folder file files pattern", 1)
    kinds("id student-id number nummer sis-id sis-user-id identifier", 2)
    kinds("name full-name student student-name", 3)
    kinds("e-mail email mail email-address e-mail-address login sis-login-id", 4)
}
function kinds(words, k,    n, i, word) { n = split(words, word, " "); for (i = 1; i <= n; i++) kind[word[i]] = k }

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
    if (!rows++ && header(n, field)) return
    if (refused || field[column[1]] == "") return
    printf "%s\t%s\t%s\t%s\n", field[column[1]], field[column[2]], field[column[3]], field[column[4]]
}

# header(N, FIELD): whether these are not a student, but the names of columns: two at least
# are words that we know.  Sets column.
function header(n, field,    i, k, word, known, found) {
    for (i = 1; i <= n; i++) {
        word = tolower(field[i])
        gsub(/[ _]+/, "-", word)
        k = kind[word]
        known += k > 0
        if (k && (!(k in found) || word ~ /^sis-/)) found[k] = i
    }
    if (known < 2) return 0
    if (!(1 in found) && !(tolower(field[1]) in kind)) found[1] = 1
    for (k = 1; k <= 4; k++) column[k] = k in found ? found[k] : n + 1
    if (!(1 in found)) { refused = 1; print "!" }
    return 1
}
