# many.bash - what the suites of servers for many clients (08 to 11, 13) ask alike.

# allow FILES: a program started from now on may raise its limit of descriptors
# to FILES.  It gets 1024 to begin with, as in most shells.  Skips where the
# system forbids that.
allow() {
    local most

    most=$(ulimit -Hn)
    [ "$most" = unlimited ] || [ "$most" -ge "$1" ] || skip "a program may have $most descriptors here, and this takes $1"
    [ "$most" = 1024 ] || ulimit -Sn 1024
}

# ends_well SIGNAL: the server, which has been sent SIGNAL, ends with status 0.
ends_well() {
    ended_by "$1"
    ended_with_0 "$1"
}

# ended_with_0 SIGNAL: the status of the server that SIGNAL has ended is 0.
ended_with_0() {
    [ "$ended" = "exit 0" ] || fail "SIG$1 was sent to the server" "expected: exit status 0" "but:      $(ending)"
}

# starts_again STEP...: a server that closes its connections first, because it is
# ended in mid-conversation, gets the same port again immediately.
starts_again() {
    alone
    serve 127.0.0.1 65432
    probe tcp "$address" "$@" run 'kill -s TERM "$server"' expect-gone
    ended_by TERM
    serve 127.0.0.1 65432
    probe tcp "$address" "$@"
}

# listens_by_default STEP...: without arguments it is at 127.0.0.1, port 65432,
# and only there, and can have this conversation.
listens_by_default() {
    alone
    serve
    [ "$address" = 127.0.0.1:65432 ] || fail "server, without arguments" "expected: $ready 127.0.0.1:65432" "but:      $line"
    probe tcp 127.0.0.1:65432 "$@"
    probe refused 127.0.0.2:65432
    stop_server
    listens_before_it_says_so
}

# refuses_a_taken_port: another server that already listens there keeps its port.
refuses_a_taken_port() {
    serve 127.0.0.1 0
    try server ${directory:+"$directory"} 127.0.0.1 "$port"
    fails 1 bind EADDRINUSE
}

# build_variant NAME OPTION...: build the server once more for this test, with these
# options as well; $variant is its path in $BUILD.  Returns 1 if the compiler cannot do that.
build_variant() {
    needs_program server
    variant=$1-$BATS_TEST_NUMBER/server
    mkdir -p "$BUILD/${variant%/*}"
    compile "$variant" "$(source_of server)" $CFLAGS "${@:2}" >"$said.$1" 2>&1 3>&- 4>&-
    [ -x "$BUILD/$variant" ]
}

# idles_after_a_timeout REQUEST REPLY: a server whose long wait has timed out uses no
# processor time, and answers as before.
idles_after_a_timeout() {
    needs_proc
    hurried 127.0.0.1 0
    probe tcp "$address" send "$1" expect "$2" run "$look_idle" send "$1" expect "$2" run "$look_idle"
}

# ends_when_busy: while clients always wait to be accepted and served, SIGTERM is
# sent between two of the server's calls, and ends it with status 0.
ends_when_busy() {
    local guard server ended left

    needs_program server
    bring starve
    through=("$BUILD/starve")
    patience=$((patience + 10)) try server 127.0.0.1 0
    read_report server.report # how starve ended
    [ "$ended" != 'exit 126' ] || skip "this system does not let us trace a program"
    [ "$ended" != 'exit 124' ] || fail "SIGTERM was sent while a client was always ready" "expected: it ends immediately" \
        "but:      it had not ended after 3 s"
    [ "$ended" = 'exit 0' ] || fail "SIGTERM was sent while a client was always ready" "expected: exit status 0" "but:      $(ending)"
}

# sanitizes OPTION...: programs that are compiled with these options run here.
sanitizes() {
    local empty=$BUILD/empty-$BATS_TEST_NUMBER

    $CC "$@" -x c -o "$empty" - <<<'int main(void) { return 0; }' >"$said.sanitizes" 2>&1 && "$TOOLS/guard" -t 10 -- "$empty" 2>/dev/null
}

# serve_checked FILES: start the server on any port, with so many descriptors, built
# with checks for writes past the end of an array, and for FD_SET() past the end of a
# set, where there are some: such a write is not seen by itself.  Compilers can check
# the one, glibc the other.
serve_checked() {
    local checks=(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2) bounds=(-fsanitize=bounds -fsanitize-undefined-trap-on-error)

    if sanitizes "${bounds[@]}"; then checks+=("${bounds[@]}"); fi
    build_variant checked "${checks[@]}" || variant=server
    files=$1 serving=$variant serve 127.0.0.1 0
}

# survives_a_throng COUNT: COUNT clients connect, more than a set of select() can
# hold.  The surplus may wait, or lose its connection.
survives_a_throng() {
    allow "$(($1 + 100))"
    needs_proc
    serve_checked "$(($1 + 100))"
    probe tcp "$address" send hello expect hello
    remember
    probe -t $((4 * patience)) tcp "$address" may-close throng "$1" run "$look_asleep" some-served run "$look_idle"
    probe tcp "$address" send hello expect hello
    patience=$((4 * patience)) holds_no_more
}
