#!/usr/bin/env bats
# make check-04, watch-04, hint-04: what they show, record and leave behind.

load copy

# test_name LESSON NUMBER: the name of that test, and count LESSON: how many there are.
test_name() {
    sed -n 's/^@test "\(.*\)" {$/\1/p' "tests/$1.bats" | sed -n "$2p"
}
count() {
    grep -c '^@test' "tests/$1.bats"
}

# broken: work/01-socket/server.c is ours, but has no datagrams.
broken() {
    mkdir -p work/01-socket
    sed 's/SOCK_DGRAM/SOCK_STREAM/g' lessons/01-socket/server.c >work/01-socket/server.c
}

@test "a check says what passed, shows the first failure whole, and how to go on" {
    run make -s check-01
    [ "$status" -ne 0 ]
    grep -q 'begin with: make start-01' <<<"$output"
    make -s start-01
    run make -s check-01
    echo "$output"
    [ "$status" -ne 0 ]
    grep -qxF "  FAILED    1  $(test_name 01-socket 1)" <<<"$output"
    grep -q '^    expected: socket 3: AF_INET' <<<"$output"
    grep -q '^    notes:   lessons/01-socket/README.md, "' <<<"$output"
    [ "$(grep -c 'FAILED\|passed  ' <<<"$output")" -eq 1 ]
    grep -q "^0 passed before this one failed; $(($(count 01-socket) - 1)) of $(count 01-socket) were not run\\.$" <<<"$output"
    for command in hint-01 check-01 'check-01 ONLY=1' 'check-01 ALL=1'; do grep -q "^  make $command  *[a-z]" <<<"$output"; done
    make progress >stands
    grep -q '^01-socket  *test 1 of [0-9]* fails: make check-01$' stands

    run make -s check-01 ALL=1
    [ "$(grep -c '^  FAILED ' <<<"$output")" -eq "$(count 01-socket)" ]
    [ "$(grep -c 'notes:' <<<"$output")" -eq 1 ]
    grep -q '^0 of [0-9]* passed\. ' <<<"$output"
}

@test "a check that passes offers programs to compare with, and the next lesson" {
    write 01-socket lessons/01-socket
    run make -s check-socket
    echo "$output"
    [ "$status" -eq 0 ]
    grep -q '^All [0-9]* passed.*: lesson 01 is yours' <<<"$output"
    grep -q '^Next: lessons/02-bind/README.md and make start-02' <<<"$output"
    sed -n 's/^  \(diff -u [^ ]* [^ ]*\).*/\1/p' <<<"$output" >commands
    [ "$(wc -l <commands)" -eq 2 ]
    sh -e commands >differences || true
    [ -s differences ]
    grep -q 'tests/self/styles/01-socket/getopt   (or no-stdio, switch)$' <<<"$output"
}

@test "progress remembers that a lesson was passed once" {
    write 01-socket lessons/01-socket
    make -s check-01 >said
    today=$(cut -d ' ' -f 4 work/.records/01-socket)
    make progress >stands
    grep -q "^01-socket  *passed on $today: all $(count 01-socket) tests$" stands
    grep -q '^02-bind  *not begun: make start-02$' stands
    broken
    make progress >stands
    grep -q "^01-socket  *passed on $today; changed since: make check-01$" stands
    run make -s check-01
    make progress >stands
    cat stands
    grep -q "^01-socket  *passed on $today; now test [0-9]* of [0-9]* fails: make check-01$" stands
}

@test "the first output has no cause, and hint tells it" {
    make -s hint-01 >hint
    grep -q '^No test of lesson 01 failed in your last check. .*make check-01$' hint
    make -s start-01
    run make -s check-01
    [ "$(grep -c 'likely: ' <<<"$output")" -eq 0 ]
    make -s hint-01 >hint
    cat hint
    [ "$(cut -c 1-9 hint | tr -d '\n')" = 'test:    likely:  notes:   ' ]
    grep -qxF "test:    $(test_name 01-socket 1)" hint
    grep -q '^likely:  [A-Z"a-z]' hint
    write 01-socket lessons/01-socket
    make -s check-01 >said
    make -s hint-01 >hint
    grep -q '^No test of lesson 01 failed' hint
}

@test "compiler warnings stand beside the first failure, and fail nothing" {
    write 01-socket lessons/01-socket
    awk '{ print } /^int main\(/ { open = 1 } open && /\{/ { print "    int forgotten;"; open = 0 }' lessons/01-socket/server.c >work/01-socket/server.c
    run make -s check-01
    echo "$output"
    [ "$status" -eq 0 ]
    grep -q "warning: unused variable .*forgotten" <<<"$output"
    sed 's/SOCK_DGRAM/SOCK_STREAM/g' work/01-socket/server.c >new && mv new work/01-socket/server.c
    run make -s check-01
    echo "$output"
    [ "$status" -ne 0 ]
    [ "$(grep -c "warning: unused variable .*forgotten" <<<"$output")" -eq 1 ]
}

@test "ONLY chooses the tests of a program, a number, or words, and records no progress" {
    write 02-bind lessons/02-bind
    run make -s check-02 ONLY=names
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(grep -c '^  passed \|^  skipped' <<<"$output")" -eq "$(grep -c '^  passed .* names \|^  skipped .* names ' <<<"$output")" ]
    [ "$(grep -c '^  passed ' <<<"$output")" -ge 5 ]
    run make -s check-02 ONLY=3
    [ "$(grep -c '^  passed    3  ' <<<"$output")" -eq 1 ]
    [ "$(grep -c '^  passed ' <<<"$output")" -eq 1 ]
    run make -s check-02 ONLY="$(test_name 02-bind 1)"
    grep -q '^  passed    1  ' <<<"$output"
    [ ! -e work/.records/02-bind ]
    for words in 99 '.*' 'no such words'; do
        run make -s check-02 ONLY="$words"
        [ "$status" -ne 0 ]
        grep -qxF "   1  $(test_name 02-bind 1)" <<<"$output"
    done
}

@test "ONLY=client and ONLY=server divide every suite, by what its tests run" {
    records='' && . tests/learn-check.bash
    for suite in tests/0[3-9]*.bats; do
        lesson=$(basename "$suite" .bats)
        all=$(ONLY='' chosen "$lesson" | grep -c '')
        naive=0
        for program in $(programs_of "$lesson"); do
            count=$(ONLY=$program chosen "$lesson" | grep -c '')
            [ "$count" -ge 5 ] || { echo "$lesson: $count for $program" && false; }
            naive=$((naive + count))
        done
        [ "$naive" -ge "$all" ]
        # whatever is said of "the client" as such is said of the learner's
        ONLY=client chosen "$lesson" >client
        [ "$(grep -c '	a client.s command line' client)" -eq "$(grep -c "^@test \"a client's command line" "$suite")" ]
    done
}

@test "what is run by hand is built with it, and is never older than its source" {
    write 01-socket lessons/01-socket
    printf '#!/bin/sh\necho old\n' >work/01-socket/server && chmod +x work/01-socket/server
    echo 'int main(void) { return 7; }' >work/01-socket/try.c
    make -s check-01 ONLY=1
    work/01-socket/server | grep -q ': AF_INET, SOCK_STREAM, IPPROTO_TCP$'
    [ -x work/01-socket/try ]
    echo 'int main(void) { return 7 }' | tee work/01-socket/try.c >work/01-socket/server.c
    run make -s check-01 ONLY=1
    echo "$output"
    [ ! -e work/01-socket/server ]
    [ "$(grep -c 'server.c:1:.*error' <<<"$output")" -eq 1 ]
    grep -q '^The compiler says about work/01-socket/try.c:$' <<<"$output"
}

@test "SANITIZE=1 shows where a program crashes, and a crash says so" {
    mkdir -p work/01-socket
    printf '%s\n' '#include <string.h>' '#include <stdlib.h>' 'int main(int argc, char **argv)' \
        '{ char *p = malloc(8); memset(p, argc, 9); volatile char *q = argc > 9 ? argv[0] : NULL; *q = 1; return p[8]; }' >work/01-socket/server.c
    run make -s check-01
    echo "$output"
    grep -q '^  make check-01 ONLY=1 SANITIZE=1  *it crashed' <<<"$output"
    echo 'int main(void) { return 0; }' >probe.c
    ${CC:-cc} -fsanitize=address,undefined -o probe probe.c 2>/dev/null || skip "this compiler has no sanitizers"
    run make -s check-01 SANITIZE=1
    echo "$output"
    grep -q 'heap-buffer-overflow' <<<"$output"
    [ "$(grep -c 'it crashed' <<<"$output")" -eq 0 ]
}

@test "with SANITIZE=1 a report that is still being written is shown whole" {
    echo 'int main(void) { return 0; }' >probe.c
    ${CC:-cc} -fsanitize=address,undefined -o probe probe.c 2>/dev/null || skip "this compiler has no sanitizers"
    write 04-echo lessons/04-echo
    # The wrong answer ends the test; the report of the next line has only begun.
    sed -i '/while ((n = recv/a\
        char *p = malloc(4);\
        send(conn, "?", 1, 0);\
        memset(p, (int)n, (size_t)n + 4);\
        printf("%d\\n", p[0]);' work/04-echo/server.c
    run make -s check-04 ONLY=1 SANITIZE=1
    echo "$output"
    grep -q '| .*heap-buffer-overflow' <<<"$output"
    grep -q "server.c:$(grep -n 'memset(p, ' work/04-echo/server.c | cut -d : -f 1)$" <<<"$output"
}

@test "Ctrl-C ends a check: nothing is recorded, nothing is left" {
    export TMPDIR=$BATS_TEST_TMPDIR/tmp && mkdir "$TMPDIR"
    write 04-echo lessons/04-echo
    in_background make -s check-04
    wait_for '^  passed    2 ' said
    type_ctrl_c
    grep -q '^Interrupted: nothing of this check was recorded, and nothing was left running\.$' said
    [ "$(grep -c FAILED said)" -eq 0 ]
    [ ! -e work/.records/04-echo ]
    nothing_left
}

@test "a check that stops at a failure leaves nothing" {
    export TMPDIR=$BATS_TEST_TMPDIR/tmp && mkdir "$TMPDIR"
    make -s start-04
    ! make -s check-04 >said || false
    [ "$(grep -c '^  FAILED' said)" -eq 1 ]
    nothing_left
}

@test "two checks at the same time do not mix" {
    write 01-socket lessons/01-socket
    make -s start-02
    make -s check-01 >first 2>&1 3>&- 4>&- &
    make -s check-02 ALL=1 >second 2>&1 3>&- 4>&- &
    make -s check-01 >third 2>&1
    wait
    cat first second third
    diff first third
    grep -q '^All [0-9]* passed' first
    [ "$(grep -c '^  [a-zA-Z]*  *[0-9]*  ' second)" -eq "$(grep -c '^@test' tests/02-bind.bats)" ]
    make progress >stands
    grep -q '^01-socket  *passed on ' stands
    grep -q '^02-bind  *test 1 of ' stands
    make -s hint-02 >hint
    grep -q '^test:  ' hint
    [ -z "$(find work/.records build -name 'new.*')" ]
}

@test "watch checks again when a file changes, and Ctrl-C ends it" {
    export TMPDIR=$BATS_TEST_TMPDIR/tmp && mkdir "$TMPDIR"
    make -s start-01
    in_background make -s watch-01 ONLY=1
    wait_for '^Watching work/01-socket: ' said
    [ "$(grep -c '^  FAILED    1 ' said)" -eq 1 ]
    cp lessons/01-socket/server.c work/01-socket/new.tmp # as editors do: another file takes its place
    mv work/01-socket/new.tmp work/01-socket/server.c
    wait_for '^  passed    1 ' said
    until [ "$(grep -c '^Watching ' said)" -eq 2 ]; do sleep 0.1; done
    sleep 1 # nothing changes: it does nothing
    [ "$(grep -c '^Checking ' said)" -eq 2 ]
    [ "$(grep -c $'\033' said)" -eq 0 ] # no colour and no clearing but on a terminal
    type_ctrl_c
    grep -q '^No longer watching work/01-socket\.$' said
    nothing_left
}

# On a quiet machine with two cores the first result is there within 3 s and the end
# within 10 s.  Here others are at work, such as the compilers of four more tests, so it
# may take six times as long; without a stop at the first failure it would be far more.
@test "a check of what start gives fails soon, in every lesson" {
    make -s start-01 && make -s check-01 >said || true # the tools of the tests are built once
    for lesson in lessons/*/; do
        number=$(basename "$lesson" | cut -d- -f1)
        [ -e "work/$(basename "$lesson")" ] || make -s "start-$number"
        began=$(date +%s)
        { make -s "check-$number" || true; } >said 2>&1 3>&- 4>&- &
        wait_for '^  passed  \|^  FAILED  ' said
        first=$(($(date +%s) - began))
        wait
        whole=$(($(date +%s) - began))
        echo "$number: first result after $first s, end after $whole s"
        grep -q '^  FAILED ' said
        [ "$first" -le 18 ]
        [ "$whole" -le 60 ]
    done
}
