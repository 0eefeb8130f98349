# test.bash - what surrounds each test: its directory, its patience, its end.

# bats notes the line before each command, which takes longer than most commands.
# Let it do so in the test itself, and not in the functions that the test calls.
setup() {
    set +T
    declare -ft "$BATS_TEST_NAME"
    prepare
    [ ! -e "$BUILD/stop" ] || skip "a test before this one failed"
}

# prepare: go to the test's own directory, and choose how long it waits.
prepare() {
    export patience=${PATIENCE:-5} # seconds; 1 after a test of this suite waited in vain
    [ ! -e "$BUILD/impatient" ] || patience=1
    began=$SECONDS
    said=$BATS_TEST_TMPDIR.said # what the failure's account says; beside our directory, where no program can write
    cd "$BATS_TEST_TMPDIR" || return 1
    local name
    if [ -n "$JAIL" ] && [ -n "$GUARD_SHARES" ]; then # a program may try to fill it
        "$TOOLS/room" -m . && cd "$PWD" || return 1
    fi
    for name in in $GUARD_SHARES; do : >"$name"; done
    if [ -n "$GUARD_USER" ] && [ -n "$GUARD_SHARES" ]; then # the program writes here as another user
        chmod 1777 . && umask 000
    fi
}

# A lesson must not take forever because of a program that is slow to start, or that
# does not answer.  So we count the seconds that its tests have waited: for its start
# (an s for each second in $BUILD/waited.PROGRAM), and in vain (a v), which is all the
# time of the tests that failed.

# waits PROGRAM SECONDS [v]: note that the tests waited for PROGRAM for so long.
waits() {
    local i

    for ((i = 0; i < $2; i++)); do printf '%s' "${3-s}"; done >>"$BUILD/waited.$1"
}

# hasten PROGRAM: choose how long this test waits for PROGRAM, which it is about.  `hurry`
# is a part of a second: then it is said instead of `patience`.
hasten() {
    local waited='' vain

    judging=$1 hurry=''
    [ ! -e "$BUILD/waited.$1" ] || IFS= read -r waited <"$BUILD/waited.$1" || true # has no newline
    vain=${waited//s/}
    [ ${#waited} -lt 20 ] || [ "$patience" -le 2 ] || patience=2
    [ ${#waited} -lt 20 ] || [ ${#vain} -lt 8 ] || [ "${BASH_VERSINFO[0]}" -lt 4 ] || hurry=0.3
}

# continue_guards: a test may have stopped the guard of a program, so that nobody reads
# what the program prints.  One that is stopped could not be ended.
continue_guards() {
    local report pid

    for report in *.report; do
        [ -f "$report" ] && [ ! -L "$report" ] && read -r pid _ <"$report" || continue
        case $pid in '' | *[!0-9]*) ;; *) kill -s CONT "$pid" 2>/dev/null || true ;; esac
    done
}

# when_it_ended: the server has ended, but when?  It may be an effect of what failed.
when_it_ended() {
    if grep -qs '^  meanwhile the server' "$said"; then
        echo 'after that the server ended'
    else
        echo 'the server had ended'
    fi
}

# End what the test has left running.  A server must have run until now.
teardown() {
    continue_guards
    [ -z "$siege" ] || { kill "$siege" && wait "$siege"; } 2>/dev/null
    [ -z "$room" ] || kill "$room" 2>/dev/null
    if [ -z "$BATS_TEST_COMPLETED" ]; then
        if [ -n "$guard" ] && [ -z "$stopped" ]; then
            whole_report server.err
            { kill "$guard" && kill -s CONT "$guard"; } 2>/dev/null || true # it may be stopped
            drain || true
            [ "$ended" = ended ] || grep -qs 'ended before it was ready' "$said" || account "$(when_it_ended): $(ending)"
        fi
        explain
    elif [ -n "$guard" ] && [ -z "$stopped" ]; then
        stop_server TERM
    fi
    local status=$?
    [ -z "$JAIL" ] || [ -z "$GUARD_SHARES" ] || "$TOOLS/room" -u "$PWD"
    return "$status"
}
