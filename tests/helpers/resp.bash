# resp.bash - requests and replies in RESP2: the words of lesson 11's suite.

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

# has_no_race: four clients, who have all sent many requests before the server
# goes on, get the right replies.  ThreadSanitizer, where there is one, reports
# accesses to the same key that were not ordered, even if they did no harm.
has_no_race() {
    local batch replies serving=server

    needs_proc
    case $CFLAGS in *-fsanitize=*) ;; *)
        ! sanitizes -fsanitize=thread || ! build_variant tsan -fsanitize=thread || serving=$variant
    esac
    export TSAN_OPTIONS='report_signal_unsafe=0 report_thread_leaks=0 report_destroy_locked=0'
    serve 127.0.0.1 0
    batch=$(printf 'SET k v\\nGET k\\nEXISTS k\\n%.0s' {1..1000})
    replies=$(printf '+OK\\r\\n$1\\r\\nv\\r\\n:1\\r\\n%.0s' {1..1000})
    repeat 4 connect call PING expect '+PONG\r\n'
    steps=("${steps[@]:1}")
    for _ in 1 2 3; do
        steps+=(run ': stop it; "$TOOLS/look" "$guard" stop')
        for client in 1 2 3 4; do steps+=(use "$client" send "$batch"); done
        steps+=(run ': continue it; "$TOOLS/look" "$guard" continue')
        for client in 1 2 3 4; do steps+=(use "$client" expect "$replies"); done
    done
    probe -t $((4 * patience)) tcp "$address" "${steps[@]}"
    ! grep -q 'ThreadSanitizer: data race' server.err || fail "four clients use the same key at the same time" \
        "expected: the server's threads use the store one at a time" "but:      ThreadSanitizer reports a data race"
}

# A request is cut in two, at every sixth byte or so.
accepts_two_pieces() {
    local at request='*3\r\n$3\r\nSET\r\n$4\r\nab\r\n\r\n$0\r\n\r\n*2\r\n$3\r\nGET\r\n$4\r\nab\r\n\r\nPING\n'

    steps=()
    for ((at = 2; at < ${#request}; at += 6)); do
        [ "${request:at-1:1}" != "\\" ] || at=$((at + 1))
        steps+=(send "${request:0:at}" run "$look_asleep" send "${request:at}" expect '+OK\r\n$0\r\n\r\n+PONG\r\n')
    done
    probe tcp "$address" "${steps[@]}"
}

# A full store keeps no memory for a value that it refuses.
keeps_no_refused_value() {
    memory_settles -n 1 tcp "$address" call 'SET x @1000000' expect-line '' call 'SET y @1000000' expect-line '' \
        call 'SET z @1000000' expect-line '' call 'SET 70 @1000000' expect-line '-OOM '
}

# There is no memory for a long reply, and later there is.  (A server may also end
# when memory runs out, as many do.)
cuts_no_reply() {
    needs_proc
    case $CFLAGS in *-fsanitize=*) skip "a sanitizer needs memory of its own" ;; esac
    serve 127.0.0.1 0
    look fed || skip "this system does not let us limit a program"
    probe tcp "$address" call 'SET k @900000' expect '+OK\r\n' run "$look_asleep" run "$look_hungry" \
        call 'GET k' expect-bulk-or-error 900000
    if swallow 1; then # that is the end of its stdout
        drain
        stopped=yes
    else
        look fed
        probe tcp "$address" call 'GET k' expect-bulk 900000
    fi
}

# 22 clients of a server with 24 descriptors: some wait, and the others are served.
serves_without_a_free_descriptor() {
    needs_proc
    files=24 serve 127.0.0.1 0
    come=() leave=()
    for n in {1..22}; do # with a queue of five, all of them can connect
        come+=(connect call PING)
        leave+=(use "$n" close)
    done
    repeat 20 call PING expect '+PONG\r\n'
    before=$SECONDS
    probe tcp "$address" "${come[@]:1}" run "$look_asleep" use 1 expect '+PONG\r\n' run "$look_idle" "${steps[@]}" call 'SET k v' \
        expect '+OK\r\n' "${leave[@]}" connect call 'GET k' expect '$1\r\nv\r\n'
    [ $((SECONDS - before)) -le 10 ] || fail "a client sends PING 20 times while no descriptor is free" \
        "expected: the replies take no time" "but:      they took $((SECONDS - before)) s: the server sleeps"
}

# Each of these is a usage error of the client.
refuses_clients() {
    for port in 65536 4294967376 18446744073709551696 -1 +80 80x x '' ' 80' '80 '; do
        try client 127.0.0.1 "$port" PING
        fails 2
    done
    for words in '' 127.0.0.1 '127.0.0.1 80'; do
        # shellcheck disable=SC2086
        try client $words
        fails 2
    done
}
