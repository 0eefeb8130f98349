#!/usr/bin/env bats
# The reports of tests/grade for people, and what holds for all of them.  Nothing is judged
# here: see results.bash.

bats_require_minimum_version 1.5.0
# shellcheck source=tests/self/results.bash
source "${BATS_TEST_FILENAME%/*}/results.bash"

@test "every report has the name of the directory that was handed in, whatever is in it" {
    python '
names = [row[0] for row in table("out/grades.csv")[1:]]
assert "Müller, *Anna* (12345)" in names and "张三" in names and ("\x27" + ann) in names, names
for directory, name in ("M_ller", "Müller, *Anna* (12345)"), ("_cmd", ann), ("no_flush", "张三"):
    page = Page(f"out/{directory}/report.html")
    assert name in page.text and not page.tags & {"script", "img", "a" if directory == "none" else "iframe"}
    assert name in Page("out/index.html").text
    assert etree.parse(f"out/{directory}/junit.xml").getroot().get("name") == name
    assert read(f"out/{directory}/details.txt").splitlines()[0] == "submission: " + name
assert read("out/M_ller/report.md").splitlines()[0] == r"# Müller, \*Anna\* (12345)"
assert "<script" not in read("out/_cmd/report.md")
'
    grep -q '^张三 ' shown
    python '
import unicodedata
starts = {sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in line[:line.index("namespaces")]) for line in read("shown").splitlines()[1:]}
assert len(starts) == 1, (starts, read("shown"))'
}

@test "the roster's id, name and address are in the reports" {
    python '
rows = table("out/grades.csv")
row = dict(zip(rows[0], rows[2]))
assert (row["id"], row["name"], row["email"], row["report"]) == ("m1", "Anna Müller", "anna@example.org", "M_ller"), row
assert "Anna Müller (m1, anna@example.org)" in Page("out/M_ller/report.html").text
assert "Anna Müller" in Page("out/index.html").text
'
    grep -qxF 'Anna Müller (m1, anna&#64;example.org)' out/M_ller/report.md
}

@test "no field is a formula for a spreadsheet" {
    python '
for path in "out/grades.csv", "out/canvas.csv", "out/moodle/worksheet.csv":
    rows = table(path)
    assert len({len(row) for row in rows}) == 1, path
    for row in rows:
        for field in row: assert field == "-" or not re.match(r"[\s]*[-=+@\t\r＝＋－＠]", field), (path, field)
'
    printf '%s\n' '＝1' ' =1' '@x' plain '-' >fields
    echo '{ print csv($0) }' >print.awk
    [ "$(awk -f "$root/tests/grading/reports/text.awk" -f print.awk fields)" = "$(printf '%s\n' "'＝1" "' =1" "'@x" plain "'-")" ]
}

@test "a program that never flushes has a report of a page, with the cause once" {
    wc out/no_flush/report.md
    [ "$(wc -l <out/no_flush/report.md)" -le 70 ]
    [ "$(wc -c <out/no_flush/report.md)" -le 6000 ]
    [ "$(grep -cF 'The ready line is still in the buffer of stdio.' out/no_flush/report.md)" -eq 1 ]
    grep -q '^### 2\. 38 tests of 02-bind$' out/no_flush/report.md
    for i in $(seq 38); do grep -qE "bind test $i(;|\.|:|$)" out/no_flush/report.md; done
    [ "$(grep -c '^| again: ' out/no_flush/report.md)" -eq 2 ]
    grep -qxF "| again: make check-02 ONLY='bind test 1'" out/no_flush/report.md
    # and nothing is lost
    [ "$(grep -cF "| likely:  $never_flushes" out/no_flush/details.txt)" -eq 38 ]
    grep -qxF '| server 127.0.0.1 38 printed nothing on stdout for 1 s' out/no_flush/details.txt
    python '
page = Page("out/no_flush/report.html")
assert "38 tests of 02-bind" in page.text and "37 more tests" in page.text
assert all(f"server 127.0.0.1 {i} printed nothing" in page.text for i in range(1, 39))'
}

@test "the first thing to fix is at the top, and a cause is called likely" {
    # the lessons build on each other: it is in the earliest, even if more tests of another fail
    grep -qxF '**Fix this first.** Likely: A pointer is NULL. (1 of the 39 failures looks like this.)' out/no_flush/report.md
    [ "$(grep -cF 'A pointer is NULL.' out/no_flush/report.md)" -eq "$(grep -cF 'Likely: A pointer is NULL.' out/no_flush/report.md)" ]
    grep -qxF '**Fix this first.** server.c of 01-socket does not compile. (2 of the 2 failures look like this. 4 more tests are of lessons that were not handed in.)' out/compile/report.md
    [ "$(grep -n 'Fix this first' out/no_flush/report.md | cut -d: -f1)" -le 10 ]
    grep -q '<p class="first"><strong>Fix this first.</strong> Likely: A pointer is NULL' out/no_flush/report.html
    run ! grep -q 'Fix this first' out/ann/report.md
    # within a lesson, what does not compile comes before what more tests show
    cd "$BATS_TEST_TMPDIR" && use 01-socket 02-bind
    submission both both && lesson 01-socket && result failed 'it makes a socket' && likely 'No socket.' && result passed 'it ends'
    lesson 02-bind && for i in 1 2 3; do result failed "bind test $i" && likely 'No address.'; done
    result compile 'bind test 4' '' 'names.c does not compile: exit status 1'
    result missing 'bind test 5' '' 'server.c is missing: there is no file server.c'
    write_all
    grep '^### \|^Likely:\|^names.c\|^server.c' out/both/report.md | tr '\n' ' ' | tee order
    [ "$(cat order)" = '### 1. 1 test of 01-socket Likely: No socket. ### 2. 1 test of 02-bind names.c of 02-bind does not compile. ### 3. 1 test of 02-bind server.c of 02-bind is missing. ### 4. 3 tests of 02-bind Likely: No address. ' ]
}

@test "failures that show the same evidence are one cause, unless tests/symptoms knows better" {
    cd "$BATS_TEST_TMPDIR" && use 01-socket 02-bind
    # silent NAME WHERE CAUSE: nothing arrives, and the server sleeps in a call.
    silent() {
        result failed "$1" '' "  connect  to 127.0.0.1:$RANDOM" "  expect   \"$1\" (${#1} bytes)" "  but:     nothing arrived for 0.$RANDOM s" \
            "  meanwhile the server sleeps in $2()" && likely "$3"
    }
    row=$(awk '/^(notes|shown):/ && row != "" { print row; exit } { row = "" } sub(/^likely: */, "") { row = $0 }' "$root/tests/symptoms")
    submission one one && all_right
    lesson 02-bind
    silent first recv 'The first hint.'
    silent second recv 'The second hint.'
    silent third accept 'The third hint.'
    silent fourth recv "$row"
    silent fifth accept 'The fifth hint.'
    result failed sixth '' && likely 'The sixth hint.' # which says too little
    result failed seventh '' && likely 'The seventh hint.'
    write_all
    cat out/one/report.md
    [ "$(sed -n 's/^Likely: //p' out/one/report.md | sort)" = "$(printf '%s\n' 'The first hint.' 'The third hint.' "${row//_/\\_}" 'The sixth hint.' 'The seventh hint.' | sort)" ]
    grep -qxF 'Also in 02-bind: second.' out/one/report.md
    grep -qxF 'Also in 02-bind: fifth.' out/one/report.md
}

@test "a report repeats a test in the student's copy of the course, and again.txt in the instructor's" {
    cd "$BATS_TEST_TMPDIR" && use 01-socket 02-bind
    submission one one && lesson 01-socket && result failed "it's worth \$5" '' 'but:     b' "likely:  It isn't."
    printf 'text\tagain:   %s\n' "LESSONS='/home/me/grades/one/programs' SEED=7 bats tests/01-socket.bats -f '^it.s worth \\\$5\$'" >>"$file"
    lesson 02-bind && result passed 'bind test 1'
    submission two two && all_right
    write_all
    cat out/one/again.txt out/one/report.md
    grep -qxF "| again: make check-01 ONLY='it'\''s worth \$\$5'" out/one/report.md
    grep -qxF "| again:   make check-01 ONLY='it'\''s worth \$\$5'" out/one/details.txt
    run ! grep -r '/home/me' out/one --include='*.md' --include='*.html' --include='*.json' --include='*.xml' --include=details.txt
    grep -qxF "cd '$root'" out/one/again.txt
    grep -qxF "LESSONS='/home/me/grades/one/programs' SEED=7 bats tests/01-socket.bats -f '^it.s worth \\\$5\$'" out/one/again.txt
    [ ! -e out/two/again.txt ]
}

@test "a report shows a few bytes of binary output, and details.txt all of them" {
    cd "$BATS_TEST_TMPDIR" && use 01-socket
    submission binary binary && lesson 01-socket
    noise='| \xb7K?\xc9\x07\xf1\xb0\xcc\xc24\x97K\xfd\x811z'
    result failed 'it ends' '' 'but:     other bytes arrived' 'the client printed on stdout:' "$noise" "$noise" "$noise" 'the client printed on stderr:' '| na\xefve'
    result passed 'it is last'
    write_all
    cat out/binary/report.md
    grep -qxF "| $noise" out/binary/details.txt
    [ "$(grep -cF "$noise" out/binary/details.txt)" -eq 3 ]
    [ "$(grep -cF '\x811z' out/binary/report.md)" -eq 1 ]
    grep -qxF '| | (this is not text; details.txt has all of it)' out/binary/report.md
    grep -qxF '| | na\xefve' out/binary/report.md
    grep -qF '(this is not text; details.txt has all of it)' out/binary/report.html
}

@test "a program that does not compile or was not handed in is told once for a lesson" {
    cat out/compile/report.md
    [ "$(grep -c 'server.c:1:9: error' out/compile/report.md)" -eq 1 ]
    [ "$(grep -c '^Not handed in, or not found: 02-bind\.$' out/compile/report.md)" -eq 1 ]
    grep -qxF '| 02-bind | 0 | 4 | 4 whose program is missing |' out/compile/report.md
    grep -qxF '| 01-socket | 0 | 2 | 2 whose program does not compile |' out/compile/report.md
    [ "$(grep -c 'server.c:1:9: error' out/compile/details.txt)" -eq 2 ]
}

@test "a report names the files that were taken and left out, and the programs that are the same" {
    sed -n '/^## What was graded/,/^## What failed/p' out/no_flush/report.md >graded
    cat graded
    grep -qxF -e '- 01-socket: taken from `repo-main/work/01-socket`' graded
    grep -qxF -e "- left out: \`work/'a'.o\` (not a .c file)" graded
    grep -qxF -e '- **the same code** in 02-bind: `server.c, names.c`, as in the programs of the course' graded
    grep -qxF -e '- **the same code** in 01-socket: `server.c`, also handed in by 1 other' graded
    grep -qxF -e '- unpacked work.zip' graded
    grep -qF ',"as in the course: 02 server.c, names.c; same as 1 other: 01-socket/server.c; 1 file left out",' out/grades.csv
    # reports go to students, and do not name others
    run ! grep -q 'Müller' out/no_flush/report.md out/no_flush/report.html out/no_flush/results.json out/no_flush/release-body.md
    python '
text = Page("out/no_flush/report.html").text
for words in "repo-main/work/01-socket", "work/`a`.o", "the programs of the course", "unpacked work.zip": assert words in text, words
scope = json.loads(read("out/no_flush/results.json"))["output"]
for words in "repo-main/work/01-socket", "work/`a`.o", "the programs of the course", "unpacked work.zip", "Fix this first": assert words in scope, words'
}

@test "index.html shows the class, the tests that fail most, and how far everybody got, without a script" {
    python '
page = Page("out/index.html")
assert not page.tags & {"script", "img", "link"} and "Socket, programming: 9 submissions" in page.text
for link in page.links: assert os.path.exists("out/" + link), link
assert re.search(r"1 of 9</td><td>01-socket: it ends</td>", read("out/index.html"))
stuck = dict(re.findall(r"<tr><td>(\d\d-\w+)</td><td class=\"number\">\d+</td><td class=\"number\">\d+</td><td class=\"number\">\d+</td><td>(.*)</td></tr>", read("out/index.html")))
assert re.findall(r">([^<>]+)</a>", stuck["01-socket"]) == ["张三", "does not compile", "the grader failed"], stuck
assert re.search("Passed everything: (.*)", page.text).group(1).startswith("Ann_4711_assignsubmission_file_, Anna Müller, @home")
assert "prefers-color-scheme: dark" in read("out/index.html") and "width=device-width" in read("out/index.html")'
    # the test that most people failed comes first
    grep -o '[0-9]* of [0-9]*</td><td>0[12]-[a-z]*: [a-z0-9 ]*' out/index.html | cut -d' ' -f1 >failed_by
    sort -rnc failed_by
}

@test "a table that is not complete says so" {
    cd "$BATS_TEST_TMPDIR" && use 01-socket 02-bind
    submission ann ann && all_right
    submission bob bob && all_right
    write_all
    grep -q '<h1>Socket, programming: 2 submissions</h1>' out/index.html
    run ! grep 'not complete' out/index.html
    rm "$scratch/done.1"
    write_all
    grep -q '<h1>Socket, programming: 1 of 2 submissions</h1>' out/index.html
    grep -q '<p class="first">This page and grades.csv are not complete: ' out/index.html
    [ "$(wc -l <out/grades.csv)" -eq 2 ]
}

@test "a test that is not asked changes no maximum, and a program that passes the others gets it" {
    cd "$BATS_TEST_TMPDIR" && use 01-socket 02-bind
    submission here here && all_right
    submission there there && lesson 01-socket && result passed 'it makes a socket' && result skipped 'it ends' 'no IPv6 here'
    lesson 02-bind && result failed 'bind test 1' && result skipped 'bind test 2' 'no IPv6 here' && result passed 'bind test 3' && result passed 'bind test 4'
    submission nothing nothing && lesson 01-socket && result missing 'it makes a socket' && result missing 'it ends'
    lesson 02-bind && for i in 1 2 3 4; do result missing "bind test $i"; done
    write_all
    cat out/grades.csv
    grep -q '^here,2,4,6,6,' out/grades.csv
    grep -q '^there,2,2.67,4.67,6,' out/grades.csv
    grep -q '^nothing,0,0,0,6,' out/grades.csv
    python '
for name, points in ("here", 6), ("there", 4), ("nothing", 0):
    result = json.loads(read(f"out/{name}/result.json"))
    assert (result["score"], result["max-score"]) == (points, 6), (name, result)
    room = json.loads(base64.b64decode(read(f"out/{name}/github-classroom.b64")))
    assert (sum(t["score"] for t in room["tests"]), room["max_score"]) == (points, 6), room
    scope = json.loads(read(f"out/{name}/results.json"))
    assert abs(sum(t["max_score"] for t in scope["tests"]) - 6) < 0.01'
}

@test "no text of a submission can end a block of a report, or give a command to a platform" {
    cd "$BATS_TEST_TMPDIR" && use 01-socket
    submission bad '::error::x' && lesson 01-socket
    result failed 'it ends' '' '~~~' '::error::y' 'ok 1 z' '</pre><script>' '##vso[x]' ']]>' 'likely:  forged'
    likely 'A & B < C'
    printf 'text\tline %d\n' $(seq 40) >>"$file"
    write_all
    cat out/bad/report.md
    grep -qxF '| (22 more lines, in details.txt)' out/bad/report.md
    grep -qxF '| line 40' out/bad/details.txt
    cat out/bad/report.md out/bad/*.xml out/bad/*.json out/bad/*.txt >all
    run ! grep -e '^ *::' -e '^ok ' all
    run ! grep -e '<script' -e '</pre><script' out/bad/report.html out/bad/junit.xml
    grep -qxF 'Likely: A &amp; B &lt; C' out/bad/report.md
    run ! grep -q '^Likely: forged' out/bad/report.md
    python 'Page("out/bad/report.html"); etree.parse("out/bad/junit.xml"); json.loads(read("out/bad/results.json"))'
}

@test "tests/grade writes all of them, from results of its own" {
    export TMPDIR=$BATS_TEST_TMPDIR/tmp
    cd "$BATS_TEST_TMPDIR" && mkdir tmp && "$root/tests/self/first-tests" course 2
    for name in 'Zoë Ng_21_assignsubmission_file_' silent; do
        mkdir -p "class/$name/02-bind" && cp "$root"/lessons/02-bind/*.c "class/$name/02-bind/"
    done
    echo 'int main(void) { return 0; }' >class/silent/02-bind/server.c
    chmod a+x "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$BATS_TEST_TMPDIR"
    course/tests/grade -o out --only 02 --title 'Part 1' class/* 3>&- 4>&-
    cat out/grades.csv out/silent/report.md
    [ "$(head -n 1 out/canvas.csv)" = 'Student,ID,SIS User ID,SIS Login ID,Section,Part 1' ]
    grep -qx 'Participant 21,Zoë Ng,,2,2,-' out/moodle/worksheet.csv
    [ -s 'out/moodle/feedback/Zoë Ng_21_assignfeedback_file_/report.html' ]
    grep -q '^Zoë Ng_21_assignsubmission_file_,2,2,2,' out/grades.csv
    grep -q '<h1>Part 1: 2 submissions</h1>' out/index.html
    grep -q '^\*\*Fix this first\.\*\* Likely: ' out/silent/report.md
    for file in report.html details.txt junit.xml results.json result.json release-body.md github-classroom.b64; do
        [ -s "out/silent/$file" ]
    done
    # a test takes its time
    [ "$(grep -c '<testcase [^>]* time="0\.000"' out/silent/junit.xml)" -eq 0 ]
    [ "$(find out -name '*.new' | wc -l)" -eq 0 ]
}
