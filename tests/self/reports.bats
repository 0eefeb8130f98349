#!/usr/bin/env bats
# The reports of tests/grade, for people and for other machines.  Nothing is judged here:
# the class below is made of results as tests/grade keeps them, and only the reports are
# written.  Its formats are held to what the documents say that docs/instructors.md names.

bats_require_minimum_version 1.5.0

root=${BATS_TEST_FILENAME%/tests/self/*}
never_flushes='The ready line is still in the buffer of stdio. Call setvbuf(stdout, NULL, _IOLBF, 0) first in main().'

# submission DIRECTORY NAME [PERSON]: the next results are those of this submission.
submission() {
    id=$1
    mkdir -p "out/$id/.results"
    printf 'submission\t%s\n' "$2" >"out/$id/.results/about"
    [ -z "${3-}" ] || printf 'person\t%s\n' "$3" >>"out/$id/.results/about"
    : >"$scratch/done.${#ids[@]}"
    ids+=("$id")
}

about() {
    printf '%s\t' "$@" | sed 's/.$//' >>"out/$id/.results/about"
    echo >>"out/$id/.results/about"
}

# lesson NAME [WEIGHT]: the next results are those of this lesson.
lesson() {
    file=out/$id/.results/$1
    printf 'key 1\nlesson\t%s\t%s\t1.5\n' "$1" "${2-}" >"$file"
}

# result STATUS NAME [DETAIL [LINE...]]: a test, and the account of its failure.
result() {
    printf 'test\t%s\t%s\t%s\t250\n' "$1" "${3-}" "$2" >>"$file"
    [ $# -lt 4 ] || printf 'text\t%s\n' "${@:4}" >>"$file"
}

# likely CAUSE: the last lines of an account.
likely() {
    printf 'text\t%s\n' "likely:  $1" 'notes:   lessons/02-bind/README.md, "An address"' 'again:   bats tests' >>"$file"
}

all_right() {
    lesson 01-socket "${1-}" && result passed 'it makes a socket' && result passed 'it ends'
    lesson 02-bind "${1-}" && for i in 1 2 3 4; do result passed "bind test $i"; done
}

make_class() {
    submission ann 'Ann_4711_assignsubmission_file_' && all_right
    submission M_ller 'Müller, *Anna* (12345)' $'m1\tAnna Müller\tanna@example.org' && all_right
    submission _cmd "=cmd|' /C calc'!A0<script>alert(1)</script>\"&" $'+1\t@home\t-x' && all_right
    submission hw_1_2_x hw_1_2_x && all_right
    submission text 'Ann_4711_assignsubmission_onlinetext_' && all_right
    submission doejane doejane_LATE_123_4567_work $'s9\tJane Doe\tjane' && all_right

    submission no_flush 张三
    about taken 01-socket 'repo-main/work/01-socket'
    about left 'work/`a`.o' 'not a .c file'
    about same 02-bind server.c 'the programs of the course'
    about same 02-bind names.c 'the programs of the course'
    about same 01-socket server.c '1 other'
    about note 'unpacked work.zip'
    lesson 01-socket && result passed 'it makes a socket' && result crashed 'it ends' 'signal 11 Segmentation fault' 'it was <killed>' && likely 'A pointer is NULL.'
    lesson 02-bind
    for i in $(seq 38); do
        result timeout "bind test $i" '' "server 127.0.0.1 $i printed nothing on stdout for 1 s" 'expected on stdout: bound to ADDRESS'
        likely "$never_flushes"
    done

    submission compile 'does not compile'
    lesson 01-socket
    for i in 'it makes a socket' 'it ends'; do result compile "$i" '' 'server.c does not compile: exit status 1' "server.c:1:9: error: $i"; done
    lesson 02-bind
    for i in 1 2 3 4; do result missing "bind test $i"; done

    submission error 'the grader failed'
    lesson 01-socket && result error 'it makes a socket' 'no result (bats ended with status 9)' && result passed 'it ends'
    lesson 02-bind && result skipped 'bind test 1' 'no IPv6 here' && result failed 'bind test 2' '' '  expect   a' '  but:     b'
}

# write_all: write all reports of the class.
write_all() {
    for id in "${ids[@]}"; do write_reports "$out/$id" || return 1; done
    table && class_reports 2>told && show >shown
}

# use LESSON...: what tests/grade sets before it writes reports.
use() {
    export here=$root/tests level=namespaces prevents='own everything' sanitize='' weights='' title='Socket, programming'
    ids=() lessons=("$@")
    [ ${#lessons[@]} -gt 0 ] || return 1
    mkdir -p out scratch && out=$PWD/out scratch=$PWD/scratch
    # shellcheck source=../grading/reports.bash
    . "$root/tests/grading/reports.bash"
    # shellcheck source=../grading/class.bash
    . "$root/tests/grading/class.bash"
}

setup_file() {
    export LC_ALL=C
    cd "$BATS_FILE_TMPDIR" || return 1
    use 01-socket 02-bind
    make_class
    write_all
}

setup() {
    export LC_ALL=C
    cd "$BATS_FILE_TMPDIR" || return 1
}

# python PROGRAM [ARG...]: run it, with a few helpers.
python() {
    command -v python3 >/dev/null || skip "python3 is not installed"
    PYTHONIOENCODING=utf-8 python3 - "${@:2}" <<END
import base64, csv, glob, html.parser, io, json, os, re, sys, xml.etree.ElementTree as etree
def read(path): return open(path, encoding="utf-8", newline="").read()
def table(path): return list(csv.reader(io.StringIO(read(path)), strict=True))
def tests(directory): return [l.split("\t") for f in sorted(glob.glob(f"out/{directory}/.results/0*")) for l in read(f).splitlines() if l.startswith("test\t")]
ann = "=cmd|' /C calc'!A0<script>alert(1)</script>\"&"
class Page(html.parser.HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.open, self.links, self.text, self.tags, self.path = [], [], "", set(), path
        self.feed(read(path)); self.close()
        assert not self.open, (path, self.open)
    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.links += [value for name, value in attributes if name == "href"]
        assert not any(name.startswith("on") for name, _ in attributes)
        if tag != "meta": self.open.append(tag)
    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, (self.path, tag)
    def handle_data(self, data): self.text += data
$1
END
}

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

@test "what to fix first stands on top, and a cause is called likely" {
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

@test "a report shows a few bytes of what is not text, and details.txt all of them" {
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

@test "what does not compile or was not handed in is told once for a lesson" {
    cat out/compile/report.md
    [ "$(grep -c 'server.c:1:9: error' out/compile/report.md)" -eq 1 ]
    [ "$(grep -c '^Not handed in, or not found: 02-bind\.$' out/compile/report.md)" -eq 1 ]
    grep -qxF '| 02-bind | 0 | 4 | 4 whose program is missing |' out/compile/report.md
    grep -qxF '| 01-socket | 0 | 2 | 2 whose program does not compile |' out/compile/report.md
    [ "$(grep -c 'server.c:1:9: error' out/compile/details.txt)" -eq 2 ]
}

@test "a report says what was taken, what was left out, and what is the same as what" {
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

@test "index.html: the class, which tests fail most, who is stuck where, without a script" {
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

@test "Gradescope: results.json is as its autograder specification says" {
    python '
for path in glob.glob("out/*/results.json"):
    result, own = json.loads(read(path)), tests(path.split("/")[1])
    assert set(result) <= {"score", "execution_time", "output", "output_format", "test_output_format", "test_name_format", "visibility", "stdout_visibility", "extra_data", "tests", "leaderboard"}
    assert type(result["score"]) in (int, float) and type(result["execution_time"]) is int
    shown = ("hidden", "after_due_date", "after_published", "visible")
    assert result["visibility"] in shown and result["stdout_visibility"] in shown and result["output_format"] in ("text", "html", "simple_format", "md", "ansi")
    for test in result["tests"]:
        assert set(test) <= {"score", "max_score", "status", "name", "name_format", "number", "output", "output_format", "tags", "visibility", "extra_data"}
        assert 0 <= test["score"] <= test["max_score"] and test["status"] in ("passed", "failed")
        assert type(test["number"]) is type(test["name"]) is type(test["output"]) is str
    assert abs(sum(t["score"] for t in result["tests"]) - result["score"]) < 0.01
    assert len(result["tests"]) == sum(t[1] != "skipped" for t in own)
outputs = [t["output"] for t in json.loads(read("out/no_flush/results.json"))["tests"] if "printed nothing" in t["output"]]
assert len(outputs) == 38 and sum("setvbuf" in o for o in outputs) == 1 and sum("as for \"bind test 1\"" in o for o in outputs) == 37'
}

# result_v1 PATH: hold it to the schema classroom50/result/v1, and its sums.
result_v1='
def result_v1(path):
    result = json.loads(read(path))
    assert set(result) - {"graded_at"} == {"schema", "classroom", "assignment", "assignment_type", "owner", "submission", "commit", "release", "review", "datetime", "score", "max-score", "tests"}
    assert result["schema"] == "classroom50/result/v1" and result["assignment_type"] in ("individual", "group", "team")
    assert all(type(result[k]) is str and result[k] for k in ("classroom", "assignment", "owner", "submission", "commit", "release", "review"))
    assert result["submission"].startswith("submit/")
    for k in "datetime", "graded_at": assert re.fullmatch(r"\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ", result[k])
    for test in [result] + result["tests"]:
        assert type(test["score"]) is type(test["max-score"]) is int and 0 <= test["score"] <= test["max-score"]
    for test in result["tests"]: assert type(test["test-name"]) is str and test["test-name"] and type(test["passed"]) is bool
    for k in "score", "max-score": assert sum(t[k] for t in result["tests"]) == result[k]
    return result
'

@test "Classroom 50: result.json keeps to its schema, and every failed test has its output" {
    python "$result_v1"'
for path in glob.glob("out/*/result.json"):
    result = result_v1(path)
    for test in result["tests"]: assert test["passed"] == (test["score"] > 0) and test["passed"] != bool(test.get("output")), test
assert os.path.getsize("out/no_flush/result.json") < 10 * 1024 * 1024'
    cmp out/no_flush/report.md out/no_flush/release-body.md
    CLASSROOM=c ASSIGNMENT=a OWNER=o ASSIGNMENT_TYPE=team SUBMISSION_TAG=submit/1 COMMIT_URL=u RELEASE_URL=r run write_again ann
    python "$result_v1"'
r = result_v1("out/ann/result.json")
assert [r[k] for k in ("classroom", "assignment", "owner", "assignment_type", "submission", "commit", "release", "review")] == ["c", "a", "o", "team", "submit/1", "u", "r", "u"], r'
}

write_again() {
    use 01-socket 02-bind
    write_reports "$out/$1"
}

@test "GitHub Classroom: its reporter reads the result, and the environment has room for it" {
    python '
for path in glob.glob("out/*/github-classroom.b64"):
    result = json.loads(base64.b64decode(read(path), validate=True))
    assert result["version"] == 1 and result["status"] in ("pass", "fail") and type(result["max_score"]) is int
    assert all(type(t["score"]) is int and t["status"] in ("pass", "fail") and t["line_no"] == 0 for t in result["tests"])
    # the reporter adds up the scores, and goes red if the status is not "pass"
    own = tests(path.split("/")[1])
    assert sum(t["score"] for t in result["tests"]) == sum(t[1] == "passed" for t in own)
    assert (result["status"] == "pass") == all(t[1] == "passed" for t in own)
assert len(glob.glob("out/*/github-classroom.b64")) == 8'
    # as many failures as the course has tests, none like another
    mkdir -p "$BATS_TEST_TMPDIR/large" && cd "$BATS_TEST_TMPDIR/large"
    use 01-socket
    submission large large && lesson 01-socket
    for i in $(seq 450); do
        result failed "a test whose name is as long as the longest names of tests in this course are, number $i" '' "but $i"
        likely "Cause $i, which is also told in quite a long sentence, as most of the causes in this course are. Do something."
    done
    write_reports "$out/large"
    wc -c out/large/*.b64
    [ "$(wc -c <out/large/github-classroom.b64)" -lt 131000 ]
    GRADE_RESULTS=$(cat out/large/github-classroom.b64) env true
}

@test "junit.xml counts and times its tests" {
    python '
for path in glob.glob("out/*/junit.xml"):
    root, own = etree.parse(path).getroot(), tests(path.split("/")[1])
    assert root.tag == "testsuites" and set(root.attrib) == {"name", "tests", "failures", "errors", "skipped", "time"}
    assert int(root.get("tests")) == len(own) and float(root.get("time")) == len(own) / 4
    cases = []
    for suite in root:
        assert suite.tag == "testsuite" and set(suite.attrib) == {"name", "tests", "failures", "errors", "skipped", "time"}
        for attribute, tag in ("failures", "failure"), ("errors", "error"), ("skipped", "skipped"):
            assert int(suite.get(attribute)) == len(suite.findall("testcase/" + tag))
        cases += list(suite)
    for case, test in zip(cases, own):
        assert case.tag == "testcase" and set(case.attrib) == {"classname", "name", "time"} and case.get("name") == test[3] and case.get("time") == "0.250"
        assert [child.tag for child in case] == {"passed": [], "skipped": ["skipped"], "error": ["error"]}.get(test[1], ["failure"])
        assert all(set(child.attrib) <= {"type", "message"} for child in case)
    assert len(cases) == len(own)'
}

@test "Moodle: it takes the worksheet, and finds the participant of each feedback" {
    find out/moodle
    python '
rows = table("out/moodle/worksheet.csv")
# importgradeslib.php asks for these three, and takes the number behind "Participant "
assert {"Identifier", "Grade", "Last modified (grade)"} <= set(rows[0])
assert [dict(zip(rows[0], row)) for row in rows[1:]] == [{"Identifier": "Participant 4711", "Full name": "Ann", "Email address": "", "Grade": "6", "Maximum grade": "6", "Last modified (grade)": "-"}], rows
# importziplib.php divides the name of the directory at the first four underscores
folders = os.listdir("out/moodle/feedback")
assert folders == ["Ann_4711_assignfeedback_file_"]
parts = folders[0].split("_", 4)
assert len(parts) == 5 and parts[1].isdigit() and parts[2:4] == ["assignfeedback", "file"]
assert sorted(os.listdir("out/moodle/feedback/" + folders[0])) == ["details.txt", "report.html"]'
    # the form since Moodle 4.1, without the last underscore; and the roster's "Participant 7"
    cd "$BATS_TEST_TMPDIR" && use 01-socket 02-bind
    submission new 'Bea Öz_12_assignsubmission_file' && all_right
    submission none 'Dan_13_assignsubmission_file_' && lesson 01-socket && result error 'it ends' 'no result' && lesson 02-bind
    submission seven seven $'Participant 7\tC. Eve\t' && all_right
    write_all
    [ "$(ls out/moodle/feedback)" = "$(printf '%s\n' 'Bea Öz_12_assignfeedback_file' 'C. Eve_7_assignfeedback_file_' 'Dan_13_assignfeedback_file_')" ]
    grep -qx 'Participant 13,Dan,,,[0-9]*,-' out/moodle/worksheet.csv
    grep -qx 'Participant 7,C. Eve,,6,6,-' out/moodle/worksheet.csv
}

@test "Canvas: canvas.csv has the columns that its gradebook imports" {
    python '
rows = table("out/canvas.csv")
# gradebook_importer.rb: the five columns of a student, then assignments; then the points possible
assert rows[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Socket, programming"]
assert "Points Possible" in rows[1][0] and rows[1][5] == "6"
students = {row[0]: row[1:] for row in rows[2:]}
assert students["Jane Doe"] == ["123", "s9", "jane", "", "6"], students
assert students["Anna Müller"] == ["", "m1", "anna@example.org", "", "6"]
assert students["the grader failed"][-1] == ""
assert students["hw_1_2_x"][0] == ""'
    # whom it cannot place, and what to do about it
    cat told
    grep -qxF 'grade: canvas.csv: Canvas cannot place 6 of the 9 submissions; give each of them a row in --roster' told
}

@test "a class is told whom Canvas and Moodle cannot place, about the one that it uses" {
    # told_of NAME...: what stderr says of submissions with these names.
    told_of() {
        rm -rf out scratch && use 01-socket 02-bind
        for name in "$@"; do submission "s${#ids[@]}" "$name" && all_right; done
        write_all
        cat told
    }
    cd "$BATS_TEST_TMPDIR"
    [ -z "$(told_of doejane_123_4567_work roejim_124_4568_work)" ]
    [ -z "$(told_of 'Ann_4711_assignsubmission_file_' 'Bea_4712_assignsubmission_file_')" ]
    [ -z "$(told_of alone)" ]
    told_of ann bob | grep '^grade: neither Canvas nor Moodle can place these submissions: .* --roster says whose they are$'
    told_of 'Ann_4711_assignsubmission_file_' bob | grep '^grade: moodle/ is without 1 of the 2 submissions: '
    told_of doejane_123_4567_work bob | tee both
    grep -qxF 'grade: canvas.csv: Canvas cannot place 1 of the 2 submissions; give each of them a row in --roster' both
    grep -q '^grade: there is no moodle/: ' both
    [ ! -e out/moodle ]
}

@test "a class is told of students with more than one row in canvas.csv, and told once" {
    cd "$BATS_TEST_TMPDIR" && use 01-socket 02-bind
    submission late doejane_LATE_123_4567_work && all_right
    submission early doejane_123_4566_work && all_right
    submission other roejim_124_4568_work && all_right
    write_all
    [ "$(<told)" = 'grade: canvas.csv: 2 rows are of the student 123 (doejane_LATE_123_4567_work, doejane_123_4566_work); delete all but one before you import it' ]
    rm -r scratch && mkdir scratch && for i in 0 1 2; do : >"scratch/done.$i"; done
    write_all
    [ "$(<told)" = "grade: 1 remark of the last run still holds, and is not repeated; it is in $out/.remarks" ]
}

@test "nothing to grade is an empty cell for Canvas and Moodle, and not a zero" {
    cd "$BATS_TEST_TMPDIR" && use 01-socket 02-bind
    for name in 'Ann_4711_assignsubmission_file_' doejane_123_4567_work; do
        submission "$name" "$name" && lesson 01-socket && result missing 'it ends' && lesson 02-bind && result missing 'bind test 1'
    done
    submission Bea 'Bea_4712_assignsubmission_file_' && lesson 01-socket && result failed 'it ends' && lesson 02-bind && result missing 'bind test 1'
    write_all
    grep -qx 'Participant 4711,Ann,,,2,-' out/moodle/worksheet.csv
    grep -qx 'Participant 4712,Bea,,0,2,-' out/moodle/worksheet.csv
    grep -qx 'doejane_123_4567_work,123,,,,' out/canvas.csv
    grep -qx 'Bea_4712_assignsubmission_file_,,,,,0' out/canvas.csv
    grep -q '^Ann_4711_assignsubmission_file_,0,0,0,2,.*,nothing to grade,' out/grades.csv
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

@test "weights with decimals: all right is full in every report, and nothing else is" {
    cd "$BATS_TEST_TMPDIR" && use 01-socket 02-bind
    export weights=given
    submission full full && all_right 2.5
    submission most most && all_right 2.5 && result failed 'bind test 5'
    submission third third && lesson 01-socket 2.5 && result passed 'it makes a socket' && result failed 'it ends' && result failed 'it is last'
    lesson 02-bind 0.05 && result passed 'bind test 1'
    write_all
    cat out/grades.csv
    grep -q '^full,2.5,2.5,5,5,' out/grades.csv
    grep -q '^most,2.5,2,4.5,5,' out/grades.csv
    grep -q '^third,0.83,0.05,0.88,2.55,' out/grades.csv
    grep -qxF '| **total** | 0.88 | 2.55 | |' out/third/report.md
    python "$result_v1"'
for name, score, most, total in ("full", 50, 50, 5), ("most", 45, 50, 4.5), ("third", 88, 255, 0.88):
    result = result_v1(f"out/{name}/result.json")
    assert (result["score"], result["max-score"]) == (score, most), (name, result)
    assert all(t["passed"] == (t["score"] == t["max-score"]) for t in result["tests"])
    room = json.loads(base64.b64decode(read(f"out/{name}/github-classroom.b64")))
    assert (sum(t["score"] for t in room["tests"]), room["max_score"]) == (score, most)
    scope = json.loads(read(f"out/{name}/results.json"))
    assert scope["score"] == total and abs(sum(t["score"] for t in scope["tests"]) - total) < 0.01'
}

@test "a test that is not asked changes no maximum, and whoever passes the others gets it" {
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

@test "after an error of the grader no report is a grade" {
    for file in results.json result.json release-body.md github-classroom.b64; do
        [ -e "out/ann/$file" ] && [ ! -e "out/error/$file" ]
    done
    grep -q '^the grader failed,error,0,error,4,namespaces,1,' out/grades.csv
    grep -q '^The grader itself failed: no points are given' out/error/report.md
    grep -q 'no result (bats ended with status 9)' out/error/report.md
    run ! grep 'Fix this first.*The grader' out/error/report.md
    run write_error_again
    [ "$status" -eq 0 ]
}

# write_error_again: what was written before the error is gone after it.
write_error_again() {
    use 01-socket 02-bind
    echo old >"$out/error/results.json"
    write_reports "$out/error" && [ ! -e "$out/error/results.json" ]
}

@test "no text of a submission can end a block of a report, or command who reads a log" {
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

@test "tests/grade writes all of them, with what it has seen itself" {
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
