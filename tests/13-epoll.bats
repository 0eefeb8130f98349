#!/usr/bin/env bats
# Lesson 13: what `server [HOST [PORT]]` must do: all that lesson 09 asks of its server, and one
# thing more.

programs='server'
ready='listening on'
# shellcheck source=tests/helpers.bash
source "$BATS_TEST_DIRNAME/helpers.bash"
# shellcheck source=tests/helpers/many.bash
source "$BATS_TEST_DIRNAME/helpers/many.bash"
# shellcheck source=tests/helpers/turns.bash
source "$BATS_TEST_DIRNAME/helpers/turns.bash"

@test "it sends back every byte as it arrives" {
    hint "The server waits until its buffer is full, or for a newline. recv() returns what has arrived, even one byte: send that back immediately." "09: Does everybody get a turn?"
    sends_back_as_it_arrives
}

@test "it closes the connection when the client has finished sending" {
    hint "The program does not check for recv() returning 0. That is the end of file: close the connection." "09: When may we close?"
    closes_after_the_client
}

@test "it serves a second client while the first one is silent" {
    hint "The server waits for one client in recv() or accept(). Let epoll_wait() wait for all of them." "09: Does everybody get a turn?"
    serves_beside_a_silent_client
}

@test "it uses no processor time while a client is silent" {
    hint "The events of a client always include EPOLLOUT. A socket nearly always has room, so epoll_wait() never waits: ask about EPOLLOUT only while bytes are waiting for this client." "09: What happens to the bytes that don't fit?"
    idles_beside_a_silent_client
}

@test "a byte takes at most three times as long beside 10,000 silent clients as beside 10" {
    hint "Whenever one client sends, the server hands the descriptors of all its clients to the kernel, or goes through all of them. Let the kernel keep the list, and look only at the clients that it reports." "How do we give the list away?"
    allow 10100
    serve 127.0.0.1 0
    probe -t $((4 * patience)) tcp "$address" beside-silent '10 10000 3'
}

@test "it uses no processor time after clients have left" {
    hint "The kernel still has a closed connection in its list, because another descriptor for it is open, made by dup() or fork(). Take it out with EPOLL_CTL_DEL before close(), or close every one of them." "What if a closed connection still reports?"
    idles_after_clients_have_left
}

@test "it uses no processor time after a timeout" {
    hint "The timeout has become 0, so epoll_wait() does not wait any more. Compute it before each call; -1 means no limit." "How do we give the list away?"
    idles_after_a_timeout hello hello
}

@test "SIGINT and SIGTERM end it with status 0" {
    hint "No handler catches the signal, or not yet. Catch SIGINT and SIGTERM before you print the ready line; then leave the loop, and return 0 from main()." "09: Where can a signal get lost?"
    ends_with_status_0
}

@test "it sends back everything that arrived while it was stopped" {
    hint "EPOLLET reports new data only once, but the server calls recv() only once. Call recv() until it fails with EAGAIN, or do without EPOLLET." "What does EPOLLET change?"
    sends_back_what_arrived_meanwhile
}

@test "it uses no processor time while a client does not read" {
    hint "The events of a client include EPOLLIN although the server does not read from it now. Ask about EPOLLOUT alone while bytes are waiting for this client, and tell the kernel so with EPOLL_CTL_MOD." "What is new in the server?"
    idles_while_a_client_does_not_read
}

@test "it sends back everything to a client that reads late" {
    hint "The rest of a partial send is lost, or sent again from its beginning. Remember how many bytes send() took, and send the others when epoll_wait() reports EPOLLOUT." "09: What happens to the bytes that don't fit?"
    sends_all_to_a_late_reader
}

@test "it uses no processor time after a client has read late" {
    hint "Everything has been sent to the client, but the kernel still reports EPOLLOUT, and a socket nearly always has room. Change its events back to EPOLLIN with EPOLL_CTL_MOD." "What is new in the server?"
    idles_after_a_late_read
}

@test "it keeps a client for which send() has no room at the moment" {
    hint "send() failed with EAGAIN, and the server closed the connection, or dropped the bytes. There is only no room now: keep both, and send when epoll_wait() reports EPOLLOUT." "09: What happens to the bytes that don't fit?"
    keeps_a_client_without_room
}

@test "it serves the other clients while one does not read" {
    hint "A send() waits for one client, and all the others wait with it. Make every connected socket non-blocking." "09: What if a client doesn't read?"
    serves_while_one_does_not_read
}

@test "it serves the other clients while many do not read" {
    hint "Several threads wait in send(), each for a client that does not read, until no thread is left. Make every connected socket non-blocking." "09: What if a client doesn't read?"
    serves_while_many_do_not_read
}

@test "a client that reads late gets every byte" {
    hint "The rest of a partial send is lost, or sent again from its beginning. Remember how many bytes send() took, and send the others when epoll_wait() reports EPOLLOUT." "09: What happens to the bytes that don't fit?"
    sends_all_when_stopped_and_continued
}

@test "a half-closed client that reads late still gets every byte" {
    hint "The server takes EPOLLRDHUP for the end of the conversation, although bytes are still waiting for this client. Send them first, and let recv() return 0." "What do EPOLLHUP and EPOLLRDHUP mean?"
    sends_all_after_a_half_close
}

@test "it holds at most 64 KiB for a client that does not read" {
    hint "The server goes on reading from a client to which it cannot send. Receive nothing from a client while bytes are waiting for it." "09: How much may wait?"
    holds_at_most_64_kib
}

@test "a client that leaves does not affect the others" {
    hint "The server uses what it told epoll about a client that has left: an old place in an array, freed memory, or a number that another client has now." "What if a number is given away again?"
    serves_the_others_when_one_leaves
}

@test "a client that resets does not affect the others" {
    hint "The program takes the -1 of recv() or send() for a number of bytes, or exits. Close that one connection." "09: What if a client leaves?"
    serves_the_others_when_one_resets
}

@test "a client that leaves before its answer does not affect the others" {
    hint "SIGPIPE ends the server. Ignore that signal: then send() fails with EPIPE, and the server closes this connection." "09: What if a client leaves?"
    serves_the_others_when_one_has_left
}

@test "it serves 1,000 clients at the same time" {
    hint "The array is too small, or the limit of descriptors is. Raise the soft limit with setrlimit()." "09: How many can there be?"
    serves_a_thousand
}

@test "it survives 1,100 connections at the same time" {
    hint "An array has room for fewer descriptors, and the program writes past its end. Compare the descriptor that accept() returns with the size of the array." "09: How many can there be?"
    survives_a_throng 1100
}

@test "when no descriptor is free it serves its clients and accepts the others later" {
    hint "accept() fails with EMFILE, and the server exits, sleeps, or never asks again. Stop asking about the listening socket until a client leaves." "09: What if no descriptor is left?"
    serves_without_a_free_descriptor
}

@test "when no descriptor is free it uses no processor time" {
    hint "The listening socket stays ready when accept() fails with EMFILE, so epoll_wait() returns immediately. Take it out of the list until a descriptor is free." "09: What if no descriptor is left?"
    idles_without_a_free_descriptor
}

@test "after many clients it holds no more descriptors and processes than before" {
    hint "A connected socket is not closed, depending on how its client left. Close it after the end of file, after a reset, and after a failed send()." "09: What if a client leaves?"
    holds_no_more_after_many_clients
}

@test "its memory does not grow with the number of clients" {
    hint "The buffer of a client is not freed. Free it when its bytes have been sent, and when the client leaves." "09: What if a client leaves?"
    memory_stays_after_many_clients
}

@test "it goes on after Ctrl-Z and fg" {
    hint "epoll_wait() fails with EINTR after Ctrl-Z and fg, although no handler has run, and the server takes that for a failure. Call it again." "What does Ctrl-Z do to epoll_wait()?"
    goes_on_when_continued
}

@test "SIGTERM ends it with status 0 as soon as it prints the ready line" {
    hint "The handlers are installed after the ready line. A program that reads this line may send SIGTERM immediately: install them before." "09: Where can a signal get lost?"
    is_prepared 127.0.0.1 0
}

@test "SIGINT and SIGTERM end it with status 0 while clients are connected" {
    hint "The handler sets a flag, and then epoll_wait() waits again. Let the handler write a byte into a pipe that epoll_wait() watches." "09: Where can a signal get lost?"
    ends_beside_clients
}

@test "SIGTERM ends it with status 0 also when it arrives just before the server waits" {
    hint "The handler only sets a flag. The loop has checked the flag when the signal arrives, so epoll_wait() waits although the server should end. Let the handler write a byte into a pipe that epoll_wait() watches." "09: Where can a signal get lost?"
    ends_before_it_waits
}

@test "SIGTERM ends it with status 0 while a client is always ready" {
    hint "The signal is blocked except in epoll_pwait(), which returns without delivering it while a descriptor is ready. Use a pipe that epoll_wait() watches." "09: Isn't ppoll() made for that?"
    ends_when_busy
}

@test "SIGTERM ends it with status 0 while every client sends without a pause" {
    hint "The server checks for the signal only when no client is ready. Check in every turn of the loop." "09: Where can a signal get lost?"
    ends_under_load
}

@test "SIGTERM ends it with status 0 while no descriptor is free" {
    hint "The server waits until a descriptor is free, and for nothing else. Take the listening socket out of the list for a while, and keep the pipe of the signals in it." "09: What if no descriptor is left?"
    ends_without_a_free_descriptor
}

@test "it can be started again immediately after it has closed a connection first" {
    hint "SO_REUSEADDR is missing, or is set after bind(). Set it before." "Write it yourself"
    starts_again send hello expect hello
}

@test "it reports a port that another server listens on" {
    hint "SO_REUSEPORT lets two servers share a port. Set SO_REUSEADDR instead." "Can several processes share the work?"
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
