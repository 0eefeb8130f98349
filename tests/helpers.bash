# helpers.bash - the words that the suites are made of.
#
# A suite names its `programs` and the words that its server is `ready` with.
# It judges $LESSONS/<the suite's name>: tests/04-echo.bats judges 04-echo.
#
# Descriptors: 8 reads the server's stdout, 9 holds a network of our own.

root=${BATS_TEST_DIRNAME%/*}
lesson=${BATS_TEST_FILENAME##*/}
lesson=${lesson%.bats}

# Build the programs, from their sources alone, in a place of our own.
setup_file() {
    local program source
    export BUILD=$BATS_FILE_TMPDIR

    for program in $programs; do
        source=$LESSONS/$lesson/$program.c
        [ -f "$source" ] && [ ! -L "$source" ] || continue
        # shellcheck disable=SC2086  # CC and CFLAGS are lists of words
        "$TOOLS/guard" -t 30 -o 100000000 -- \
            $CC $CFLAGS -o "$BUILD/$program" "$source" >"$BUILD/$program.log" 2>&1 3>&- 4>&- &
    done
    wait
}

setup() {
    local program

    patience=5 # seconds; fewer when this suite has waited in vain before
    [ ! -e "$BUILD/impatient" ] || patience=1
    began=$SECONDS
    # shellcheck disable=SC2164  # bats made it
    cd "$BATS_TEST_TMPDIR"
    : >in
    for program in $programs; do
        [ -x "$BUILD/$program" ] && continue
        if [ -e "$BUILD/$program.log" ]; then
            fail "$program.c does not compile:" "$(head -n 20 "$BUILD/$program.log")"
        else
            fail "$program.c is missing: there is no file $LESSONS/$lesson/$program.c"
        fi
    done
}

# End what the test has left running; what should run on must have done so.
teardown() {
    local status=0

    if [ -n "$guard" ] && [ -z "$stopped" ]; then
        if [ -n "$BATS_TEST_COMPLETED" ]; then
            stop_server || status=1
        else
            kill "$guard" 2>/dev/null
            drain
        fi
    fi
    [ -z "$room" ] || kill "$room" 2>/dev/null
    if [ -z "$BATS_TEST_COMPLETED" ] || [ "$status" != 0 ]; then
        explain
    fi
    return "$status"
}

# fail LINE...: end the test as failed, saying why.
fail() {
    printf '%s\n' "$@"
    return 1
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
    [ "$LESSONS" = "$root/lessons" ] || judged="LESSONS='$LESSONS' "
    printf '%s\n' \
        "usually: $mistake" \
        "notes:   lessons/$lesson/README.md, \"$heading\"" \
        "again:   ${judged}SEED=$SEED bats tests/$lesson.bats -f '^$BATS_TEST_DESCRIPTION\$'"
}

# alone [HOSTS]: what follows happens in a network of its own, where every port
# is free, with the file HOSTS as /etc/hosts.  Skips where that is not allowed.
alone() {
    local line

    exec 9< <(exec "$TOOLS/room" ${1:+-h "$1"} "$TOOLS/guard" -t 60 -r room.report -- \
        sh -c 'echo open; exec sleep 60' 2>/dev/null 3>&- 4>&-)
    IFS= read -r -t "$patience" -u 9 line || skip "this system lets us make no network of our own"
    room=$(sed -n 's/^guard //p' room.report)
}

# in_room COMMAND...: run it in the network of `alone`, if there is one.
in_room() {
    if [ -n "$room" ]; then
        "$TOOLS/room" -j "$room" "$@"
    else
        "$@"
    fi
}

probe() {
    in_room "$TOOLS/probe" -t "$patience" "$@"
}

# serve [ARG]...: start the server (127.0.0.1 and any port) and wait until it
# says where it is.  Sets address, server and guard (process ids).  `files`
# limits its descriptors.
serve() {
    [ $# -gt 0 ] || set -- 127.0.0.1 0
    exec 8< <(exec ${room:+"$TOOLS/room" -j "$room"} "$TOOLS/guard" -t 60 ${files:+-n "$files"} \
        -r server.report -- "$BUILD/server" "$@" </dev/null 2>server.err 3>&- 4>&- 9<&-)
    stopped='' line='' address=''
    local status=0
    IFS= read -r -t "$patience" -u 8 line || status=$?
    read_report
    if [ "$status" -gt 128 ]; then
        fail "server ${*@Q} said nothing on stdout for $patience s; expected: $ready ADDRESS"
    elif [ "$status" != 0 ]; then
        drain
        fail "server ${*@Q} ended before it was ready: $(ending); expected on stdout: $ready ADDRESS"
    fi
    address=${line#"$ready "}
    [ "$address" != "$line" ] || fail "the first line on stdout: $line" "expected:                 $ready ADDRESS"
}

# hear LINE: the next line that the server prints must be LINE.
hear() {
    IFS= read -r -t "$patience" -u 8 line || fail "the server's next line: none within $patience s" "expected:               $1"
    [ "$line" = "$1" ] || fail "the server's next line: $line" "expected:               $1"
}

# stop_server [SIGNAL]: end the server by a signal; it must have run until then,
# and leave nothing.
stop_server() {
    local signal=${1:-TERM}

    stopped=yes
    read_report
    [ -z "$ended" ] || fail "the server ended by itself: $(ending)"
    kill "-$signal" "$server"
    drain || fail "the server had not ended $patience s after SIG$signal"
    case $ended in
    exit* | "signal 15 "* | "signal 2 "*) ;;
    *) fail "the server did not end in order after SIG$signal: $(ending)" ;;
    esac
    [ "$left" = 0 ] || fail "the server ended, but it left processes running"
}

# Read on until the server's stdout ends, and with it guard.  If that takes too
# long, guard is told to end, and the status is 1.
drain() {
    local status=0 line

    while [ "$status" = 0 ]; do
        IFS= read -r -t "$patience" -u 8 line || status=$?
    done
    read_report
    [ "$status" -gt 128 ] || return 0
    kill "$guard"
    while IFS= read -r -t 10 -u 8 line; do :; done
    return 1
}

# Set guard, server (process ids), ended ("exit 0") and left from guard's report.
read_report() {
    local key value

    guard='' server='' ended='' left=''
    while read -r key value; do
        case $key in
        guard) guard=$value ;;
        pid) server=$value ;;
        left) left=$value ;;
        *) ended=${ended:-$key $value} ;;
        esac
    done <"${1:-server.report}"
}

# How it ended, for people.
ending() {
    case $ended in
    exit*) echo "exit status ${ended#exit }" ;;
    signal*) echo "killed by $ended" ;;
    timeout*) echo "it had not ended after ${ended#timeout } s" ;;
    output*) echo "it printed more than ${ended#output } bytes" ;;
    *) echo "${ended:-it still runs}" ;;
    esac
}

# stop_and_continue: SIGSTOP to all that the server consists of, and SIGCONT.
pause_server() {
    kill -STOP -- "-$server"
    look stopped
}
resume_server() {
    kill -CONT -- "-$server"
}

# look [CONDITION]: see tests/tools/look.c.  Skips where there is no /proc.
look() {
    local status=0

    "$TOOLS/look" -t "$patience" "$guard" "$@" || status=$?
    [ "$status" != 4 ] || skip "this system has no /proc to look into"
    return "$status"
}

# no_growth: what the server holds now must be what it held when we called
# `remember` (descriptors, processes).
remember() {
    look asleep || true
    # shellcheck disable=SC2046  # three numbers
    set -- $(look)
    held="$1 $2" memory=$3
}

# try PROGRAM [ARG]...: run it to its end, stdin from the file in, stdout to out,
# stderr to err.  Sets status.
try() {
    status=0
    in_room "$TOOLS/guard" -t "$patience" -o 100000000 ${files:+-n "$files"} -r try.report -- \
        "$BUILD/$1" "${@:2}" <in >out 2>err 3>&- 4>&- || status=$?
    read_report try.report
    guard='' tried="$*"
}

# fails STATUS [CALL]: what was tried says why on stderr (in one line that names
# CALL), prints nothing on stdout, and exits with STATUS.
fails() {
    [ "$ended" = "exit $1" ] || fail "$tried" "expected: exit status $1" "but:      $(ending)"
    [ ! -s out ] || fail "$tried" "expected: nothing on stdout" "but:      $(head -n 3 out)"
    [ -s err ] || fail "$tried" "expected: a line on stderr that says why" "but:      nothing"
    [ $# -lt 2 ] || { [ "$(wc -l <err)" -eq 1 ] && grep -q "$2" err; } ||
        fail "$tried" "expected: one line on stderr, which names $2"
}

# meet [STEP]...: run the client against a scripted server (tests/tools/probe.c),
# stdin from the file in, stdout to out, stderr to err.
meet() {
    probe listen 127.0.0.1:0 start "$run_client" accept "$@"
}
# shellcheck disable=SC2016  # the shell that probe starts expands it
run_client='exec "$TOOLS/guard" -o 100000000 -- "$BUILD/client" "$HOST" "$PORT" <in >out 2>err'

# same FILE FILE: the two hold the same bytes.
same() {
    cmp "$1" "$2" || fail "the files differ: $1 has $(wc -c <"$1") bytes, $2 has $(wc -c <"$2")"
}
