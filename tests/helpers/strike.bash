# strike.bash - a signal arrives at a moment that nobody could hit from outside:
# just before the server's first call that sends.

# strike_before_send SIGNAL KIND [STEP]...: make a program struck, which is the
# server, and is sent SIGNAL then (start it with serving=struck serve).  The
# conversation, in which a server answers something, shows whether that works
# with this program: sets `strikes` to yes or nothing.  (It does not if it has
# threads, if its children send, or if it is linked statically.)
strike_before_send() {
    needs_program server
    strikes=''
    case $CFLAGS in *-fsanitize=*) return 0 ;; esac
    $CC -shared -fPIC -o "$BUILD/strike.so" "$root/tests/helpers/strike.c" >"$said.strike" 2>&1 || return 0
    make_struck CONT # which does no harm
    serving=struck serve 127.0.0.1 0
    probe "$2" "$address" "${@:3}"
    stop_server
    ! grep -q '^SIGCONT arrives' server.err || export strikes=yes
    make_struck "$1"
}

make_struck() {
    printf '#!/bin/sh\nSTRIKE=%s LD_PRELOAD=%s/strike.so exec %s/server "$@"\n' "$1" "$BUILD" "$BUILD" >"$BUILD/struck"
    chmod +x "$BUILD/struck"
}
