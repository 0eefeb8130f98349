#!/usr/bin/env bats
# What tests/grade writes for other systems.  Each format is held to what the documents say
# that docs/instructors.md names.  Nothing is judged here: see results.bash.

bats_require_minimum_version 1.5.0
# shellcheck source=tests/self/results.bash
source "${BATS_TEST_FILENAME%/*}/results.bash"

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

# write_error_again: what was written before the error is gone after it.
write_error_again() {
    use 01-socket 02-bind
    echo old >"$out/error/results.json"
    write_reports "$out/error" && [ ! -e "$out/error/results.json" ]
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
