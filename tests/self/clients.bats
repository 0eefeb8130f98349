#!/usr/bin/env bats
# What tests/clients/run says about a real client that does not work, or is not there.

root=${BATS_TEST_FILENAME%/tests/self/*}

# server SED: lesson 11's server with a change becomes $SERVER.
server() {
    sed "$1" "$root/lessons/11-app-protocol/server.c" >"$BATS_TEST_TMPDIR/server.c"
    ${CC:-cc} -std=gnu17 -o "$BATS_TEST_TMPDIR/server" "$BATS_TEST_TMPDIR/server.c"
    export SERVER=$BATS_TEST_TMPDIR/server
}

@test "a real client that gets a wrong reply is named, with the reply" {
    command -v redis-cli >/dev/null || skip "redis-cli is not installed"
    server 's/{"GET", 2, 2, do_get/{"GET", 2, 2, do_echo/'
    run "$root/tests/clients/run" redis-cli
    echo "$output"
    [ "$status" -eq 1 ]
    [[ $output == "redis-cli "*": FAILED (exit status 1): the reply is 'key', and not 'a value'"* ]]
}

@test "a real client that works is named too" {
    command -v redis-cli >/dev/null || skip "redis-cli is not installed"
    server ''
    run "$root/tests/clients/run" redis-cli
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == "redis-cli "*": works" ]]
}

@test "a client that gets a body after HEAD is named" {
    python3 -c 'import h11' 2>/dev/null || /usr/bin/python3 -c 'import h11' 2>/dev/null || skip "h11 is not installed"
    sed 's/a.status == 304 || r->head_only ? 0/a.status == 304 ? 0/' "$root/lessons/12-web-server/server.c" >"$BATS_TEST_TMPDIR/server.c"
    ${CC:-cc} -std=gnu17 -o "$BATS_TEST_TMPDIR/server" "$BATS_TEST_TMPDIR/server.c"
    SERVER=$BATS_TEST_TMPDIR/server run "$root/tests/clients/run" h11
    echo "$output"
    [ "$status" -eq 1 ]
    [[ $output == "Python's h11 "*": FAILED (exit status 1): "* ]]
}

@test "a client that is not installed is an error if it was asked for" {
    server ''
    CC=false run "$root/tests/clients/run" hiredis
    echo "$output"
    [ "$status" -eq 1 ]
    [[ $output == "hiredis: not tried: it is not installed"* ]]
}

@test "after SIGTERM the server must end with status 0" {
    server 's/^    run_store(&w, &s);/&\n    return 3;/'
    CC=false run "$root/tests/clients/run" hiredis
    echo "$output"
    [ "$status" -eq 1 ]
    [[ $output == *"after SIGTERM the server's exit status was 3"* ]]
}
