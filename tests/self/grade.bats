#!/usr/bin/env bats
# tests/grade: it gives the verdict that is due, whatever a submission tries.

bats_require_minimum_version 1.5.0

root=${BATS_TEST_FILENAME%/tests/self/*}
unset CFLAGS # a sanitizer would need more memory than a submission has

# The zoo is graded once; the first tests look at what came of it.
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

# submission NAME LESSON [FROM]: the programs of LESSON, ours or those in FROM.
submission() {
    mkdir -p "$1/$2"
    cp "$root/lessons/$2"/*.c "$1/$2/"
    [ $# -lt 3 ] || cp "$3"/*.c "$1/$2/"
}

# grade ARG...: two lessons suffice to see what it does.
grade() {
    "$root/tests/grade" -o out --only 01 --only 02 "$@" 3>&- 4>&-
}

# row NAME: its row, without the name at its beginning and the directory at its end.
row() {
    sed -n "s/^$1,\(.*\),[^,]*\$/\1/p" out/grades.csv
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

@test "the repository, styles and mistakes get the rows that one expects" {
    submission getopt 01-socket "$root/tests/self/styles/01-socket/getopt"
    submission by-hand 02-bind "$root/tests/self/styles/02-bind/by-hand"
    i=0
    for patch in "$root"/tests/mistakes/01-socket/*.patch; do
        i=$((i + 1))
        [ "$i" -le 3 ] || break
        name=mistake-$i
        mkdir -p "$name/lessons" && submission "$name/lessons" 01-socket
        patch -d "$name" -p1 --batch --quiet <"$patch"
        sed -n 's/^Caught by: //p' "$patch" >"$name.caught"
    done
    [ "$i" -ge 3 ]
    mkdir repository && cp -R "$root/lessons" repository/ # without work/, which is the learner's
    grade -j 2 repository getopt by-hand mistake-1 mistake-2 mistake-3
    cat out/grades.csv
    IFS=, read -r one two total max _ errors _ < <(row repository)
    [ "$total" = "$max" ] && [ "$total" = $((one + two)) ] && [ "$errors" = 0 ]
    # (Elsewhere there may be tests that are not asked.)
    [ ! -s "$ZOO/rows" ] || [ "$total" = "$(cat "$root"/tests/0[12]-*.bats | grep -c '^@test')" ]
    [ "$(row getopt | cut -d, -f1-3,6)" = "$one,0,$one,0" ]
    [ "$(row by-hand | cut -d, -f1-3,6)" = "0,$two,$two,0" ]
    for i in 1 2 3; do
        [ "$(row "mistake-$i" | cut -d, -f1)" -lt "$one" ]
        while IFS= read -r caught; do
            grep -F "$caught: " "out/mistake-$i/details.txt" | grep -v ': passed$'
        done <"mistake-$i.caught"
        grep -q '^Likely: ' "out/mistake-$i/report.md"
    done
}

@test "weights scale each lesson, and choose" {
    submission all 01-socket && submission all 02-bind
    submission half 01-socket
    printf '# what counts\n01-socket 30\n\n02-bind 70\n' >weights
    grade --weights weights all half
    cat out/grades.csv
    row all | grep -q '^30,70,100,100,'
    row half | grep -q '^30,0,30,100,'
    grep -q '"score": 30, "max-score": 100' out/half/result.json
    echo '02-bind 7' >weights
    grade --weights weights all half
    [ "$(head -n 1 out/grades.csv)" = submission,02-bind,total,max,level,errors,remarks,id,name,email,report ]
    row all | grep -q '^7,7,7,'
    echo '02-bind much' >weights
    run -2 grade --weights weights all
    echo '99-none 7' >weights
    run -2 grade --weights weights all
}

@test "a run that is interrupted leaves nothing, and goes on where it was" {
    for i in 1 2 3 4; do submission "s$i" 02-bind; done
    # Under guard it has a group of its own and hears SIGINT, even if we do not.
    "$TOOLS/guard" -p -t 1000 -r report -- "$root/tests/grade" -o out --only 01 --only 02 s1 s2 s3 s4 >said 2>&1 3>&- 4>&- &
    until [ -e out/s1/results.json ]; do kill -0 "$!"; sleep 0.1; done
    read -r _ group <report
    kill -s INT -- "-$group"
    status=0
    wait "$!" || status=$?
    cat said
    [ "$status" -eq 130 ]
    [ -z "$(ls "$TMPDIR")" ]
    for process in /proc/[0-9]*/exe; do
        case $(readlink "$process" || true) in "$TMPDIR"/*) echo "left running: $process" && false ;; esac
    done
    [ ! -e out/s4/results.json ]
    printf 'text\tkept\n' >>out/s1/.results/02-bind # gone, if it is judged again
    grade s1 s2 s3 s4
    whole=$(row s4) # 25 points; fewer where there are tests that are not asked
    grep -q '^0,2[0-9],2[0-9],' <<<"$whole"
    for i in 1 2 3; do [ "$(row "s$i")" = "$whole" ]; done
    grep -q '^text.kept$' out/s1/.results/02-bind
    # another program is judged anew
    echo 'int main(void) { return 7; }' >s1/02-bind/server.c
    grade s1 s2
    [ "$(row s1)" != "$whole" ]
    [ "$(row s2)" = "$whole" ]
}

@test "an error of the grader is reported, and does not count as zero points" {
    submission good 01-socket
    CC=no-such-compiler run -3 grade good
    grep -q 'there is no C compiler named no-such-compiler' <<<"$output"
    run -3 grade -o /proc/nowhere good
    mkdir -p bin broken/bin
    printf '%s\n' '#!/bin/sh' 'echo 1..10; echo "ok 1 without arguments it makes a TCP socket over IPv4"; exit 9' >broken/bin/bats
    chmod +x broken/bin/bats
    PATH=$PWD/broken/bin:$PATH run -3 grade good
    echo "$output"
    cat out/good/report.md
    row good | grep -q '^error,0,error,35,[a-z]*,9,'
    [ ! -e out/good/results.json ]
    [ ! -e out/good/result.json ]
    grep -q 'no result (bats ended with status 9)' out/good/report.md
    grep -q '<error type="error" message="grader error: no result' out/good/junit.xml
    # next time it is judged again
    grade good
    row good | grep -q '^10,0,10,35,[a-z]*,0,'
}

@test "a command line that makes no sense is a usage error" {
    submission good 01-socket
    run -2 grade
    run -2 grade no-such-submission
    run -2 grade -x good
    run -2 grade -j many good
    run -2 grade --only 99 good
    run -2 grade --weights no-such-file good
}

@test "names of submissions are safe, and each is another one's" {
    submission 'a/=cmd|x, "y"' 01-socket
    submission 'b/=cmd|x, "y"' 01-socket
    submission $'c/::error::\n\033[31m' 01-socket
    "$root/tests/grade" -o out --only 01 a/* b/* c/* 3>&- 4>&-
    cat out/grades.csv
    [ "$(cut -d, -f1 out/grades.csv | tr '\n' ' ')" = 'submission _cmd_x___y_ _cmd_x___y_~2 __error_____31m ' ]
}

@test "without namespaces it grades, and says what that means" {
    submission good 01-socket
    run -0 grade --level guard good
    echo "$output"
    grep -q 'level guard: limits alone: a program can ' <<<"$output"
    row good | grep -q '^10,0,10,35,guard,0$'
    grep -q '^Isolation: guard (limits alone' out/good/report.md
}

@test "without namespaces root's programs are another user's, who cannot disturb" {
    [ "$(id -u)" = 0 ] || skip "we are not root"
    for name in kills-the-grader ptraces-the-grader; do
        submission "$name" 01-socket
        cp "$root/lessons/01-socket/server.c" "$name/01-socket/own.c"
        cp "$root/tests/self/hostile/$name.c" "$name/01-socket/server.c"
    done
    submission good 01-socket
    mkdir -m 700 private # nobody else can enter
    TMPDIR=$PWD/private run -3 grade --level user good
    run -0 grade --level user kills-the-grader ptraces-the-grader good
    echo "$output"
    for name in kills-the-grader ptraces-the-grader good; do
        row "$name" | grep -q '^10,0,10,35,user,0$'
    done
}

@test "--sanitize fails a program that writes past its buffer, at every level" {
    echo 'int main(void) { return 0; }' | ${CC:-cc} -fsanitize=address,undefined -x c -o try - && ./try || skip "${CC:-cc} has no sanitizers"
    patch=$root/tests/mistakes/04-echo/sanitized-off-by-one.patch
    caught=$(sed -n 's/^Caught by: //p' "$patch" | head -n 1)
    submission lessons 04-echo && patch -p1 <"$patch" && mkdir off && mv lessons/04-echo off/
    # Two tests of the suite suffice: the first one, which it passes, and this one.
    mkdir course && cp -R "$root/tests" "$root/Makefile" course/
    awk -v caught="@test \"$caught\" {" '/^@test/ { left_out = tests++ && $0 != caught } !left_out; /^}$/ { left_out = 0 }' \
        "$root/tests/04-echo.bats" >course/tests/04-echo.bats
    levels='guard'
    [ "$(id -u)" != 0 ] || levels='guard user'
    [ ! -s "$ZOO/rows" ] || levels="$levels namespaces"
    for level in $levels; do
        option="--level $level"
        [ "$level" != namespaces ] || option=''
        course/tests/grade -o out --only 04 $option off 3>&- 4>&-
        row off | grep -q "^2,2,2,$level,0,"
        grep -L Sanitizer out/off/report.md | grep .
        # The results of the same programs are not taken from the run before.
        run -0 course/tests/grade -o out --only 04 $option --sanitize off 3>&- 4>&-
        echo "$output"
        row off | grep -q "^1,1,2,$level,0,"
        grep -qx 'Built with AddressSanitizer and UndefinedBehaviorSanitizer.' out/off/report.md
        grep -qxF "$caught: **crashed: signal 6 Aborted**" out/off/report.md
        grep -q '^| | .*server\.c:[0-9]*:[0-9]*: runtime error: index ' out/off/report.md
    done
}

@test "an ordinary user gets the same verdicts" {
    needs_cells
    [ "$(id -u)" = 0 ] || skip "we are one"
    command -v setpriv >/dev/null || skip "setpriv is not installed"
    copy=$(mktemp -d /tmp/grade-self.XXXXXX)
    mkdir "$copy/course" "$copy/home" && cp -R "$root/lessons" "$root/tests" "$copy/course/"
    chmod -R a+rX "$copy" && chown 54321 "$copy/home"
    status=0
    (cd "$copy/home" && TMPDIR=$copy/home setpriv --reuid 54321 --regid 54321 --clear-groups "$copy/course/tests/self/zoo" "$copy/home/zoo" \
        kills-the-grader ptraces-the-grader overwrites-tests reads-the-solution fills-the-disk becomes-a-daemon) >rows 2>complaints || status=$?
    rm -rf "$copy"
    cat rows complaints
    ! grep -q 'does not let us isolate' complaints || skip "this system lets no ordinary user isolate programs"
    [ "$status" -eq 0 ]
}

@test "plain makes harmless text of any bytes" {
    plain() { printf "$1" | "$TOOLS/plain"; }
    [ "$(plain 'a\tb\0c\033[0m\r\n\177')" = 'a b\x00c\x1b[0m\x0d
\x7f' ]
    [ "$(plain 'gr\303\274n \342\202\254 \360\237\230\200')" = $'gr\303\274n \342\202\254 \360\237\230\200' ]
    [ "$(plain '\377\303(\300\200\355\240\200\364\220\200\200\302')" = '\xff\xc3(\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80\xc2' ]
    [ "$(plain '\342\200\256\302\205\357\277\277')" = '\xe2\x80\xae\xc2\x85\xef\xbf\xbf' ]
    [ "$(plain '##[error]')" = '#\x23[error]' ]
    [ "$(head -c 3000 /dev/zero | tr '\0' x | "$TOOLS/plain" | wc -c)" -lt 1100 ]
}
