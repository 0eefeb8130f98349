#!/usr/bin/env bats
# A suite judges what programs do, not how they are written: correct programs
# in quite other styles pass it.  They are in styles/NN-name/STYLE/; a program
# that a style does not have is the lesson's, and so are the tests that run no other.

root=${BATS_TEST_FILENAME%/tests/self/*}
styles=$BATS_TEST_DIRNAME/styles
learn=$root/tests/learn-check.bash # which knows what a test runs

# about LESSON STYLE: the names of the tests of LESSON that run a program of STYLE.
about() {
    local programs

    programs=$(cd "$styles/$1/$2" && ls ./*.c | sed 's|^\./||; s|\.c$||' | tr '\n' '|')
    # shellcheck source=tests/learn-check.bash
    (cd "$root" && . "$learn" && tests_of "$1") | awk -F '\t' -v programs="^(${programs%|})$" '{
        n = split($2, runs, " ")
        for (i = 1; i <= n; i++) if (runs[i] ~ programs) { print $3; next }
    }'
}

# judge LESSON STYLE: print what is wrong, if something is.
judge() {
    local tree=$BATS_TEST_TMPDIR/$2 tests=$root/tests/$1.bats source status=0 results all names

    mkdir -p "$tree/$1"
    cp "$root/lessons/$1"/*.c "$tree/$1/"
    for source in "$styles/$1/$2"/*.c; do
        [ -f "$tree/$1/${source##*/}" ] || { echo "$1/$2: ${source##*/}: the lesson has no such program" && return; }
        cp "$source" "$tree/$1/" || echo "$1/$2: it has no program"
    done
    about "$1" "$2" >"$tree/about"
    all=$(wc -l <"$tree/about")
    names=$(sed 's/[][\.*^$(){}?+|]/\\&/g' "$tree/about" | tr '\n' '|')
    LESSONS=$tree bats --tap -f "^(${names%|})\$" "$tests" >"$tree/tap" 2>&1 || status=$?
    results=$(grep -c -e '^ok ' -e '^not ok ' "$tree/tap")
    if [ "$status" != 0 ] || [ "$results" != "$all" ] || ! grep '^ok ' "$tree/tap" | grep -qv ' # skip'; then
        echo "$1/$2 does not pass: status $status, $results results of $all tests"
        # what failed with what it said, and whatever is no test's
        awk '/^(not )?ok /{ wrong = /^not / } !/^ok / && !/^1\.\./ && (wrong || !/^#/)' "$tree/tap"
    fi
}

# pass LESSON: there are at least two styles, and the suite passes with each.  Two
# of them are judged at the same time: more would make the tests slow.
pass() {
    local style wrong styles_of=() i

    for style in "$styles/$1"/*/; do
        [ -d "$style" ] || break
        # Some are made of calls that only Linux has; their heads say so.
        if [ "$(uname)" != Linux ] && grep -q 'Linux only' "$style"*.c; then continue; fi
        styles_of+=("$(basename "$style")")
    done
    for first in 0 1; do
        for ((i = first; i < ${#styles_of[@]}; i += 2)); do
            judge "$1" "${styles_of[i]}" >"$BATS_TEST_TMPDIR/${styles_of[i]}.wrong" 2>&1
        done 3>&- 4>&- &
    done
    wait
    wrong=("$BATS_TEST_TMPDIR"/*.wrong)
    [ "${#wrong[@]}" -ge 2 ] || {
        echo "$1: there are fewer than two styles"
        return 1
    }
    cat "${wrong[@]}"
    [ -z "$(cat "${wrong[@]}")" ]
}

@test "correct programs in other styles pass 01-socket" {
    pass 01-socket
}

@test "correct programs in other styles pass 02-bind" {
    pass 02-bind
}

@test "correct programs in other styles pass 03-listen-accept" {
    pass 03-listen-accept
}

@test "correct programs in other styles pass 04-echo" {
    pass 04-echo
}

@test "correct programs in other styles pass 05-udp" {
    pass 05-udp
}

@test "correct programs in other styles pass 06-unix-domain" {
    pass 06-unix-domain
}

@test "correct programs in other styles pass 07-partial-send" {
    pass 07-partial-send
}

@test "correct programs in other styles pass 08-many-clients" {
    pass 08-many-clients
}

@test "correct programs in other styles pass 09-non-blocking" {
    pass 09-non-blocking
}

@test "correct programs in other styles pass 10-chat" {
    pass 10-chat
}

@test "correct programs in other styles pass 11-app-protocol" {
    pass 11-app-protocol
}

@test "correct programs in other styles pass 12-web-server" {
    pass 12-web-server
}

@test "correct programs in other styles pass 13-epoll" {
    pass 13-epoll
}

# kqueue(2) is here what tests/self/kqueue/sys/event.h makes of epoll(7).
@test "lesson 13's server for the BSDs and macOS passes 13-epoll" {
    [ "$(uname)" = Linux ] || skip "this system has kqueue, so make test has judged it"
    mkdir -p "$BATS_TEST_TMPDIR/13-epoll"
    cp "$root/lessons/13-epoll/kqueue.c" "$BATS_TEST_TMPDIR/13-epoll/server.c"
    CPATH=$root/tests/self/kqueue LESSONS=$BATS_TEST_TMPDIR bats --tap "$root/tests/13-epoll.bats"
}

# The lesson has three servers, and each of them does what its server.c must do.
@test "fork.c and threads.c of 08-many-clients pass its suite, too" {
    for other in fork threads; do
        mkdir -p "$BATS_TEST_TMPDIR/styles/08-many-clients/$other"
        cp "$root/lessons/08-many-clients/$other.c" "$BATS_TEST_TMPDIR/styles/08-many-clients/$other/server.c"
    done
    styles=$BATS_TEST_TMPDIR/styles pass 08-many-clients
}

# The tests above can fail:

@test "a style that does not pass is reported, with the test that it fails" {
    mkdir -p "$BATS_TEST_TMPDIR/styles/01-socket/wrong"
    sed 's/"AF_UNIX"/"AF_LOCAL"/' "$root/lessons/01-socket/server.c" >"$BATS_TEST_TMPDIR/styles/01-socket/wrong/server.c"
    cp -R "$styles/01-socket/switch" "$BATS_TEST_TMPDIR/styles/01-socket/"
    styles=$BATS_TEST_TMPDIR/styles run pass 01-socket
    echo "$output"
    [ "$status" -eq 1 ]
    [ "${lines[0]}" = "01-socket/wrong does not pass: status 1, $(grep -c '^@test' "$root/tests/01-socket.bats") results of $(grep -c '^@test' "$root/tests/01-socket.bats") tests" ]
    [ "$(grep -c '^not ok ' <<<"$output")" -eq 1 ]
    grep -q '^not ok .* unix-domain sockets have three types and no protocol$' <<<"$output"
    grep -qF '# but:      socket 3: AF_LOCAL, SOCK_STREAM, 0' <<<"$output"
}

@test "a style with a program that the lesson does not have is told" {
    mkdir -p "$BATS_TEST_TMPDIR/styles/01-socket/misspelt"
    cp "$styles/01-socket/switch/server.c" "$BATS_TEST_TMPDIR/styles/01-socket/misspelt/sever.c"
    cp -R "$styles/01-socket/switch" "$BATS_TEST_TMPDIR/styles/01-socket/"
    styles=$BATS_TEST_TMPDIR/styles run pass 01-socket
    echo "$output"
    [ "$status" -eq 1 ]
    [ "$output" = "01-socket/misspelt: sever.c: the lesson has no such program" ]
}

@test "a suite that does not run is told" {
    mkdir -p "$BATS_TEST_TMPDIR/root/lessons" "$BATS_TEST_TMPDIR/root/tests"
    cp -R "$root/lessons/01-socket" "$BATS_TEST_TMPDIR/root/lessons/"
    echo 'load helpers-that-are-not-there' | cat - "$root/tests/01-socket.bats" >"$BATS_TEST_TMPDIR/root/tests/01-socket.bats"
    root=$BATS_TEST_TMPDIR/root run pass 01-socket
    echo "$output"
    [ "$status" -eq 1 ]
    grep -q '^01-socket/switch does not pass: status 1, ' <<<"$output"
}

@test "fewer than two styles are told" {
    mkdir -p "$BATS_TEST_TMPDIR/styles/01-socket"
    cp -R "$styles/01-socket/switch" "$BATS_TEST_TMPDIR/styles/01-socket/"
    styles=$BATS_TEST_TMPDIR/styles run pass 01-socket
    [ "$status" -eq 1 ]
    [ "$output" = "01-socket: there are fewer than two styles" ]
    run pass 99-missing
    [ "$status" -eq 1 ]
    [ "$output" = "99-missing: there are fewer than two styles" ]
}
