#!/usr/bin/env bats
# Lesson 03: what `server [HOST [PORT [BACKLOG]]]` and `client [HOST [PORT]]`
# must do.

programs='server client'
ready='listening on'
# shellcheck source=tests/helpers.bash
source "$BATS_TEST_DIRNAME/helpers.bash"

@test "it says who connected" {
    hint "the address is the one that accept() fills in; its length must be set before each call" "One socket becomes two"
    serve 127.0.0.1 0
    me=$(probe tcp "$address" local expect-end)
    hear "accepted $me"
}

@test "it hangs up" {
    hint "the connected socket is never closed, or it is the listening socket that is closed" "Give back what you took"
    serve 127.0.0.1 0
    probe tcp "$address" expect-end
}

@test "it serves one client after another" {
    hint "accept() stands in no loop" "One socket becomes two"
    serve 127.0.0.1 0
    for _ in 1 2 3; do
        me=$(probe tcp "$address" local expect-end)
        hear "accepted $me"
    done
}

@test "whoever connects while it is stopped is accepted in turn" {
    hint "the kernel completes connections and queues them: accept() takes them one by one" "The queue"
    needs_proc
    serve 127.0.0.1 0
    pause_server
    probe tcp "$address" local connect local connect local \
        run "$resume" use 1 expect-end use 2 expect-end use 3 expect-end >clients
    : >accepted # by several processes or threads: who is told first is luck
    until [ "$(sort accepted)" = "$(sort clients)" ]; do
        hear
        [ "${line% *}" != accepted ] || echo "${line##* }" >>accepted
    done
}

@test "the backlog limits how many wait" {
    hint "listen() gets another number than the one on the command line, or no more than 128" "The queue"
    needs_proc
    backlog=200
    [ "$(cat /proc/sys/net/core/somaxconn)" -ge 200 ] || backlog=20 # the system's own limit
    serve 127.0.0.1 0 "$backlog"
    pause_server
    waiting=$(probe queue "$address" $((backlog + 80)))
    [ "$waiting" -ge $((backlog - 5)) ] && [ "$waiting" -le $((backlog + 12)) ] ||
        fail "server 127.0.0.1 0 $backlog, stopped; $((backlog + 80)) clients connect" \
            "expected: about $backlog of them get through" "but:      $waiting do"
    look continue
}

@test "without a backlog as many wait as the system allows" {
    hint "the backlog is SOMAXCONN if none is given; \"5\" is from 1983, and 128 is what SOMAXCONN once was" "The queue"
    needs_proc
    serve 127.0.0.1 0
    pause_server
    # musl's SOMAXCONN is 128, glibc's is the kernel's.
    most=$(printf '#include <sys/socket.h>\nSOMAXCONN\n' | $CC -E -P - | tail -n 1)
    waiting=$(probe queue "$address" 300)
    [ "$waiting" -ge 300 ] || [ "$waiting" -ge "$most" ] || [ "$waiting" -ge "$(cat /proc/sys/net/core/somaxconn)" ] ||
        fail "server 127.0.0.1 0, stopped; 300 clients connect" \
            "expected: all of them get through (SOMAXCONN is $most)" "but:      $waiting do"
    look continue
}

@test "what is no backlog is a usage error" {
    hint "atoi() takes anything; a backlog is digits, 1 to 2147483647" "The queue"
    for backlog in 0 -1 x 5x '' ' 5' '5 ' +5 0x5 2147483648 4294967297 18446744073709551621 99999999999999999999; do
        try server 127.0.0.1 0 "$backlog"
        fails 2
    done
}

@test "the smallest and the largest backlog are some" {
    hint "1 is allowed, and 2147483647: the kernel cuts it to net.core.somaxconn" "The queue"
    serve 127.0.0.1 0 1
    probe tcp "$address" expect-end
    stop_server
    serve 127.0.0.1 0 2147483647
    probe tcp "$address" expect-end
}

@test "without arguments it listens on 127.0.0.1 and port 65432" {
    hint "the defaults are 127.0.0.1 and 65432" "Say where you are"
    alone
    serve
    [ "$address" = 127.0.0.1:65432 ] || fail "it says: $address" "expected: 127.0.0.1:65432"
    probe tcp 127.0.0.1:65432 expect-end
    probe refused 127.0.0.2:65432
}

@test "it listens on the address that it was given, not on every one" {
    hint "INADDR_ANY (or no host at all) is bound instead of the host" "Say where you are"
    needs_address 127.0.0.2
    serve 127.0.0.1 0
    probe tcp "127.0.0.1:$port" expect-end
    probe refused "127.0.0.2:$port"
}

@test "the empty host means every address" {
    hint "the empty host is not turned into a null pointer (with AI_PASSIVE) or INADDR_ANY" "Say where you are"
    needs_address 127.0.0.2
    serve '' 0
    probe tcp "127.0.0.1:$port" expect-end
    probe tcp "127.0.0.2:$port" expect-end
}

@test "it serves over IPv6" {
    hint "the length of a struct sockaddr or sockaddr_in is too short for IPv6" "Say where you are"
    needs_address '[::1]'
    serve ::1 0
    [ "$address" = "[::1]:$port" ] || fail "it says: $address" "expected: [::1] and a port"
    me=$(probe tcp "$address" local expect-end)
    hear "accepted $me"
}

@test "it listens on a name" {
    hint "only numeric addresses are understood (inet_pton); names are getaddrinfo()'s" "Say where you are"
    probe names localhost 0 >names || skip "this system does not know the name localhost"
    serve localhost 0
    grep -qF "${address%:*}:" names || fail "it says: $address" "expected: an address of localhost: $(cat names)"
    probe tcp "$address" expect-end
}

@test "a client that resets while it waits costs nobody else anything" {
    hint "getpeername() fails for a client that has gone; that must not end the server" "One client's trouble"
    needs_proc
    serve 127.0.0.1 0
    pause_server
    probe tcp "$address" reset
    me=$(probe tcp "$address" local run "$resume" expect-end)
    hear_at_last "accepted $me"
}

@test "a client that sends something costs nobody else anything" {
    hint "what a client sends is not read here, and must not matter" "One client's trouble"
    needs_proc
    serve 127.0.0.1 0
    pause_server
    probe tcp "$address" send 'hello\n' run "$resume" expect-gone
    probe tcp "$address" expect-end
}

@test "it holds no more descriptors and processes after 50 clients" {
    hint "the connected socket is not closed (or a child is not waited for)" "Give back what you took"
    needs_proc
    serve 127.0.0.1 0
    remember
    probe -n 3 tcp "$address" expect-end
    remember
    probe -n 50 tcp "$address" expect-end
    holds_no_more
}

@test "its memory does not grow with the number of clients" {
    hint "something is allocated for every client and never freed" "Give back what you took"
    needs_proc
    serve 127.0.0.1 0
    memory_settles -n 600 tcp "$address" expect-end
}

@test "it uses no processor time while nobody connects" {
    hint "accept() waits by itself: a non-blocking listener or a loop around it spins" "One socket becomes two"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" expect-end
    look idle
}

@test "Ctrl-C ends it" {
    hint "SIGINT is ignored, or a handler only sets a flag that accept() does not look at" "Give back what you took"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" expect-end
    look asleep
    stop_server INT
}

@test "SIGTERM ends it also while clients keep coming" {
    hint "SIGTERM is let in only while nothing else is ready" "Give back what you took"
    serve 127.0.0.1 0
    besiege expect-gone
    hear
    stop_server
}

@test "a server that closed first can be started again at once" {
    hint "SO_REUSEADDR is missing, or it is set after bind()" "The same port again"
    alone
    serve 127.0.0.1 65432
    probe tcp "$address" expect-end
    stop_server
    serve 127.0.0.1 65432
    probe tcp "$address" expect-end
}

@test "a port that somebody listens on is a failed bind" {
    hint "SO_REUSEPORT lets two servers share a port; SO_REUSEADDR does not" "The same port again"
    serve 127.0.0.1 0
    try server 127.0.0.1 "$port"
    fails 1 bind EADDRINUSE
}

@test "a server's command line that makes no sense is a usage error" {
    hint "argc and the port are not looked at" "Say where you are"
    refuses_ports server
    try server 127.0.0.1 0 5 5
    fails 2
}

@test "the client says who is at the two ends" {
    hint "getpeername() tells the one end, getsockname() the other" "Connect"
    meet local peer ends 0 >ends
    out_is "connected to $(sed -n 1p ends) from $(sed -n 2p ends)"
}

@test "the client connects over IPv6" {
    hint "the family is that of the address (ai_family), its length is ai_addrlen; AI_ADDRCONFIG leaves ::1 out where there is no other IPv6 address" "Connect"
    apart
    needs_address '[::1]'
    meeting_point='[::1]:0' meet local peer ends 0 >ends
    out_is "connected to $(sed -n 1p ends) from $(sed -n 2p ends)"
}

@test "the client goes to 127.0.0.1 and port 65432 by itself" {
    hint "the defaults are 127.0.0.1 and 65432" "Connect"
    alone
    client_arguments='' meeting_point=127.0.0.1:65432 meet peer ends 0 >ends
    out_is "connected to 127.0.0.1:65432 from $(cat ends)"
}

@test "the client tries every address of a name" {
    hint "only the first address is tried: the next is at ai_next" "Connect"
    printf '%s\n' '::1 many' '127.0.0.2 many' '127.0.0.3 many' >hosts
    alone hosts
    last=$(probe names many 8080 | grep '^127' | tail -n 1)
    client_arguments='many "$PORT"' meeting_point=$last meet local peer ends 0 >ends
    out_is "connected to $(sed -n 1p ends) from $(sed -n 2p ends)"
}

@test "the client stops at the first address that answers" {
    hint "the loop over the addresses ends when connect() has succeeded" "Connect"
    printf '%s\n' '::1 many' '127.0.0.2 many' '127.0.0.3 many' >hosts
    alone hosts
    first=$(probe names many 8080 | grep -m 1 '^127')
    client_arguments='many "$PORT"' meeting_point=$first meet local peer ends 0 >ends
    out_is "connected to $(sed -n 1p ends) from $(sed -n 2p ends)"
}

@test "the client tells in one line that nobody is at any address of a name" {
    hint "the failure is told when all addresses have been tried, once" "Connect"
    printf '%s\n' '127.0.0.2 two' '127.0.0.3 two' >hosts
    alone hosts
    try client two 65432
    fails 1 connect ECONNREFUSED
}

@test "the client tells that nobody is there" {
    hint "connect()'s -1 is not looked at, or the message does not name the call" "Connect"
    probe bind 127.0.0.1:0 start "$(run_client)" ends 1
    tried=client fails 1 connect ECONNREFUSED
}

@test "a client's command line that makes no sense is a usage error" {
    hint "argc and the port are not looked at" "Connect"
    refuses_ports client
    try client 127.0.0.1 80 80
    fails 2
}

@test "the client tells a host that stands for no address" {
    hint "getaddrinfo()'s result is not looked at; its errors are told by gai_strerror()" "Connect"
    try client "no$(printf '%070d' 0)such.invalid" 80
    fails 1 '' EAI
}

@test "with a host alone both take port 65432 there" {
    hint "the port is 65432 when only the host is given" "Say where you are"
    alone
    serve 127.0.0.2
    [ "$address" = 127.0.0.2:65432 ] || fail "it says: $address" "expected: 127.0.0.2:65432"
    try client 127.0.0.2
    me=$(sed -n 's/^connected to 127.0.0.2:65432 from //p' out)
    hear "accepted $me"
}

@test "both take the ports that they were given" {
    hint "65535 is a port too; a port is printed as a number (NI_NUMERICSERV)" "Say where you are"
    alone
    for given in 8080 65535; do
        serve 127.0.0.1 "$given"
        [ "$address" = "127.0.0.1:$given" ] || fail "it says: $address" "expected: 127.0.0.1:$given"
        try client 127.0.0.1 "$given"
        me=$(sed -n "s/^connected to 127.0.0.1:$given from //p" out)
        hear "accepted $me"
        stop_server
    done
}

@test "clients that reset while they wait leave nothing behind" {
    hint "the connection of a client that has gone is a descriptor all the same: close it" "Give back what you took"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" expect-end
    remember
    pause_server
    probe -n 20 tcp "$address" reset
    look continue
    probe tcp "$address" expect-end
    holds_no_more
}

# clients_wait_when SIGNAL comes: it ends all the same.
clients_wait_when() {
    needs_proc
    [ "$(getconf PAGESIZE)" = 4096 ] && [ "$(cat /proc/sys/net/core/somaxconn)" -ge 3000 ] ||
        skip "this system's pipes are too large or its queues too short"
    serve 127.0.0.1 0 3000
    # Nobody takes what it prints: the pipe is full before all are served.
    kill -s STOP "$guard"
    probe -n 3000 tcp "$address" close
    patience=$((4 * patience)) look asleep # it may fork 3000 times
    # (Who lets another process print has served all by now, and can do no wrong.)
    waiting=$(awk -v end=":$(printf %04X "$port")$" '$2 ~ end && $4 == "0A" && $5 !~ /:0+$/' /proc/net/tcp)
    kill -s "$1" "$server"
    look asleep # it has heard: who is blocked waits on, who has ended is a zombie
    kill -s CONT "$guard"
    said=$("$TOOLS/guard" -t "$patience" -- grep -c '^accepted .*:' <&8) || true
    ended_by "$1"
    [ -z "$waiting" ] || [ "$said" -lt 3000 ] || fail "3000 clients come, and SIG$1" "expected: it ends at once" "but:      it served them all first"
}

@test "SIGTERM ends it also while clients wait" {
    hint "SIGTERM is let in only while nobody waits, so under constant load it never is" "Give back what you took"
    clients_wait_when TERM
}

@test "Ctrl-C ends it also while clients wait" {
    hint "the flag that the handler sets is looked at only when accept() was interrupted" "Give back what you took"
    clients_wait_when INT
}

@test "it says that it listens only when it does" {
    hint "the ready line comes after listen(): who reads it may connect at once" "Say where you are"
    needs_proc
    alone
    serve_unheard 127.0.0.1 65432
    probe tcp 127.0.0.1:65432 close
}
