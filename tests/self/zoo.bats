#!/usr/bin/env bats
# tests/grade and the zoo of hostile submissions (tests/self/hostile): each gets the verdict
# that is due, harms nobody, and leaves nothing behind.

bats_require_minimum_version 1.5.0

root=${BATS_TEST_FILENAME%/tests/self/*}
unset CFLAGS # a sanitizer would need more memory than a submission has

# The zoo is graded once; the tests look at what came of it.
setup_file() {
    export ZOO=$BATS_FILE_TMPDIR/zoo
    export TMPDIR=$BATS_FILE_TMPDIR/tmp
    mkdir -p "$ZOO" "$TMPDIR" "$BATS_FILE_TMPDIR/lessons"
    # Programs of another user, where there are no namespaces, must get there.
    chmod a+x "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/file" "$BATS_FILE_TMPDIR"
    if "$TOOLS/cell" -c "$BATS_FILE_TMPDIR" true 2>"$ZOO/allowed"; then
        counts >"$ZOO/before"
        # In a network of its own: what listens there at last was left by the zoo.
        "$TOOLS/room" sh -c '"$0" "$1"; grep -h " 0A " /proc/net/tcp /proc/net/tcp6 >"$1/listening"' \
            "$root/tests/self/zoo" "$ZOO" >"$ZOO/rows" 2>"$ZOO/complaints" 3>&- 4>&- || true
        counts >"$ZOO/after"
    fi
}

setup() {
    export TMPDIR=$TMPDIR/$BATS_TEST_NUMBER # others run beside us
    mkdir "$TMPDIR"
    cd "$BATS_TEST_TMPDIR" || return 1
}

# counts: what a submission could leave behind.
counts() {
    local process

    for process in /proc/[0-9]*; do
        case $(readlink "$process/exe") in
        "$TMPDIR"/*) ;;
        # in a cell, which shows a directory of ours
        /build/* | */course/tools/*) grep -q "/${BATS_RUN_TMPDIR##*/}/" "$process/mountinfo" || continue ;;
        *) continue ;;
        esac
        echo "left running: $process"
    done 2>/dev/null
    wc -l </proc/self/mounts
    ls "$TMPDIR"
    ls -d /tmp/fill.* /dev/shm/fill.* 2>/dev/null || true
}

needs_cells() {
    [ -s "$ZOO/rows" ] || skip "this system does not let us isolate programs: $(cat "$ZOO/allowed")"
}

@test "every submission of the zoo gets its verdict, and the good ones between them theirs" {
    needs_cells
    cat "$ZOO/complaints"
    [ ! -s "$ZOO/complaints" ]
    [ "$(wc -l <"$ZOO/rows")" -eq "$(ls "$root/tests/self/hostile" | wc -l)" ]
    [ "$(wc -l <"$ZOO/rows")" -ge 35 ]
}

@test "the zoo leaves no process, port, mount or file behind" {
    needs_cells
    diff "$ZOO/before" "$ZOO/after"
    diff /dev/null "$ZOO/listening"
}

@test "the table of verdicts in docs/instructors.md is what came out" {
    needs_cells
    sed -n '/^| submission | what it does | verdict |$/,/^$/p' "$root/docs/instructors.md" | sed '1,2d; /^$/d' >documented
    diff documented "$ZOO/rows"
}

@test "no submission can break a report" {
    needs_cells
    command -v python3 >/dev/null || skip "python3 is not installed"
    python3 - "$ZOO"/grades/*/ <<'END'
import json, sys, xml.dom.minidom
for directory in sys.argv[1:]:
    json.load(open(directory + "results.json", encoding="utf-8"))
    json.load(open(directory + "result.json", encoding="utf-8"))
    xml.dom.minidom.parse(directory + "junit.xml")
END
    cat "$ZOO"/grades/*/report.md "$ZOO"/grades/*/*.json "$ZOO"/grades/*/*.xml "$ZOO"/grades/grades.csv >all
    [ "$(LC_ALL=C tr -d '\n -\176\200-\377' <all | wc -c)" -eq 0 ]
    python3 -c 'open("all", encoding="utf-8").read()'
    ! grep -e '^ *::' -e '##\[' all || false
    ! grep '^ok ' all || false
    grep -q '\\x1b' all # what was said is there
}

@test "the reports say the same" {
    needs_cells
    command -v python3 >/dev/null || skip "python3 is not installed"
    python3 - "$ZOO/grades" <<'END'
import csv, json, sys, xml.etree.ElementTree as xml
names = set()
for row in csv.DictReader(open(sys.argv[1] + "/grades.csv")):
    name = row["report"]
    names.add(name)
    scope = json.load(open(f"{sys.argv[1]}/{name}/results.json"))
    room = json.load(open(f"{sys.argv[1]}/{name}/result.json"))
    junit = xml.parse(f"{sys.argv[1]}/{name}/junit.xml").getroot()
    cases = junit.findall(".//testcase")
    passed = sum(1 for case in cases if len(case) == 0)
    assert passed == float(row["total"]) == scope["score"] == room["score"], name
    assert sum(t["score"] for t in scope["tests"]) == passed, name
    assert sum(t["max_score"] for t in scope["tests"]) == float(row["max"]) == room["max-score"], name
    assert sum(t["passed"] for t in room["tests"]) == passed, name
    assert room["schema"] == "classroom50/result/v1" and all(type(t["score"]) is int for t in room["tests"])
    assert all(t["status"] == ("passed" if t["score"] else "failed") for t in scope["tests"])
    assert row["level"] == "namespaces" and row["errors"] == "0"
assert len(names) > 45
END
}

@test "an ordinary user gets the same verdicts" {
    needs_cells
    [ "$(id -u)" = 0 ] || skip "we are one"
    command -v setpriv >/dev/null || skip "setpriv is not installed"
    copy=$(mktemp -d /tmp/grade-self.XXXXXX)
    mkdir "$copy/course" "$copy/home" && cp -R "$root/lessons" "$root/tests" "$root/Makefile" "$copy/course/"
    chmod -R a+rX "$copy" && chown 54321 "$copy/home"
    status=0
    (cd "$copy/home" && TMPDIR=$copy/home setpriv --reuid 54321 --regid 54321 --clear-groups "$copy/course/tests/self/zoo" "$copy/home/zoo" \
        kills-the-grader ptraces-the-grader overwrites-tests reads-the-solution fills-the-disk becomes-a-daemon) >rows 2>complaints || status=$?
    rm -rf "$copy"
    cat rows complaints
    ! grep -q 'does not let us isolate' complaints || skip "this system lets no ordinary user isolate programs"
    [ "$status" -eq 0 ]
}
