#!/usr/bin/env bats
# What people type: make and its targets, start, check, progress, demo.

root=${BATS_TEST_FILENAME%/tests/self/*}

# Each test has a copy of its own, and there is a blank in its path.
setup() {
    copy="$BATS_TEST_TMPDIR/a copy"
    mkdir "$copy"
    cp "$root/Makefile" "$root/README.md" "$copy/"
    mkdir "$copy/tests" "$copy/lessons"
    cp -R "$root"/tests/*.bats "$root"/tests/*.bash "$root/tests/helpers" "$root/tests/symptoms" "$root/tests/tools" "$root/tests/learn" "$root/tests/demo" "$copy/tests/"
    for lesson in "$root"/lessons/*/; do
        lesson=$(basename "$lesson")
        mkdir "$copy/lessons/$lesson"
        cp "$root/lessons/$lesson"/*.c "$root/lessons/$lesson/README.md" "$copy/lessons/$lesson/"
    done
    cd "$copy" || return 1
    unset LESSONS MAKEFLAGS MAKELEVEL
}

@test "make builds every program, and a second time nothing" {
    make
    for source in lessons/*/*.c; do
        [ -x "${source%.c}" ]
    done
    run make
    [ "$status" -eq 0 ]
    [ "$(grep -c -- '-o' <<<"$output")" -eq 0 ]
}

@test "a lesson has a number and a name" {
    for target in lesson-04 lesson-4 lesson-echo lesson-04-echo; do
        rm -f lessons/*/server
        make "$target"
        [ -x lessons/04-echo/server ]
        [ ! -e lessons/03-listen-accept/server ]
    done
    run make lesson-44
    [ "$status" -ne 0 ]
    grep -q 'there is no lesson 44; there are: 01-socket 02-bind' <<<"$output"
}

@test "make help lists every target that people type" {
    make help >help
    cat help
    for target in '(none)' lesson-04 start-04 check-04 progress demo test lint clean help; do
        grep -qF -- "  $target " help
    done
}

@test "make clean removes what make built, and no more" {
    find . -type f | sort >before
    make
    make clean
    find . -type f ! -name before | sort >"$BATS_TEST_TMPDIR/after"
    diff before "$BATS_TEST_TMPDIR/after" | grep -v before || true
    [ "$(grep -vc before before)" -eq "$(wc -l <"$BATS_TEST_TMPDIR/after")" ]
}

@test "the demo shows a server and a client" {
    make demo >demo 2>&1
    cat demo
    grep -q '^server | listening on 127.0.0.1:[0-9]*$' demo
    grep -qx 'client | is anybody there?' demo
    grep -q '^client | no difference: [0-9]* bytes' demo
}

@test "a missing tool is told in one line, with what installs it" {
    mkdir bin
    for tool in sh sed expand dirname; do
        ln -s "$(command -v "$tool")" bin/
    done
    PATH=$PWD/bin run "$(command -v make)" -s CC=cc all
    [ "$status" -ne 0 ]
    echo "$output"
    [ "$(grep -c 'cc is missing; install it: apt-get install build-essential (Debian, Ubuntu), dnf install gcc (Fedora), apk add build-base (Alpine), xcode-select --install (macOS)' <<<"$output")" -eq 1 ]
    ln -s "$(type -P true)" bin/cc
    PATH=$PWD/bin run "$(command -v make)" -s CC=cc test
    [ "$status" -ne 0 ]
    grep -q 'bats is missing; install it: apt-get install bats (Debian, Ubuntu), ' <<<"$output"
}

@test "start begins with an earlier lesson's programs" {
    run make -s start-04
    echo "$output"
    [ "$status" -eq 0 ]
    grep -q 'work/04-echo now holds .*server.c.* of lessons/03-listen-accept' <<<"$output"
    cmp work/04-echo/server.c lessons/03-listen-accept/server.c
    cmp work/04-echo/client.c lessons/03-listen-accept/client.c
}

@test "start begins with the learner's own earlier work, if there is some" {
    make -s start-1
    echo '/* mine */' >>work/01-socket/server.c
    run make -s start-02
    grep -q 'of work/01-socket' <<<"$output"
    cmp work/02-bind/server.c work/01-socket/server.c
    [ ! -e work/02-bind/names.c ]
}

@test "start never overwrites work" {
    make -s start-04
    echo '/* mine */' >work/04-echo/server.c
    run make -s start-04
    echo "$output"
    [ "$status" -ne 0 ]
    grep -q 'work/04-echo is there already' <<<"$output"
    grep -q 'mv work/04-echo ' <<<"$output"
    [ "$(cat work/04-echo/server.c)" = '/* mine */' ]
}

@test "check says what passed, what failed first, and where one stands" {
    run make -s check-01
    [ "$status" -ne 0 ]
    grep -q 'begin with: make start-01' <<<"$output"
    make -s start-01
    run make -s check-01
    echo "$output"
    [ "$status" -ne 0 ]
    grep -q '^  FAILED   without arguments it makes a TCP socket over IPv4$' <<<"$output"
    grep -q '^           notes:   lessons/01-socket/README.md, "Family, type, protocol"$' <<<"$output"
    [ "$(grep -c 'notes:' <<<"$output")" -eq 1 ]
    grep -q '^0 of 10 passed' <<<"$output"
    make progress | grep -q '^01-socket  *0 of 10 passed: make check-01$'

    cp lessons/01-socket/server.c work/01-socket/
    make progress | grep -q '^01-socket  *changed since 0 of 10 passed: make check-01$'
    run make -s check-socket
    echo "$output"
    [ "$status" -eq 0 ]
    grep -q '^All 10 passed.*lesson 01 is yours' <<<"$output"
    grep -q '^Next: lessons/02-bind/README.md and make start-02' <<<"$output"
    make progress | grep -q '^01-socket  *done: all 10 passed$'
    make progress | grep -q '^02-bind  *not begun: make start-02$'
}

@test "check shows how to run what failed alone" {
    make -s start-01
    run make -s check-01
    again=$(sed -n 's/^ *again: *//p' <<<"$output")
    run bash -c "$again"
    echo "$output"
    grep -q "^not ok 1 without arguments it makes a TCP socket over IPv4" <<<"$output"
    [ "$(grep -c '^not ok\|^ok' <<<"$output")" -eq 1 ]
}

@test "a single lesson's suite needs that lesson alone" {
    mkdir -p elsewhere/01-socket
    mv lessons/01-socket/server.c elsewhere/01-socket/
    rm -r lessons
    LESSONS=elsewhere run bats --tap tests/01-socket.bats
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(grep -c '^ok ' <<<"$output")" -eq 10 ]
}
