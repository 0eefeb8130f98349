#!/usr/bin/env bats
# Lesson 05: what `server [HOST [PORT]]` and `client [HOST [PORT]]` must do.

programs='server client'
ready='bound to'
# shellcheck source=tests/helpers.bash
source "$BATS_TEST_DIRNAME/helpers.bash"

# meet [STEP]...: run the client against a scripted server of datagrams.
meet() {
    needs_program client
    probe udp-server "${meeting_point:-127.0.0.1:0}" start "$(run_client)" "$@"
}

@test "it sends a datagram back to whoever sent it" {
    hint "recvfrom() tells who sent the datagram, and sendto() takes that address" "Whoever sent it"
    serve 127.0.0.1 0
    probe udp "$address" send hello expect hello send hello expect hello send again expect again
}

@test "it takes no word for a command" {
    hint "what a client sends is data, whatever it says" "Whoever sent it"
    serve 127.0.0.1 0
    for word in exit 'quit\n' bye q . '\n' '\r\n' '\x04' '\xff'; do
        probe udp "$address" send "$word" expect "$word" send "$word" expect "$word"
    done
}

@test "it serves whoever comes next, and who was there before" {
    hint "the answer goes to the first client there ever was, or to the last but one" "Whoever sent it"
    serve 127.0.0.1 0
    probe udp "$address" send one expect one connect send two expect two connect send three expect three \
        use 1 send four expect four use 3 send five expect five use 2 send six expect six
}

@test "each of those who sent at once gets its own" {
    hint "the answer goes to another client: take the address that came with this very datagram" "Whoever sent it"
    needs_proc
    local sent=() expected=()
    for i in {1..40}; do
        [ "$i" = 1 ] || sent+=(connect)
        sent+=(send "this is from $i, and long enough to be mixed up")
        expected+=(use "$i" expect "this is from $i, and long enough to be mixed up")
    done
    serve 127.0.0.1 0
    pause_server
    probe udp "$address" "${sent[@]}" run "$resume" "${expected[@]}"
}

@test "an empty datagram comes back, and the next one too" {
    hint "recvfrom()'s 0 is taken for an end: it is a datagram without a byte" "An empty datagram"
    serve 127.0.0.1 0
    probe udp "$address" send '' expect '' send '' expect '' send again expect again
}

@test "it sends back zero bytes" {
    hint "the buffer is treated as a C string: strlen() stops at a zero byte; recvfrom() says how many came" "Whole, cut, or not at all"
    serve 127.0.0.1 0
    probe udp "$address" send 'a\0b\0\0c' expect 'a\0b\0\0c' send '\0' expect '\0'
}

@test "it sends back a short datagram after a long one" {
    hint "the whole buffer is sent, or as much as the last time: recvfrom() says how many bytes came" "Whole, cut, or not at all"
    serve 127.0.0.1 0
    probe udp "$address" exchange 2000 send hello expect hello exchange 1 exchange 1999
}

@test "it sends back the largest datagram whole" {
    hint "the buffer is smaller than the datagram, and the rest is cut off without a word" "Whole, cut, or not at all"
    serve 127.0.0.1 0
    for size in 512 1024 1025 1472 1473 2048 4096 4097 8192 16384 16385 32768 65506 65507; do
        probe udp "$address" exchange "$size"
    done
}

@test "it serves over IPv6, the largest datagram too" {
    hint "a struct sockaddr_in is too short for an IPv6 sender: use a sockaddr_storage" "Whoever sent it"
    needs_address '[::1]'
    serve ::1 0
    [ "$address" = "[::1]:$port" ] || fail "it says: $address" "expected: [::1] and a port"
    probe udp "$address" exchange 65507 local >where
    hear "65507 bytes from $(cat where)"
}

@test "it says how many bytes came from whom" {
    hint "the line for each datagram is: 12 bytes from 127.0.0.1:51234, the sender's address" "Whoever sent it"
    serve 127.0.0.1 0
    for size in 12 0 300; do
        probe udp "$address" exchange "$size" local >where
        hear "$size bytes from $(cat where)"
    done
}

@test "a client that is gone before its answer costs nobody else anything" {
    hint "a server that connects its socket to a client hears that this client is gone, and nobody else any more" "Nobody there"
    needs_proc
    serve 127.0.0.1 0
    pause_server
    probe udp "$address" send hello close connect send '' close connect send again run "$resume" expect again
    probe udp "$address" send hello expect hello
}

@test "a datagram that cannot be answered costs nobody else anything" {
    hint "sendto() fails for this one (its sender has port 0): that ends nothing" "When a send fails"
    serve 127.0.0.1 0
    probe udp "$address" portless hello 2>err || skip "only root can send a datagram with 0 as its sender's port"
    probe udp "$address" send hello expect hello
}

@test "it holds no more descriptors and processes after 50 clients" {
    hint "a socket (or a child) is made for each datagram, and not given back" "Whoever sent it"
    needs_proc
    serve 127.0.0.1 0
    remember
    probe udp "$address" send hello expect hello
    remember
    probe -n 50 udp "$address" send hello expect hello
    holds_no_more
}

@test "its memory does not grow with the number of datagrams" {
    hint "something is allocated for each datagram and never freed" "Whoever sent it"
    needs_proc
    serve 127.0.0.1 0
    memory_settles -n 300 udp "$address" exchange 1000 send '' expect ''
}

@test "it uses no processor time while nobody sends" {
    hint "a loop asks again and again instead of waiting in recvfrom()" "Whoever sent it"
    needs_proc
    serve 127.0.0.1 0
    look idle
    probe udp "$address" send hello expect hello send '' expect '' send hello close
    look idle
}

@test "Ctrl-C ends it" {
    hint "SIGINT is ignored, or a handler only sets a flag that recvfrom() does not look at" "Where it is bound"
    serve 127.0.0.1 0
    probe udp "$address" send hello expect hello
    stop_server INT
}

@test "Ctrl-C ends it also while datagrams keep coming" {
    hint "the flag that the handler sets is looked at only when recvfrom() was interrupted" "Where it is bound"
    serve 127.0.0.1 0
    probe udp "$address" send hello expect hello flood-int "$server"
    ended_by INT
}

@test "SIGTERM ends it also while datagrams keep coming" {
    hint "SIGTERM is ignored, or let in only while nothing comes" "Where it is bound"
    serve 127.0.0.1 0
    probe udp "$address" send hello expect hello flood "$server"
    ended_by TERM
}

@test "a port that another server holds is a failed bind" {
    hint "SO_REUSEADDR lets a second UDP server take the first one's datagrams: leave it out" "Where it is bound"
    serve 127.0.0.1 0
    try server 127.0.0.1 "$port"
    fails 1 bind
}

@test "an address that is not this machine's is a failed bind" {
    hint "bind()'s -1 is not looked at, or the message does not name the call" "Where it is bound"
    [ "$(cat /proc/sys/net/ipv4/ip_nonlocal_bind 2>/dev/null)" != 1 ] || skip "this system lets one bind to any address"
    try server 203.0.113.7 0
    fails 1 bind
}

@test "it hears only at the address that it was given" {
    hint "INADDR_ANY (or no host at all) is bound instead of the host" "Where it is bound"
    needs_address 127.0.0.2
    serve 127.0.0.1 0
    [ "$address" = "127.0.0.1:$port" ] || fail "it says: $address" "expected: 127.0.0.1 and a port"
    probe udp "127.0.0.2:$port" send hello expect-refused
    probe udp "127.0.0.1:$port" send hello expect hello
}

@test "the empty host means every address" {
    hint "the empty host is not turned into a null pointer (with AI_PASSIVE) or INADDR_ANY" "Where it is bound"
    needs_address 127.0.0.2
    serve_everywhere
    probe udp "127.0.0.1:$port" send hello expect hello
    probe udp "127.0.0.2:$port" send 'to the other'
    until [[ $line == "12 bytes from "* ]]; do hear; done # its answer may come from 127.0.0.1
}

@test "it is bound to a name's address" {
    hint "only numeric addresses are understood (inet_pton); names are getaddrinfo()'s" "Where it is bound"
    probe names localhost 0 >names || skip "this system does not know the name localhost"
    serve localhost 0
    probe udp "$address" send hello expect hello
}

@test "without arguments it is bound to 127.0.0.1 and port 65432" {
    hint "the defaults are 127.0.0.1 and 65432; a port is printed as a number (NI_NUMERICSERV)" "Where it is bound"
    alone
    serve
    [ "$address" = 127.0.0.1:65432 ] || fail "it says: $address" "expected: 127.0.0.1:65432"
    probe udp 127.0.0.1:65432 send hello expect hello
    probe udp 127.0.0.2:65432 send hello expect-refused
    stop_server
    serve 127.0.0.2
    probe udp 127.0.0.2:65432 send hello expect hello
    stop_server
    serve 127.0.0.1 8080
    [ "$address" = 127.0.0.1:8080 ] || fail "it says: $address" "expected: 127.0.0.1:8080"
}

@test "a server's command line that makes no sense is a usage error" {
    hint "argc and the port are not looked at" "Where it is bound"
    refuses_ports server
    try server 127.0.0.1 0 0
    fails 2
}

@test "a host that stands for no address is told" {
    hint "getaddrinfo()'s result is not looked at; its errors are told by gai_strerror()" "Where it is bound"
    # A label of more than 63 bytes: no resolver has to be asked.
    try server "no$(printf '%070d' 0)such.invalid" 0
    fails 1
    try client "no$(printf '%070d' 0)such.invalid" 1
    fails 1
}

@test "the client sends each line without its newline, and prints the answer with one" {
    hint "the newline ends the line and is no part of it: take it off before you send" "Read it: the client"
    printf 'hello\n again and again\t \nso be it\r\n' >in
    meet expect hello send hello expect ' again and again\t ' send ' again and again\t ' \
        expect 'so be it\r' send 'so be it\r' ends 0 expect-nothing
    same in out
}

@test "the client waits on when it was stopped and continued" {
    hint "a recv() with a time limit is interrupted even where no handler is: EINTR is no end" "Wait, but not for ever"
    needs_proc
    printf 'hello\n' >in
    meet expect hello run "$stop_client" run "$continue_client" run "$client_asleep" send hello ends 0
    same in out
}

@test "an empty line is an empty datagram" {
    hint "send() of 0 bytes sends a datagram, and recv()'s 0 is its answer" "An empty datagram"
    printf 'hello\n\n\nagain\n' >in
    meet expect hello send hello expect '' send '' expect '' send '' expect again send again ends 0
    same in out
}

@test "the last line may lack its newline" {
    hint "what stands before the end of stdin is a line too" "Read it: the client"
    printf 'hello\nagain' >in
    meet expect hello send hello expect again send again ends 0
    printf '\n' >>in
    same in out
}

@test "lines may hold zero bytes, and 65507 of any" {
    hint "the line is treated as a C string, or read into too small a buffer" "Read it: the client"
    { printf 'a\0b\0\0\n\0\nhello\n'; "$TOOLS/probe" stream 65507 | tr '\n' '\r'; echo; } >in
    meet echo ends 0
    same in out
}

@test "the client sends as many lines as there are" {
    hint "a socket is made for each line, and not closed" "Read it: the client"
    seq 1 200 >in
    ulimit -Sn 100
    meet echo ends 0
    same in out
}

@test "a line longer than the largest datagram is told" {
    hint "send()'s -1 is not looked at, or a long line is cut or sent in pieces" "Whole, cut, or not at all"
    for size in 65508 200000; do
        { "$TOOLS/probe" stream "$size" | tr '\n' '\r'; echo; } >in
        meet echo ends 1
        tried=client fails 1
    done
}

@test "the client ends at once when there is no input" {
    hint "nothing to send means that nothing has to come back" "Read it: the client"
    meet ends 0 expect-nothing
    same in out
}

@test "the client tells that nobody is there, at once if the kernel tells it" {
    hint "recv()'s -1 is not looked at: ECONNREFUSED means that nobody is there" "Nobody there"
    printf 'hello\n' >in
    patience=5 # more than three tries
    probe udp-refuse 127.0.0.1:0 start "$(run_client)" ends 1
    tried=client fails 1
}

@test "the client sends three times, a second apart, and then gives up" {
    hint "it waits for ever, gives up too early or for this line alone, or does not say that no answer came" "Wait, but not for ever"
    printf 'hello\nagain\nand more\n' >in
    patience=4 # more than one try
    meet expect hello send hello expect again expect again later 0.9 sooner 1.9 expect again later 0.9 sooner 1.9 \
        ends 1 expect-nothing
    out_is hello
    [ -s err ] || fail "expected: a line on stderr that says why"
}

@test "only its server's answer with the line's bytes counts, the third time too" {
    hint "an answer from a stranger, or with other bytes, is taken; or each of those starts the second anew" "A late answer"
    printf 'hel\0o\nagain\n' >in
    patience=4 # more than one try
    meet expect 'hel\0o' stranger send 'hel\0o' use 1 send 'hel\0x' send 'hel' send 'hel\0o!' send '' nag wrong \
        expect 'hel\0o' later 0.9 sooner 1.9 send 'hel\0o' expect again send 'hel\0o' \
        expect again expect again later 0.9 sooner 1.9 send again ends 0
    same in out
}

@test "the client goes to 127.0.0.1 and port 65432 by itself, or to a name" {
    hint "the defaults are 127.0.0.1 and 65432; names are getaddrinfo()'s" "Where it is bound"
    echo '127.0.0.2 two' >hosts
    alone hosts
    printf 'hello\n' >in
    client_arguments='' meeting_point=127.0.0.1:65432 meet echo ends 0
    same in out
    for host in 127.0.0.2 two; do
        client_arguments=$host meeting_point=127.0.0.2:65432 meet echo ends 0
        same in out
    done
}

@test "the client sends over IPv6, the largest datagram too" {
    hint "the family is that of the address (ai_family), its length is ai_addrlen; AI_ADDRCONFIG leaves ::1 out where there is no other IPv6 address" "Nobody there"
    apart
    needs_address '[::1]'
    { echo hello; "$TOOLS/probe" stream 65507 | tr '\n' '\r'; echo; } >in
    meeting_point='[::1]:0' meet echo ends 0
    same in out
}

@test "a client's command line that makes no sense is a usage error" {
    hint "argc and the port are not looked at" "Where it is bound"
    refuses_ports client
    try client 127.0.0.1 80 80
    fails 2
}
