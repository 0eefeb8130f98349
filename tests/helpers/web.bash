# web.bash - files, and others that must not be served: the words of lesson 12's suite.

# The server serves the directory site. The files named here are the tests'.
export GUARD_SHARES='in out err server.err serve.report server.report client.report'
directory=site

# site: make the directory site, and around it files that nobody may get.
site() {
    mkdir -p site/dir/deep site/.hidden site/bare site-next
    printf 'the index\n' >site/index.html
    printf 'hello\n' >site/hello.txt
    printf 'of dir\n' >site/dir/index.html
    printf 'deep\n' >site/dir/deep/file.txt
    : >site/empty.txt
    for name in secret.txt site-next/secret.txt site/.secret site/.hidden/secret.txt site/.hidden/index.html site/dir/.secret; do
        printf 'a secret\n' >"$name"
    done
}

# serve_site [SECONDS]: make the site, and start the server at any port.
serve_site() {
    site
    serve 127.0.0.1 0 "$@"
}

# big [N]: make site/big.bin: N (8,000,000) bytes of the stream.
big() {
    "$TOOLS/probe" stream "${1:-8000000}" >site/big.bin
}

# ask FIELD...: a request for /hello.txt with these lines in its header.
ask() {
    printf 'GET /hello.txt HTTP/1.1\\r\\n'
    printf '%s\\r\\n' "$@" ''
}

# A request that is always answered, and the steps that show that it was.
hello=(get /hello.txt answer 200 body 'hello\n')

# Steps that show that the server has closed at once, not when it has waited for the
# client in vain: as soon as it sleeps, the end is there.
wait_for_sleep=$look_asleep
[ -e /proc/self/stat ] || wait_for_sleep=': wait 1 s; sleep 1'
closed=(run "$wait_for_sleep" expect-ended)

# hides TARGET...: each of them gets an error, or a redirect that leads nowhere, and
# nothing from outside of the site.
hides() {
    local target

    for target; do
        probe tcp "$address" get "$target" answer 4xx
    done
    probe tcp "$address" "${hello[@]}"
}

# refuses STATUS REQUEST...: each of these requests gets this answer, and ends its
# connection.
refuses() {
    local request

    for request in "${@:2}"; do
        probe tcp "$address" "${hello[@]}" send "$request" answer "$1" expect-gone
    done
    probe tcp "$address" "${hello[@]}"
}

# takes_for_a_body STATUS REQUEST: the bytes after the header of REQUEST are not taken
# for another request, whether the server reads them or closes.
takes_for_a_body() {
    probe tcp "$address" send "$2" answer "$1" shut-down expect-gone
}

# references PATH: the values of Location that lead from the same path without its last
# slash to PATH, as `field` has them.
references() {
    local last=${1%/}

    last=${last##*/}/
    echo "$1|http://localhost$1|//localhost$1|$last|./$last"
}

# x N: N letters, for something long.
x() {
    printf '%0*d' "$1" 0 | tr 0 x
}

# repeat N STEP...: set steps to the STEPs, N times.
repeat() {
    local n

    steps=()
    for ((n = 0; n < $1; n++)); do
        steps+=("${@:2}")
    done
}

# many N TEXT: TEXT, N times.
many() {
    local n

    for ((n = 0; n < $1; n++)); do printf '%s' "$2"; done
}

# logs PATTERN: the server's next line matches PATTERN, an extended regular expression.
logs() {
    IFS= read -r -t "$patience" -u 8 line ||
        fail "the server printed nothing more for $patience s" "expected: a line of its log"
    [[ $line =~ ^$1$ ]] || fail "the server's log: $line" \
        "expected:         ${1//"$clf"/127.0.0.1 - - [30/Nov/2026:12:00:00 +0000]} (as an extended regular expression)"
}

# The beginning of a line of the log, up to its date.
clf='127\.0\.0\.1 - - \[[0-3][0-9]/(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)/20[0-9][0-9]:[0-2][0-9]:[0-5][0-9]:[0-6][0-9] [+-][0-9]{4}\]'

# waits_for_a_reader FIFO: a program has begun to open FIFO for writing.  It ends
# when that succeeds, because somebody has opened it for reading.
waits_for_a_reader() {
    sh -c 'exec 5>"$0"' "$1" 3>&- 4>&- 8<&- &
    siege=$! # teardown ends it
    until grep -q '^State:.*S' "/proc/$siege/status" && [ "$(tr -d '\0' <"/proc/$siege/comm")" = sh ]; do :; done
}

# still_waits: nobody has opened the FIFO since.
still_waits() {
    grep -qs '^State:.*S' "/proc/$siege/status"
}

# has_sockets: how many sockets the server holds; 0 if nobody tells.
has_sockets() {
    ls -l "/proc/$server/fd" 2>/dev/null | grep -c 'socket:' || true
}

# What a conversation can `run`: wait until the server has closed the connection, and
# the file.  It had so many `sockets` before.
export look_dropped=': wait until the server has closed it; look=$("$TOOLS/look" -t "$((4 * patience))" "$guard" at-most "$processes" "$descriptors" 2>&1) || {
    echo "$look"
    case $sockets:$look in
    0:*) ;;
    "$(ls -l "/proc/$server/fd" | grep -c socket:):"*"too many descriptors)") echo "the connection is closed, but not the file" ;;
    esac
    exit 1
} >&2'

# The conversations that are too long for the suite:

# A request is cut in two, at every third byte or so.
accepts_two_pieces() {
    local at request='GET /hello.txt HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n'

    steps=()
    for ((at = 1; at < ${#request}; at += 3)); do
        [ "${request:at-1:1}" != "\\" ] || at=$((at + 1))
        steps+=(send "${request:0:at}" run "$look_asleep" send "${request:at}" answer 200 body 'hello\n')
    done
    probe tcp "$address" "${steps[@]}"
}

# 22 clients of a server with 24 descriptors: some wait, and the others are served.
serves_without_a_free_descriptor() {
    local come=() leave=() n

    needs_proc
    site
    files=24 serve 127.0.0.1 0
    for n in {1..22}; do # with a queue of five, all of them can connect
        come+=(connect get /hello.txt)
        leave+=(use "$n" close)
    done
    probe tcp "$address" "${come[@]:1}" run "$look_asleep" use 1 answer '200|503' run "$look_idle" get /hello.txt answer '200|503' \
        "${leave[@]}" run "$look_asleep" connect "${hello[@]}" # asleep: it has closed their connections
}

# 1,000 clients, each with two requests.
serves_1000() {
    mapfile -t steps < <(awk 'BEGIN {
        for (i = 1; i <= 1000; i++) print "connect\nget\n/hello.txt"
        for (i = 1; i <= 1000; i++) print "use\n" i "\nanswer\n200\nbody\nhello\\n\nget\n/dir/"
        for (i = 1; i <= 1000; i++) print "use\n" i "\nanswer\n200\nbody\nof dir\\n" }')
    probe tcp "$address" "${steps[@]:1}"
}

# survives_a_crowd COUNT: COUNT clients connect and say nothing.  The surplus may
# wait, or lose its connection; a client from before is still served.
survives_a_crowd() {
    local come=() n

    allow "$(($1 + 100))"
    needs_proc
    for ((n = 0; n < $1; n++)); do come+=(dial); done
    site
    serve_checked "$(($1 + 100))"
    probe -t $((4 * patience)) tcp "$address" "${hello[@]}" "${come[@]}" run "$look_asleep" use 1 "${hello[@]}" run "$look_idle" "${hello[@]}"
    probe tcp "$address" "${hello[@]}"
}

# costs_little CLIENTS STEP...: so many clients, each of which takes these steps on its
# own connection, cost at most 64 KiB each, more than clients that were only served.
costs_little() {
    local n before after idle=() steps=()

    case $CFLAGS in *-fsanitize=*) skip "a sanitizer needs memory of its own" ;; esac
    for ((n = 0; n < $1; n++)); do
        idle+=(connect "${hello[@]}") steps+=(connect "${hello[@]}" "${@:2}")
    done
    export memory_now='exec "$TOOLS/look" -t "$((4 * patience))" "$guard" at-rest >memory'
    probe narrow "$address" "${hello[@]}" "${@:2}" run "$look_asleep" # some memory is only needed once
    probe narrow "$address" "${idle[@]:1}" run "$memory_now"
    before=$(<memory)
    probe narrow "$address" "${steps[@]:1}" run "$look_asleep" run "$memory_now"
    after=$(<memory)
    [ $((${after##* } - ${before##* })) -le $((64 * $1)) ] ||
        fail "$1 clients at the same time, each like this: ${*:2}" "expected: the server uses at most 64 KiB for each" \
            "but:      for all of them it uses $((${after##* } - ${before##* })) KiB"
}

# client_gets STATUS STEP...: the client asks for /a?b=c, the server's answer is what
# the STEPs send, and the client exits with STATUS.
client_gets() {
    client_arguments='"http://$HOST:$PORT/a?b=c"' meet asked '/a?b=c' "${@:2}" ends "$1"
}

# client_printed TEXT: the client has printed exactly that.
client_printed() {
    printf '%b' "$1" | cmp -s - out || fail "client" "expected: $1" "but:      $(shown out)"
}

# client_complains: the client has said on stderr why it fails, and printed nothing else.
client_complains() {
    [ -s err ] || fail "client" "expected: a line on stderr that says why it fails" "but:      nothing"
}
