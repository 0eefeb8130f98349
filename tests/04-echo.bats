#!/usr/bin/env bats
# Lesson 04: what `server [HOST [PORT]]` and `client [HOST [PORT]]` must do.

programs='server client'
ready='listening on'
# shellcheck source=tests/helpers.bash
source "$BATS_TEST_DIRNAME/helpers.bash"
# shellcheck source=tests/helpers/echo.bash
source "$BATS_TEST_DIRNAME/helpers/echo.bash"
server_arguments=(127.0.0.1 0) narrow_kind=narrow hang_up=reset

# The server, from the first byte on.

@test "it sends back five bytes while the connection stays open" {
    hint "The server waits for more bytes before it answers: until its buffer is full, or until a newline. recv() returns as soon as any bytes have arrived; send those back." "How many bytes does recv() return?"
    start_echo
    talk send hello expect hello
}

@test "it sends back one byte at a time" {
    hint "Only the first piece is sent back: recv() and send() are not in a loop, or the loop ends when recv() returns fewer bytes than the buffer has room for. Repeat both until recv() returns 0." "How many bytes does recv() return?"
    start_echo
    talk each 'to be\n'
}

@test "it closes the connection when the client has finished sending" {
    hint "The program does not check for recv() returning 0. That is the end of file: leave the loop and close the connected socket." "What does it mean when recv() returns 0?"
    closes_after_the_client
}

@test "it serves one client after another" {
    hint "accept() is not in a loop, so the server ends after its first client." "What about the next client?"
    serves_one_after_another
}

@test "it sends back zero bytes" {
    hint "The buffer is treated as a C string, and strlen() stops at a zero byte. Send as many bytes as recv() returned." "Is it text?"
    sends_back_zero_bytes
}

@test "it sends back messages of several sizes, byte for byte" {
    hint "The number of bytes sent differs from the number that recv() returned. Keep that in a ssize_t, and send as many bytes." "How many bytes does send() take?"
    sends_back_sizes 1 2 3 5 17 100 500
}

@test "it sends back a message that is larger than its buffer" {
    hint "Some bytes stay in the socket. With EPOLLET an event is reported only once, so call recv() until it fails with EAGAIN." "How many bytes does recv() return?"
    start_echo
    talk exchange 200001
}

@test "it sends back messages that fill a buffer exactly" {
    hint "When the buffer is full, a zero byte is written over its last byte, or beyond it. recv() may take sizeof buf - 1 bytes, or leave the zero byte out." "Is it text?"
    sends_back_sizes 512 1023 1024 1025 2048 4096 4097 8192 16384 32768 65536 65537
}

@test "it sends back words such as quit and exit like any other data" {
    hint "The server compares what it receives with a word or an empty line, and ends the conversation. All bytes that a client sends are data." "Is it text?"
    sends_back_words
}

@test "Ctrl-C ends it while a client is connected" {
    hint "A handler of SIGINT only sets a flag, and recv() is restarted after it. Without a handler Ctrl-C ends the program." "How does the server end?"
    needs_proc
    start_echo
    talk send hello expect hello run "$interrupt" expect-gone
    ended_by INT
}

@test "SIGTERM ends it while a client is connected" {
    hint "A handler of SIGTERM only sets a flag, and recv() is restarted after it. Without a handler SIGTERM ends the program." "How does the server end?"
    start_echo
    talk send hello expect hello run "kill -s TERM $server" expect-gone
    ended_by TERM
}

# Every kind of client.

@test "a client that sends nothing does not affect the next one" {
    hint "The first recv() of a connection returns 0, and the program does not expect that." "What does it mean when recv() returns 0?"
    start_echo
    talk close
    talk send hello expect hello
}

@test "a client that resets its connection does not affect the next one" {
    hint "recv() returns -1 (ECONNRESET), and the server ends, or takes -1 for a length. Close this connection and accept the next client." "What if the peer is gone?"
    start_echo
    talk send hello expect hello reset
    talk send hello expect hello
}

@test "a client that closes without reading its echo does not affect the next one" {
    hint "send() or recv() returns -1, and the server ends. Close this connection and accept the next client." "What if the peer is gone?"
    start_echo
    talk send-stream 100000 close
    talk send hello expect hello
}

@test "a client that has left before the echo is sent does not affect the next one" {
    hint "SIGPIPE ends the server when it sends to a client that has left. Ignore the signal: then send() returns -1 with EPIPE." "What if the peer is gone?"
    survives_a_client_that_has_left
}

@test "a client that resets before it is accepted does not affect the next one" {
    hint "The first recv() of a connection returns -1 (ECONNRESET), and the server ends. Close this connection and accept the next client." "What if the peer is gone?"
    survives_resets_in_the_queue
}

@test "a client that connects while another is served gets its turn" {
    hint "The listening socket is closed while a client is served. Keep it open: the kernel lets the others wait in its queue." "What about the next client?"
    start_echo
    talk send one expect one dial dial use 1 shut-down expect-end \
        use 2 send two expect two shut-down expect-end use 3 send three expect three shut-down expect-end
}

@test "what a client sends before its turn is not lost" {
    hint "The server reads and drops bytes before it echoes. The bytes that arrived early are the first ones to send back." "What about the next client?"
    start_echo
    talk send one expect one connect send two use 1 shut-down expect-end use 2 expect two shut-down expect-end
}

@test "clients that connect at the same time are all served" {
    hint "Each thread gets the address of one variable, which the next accept() overwrites. Pass each thread a copy of its own." "What about the next client?"
    needs_proc
    start_echo
    pause_server
    talk send one dial dial put-off run "$resume" use 1 expect one shut-down expect-end \
        use 2 send two expect two shut-down expect-end use 3 send three expect three shut-down expect-end
}

@test "two clients at the same time each get their own bytes" {
    hint "The threads that serve the clients share one static buffer. Give each its own." "What about the next client?"
    keeps_clients_apart
}

# Everything, in order.

@test "it sends back eight megabytes" {
    hint "Some bytes are lost or sent twice when there are many. Continue after the bytes that send() took, and nowhere else." "How many bytes does send() take?"
    needs_proc
    start_echo
    talk exchange 8388608 shut-down expect-end
}

@test "a client that shuts down its sending side still gets all of its bytes" {
    hint "The connection is closed at the end of file, before every byte has been sent back." "What does it mean when recv() returns 0?"
    start_echo
    talk send-stream 200000 shut-down expect-stream 200000 expect-end
}

@test "a client that shuts down its sending side before it reads still gets all of its bytes" {
    hint "At the end of file the program forgets the bytes that are still waiting in its own buffer. Send them before you close." "What does it mean when recv() returns 0?"
    needs_proc
    start_echo
    kind=narrow talk fill "$look_asleep" shut-down run "$look_idle" expect-filled expect-end
    kind=thin talk fill-to-brim "$look_asleep" shut-down run "$look_asleep" expect-filled expect-end
}

@test "it goes on after Ctrl-Z and fg" {
    hint "A call that waits (epoll_wait(), or recv() with a time limit) fails with EINTR after Ctrl-Z and fg, although no handler ran. Call it again." "How many bytes does send() take?"
    goes_on_when_continued
}

@test "it loses nothing when it is stopped and continued while it sends" {
    hint "send() took fewer bytes than it was offered, and the rest is lost or sent from the wrong place. Send the rest in a loop: after each send() go on n bytes further, and offer n bytes less." "How many bytes does send() take?"
    loses_nothing_when_stopped
}

# Nothing is left behind.

@test "it uses no processor time while a client is silent" {
    hint "The socket is non-blocking, and a loop calls recv() again and again. Let recv() wait." "How many bytes does recv() return?"
    idles_beside_a_silent_client
}

@test "it uses no processor time when no client is connected" {
    hint "The loop goes on after recv() has returned 0 or -1, for a client that has left." "What does it mean when recv() returns 0?"
    needs_proc
    start_echo
    talk send hello expect hello close
    talk send hello expect hello reset
    look idle
}

@test "it uses no processor time after a timeout" {
    hint "On Linux select() counts its timeout down, so the next call waits for the rest only, and after a while not at all. Set the timeout before each call." "How many bytes does recv() return?"
    idles_after_a_timeout
}

@test "it keeps a connection on which nothing arrives for a while" {
    hint "A call has a time limit (SO_RCVTIMEO, or the timeout of poll()), and the program takes a silent client for one that has left." "How long does a call wait?"
    keeps_a_silent_client
}

@test "after 50 clients it holds no more descriptors and processes than before" {
    hint "The connected socket is not closed. Close it on every way out of the conversation, in the parent too after fork()." "What must the server give back?"
    needs_proc
    start_echo
    remember
    times=2 talk send hello expect hello shut-down expect-end
    talk send hello expect hello reset
    remember
    times=25 talk send hello expect hello shut-down expect-end
    times=25 talk send hello expect hello reset
    holds_no_more
}

@test "clients that leave at the same time leave no processes behind" {
    hint "The handler of SIGCHLD waits for one child, but one signal can stand for several. Call waitpid() until it returns 0 or -1." "08: What happens to a child that has ended?"
    needs_proc
    start_echo
    talk send hello expect hello shut-down expect-end
    remember
    talk send one dial dial run "$look_asleep" run 'kill -s STOP "$server"' close use 1 close use 2 close \
        run '"$TOOLS/look" -t 1 "$guard" stopped 2>/dev/null || true' run 'kill -s CONT "$server"'
    holds_no_more
}

@test "clients that have left before the echo is sent leave no descriptors behind" {
    hint "The connected socket is not closed after send() has returned -1." "What must the server give back?"
    needs_proc
    start_echo
    talk send hello expect hello shut-down expect-end
    remember
    for _ in 1 2; do
        pause_server
        talk send-stream 50000 close
        look continue
        talk reset
        talk send hello expect hello shut-down expect-end
    done
    holds_no_more
}

@test "its memory does not grow with the number of clients" {
    hint "Memory is allocated for every client or message, and not freed. (A thread is freed if it is detached, or joined at its end.)" "What must the server give back?"
    needs_proc
    start_echo
    memory_settles -n 300 tcp "$address" exchange 1000 shut-down expect-end \
        connect send hello expect hello reset
    memory_settles -n 3 narrow "$address" fill "$look_asleep" reset
}

@test "when no descriptor is free it serves its clients, idles, and accepts the others later" {
    hint "accept() returns -1 (EMFILE), and the server ends or calls it again immediately. Wait a moment before you try again." "What must the server give back?"
    needs_proc
    files=10 start_echo
    steps=() others=()
    for n in {1..7}; do
        steps+=(dial)
        others+=(use "$n" send "client $n" expect "client $n" shut-down expect-end close)
    done
    # The first has been accepted: so, if the queue is short, the next ones get their turn in order.
    talk run "$look_asleep" "${steps[@]:1}" put-off run "$look_idle" "${others[@]}"
}

# Its end, and its next start.

@test "Ctrl-C ends it while a client does not read" {
    hint "A handler of SIGINT sets a flag, and the loop around send() does not check it. Check it before each send(), or install no handler." "How does the server end?"
    needs_proc
    start_echo
    kind=narrow talk fill "$look_asleep" take-no-more run "$stop_and_continue" run "$look_asleep" \
        run "$interrupt" run "$nothing_left"
    ended_by INT
}

@test "SIGTERM ends it while a client does not read" {
    hint "A handler of SIGTERM sets a flag, and the loop around send() does not check it. Check it before each send(), or install no handler." "How does the server end?"
    needs_proc
    start_echo
    kind=narrow talk fill "$look_asleep" take-no-more run "$stop_and_continue" run "$look_asleep" \
        run 'kill -s TERM "$server"' run "$nothing_left"
    ended_by TERM
}

@test "SIGTERM ends it also when it arrives just before the server waits" {
    hint "A handler only sets a flag. If the signal arrives just after the loop has checked the flag, the next call waits. Let the handler call _exit(), or install no handler." "How does the server end?"
    needs_proc
    ends_just_before_it_waits send hello expect hello
}

@test "SIGTERM ends it while clients keep connecting" {
    hint "The program reacts to SIGTERM only when no client is waiting." "How does the server end?"
    start_echo
    besiege exchange 20000
    talk send hello expect hello
    stop_server
}

@test "it can be started again immediately after it has closed a connection first" {
    hint "SO_REUSEADDR is missing, or it is set after bind()." "How does the server end?"
    alone
    serve 127.0.0.1 65432
    is_at 127.0.0.1:65432
    talk send hello expect hello run "kill -s TERM $server" expect-gone
    ended_by TERM
    serve 127.0.0.1 65432
    talk send hello expect hello
}

@test "it reports a port that another server listens on" {
    hint "The return value of bind() is not checked, or SO_REUSEPORT lets two servers share the port." "02: Why does bind() say that the address is in use?"
    start_echo
    try server 127.0.0.1 "$port"
    fails 1 bind EADDRINUSE
}

# Its command line.

@test "without arguments it listens on 127.0.0.1 and port 65432" {
    hint "The defaults are not 127.0.0.1 and 65432." "The server"
    alone
    serve
    [ "$address" = 127.0.0.1:65432 ] || fail "server" "expected: listening on 127.0.0.1:65432" "but:      $line"
    talk send hello expect hello
    probe refused 127.0.0.2:65432
}

@test "it listens on the host and the port that it is given" {
    hint "An argument is ignored when it is the only one, or NI_NUMERICSERV is missing and a port has a name." "The server"
    alone
    serve 127.0.0.2
    [ "$address" = 127.0.0.2:65432 ] || fail "server 127.0.0.2" "expected: listening on 127.0.0.2:65432" "but:      $line"
    stop_server
    serve 127.0.0.1 8080
    [ "$address" = 127.0.0.1:8080 ] || fail "server 127.0.0.1 8080" "expected: listening on 127.0.0.1:8080" "but:      $line"
}

@test "it serves over IPv6, by name, and on every address" {
    hint "bind() does not get the address and length of getaddrinfo(), for example because the family is always AF_INET. The empty host is a null pointer, with AI_PASSIVE." "The server"
    is_reached send hello expect hello
}

@test "it reports a host name that does not resolve" {
    hint "The result of getaddrinfo() is not checked. gai_strerror() says what the error means." "The server"
    try server "$no_such_host" 1
    fails 1 '' EAI
}

@test "a bad command line is a usage error" {
    hint "The number of arguments, or the port, is not checked. A port is digits only, 0 to 65535." "The server"
    refuses_ports server
    try server 127.0.0.1 0 5
    fails 2
}

@test "it prints the ready line only when it listens" {
    hint "The ready line is printed before listen(). A client that reads it may connect immediately." "The server"
    needs_proc
    alone
    serve_unheard 127.0.0.1 65432
    probe tcp 127.0.0.1:65432 close
}

# The client.

@test "the client prints what the server sends back" {
    hint "What the client has printed is not what came back, or not all of it came back. Send as many bytes as read() returned, write as many as recv() returned, and print nothing else." "How can a program wait for two things?"
    client_prints_the_echo
}

@test "the client prints what it receives, not what it has sent" {
    hint "The client prints its own input, and only counts the bytes that arrive. Write what recv() stored in the buffer." "How can a program wait for two things?"
    client_prints_what_it_receives
}

@test "the client ends with status 0 once everything has been echoed" {
    hint "At the end of its input the client does not call shutdown() with SHUT_WR, or it closes both directions. Half-close, and read until everything has been echoed." "When is the client done?"
    client_ends_after_the_echo
}

@test "the client ends with status 0 when there is no input" {
    hint "The client waits for an echo although it has sent nothing. At the end of the input call shutdown() with SHUT_WR." "When is the client done?"
    client_ends_without_input
}

@test "the client sends each line and prints each echo immediately" {
    hint "The client waits for more input or for a full buffer (fread(), or printf() without fflush()), while it could send or print." "How can a program wait for two things?"
    client_sends_and_prints_immediately
}

@test "the client sends several lines that arrive together, and an incomplete line" {
    hint "A line stays in the buffer of stdin, where poll() does not see it. Use read() instead of fgets()." "How can a program wait for two things?"
    client_sends_several_lines
}

@test "the client waits more than a second for the echo" {
    hint "A call has a time limit (SO_RCVTIMEO, or the timeout of poll()), and the client takes a silent server for one that has left." "How long does a call wait?"
    printf 'hello\n' >in
    [ -e /proc/self/stat ] || client_asleep=: # with /proc we see whether it waits at all
    meet expect 'hello\n' send hel run "$client_asleep" run ': wait 1.2 s; sleep 1.2' expect-end send 'lo\n' close ends 0
    same in out
}

@test "the client copies any bytes, zero bytes too" {
    hint "A zero byte ends what strlen() counts, so fgets() and printf() with %s lose the bytes after it. Use read() and write()." "Is it text?"
    "$TOOLS/probe" stream 100001 >in
    printf 'a\0\0b\0' >>in
    meet echo close ends 0
    same in out
}

@test "the client copies eight megabytes" {
    hint "The client sends everything before it reads. Then all buffers on the way are full, and both sides wait." "Why not send everything, and then read?"
    "$TOOLS/probe" stream 8388608 >in
    meeting_kind=narrow-listen meet echo close ends 0
    same in out
}

@test "the client prints the echo while the server takes no more bytes" {
    hint "send() waits for room, and the echo waits with it. Pass MSG_DONTWAIT, keep the bytes that send() did not take, and ask poll() for POLLOUT until they are sent." "How can a program wait for two things?"
    meeting_kind=narrow-listen client_prints_without_room
}

@test "the client ends when its input is a pipe that ends" {
    hint "poll() reports the end of a pipe as POLLHUP, with POLLIN or alone, and the client looks for just POLLIN. Call read() whenever revents is not 0." "How can a program wait for two things?"
    client_sees_the_end_of_a_pipe
}

@test "the client reports a server that closes too early" {
    hint "The client ends with status 0 although bytes of the echo are missing. Count what you send and what comes back, and fail if recv() returns 0 too early." "When is the client done?"
    client_reports_an_early_end
}

@test "the client reports a server that closes while stdin is still open" {
    hint "The client waits for stdin alone, and does not see that the server has closed. Let poll() wait for both." "How can a program wait for two things?"
    client_reports_an_end_before_its_input_ends
}

@test "the client reports that nobody is there" {
    hint "The return value of connect() is not checked, or the client reports the failure and then ends with status 0." "The client"
    probe bind 127.0.0.1:0 start "$(run_client)" ends 1
    tried=client
    fails 1 connect ECONNREFUSED
}

@test "the client reports a server that resets the connection" {
    hint "The client takes recv() returning -1 for the end of file." "What if the peer is gone?"
    needs_proc
    "$TOOLS/probe" stream 1000000 >in
    # Not while it sends, or send() could report the reset instead of recv().
    meet run "$client_asleep" reset ends 1
    says_why
}

@test "the client reports a server that leaves while the client sends" {
    hint "SIGPIPE ends the client without a message. Ignore the signal, and report the -1 of send()." "What if the peer is gone?"
    needs_proc
    "$TOOLS/probe" stream 8388608 >in
    meeting_kind=narrow-listen meet until ': the client has started; [ -s client.report ]' run "$stop_client" shut-down reset run "$continue_client" ends 1
    says_why
}

@test "the client loses nothing when it is stopped and continued while it sends" {
    hint "send() took fewer bytes than it was offered, and the rest is lost. Keep the rest, and send it when poll() reports POLLOUT." "How can a program wait for two things?"
    needs_proc
    "$TOOLS/probe" stream 8388608 >in
    meeting_kind=narrow-listen meet until ': the client has started; [ -s client.report ]' run "$stop_client" run "$continue_client" echo close ends 0
    same in out
}

@test "the client loses nothing when there is little room for what it sends" {
    hint "A send() that does not wait (MSG_DONTWAIT, O_NONBLOCK) took only a part of the bytes, or none (EAGAIN), and the rest is lost. Keep the rest, and send it when poll() reports POLLOUT." "How can a program wait for two things?"
    needs_proc
    "$TOOLS/probe" stream 1000000 >in
    meeting_point=$(unused_address):0 meeting_kind=thin-listen meet run "$client_asleep" echo close ends 0
    same in out
}

@test "the client prints everything when it is stopped and continued while it writes" {
    hint "write() took fewer bytes than it was offered, and the rest is lost. Write the rest in a loop." "How many bytes does send() take?"
    client_prints_all_when_stopped
}

@test "without arguments the client connects to 127.0.0.1 and port 65432" {
    hint "The defaults are not 127.0.0.1 and 65432, or an argument is ignored when it is the only one." "The client"
    alone
    printf 'hello\n' >in
    client_arguments='' meeting_point=127.0.0.1:65432 meet echo close ends 0
    same in out
    client_arguments=127.0.0.2 meeting_point=127.0.0.2:65432 meet echo close ends 0
    same in out
}

@test "the client connects over IPv6" {
    hint "socket() and connect() do not get the family and length of the address (ai_family, ai_addrlen). AI_ADDRCONFIG leaves ::1 out on a machine without another IPv6 address." "The client"
    apart
    needs_address '[::1]'
    printf 'hello\n' >in
    meeting_point='[::1]:0' meet echo close ends 0
    same in out
}

@test "the client tries every address of a name" {
    hint "Only the first address is tried. When connect() fails, go on with ai_next." "The client"
    printf '%s\n' '127.0.0.2 two' '127.0.0.3 two' >hosts
    alone hosts
    printf 'hello\n' >in
    last=$(probe names two 0 | tail -n 1)
    client_arguments='two "$PORT"' meeting_point=$last meet echo close ends 0
    same in out
}

@test "the client reports a host name that does not resolve" {
    hint "The result of getaddrinfo() is not checked. gai_strerror() says what the error means." "The client"
    try client "$no_such_host" 1
    fails 1 '' EAI
}

@test "a bad command line of the client is a usage error" {
    hint "The number of arguments, or the port, is not checked. A port is digits only, 0 to 65535." "The client"
    refuses_ports client
    try client 127.0.0.1 80 80
    fails 2
}
