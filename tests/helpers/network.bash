# network.bash - networks of our own, and the addresses that this machine has.

# A label of more than 63 bytes: no name server has to be asked.
printf -v no_such_host 'no%070dsuch.invalid' 0
export no_such_host

# unused_address: print an address of this machine (Linux) to which nobody has connected
# yet.  Of one that it knows the kernel remembers how large a send buffer can be useful
# (ip-tcp_metrics(8)), and a new connection begins with such a buffer.
unused_address() {
    echo "127.$((RANDOM % 200 + 20)).$((RANDOM % 256)).$((RANDOM % 254 + 1))"
}

# alone [HOSTS]: what follows happens in a network of its own, where every port
# is free, with the file HOSTS as /etc/hosts.  Skips where that is not allowed.
alone() {
    exec 9< <(exec "$TOOLS/room" ${1:+-h "$1"} -k 120 2>/dev/null 3>&- 4>&-)
    IFS= read -r -t "$patience" -u 9 room || skip "this system does not let us make a network of our own"
}

# apart: the same, but where it is not allowed, the test goes on here.
apart() {
    ! "$TOOLS/room" true 2>/dev/null || alone ""
}

# in_room COMMAND...: run it in the network of `alone`, if there is one.  A server
# in a jail sees no process outside of it: if `seen` is set, COMMAND goes in.
in_room() {
    if [ -n "$room" ]; then
        "$TOOLS/room" -j "$room" "$@"
    elif [ -n "$JAIL" ] && [ -n "$seen" ]; then
        timeout -s KILL $((patience + 5)) "$TOOLS/room" -p "$server" "$@"
    else
        "$@"
    fi
}

# needs_address ADDRESS: skip where this machine lacks it (::1, 127.0.0.2).
needs_address() {
    "$TOOLS/probe" free "$1:0" 2>/dev/null || skip "this machine has no address $1"
}
