#!/usr/bin/env bats
# Every mistake is caught by the tests that it names, and every test of every
# suite is named by a mistake: so none of them is a test that cannot fail.

root=${BATS_TEST_FILENAME%/tests/self/*}

# caught LESSON LEAST: its mistakes, LEAST at least, are all caught.  Most of
# them wait for an answer in vain, so there are more at work than processors.
caught() {
    local patches=("$root/tests/mistakes/$1"/*.patch)

    echo "${#patches[@]} mistakes"
    [ "${#patches[@]}" -ge "$2" ]
    printf '%s\0' "${patches[@]}" | xargs -0 -n 1 -P 6 "$root/tests/self/catch" >"$BATS_TEST_TMPDIR/said" || {
        grep -v "^caught " "$BATS_TEST_TMPDIR/said"
        false
    }
}

@test "every mistake of 01-socket is caught" {
    caught 01-socket 6
}

@test "every mistake of 02-bind is caught" {
    caught 02-bind 6
}

@test "every mistake of 03-listen-accept is caught" {
    caught 03-listen-accept 10
}

@test "every mistake of 04-echo is caught" {
    caught 04-echo 16
}

@test "every mistake of 05-udp is caught" {
    caught 05-udp 12
}

@test "every mistake of 06-unix-domain is caught" {
    caught 06-unix-domain 14
}

@test "every mistake of 07-partial-send is caught" {
    caught 07-partial-send 12
}

@test "every mistake of 08-many-clients is caught" {
    caught 08-many-clients 20
}

@test "every mistake of 09-app-protocol is caught" {
    caught 09-app-protocol 16
}

@test "every test of every suite is named by a mistake" {
    cd "$BATS_TEST_TMPDIR"
    for suite in "$root"/tests/[0-9]*.bats; do
        lesson=$(basename "$suite" .bats)
        sed -n 's/^@test "\(.*\)" {$/\1/p' "$suite" | sort >asked
        sed -n 's/^Caught by: //p' "$root/tests/mistakes/$lesson"/*.patch | sort -u >named
        comm -23 asked named | sed "s/^/$lesson: no mistake names: /" >>unnamed
    done
    cat unnamed
    [ ! -s unnamed ]
}

@test "a mistake that no test catches is told" {
    cd "$BATS_TEST_TMPDIR"
    mkdir 04-echo
    {
        echo "Mistake: none."
        echo "Caught by: it sends back zero bytes"
        printf '%s\n' '--- a/lessons/04-echo/server.c' '+++ b/lessons/04-echo/server.c' '@@ -1,2 +1,2 @@' \
            ' /*' '- * server.c - a TCP echo server: whatever a client sends comes straight back.' \
            '+ * server.c - a TCP echo server, unchanged but for these words.'
    } >04-echo/harmless.patch
    run "$root/tests/self/catch" 04-echo/harmless.patch
    echo "$output"
    [ "$status" -eq 1 ]
    [ "$output" = "MISSED 04-echo/harmless.patch: not caught, this passes: it sends back zero bytes" ]
}
