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

function tag(name, s, attributes) { return "<" name (attributes == "" ? "" : " " attributes) ">" html(s) "</" name ">" }
