#!/usr/bin/env bats
# Lesson 02: what `server [HOST [PORT]]` and `names HOST [PORT]` must do.

programs='server names'
ready='bound to'
# shellcheck source=tests/helpers.bash
source "$BATS_TEST_DIRNAME/helpers.bash"

@test "port 0 becomes a free port, and it says which" {
    hint "the port that was asked for is printed, not the one that getsockname() tells" "Say where you are"
    serve 127.0.0.1 0
    [ "$port" -gt 0 ] || fail "it says: $address" "expected: the port that the kernel picked"
    probe taken "127.0.0.1:$port"
}

@test "it takes the port that it was given" {
    hint "htons() is missing: port 8080 (0x1f90) became 36895 (0x901f); or NI_NUMERICSERV is" "An address by hand"
    alone
    serve 127.0.0.1 8080
    [ "$address" = 127.0.0.1:8080 ] || fail "it says: $address" "expected: 127.0.0.1:8080"
    probe taken 127.0.0.1:8080
    probe free 127.0.0.1:36895
}

@test "without arguments it takes 127.0.0.1 and port 65432" {
    hint "the defaults are 127.0.0.1 and 65432" "Whose address"
    alone
    serve
    [ "$address" = 127.0.0.1:65432 ] || fail "it says: $address" "expected: 127.0.0.1:65432"
    probe taken 127.0.0.1:65432
}

@test "with a host alone it takes port 65432 there" {
    hint "the port is 65432 when only the host is given" "Whose address"
    alone
    serve 127.0.0.2
    [ "$address" = 127.0.0.2:65432 ] || fail "it says: $address" "expected: 127.0.0.2:65432"
    probe taken 127.0.0.2:65432
}

@test "it takes the highest port" {
    hint "65535 is a port too" "Ports"
    alone
    serve 127.0.0.1 65535
    [ "$address" = 127.0.0.1:65535 ] || fail "it says: $address" "expected: 127.0.0.1:65535"
}

@test "it takes the address that it was given, not every address" {
    hint "INADDR_ANY (or no host at all) is bound instead of the host" "Whose address"
    needs_address 127.0.0.2
    serve 127.0.0.1 0
    probe taken "127.0.0.1:$port"
    probe free "127.0.0.2:$port"
}

@test "the empty host means every address" {
    hint "the empty host is not turned into a null pointer (with AI_PASSIVE) or INADDR_ANY" "Whose address"
    needs_address 127.0.0.2
    serve_everywhere
    probe taken "127.0.0.1:$port"
    probe taken "127.0.0.2:$port"
}

@test "it binds to an IPv6 address" {
    hint "the length of a struct sockaddr or sockaddr_in is too short for IPv6: use ai_addrlen" "Names and numbers"
    needs_address '[::1]'
    serve ::1 0
    [ "$address" = "[::1]:$port" ] || fail "it says: $address" "expected: [::1] and a port"
    probe taken "[::1]:$port"
}

@test "it binds to a name" {
    hint "only numeric addresses are understood (inet_pton); names are getaddrinfo()'s" "Names and numbers"
    probe names localhost 0 >names || skip "this system does not know the name localhost"
    serve localhost 0
    grep -qF "${address%:*}:" names || fail "it says: $address" "expected: an address of localhost: $(cat names)"
    probe taken "$address"
}

@test "nobody can connect yet" {
    hint "listen() comes in lesson 03" "Hold it until a signal"
    serve 127.0.0.1 0
    probe refused "$address"
}

@test "a port that another holds is a failed bind" {
    hint "SO_REUSEADDR lets two that do not listen share a port; it comes in lesson 03" "When bind fails"
    serve 127.0.0.1 0
    try server 127.0.0.1 "$port"
    fails 1 bind EADDRINUSE
}

@test "a port that somebody listens on is a failed bind" {
    hint "bind()'s -1 is not looked at, or the message does not name the call" "When bind fails"
    probe listen 127.0.0.1:0 start '"$TOOLS/guard" -r server.report -- "$BUILD/server" "$HOST" "$PORT" >out 2>err' ends 1
    tried=server fails 1 bind EADDRINUSE
}

@test "an address that is not this machine's is a failed bind" {
    hint "bind()'s -1 is not looked at, or the message does not name the call" "When bind fails"
    [ "$(cat /proc/sys/net/ipv4/ip_nonlocal_bind 2>/dev/null)" != 1 ] || skip "this system lets one bind to any address"
    try server 203.0.113.7 0
    fails 1 bind EADDRNOTAVAIL
}

@test "a port that needs a privilege is a failed bind" {
    hint "bind()'s -1 is not looked at, or the message does not name the call" "Ports"
    local first
    first=$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start 2>/dev/null) || skip "this system does not tell which ports are privileged"
    [ "$first" -gt 1 ] || skip "no port needs a privilege on this system"
    try server 127.0.0.1 1
    fails 1 bind EACCES
}

@test "a name that stands for no address is told" {
    hint "getaddrinfo()'s result is not looked at; its errors are told by gai_strerror()" "Names and numbers"
    # A label of more than 63 bytes: no resolver has to be asked.
    try server "no$(printf '%070d' 0)such.invalid" 0
    fails 1 '' EAI
}

@test "what is no port is a usage error" {
    hint "atoi() takes anything, and glibc's getaddrinfo() takes 99999 for 34463: check the port yourself" "Ports"
    refuses_ports server
}

@test "too many arguments are a usage error" {
    hint "argc is not looked at" "Ports"
    try server 127.0.0.1 0 0
    fails 2
}

@test "it holds the port until Ctrl-C, without using the processor" {
    hint "a loop that does nothing keeps a processor busy: pause() sleeps" "Hold it until a signal"
    needs_proc
    serve 127.0.0.1 0
    look idle
    probe taken "$address"
    stop_server INT
}

@test "names prints an IPv4 address and a port" {
    hint "the form is 127.0.0.1:80; the port is in network byte order: ntohs()" "Names and numbers"
    try names 127.0.0.1 80
    prints 127.0.0.1:80
}

@test "names takes port 65432 if there is none" {
    hint "the port is 65432 when only the host is given" "Names and numbers"
    try names 127.0.0.9
    prints 127.0.0.9:65432
}

@test "names prints flowinfo and scope of an IPv6 address" {
    hint "flowinfo and scope are numbers; inet_ntop() prints no %lo, getnameinfo() does" "Names and numbers"
    needs_address '[::1]'
    try names ::1 80
    prints "[::1]:80 flowinfo 0 scope 0"
    try names fe80::1%1 80
    prints "[fe80::1]:80 flowinfo 0 scope 1"
    try names fe80::1%300 80
    prints "[fe80::1]:80 flowinfo 0 scope 300"
}

@test "names prints every address once, in the resolver's order" {
    hint "the list goes on at ai_next; without SOCK_STREAM in the hints each address comes three times; AI_ADDRCONFIG leaves some out" "Names and numbers"
    # No route leads to 2001:db8::7, so the resolver puts it last.
    printf '%s\n' '2001:db8::7 many' '127.0.0.9 many' '127.0.0.8 many' '::1 many' '127.0.0.10 many' >hosts
    alone hosts
    probe names many 80 >expected
    [ "$(grep -c . expected)" -gt 1 ] || skip "this system's resolver does not read /etc/hosts"
    try names many 80
    prints "$(cat expected)"
}

@test "names tells a host that stands for none" {
    hint "getaddrinfo()'s result is not looked at" "Names and numbers"
    try names "no$(printf '%070d' 0)such.invalid" 80
    fails 1 '' EAI
}

@test "names refuses a command line that makes no sense" {
    hint "argc and the port are not looked at" "Ports"
    try names
    fails 2
    try names 127.0.0.1 80 80
    fails 2
    refuses_ports names
}

@test "names prints the longest addresses and ports" {
    hint "an IPv6 address needs INET6_ADDRSTRLEN characters, and 0 and 65535 are ports" "Names and numbers"
    try names 255.255.255.255 65535
    prints 255.255.255.255:65535
    try names 2001:db8:1111:2222:3333:4444:5555:6666 0
    prints "[2001:db8:1111:2222:3333:4444:5555:6666]:0 flowinfo 0 scope 0"
}
