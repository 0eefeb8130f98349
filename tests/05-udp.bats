#!/usr/bin/env bats
# Lesson 05: what `server [HOST [PORT]]` and `client [HOST [PORT]]` must do.
# First the server, then the client; tests that have to wait for seconds are last.

programs='server client'
ready='bound to'
# shellcheck source=tests/helpers.bash
source "$BATS_TEST_DIRNAME/helpers.bash"

# meet [STEP]...: run the client against a scripted server of datagrams.
meet() {
    needs_program client
    probe udp-server "${meeting_point:-127.0.0.1:0}" start "$(run_client)" "$@"
}

# is_bound_to ADDRESS: the ready line has named it.
is_bound_to() {
    [ "$address" = "$1" ] || fail "the ready line" "expected: $ready $1" "but:      $ready $address"
}

@test "it sends each datagram back to its sender" {
    hint "The answer does not go to the address that recvfrom() stored. Set the length to sizeof the address before each recvfrom(), and give both to sendto()." "Whom do we answer?"
    serve 127.0.0.1 0
    probe udp "$address" send hello expect hello send hello expect hello send again expect again
}

@test "it reports how many bytes it received, and from which address" {
    hint "The line does not show what recvfrom() returned and stored. Print that length and the sender's address: 12 bytes from 127.0.0.1:51234." "Whom do we answer?"
    serve 127.0.0.1 0
    for size in 12 0 300; do
        probe udp "$address" exchange "$size" local >where
        hear "$size bytes from $(cat where)"
    done
}

@test "Ctrl-C ends it" {
    hint "A handler for SIGINT only sets a flag, and recvfrom() is restarted after it. Leave out the handler, or install it with sigaction() and without SA_RESTART." "When can datagrams arrive?"
    serve 127.0.0.1 0
    probe udp "$address" send hello expect hello
    stop_server INT
}

@test "it answers several clients in turn" {
    hint "The answer goes to an earlier client. Send it to the address that arrived with this datagram." "Whom do we answer?"
    serve 127.0.0.1 0
    probe udp "$address" send one expect one connect send two expect two connect send three expect three \
        use 1 send four expect four use 3 send five expect five use 2 send six expect six
}

@test "it answers an empty datagram, and goes on" {
    hint "The server treats recvfrom() returning 0 as the end. It is a datagram of 0 bytes: send one like it back." "Is 0 the end?"
    serve 127.0.0.1 0
    probe udp "$address" send '' expect '' send '' expect '' send again expect again
}

@test "it sends back a short datagram after a long one" {
    hint "The server sends more bytes than recvfrom() returned this time. Give sendto() that number as the length." "Whom do we answer?"
    serve 127.0.0.1 0
    probe udp "$address" exchange 2000 send hello expect hello exchange 1 exchange 1999
}

@test "it sends back datagrams that contain zero bytes" {
    hint "The datagram is treated as a C string, and strlen() stops at a zero byte. Use the length that recvfrom() returned." "Whom do we answer?"
    serve 127.0.0.1 0
    probe udp "$address" send 'a\0b\0\0c' expect 'a\0b\0\0c' send '\0' expect '\0'
}

@test "it sends back the largest datagram whole" {
    hint "The buffer is smaller than the datagram, and the kernel discards the rest. Make room for 65,507 bytes." "What if the buffer is too small?"
    serve 127.0.0.1 0
    for size in 512 1024 1025 1472 1473 2048 4096 4097 8192 16384 16385 32768 65506 65507; do
        probe udp "$address" exchange "$size"
    done
}

@test "it echoes any words, and treats none as a command" {
    hint "The server compares the datagram with a word such as exit or quit. Send every datagram back, whatever it contains." "Whom do we answer?"
    serve 127.0.0.1 0
    for word in exit 'quit\n' bye q . '\n' '\r\n' '\x04' '\xff'; do
        probe udp "$address" send "$word" expect "$word" send "$word" expect "$word"
    done
}

@test "clients that send at the same time each get their own datagram back" {
    hint "The datagram and the address in use belong to different clients. Take both from the same recvfrom(), and give each thread its own buffer." "Whom do we answer?"
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

@test "a client that leaves before its answer does not affect the others" {
    hint "The server connects its socket to a client, so it receives that client's errors and no other client's datagrams. Leave the socket unconnected." "Is anybody there?"
    needs_proc
    serve 127.0.0.1 0
    pause_server
    probe udp "$address" send hello close connect send '' close connect send again run "$resume" expect again
    probe udp "$address" send hello expect hello
}

@test "a datagram that cannot be answered does not affect the others" {
    hint "The server ends when sendto() fails. The error concerns this one datagram (here the sender's port is 0): print a warning, and go on." "What if sendto() fails?"
    serve 127.0.0.1 0
    probe udp "$address" portless hello 2>err || skip "only root can send a datagram with 0 as its sender's port"
    probe udp "$address" send hello expect hello
}

@test "without arguments it is bound to 127.0.0.1 port 65432" {
    hint "The defaults are not 127.0.0.1 and 65432." "When can datagrams arrive?"
    alone
    serve
    is_bound_to 127.0.0.1:65432
    probe udp 127.0.0.1:65432 send hello expect hello
    probe udp 127.0.0.2:65432 send hello expect-refused
    stop_server
    serve 127.0.0.2
    probe udp 127.0.0.2:65432 send hello expect hello
}

@test "it prints its port as a number" {
    hint "getnameinfo() is called without NI_NUMERICSERV, so it prints the name of a well-known port." "When can datagrams arrive?"
    alone
    serve 127.0.0.1 8080
    is_bound_to 127.0.0.1:8080
}

@test "it receives only at the address that it was given" {
    hint "The socket is bound to INADDR_ANY instead of HOST. Bind the address that getaddrinfo() returned for HOST." "When can datagrams arrive?"
    needs_address 127.0.0.2
    serve 127.0.0.1 0
    is_bound_to "127.0.0.1:$port"
    probe udp "127.0.0.2:$port" send hello expect-refused
    probe udp "127.0.0.1:$port" send hello expect hello
}

@test "the empty host means every address" {
    hint "The empty host is given to getaddrinfo() as it is. Give it a null pointer instead, with AI_PASSIVE in ai_flags." "When can datagrams arrive?"
    needs_address 127.0.0.2
    serve_everywhere
    probe udp "127.0.0.1:$port" send hello expect hello
    probe udp "127.0.0.2:$port" send 'to the other'
    until [[ $line == "12 bytes from "* ]]; do hear; done # its answer may have 127.0.0.1 as its sender
}

@test "its host may be a name" {
    hint "HOST is converted by inet_pton(), which only understands numeric addresses. getaddrinfo() resolves names too." "When can datagrams arrive?"
    probe names localhost 0 >names || skip "this system does not know the name localhost"
    serve localhost 0
    probe udp "$address" send hello expect hello
}

@test "it serves IPv6 clients, the largest datagram too" {
    hint "The sender's address is stored in a struct sockaddr or sockaddr_in, which is too small for an IPv6 address. Use a struct sockaddr_storage." "Whom do we answer?"
    needs_address '[::1]'
    # On ::, what lies behind a buffer that is too small is not the client's address by chance.
    for host in ::1 ::; do
        serve "$host" 0
        is_bound_to "[$host]:$port"
        probe udp "[::1]:$port" exchange 65507 local >where
        hear "65507 bytes from $(cat where)"
        stop_server
    done
}

@test "a bad command line is a usage error" {
    hint "The program does not check argc, or that PORT consists of digits and is at most 65535." "When can datagrams arrive?"
    refuses_ports server
    try server 127.0.0.1 0 5
    fails 2
}

@test "it reports a name that does not resolve" {
    hint "The return value of getaddrinfo() is not checked. If it is not 0, print gai_strerror() of it, and exit with status 1." "When can datagrams arrive?"
    # A label of more than 63 bytes: no resolver has to be asked.
    try server "no$(printf '%070d' 0)such.invalid" 0
    fails 1 "" EAI
}

@test "a port that another server uses is a failed bind" {
    hint "SO_REUSEADDR is set, which lets a second UDP server take the datagrams of the first. Leave it out." "When can datagrams arrive?"
    serve 127.0.0.1 0
    try server 127.0.0.1 "$port"
    fails 1 bind EADDRINUSE
}

@test "an address of another machine is a failed bind" {
    hint "The return value of bind() is not checked. If it is -1, print a line that names bind, and exit with status 1." "When can datagrams arrive?"
    [ "$(cat /proc/sys/net/ipv4/ip_nonlocal_bind 2>/dev/null)" != 1 ] || skip "this system lets one bind to any address"
    try server 203.0.113.7 0
    fails 1 bind EADDRNOTAVAIL
}

@test "it uses no processor time while nobody sends" {
    hint "The socket is non-blocking, and the loop calls recvfrom() again and again. Let recvfrom() wait, or wait in poll()." "Whom do we answer?"
    needs_proc
    serve 127.0.0.1 0
    look idle
    probe udp "$address" send hello expect hello send '' expect '' send hello close
    look idle
}

@test "after 50 clients it holds no more descriptors and processes than before" {
    hint "The server makes a socket or a child for each datagram, and never closes it or waits for it. One socket serves all clients." "Whom do we answer?"
    needs_proc
    serve 127.0.0.1 0
    remember
    probe udp "$address" send hello expect hello
    remember
    probe -n 50 udp "$address" send hello expect hello
    holds_no_more
}

@test "its memory does not grow with the number of datagrams" {
    hint "Memory is allocated for each datagram and never freed. One buffer serves all datagrams." "Whom do we answer?"
    needs_proc
    serve 127.0.0.1 0
    memory_settles -n 300 udp "$address" exchange 1000 send '' expect ''
}

# ends_among_datagrams SIGNAL STEP: SIGNAL ends the server, which gets it when it answers
# the first of a hundred and one datagrams.  Where we cannot arrange that, STEP of
# probe sends it in the middle of a flood.
ends_among_datagrams() {
    needs_proc
    strike_before send "$1" udp send hello expect hello
    if [ -z "$strikes" ]; then
        serve 127.0.0.1 0
        probe udp "$address" send hello expect hello "$2" "$server"
    else
        serve_struck
        pause_server
        probe -n 100 udp "$address" send hello
        probe udp "$address" send last run "$resume" \
            until ': it has ended; [ "$(wc -l <serve.report)" -ge 3 ]' expect-nothing
    fi
    ended_by "$1"
}

@test "Ctrl-C ends it while datagrams keep arriving" {
    hint "The flag that the handler sets is only checked after recvfrom() was interrupted. Check it before every recvfrom()." "When can datagrams arrive?"
    ends_among_datagrams INT flood-int
}

@test "SIGTERM ends it while datagrams keep arriving" {
    hint "SIGTERM is unblocked only in ppoll() or pselect(), which deliver no signal while a datagram is waiting. Do not block it, or check for it in every turn of the loop." "When can datagrams arrive?"
    ends_among_datagrams TERM flood
}

@test "the client sends a line without its newline, and prints the answer with one" {
    hint "The newline is sent with the line. Take it off before send(), and print one after the answer." "The client"
    printf 'hello\n again and again\t \nso be it\r\n' >in
    meet expect hello send hello expect ' again and again\t ' send ' again and again\t ' \
        expect 'so be it\r' send 'so be it\r' ends 0 expect-nothing
    same in out
}

@test "the client exits when its input is empty" {
    hint "The client waits for an answer although it has sent nothing. Read a line first, and stop at the end of stdin." "The client"
    meet ends 0 expect-nothing
    same in out
}

@test "the client sends an empty line as an empty datagram" {
    hint "The client treats a length of 0 as the end, of the input or of the answer. send() of 0 bytes sends a datagram, and recv() returns 0 for its answer." "Is 0 the end?"
    printf 'hello\n\n\nagain\n' >in
    meet expect hello send hello expect '' send '' expect '' send '' expect again send again ends 0
    same in out
}

@test "the client sends a last line that has no newline" {
    hint "The client drops the bytes between the last newline and the end of stdin. Send them as a line." "The client"
    printf 'hello\nagain' >in
    meet expect hello send hello expect again send again ends 0
    printf '\n' >>in
    same in out
}

@test "the client sends three times, a second apart" {
    hint "recv() waits without a timeout. Wait with poll() for 1000 milliseconds, and send at most three times." "Wait, but not forever"
    printf 'hello\nagain\n' >in
    patience=4 # more than one try
    meet expect hello expect hello later 0.9 sooner 1.9 expect hello later 0.9 sooner 1.9 send hello \
        expect again expect again later 0.9 sooner 1.9 send again ends 0 expect-nothing
    same in out
}

@test "the client gives up after three tries" {
    hint "The client tries again and again, or goes on with the next line. Send three times, wait once more, and then exit with status 1." "Wait, but not forever"
    printf 'hello\nagain\nand more\n' >in
    patience=4 # more than one try
    meet expect hello send hello expect again expect again later 0.9 sooner 1.9 expect again later 0.9 sooner 1.9 ends 1 expect-nothing
    out_is hello
    [ -s err ] || fail "client" "expected: a line on stderr that says why" "but:      nothing"
}

@test "the client accepts only an answer from its server with the line's bytes" {
    hint "The client prints any datagram that arrives. Use a connected socket, compare length and bytes with the line, and wait for the rest of the second if they differ." "A late answer"
    printf 'hel\0o\nagain\n' >in
    patience=4 # more than one try
    meet expect 'hel\0o' stranger send 'hel\0o' use 1 send 'hel\0x' send 'hel' send 'hel\0o!' send '' nag wrong \
        expect 'hel\0o' later 0.9 sooner 1.9 send 'hel\0o' expect again send 'hel\0o' \
        expect again later 0.9 sooner 1.9 send again ends 0
    same in out
}

@test "the client sends zero bytes, and lines of 65,507 bytes" {
    hint "The line is treated as a C string, which ends at a zero byte. Keep its length beside it, and use fwrite() to print it." "The client"
    { printf 'a\0b\0\0\n\0\nhello\n'; "$TOOLS/probe" stream 65507 | tr '\n' '\r'; echo; } >in
    meet echo ends 0
    same in out
}

@test "the client sends 200 lines with 100 descriptors" {
    hint "A socket is made for each line and never closed." "The client"
    seq 1 200 >in
    ulimit -Sn 100
    meet echo ends 0
    same in out
}

@test "the client reports a line longer than the largest datagram" {
    hint "The return value of send() is not checked, or a long line is sent in pieces. send() fails with EMSGSIZE: report that, and exit with status 1." "How large may a datagram be?"
    for size in 65508 200000; do
        { "$TOOLS/probe" stream "$size" | tr '\n' '\r'; echo; } >in
        meet echo ends 1
        tried=client fails 1 "" EMSGSIZE
    done
}

@test "without arguments the client sends to 127.0.0.1 port 65432" {
    hint "The defaults are not 127.0.0.1 and 65432." "When can datagrams arrive?"
    alone
    printf 'hello\n' >in
    client_arguments='' meeting_point=127.0.0.1:65432 meet echo ends 0
    same in out
    client_arguments=127.0.0.2 meeting_point=127.0.0.2:65432 meet echo ends 0
    same in out
}

@test "the client resolves a name" {
    hint "HOST is converted by inet_pton(), which only understands numeric addresses. getaddrinfo() resolves names too." "When can datagrams arrive?"
    echo '127.0.0.2 two' >hosts
    alone hosts
    printf 'hello\n' >in
    client_arguments=two meeting_point=127.0.0.2:65432 meet echo ends 0
    same in out
}

@test "the client sends over IPv6, the largest datagram too" {
    hint "The family of the socket is fixed to AF_INET. Take ai_family and ai_addrlen from getaddrinfo(), without AI_ADDRCONFIG in its hints." "Is anybody there?"
    apart
    needs_address '[::1]'
    { echo hello; "$TOOLS/probe" stream 65507 | tr '\n' '\r'; echo; } >in
    meeting_point='[::1]:0' meet echo ends 0
    same in out
}

@test "the client's bad command line is a usage error" {
    hint "The program does not check argc, or that PORT consists of digits and is at most 65535." "When can datagrams arrive?"
    refuses_ports client
    try client 127.0.0.1 80 80
    fails 2
}

@test "the client reports a name that does not resolve" {
    hint "The return value of getaddrinfo() is not checked. If it is not 0, print gai_strerror() of it, and exit with status 1." "When can datagrams arrive?"
    try client "no$(printf '%070d' 0)such.invalid" 1
    fails 1 "" EAI
}

@test "the client reports that nobody is there, immediately if the kernel says so" {
    hint "The return value of recv() is not checked. On a connected socket it is -1 with ECONNREFUSED: report that, and exit with status 1." "Is anybody there?"
    printf 'hello\n' >in
    patience=5 # more than three tries
    probe udp-refuse 127.0.0.1:0 start "$(run_client)" ends 1
    tried=client fails 1 "" ECONNREFUSED EAGAIN ETIMEDOUT # the last two after the third try
}

@test "after a long silence it still answers, and uses no processor time" {
    hint "select() or recvfrom() has a timeout. If the structure is set only once, it is 0 from then on, and the loop spins: set it before each call, or wait without a timeout." "Whom do we answer?"
    needs_proc
    hurried 127.0.0.1 0
    sleep 0.6 # longer than any timeout lasts now
    look idle
    probe udp "$address" send hello expect hello
}

@test "the client goes on waiting after it was stopped and continued" {
    hint "A recv() with a timeout (SO_RCVTIMEO) fails with EINTR when the client is continued. Call it again." "Wait, but not forever"
    needs_proc
    printf 'hello\n' >in
    meet expect hello run "$stop_client" run "$continue_client" run "$client_asleep" send hello ends 0
    same in out
}
