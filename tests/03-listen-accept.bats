#!/usr/bin/env bats
# Lesson 03: what `server [HOST [PORT [BACKLOG]]]` and `client [HOST [PORT]]`
# must do.

programs='server client'
ready='listening on'
# shellcheck source=tests/helpers.bash
source "$BATS_TEST_DIRNAME/helpers.bash"

@test "it prints the address of each client" {
    hint "The line for a client has another form, or another address, such as the server's own, which getsockname() returns. Print \"accepted \", the address that accept() fills in, and a newline. Set its length before each call, and print it with getnameinfo()." "One socket becomes two"
    serve 127.0.0.1 0
    me=$(probe tcp "$address" local)
    hear "accepted $me"
}

@test "it closes the connection" {
    hint "The connected socket is not closed. Call close() with the descriptor that accept() returned, not with the listening socket." "What must the server give back?"
    serve 127.0.0.1 0
    probe tcp "$address" expect-end || {
        ls "/proc/$server/fd" >open 2>/dev/null && ! grep -qx 0 open && account "the server has closed its descriptor 0, which is no connection"
        return 1
    }
}

@test "it accepts one client after another" {
    hint "accept() is not called in a loop. When a client is done, call accept() again on the listening socket." "One socket becomes two"
    serve 127.0.0.1 0
    for _ in 1 2 3; do
        me=$(probe tcp "$address" local expect-end)
        hear "accepted $me"
    done
}

@test "it listens on the port on its command line" {
    hint "The port is stored without htons(). Convert it to network byte order, or let getaddrinfo() do it." "How does a socket begin to listen?"
    alone
    for given in 8080 65535; do
        serve 127.0.0.1 "$given"
        is_at "127.0.0.1:$given"
        probe tcp "$address" expect-end
        stop_server
    done
}

@test "without arguments it listens on 127.0.0.1 port 65432" {
    hint "The defaults are missing. Use 127.0.0.1 and 65432 for the arguments that are not given." "How does a socket begin to listen?"
    alone
    serve
    is_at 127.0.0.1:65432
    probe tcp 127.0.0.1:65432 expect-end
    probe refused 127.0.0.2:65432
}

@test "with only a host it listens on port 65432" {
    hint "The port has no default of its own. Use 65432 if only the host is given." "How does a socket begin to listen?"
    alone
    serve 127.0.0.2
    is_at 127.0.0.2:65432
    probe tcp 127.0.0.2:65432 expect-end
}

@test "it listens on the given address only, not on every address" {
    hint "The socket is bound to INADDR_ANY. Bind it to the address that getaddrinfo() returned for the host." "How does a socket begin to listen?"
    needs_address 127.0.0.2
    serve 127.0.0.1 0
    probe tcp "127.0.0.1:$port" expect-end
    probe refused "127.0.0.2:$port"
}

@test "Ctrl-C ends it while it waits for clients" {
    hint "A handler only sets a flag, and SA_RESTART keeps accept() waiting. Leave the default action of SIGINT, or install the handler with sigaction() and without SA_RESTART." "How does the server end?"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" expect-end
    look asleep
    stop_server INT
}

@test "it can be restarted on the same port immediately" {
    hint "SO_REUSEADDR is not set before bind(). Set it with setsockopt() right after socket()." "Why is the port still taken?"
    alone
    serve 127.0.0.1 65432
    probe tcp "$address" expect-end
    stop_server
    serve 127.0.0.1 65432
    probe tcp "$address" expect-end
}

@test "it reports a port that another server listens on" {
    hint "The failure of bind() is not checked, or not reported as it should be. Print one line on stderr that names bind and the reason, and exit with status 1. If both servers listen on this port, SO_REUSEPORT is set: set SO_REUSEADDR instead." "Why is the port still taken?"
    serve 127.0.0.1 0
    try server 127.0.0.1 "$port"
    fails 1 bind EADDRINUSE
}

@test "it rejects an invalid port, and too many arguments" {
    hint "The port is not checked, or not refused as it should be. Allow digits only, up to 65535; for anything else print why on stderr, nothing on stdout, and exit with status 2." "Write it yourself"
    refuses_ports server
    hint "argc is not checked, or extra arguments are not refused as they should be. If there are more than three, print a usage line on stderr, nothing on stdout, and exit with status 2." "Write it yourself"
    try server 127.0.0.1 0 5 5
    fails 2
}

@test "the client prints the addresses of both ends" {
    hint "The client does not print the one line on stdout that it should, or does not end with status 0 afterwards, without waiting. The line has first the server's address, which getpeername() returns, then the client's own, from getsockname()." "What does connect() do?"
    meet local peer ends 0 >ends
    out_is "connected to $(sed -n 1p ends) from $(sed -n 2p ends)"
}

@test "the client reports a refused connection" {
    hint "The failure of connect() is not checked, or not reported as it should be. If connect() returns -1 for the last address, print one line on stderr that names it, nothing on stdout, and exit with status 1: err(1, \"connect\"). Do not try again." "What does connect() do?"
    needs_program client
    probe bind 127.0.0.1:0 start "$(run_client)" ends 1
    tried=client
    fails 1 connect ECONNREFUSED
}

@test "the client connects to the port on its command line" {
    hint "The port is stored without htons(). Convert it to network byte order, or let getaddrinfo() do it." "Which address does the client try?"
    alone
    for given in 8080 65535; do
        client_arguments="127.0.0.1 $given" meeting_point=127.0.0.1:$given meet peer ends 0 >ends
        out_is "connected to 127.0.0.1:$given from $(cat ends)"
    done
}

@test "without arguments the client connects to 127.0.0.1 port 65432" {
    hint "The defaults are missing. Use 127.0.0.1 and 65432 for the arguments that are not given." "Which address does the client try?"
    alone
    client_arguments='' meeting_point=127.0.0.1:65432 meet peer ends 0 >ends
    out_is "connected to 127.0.0.1:65432 from $(cat ends)"
}

@test "with only a host the client connects to port 65432" {
    hint "The port has no default of its own. Use 65432 if only the host is given." "Which address does the client try?"
    alone
    client_arguments=127.0.0.2 meeting_point=127.0.0.2:65432 meet peer ends 0 >ends
    out_is "connected to 127.0.0.2:65432 from $(cat ends)"
}

@test "the client rejects an invalid port, and too many arguments" {
    hint "The port is not checked, or not refused as it should be. Allow digits only, up to 65535; for anything else print why on stderr, nothing on stdout, and exit with status 2." "Write it yourself"
    refuses_ports client
    hint "argc is not checked, or extra arguments are not refused as they should be. If there are more than two, print a usage line on stderr, nothing on stdout, and exit with status 2." "Write it yourself"
    try client 127.0.0.1 80 80
    fails 2
}

@test "the client reports a host name that does not resolve" {
    hint "The return value of getaddrinfo() is not checked. If it is not 0, print gai_strerror() of it on stderr, and exit with status 1." "Which address does the client try?"
    try client "$no_such_host" 80
    fails 1 '' EAI
}

@test "the client connects over IPv6" {
    hint "Something in the client is for IPv4 only, such as gethostbyname() or a struct sockaddr_in, or it prints the HOST of its command line. Use getaddrinfo(), ai_family and ai_addrlen of each address, a struct sockaddr_storage for getpeername() and getsockname(), and print an IPv6 address in brackets." "Which address does the client try?"
    apart
    needs_address '[::1]'
    meeting_point='[::1]:0' meet local peer ends 0 >ends
    out_is "connected to $(sed -n 1p ends) from $(sed -n 2p ends)"
}

@test "the client tries every address of a name" {
    hint "Only the first address is tried. If connect() fails, close the socket, and try the next address (ai_next) with a new one." "Which address does the client try?"
    printf '%s\n' '::1 many' '127.0.0.2 many' '127.0.0.3 many' >hosts
    alone hosts
    last=$(probe names many 8080 | grep '^127' | tail -n 1)
    client_arguments='many "$PORT"' meeting_point=$last meet local peer ends 0 >ends
    out_is "connected to $(sed -n 1p ends) from $(sed -n 2p ends)"
}

@test "the client stops at the first address that answers" {
    hint "The loop over the addresses goes on after connect() has succeeded. Leave it with break." "Which address does the client try?"
    printf '%s\n' '::1 many' '127.0.0.2 many' '127.0.0.3 many' >hosts
    alone hosts
    first=$(probe names many 8080 | grep -m 1 '^127')
    client_arguments='many "$PORT"' meeting_point=$first meet local peer ends 0 >ends
    out_is "connected to $(sed -n 1p ends) from $(sed -n 2p ends)"
}

@test "the client reports in one line that no address of a name answers" {
    hint "Each address that fails is reported. Report the failure once, after the loop." "Which address does the client try?"
    printf '%s\n' '127.0.0.2 two' '127.0.0.3 two' >hosts
    alone hosts
    try client two 65432
    fails 1 connect ECONNREFUSED
}

@test "with an empty host it listens on every address" {
    hint "The empty host does not stand for every address. Pass NULL to getaddrinfo() instead of it, and set AI_PASSIVE in the hints, or NULL means the loopback address." "How does a socket begin to listen?"
    needs_address 127.0.0.2
    serve '' 0
    probe tcp "127.0.0.1:$port" expect-end
    probe tcp "127.0.0.2:$port" expect-end
}

@test "it accepts clients over IPv6" {
    hint "Something in the server is for IPv4 only: HOST, if it is read with inet_pton() and AF_INET, or the buffer for the peer's address. Use getaddrinfo(), and a struct sockaddr_storage and its size." "How does a socket begin to listen?"
    needs_address '[::1]'
    # On ::, what lies behind a buffer that is too small is not the client's address by chance.
    for host in ::1 ::; do
        serve "$host" 0
        is_at "[$host]:$port"
        me=$(probe tcp "[::1]:$port" local expect-end)
        hear "accepted $me"
        stop_server
    done
}

@test "it listens on the address of a name" {
    hint "The host is converted with inet_pton(), which accepts only numeric addresses. Use getaddrinfo(), which resolves names, too." "How does a socket begin to listen?"
    probe names localhost 0 >names || skip "this system does not know the name localhost"
    serve localhost 0
    grep -qF "${address%:*}:" names || fail "the address in its ready line: $address" "expected: an address of localhost: $(cat names)"
    probe tcp "$address" expect-end
}

@test "it prints the ready line only after it listens" {
    hint "The ready line is printed before listen(). Print it afterwards, because a client that reads it may connect immediately." "How does a socket begin to listen?"
    needs_proc
    alone
    serve_unheard 127.0.0.1 65432
    probe tcp 127.0.0.1:65432 close
}

@test "it accepts clients that connected while it was stopped" {
    hint "The backlog is too short, so clients are not let into the queue. Pass the backlog on the command line, or SOMAXCONN, to listen()." "Where do clients wait?"
    needs_proc
    serve 127.0.0.1 0
    pause_server
    probe tcp "$address" local connect local connect local \
        run "$resume" use 1 expect-end use 2 expect-end use 3 expect-end >clients
    : >accepted # in any order: several processes or threads may print the lines
    until [ "$(sort accepted)" = "$(sort clients)" ]; do
        hear
        [ "${line% *}" != accepted ] || echo "${line##* }" >>accepted
    done
}

@test "it accepts the smallest and the largest backlog" {
    hint "The check of the backlog is too strict. It goes from 1 to 2147483647; the kernel cuts a large one to net.core.somaxconn." "Where do clients wait?"
    serve 127.0.0.1 0 1
    probe tcp "$address" expect-end
    stop_server
    serve 127.0.0.1 0 2147483647
    probe tcp "$address" expect-end
}

@test "it rejects an invalid backlog" {
    hint "The backlog is not checked, or not refused as it should be. Allow digits only, from 1 to 2147483647, and compare the long that strtol() returns before it becomes an int (atoi() accepts anything). Otherwise print why on stderr, nothing on stdout, and exit with status 2." "Where do clients wait?"
    for backlog in 0 -1 x 5x '' ' 5' '5 ' +5 0x5 2147483648 4294967297 18446744073709551621 99999999999999999999; do
        try server 127.0.0.1 0 "$backlog"
        fails 2
    done
}

@test "the backlog limits how many clients wait in the queue" {
    hint "The backlog on the command line does not reach listen(). Pass it as it is, without a limit of your own." "Where do clients wait?"
    needs_proc
    backlog=200
    [ "$(cat /proc/sys/net/core/somaxconn)" -ge 200 ] || backlog=20 # the system's own limit
    serve 127.0.0.1 0 "$backlog"
    pause_server
    waiting=$(probe queue "$address" $((backlog + 80)))
    [ "$waiting" -ge $((backlog - 5)) ] && [ "$waiting" -le $((backlog + 12)) ] ||
        fail "$((backlog + 80)) clients connect to server 127.0.0.1 0 $backlog, which is stopped" \
            "expected: about $backlog of them are connected" "but:      $waiting are"
    look continue
}

@test "without a backlog the queue is as long as the system allows" {
    hint "The default of the backlog is a number of your own, such as 5 or 128. Use SOMAXCONN." "Where do clients wait?"
    needs_proc
    serve 127.0.0.1 0
    pause_server
    # musl's SOMAXCONN is 128, glibc's is the kernel's.
    most=$(printf '#include <sys/socket.h>\nSOMAXCONN\n' | $CC -E -P - | tail -n 1)
    waiting=$(probe queue "$address" 300)
    [ "$waiting" -ge 300 ] || [ "$waiting" -ge "$most" ] || [ "$waiting" -ge "$(cat /proc/sys/net/core/somaxconn)" ] ||
        fail "300 clients connect to server 127.0.0.1 0, which is stopped" \
            "expected: all of them are connected (SOMAXCONN is $most)" "but:      $waiting are"
    look continue
}

@test "it survives a client that sends data" {
    hint "Something that a client sent ends the server. This lesson's server reads nothing: close the connection, and accept the next client." "What if a client leaves while it waits?"
    needs_proc
    serve 127.0.0.1 0
    pause_server
    probe tcp "$address" send 'hello\n' run "$resume" expect-gone
    probe tcp "$address" expect-end
}

@test "it survives a client that resets its connection in the queue" {
    hint "getpeername() fails for a client that has left, and the server ends. Take the address that accept() returns." "What if a client leaves while it waits?"
    needs_proc
    serve 127.0.0.1 0
    pause_server
    probe tcp "$address" reset
    me=$(probe tcp "$address" local run "$resume" expect-end)
    hear_at_last "accepted $me"
}

@test "it closes the connections that clients have reset in the queue" {
    hint "Connections are not closed, or not on every path after accept(), for example when getpeername() fails. Call close() on each of them; shutdown() is not enough." "What must the server give back?"
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

@test "after 50 clients it holds no more descriptors and processes" {
    hint "A descriptor or a child process is left for each client. Close the connected socket in every process that has it, and wait for each child." "What must the server give back?"
    needs_proc
    serve 127.0.0.1 0
    remember
    probe -n 3 tcp "$address" expect-end
    remember
    probe -i -n 50 tcp "$address" expect-end
    holds_no_more
}

@test "its memory does not grow with the number of clients" {
    hint "Memory is allocated for each client, and is not freed. Free it when the connection is closed. A thread has memory, too: detach it with pthread_detach(), or join it." "What must the server give back?"
    needs_proc
    serve 127.0.0.1 0
    memory_settles -n 600 tcp "$address" expect-end
}

@test "it uses no processor time while it waits for clients" {
    hint "The listening socket does not block, and accept() is called again and again. Let accept() or poll() wait." "One socket becomes two"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" expect-end
    look idle
}

@test "when no descriptor is free it idles, and accepts its clients later" {
    hint "accept() returns -1 (EMFILE), and the server does not check that, or ends, or calls it again immediately. Compare the result with -1, and wait a moment before you try again." "What if a client leaves while it waits?"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" expect-end
    look asleep
    look full || skip "this system does not let us limit a program"
    probe tcp "$address" dial dial run "$look_idle" run "$look_roomy" use 1 expect-end use 2 expect-end use 3 expect-end
    me=$(probe tcp "$address" local expect-end)
    hear_at_last "accepted $me"
}

@test "SIGTERM ends it while clients keep connecting" {
    hint "A handler for SIGTERM does not end the server. End it in the handler, or check a flag before each accept()." "How does the server end?"
    serve 127.0.0.1 0
    besiege expect-gone
    hear
    stop_server
}

# clients_wait_when SIGNAL arrives: the server ends although clients are in the queue.
clients_wait_when() {
    needs_proc
    [ "$(getconf PAGESIZE)" = 4096 ] && [ "$(cat /proc/sys/net/core/somaxconn)" -ge 300 ] ||
        skip "this system's pipes are too large or its queues too short"
    full_early=yes serve 127.0.0.1 0 300
    # Nobody reads what it prints, so the pipe is full before all have been accepted.
    kill -s STOP "$guard"
    probe -n 300 tcp "$address" close
    patience=$((4 * patience)) look asleep # it may fork 300 times
    # (A server that lets another process print has accepted all of them by now.)
    waiting=$(awk -v end=":$(printf %04X "$port")$" '$2 ~ end && $4 == "0A" && $5 !~ /:0+$/' /proc/net/tcp)
    send_signal "$1"
    look asleep # the signal has been delivered: the server sleeps on, or is a zombie
    kill -s CONT "$guard"
    accepted=$("$TOOLS/guard" -t "$patience" -- grep -c '^accepted .*:' <&8) || true
    ended_by "$1"
    [ -z "$waiting" ] || [ "$accepted" -lt 300 ] ||
        fail "SIG$1 arrives while clients wait in the queue" "expected: the server ends immediately" "but:      it accepted all of them first"
}

@test "SIGTERM ends it while clients wait in the queue" {
    hint "SIGTERM is unblocked only in ppoll() or pselect(), which deliver no signal while a client is waiting. Check sigpending(), too, or use a self-pipe." "How does the server end?"
    clients_wait_when TERM
}

@test "Ctrl-C ends it while clients wait in the queue" {
    hint "The flag that the handler sets is checked only when accept() has failed with EINTR. Check it before each accept()." "How does the server end?"
    clients_wait_when INT
}
