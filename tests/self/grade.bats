#!/usr/bin/env bats
# tests/grade: its options, what it uses again, and what happens when something goes wrong.
# What it takes from a submission is tested in take.bats, isolation in zoo.bats, and what it
# writes in reports.bats and exports.bats.

bats_require_minimum_version 1.5.0

root=${BATS_TEST_FILENAME%/tests/self/*}
unset CFLAGS # a sanitizer would need more memory than a submission has

# Suites of three tests suffice to see what it does.
setup_file() {
    export COURSE=$BATS_FILE_TMPDIR/course TMPDIR=$BATS_FILE_TMPDIR/tmp CELLS=''
    mkdir "$TMPDIR"
    # Programs of another user, where there are no namespaces, must get there.
    chmod a+x "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/file" "$BATS_FILE_TMPDIR"
    "$root/tests/self/first-tests" "$COURSE" 3
    ! "$TOOLS/cell" -c "$COURSE" true 2>/dev/null || CELLS=1
}

setup() {
    export TMPDIR=$TMPDIR/$BATS_TEST_NUMBER # others run beside us
    mkdir "$TMPDIR"
    cd "$BATS_TEST_TMPDIR" || return 1
}

# submission NAME LESSON [FROM]: the programs of LESSON, ours or those in FROM.
submission() {
    mkdir -p "$1/$2"
    cp "$root/lessons/$2"/*.c "$1/$2/"
    [ $# -lt 3 ] || cp "$3"/*.c "$1/$2/"
}

# grade ARG...: so do two lessons.
grade() {
    "${course:-$COURSE}/tests/grade" -o out --only 01 --only 02 "$@" 3>&- 4>&-
}

# row NAME: its row, without the name at its beginning and the directory at its end.
row() {
    sed -n "s/^$1,\(.*\),[^,]*\$/\1/p" out/grades.csv
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
    course=$root grade -j 2 repository getopt by-hand mistake-1 mistake-2 mistake-3
    cat out/grades.csv
    IFS=, read -r one two total max _ errors _ < <(row repository)
    [ "$total" = "$max" ] && [ "$total" = $((one + two)) ] && [ "$errors" = 0 ]
    # (Elsewhere there may be tests that are not asked.)
    [ -z "$CELLS" ] || [ "$total" = "$(cat "$root"/tests/0[12]-*.bats | grep -c '^@test')" ]
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
    "$TOOLS/guard" -p -t 1000 -r report -- "$COURSE/tests/grade" -o out --only 01 --only 02 s1 s2 s3 s4 >said 2>&1 3>&- 4>&- &
    until [ -e out/grades.csv ]; do kill -0 "$!"; sleep 0.1; done
    read -r _ group <report
    kill -s INT -- "-$group"
    status=0
    wait "$!" || status=$?
    cat said
    [ "$status" -eq 130 ]
    [ -z "$(ls "$TMPDIR")" ]
    # The tables say that they are not complete.
    ready=$(($(wc -l <out/grades.csv) - 1))
    grep -qxF "grade: interrupted; grades.csv and index.html have $ready of 4 submissions; type the same command to continue" said
    grep -q "<h1>Socket programming: $ready of 4 submissions</h1>" out/index.html
    for process in /proc/[0-9]*/exe; do
        case $(readlink "$process" || true) in "$TMPDIR"/*) echo "left running: $process" && false ;; esac
    done
    [ ! -e out/s4/results.json ]
    printf 'text\tkept\n' >>out/s1/.results/02-bind # gone, if it is judged again
    grade s1 s2 s3 s4
    whole=$(row s4)
    grep -q '^0,3,3,6,' <<<"$whole"
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
    printf '%s\n' '#!/bin/sh' '[ "$1" != --version ] || { echo Bats 1.8.2 && exit; }' 'echo 1..3; echo "ok 1 without arguments it makes a TCP socket over IPv4"; exit 9' >broken/bin/bats
    chmod +x broken/bin/bats
    PATH=$PWD/broken/bin:$PATH run -3 grade good
    echo "$output"
    cat out/good/report.md
    row good | grep -q '^error,0,error,6,[a-z]*,2,'
    [ ! -e out/good/results.json ]
    [ ! -e out/good/result.json ]
    grep -q 'no result (bats ended with status 9)' out/good/report.md
    grep -q '<error type="error" message="grader error: no result' out/good/junit.xml
    # next time it is judged again
    grade good
    row good | grep -q '^3,0,3,6,[a-z]*,0,'
}

@test "a command line that makes no sense is refused in one clear line" {
    submission good 01-socket
    # refused LINE OPTION...
    refused() {
        run -2 grade "${@:2}"
        echo "$output"
        [[ $output == "grade: "$1 ]] || return 1
        [ "${#lines[@]}" -eq 1 ]
    }
    refused 'usage: *'
    refused "-only: not an option; is it --only that you mean?" -only 01 good
    refused "-only=01: not an option; is it --only that you mean?" -only=01 good
    refused "-out: not an option; is it --output that you mean?" -out elsewhere good
    refused "-again: not an option; is it --again that you mean?" -again good
    refused "-weights: not an option; is it --weights that you mean?" -weights file good
    refused "-jobs: not an option; is it --jobs that you mean?" -jobs 2 good
    refused "-o=elsewhere: not an option; is it -o elsewhere that you mean?" -o=elsewhere good
    refused '-o: its value is missing' -o --only 01 good
    refused '--title: its value is missing' --title -j 2 good
    refused '–only: this dash is not the - of an option' –only 01 good
    refused '02: there is no such file or directory (several lessons are named with commas: --only 3,4)' --only 01 02 good
    refused 'typo: there is no such file or directory' good typo
    [ ! -e out ] && [ ! -e nly ] && [ ! -e ut ]
    refused 'no-such-submission: there is no such file or directory' no-such-submission
    refused '-x: not an option*' -x good
    refused "-j takes a number of at least 1, and not 'many'" -j many good
    refused "-j takes a number of at least 1, and not '0'" -j 0 good
    refused "-j takes a number of at least 1, and not '-2'" -j -2 good
    refused "-j takes a number of at least 1, and not '0'" -j0 good
    refused "--limit takes a number of at least 1, and not '0'" --limit 0 good
    refused "--limit takes a number of at least 1, and not '1s'" --limit=1s good
    refused '--jobs: its value is missing' good --jobs
    refused 'there is no lesson 99; there are 01-socket 02-bind *' --only 99 good
    refused 'no-such-file: cannot be read' --weights no-such-file good
    refused 'paper: not a level*' --level paper good
    run -2 grade --again=bad good
    grep -qxF 'grade: --again=bad: no submission has this name' <<<"$output"
}

@test "its options may be written in any of the usual ways" {
    submission a 01-socket && submission b 02-bind
    for options in -j2 '-j 2' '--jobs 2' --jobs=2 -j02; do
        rm -rf elsewhere
        run -0 "$COURSE/tests/grade" $options --only=1,2 --output=elsewhere a b 3>&- 4>&-
        cut -d, -f1-5 elsewhere/grades.csv | tee table
        [ "$(tail -n +2 table)" = $'a,3,0,3,6\nb,0,3,3,6' ]
    done
    printf '\357\273\277# what counts\r\n1 30\r\n\r\n02 = 70 # all of it\r\n' >weights
    grade --weights weights a
    row a | grep -q '^30,0,30,100,'
    printf 'Socket,30\nBind;70' >weights
    grade --weights weights a
    row a | grep -q '^30,0,30,100,'
    printf '01 30\nsocket 20\n' >weights
    run -2 grade --weights weights a
    [ "$output" = 'grade: weights: 01-socket has two weights' ]
}

@test "results are used again only if everything is the same, and never with --again" {
    submission a 01-socket && submission b 01-socket
    printf 'int b;\n' >>b/01-socket/server.c
    grade --only 1 a b
    # judged NAME WHICH COMMAND...: whether it judges these anew; a line that we add is gone then.
    judged() {
        for name in a b; do echo 'text	kept' >>"out/$name/.results/01-socket"; done
        "${@:2}" >said
        for name in a b; do grep -q 'kept$' "out/$name/.results/01-socket" || echo "$name"; done | tr '\n' ' ' | tee judged
        [ "$(cat judged)" = "$1" ]
    }
    judged '' grade --only 1 b a
    judged '' grade --only 1 -j 2 --weights <(echo 01 5) a b
    judged 'a b ' grade --only 1 --again a b
    judged 'b ' grade --only 1 --again=b a b
    judged 'a b ' grade --only 1 --limit 500 a b
    judged 'a b ' env PATIENCE=19 "$COURSE/tests/grade" -o out --limit 500 --only 01 a b
    judged 'a b ' env CFLAGS=-O0 "$COURSE/tests/grade" -o out --only 01 a b
    judged 'a b ' grade --only 1 a b
    # another compiler of the same name
    mkdir bin && printf '%s\n' '#!/bin/sh' '[ "$1" != --version ] || { echo 99; exit; }' "exec $(command -v cc) \"\$@\"" >bin/cc && chmod +x bin/cc
    judged 'a b ' env PATH="$PWD/bin:$PATH" "$COURSE/tests/grade" --level guard -o out --only 01 a b
    judged 'a b ' grade --only 1 --level guard a b
    judged '' grade --only 1 --level guard a b
    printf 'int a;\n' >>a/01-socket/server.c
    judged 'a ' grade --only 1 --level guard a b
    cp -R "$COURSE" changed
    echo '# changed' >>changed/tests/01-socket.bats
    course=$PWD/changed judged 'a b ' grade --only 1 --level guard a b
}

@test "a submission that is not named keeps the row of an earlier run" {
    for i in a b c d; do submission "class/$i" 01-socket; echo "int $i;" >>"class/$i/01-socket/server.c"; done
    for i in c d; do submission "class/$i" 02-bind; done
    printf 'd,1,Somebody,\na,2,Ann,\n' >roster.csv
    grade --level guard --roster roster.csv class/[bcd]
    cp -R out before
    submission class/c 01-socket # now it is the same as d's, but for a line
    cp class/d/01-socket/server.c class/c/01-socket/
    echo 'int main(void) { return 0; }' >class/b/01-socket/server.c # not looked at
    echo 'text	kept' >>out/b/.results/01-socket
    run -0 grade --level guard class/c class/a/
    echo "$output"
    grep -qxF "grade: not named now, so they keep their rows: b; d (to drop one, remove its directory from $PWD/out)" <<<"$output"
    grep -qxF 'grade: identical in the submissions c; d: 01-socket/server.c' <<<"$output"
    [ "$(cut -d, -f1 out/grades.csv | tr '\n' ' ')" = 'submission a b c d ' ]
    [ "$(row b)" = "$(sed -n 's/^b,\(.*\),[^,]*$/\1/p' before/grades.csv)" ]
    grep -q '^text.kept$' out/b/.results/01-socket
    grep -q '^person	1	Somebody' out/d/.results/about # there is no other roster
    grep -q 'same code.*01-socket.*also handed in by 1 other$' out/d/report.md
    for name in a b c d; do grep -q "^$name," out/canvas.csv || grep -q '^Somebody,' out/canvas.csv; done
    # Other weights are everybody's.
    printf '1 10\n2 20\n' >weights
    grade --level guard --weights weights class/a
    row b | grep -q '^10,0,10,30,guard,'
    # One from another place takes its row. (A second download has the same names.)
    mkdir late && cp -R class/d late/ && echo 'int late;' >>late/d/01-socket/server.c
    grade --level guard late/d
    [ "$(cut -d, -f1 out/grades.csv | tr '\n' ' ')" = 'submission a b c d ' ]
    grep -q late out/d/programs/01-socket/server.c
    # Those of the same name in two places are two, even if one is named alone.
    mkdir -p x/a && cp -R class/a x/a/ && mv x/a/a x/a/hw && mkdir -p x/b && cp -R x/a/hw x/b/
    "$COURSE/tests/grade" -o two --only 1 --level guard x/*/hw 3>&- 4>&-
    cut -d, -f1,2 two/grades.csv >both
    "$COURSE/tests/grade" -o two --only 1 --level guard x/b/hw 3>&- 4>&-
    cut -d, -f1,2 two/grades.csv | diff both -
    # Whoever lacks a lesson cannot be in the table.
    run -0 "$COURSE/tests/grade" -o two --only 1,2 --level guard x/b/hw 3>&- 4>&-
    echo "$output"
    grep -qxF 'grade: not in the table, because they were not judged in all of these lessons: hw' <<<"$output"
    [ "$(wc -l <two/grades.csv)" -eq 2 ]
    # Other tools
    run -0 env CFLAGS=-O0 "$COURSE/tests/grade" -o out --only 1,2 --level guard class/a 3>&- 4>&-
    grep -qxF 'grade: 3 of these were judged with other tests, options or tools; name them to judge them anew' <<<"$output"
    run -2 grade --level guard --again=b class/a
    # A directory that is gone is a row that is gone.
    rm -r out/b
    grade --level guard class/a
    [ "$(cut -d, -f1 out/grades.csv | tr '\n' ' ')" = 'submission a c d ' ]
}

@test "the reports of an earlier run are not graded, and two graders do not share a directory" {
    submission a 01-socket
    run -0 grade --level guard a
    run -0 grade --level guard a out
    grep -qxF 'grade: out has the reports of an earlier run; it is left out' <<<"$output"
    [ "$(cut -d, -f1 out/grades.csv | tr '\n' ' ')" = 'submission a ' ]
    run -2 grade --level guard out
    [ ! -e out/.owner ]
    sleep 30 3>&- 4>&- &
    echo "$! $(readlink /proc/self/ns/pid 2>/dev/null || echo -)" >out/.owner
    run -2 grade --level guard a
    [ "$output" = "grade: another grader, process $!, writes to $PWD/out (if that is not true, remove $PWD/out/.owner)" ]
    kill "$!" && ! wait "$!"
    run -0 grade --level guard a
}

@test "an argument that cannot be read is a row of this run alone" {
    submission good 01-socket
    echo notes >notes.txt
    ln -s nowhere link
    touch server.c old.7z
    run -3 grade --level guard good server.c old.7z
    grep -qxF 'grade: server.c: a file alone; make a folder for each student, and put what they handed in into it' <<<"$output"
    grep -qxF 'grade: old.7z: an archive of a kind that we do not open; unpack it into a folder' <<<"$output"
    run -3 grade --level guard good notes.txt link
    echo "$output"
    row notes.txt | grep -q '^error,error,error,6,'
    grep -qxF 'grade: link: neither a directory nor an archive' <<<"$output"
    run -3 grade --level guard good notes.txt link
    grep -qxF 'grade: link: neither a directory nor an archive' <<<"$output" # it is said each time
    run -0 grade --level guard good
    [ "$(wc -l <out/grades.csv)" -eq 2 ]
    [ "$(cd out && echo */)" = 'good/' ]
}

@test "a lesson that nobody handed in is said in one line" {
    submission a 01-socket && submission b 01-socket
    run -0 "$COURSE/tests/grade" -o out --level guard --only 1 --only 2 --only 4 a b 3>&- 4>&-
    grep -qxF 'grade: nobody handed in 02-bind, 04-echo' <<<"$output"
    run -0 "$COURSE/tests/grade" -o all --level guard a 3>&- 4>&-
    grep -qE '^grade: nobody handed in 02-bind, .*; if you did not ask for that, choose lessons, as in --only 1,2$' <<<"$output"
}

@test "a terminal shows how many submissions are done" {
    command -v script >/dev/null || skip "script is not installed"
    submission a 01-socket && submission b 02-bind
    script -qec "'$COURSE/tests/grade' -o out --level guard --only 1,2 a b" /dev/null </dev/null >seen 3>&- 4>&-
    tr '\r' '\n' <seen | grep -E '^[0-9]+ of ' | tr -d '\033' | tee counted
    [ "$(cut -d' ' -f1-3 counted | tr '\n' ';')" = '0 of 2;1 of 2;2 of 2;' ]
}

@test "again: is a command for the student's copy of the course, and another one for the instructor" {
    mkdir -p 'deep/A Name/lesson 1'
    echo 'int main(void) { return 0; }' >'deep/A Name/lesson 1/Server.C'
    grade --only 1 deep
    # the instructor gets a command for the shell, from anywhere
    sed '/^LESSONS=/{q;}' out/deep/again.txt >again
    cat again
    run -1 env PATH="${PATH#*/libexec/bats-core:}" TOOLS="$TOOLS" sh again 3>&- 4>&-
    echo "$output"
    grep -q '^not ok 1 without arguments' <<<"$output"
    grep -qF "LESSONS='$PWD/out/deep/programs'" again
    # the student gets one for a copy of the course, without a path of the instructor's
    command=$(sed -n 's/^| again: //p' out/deep/report.md | head -n 1)
    echo "$command"
    [ -z "$(grep -lF "$PWD" out/deep/*.md out/deep/*.html out/deep/details.txt out/deep/*.json out/deep/junit.xml)" ]
    cp -R "$COURSE" ours && cp "$root"/tests/learn* ours/tests/ && mkdir -p ours/work && cp -R out/deep/programs/01-socket ours/work/
    run -2 env -C ours PATH="${PATH#*/libexec/bats-core:}" TOOLS="$TOOLS" sh -c "$command" 3>&- 4>&-
    echo "$output"
    grep -q '^Checking work/01-socket: test 1\.$' <<<"$output"
    grep -q '^  FAILED    1  without arguments' <<<"$output"
}

@test "a full disk is an error in one line, and leaves what was there" {
    [ -c /dev/full ] || skip "there is no /dev/full"
    submission a 01-socket
    grade --level guard --only 1 a
    cp -R out before
    ln -s /dev/full out/grades.csv.new
    run -3 grade --level guard --only 1 a
    echo "$output"
    grep -q '^grade: cannot write .*/out/grades.csv (is the disk full?)$' <<<"$output"
    rm out/grades.csv.new
    diff -r -x '*.new' before/grades.csv out/grades.csv
    # The results of a lesson
    ln -s /dev/full out/a/.results/01-socket.new
    run -3 grade --level guard --only 1 --again a
    echo "$output"
    grep -q '^grade: a: not graded; its reports could not be written (is the disk full?)$' <<<"$output"
    rm out/a/.results/01-socket.new
    cmp before/a/.results/01-socket out/a/.results/01-socket
}

@test "a grader that is killed leaves a directory, which the next one removes" {
    submission a 01-socket
    # A compiler that waits, so that it is killed in the middle.
    mkfifo begun
    mkdir bin && printf '%s\n' '#!/bin/sh' '[ "$1" != --version ] || exec /bin/echo 1' "echo >$PWD/begun" 'exec sleep 1000' >bin/cc && chmod +x bin/cc
    "$TOOLS/guard" -p -t 1000 -r report -- env PATH="$PWD/bin:$PATH" "$COURSE/tests/grade" --level guard -o out --only 01 a >said 2>&1 3>&- 4>&- &
    read -r _ <begun
    read -r _ group <report
    kill -s KILL -- "-$group"
    wait "$!" || true
    ls -d "$TMPDIR"/grade.*
    mkdir "$TMPDIR/grade.strang" "$TMPDIR/grade.living" # neither is a dead grader's
    echo "$$ $(readlink /proc/self/ns/pid)" >"$TMPDIR/grade.living/owner"
    grade --level guard --only 1 a
    (cd "$TMPDIR" && echo *) | tee left
    [ "$(cat left)" = 'grade.living grade.strang' ]
}

@test "a temporary directory where nothing can be run is said to be one" {
    submission a 01-socket
    mkdir noexec
    unshare -rm mount -t tmpfs -o noexec tmpfs noexec 2>/dev/null || skip "we may not mount anything here"
    run -3 unshare -rm sh -c "mount -t tmpfs -o noexec tmpfs noexec && TMPDIR=$PWD/noexec exec $COURSE/tests/grade -o out a" 3>&- 4>&-
    echo "$output"
    grep -q '^grade: programs cannot be run in .*/noexec/grade\.[^ ]* (is it mounted with noexec?)' <<<"$output"
}

@test "an old bats is refused in one line, by the grader and by the suites" {
    submission a 01-socket
    mkdir -p old/bin
    for version in 1.2.1 1.8.1 0.4.0; do
        printf '%s\n' '#!/bin/sh' "echo Bats $version" >old/bin/bats
        chmod +x old/bin/bats
        PATH=$PWD/old/bin:$PATH run -3 grade a
        echo "$output"
        [ "$output" = "grade: $PWD/old/bin/bats is version $version, and the tests need 1.8.2 or newer; docs/setup.md says how to install it" ]
        BATS_VERSION=$version run -1 bash -c "BATS_TEST_FILENAME=$root/tests/01-socket.bats; . $root/tests/helpers.bash; echo went on"
        [ "$output" = "This is bats $version, and the tests need 1.8.2 or newer; docs/setup.md says how to install it." ]
    done
    for version in 1.8.2 1.10.0 1.13.0; do
        BATS_VERSION=$version run -0 bash -c "BATS_TEST_FILENAME=$root/tests/01-socket.bats; . $root/tests/helpers.bash; echo went on"
        [ "$output" = "went on" ]
    done
}

@test "names of submissions are safe, and each is another one's" {
    submission 'a/=cmd|x, "y"' 01-socket
    submission 'b/=cmd|x, "y"' 01-socket
    submission $'c/::error::\n\033[31m' 01-socket
    echo no archive >- # a file of this name
    "$COURSE/tests/grade" -o out --only 01 a/* b/* c/* ./- 2>said 3>&- 4>&- || true
    cat out/grades.csv said
    run ! grep '^::' said
    run ! grep $'[\001-\011\013-\037]' said out/grades.csv
    [ "$(find out -mindepth 1 -maxdepth 1 -type d -name '_cmd_x_y_~*' | wc -l)" -eq 2 ]
    [ "$(find out -mindepth 1 -maxdepth 1 -type d -name '_error_31m~*' | wc -l)" -eq 1 ]
}

@test "without namespaces it grades, and says what that means" {
    submission good 01-socket
    run -0 grade --level guard good
    echo "$output"
    grep -q 'level guard: limits alone: a program can ' <<<"$output"
    row good | grep -q '^3,0,3,6,guard,0,'
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
        row "$name" | grep -q '^3,0,3,6,user,0,'
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
    [ -z "$CELLS" ] || levels="$levels namespaces"
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
