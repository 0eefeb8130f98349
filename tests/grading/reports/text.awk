# text.awk - text made safe for the place where it is shown; for all reports.
#
# tests/tools/plain has already removed whatever is not a character.  What is left can
# still mean something to a browser, to Markdown, or to a spreadsheet.

function json(s) {
    gsub(/\\/, "&&", s); gsub(/"/, "\\\"", s); gsub(/\n/, "\\n", s); gsub(/\t/, "\\t", s)
    return "\"" s "\""
}

# The pair of KEY and the text S, or the other value VALUE, in an object of JSON.
function text_pair(key, s) { return "\"" key "\": " json(s) }
function pair(key, value) { return "\"" key "\": " value }

# For HTML and XML, between tags and inside quotes.
function html(s) {
    gsub(/&/, "\\&amp;", s); gsub(/</, "\\&lt;", s); gsub(/>/, "\\&gt;", s)
    gsub(/"/, "\\&quot;", s); gsub(/'/, "\\&#39;", s)
    return s
}

# For a line of Markdown.  On GitHub an @ would call somebody, and a # name an issue.
function markdown(s) {
    gsub(/[\\`*_#|~]|\[|\]/, "\\\\&", s)
    gsub(/&/, "\\&amp;", s); gsub(/</, "\\&lt;", s); gsub(/>/, "\\&gt;", s); gsub(/@/, "\\&#64;", s)
    return s
}

# A path, as Markdown shows code.  Inside of it only backquotes mean something.
function code(s) {
    gsub(/`/, "'", s); gsub(/[|]/, "\\|", s)
    return "`" s "`"
}

# A field of a CSV file.  A spreadsheet takes a text that begins with =, +, - or @ (also
# in the full width of Chinese and Japanese) for a formula, and calculates it; a quotation
# mark in front of it prevents that.
function csv(s) {
    if (s ~ /^[ \t]*([-=+@]|\357\274\235|\357\274\213|\357\274\215|\357\274\240)/) s = "'" s
    if (s ~ /[",;\n]/ || s ~ /^ | $/) { gsub(/"/, "\"\"", s); s = "\"" s "\"" }
    return s
}

# The path S as part of an address.
function address(s,    i, c, out) {
    if (!("a" in ordinal)) for (i = 1; i < 256; i++) ordinal[sprintf("%c", i)] = i
    for (i = 1; i <= length(s); i++) {
        c = substr(s, i, 1)
        out = out (c ~ /[A-Za-z0-9._~\/-]/ ? c : sprintf("%%%02X", ordinal[c]))
    }
    return out
}

# The beginning of S, of about N bytes.  It ends with a whole character.
function cut(s, n) {
    if (length(s) <= n) return s
    s = substr(s, 1, n)
    while (s ~ /[\200-\277]$/) s = substr(s, 1, length(s) - 1)
    sub(/[\300-\377]$/, "", s)
    return s "..."
}

# A number of points, with two digits after the point where it needs them.
function points(n) {
    n = sprintf("%.2f", n)
    if (sub(/\.00$/, "", n) == 0) sub(/0$/, "", n)
    return n
}

function plural(n, one, many) { return n " " (n == 1 ? one : many) }
