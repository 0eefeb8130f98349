# results.awk - read the output of bats, and print the result of each test.
#
#     lessons=WORDS awk -v ended=STATUS -v list=FILE -f results.awk <TAP
#
# FILE lists the lesson's tests, so a test without a result has not passed.  ENDED is the
# exit status of bats.  The command that repeats a test gets WORDS before it, so that it
# judges the same programs.  tests/tools/plain has made harmless text of what programs said.

BEGIN { while ((getline line < list) > 0) name[++n] = line }

function classify(line) {
    if (kind[k] != "" || line ~ /^\| /) return # this line quotes a program
    if (line ~ /^[^ ]*\.c does not compile: /) kind[k] = "compile"
    else if (line ~ /^[^ ]*\.c is missing: /) kind[k] = "missing"
    else if (match(line, /killed by signal [0-9]+ [A-Za-z ]+$/)) {
        kind[k] = "crashed"; detail[k] = substr(line, RSTART + 10)
    } else if (line ~ /it printed more than [0-9]+ bytes$/) kind[k] = "output"
    else if (line ~ /it used more than [0-9]+ bytes of memory$/) kind[k] = "memory"
    else if (line ~ /had not ended (after )?[0-9.]+ s/ || line ~ /^server .* printed nothing on stdout for/) kind[k] = "timeout"
}

/^(not )?ok [0-9]+ / {
    line = $0; passed = sub(/^ok /, "", line); sub(/^not ok /, "", line)
    k = line + 0; sub(/^[0-9]+ /, "", line); lines = 0
    if (k < 1 || k > n || status[k] != "") { broken = "a result that no test has: " $0; k = 0; next }
    status[k] = passed ? "passed" : "failed"
    rest = index(line, name[k]) == 1 ? substr(line, length(name[k]) + 1) : "?"
    if (match(rest, /^ in [0-9]+ms/)) { milliseconds[k] = substr(rest, 5, RLENGTH - 6); rest = substr(rest, RLENGTH + 1) }
    if (passed && index(rest, " # skip") == 1) { status[k] = "skipped"; detail[k] = substr(rest, 9) }
    else if (rest != "") broken = "a result for another test: " $0
    next
}
/^guard failed: / { broken = $0; next }
/^# / && k {
    line = substr($0, 3)
    if (line ~ /^\(?(from function|in test file) / || line ~ /^ +(from function|in test file) / || line ~ /^  `.*failed/) next
    # (The suite's own command is the last line, whatever a program or the compiler printed before.)
    if (line ~ /^again: /) { again[k] = "text\tagain:   " ENVIRON["lessons"] substr(line, 10) "\n"; next }
    if (line ~ /\.c is missing: there is no file /) sub(/file \/.*\/lessons\//, "file ", line)
    classify(line)
    if (++lines <= 60) text[k] = text[k] "text\t" line "\n"
    next
}
/^1\.\.[0-9]+$/ || /^#? *$/ { next }
{ stray = stray "text\t" $0 "\n" }

END {
    for (k = 1; k <= n; k++) if (status[k] == "skipped") skipped++
    for (k = 1; k <= n; k++) {
        s = status[k]
        if (skipped == n) { s = "error"; detail[k] = "no test of this lesson can be asked on this machine: " detail[k] }
        if (s == "failed" && kind[k] != "") s = kind[k]
        if (s == "" && ended == 124) { s = "timeout"; detail[k] = "the whole lesson took too long" }
        else if (s == "" || (broken != "" && s != "passed")) {
            s = "error"; detail[k] = broken != "" ? broken : "no result (bats ended with status " ended ")"
            text[k] = text[k] stray; stray = ""
        }
        printf "test\t%s\t%s\t%s\t%d\n%s", s, detail[k], name[k], milliseconds[k], text[k] again[k]
    }
}
