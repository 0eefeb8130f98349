#!/usr/bin/env bats
# Lesson 08: what `server [HOST [PORT]]` must do.
#
# What happens to the others while a client does not read its echo is free here.

programs='server'
ready='listening on'
# shellcheck source=tests/helpers.bash
source "$BATS_TEST_DIRNAME/helpers.bash"
# shellcheck source=tests/helpers/echo.bash
source "$BATS_TEST_DIRNAME/helpers/echo.bash"
# shellcheck source=tests/helpers/many.bash
source "$BATS_TEST_DIRNAME/helpers/many.bash"
server_arguments=(127.0.0.1 0) narrow_kind=narrow hang_up=reset

# One client, as in lesson 04.

@test "it sends back five bytes while the connection stays open" {
    hint "poll() is not asked about the connected socket, or the server waits for more than has arrived. Put the descriptor of each client into the array, with POLLIN as its events." "How can one process wait for many clients?"
    start_echo
    talk send hello expect hello
}

@test "it sends back one byte at a time" {
    hint "The server serves a client only once. Leave the client in the array until recv() returns 0 or -1." "Who gets a turn?"
    start_echo
    talk each 'to be\n'
}

@test "it sends back messages of several sizes, byte for byte" {
    hint "The number of bytes sent differs from the number that recv() returned. Keep that in a ssize_t, and send as many bytes." "Who gets a turn?"
    sends_back_sizes 1 500 4096 16384 16385 200001
}

@test "it closes the connection when the client has finished sending" {
    hint "recv() returned 0, and the server did not close the connected socket. A parent that has forked must close its copy as well." "How does a client leave?"
    closes_after_the_client
}

# Several clients.

@test "it serves a second client while the first one is silent" {
    hint "The server waits for one client, in recv() or until its thread has ended (pthread_join()), or in accept() for the next one, and nobody else is served. Let poll() wait for all of them; or give each client a process or a thread, and do not wait for that." "How can one process wait for many clients?"
    start_echo
    talk send one expect one connect send two expect two use 1 send again expect again use 2 send 'and again' expect 'and again'
}

@test "it serves a client while one that has never sent anything is connected" {
    hint "After accept() the server calls recv() immediately, and waits for the first bytes of the new client. Call recv() only when poll() reports that client." "Who gets a turn?"
    start_echo
    talk connect connect send hello expect hello use 1 shut-down expect-end use 3 send again expect again
}

@test "it answers each client in the order in which they send" {
    hint "The clients are served in a fixed order, and the server waits for the one whose turn it is. Serve each client that poll() reports, and no other." "Who gets a turn?"
    start_echo
    talk connect connect connect use 3 send three expect three use 1 send one expect one use 4 send four expect four \
        use 2 send two expect two use 1 send again expect again
}

@test "clients that connect at the same time are all served" {
    hint "All threads get the address of one variable, which the next accept() overwrites. Pass each thread a copy of its own." "What do threads share?"
    needs_proc
    start_echo
    pause_server
    talk send one dial dial run "$resume" use 1 expect one shut-down expect-end \
        use 2 send two expect two shut-down expect-end use 3 send three expect three shut-down expect-end
}

@test "clients that talk at the same time each get their own bytes" {
    hint "All threads use one buffer (a global or static one), and one client's bytes are overwritten by another's. Declare the buffer in the thread's own function, without static." "What do threads share?"
    keeps_clients_apart
}

@test "it serves 200 clients at the same time" {
    hint "The array has room for fewer clients, or the server sends to the wrong descriptor. Give the array room for at least 200, and send to the descriptor from which the bytes came." "What if the server is full?"
    start_echo
    talk close run '"$TOOLS/look" -t 1 "$guard" asleep 2>/dev/null || true' # it has noticed
    probe -t $((2 * patience)) tcp "$address" crowd 200 talk 3
}

@test "a client that shuts down its sending side still gets all of its bytes" {
    hint "The connection is closed at the end of file, before every byte has been sent back." "How does a client leave?"
    start_echo
    talk connect send-stream 200000 shut-down expect-stream 200000 expect-end use 1 send hello expect hello
}

@test "a client that shuts down its sending side before it reads still gets all of its bytes" {
    hint "The server closes the connection as soon as poll() reports POLLHUP or POLLRDHUP, although bytes are still to be received or sent. Call recv(), and close after it has returned 0." "How does a client leave?"
    needs_proc
    start_echo
    kind=narrow talk fill "$look_asleep" shut-down run "$look_idle" expect-filled expect-end
    pause_server
    talk send-stream 30000 shut-down run "$resume" expect-stream 30000 expect-end
}

# Clients that leave.

@test "a client that leaves does not affect the others" {
    hint "When a client leaves, another one is forgotten: the last client takes its place in the array, but it is not asked about there, or the count is wrong." "How does a client leave?"
    local noticed=() # that 2 has left, before 4 sends: one event at a time, where /proc shows it
    start_echo
    [ ! -e /proc/self/stat ] || noticed=(run "$look_asleep")
    talk connect connect connect use 2 send two expect two close ${noticed[@]+"${noticed[@]}"} use 4 send four expect four use 1 send one expect one \
        use 4 send more expect more use 1 close use 3 send three expect three use 4 shut-down expect-end use 3 send again expect again connect send new expect new \
        use 3 send last expect last # its descriptor is above the newest one's
}

@test "clients that leave at the same time do not affect the others" {
    hint "When two clients leave in the same turn, the loop serves or closes a wrong one: the client that took the place of another is skipped, or treated by the old revents. Go through the array backwards." "How does a client leave?"
    needs_proc
    start_echo
    talk connect connect connect run "$look_asleep" run 'kill -s STOP "$server"' use 2 send two \
        close use 4 send four use 1 close use 3 send three run 'kill -s CONT "$server"' expect three use 4 expect four
    talk connect connect connect run "$look_asleep" run 'kill -s STOP "$server"' use 1 close use 4 close \
        run 'kill -s CONT "$server"' run "$look_asleep" use 2 send two expect two use 3 send three expect three
}

@test "a client that resets its connection does not affect the others" {
    hint "recv() returns -1 (ECONNRESET), and the server ends, or takes -1 for a length. Close this connection and go on with the others." "How does a client leave?"
    start_echo
    talk send one expect one connect send two expect two use 1 reset use 2 send again expect again connect send three expect three
    talk send one expect one reset
    talk send hello expect hello
}

@test "a client that has left before the echo is sent does not affect the others" {
    hint "send() returns -1 (EPIPE) for a client that has left, and the server ends, or sends again and again. Close this connection and go on with the others." "How does a client leave?"
    survives_a_client_that_has_left
}

@test "a client that resets before it is accepted does not affect the others" {
    hint "The first recv() of a connection returns -1 (ECONNRESET), and the server ends. Close this connection and go on with the others." "How does a client leave?"
    survives_resets_in_the_queue
}

@test "it serves 1,100 clients one after another" {
    hint "The place of a client that has left is not used again, so one day the array is full. Give it to the last client of the array, or look for a free place." "How does a client leave?"
    start_echo
    times=1100 talk send hello expect hello reset
}

@test "when a client that does not read has left, the others are served" {
    hint "send() fails for a client that has left (ECONNRESET, EPIPE), and the server ends, or goes on waiting for that client. Close its connection and go on with the others." "Which client can stop everybody?"
    needs_proc
    start_echo
    kind=narrow talk connect use 1 fill "$look_asleep" reset use 2 send hello expect hello
}

# Nothing is left behind.

@test "it uses no processor time while clients are silent" {
    hint "poll() is asked about POLLOUT, which is true nearly always, or its timeout is 0, so it does not wait. Ask about POLLIN alone, with the timeout -1." "How can one process wait for many clients?"
    needs_proc
    start_echo
    talk connect send hello expect hello run "$look_idle"
}

@test "it uses no processor time after clients have left" {
    hint "A closed connection stays in the array, and poll() reports it again and again. Take it out when recv() returns 0 or -1." "How does a client leave?"
    needs_proc
    start_echo
    talk connect connect use 1 send hello expect hello close use 2 reset use 3 shut-down expect-end
    look idle
}

@test "it uses no processor time after a timeout" {
    hint "The timeval of select() is set only once. Linux counts it down, so the next select() does not wait: set it before each call, or pass a null pointer." "What about select()?"
    idles_after_a_timeout hello hello
}

@test "after many clients it holds no more descriptors and processes than before" {
    hint "The connected socket is not closed, depending on how its client left. Close it after the end of file, after a reset, after a failed send(), and in the parent after fork()." "How does a client leave?"
    needs_proc
    files=24 start_echo
    talk send hello expect hello shut-down expect-end
    remember
    times=30 talk send hello expect hello shut-down expect-end
    times=30 talk send hello expect hello reset
    kind=narrow talk fill "$look_asleep" reset
    holds_no_more
}

@test "clients that leave at the same time leave no processes behind" {
    hint "The handler of SIGCHLD waits for one child, but one signal can stand for several. Call waitpid() until it returns 0 or -1." "What happens to a child that has ended?"
    needs_proc
    start_echo
    talk send hello expect hello shut-down expect-end
    remember
    talk send one dial dial run "$look_asleep" run 'kill -s STOP "$server"' close use 1 close use 2 close \
        run '"$TOOLS/look" -t 1 "$guard" stopped 2>/dev/null || true' run 'kill -s CONT "$server"'
    holds_no_more
}

@test "its memory does not grow with the number of clients" {
    hint "Memory is allocated for every client, or a thread is started, and never given back. Free it when the client leaves, and detach each thread." "A thread for each client"
    needs_proc
    start_echo
    memory_settles -n 300 tcp "$address" exchange 1000 shut-down expect-end \
        connect send hello expect hello reset
}

# Too many clients.

@test "when no descriptor is free it uses no processor time, and accepts the others later" {
    hint "accept() fails with EMFILE, and the server ends, or calls it again immediately. Wait a moment before you try again." "What if the server is full?"
    needs_proc
    files=16 start_echo
    probe -t $((2 * patience)) tcp "$address" throng 20 run "$look_idle" all-served
    talk send hello expect hello
}

@test "it survives 1,100 connections at the same time" {
    hint "An array, or the fd_set of select(), has room for fewer clients. Compare before you store the descriptor: close the connection that does not fit, or stop asking about the listening socket." "What if the server is full?"
    survives_a_throng 1100
}

# Signals.

@test "it goes on after Ctrl-Z and fg" {
    hint "A call was interrupted (EINTR), and the server takes its -1 for a failure. Call it again." "How does the server end?"
    needs_proc
    start_echo
    talk connect send hello expect hello run "$look_asleep" run "$stop_and_continue" \
        send again expect again use 1 send one expect one connect send three expect three
    pause_server
    talk send one dial dial run "$resume" use 1 expect one use 3 send three expect three use 2 send two expect two
}

@test "it loses nothing when it is stopped and continued while it sends" {
    hint "send() took fewer bytes than it was offered, and the rest is lost or sent from the wrong place. Send the rest in a loop, as send_all() of lesson 04 does: after each send() go on n bytes further, and offer n bytes less." "Who gets a turn?"
    loses_nothing_when_stopped
}

@test "Ctrl-C ends it while clients are connected" {
    hint "A handler of SIGINT only sets a flag, and the server goes on waiting. Without a handler SIGINT ends the program." "How does the server end?"
    needs_proc
    start_echo
    talk send hello expect hello connect send two expect two run "$interrupt" expect-gone use 1 expect-gone
    ended_by INT
}

@test "SIGTERM ends it while clients are connected" {
    hint "A handler of SIGTERM only sets a flag, and the server goes on waiting. Without a handler SIGTERM ends the program." "How does the server end?"
    needs_proc
    start_echo
    talk send hello expect hello connect send two expect two run 'kill -s TERM "$server"' expect-gone use 1 expect-gone
    ended_by TERM
}

@test "SIGTERM ends it while a client does not read" {
    hint "A handler of SIGTERM sets a flag, and the loop around send() does not check it. Check it before each send(), or install no handler." "How does the server end?"
    needs_proc
    start_echo
    kind=narrow talk connect send hello expect hello use 1 fill "$look_asleep" \
        take-no-more run "$stop_and_continue" run "$look_asleep" run 'kill -s TERM "$server"' run "$nothing_left"
    ended_by TERM
}

@test "SIGTERM ends it also when it arrives just before the server waits" {
    hint "A handler only sets a flag. If the signal arrives just after the loop has checked the flag, the next call waits. Let the handler call _exit(), or install no handler." "How does the server end?"
    needs_proc
    ends_just_before_it_waits send hello expect hello
}

@test "SIGTERM ends it while clients keep connecting" {
    hint "The server reacts to SIGTERM only when no client is waiting." "How does the server end?"
    needs_proc
    start_echo
    besiege exchange 20000
    talk send hello expect hello run "$pause" send 'and again' run 'kill -s TERM "$server"' run "$resume" drain
    ended_by TERM
}

# Its start.

@test "it can be started again immediately after it has closed a connection first" {
    hint "SO_REUSEADDR is missing, or is set after bind(). Set it before." "How does the server end?"
    starts_again send hello expect hello
}

@test "it reports a port that another server listens on" {
    hint "The return value of bind() is not checked, or SO_REUSEPORT lets two servers share the port." "One process for all"
    refuses_a_taken_port
}

@test "without arguments it listens on 127.0.0.1 and port 65432" {
    hint "The server has other defaults. They are 127.0.0.1 and 65432." "One process for all"
    listens_by_default send hello expect hello
}

@test "it serves over IPv6, by name, and on every address" {
    hint "bind() does not get the address and length of getaddrinfo(). The empty host is a null pointer, with AI_PASSIVE." "One process for all"
    is_reached send hello expect hello
}

@test "it reports a host name that does not resolve" {
    hint "The return value of getaddrinfo() is not checked. When it is not 0, print gai_strerror() of it and exit with status 1." "One process for all"
    try server "$no_such_host" 1
    fails 1 '' EAI
}

@test "a bad command line is a usage error" {
    hint "The program does not check argc and the port. Print how to call it on stderr, and exit with status 2." "One process for all"
    refuses_ports server
    try server 127.0.0.1 0 5
    fails 2
}
