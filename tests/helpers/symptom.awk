# symptom.awk - find the first row of a table of symptoms that a failure shows.
#
#     awk -v field=likely -f symptom.awk tests/symptoms FAILURE
#     awk -v field=likely -v mistake=04-echo/NAME -f symptom.awk tests/symptoms
#
# Prints the value of FIELD in that row, or nothing; FIELD `line` is the number of its
# first line.  A row matches if each of its `when:` expressions matches some line of
# FAILURE, and no `unless:` does.
# In the second form it prints FIELD of each row that names the mistake as shown.
# tests/symptoms says what a row looks like.

FNR == NR && /^#/ { next }
FNR == NR && /^[ \t]*$/ { within = 0; next }
FNR == NR {
    if (!within) { rows++; within = 1; text[rows, "line"] = FNR }
    at = index($0, ":")
    name = substr($0, 1, at - 1)
    value = substr($0, at + 1)
    sub(/^[ \t]+/, "", value)
    if ($0 ~ /^[ \t]/) { # a line that goes on
        value = $0; sub(/^[ \t]+/, "", value)
        text[rows, last] = text[rows, last] " " value
    } else if (name == "when") { when[rows, ++whens[rows]] = value; last = "" }
    else if (name == "unless") { unless[rows, ++unlesses[rows]] = value; last = "" }
    else { text[rows, name] = value; last = name }
    next
}
{ line[++lines] = $0 }
/^lesson: / && number == "" { number = substr($2, 1, 2) }

function shows(expression,    i) {
    for (i = 1; i <= lines; i++) if (line[i] ~ expression) return 1
    return 0
}

function matches(row,    i) {
    for (i = 1; i <= whens[row]; i++) if (!shows(when[row, i])) return 0
    for (i = 1; i <= unlesses[row]; i++) if (shows(unless[row, i])) return 0
    return whens[row] > 0
}

function print_field(row,    value) {
    value = text[row, field]
    gsub(/-NN/, "-" number, value)
    if (value != "") print value
}

END {
    if (mistake != "") {
        number = substr(mistake, 1, 2)
        for (row = 1; row <= rows; row++)
            if (index(" " text[row, "shown"] " ", " " mistake " ")) print_field(row)
        exit
    }
    for (row = 1; row <= rows; row++)
        if (matches(row)) { print_field(row); exit }
}
