# strike.bash - a signal arrives at a moment that nobody could hit from outside:
# just before the server's first call that sends, or its first call that waits.

# strike_before CALL SIGNAL KIND [STEP]...: make a program, whose name is in $struck,
# which is the server, and is sent SIGNAL just before its first call that does CALL:
# send or wait.  (serve_struck starts it.)  The conversation, in which a server answers
# something, shows whether that works with this program: sets `strikes` to yes or
# nothing.  (It does not if it has threads, if its children make that call, or if
# it is linked statically.)
strike_before() {
    needs_program server
    strikes=''
    case $CFLAGS in *-fsanitize=*) return 0 ;; esac
    struck=struck-$BATS_TEST_NUMBER # another test may make one at the same time
    [ -e "$BUILD/strike.so" ] || {
        $CC -shared -fPIC -o "$BUILD/$struck.so" "$root/tests/helpers/strike.c" >"$said.strike" 2>&1 &&
            mv "$BUILD/$struck.so" "$BUILD/strike.so" || return 0
    }
    make_struck "$1" CONT # which does no harm
    serve_struck
    probe "$3" "${transport-}$address" "${@:4}"
    stop_server
    ! grep -q '^SIGCONT arrives' server.err || export strikes=yes
    make_struck "$1" "$2"
}

# serve_struck: start that server.
serve_struck() {
    if [ -n "${server_arguments-}" ]; then serving=$struck serve "${server_arguments[@]}"; else serving=$struck serve 127.0.0.1 0; fi
}

make_struck() {
    printf '#!/bin/sh\nSTRIKE=%s STRIKE_AT=%s LD_PRELOAD=%s/strike.so exec %s/server "$@"\n' "$2" "$1" "$BUILD" "$BUILD" >"$BUILD/$struck"
    chmod +x "$BUILD/$struck"
}

# ends_just_before_it_waits STEP...: SIGTERM that arrives just before the server's
# first call that waits ends it.  STEP... is any conversation.
ends_just_before_it_waits() {
    strike_before wait TERM tcp "$@"
    [ -n "$strikes" ] || skip "we cannot act just before this program's first call that waits"
    serve_struck
    ended_by TERM
}
