# server.bash - start the server, read what it prints, end it.

# serve [ARG]...: start the server (or the program `serving`) and wait for its
# ready line.  Sets address, its port, and the process ids server and guard.
# `files` limits its descriptors; `full_early` gives its stdout a small pipe;
# `directory` comes before the first ARG (lesson 12).
serve() {
    needs_program "${serving:-server}"
    hasten server
    exec 8< <(exec ${room:+"$TOOLS/room" -j "$room"} "$TOOLS/guard" -t 120 -o 64000000 ${files:+-n "$files"} ${full_early:+-s} \
        -l server.out -r serve.report -- "$BUILD/${serving:-server}" ${directory:+${1+"$directory"}} "$@" </dev/null 2>server.err 3>&- 4>&- 9<&-)
    export SERVER_STDOUT=8 # probe sees there that the server has ended
    stopped='' line='' address='' processes=''
    local status=0 wanted="expected on stdout: $ready ADDRESS" start=$SECONDS words="${directory:+${1+"$directory "}}$*"
    IFS= read -r -t "${hurry:-$patience}" -u 8 line || status=$?
    [ "$status" != 0 ] || waits server $((SECONDS - start - 1)) # under load a second is nothing
    read_report
    if [ "$status" -gt 128 ] && [ -n "$line" ]; then
        fail "server $words printed no whole line on stdout for ${hurry:-$patience} s, only: $line" "$wanted and a newline"
    elif [ "$status" -gt 128 ]; then
        fail "server $words printed nothing on stdout for ${hurry:-$patience} s" "$wanted"
    elif [ "$status" != 0 ]; then
        drain
        fail "server $words ended before it was ready: $(ending)" "$wanted"
    fi
    address=${line##*"$ready "} # the line ends with it
    port=${address##*:}
    [ "$address" != "$line" ] && is_address "$address" ||
        fail "the server's first line on stdout: $line" "expected:                         $ready ADDRESS, such as $(an_address)"
    # A server that prints the line before it calls listen() would pass or fail by luck in every
    # test.  So we let it come to rest first: then it fails only in the test that asks for this.
    is_listening || "$TOOLS/look" -t "$patience" "$guard" asleep 2>/dev/null || true
}

# is_listening: a socket listens at the address of the ready line, or the kernel does not
# tell.  (In its tables of TCP the sockets that listen come first.)
is_listening() {
    local table end

    [ "$ready" = 'listening on' ] || return 0
    case $lesson:$address in
    *-unix-domain:*) table=unix end=" $address" ;;
    *:'['*) table=tcp6 ;;
    *) table=tcp ;;
    esac
    [ "$table" = unix ] || printf -v end ':%04X' "$port"
    [ -r "/proc/$server/net/$table" ] || return 0
    END=$end awk '
        function ends(s) { return substr(s, length(s) - length(ENVIRON["END"]) + 1) == ENVIRON["END"] }
        NR == 1 { unix = $1 == "Num"; next }
        unix ? $4 == "00010000" && ends($0) : $4 == "0A" && ends($2) { found = 1; exit }
        !unix && $4 != "0A" { exit }
        END { exit !found }' "/proc/$server/net/$table" 2>/dev/null # it may have ended
}

# is_address TEXT: TEXT has the form of this lesson's addresses.
is_address() {
    case $lesson in
    *-unix-domain) [ -n "$1" ] ;;
    *) [[ $1 =~ ^([0-9]+\.[0-9]+\.[0-9]+\.[0-9]+|\[[0-9A-Fa-f:.]+(%[^]]*)?\]):[0-9]+$ ]] ;;
    esac
}

# an_address: an address for an example.
an_address() {
    case $lesson in *-unix-domain) echo echo.sock ;; *) echo 127.0.0.1:65432 ;; esac
}

# serve_unheard [ARG]...: start the server with a stdout that is full: it cannot
# go on once it has begun to print its ready line, and we wait until then.
serve_unheard() {
    needs_program server
    mkfifo full
    exec 7<>full
    head -c 65536 /dev/zero >full
    in_room "$TOOLS/guard" -r serve.report -- sh -c 'exec "$@" >&0 </dev/null' sh \
        "$BUILD/server" "$@" <>full 2>server.err 3>&- 4>&- 7>&- 9<&- &
    siege=$! stopped=yes # so teardown ends it, but not by stop_server
    until [ -s serve.report ]; do :; done
    read_report
    look sending
}

# listens_before_it_says_so [ARG]...: the server, whose default address is free, listens
# before it prints its ready line.
listens_before_it_says_so() {
    [ -e /proc/self/stat ] || return 0
    rm -f serve.report
    serve_unheard "$@"
    probe tcp 127.0.0.1:65432 close
}

# hear [LINE]: read the server's next line; if LINE is given, the next one that
# begins with the same word and has as many words.  It must be LINE.
hear() {
    local wanted words status
    read -r -a wanted <<<"${1-}"

    while IFS= read -r -t "${hurry:-$patience}" -u 8 line || ! status=$?; do
        read -r -a words <<<"$line"
        [ $# -gt 0 ] && [ "${#words[@]} ${words[0]}" != "${#wanted[@]} ${wanted[0]}" ] && continue
        [ "$line" = "${1:-$line}" ] || fail "the server's next line: $line" "expected:               $1" \
            "$(swapped "$1" "$line")"
        return
    done
    if [ "$status" -le 128 ]; then # its end
        fail "the server's next line: none like this, and the server ends" "expected:               ${1:-any}" || return
    fi
    account "the server's next line: none like this for ${hurry:-$patience} s" "expected:               ${1:-any}"
    kept_back
    fail
}

# kept_back: if the server has printed nothing but its ready line, say so, and whether it does
# when it ends.
kept_back() {
    local calls

    read_report
    [ -z "$ended" ] && ! sed 1d server.out | grep -q . || return 0
    calls=$("$TOOLS/look" "$guard" calls 2>/dev/null | grep -v '^-') || true
    account "(it has printed nothing since its ready line)" ${calls:+"meanwhile the server sleeps in ${calls// /(), }()"}
    send_signal TERM
    swallow 1 || true
    ! sed 1d server.out | grep -q . || account "(it prints the missing lines when it ends)"
    stopped=yes
    { kill "$guard" && kill -s CONT "$guard"; } 2>/dev/null || true
    drain || true
}

# hear_at_last LINE: whatever else the server prints first, it prints LINE.
hear_at_last() {
    local heard=() status=0

    until [ "$line" = "$1" ]; do
        IFS= read -r -t "${hurry:-$patience}" -u 8 line || status=$?
        if [ "$status" != 0 ]; then
            account "the server printed:" "${heard[@]:-nothing}" "expected among these lines: $1"
            [ "$status" -le 128 ] || kept_back
            fail || return
        fi
        heard=("${heard[@]: -4}" "$line")
    done
}

# send_signal SIGNAL: send SIGNAL to the server.  SIGINT goes to its whole process
# group, as the terminal sends it when somebody types Ctrl-C.
send_signal() {
    case $1 in
    INT) kill -s INT -- "-$server" ;;
    *) kill -s "$1" "$server" ;;
    esac
}

# stop_server [SIGNAL]: end the server by a signal.  It must have run until now,
# and must leave nothing behind.
stop_server() {
    local signal=${1:-TERM}

    read_report
    [ -z "$ended" ] || fail "the server had ended: $(ending)" || return
    send_signal "$signal"
    ended_by "$signal"
}

# waits_all_the_same: after a second the server has not ended, and is at rest.
# (A server that is busy ending, on a busy machine, gets more time.  So does one
# that has ended, but not what it leaves behind.)
waits_all_the_same() {
    ! swallow 1 && "$TOOLS/look" -t 0.3 "$guard" asleep && read_report && [ -z "$ended" ]
}

# ended_by SIGNAL: the server, which has been sent SIGNAL, ends and leaves nothing
# behind.  (teardown calls this too, where set -e is off: hence the returns.)
ended_by() {
    local signal=$1 text=''

    stopped=yes
    if waits_all_the_same 2>/dev/null; then
        fail "the server had not ended 1 s after SIG$signal: it sleeps" "expected: it ends immediately" "$(deaf_to "$signal")" || return
    fi
    drain || fail "the server had not ended $patience s after SIG$signal" "expected: it ends immediately" || return
    case $ended in
    exit* | signal\ [1239]\ * | signal\ 15\ *) ;;
    *) fail "the server did not end properly after SIG$signal: $(ending)" || return ;;
    esac
    [ "$left" = 0 ] || fail "the server ended after SIG$signal, but it left processes running" "expected: its children end, too" || return
    # read stops at a zero byte, or when it has so many bytes
    ! IFS= read -r -d '' -n 10000 text <server.out || [ "${#text}" = 10000 ] ||
        fail "the server printed a zero byte on stdout" "expected: text alone"
}

# deaf_to SIGNAL: if the kernel does not deliver SIGNAL (INT or TERM) to the server, why.
deaf_to() {
    local name mask bit=1 # SIGINT is 2, and the lowest bit is that of signal 1

    [ "$1" = INT ] || bit=14
    while IFS=$':\t' read -r name mask; do
        case $name in
        SigBlk) (((0x$mask >> bit & 1) == 0)) || echo "(SIG$1 is blocked)" ;;
        SigIgn) (((0x$mask >> bit & 1) == 0)) || echo "(SIG$1 is ignored)" ;;
        esac
    done 2>/dev/null <"/proc/$server/status" || true
}

# Read what the server still prints and drop it, until the server ends, and guard
# with it.  If that takes too long, tell guard to end, and return 1.
drain() {
    local status=0

    swallow "$patience" || status=$?
    read_report
    [ "$status" != 0 ] || return 0
    kill "$guard"
    swallow 10 || true
    return 1
}

# swallow SECONDS: read the server's stdout to its end, for so long at most.  bash
# reads each byte by itself, which is quicker than a process, but not if there is much.
swallow() {
    local status=0 lines=0 start=$SECONDS

    while [ "$status" = 0 ] && [ "$lines" -lt 30 ] && [ $((SECONDS - start)) -le "$1" ]; do
        IFS= read -r -t "$1" -u 8 line || status=$?
        lines=$((lines + 1))
    done
    [ "$status" != 0 ] || "$TOOLS/guard" -t "$1" -- sh -c 'exec cat >/dev/null' <&8 3>&- 4>&- || status=$?
    [ "$status" -le 1 ] # 1: its end
}

# read_report [FILE]: set guard and server (process ids), ended ("exit 0") and left
# from guard's report.
read_report() {
    guard='' server='' ended='' left=''
    { read -r guard server && read -r ended && read -r _ left; } <"${1:-serve.report}" || true
    [ "$guard" != error ] || ended="error $server" guard='' server=''
}

# ending: how a program ended, in words.
ending() {
    case $ended in
    exit*) echo "exit status ${ended#exit }" ;;
    signal*) echo "killed by $ended" ;;
    timeout*) echo "it had not ended after ${ended#timeout } s" ;;
    output*) echo "it printed more than ${ended#output } bytes" ;;
    "error $BUILD/"*) echo "it cannot be run: ${ended#error }" ;;
    error*)
        echo "guard failed: ${ended#error }"
        echo "guard failed: ${ended#error }" >&3 # for tests/grade: where no program can write
        ;;
    memory*) echo "it used more than ${ended#memory } bytes of memory" ;;
    *) echo "${ended:-it is still running}" ;;
    esac
}

# is_at ADDRESS: the server's ready line names ADDRESS.  (How its port looks, and
# what the socket is bound to, shows which mistake it is.)
is_at() {
    local remark

    [ "$address" != "$1" ] || return 0
    remark=$(swapped "$1" "$address")
    [ -n "$remark" ] || [ "${address%:*}" != "${1%:*}" ] || [ "$port" -lt 32768 ] ||
        remark="such a port is what the kernel picks for port 0"
    if in_room "$TOOLS/probe" taken "$1" 2>/dev/null; then remark+=${remark:+; }"the socket is bound to $1"; fi
    fail "the address in its ready line: $address" "expected:                      $1" ${remark:+"($remark)"}
}

# serve_everywhere: start the server with the empty host: it takes a wildcard address.
serve_everywhere() {
    serve '' 0
    case $address in
    0.0.0.0:* | '[::]:'*) ;;
    *) fail "the address in its ready line: $address" "expected: 0.0.0.0 or [::]" ;;
    esac
}

# is_reached STEP...: a client can have this conversation with a server that was
# given an address, every address, a name, or an IPv6 address; and only there.
is_reached() {
    needs_address 127.0.0.2
    serve 127.0.0.1 0
    [ "$address" = "127.0.0.1:$port" ] || fail "the address in its ready line: $address" "expected: 127.0.0.1 and a port"
    probe refused "127.0.0.2:$port"
    stop_server
    serve_everywhere
    probe tcp "127.0.0.2:$port" "$@"
    stop_server
    if "$TOOLS/probe" names localhost 0 >/dev/null 2>&1; then
        serve localhost 0
        probe tcp "$address" "$@"
        stop_server
    fi
    needs_address '[::1]'
    serve ::1 0
    [ "$address" = "[::1]:$port" ] || fail "the address in its ready line: $address" "expected: [::1] and a port"
    probe tcp "$address" "$@"
}
