# helpers.bash - the words that the suites are made of.
#
# A suite names its `programs` and the words that its server is `ready` with.
# It judges $LESSONS/<the suite's name>: tests/04-echo.bats judges 04-echo.
#
# Descriptors: 8 reads the server's stdout, 9 holds a network of our own.

root=${BATS_TEST_FILENAME%/tests/*}
lesson=${BATS_TEST_FILENAME##*/}
lesson=${lesson%.bats}
programs=${programs:-} ready=${ready:-}
through=() files='' # see try and serve
export guard='' server='' address='' port='' # the running server's; see serve

# What a conversation can `run`: watch the server; stop and continue it once it
# is at rest, as Ctrl-Z and fg do.  (A failure shows the words before the first ;.)
export look_idle=': watch that it uses no processor time; "$TOOLS/look" "$guard" idle'
export look_asleep=': wait until it sleeps; "$TOOLS/look" -t "$((4 * patience))" "$guard" asleep'
export look_sending=': wait until it sleeps in a call that sends; "$TOOLS/look" -t "$((4 * patience))" "$guard" sending' # and perhaps a number of bytes
export stop_and_continue=': stop it, and continue it; "$TOOLS/look" "$guard" stop && "$TOOLS/look" "$guard" continue'

# Build the programs, from their sources alone, in a place of our own.
setup_file() {
    local program source
    export BUILD=$BATS_FILE_TMPDIR
    [ -z "$JAIL" ] || BUILD=/build # the one that is seen in the jail too

    cd "$BUILD" || return 1
    [ -z "$GUARD_USER" ] || chmod 1777 .
    for program in $programs; do
        source=$LESSONS/$lesson/$program.c
        [ -f "$source" ] && [ ! -L "$source" ] || continue
        compile "$program" "$source" $CFLAGS >"$program.log" 2>&1 3>&- 4>&- &
    done
    wait
}

# compile PROGRAM SOURCE [OPTION]...: build $BUILD/PROGRAM; the compiler is
# guarded, for nobody knows what the source includes.
compile() {
    (cd "$BUILD" && GUARD_SHARES=' ' "$TOOLS/guard" -t 30 -o 100000000 -r "$1.build" -- $CC "${@:3}" -o "$1" "$2")
}

# bats notes the line before each command, which takes longer than most of them.
# Let it do so in the test, and not in what is called from here on.
setup() {
    set +T
    declare -ft "$BATS_TEST_NAME"
    prepare
}

# prepare: where the test runs, and for how long it waits.
prepare() {
    export patience=${PATIENCE:-5} # seconds; fewer when this suite has waited in vain
    [ ! -e "$BUILD/impatient" ] || patience=1
    began=$SECONDS
    cd "$BATS_TEST_TMPDIR" || return 1
    local name
    if [ -n "$JAIL" ] && [ -n "$GUARD_SHARES" ]; then # it may be filled up
        "$TOOLS/room" -m . && cd "$PWD" || return 1
    fi
    for name in in $GUARD_SHARES; do : >"$name"; done
    if [ -n "$GUARD_USER" ] && [ -n "$GUARD_SHARES" ]; then # it meets us here, but is another user
        chmod 1777 . && umask 000
    fi
}

# needs_program PROGRAM: it can be run; else say why not.  (The others may be
# judged all the same.)
needs_program() {
    [ ! -x "$BUILD/$1" ] || return 0
    mistake='it is not written yet, or has another name' heading='Write it yourself'
    [ -e "$BUILD/$1.log" ] || fail "$1.c is missing: there is no file $LESSONS/$lesson/$1.c" || return
    mistake='what the compiler says first; the rest often follows from it'
    ended=$(sed -n '/^error/p; 2p' "$BUILD/$1.build")
    fail "$1.c does not compile: $(ending)" "$(head -c 4000 "$BUILD/$1.log" | head -n 20)"
}

# End what the test has left running; a server must have run until now.
teardown() {
    [ -z "$siege" ] || { kill "$siege" && wait "$siege"; } 2>/dev/null
    [ -z "$room" ] || kill "$room" 2>/dev/null
    if [ -z "$BATS_TEST_COMPLETED" ]; then
        if [ -n "$guard" ] && [ -z "$stopped" ]; then
            { kill "$guard" && kill -s CONT "$guard"; } 2>/dev/null || true # it may be stopped
            drain || true
            [ "$ended" = ended ] || echo "the server had ended: $(ending)"
        fi
        explain
    elif [ -n "$guard" ] && [ -z "$stopped" ]; then
        stop_server TERM
    fi
    local status=$?
    [ -z "$JAIL" ] || [ -z "$GUARD_SHARES" ] || "$TOOLS/room" -u "$PWD"
    return "$status"
}

# fail LINE...: end the test as failed, saying why.
fail() {
    printf '%s\n' "$@"
    [ -z "$BATS_TEST_COMPLETED" ] || explain # nobody else will
    return 1
}

# shown FILE: its first lines, or that there are none.
shown() {
    if [ -s "$1" ]; then head -c 2000 "$1" | head -n 5; else echo nothing; fi
}

# hint MISTAKE HEADING: what a failure of this test usually comes from, and
# which part of the lesson's notes treats it.
hint() {
    mistake=$1 heading=$2
}

# What a learner needs after a failure.
explain() {
    local judged='' name

    [ $((SECONDS - began)) -lt "$patience" ] || : >"$BUILD/impatient"
    for name in server.err err; do
        [ ! -s "$name" ] || printf '%s\n' "it said on stderr:" "$(head -c 2000 "$name" | head -n 10)"
    done
    case $ended in
    'signal 7 '* | 'signal 11 '*)
        echo "it used memory that it must not use: built with cc -g -fsanitize=address, it says where" ;;
    esac
    [ "$LESSONS" = "$root/lessons" ] || judged="LESSONS='${LESSONS#"$root/"}' "
    printf '%s\n' \
        "usually: $mistake" \
        "notes:   lessons/$lesson/README.md, \"$heading\"" \
        "again:   ${judged}SEED=$SEED bats tests/$lesson.bats -f '^${BATS_TEST_DESCRIPTION//\'/.}\$'"
}

# alone [HOSTS]: what follows happens in a network of its own, where every port
# is free, with the file HOSTS as /etc/hosts.  Skips where that is not allowed.
alone() {
    local line

    exec 9< <(exec "$TOOLS/room" ${1:+-h "$1"} "$TOOLS/guard" -t 120 -r room.report -- \
        sh -c 'echo open; exec sleep 120' 2>/dev/null 3>&- 4>&-)
    IFS= read -r -t "$patience" -u 9 line || skip "this system lets us make no network of our own"
    read -r room _ <room.report
}

# apart: the same, but where it is not allowed, it happens here.
apart() {
    ! "$TOOLS/room" true 2>/dev/null || alone ""
}

# in_room COMMAND...: run it in the network of `alone`, if there is one.  In a
# jail a server sees no process outside: who is to be `seen` goes in.
in_room() {
    if [ -n "$room" ]; then
        "$TOOLS/room" -j "$room" "$@"
    elif [ -n "$JAIL" ] && [ -n "$seen" ]; then
        timeout -s KILL $((patience + 5)) "$TOOLS/room" -p "$server" "$@"
    else
        "$@"
    fi
}

probe() {
    in_room "$TOOLS/probe" -t "$patience" "$@"
}

# serve [ARG]...: start the server (or the program `serving`) and wait until it
# says where it is.  Sets address, its port, and the process ids server and
# guard.  `files` limits its descriptors.
serve() {
    needs_program "${serving:-server}"
    exec 8< <(exec ${room:+"$TOOLS/room" -j "$room"} "$TOOLS/guard" -t 120 -o 64000000 ${files:+-n "$files"} \
        -r serve.report -- "$BUILD/${serving:-server}" "$@" </dev/null 2>server.err 3>&- 4>&- 9<&-)
    stopped='' line='' address='' processes=''
    local status=0
    IFS= read -r -t "$patience" -u 8 line || status=$?
    read_report
    if [ "$status" -gt 128 ]; then
        fail "server $* said nothing on stdout for $patience s; expected: $ready ADDRESS"
    elif [ "$status" != 0 ]; then
        drain
        fail "server $* ended before it was ready: $(ending); expected on stdout: $ready ADDRESS"
    fi
    address=${line##*"$ready "} # the line ends in it
    port=${address##*:}
    [ "$address" != "$line" ] || fail "the first line on stdout: $line" "expected:                 $ready ADDRESS"
}

# serve_unheard [ARG]...: start the server, but its stdout is full: it cannot go
# on once it has begun to say where it is, and we wait until then.
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

# hear [LINE]: read the server's next line; if LINE is given, the next that
# begins with its first word and has as many.  It must be LINE.
hear() {
    local wanted words
    read -r -a wanted <<<"${1-}"

    while IFS= read -r -t "$patience" -u 8 line; do
        read -r -a words <<<"$line"
        [ $# -gt 0 ] && [ "${#words[@]} ${words[0]}" != "${#wanted[@]} ${wanted[0]}" ] && continue
        [ "$line" = "${1:-$line}" ] || fail "the server's next line: $line" "expected:               $1"
        return
    done
    fail "the server's next line: none for $patience s" "expected:               ${1:-any}"
}

# hear_at_last LINE: whatever else the server says first, it says LINE.
hear_at_last() {
    local heard=()

    until [ "$line" = "$1" ]; do
        IFS= read -r -t "$patience" -u 8 line || fail "the server says:" "${heard[@]:-nothing}" \
            "expected among that: $1"
        heard=("${heard[@]: -4}" "$line")
    done
}

# stop_server [SIGNAL]: end the server by a signal; it must have run until then,
# and leave nothing.
stop_server() {
    local signal=${1:-TERM}

    read_report
    [ -z "$ended" ] || fail "the server had ended: $(ending)" || return
    kill -s "$signal" "$server"
    ended_by "$signal"
}

# waits_all_the_same: a second from now the server has not ended, and is at rest.
# (One that is busy ending, on a busy machine, gets more time; and it may have
# ended, but not what it leaves behind.)
waits_all_the_same() {
    ! swallow 1 && "$TOOLS/look" -t 0.3 "$guard" asleep && read_report && [ -z "$ended" ]
}

# ended_by SIGNAL: the server, which has been sent SIGNAL, ends and leaves nothing.
# (It is called in teardown, too, where set -e is off: hence the returns.)
ended_by() {
    local signal=$1

    stopped=yes
    if waits_all_the_same 2>/dev/null; then
        fail "the server had not ended 1 s after SIG$signal: it waits for something" "expected: it ends at once" || return
    fi
    drain || fail "the server had not ended $patience s after SIG$signal" || return
    case $ended in
    exit* | signal\ [1239]\ * | signal\ 15\ *) ;;
    *) fail "the server did not end in order after SIG$signal: $(ending)" || return ;;
    esac
    [ "$left" = 0 ] || fail "the server ended, but it left processes running"
}

# Let go what the server still says, until it ends, and with it guard.  If that
# takes too long, guard is told to end, and the status is 1.
drain() {
    local status=0

    swallow "$patience" || status=$?
    read_report
    [ "$status" != 0 ] || return 0
    kill "$guard"
    swallow 10 || true
    return 1
}

# swallow SECONDS: read the server's stdout to its end, for so long at most.
# (Of many lines bash would read each byte by itself.)
swallow() {
    local status=0

    IFS= read -r -t "$1" -u 8 line || status=$?
    [ "$status" != 0 ] || "$TOOLS/guard" -t "$1" -- sh -c 'exec cat >/dev/null' <&8 3>&- 4>&- || status=$?
    [ "$status" -le 1 ] # 1: its end
}

# Set guard, server (process ids), ended ("exit 0") and left from guard's report.
read_report() {
    guard='' server='' ended='' left=''
    { read -r guard server && read -r ended && read -r _ left; } <"${1:-serve.report}" || true
    [ "$guard" != error ] || ended="error $server" guard='' server=''
}

# How it ended, for people.
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
    *) echo "${ended:-it still runs}" ;;
    esac
}

# Stop all that the server consists of, as Ctrl-Z does.  What $resume says
# continues it, as fg does.
pause_server() {
    look stop
    export resume='"$TOOLS/look" "$guard" continue'
}

# look [CONDITION]: see tests/tools/look.c; such a test needs_proc.
look() {
    "$TOOLS/look" -t "$patience" "$guard" "$@"
}

# Remember what the server holds at rest; later it must hold no more.  Before
# its first client, that is its processes; after some, its descriptors.
remember() {
    local now

    look asleep
    read -r now descriptors _ <<<"$(look)"
    processes=${processes:-$now}
}
holds_no_more() {
    look at-most "$processes" "$descriptors"
}

# memory_settles [ARG]...: the same conversation many times (see probe), again
# and again, until one round of it leaves the server no larger than the round
# before.  A cache has a bound, and some day is full; a leak is never.
memory_settles() {
    local memory before='' grown=() times=("$@")

    [ "$1" != -n ] || times[1]=$(($2 / 10 + 1)) # fewer, to warm up
    for _ in {1..7}; do
        probe "${times[@]}"
        times=("$@")
        case $CFLAGS in *-fsanitize=*) skip "a sanitizer takes memory of its own" ;; esac
        look asleep
        read -r _ _ memory <<<"$(look)"
        [ -z "$before" ] || [ $((memory - before)) -gt 4 ] || return 0
        [ -z "$before" ] || grown+=("$((memory - before))")
        before=$memory
    done
    fail "probe $*" "that seven times, the first time fewer; expected: at last it leaves the server no larger than the time before" \
        "but: after the first time it grew by ${grown[*]} KiB, each time anew"
}

# besiege [STEP]...: clients that come again and again, whatever becomes of
# them, until the test's end.
besiege() {
    probe siege "$address" "$@" >/dev/null 2>&1 3>&- 4>&- 8<&- &
    siege=$!
}

# try PROGRAM [ARG]...: run it to its end, stdin from the file in, stdout to out,
# stderr to err.  `through` is a command that runs it, if it is set.
try() {
    printf -v tried '%q ' "$@"
    needs_program "$1"
    in_room "$TOOLS/guard" -t "$patience" ${files:+-n "$files"} -r "$1.report" -- \
        "${through[@]}" "$BUILD/$1" "${@:2}" <in >out 2>err 3>&- 4>&- || true
}

# bring_modes: put the tool that watches each call of a program where the program
# is, for it is run as the program would be.
bring_modes() {
    [ -x "$BUILD/modes" ] || cp "$TOOLS/modes" "$BUILD/"
}

# is_prepared ARG...: the server, run with these, says that it listens, and when
# it gets SIGTERM with that line, it ends with status 0.
is_prepared() {
    bring_modes
    through=("$BUILD/modes" -e "$1")
    files=1024 try server "$@"
    ! grep -qx 'exit 126' server.report || skip "this system does not let us trace a program"
    grep -qx 'exit 0' server.report || fail "SIGTERM came with the ready line" "expected: exit status 0" \
        "but: $(sed -n 2p server.report) (143 is 128 + SIGTERM)"
}

# prints LINE: what was tried prints just LINE, and exits with status 0.
prints() {
    local guard server ended left

    read_report "${tried%% *}.report"
    [ "$ended" = "exit 0" ] || fail "$tried" "expected: exit status 0" "but:      $(ending)"
    printf '%s\n' "$1" | cmp -s - out || fail "$tried" "expected: $1" "but:      $(shown out)"
}

# fails STATUS [CALL [PROGRAM]]: what was tried says why on stderr (in one line
# that names CALL), prints nothing on stdout, and exits with STATUS.
fails() {
    local guard server ended left why

    tried=${3:-$tried}
    read_report "${tried%% *}.report"
    [ "$ended" = "exit $1" ] || fail "$tried" "expected: exit status $1" "but:      $(ending)"
    [ ! -s out ] || fail "$tried" "expected: nothing on stdout" "but:      $(shown out)"
    [ -s err ] || fail "$tried" "expected: a line on stderr that says why" "but:      nothing"
    IFS= read -r -d '' why <err || true
    [ $# -lt 2 ] || [[ $why =~ ^[^$'\n']*$'\n'$ && " $why" =~ [^[:alnum:]_]$2[^[:alnum:]_] ]] ||
        fail "$tried" "expected: one line on stderr, which names $2" "but:      $(shown err)"
}

# refuses_ports PROGRAM: for it, what is no port is a usage error.
refuses_ports() {
    for port in 65536 4294967376 18446744073709551696 99999999999999999999 -1 -0 +80 80x '' ' 80' '80 ' 0x50 http; do
        try "$1" 127.0.0.1 "$port"
        fails 2
    done
}

# meet [STEP]...: run the client against a scripted server (tests/tools/probe.c)
# at `meeting_point`, stdin from the file in, stdout to out, stderr to err.
meet() {
    await_client accept "$@"
}

# await_client [STEP]...: the same, but the steps begin before it is accepted.
await_client() {
    needs_program client
    probe "${meeting_kind:-listen}" "${meeting_point:-127.0.0.1:0}" start "$(run_client)" "$@"
}

# What the conversation can `run`: wait until the client is at rest; stop it then,
# and continue it.
export client_asleep=': wait until the client sleeps; read -r its_guard _ <client.report; "$TOOLS/look" -t "$((4 * patience))" "$its_guard" asleep'
export client_writes=': wait until the client sleeps in a call that writes; read -r its_guard _ <client.report; "$TOOLS/look" -t "$((4 * patience))" "$its_guard" sending'
export stop_client=': stop the client; read -r its_guard _ <client.report
    "$TOOLS/look" -t "$((4 * patience))" "$its_guard" asleep && "$TOOLS/look" "$its_guard" stop'
export continue_client=': continue the client; read -r its_guard _ <client.report; "$TOOLS/look" "$its_guard" continue'

# The shell command that does so, with `client_arguments` and `client_input`;
# probe sets HOST and PORT.
run_client() {
    local arguments='"$HOST" "$PORT"'

    printf '%s' 'exec "$TOOLS/guard" -t 60 -o 100000000 -r client.report -- "$BUILD/client" ' \
        "${client_arguments-$arguments}" " <${client_input:-in} >out 2>err"
}

# client_prints_all_when_stopped: it is stopped and continued in mid-write.
client_prints_all_when_stopped() {
    needs_proc
    [ "$(getconf PAGESIZE)" = 4096 ] || skip "this system's pipes are too large"
    { printf x && "$TOOLS/probe" stream 65536; } >in
    # Nobody takes what it prints: there is room for 64 KiB in the pipe, the x in a page of its own.
    meet run ': take nothing that it prints; read -r its_guard _ <client.report; kill -s STOP "$its_guard"' \
        expect x expect-stream 65536 send x run "$client_asleep" send-stream 65536 run "$client_writes" \
        run "$stop_client" run "$continue_client" run ': take what it prints; read -r its_guard _ <client.report; kill -s CONT "$its_guard"' close ends 0
    same in out
}

# out_is LINE: the client has printed just LINE.
out_is() {
    printf '%s\n' "$1" | cmp -s - out || fail "client" "expected: $1" "but:      $(shown out)"
}

# serve_everywhere: start the server with the empty host, and see what that is.
serve_everywhere() {
    serve '' 0
    case $address in
    0.0.0.0:* | '[::]:'*) ;;
    *) fail "it says: $address" "expected: 0.0.0.0 or [::]" ;;
    esac
}

# is_reached STEP...: a client can have this conversation with the server that
# it finds at an address, at any of them, by name, and over IPv6; and nowhere else.
is_reached() {
    needs_address 127.0.0.2
    serve 127.0.0.1 0
    [ "$address" = "127.0.0.1:$port" ] || fail "it says: $address" "expected: 127.0.0.1 and a port"
    probe refused "127.0.0.2:$port"
    stop_server
    serve_everywhere
    probe tcp "127.0.0.2:$port" "$@"
    stop_server
    if probe names localhost 0 >/dev/null; then
        serve localhost 0
        probe tcp "$address" "$@"
        stop_server
    fi
    needs_address '[::1]'
    serve ::1 0
    [ "$address" = "[::1]:$port" ] || fail "it says: $address" "expected: [::1] and a port"
    probe tcp "$address" "$@"
}

# needs_address ADDRESS: skip where this machine lacks it (::1, 127.0.0.2).
needs_address() {
    "$TOOLS/probe" free "$1:0" 2>/dev/null || skip "this machine has no address $1"
}

# needs_proc: skip where there is no /proc to look into.
needs_proc() {
    [ -e /proc/self/stat ] || skip "this system has no /proc to look into"
}

# same FILE FILE: the two hold the same bytes.
same() {
    cmp "$1" "$2" || fail "the files differ: $1 has $(wc -c <"$1") bytes, $2 has $(wc -c <"$2")"
}
