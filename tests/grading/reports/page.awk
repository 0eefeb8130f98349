# page.awk - the beginning and the end of a page of HTML, and parts that pages share.
#
# A page is one file without scripts; its style is that of the file that the environment
# calls STYLE.

function page_begin(title,    line, file) {
    print "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">"
    print "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
    print "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    printf "<title>%s</title>\n<style>\n", html(title)
    while ((getline line < ENVIRON["STYLE"]) > 0) print line
    print "</style>\n</head>\n<body>"
}

function page_end() { print "</body>\n</html>" }

# The first row of a table: HEADINGS are divided by bars, and a # begins that of numbers.
function table_begin(headings,    n, heading, i, s) {
    n = split(headings, heading, "|")
    for (i = 1; i <= n; i++)
        s = s (sub(/^#/, "", heading[i]) ? "<th class=\"number\">" : "<th>") heading[i] "</th>"
    print "<div class=\"wide\"><table>\n<tr>" s "</tr>"
}

function table_end() { print "</table></div>" }

# A cell that holds a number, and is of CLASS, too.
function number_cell(n, class) { return "<td class=\"number" (class == "" ? "" : " " class) "\">" n "</td>" }

function tag(name, s, attributes) { return "<" name (attributes == "" ? "" : " " attributes) ">" html(s) "</" name ">" }
