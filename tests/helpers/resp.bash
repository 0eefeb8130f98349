# resp.bash - requests and replies in RESP2: the words of lesson 09's suite.

# repeat N STEP...: set steps to the STEPs, N times.
repeat() {
    local n

    steps=()
    for ((n = 0; n < $1; n++)); do
        steps+=("${@:2}")
    done
}

# store FROM TO: steps that store 1,000,000 bytes (key and value) under each of
# these keys.
store() {
    local key

    for ((key = $1; key <= $2; key++)); do
        printf '%s\n' call "SET $key @$((1000000 - ${#key}))"
    done
}

# ok N: the reply +OK, N times.
ok() {
    printf '+OK\\r\\n%.0s' $(seq "$1")
}

# A client that asks for twelve million bytes and reads none of them; and the
# same until the server is at rest.
ask_for_much=(call 'SET big @1000000' expect '+OK\r\n')
for _ in {1..12}; do ask_for_much+=(call 'GET big'); done
read_nothing=("${ask_for_much[@]}" run "$look_asleep")

# refuses REQUEST...: each of them is a protocol error and ends its connection.
refuses() {
    local request

    for request; do
        probe tcp "$address" call PING expect '+PONG\r\n' send "$request" expect-line '-ERR Protocol error: ' expect-gone
    done
}

# client_gets STATUS STEP...: the client asks for "a key", the server's answer is
# what the STEPs send, and the client exits with STATUS.
client_gets() {
    client_arguments='"$HOST" "$PORT" GET "a key"' meet expect '*2\r\n$3\r\nGET\r\n$5\r\na key\r\n' "${@:2}" ends "$1"
}

# client_printed TEXT: the client has printed TEXT, and perhaps newlines after it.
client_printed() {
    printf '%b' "$1" >expected
    head -c "$(wc -c <expected)" out | cmp -s - expected &&
        [ -z "$(tail -c "+$(($(wc -c <expected) + 1))" out | tr -d '\n' | tr '\0' x)" ] ||
        fail "client" "expected: $1" "but:      $(shown out)"
}

# The conversations that are too long for the suite:

# Thousands of keys, each with a value of its own; then twice as many others.
keeps_keys_apart() {
    awk 'BEGIN { for (i = 1; i <= 3000; i++) printf "SET key%d value%d\\n", i, i }' >sets
    awk 'BEGIN { for (i = 1; i <= 3000; i++) printf "$%d\\r\\nvalue%d\\r\\n", 5 + length(i), i }' >values
    probe tcp "$address" send "$(cat sets)" expect "$(ok 3000)" call DBSIZE expect ':3000\r\n' \
        send "$(printf 'SET more%d x\\n' {1..7001})" expect "$(ok 7001)" call DBSIZE expect ':10001\r\n' \
        send "$(printf 'GET key%d\\n' {1..3000})" expect "$(cat values)"
}

# 60 values of 1,000,000 bytes: set again, deleted, made shorter, and others in
# the room that is free then.
stores_60_mb() {
    local again others nine

    mapfile -t steps < <(store 1 60)
    mapfile -t again < <(store 1 9)
    mapfile -t others < <(store 61 69)
    nine=$(ok 9)
    probe tcp "$address" "${steps[@]}" expect "$(ok 60)" "${again[@]}" expect "$nine" call 'DEL 1 2 3 4 5 6 7 8 9' expect ':9\r\n' \
        "${again[@]}" expect "$nine" send "$(printf 'SET %d x\\n' {1..9})" expect "$nine" \
        "${others[@]}" expect "$nine" call 'DEL 61 62 63 64 65 66 67 68 69' expect ':9\r\n' "${again[@]}" expect "$nine" \
        call 'GET 1' expect-bulk 999999 call 'GET 60' expect-bulk 999998
}

# 60 values fit, and perhaps a few more; then no new one fits, nor a longer one
# in the place of another, until two have been deleted.
refuses_68_mb() {
    mapfile -t steps < <(store 1 50 && for i in {1..10}; do printf '%s\n' call "SET @$((1000000 - i)) x"; done && store 51 57)
    probe tcp "$address" call 'SET k old' expect '+OK\r\n' "${steps[@]}" expect "$(ok 60)" \
        expect-line '' expect-line '' expect-line '' expect-line '' expect-line '' expect-line '' expect-line '' \
        call 'SET 68 @1000000' expect-line '-OOM ' call 'SET k @1000010' expect-line '-OOM ' call 'GET 68' expect '$-1\r\n' \
        call 'GET k' expect '$3\r\nold\r\n' call 'GET 1' expect-bulk 999999 call 'GET @999999' expect '$1\r\nx\r\n' \
        call "EXISTS $(echo {1..50})" expect ':50\r\n' \
        call 'DEL 1 2' expect ':2\r\n' call 'SET k @1000010' expect '+OK\r\n' call 'GET k' expect-bulk 1000010
}

# 1,000 clients, each with two requests.
serves_1000() {
    mapfile -t steps < <(awk 'BEGIN {
        for (i = 1; i <= 1000; i++) print "connect\ncall\nPING"
        for (i = 1; i <= 1000; i++) print "use\n" i "\nexpect\n+PONG\\r\\n\ncall\nECHO " i
        for (i = 1; i <= 1000; i++) print "use\n" i "\nexpect\n$" length(i) "\\r\\n" i "\\r\\n" }')
    probe tcp "$address" "${steps[@]:1}"
}

# has_no_race: no two threads use the store at the same time.  ThreadSanitizer
# sees that two accesses were not ordered, even if they happened one after the
# other: no luck is needed.
has_no_race() {
    case $CFLAGS in *-fsanitize=*) skip "ThreadSanitizer goes with no other sanitizer" ;; esac
    echo 'int main(void) { return 0; }' >empty.c
    build_variant server-tsan -fsanitize=thread && $CC -fsanitize=thread -o "$BUILD/empty-tsan" empty.c 2>/dev/null &&
        "$TOOLS/guard" -t 10 -- "$BUILD/empty-tsan" 2>/dev/null || skip "ThreadSanitizer does not work here"
    export TSAN_OPTIONS='report_signal_unsafe=0 report_thread_leaks=0 report_destroy_locked=0'
    serving=server-tsan serve 127.0.0.1 0
    repeat 5 use 1 call 'SET k v' expect '+OK\r\n' use 2 call 'GET k' expect '$1\r\nv\r\n' call 'SET k w' expect '+OK\r\n' \
        call 'SET l m' expect '+OK\r\n' use 1 call 'GET k' expect '$1\r\nw\r\n' call 'DEL k l' expect ':2\r\n' \
        use 2 call 'EXISTS k' expect ':0\r\n' call DBSIZE expect ':0\r\n'
    probe -t $((4 * patience)) tcp "$address" call PING expect '+PONG\r\n' connect call PING expect '+PONG\r\n' "${steps[@]}"
    ! grep -q 'ThreadSanitizer: data race' server.err || fail "two clients use the same keys in turn" \
        "expected: the server's threads use the store one at a time" "but:      ThreadSanitizer reports a data race"
}
