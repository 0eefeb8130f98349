#!/usr/bin/env bats
# Nothing hangs, and limits hold: how long the tests wait for a program, and what a cell keeps
# from its neighbors.  (What programs try against the limits is in hostile/; zoo judges it.)

bats_require_minimum_version 1.5.0

root=${BATS_TEST_FILENAME%/tests/self/*}

setup() {
    PATH=$TOOLS:$PATH
    cd "$BATS_TEST_TMPDIR" || return 1
}

needs_cells() {
    mkdir lessons
    cell -c "$PWD" true 2>allowed || skip "this system does not let us isolate programs: $(cat allowed)"
}

@test "a client that sleeps while we wait for it is not waited for" {
    began=$SECONDS
    for steps in 'expect never' 'expect-end' 'ends 0' "until 'false'"; do
        eval "run -1 probe -t 60 listen 127.0.0.1:0 start 'exec guard -t 1000 -- probe -t 1000 tcp \"\$HOST:\$PORT\" expect never' accept $steps"
        echo "$output"
        grep -Eq ' (for|after) (0\.[0-9]|1\.[0-9]|[1-9]) s$' <<<"$output" # what it says is how long it waited
    done
    [ $((SECONDS - began)) -lt 60 ]
}

@test "a client that will wake up is waited for" {
    probe -t 60 listen 127.0.0.1:0 start 'exec guard -t 1000 -- probe -t 1000 tcp "$HOST:$PORT" run "sleep 2" send late expect bye' \
        accept expect late send bye ends 0
    # One that reads without a pause does not sleep, nor one that works.
    probe -t 60 listen 127.0.0.1:0 start 'exec guard -t 1000 -- sh -c "i=0; while [ \$i -lt 200000 ]; do i=\$((i + 1)); done; exec probe tcp $HOST:$PORT send late"' \
        accept expect late ends 0
}

# The tests that used to hang, or to wait to the end of their patience.
@test "a beginner's client costs little more time than one that works" {
    began=$SECONDS
    for client in fgets scanf reads-all crashes; do
        mkdir -p "$client/04-echo"
        cp "$root/lessons/04-echo/server.c" "$client/04-echo/"
        cp "$root/tests/self/beginners/dial.h" "$client/04-echo/"
        cp "$root/tests/self/beginners/$client.c" "$client/04-echo/client.c"
        PATIENCE=100 LESSONS=$PWD/$client bats --tap "$root/tests/04-echo.bats" \
            -f '^the client (ends with status 0 once|sends each line|sends several|copies any|prints everything when)' >"$client.tap" 3>&- 4>&- &
    done
    wait
    [ $((SECONDS - began)) -lt 100 ]
    for client in fgets scanf reads-all crashes; do
        cat "$client.tap"
        [ "$(grep -c '^not ok\|^ok' "$client.tap")" = 5 ]
        grep -q '^not ok' "$client.tap"
    done
}

# hastened WAITED...: how long tests of the server and of the client wait in a suite that
# has WAITED for the server: SECONDS v for those in vain, SECONDS s for those for its start.
hastened() {
    (
        # shellcheck source=tests/helpers/test.bash
        . "$root/tests/helpers/test.bash"
        BUILD=$PWD patience=20 hurry='' judging=''
        rm -f waited.*
        while [ $# -gt 0 ]; do waits server "$1" "$2" && shift 2; done
        hasten server
        echo "server $patience ${hurry:-whole}"
        patience=20
        hasten client
        echo "client $patience ${hurry:-whole}"
    )
}

@test "the waits of a lesson's tests add up to a minute, and one program's do not count against the other" {
    [ "$(hastened)" = $'server 20 whole\nclient 20 whole' ]
    [ "$(hastened 10 v 9 s)" = $'server 20 whole\nclient 20 whole' ]
    [ "$(hastened 30 s)" = $'server 2 whole\nclient 20 whole' ]
    [ "$(hastened 18 s 8 v)" = $'server 2 0.3\nclient 20 whole' ]
}

@test "a test that fails, or that is slow to start its server, is counted" {
    mkdir -p course/tests lessons/04-echo
    ln -s "$root/Makefile" course/
    ln -s "$root/tests"/* course/tests/
    rm course/tests/*.bats
    awk '/^@test/ { left_out = ++tests > 2 } !left_out; /^}$/ { left_out = 0 }' "$root/tests/04-echo.bats" >course/tests/04-echo.bats
    echo 'teardown_file() { cat "$BUILD/waited.server" >"$COUNTED"; }' >>course/tests/04-echo.bats
    export COUNTED=$PWD/counted
    { echo '#include <unistd.h>' && cat "$root/lessons/04-echo/server.c" && echo '__attribute__((constructor)) static void dawdle(void) { sleep(2); }'; } >lessons/04-echo/server.c
    LESSONS=$PWD/lessons bats course/tests/04-echo.bats 3>&- 4>&-
    [[ "$(cat counted)" =~ ^s+$ ]]
    printf '#include <unistd.h>\nint main(void) { for (;;) pause(); }\n' >lessons/04-echo/server.c
    PATIENCE=2 LESSONS=$PWD/lessons run -1 bats course/tests/04-echo.bats 3>&- 4>&-
    [[ "$(cat counted)" =~ ^vv+$ ]]
}

@test "a guard that a test has stopped goes on, so that it can end" {
    guard -t 1000 -r client.report -- sleep 1000 3>&- 4>&- &
    until [ -s client.report ] && read -r pid program <client.report; do :; done
    kill -s STOP "$pid"
    kill -s TERM "$pid"
    (
        # shellcheck source=tests/helpers/test.bash
        . "$root/tests/helpers/test.bash"
        siege='' room='' guard='' BATS_TEST_COMPLETED=1
        teardown
    )
    deadline=$((SECONDS + 10))
    while [ -e "/proc/$program" ] && [ "$SECONDS" -lt "$deadline" ]; do :; done
    ! kill -s CONT "$pid" 2>/dev/null || wait "$pid" || true
    [ "$SECONDS" -lt "$deadline" ]
}

@test "cells that run beside each other share no processor and no user" {
    needs_cells
    [ "$(nproc)" -gt 1 ] || skip "there is one processor"
    allowed() { cell -c "$PWD" "$@" grep '^Cpus_allowed_list:' /proc/self/status; }
    first=$(allowed -p 0/2) second=$(allowed -p 1/2)
    echo "$first; $second; $(allowed)"
    [ "$first" != "$second" ]
    # more cells than processors: there is one for each
    [ "$(allowed -p 0/1000)" != "$(allowed -p 999/1000)" ]
    [ "$(allowed -p 1/1000)" = "$(allowed -p 0/1000)" ]
    run -2 allowed -p 2/2
    run -2 allowed -p some
    # what is started in a session of its own keeps to it
    [ "$(cell -c "$PWD" -p 0/2 setsid grep '^Cpus_allowed_list:' /proc/self/status)" = "$first" ]
    [ "$(id -u)" != 0 ] || [ "$(cell -c "$PWD" -u 60999 id -u)" = 60999 ]
}

@test "each worker's cells have a user and a part of the processors of their own" {
    # shellcheck source=tests/grading/isolate.bash
    . "$root/tests/grading/isolate.bash"
    mkdir fake
    printf '#!/bin/sh\necho "$*"\n' >fake/cell && chmod +x fake/cell
    tools=$PWD/fake bats_home=/usr CC=cc CFLAGS='' default_cflags='' sanitize='' SEED=1 patience=1
    jobs=3 given=4
    [ "$(in_cell 9 /s/course.0 true)" = "-t 9 -c /s/course.0 -u $stranger -p 0/3 true" ]
    [ "$(in_cell 9 /s/course.2 true)" = "-t 9 -c /s/course.2 -u $((stranger + 2)) -p 2/3 true" ]
    jobs=8 given=1 # one submission may use the whole machine
    [ "$(in_cell 9 /s/course.5 true)" = "-t 9 -c /s/course.5 -u $((stranger + 5)) true" ]
    [ "$(in_cell 9 /s/course true)" = '-t 9 -c /s/course true' ]
}

@test "the programs of two graders on one machine are never the same user's" {
    [ "$(id -u)" = 0 ] || skip "we are not root"
    # shellcheck source=tests/grading/isolate.bash
    . "$root/tests/grading/isolate.bash"
    choose_stranger
    first=$stranger
    [ -z "$(getent passwd "$first")" ]
    GUARD_USER=$first guard -t 1000 -r report -- sleep 1000 3>&- 4>&- &
    until [ -s report ] && read -r _ program <report && [ "$(awk '/^Uid:/ { print $2 }' "/proc/$program/status")" = "$first" ]; do :; done
    choose_stranger
    kill "$!"
    wait "$!" || true
    [ "$stranger" != "$first" ]
    [ "$stranger" -ge 60600 ] && [ "$stranger" -lt 61176 ]
}
