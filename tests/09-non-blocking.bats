#!/usr/bin/env bats
# Lesson 09: what `server [HOST [PORT]]` and `client [HOST [PORT [COUNT]]]` must do.

programs='server client'
ready='listening on'
# shellcheck source=tests/helpers.bash
source "$BATS_TEST_DIRNAME/helpers.bash"
# shellcheck source=tests/helpers/many.bash
source "$BATS_TEST_DIRNAME/helpers/many.bash"
# shellcheck source=tests/helpers/turns.bash
source "$BATS_TEST_DIRNAME/helpers/turns.bash"

# echoed COUNT BYTES: the client has printed that it had COUNT connections.
echoed() {
    [ "$(cat out)" = "$1 connections, $2 bytes echoed" ] || [ "$(cat out)" = "$1 connection, $2 bytes echoed" ] ||
        fail "client" "expected: $1 connections, $2 bytes echoed" "but:      $(shown out)"
}

@test "it sends back every byte as it arrives" {
    hint "The server waits until its buffer is full, or for a newline. recv() returns what has arrived, even one byte: send that back immediately." "Does everybody get a turn?"
    sends_back_as_it_arrives
}

@test "it closes the connection when the client has finished sending" {
    hint "The program does not check for recv() returning 0. That is the end of file: close the connection." "When may we close?"
    closes_after_the_client
}

@test "it serves a second client while the first one is silent" {
    hint "The server waits for one client in recv() or accept(). Let poll() wait for all of them." "Does everybody get a turn?"
    serves_beside_a_silent_client
}

@test "it uses no processor time while a client is silent" {
    hint "The events of a client always include POLLOUT. A socket nearly always has room, so poll() never waits: ask about POLLOUT only while bytes are waiting for this client." "What happens to the bytes that don't fit?"
    idles_beside_a_silent_client
}

@test "it uses no processor time after clients have left" {
    hint "A closed connection stays in the array. poll() reports it again and again: take it out when recv() returns 0 or -1." "What if a client leaves?"
    idles_after_clients_have_left
}

@test "it uses no processor time after a timeout" {
    hint "The timeval of select() is set only once. Linux counts it down, so the next select() does not wait: set it before each call." "Can you do it with select()?"
    idles_after_a_timeout hello hello
}

@test "SIGINT and SIGTERM end it with status 0" {
    hint "No handler catches the signal, or not yet. Catch SIGINT and SIGTERM before you print the ready line; then leave the loop, and return 0 from main()." "Where can a signal get lost?"
    ends_with_status_0
}

@test "it sends back everything that arrived while it was stopped" {
    hint "EPOLLET reports new data only once, but the server calls recv() only once. Call recv() until it fails with EAGAIN, or do without EPOLLET." "Does everybody get a turn?"
    sends_back_what_arrived_meanwhile
}

@test "it uses no processor time while a client does not read" {
    hint "The events of a client include POLLIN although the server does not read from it now. Ask about POLLOUT alone while bytes are waiting for this client." "How much may wait?"
    idles_while_a_client_does_not_read
}

@test "it sends back everything to a client that reads late" {
    hint "The rest of a partial send is lost, or sent again from its beginning. Remember how many bytes send() took, and send the others when poll() reports POLLOUT." "What happens to the bytes that don't fit?"
    sends_all_to_a_late_reader
}

@test "it uses no processor time after a client has read late" {
    hint "Everything has been sent to the client, but the server still asks about POLLOUT. A socket nearly always has room, so it is reported again and again. Ask about POLLIN again." "What happens to the bytes that don't fit?"
    idles_after_a_late_read
}

@test "it keeps a client for which send() has no room at the moment" {
    hint "send() failed with EAGAIN, and the server closed the connection, or dropped the bytes. There is only no room now: keep both, and send when poll() reports POLLOUT." "What happens to the bytes that don't fit?"
    keeps_a_client_without_room
}

@test "it serves the other clients while one does not read" {
    hint "A send() waits for one client, and all the others wait with it. Make every connected socket non-blocking." "What if a client doesn't read?"
    serves_while_one_does_not_read
}

@test "it serves the other clients while many do not read" {
    hint "Several threads wait in send(), each for a client that does not read, until no thread is left. Make every connected socket non-blocking." "What if a client doesn't read?"
    serves_while_many_do_not_read
}

@test "a client that reads late gets every byte" {
    hint "The rest of a partial send is lost, or sent again from its beginning. Remember how many bytes send() took, and send the others when poll() reports POLLOUT." "What happens to the bytes that don't fit?"
    sends_all_when_stopped_and_continued
}

@test "a half-closed client that reads late still gets every byte" {
    hint "The server closes at the end of file although bytes are still waiting for this client. Send them first." "When may we close?"
    sends_all_after_a_half_close
}

@test "it holds at most 64 KiB for a client that does not read" {
    hint "The server goes on reading from a client to which it cannot send. Receive nothing from a client while bytes are waiting for it." "How much may wait?"
    holds_at_most_64_kib
}

@test "a client that leaves does not affect the others" {
    hint "When a client leaves, the last client of the array takes its place, but not all that belongs to it moves along. Move the descriptor and its bytes." "What if a client leaves?"
    serves_the_others_when_one_leaves
}

@test "a client that resets does not affect the others" {
    hint "The program takes the -1 of recv() or send() for a number of bytes, or exits. Close that one connection." "What if a client leaves?"
    serves_the_others_when_one_resets
}

@test "a client that leaves before its answer does not affect the others" {
    hint "SIGPIPE ends the server. Ignore that signal: then send() fails with EPIPE, and the server closes this connection." "What if a client leaves?"
    serves_the_others_when_one_has_left
}

@test "it serves 1,000 clients at the same time" {
    hint "The array is too small, or the limit of descriptors is. Raise the soft limit with setrlimit()." "How many can there be?"
    serves_a_thousand
}

@test "it survives 1,100 connections at the same time" {
    hint "An array, or the fd_set of select(), has room for fewer clients. Check for that after accept(), and close the connection that does not fit; or use poll() and an array that grows." "Can you do it with select()?"
    survives_a_throng 1100
}

@test "when no descriptor is free it serves its clients and accepts the others later" {
    hint "accept() fails with EMFILE, and the server exits, sleeps, or never asks again. Stop asking about the listening socket until a client leaves." "What if no descriptor is left?"
    serves_without_a_free_descriptor
}

@test "when no descriptor is free it uses no processor time" {
    hint "The listening socket stays ready when accept() fails with EMFILE, so poll() returns immediately. Do not ask about it until a descriptor is free." "What if no descriptor is left?"
    idles_without_a_free_descriptor
}

@test "after many clients it holds no more descriptors and processes than before" {
    hint "A connected socket is not closed, depending on how its client left. Close it after the end of file, after a reset, and after a failed send()." "What if a client leaves?"
    holds_no_more_after_many_clients
}

@test "its memory does not grow with the number of clients" {
    hint "The buffer of a client is not freed. Free it when its bytes have been sent, and when the client leaves." "What if a client leaves?"
    memory_stays_after_many_clients
}

@test "it goes on after Ctrl-Z and fg" {
    hint "A call was interrupted (EINTR), and the server takes its -1 for the end. Call it again." "What does Ctrl-Z do to poll()?"
    goes_on_when_continued
}

@test "SIGTERM ends it with status 0 as soon as it prints the ready line" {
    hint "The handlers are installed after the ready line. A program that reads this line may send SIGTERM immediately: install them before." "Where can a signal get lost?"
    is_prepared 127.0.0.1 0
}

@test "SIGINT and SIGTERM end it with status 0 while clients are connected" {
    hint "The handler sets a flag, and then poll() waits again. Let the handler write a byte into a pipe that poll() watches." "Where can a signal get lost?"
    ends_beside_clients
}

@test "SIGTERM ends it with status 0 also when it arrives just before the server waits" {
    hint "The handler only sets a flag. The loop has checked the flag when the signal arrives, so poll() waits although the server should end. Let the handler write a byte into a pipe that poll() watches." "Where can a signal get lost?"
    ends_before_it_waits
}

@test "SIGTERM ends it with status 0 while a client is always ready" {
    hint "The signal is blocked except in ppoll(), which returns without delivering it while a descriptor is ready. Use a pipe that poll() watches." "Isn't ppoll() made for that?"
    ends_when_busy
}

@test "SIGTERM ends it with status 0 while every client sends without a pause" {
    hint "The server checks for the signal only when no client is ready. Check in every turn of the loop." "Where can a signal get lost?"
    ends_under_load
}

@test "SIGTERM ends it with status 0 while no descriptor is free" {
    hint "The server waits until a descriptor is free, and for nothing else. Keep the pipe of the signals in the set that poll() watches." "What if no descriptor is left?"
    ends_without_a_free_descriptor
}

@test "it can be started again immediately after it has closed a connection first" {
    hint "SO_REUSEADDR is missing, or is set after bind(). Set it before." "Write it yourself"
    starts_again send hello expect hello
}

@test "it reports a port that another server listens on" {
    hint "SO_REUSEPORT lets two servers share a port. Set SO_REUSEADDR instead." "Write it yourself"
    refuses_a_taken_port
}

@test "without arguments it listens on 127.0.0.1 and port 65432" {
    hint "The server has other defaults. They are 127.0.0.1 and 65432." "Write it yourself"
    listens_by_default send hello expect hello
}

@test "it serves over IPv6, by name, and on every address" {
    hint "The program makes the address itself. Pass bind() the address and length of getaddrinfo(), and call that with AI_PASSIVE and a null pointer for the empty host." "Write it yourself"
    is_reached send hello expect hello
}

@test "it reports a host name that does not resolve" {
    hint "The return value of getaddrinfo() is not checked. When it is not 0, print gai_strerror() of it and exit with status 1." "Write it yourself"
    reports_an_unknown_host
}

@test "a bad command line is a usage error" {
    hint "The program does not check argc and the port. Print how to call it on stderr, and exit with status 2." "Write it yourself"
    refuses_bad_arguments
}

@test "the client opens two connections and counts the bytes that are echoed" {
    hint "The client counts what it sends, or one connection only. Add up what recv() returns on all connections; COUNT is 2 if it is left out." "What does the client do with 10,000 connections?"
    bytes=$(await_client accept-crowd 2 echo-crowd ends 0)
    echoed 2 "$bytes"
}

@test "the client opens as many connections as COUNT says" {
    hint "The client ignores COUNT, its third argument." "What does the client do with 10,000 connections?"
    for count in 1 3 70; do
        bytes=$(client_arguments="\$HOST \$PORT $count" await_client accept-crowd "$count" echo-crowd ends 0)
        echoed "$count" "$bytes"
    done
}

@test "the client waits for an echo that arrives late and in pieces" {
    hint "The client takes what one recv() returns for the whole message. Count bytes until all of it is back." "What does the client do with 10,000 connections?"
    needs_proc
    client_arguments='$HOST $PORT 1' meet await run "$client_asleep" \
        echo-in-two "$client_asleep" ends 0
    grep -Eqx '1 connections?, [1-9][0-9]* bytes echoed' out || fail "client" \
        "expected: 1 connection, and the number of its bytes" "but:      $(shown out)"
}

@test "the client does not wait for one connection before it starts the next" {
    hint "connect() waits because the socket becomes non-blocking after it. Set O_NONBLOCK before; EINPROGRESS is not a failure." "How can a client connect without waiting?"
    needs_proc
    client_arguments='$HOST $PORT 8' meeting_kind=listen-to-one await_client expect-connecting 6
}

@test "the client opens 10,000 connections" {
    hint "The limit of descriptors is still 1024. Raise it with setrlimit(), and use poll(): select() cannot watch more than 1024." "How many can there be?"
    allow 10100
    bytes=$(client_arguments='$HOST $PORT 10000' patience=20 await_client accept-crowd 10000 echo-crowd ends 0)
    echoed 10000 "$bytes"
}

@test "the client does not open fewer connections than COUNT says" {
    hint "The client cuts COUNT to 32 bits, or to the number of its descriptors. Report a COUNT that is too large, and exit with status 1 or 2." "What does the client do with 10,000 connections?"
    serve 127.0.0.1 0
    for count in 4294967298 18446744073709551618; do
        files=64 try client 127.0.0.1 "$port" "$count"
        if grep -qx 'exit 2' client.report; then fails 2; else fails 1; fi
    done
    files=64 try client 127.0.0.1 "$port" 100
    if grep -q '^exit [12]$' client.report; then return; fi # or it opens them one after the other
    grep -q '^100 connections' out || fail "client 127.0.0.1 $port 100, with 64 descriptors" \
        "expected: a failure, or 100 connections" "but:      $(shown out)"
}

@test "the client reports that nobody is there" {
    hint "The client takes POLLOUT for success. It only says that the attempt to connect has ended; getsockopt() with SO_ERROR says how." "How can a client connect without waiting?"
    probe bind 127.0.0.1:0 start "$(client_arguments='$HOST $PORT 1' run_client)" ends 1
    tried=client fails 1 connect ECONNREFUSED
}

@test "the client reports a server that closes too early" {
    hint "The client takes the 0 of recv() for success. It is a failure unless every byte is back." "What does the client do with 10,000 connections?"
    client_arguments='$HOST $PORT 1'
    meet await shut-down ends 1
    tried=client fails 1 '' ECONNRESET EPIPE
    meet echo-byte shut-down ends 1
    tried=client fails 1 '' ECONNRESET EPIPE
}

@test "the client reports a server that resets" {
    hint "The client does not check for recv() or send() returning -1." "What does the client do with 10,000 connections?"
    needs_proc
    client_arguments='$HOST $PORT 1' meet run "$client_asleep" run "$stop_client" reset run "$continue_client" ends 1
    tried=client fails 1 '' ECONNRESET EPIPE
}

@test "the client reports a host name that does not resolve" {
    hint "The return value of getaddrinfo() is not checked. When it is not 0, print gai_strerror() of it and exit with status 1." "Write it yourself"
    try client "no$(printf '%070d' 0)such.invalid" 1
    fails 1 '' EAI
}

@test "without arguments the client connects to 127.0.0.1 and port 65432" {
    hint "The client has other defaults. They are 127.0.0.1 and 65432." "Write it yourself"
    alone
    bytes=$(client_arguments='' meeting_point=127.0.0.1:65432 await_client accept-crowd 2 echo-crowd ends 0)
    echoed 2 "$bytes"
}

@test "the client connects over IPv6" {
    hint "The family of the socket is fixed. Take it from the address (ai_family), with its length (ai_addrlen), and do not set AI_ADDRCONFIG: it leaves ::1 out on a machine without another IPv6 address." "Write it yourself"
    apart
    needs_address '[::1]'
    bytes=$(meeting_point='[::1]:0' await_client accept-crowd 2 echo-crowd ends 0)
    echoed 2 "$bytes"
}

@test "a bad command line of the client is a usage error" {
    hint "The program does not check argc, the port, and COUNT. Print how to call it on stderr, and exit with status 2." "Write it yourself"
    refuses_ports client
    for count in 0 -1 +2 2x x '' ' 2' 1.5; do
        try client 127.0.0.1 80 "$count"
        fails 2
    done
    try client 127.0.0.1 80 2 2
    fails 2
}
