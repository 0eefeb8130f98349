#!/usr/bin/env bats
# Lesson 04: what `server [HOST [PORT]]` and `client [HOST [PORT]]` must do.

programs='server client'
ready='listening on'
# shellcheck source=tests/helpers.bash
source "$BATS_TEST_DIRNAME/helpers.bash"

@test "it sends back five bytes while the connection stays open" {
    hint "it reads until its buffer is full, or until a newline, before it answers" "As it comes"
    serve 127.0.0.1 0
    probe tcp "$address" send hello expect hello
}

@test "it sends back byte after byte" {
    hint "recv() gives what has come, be it one byte: send that back at once" "As it comes"
    serve 127.0.0.1 0
    probe tcp "$address" each 'to be\n'
}

@test "it sends back zero bytes" {
    hint "the buffer is treated as a C string: strlen() stops at a zero byte; recv() says how many came" "Bytes, not text"
    serve 127.0.0.1 0
    probe tcp "$address" send 'a\0b\0\0c' expect 'a\0b\0\0c' send '\0' expect '\0' shut-down expect-end
}

@test "it takes no word for a command" {
    hint "what a client sends is data, whatever it says" "Bytes, not text"
    serve 127.0.0.1 0
    for word in 'exit\n' 'quit\n' 'bye\n' 'q\n' '.\n' '\n' '\r\n' '\x04' '\x1a' '\xff'; do
        probe tcp "$address" send "$word" expect "$word" send "$word" expect "$word"
    done
}

@test "it sends back what fills no buffer exactly, in order" {
    hint "recv() gave n bytes, but another number of them is sent" "Send all, receive some"
    serve 127.0.0.1 0
    for size in 1 512 1023 1024 1025 2048 4096 8192 16384 32768 65536 65537; do
        probe tcp "$address" exchange "$size" shut-down expect-end
    done
}

@test "it sends back eight megabytes" {
    hint "bytes are lost or come twice when there are many: look at what send() returns" "Send all, receive some"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" exchange 8388608 shut-down expect-end
}

@test "it loses nothing when it is stopped and continued in mid-send" {
    hint "send() may take fewer bytes than it is offered: send the rest too" "Send all, receive some"
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" fill "$look_asleep" run "$stop_and_continue" expect-filled shut-down expect-end
    probe tcp "$address" send hello expect hello run "$look_asleep" run "$stop_and_continue" send again expect again
}

@test "a client that only shuts down its sending side still gets everything" {
    hint "at the end of file the connection is closed before everything was sent back" "The end of the conversation"
    serve 127.0.0.1 0
    probe tcp "$address" send-stream 200000 shut-down expect-stream 200000 expect-end
}

@test "a client that shuts down its sending side before it reads still gets everything" {
    hint "at the end of file what waits in the program's own buffer is forgotten; or it asks again and again for room" "The end of the conversation"
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" fill "$look_asleep" shut-down run "$look_idle" expect-filled expect-end
    probe thin "$address" fill-to-brim "$look_asleep" shut-down run "$look_asleep" expect-filled expect-end
}

@test "it closes when the client has sent its last" {
    hint "recv()'s 0 is not looked at: it means end of file" "The end of the conversation"
    serve 127.0.0.1 0
    probe tcp "$address" shut-down expect-end
    probe tcp "$address" send hello expect hello shut-down expect-end
}

@test "it serves whoever comes next" {
    hint "accept() stands in no loop, or the end of one client ends the server" "One after the other"
    serve 127.0.0.1 0
    probe -n 20 tcp "$address" send hello expect hello shut-down expect-end
}

@test "whoever comes meanwhile waits and is served too" {
    hint "a second client is turned away, or what it sent while it waited is lost" "One after the other"
    serve 127.0.0.1 0
    probe tcp "$address" send one expect one connect send two connect send three \
        use 1 shut-down expect-end use 2 expect two shut-down expect-end use 3 expect three shut-down expect-end
}

@test "clients that come all at once are all served" {
    hint "a thread gets the address of a variable that the next accept() overwrites" "One after the other"
    needs_proc
    serve 127.0.0.1 0
    pause_server
    # There may be no place for the third in the queue, so we do not wait for one.
    probe tcp "$address" send one connect send two dial run "$resume" \
        use 1 expect one shut-down expect-end use 2 expect two shut-down expect-end \
        use 3 send three expect three shut-down expect-end
}

@test "two clients at once get each its own bytes" {
    hint "a static buffer is shared by the threads that serve them" "One after the other"
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" fill "$look_asleep" connect send-stream 30000 run "$look_asleep" \
        use 1 expect-filled shut-down expect-end use 2 expect-stream 30000 shut-down expect-end
}

@test "a client that sends nothing costs nobody else anything" {
    hint "a connection without a byte is a conversation too: its end is the first thing that recv() tells" "The end of the conversation"
    serve 127.0.0.1 0
    probe tcp "$address" close
    probe tcp "$address" send hello expect hello
}

@test "a client that does not wait for its answer costs nobody else anything" {
    hint "send() fails when the peer is gone: that ends this conversation, not the server" "When the peer is gone"
    serve 127.0.0.1 0
    probe tcp "$address" send-stream 100000 close
    probe tcp "$address" send hello expect hello
}

@test "a client that resets costs nobody else anything" {
    hint "recv()'s -1 is taken for a length, or ends the server" "When the peer is gone"
    serve 127.0.0.1 0
    probe tcp "$address" send hello expect hello reset
    probe tcp "$address" send hello expect hello
}

@test "a client that resets while it waits costs nobody else anything" {
    hint "recv()'s -1 is taken for a length, or ends the server" "When the peer is gone"
    needs_proc
    serve 127.0.0.1 0
    pause_server
    probe tcp "$address" reset
    probe tcp "$address" send hello run "$resume" expect hello
    pause_server
    probe tcp "$address" send hello reset
    probe tcp "$address" send hello run "$resume" expect hello
    look asleep
}

@test "a client that is gone before the answer costs nobody else anything" {
    hint "SIGPIPE ends the server: ignore it, then send() fails with EPIPE" "When the peer is gone"
    needs_proc
    serve 127.0.0.1 0
    pause_server
    probe tcp "$address" send hello shut-down reset
    probe tcp "$address" send hello run "$resume" expect hello
    pause_server
    probe tcp "$address" send-stream 50000 close
    probe tcp "$address" send hello run "$resume" expect hello
    look asleep
}

@test "it holds no more descriptors and processes after 50 clients" {
    hint "the connected socket is not closed (or a child is not waited for)" "Give back what you took"
    needs_proc
    serve 127.0.0.1 0
    remember
    probe -n 2 tcp "$address" send hello expect hello shut-down expect-end
    probe tcp "$address" send hello expect hello reset
    remember
    probe -n 25 tcp "$address" send hello expect hello shut-down expect-end
    probe -n 25 tcp "$address" send hello expect hello reset
    holds_no_more
}

@test "clients that leave all at once leave nothing behind" {
    hint "a signal is no counter: one SIGCHLD can stand for several children" "Give back what you took"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" send hello expect hello shut-down expect-end
    remember
    probe tcp "$address" send one connect send two connect send three \
        run "$look_asleep" run 'kill -s STOP "$server"' close use 1 close use 2 close \
        run '"$TOOLS/look" -t 1 "$guard" stopped 2>/dev/null || true' run 'kill -s CONT "$server"'
    holds_no_more
}

@test "clients that are gone before the answer leave nothing behind" {
    hint "after send()'s -1 the connected socket is not closed" "Give back what you took"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" send hello expect hello shut-down expect-end
    remember
    for _ in 1 2; do
        pause_server
        probe tcp "$address" send-stream 50000 close
        probe tcp "$address" reset
        look continue
        probe tcp "$address" send hello expect hello shut-down expect-end
    done
    holds_no_more
}

@test "its memory does not grow with the number of clients" {
    hint "something is allocated for every client and never freed" "Give back what you took"
    needs_proc
    serve 127.0.0.1 0
    memory_settles -n 300 tcp "$address" exchange 1000 shut-down expect-end \
        connect send hello expect hello reset
    memory_settles -n 3 narrow "$address" fill "$look_asleep" reset
}

@test "out of descriptors it goes on with those it has, idles, and takes the others later" {
    hint "accept()'s -1 (EMFILE) ends the server, or is tried again and again" "Give back what you took"
    needs_proc
    files=10 serve 127.0.0.1 0
    steps=() others=()
    for n in {1..7}; do
        steps+=(connect send "client $n")
        others+=(use "$n" expect "client $n" shut-down expect-end close)
    done
    probe tcp "$address" "${steps[@]:1}" run "$look_idle" "${others[@]}"
}

@test "it uses no processor time while a client is silent" {
    hint "a loop asks again and again instead of waiting in recv()" "As it comes"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" send hello expect hello run "$look_idle"
}

@test "it uses no processor time when nobody is there" {
    hint "recv()'s 0 or -1 is not looked at, and the loop goes on with a client that has left" "The end of the conversation"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" send hello expect hello close
    probe tcp "$address" send hello expect hello reset
    look idle
}

@test "Ctrl-C ends it while a client is there" {
    hint "SIGINT is ignored, or a handler only sets a flag that recv() does not look at" "Ending"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" send hello expect hello run "kill -s INT $server" expect-gone
    ended_by INT
}

@test "Ctrl-C ends it while a client does not read" {
    hint "the handler sets a flag that the loop around send() does not look at" "Ending"
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" fill "$look_asleep" run 'kill -s INT "$server"' run '"$TOOLS/look" "$guard" at-most 0 0'
    ended_by INT
}

@test "SIGTERM ends it while a client is there" {
    hint "SIGTERM is ignored, or a child lives on" "Ending"
    serve 127.0.0.1 0
    probe tcp "$address" send hello expect hello run "kill -s TERM $server" expect-gone
    ended_by TERM
}

@test "SIGTERM ends it while a client does not read" {
    hint "the handler sets a flag that the loop around send() does not look at" "Ending"
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" fill "$look_asleep" run "$stop_and_continue" run "$look_asleep" \
        run 'kill -s TERM "$server"' run '"$TOOLS/look" "$guard" at-most 0 0'
    ended_by TERM
}

@test "SIGTERM ends it also while clients keep coming" {
    hint "SIGTERM is let in only while nothing else is ready" "Ending"
    serve 127.0.0.1 0
    besiege exchange 20000
    probe tcp "$address" send hello expect hello
    stop_server
}

@test "a server that closed first can be started again at once" {
    hint "SO_REUSEADDR is missing, or it is set after bind()" "Ending"
    alone
    serve 127.0.0.1 65432
    probe tcp "$address" send hello expect hello run "kill -s TERM $server" expect-gone
    ended_by TERM
    serve 127.0.0.1 65432
    probe tcp "$address" send hello expect hello
}

@test "a port that somebody listens on is a failed bind" {
    hint "SO_REUSEPORT lets two servers share a port; SO_REUSEADDR does not" "Ending"
    serve 127.0.0.1 0
    try server 127.0.0.1 "$port"
    fails 1 bind
}

@test "without arguments it listens on 127.0.0.1 and port 65432" {
    hint "the defaults are 127.0.0.1 and 65432" "One after the other"
    alone
    serve
    [ "$address" = 127.0.0.1:65432 ] || fail "it says: $address" "expected: 127.0.0.1:65432"
    probe tcp 127.0.0.1:65432 send hello expect hello
    probe refused 127.0.0.2:65432
}

@test "it takes the host, and the port, that it was given" {
    hint "the port is 65432 when only the host is given; a port is printed as a number (NI_NUMERICSERV)" "One after the other"
    alone
    serve 127.0.0.2
    [ "$address" = 127.0.0.2:65432 ] || fail "it says: $address" "expected: 127.0.0.2:65432"
    stop_server
    serve 127.0.0.1 8080
    [ "$address" = 127.0.0.1:8080 ] || fail "it says: $address" "expected: 127.0.0.1:8080"
}

@test "it serves over IPv6, by name, and on every address" {
    hint "the address is not getaddrinfo()'s with its length; the empty host is a null pointer with AI_PASSIVE" "One after the other"
    is_reached send hello expect hello
}

@test "a server's command line that makes no sense is a usage error" {
    hint "argc and the port are not looked at" "Ending"
    refuses_ports server
    try server 127.0.0.1 0 0
    fails 2
}

@test "a host that stands for no address is told" {
    hint "getaddrinfo()'s result is not looked at; its errors are told by gai_strerror()" "When the peer is gone"
    for program in server client; do
        try "$program" "no$(printf '%070d' 0)such.invalid" 1
        fails 1
    done
}

@test "the client prints what comes back" {
    hint "what recv() returned is written, no more and no less" "The client's two directions"
    printf 'hello\nagain' >in
    meet echo close ends 0
    same in out
}

@test "the client copies any bytes" {
    hint "the input is read with fgets() or printed with printf(): a zero byte is a byte like others" "Bytes, not text"
    "$TOOLS/probe" stream 100001 >in
    printf 'a\0\0b\0' >>in
    meet echo close ends 0
    same in out
}

@test "the client copies eight megabytes" {
    hint "it sends everything before it reads: then all buffers on the way are full, and both sides wait" "The client's two directions"
    "$TOOLS/probe" stream 8388608 >in
    meeting_kind=narrow-listen meet echo close ends 0
    same in out
}

@test "the client loses nothing when it is stopped and continued in mid-send" {
    hint "send() may take fewer bytes than it is offered: send the rest too" "Send all, receive some"
    needs_proc
    "$TOOLS/probe" stream 8388608 >in
    meeting_kind=narrow-listen meet until '[ -s client.report ]' run "$stop_client" run "$continue_client" echo close ends 0
    same in out
}

@test "the client prints everything, also when it is stopped and continued in mid-write" {
    hint "write() may take fewer bytes than it is offered: write the rest too" "Send all, receive some"
    client_prints_all_when_stopped
}

@test "the client sends each line as it comes, and prints each answer as it comes" {
    hint "it waits for more input, or for a full buffer, while something could be sent or printed" "The client's two directions"
    mkfifo stdin
    exec 7<>stdin
    printf 'hello\n' >&7
    client_input=stdin meet expect 'hello\n' send 'hel' until '[ "$(cat out)" = hel ]' \
        run 'echo again >stdin' expect 'again\n' send 'lo\nag' until '[ "$(wc -c <out)" = 8 ]'
}

@test "the client sends lines that come at once, and part of a line" {
    hint "a line is kept in stdio's buffer, where poll() does not see it" "The client's two directions"
    mkfifo stdin
    exec 7<>stdin
    printf 'hello\nagain\nand ' >&7
    client_input=stdin meet expect 'hello\nagain\nand ' run 'echo quit >stdin' expect 'quit\n'
}

@test "the client ends when its input, a pipe, ends" {
    hint "poll() tells the end of a pipe as POLLHUP alone, without POLLIN" "The client's two directions"
    needs_program client # or nobody reads what we write
    mkfifo stdin
    printf 'hello\n' >stdin 3>&- 4>&- &
    client_input=stdin meet echo close ends 0
    out_is hello
}

@test "the client ends when everything has come back" {
    hint "it waits for the server to close, although all is back, or does not wait until it is" "The client's two directions"
    needs_proc
    printf 'hello\n' >in
    meet expect 'hello\n' run "$client_asleep" \
        send 'hello\n' ends 0
    same in out
}

@test "neither server nor client takes a second of silence for the end" {
    hint "a call has a time limit (SO_RCVTIMEO, poll()'s timeout), and a peer that is silent for longer is taken for gone" "The end of the conversation"
    serve 127.0.0.1 0
    printf 'hello\n' >in
    silence='"$TOOLS/probe" tcp "$address" send hello expect hello run "sleep 1.2" send again expect again'
    meet expect 'hello\n' send hel run "$silence" send 'lo\n' ends 0
    same in out
}

@test "the client ends at once when there is no input" {
    hint "nothing to send means that nothing has to come back" "The client's two directions"
    meet ends 0
    same in out
}

@test "the client tells a server that closes too early" {
    hint "recv()'s 0 is success only when all bytes are back" "The end of the conversation"
    printf 'hello\n' >in
    meet expect 'hello\n' send 'hel' close ends 1
    [ -s err ] || fail "expected: a line on stderr that says why"
    [ "$(cat out)" = hel ] || fail "expected on stdout: hel" "but: $(cat out)"
}

@test "the client tells a server that closes while stdin is still open" {
    hint "it waits for stdin, and does not see that the server has gone: poll() waits for both" "The client's two directions"
    mkfifo stdin
    exec 7<>stdin
    printf 'hello\n' >&7
    client_input=stdin meet expect 'hello\n' send 'hello\n' until '[ -s out ]' close ends 1
    [ -s err ] || fail "expected: a line on stderr that says why"
    grep -qx 'left 0' client.report || fail "the client ended, but it left processes running"
}

@test "the client tells a server that resets" {
    hint "recv()'s -1, or send()'s, is not looked at; SIGPIPE ends the client without a word" "When the peer is gone"
    "$TOOLS/probe" stream 1000000 >in
    meet reset ends 1
    [ -s err ] || fail "expected: a line on stderr that says why"
}

@test "the client tells a server that leaves while it sends" {
    hint "SIGPIPE ends the client without a word" "When the peer is gone"
    needs_proc
    "$TOOLS/probe" stream 8388608 >in
    meeting_kind=narrow-listen meet until '[ -s client.report ]' run "$stop_client" shut-down reset run "$continue_client" ends 1
    [ -s err ] || fail "expected: a line on stderr that says why"
}

@test "the client goes to 127.0.0.1 and port 65432 by itself" {
    hint "the defaults are 127.0.0.1 and 65432; the port is 65432 when only the host is given" "The client's two directions"
    alone
    printf 'hello\n' >in
    client_arguments='' meeting_point=127.0.0.1:65432 meet echo close ends 0
    same in out
    client_arguments=127.0.0.2 meeting_point=127.0.0.2:65432 meet echo close ends 0
    same in out
}

@test "the client connects over IPv6" {
    hint "the family is that of the address (ai_family), its length is ai_addrlen; AI_ADDRCONFIG leaves ::1 out where there is no other IPv6 address" "The client's two directions"
    apart
    needs_address '[::1]'
    printf 'hello\n' >in
    meeting_point='[::1]:0' meet echo close ends 0
    same in out
}

@test "the client tries every address of a name" {
    hint "only the first address is tried, or only numbers are understood: the next is at ai_next" "The client's two directions"
    printf '%s\n' '127.0.0.2 two' '127.0.0.3 two' >hosts
    alone hosts
    printf 'hello\n' >in
    last=$(probe names two 0 | tail -n 1)
    client_arguments='two "$PORT"' meeting_point=$last meet echo close ends 0
    same in out
}

@test "the client tells that nobody is there" {
    hint "connect()'s -1 is not looked at, or the message does not name the call" "When the peer is gone"
    probe bind 127.0.0.1:0 start "$(run_client)" ends 1
    fails 1 connect client
}

@test "a client's command line that makes no sense is a usage error" {
    hint "argc and the port are not looked at" "The client's two directions"
    refuses_ports client
    try client 127.0.0.1 80 80
    fails 2
}

@test "it says that it listens only when it does" {
    hint "the ready line comes after listen(): who reads it may connect at once" "One after the other"
    needs_proc
    alone
    serve_unheard 127.0.0.1 65432
    probe tcp 127.0.0.1:65432 close
}
