# many.bash - what the suites of servers for many clients (08, 09) ask alike.

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
}

# refuses_a_taken_port: another server that already listens there keeps its port.
refuses_a_taken_port() {
    serve 127.0.0.1 0
    try server 127.0.0.1 "$port"
    fails 1 bind EADDRINUSE
}
