#!/usr/bin/env bats
# Lesson 02: what `server [HOST [PORT]]` and `names HOST [PORT]` must do.

programs='server names'
ready='bound to'
# shellcheck source=tests/helpers.bash
source "$BATS_TEST_DIRNAME/helpers.bash"

@test "it binds to the port on its command line" {
    hint "The port is stored without htons(). Convert it to network byte order: 8080 (0x1f90) becomes 36895 (0x901f) otherwise." "What is an address made of?"
    alone
    serve 127.0.0.1 8080
    is_at 127.0.0.1:8080
    probe taken 127.0.0.1:8080
    probe free 127.0.0.1:36895
}

@test "with port 0 it prints the port that the kernel picked" {
    hint "The port on the command line is printed. Ask the kernel with getsockname(), after bind(), which port it picked." "Where are we?"
    serve 127.0.0.1 0
    [ "$port" -gt 0 ] || fail "the address in its ready line: $address" "expected: the port that the kernel picked"
    probe taken "127.0.0.1:$port"
}

@test "without arguments it binds to 127.0.0.1 port 65432" {
    hint "The defaults are missing. Use 127.0.0.1 and 65432 for the arguments that are not given." "Write it yourself"
    alone
    serve
    is_at 127.0.0.1:65432
    probe taken 127.0.0.1:65432
}

@test "with only a host it binds to port 65432" {
    hint "The port has no default of its own. Use 65432 if only the host is given." "Write it yourself"
    alone
    serve 127.0.0.2
    is_at 127.0.0.2:65432
    probe taken 127.0.0.2:65432
}

@test "it binds to the given address only, not to every address" {
    hint "The socket is bound to INADDR_ANY. Bind it to the address that getaddrinfo() returned for the host." "Who can reach us?"
    needs_address 127.0.0.2
    serve 127.0.0.1 0
    probe taken "127.0.0.1:$port"
    probe free "127.0.0.2:$port"
}

@test "it does not listen, so it refuses every connection" {
    hint "The server calls listen(), which belongs to lesson 03. Leave it out: a socket that is only bound refuses connections." "Why can't anybody connect yet?"
    serve 127.0.0.1 0
    probe refused "$address"
}

@test "it keeps the port until Ctrl-C, without using processor time" {
    hint "The server waits in a loop that does nothing. Call pause(), which sleeps until a signal arrives." "Why can't anybody connect yet?"
    needs_proc
    serve 127.0.0.1 0
    look idle
    probe taken "$address"
    stop_server INT
}

@test "it reports a port that another server listens on" {
    hint "The return value of bind() is not checked. If it is -1, report the failure with err(1, \"bind\")." "From a name to a bound socket"
    needs_program server
    probe listen 127.0.0.1:0 start '"$TOOLS/guard" -r server.report -- "$BUILD/server" "$HOST" "$PORT" >out 2>err' ends 1
    tried=server
    fails 1 bind EADDRINUSE
}

@test "it reports a port that another socket is bound to" {
    hint "SO_REUSEADDR is set. Two sockets that do not listen can share a port with it: leave it out until lesson 03." "Why does bind() say that the address is in use?"
    serve 127.0.0.1 0
    try server 127.0.0.1 "$port"
    fails 1 bind EADDRINUSE
}

@test "it reports an address that does not belong to this machine" {
    hint "The return value of bind() is not checked for every error. If it is -1, report the failure with err(1, \"bind\")." "From a name to a bound socket"
    [ "$(cat /proc/sys/net/ipv4/ip_nonlocal_bind 2>/dev/null)" != 1 ] || skip "this system allows a bind to any address"
    try server 203.0.113.7 0
    fails 1 bind EADDRNOTAVAIL
}

@test "it reports a port that needs a privilege" {
    hint "The return value of bind() is not checked for every error. If it is -1, report the failure with err(1, \"bind\")." "From a name to a bound socket"
    local first
    first=$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start 2>/dev/null) || skip "this system does not say which ports are privileged"
    [ "$first" -gt 1 ] || skip "no port needs a privilege on this system"
    try server 127.0.0.1 1
    fails 1 bind EACCES
}

@test "it rejects an invalid port" {
    hint "The port is not checked. atoi() accepts anything, and glibc's getaddrinfo() turns 99999 into 34463: allow digits only, up to 65535, yourself." "Which port?"
    refuses_ports server
}

@test "it accepts the highest port, 65535" {
    hint "The check of the port is too strict. Ports go up to 65535, which is included." "Which port?"
    alone
    serve 127.0.0.1 65535
    is_at 127.0.0.1:65535
}

@test "it rejects a third argument" {
    hint "argc is not checked. If there are more than two arguments, print a usage line on stderr and exit with status 2." "Write it yourself"
    try server 127.0.0.1 0 5
    fails 2
}

@test "with an empty host it binds to every address" {
    hint "The empty host is passed to getaddrinfo() as it is. Pass NULL instead, with AI_PASSIVE among the hints." "Who can reach us?"
    needs_address 127.0.0.2
    serve_everywhere
    probe taken "127.0.0.1:$port"
    probe taken "127.0.0.2:$port"
}

@test "it binds to an IPv6 address" {
    hint "The length that is passed to bind() is too short for an IPv6 address. Pass ai_addrlen." "Why does bind() need a cast?"
    needs_address '[::1]'
    serve ::1 0
    is_at "[::1]:$port"
    probe taken "[::1]:$port"
}

@test "it binds to the address of a name" {
    hint "The host is converted with inet_pton(), which accepts only numeric addresses. Use getaddrinfo(), which resolves names, too." "What does a name stand for?"
    probe names localhost 0 >names || skip "this system does not know the name localhost"
    serve localhost 0
    grep -qF "${address%:*}:" names || fail "the address in its ready line: $address" "expected: an address of localhost: $(cat names)"
    probe taken "$address"
}

@test "it reports a host name that does not resolve" {
    hint "The return value of getaddrinfo() is not checked. If it is not 0, print gai_strerror() of it on stderr, and exit with status 1." "What does a name stand for?"
    try server "$no_such_host" 0
    fails 1 '' EAI
}

@test "names prints an IPv4 address and its port" {
    hint "The port is printed in network byte order. Convert it with ntohs() first." "What does a name stand for?"
    try names 127.0.0.1 80
    prints 127.0.0.1:80
}

@test "names uses port 65432 if no port is given" {
    hint "The port has no default. Use 65432 if only the host is given." "Write it yourself"
    try names 127.0.0.9
    prints 127.0.0.9:65432
}

@test "names prints the flowinfo and scope id of an IPv6 address" {
    hint "The scope id is not printed as a decimal number. Print sin6_scope_id, and ntohl() of sin6_flowinfo." "What are flowinfo and scope?"
    needs_address '[::1]'
    try names ::1 80
    prints "[::1]:80 flowinfo 0 scope 0"
    try names fe80::1%1 80
    prints "[fe80::1]:80 flowinfo 0 scope 1"
    try names fe80::1%300 80
    prints "[fe80::1]:80 flowinfo 0 scope 300"
}

@test "names reports a host name that does not resolve" {
    hint "The return value of getaddrinfo() is not checked. If it is not 0, print gai_strerror() of it on stderr, and exit with status 1." "What does a name stand for?"
    try names "$no_such_host" 80
    fails 1 '' EAI
}

@test "names rejects an invalid command line" {
    hint "argc is not checked. Without a host, or with more than two arguments, print a usage line on stderr and exit with status 2." "Write it yourself"
    try names
    fails 2
    try names 127.0.0.1 80 80
    fails 2
    hint "The port is not checked. Allow digits only, up to 65535, as the server does." "Which port?"
    refuses_ports names
}

@test "names prints every address of a name once, in the resolver's order" {
    hint "The hints do not ask for streams, so each address is listed once for each socket type. Set ai_socktype to SOCK_STREAM." "What does a name stand for?"
    # No route leads to 2001:db8::7, so the resolver puts it last.
    printf '%s\n' '2001:db8::7 many' '127.0.0.9 many' '127.0.0.8 many' '::1 many' '127.0.0.10 many' >hosts
    alone hosts
    probe names many 80 >expected
    [ "$(grep -c . expected)" -gt 1 ] || skip "this system's resolver does not read /etc/hosts"
    try names many 80
    [ "$(sort out)" = "$(sort -u out)" ] || fail "run:      names many 80" "expected: each address once" "but:      $(head -n 20 out)"
    hint "Only the first address is printed. Follow ai_next to the end of the list." "What does a name stand for?"
    [ "$(grep -c . out)" -le 1 ] || hint "AI_ADDRCONFIG is among the hints, so getaddrinfo() leaves addresses out. Do not set it." "What does a name stand for?"
    [ "$(sort out)" != "$(sort expected)" ] || hint "The addresses are not printed in the order of the list. Print each as you reach it." "What does a name stand for?"
    prints "$(cat expected)"
}

@test "names prints the longest addresses, and ports 0 and 65535" {
    hint "The buffer for the address is too short. An IPv6 address takes INET6_ADDRSTRLEN characters." "What does a name stand for?"
    try names 255.255.255.255 65535
    prints 255.255.255.255:65535
    try names 2001:db8:1111:2222:3333:4444:5555:6666 0
    prints "[2001:db8:1111:2222:3333:4444:5555:6666]:0 flowinfo 0 scope 0"
}
