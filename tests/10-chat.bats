#!/usr/bin/env bats
# Lesson 10: what `server [HOST [PORT [SECONDS]]]` and `client NAME [HOST [PORT]]` must
# do.

programs='server client'
ready='listening on'
# shellcheck source=tests/helpers.bash
source "$BATS_TEST_DIRNAME/helpers.bash"
# shellcheck source=tests/helpers/many.bash
source "$BATS_TEST_DIRNAME/helpers/many.bash"
# shellcheck source=tests/helpers/chat.bash
source "$BATS_TEST_DIRNAME/helpers/chat.bash"

@test "it welcomes a client that gives its name" {
    hint "The greeting has another form, or no newline. The first line of a client is its name; answer it with: * welcome, ann; nobody else is here yet" "Who is in the room?"
    serve 127.0.0.1 0
    probe tcp "$address" join ann
}

@test "it sends what one client says to all others" {
    hint "A line goes back to its sender, or not to everybody else. Send <ann> and the text to each client that has given its name, except ann." "One line, many readers"
    serve 127.0.0.1 0
    probe tcp "$address" join ann connect join bob say hello use 1 say 'hi, bob' connect join carl \
        say 'hello, both of you' use 2 say '  blanks   stay  ' use 1 say ok
}

@test "the welcome lists everybody who is in the room" {
    hint "The list contains the newcomer, clients without a name or clients that have left, or leaves somebody out. It has the names of all others who are in the room, with a comma and a space between two." "Who is in the room?"
    serve 127.0.0.1 0
    probe tcp "$address" join ann connect connect join bob connect join carl connect join dora \
        use 3 shut-down expect-end left bob connect join eve use 4 say hello
}

@test "it accepts lines that end with LF or CR LF" {
    hint "The CR is taken for a part of the line or of the name. Drop it if it stands directly before the LF." "A line can arrive in pieces"
    serve 127.0.0.1 0
    probe tcp "$address" send 'ann\r\n' welcomed ann connect send 'bob\n' welcomed bob send 'hello\r\n' heard hello \
        use 1 send 'hi\n' heard hi send 'again\r\n' heard again
}

@test "it passes on every line of several that arrive in one piece" {
    hint "Only the first line of what recv() returned is passed on, or all of it is taken for one line. Take lines out of the buffer until it has no newline." "A line can arrive in pieces"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" join ann connect send 'bob\none\ntwo\r\nthree\nfour\nfi' welcomed bob heard one heard two heard three \
        heard four send 've\n' heard five run "$pause" send 'six\nseven\n' send 'eight\nni' run "$resume" heard six heard seven \
        heard eight run "$pause" send 'ne\nten\n' send 'eleven\n' run "$resume" heard nine heard ten heard eleven
}

@test "it ignores empty lines" {
    hint "A line without text is passed on. Ignore it, also if it is only CR LF." "A line can arrive in pieces"
    serve 127.0.0.1 0
    probe tcp "$address" join ann connect join bob send '\n\r\n\n\n' say hello send '\r\n' use 1 send '\n' say hi use 2 say ' '
}

@test "it accepts lines that arrive byte by byte" {
    hint "The program takes what one recv() returns for a line. Keep the bytes until the newline arrives." "A line can arrive in pieces"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" join ann connect slowly "$look_asleep" send 'bob\r\n' slowly '' welcomed bob \
        slowly "$look_asleep" send 'hello\r\n\nyou\n' slowly '' heard hello heard you
}

@test "it accepts a CR LF that is cut between CR and LF" {
    hint "The CR arrived in one piece and the LF in the next, and the CR stayed in the line. Look for a CR before the LF in the whole line, not in the piece." "A line can arrive in pieces"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" join ann connect send 'bob\r' run "$look_asleep" send '\n' welcomed bob \
        send 'hello\r' run "$look_asleep" use 1 silence use 2 send '\nyou\r' heard hello run "$look_asleep" use 1 silence \
        use 2 send '\n' heard you send '\r' run "$look_asleep" send '\n' run "$look_asleep" say again
}

@test "the pieces of several clients are not mixed" {
    hint "All clients share one buffer. Keep the beginning of a line in a buffer that belongs to its client." "A line can arrive in pieces"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" connect connect use 1 send an run "$look_asleep" use 2 send b run "$look_asleep" use 3 join carl \
        use 1 send 'n\n' welcomed ann use 2 send 'ob\n' welcomed bob send 'hel' run "$look_asleep" use 3 send 'good ' \
        run "$look_asleep" use 1 say hi use 2 send 'lo\n' heard hello use 3 send 'morning\n' heard 'good morning'
}

@test "the lines of several senders arrive whole and in order" {
    hint "A line is sent in two calls, or sent before bytes that are still waiting, and another line comes in between. Append each line as a whole to the buffer of its receiver." "One line, many readers"
    serve 127.0.0.1 0
    probe tcp "$address" party 8 chatter '8 200'
    stop_server
    serve 127.0.0.1 0
    probe tiny "$address" party 5 chatter '5 100'
}

@test "a client that has not given its name hears nothing" {
    hint "The server sends to every connection. Skip those that have no name yet." "Who is in the room?"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" connect join ann connect join bob say hello use 1 run "$look_asleep" silence connect use 1 close \
        run "$look_asleep" use 4 silence join carl
}

@test "a name has 1 to 20 letters, digits, _ or -" {
    hint "The program does not check each byte of the name, or its length. Send a line that begins with error: and close the connection." "Who is in the room?"
    serve 127.0.0.1 0
    probe tcp "$address" join abcdefghijklmnopqrst connect join uvwxyz-ABCDEFGHIJKLM connect join NOPQRSTUVWXYZ_012345 \
        connect join 6789 connect join a connect join _ connect join - say hello
    stop_server
    serve 127.0.0.1 0
    refuses_names abcdefghijklmnopqrstu "$(x 1024)" 'a b' ' ann2' 'ann2 ' '<ann2>' 'ann2,' '*' '\xc3\xa9' 'ann2\0' 'a\0b' '\x1b[2J' 'ann2\t' 'a.b' '@' '[' '`' '{' '/' ':' 'an\rn'
}

@test "a name that is in use is refused" {
    hint "The new name is not compared with those of the others, or only their beginnings are. Send a line that begins with error: and close the connection." "Who is in the room?"
    serve 127.0.0.1 0
    probe tcp "$address" join ann connect join bob connect send 'ann\n' hear-error connect join an connect join anna \
        connect send 'bob\nhello\n' hear-error use 1 say hello use 2 say hi
}

@test "the others hear that a client has left, and its name is free again" {
    hint "recv() returned 0, and the server only closed the connection. Tell the others, and forget the name." "How does a client leave?"
    serve 127.0.0.1 0
    probe tcp "$address" join ann connect join bob connect join carl shut-down expect-end left carl use 2 say hello \
        connect join carl say hi use 1 close use 2 left ann connect join ann use 2 close use 4 left bob say bye
}

@test "the others hear once that a client has left by a reset" {
    hint "recv() returned -1, and the server only closed the connection, or exited. A reset is a way to leave: tell the others." "How does a client leave?"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" join ann connect join bob connect join carl reset use 1 left carl say hello use 2 say hi \
        connect join carl use 1 reset use 2 left ann say hello connect send 'da' run "$look_asleep" reset run "$look_asleep" use 2 say hi
}

@test "it drops the bytes after the last newline of a client that leaves" {
    hint "At the end of file the rest of the buffer is passed on as a line. It may be half of one: drop it." "How does a client leave?"
    serve 127.0.0.1 0
    probe tcp "$address" join ann connect join bob send 'hello\nyo' shut-down expect-end heard hello left bob connect join carl use 1 say hello
}

@test "a client that leaves before it has given its name is not announced" {
    hint "The server says that somebody has left who never joined. Tell the others only if the client has a name." "How does a client leave?"
    serve 127.0.0.1 0
    probe tcp "$address" join ann connect join bob connect shut-down expect-end connect send car shut-down expect-end \
        connect send '*\n' hear-error use 1 say hello use 2 say hi connect join carl
}

@test "it passes on what a client says just before it leaves" {
    hint "The server closes at the end of file although complete lines are in the buffer. Process them first." "How does a client leave?"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" join ann connect join bob run "$pause" send 'one\ntwo\nthr' shut-down run "$resume" heard one heard two \
        expect-end left bob connect run "$pause" send 'carl\nhi\n' shut-down run "$resume" welcomed carl heard hi expect-end left carl \
        connect join bob
}

@test "what was sent to a client before its half-close still arrives" {
    hint "The server closes at the end of file although bytes are waiting for this client. Send them first, then close." "How does a client leave?"
    needs_proc
    serve 127.0.0.1 0
    fill_up 30000
    probe tiny "$address" join ann connect join bob connect join carl use 1 doze "${filled[@]}" use 1 shut-down \
        run "$look_asleep" run "$look_idle" wake may-leave expect-end left ann use 2 say hello use 3 say hi connect join ann
}

@test "control characters become question marks" {
    hint "What one user types reaches the terminals of the others as it is. Replace each byte below 0x20 except the tab, and 0x7f, by ?." "What you type can control my terminal"
    serve 127.0.0.1 0
    probe tcp "$address" join ann connect join bob send 'a\x1b[2Jb\n' heard 'a?[2Jb' send '\x07\x08\x01\x1f\x7f~ \n' heard '?????~ ' \
        send 'a\0b\0\n' heard 'a?b?' send '\0\n' heard '?' send 'a\rb\r\r\n' heard 'a?b?' send '\r\r\n' heard '?' \
        send '\x0b\x0c\x0e\x1a\x1c\n' heard '?????' use 1 say ok
}

@test "tabs and UTF-8 pass unchanged" {
    hint "isprint() is true for ASCII alone, and char may be signed. Compare unsigned bytes, and replace only those below 0x20, except the tab, and 0x7f." "What you type can control my terminal"
    serve 127.0.0.1 0
    probe tcp "$address" join ann connect join bob say 'a\tb\t' say 'na\xc3\xafve \xe2\x82\xac \xf0\x9f\x98\x80' \
        say '\x80\x9b\xff\xa0' say '%s%n%d \\ "<carl> text' use 1 say '\t'
}

@test "it accepts a line of 1,024 bytes" {
    hint "The buffer has no room for the longest line with its end, or for the name before it. 1,024 bytes are allowed without LF or CR LF." "A line that never ends"
    needs_proc
    serve 127.0.0.1 0
    long=$(x 1024)
    probe tcp "$address" join abcdefghijklmnopqrst connect join ABCDEFGHIJKLMNOPQRST say "$long" send "$long\r\n" heard "$long" \
        send "$long" run "$look_asleep" send '\r' run "$look_asleep" send '\n' heard "$long" send "$(x 1000)" run "$look_asleep" \
        send "$(x 23)y\n" heard "$(x 1023)y" send "$long\n$long\r\n$long\n$long\r\n$long\nshort\n" heard "$long" heard "$long" \
        heard "$long" heard "$long" heard "$long" heard short use 1 say "$long"
}

@test "a line of more than 1,024 bytes is an error" {
    hint "The length of a line is not checked, or the rest of a long line is taken for the next one. Send a line that begins with error: and disconnect the client." "A line that never ends"
    needs_proc
    serve 127.0.0.1 0
    is_tossed_out carl "$(x 1025)\n"
    look asleep
    is_tossed_out dora "$(x 1025)\r\n"
    look asleep
    is_tossed_out eve "$(x 3000)\nhello\n"
    look asleep
    probe tcp "$address" join ann connect send "$(x 1025)\n" hear-error use 1 connect join bob say hello
}

@test "a line that never ends is an error" {
    hint "The server waits for the newline, and keeps whatever arrives until then. A line of more than 1,024 bytes is too long before its end is there." "A line that never ends"
    needs_proc
    serve 127.0.0.1 0
    is_tossed_out carl "$(x 1026)"
    look asleep
    is_tossed_out dora "$(x 20000)"
    look asleep
    probe tcp "$address" join ann connect send "$(x 1030)" hear-error use 1 connect join bob say hello
}

@test "it passes on the lines before one that is too long" {
    hint "The whole piece is refused. Process the complete lines before the one that is too long, then send the error." "A line that never ends"
    serve 127.0.0.1 0
    probe tcp "$address" join ann connect join bob connect join carl send "one\n$(x 1024)\ntwo\n$(x 1025)\nthree\n" heard one heard "$(x 1024)" heard two \
        hear-error left carl use 1 say hello use 2 say hi
}

@test "it uses no processor time while nobody says anything" {
    hint "poll() reports an event that the server does not handle, or its timeout is 0 although nobody has a deadline. A socket nearly always has room: ask about POLLOUT only while bytes are waiting for this client." "One line, many readers"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" run "$look_idle" join ann connect run "$look_idle" join bob say hello run "$look_idle" connect run "$look_idle" \
        use 2 shut-down expect-end left bob run "$look_idle" use 3 send 'x' run "$look_asleep" run "$look_idle" shut-down expect-end run "$look_idle"
    look asleep
    look idle
}

@test "it keeps up to 64 KiB for a client that does not read" {
    hint "The server sends to one client and waits, or drops what does not fit. Keep the bytes that send() did not take in the buffer of this client, and send them when poll() reports POLLOUT." "What if somebody doesn't read?"
    needs_proc
    serve 127.0.0.1 0
    probe tiny "$address" join ann doze connect join bob connect join carl use 2 pile-up "50000 $look_asleep" use 3 say hello \
        use 1 wake use 2 say hi use 1 say 'I am back' doze use 3 pile-up "50000 $look_asleep" use 1 wake use 2 say hello use 1 say hello
}

@test "what is said while bytes are waiting comes after them" {
    hint "A line is sent immediately, although other bytes are still waiting for that client, and overtakes them. Append it to what is waiting, and send nothing but the beginning of that." "One line, many readers"
    needs_proc
    serve 127.0.0.1 0
    fill_up 20000
    # (An acknowledgement that is still to come would wake the server while we stop it.)
    probe tiny "$address" join ann doze connect join bob connect join carl "${filled[@]}" acknowledged run "$look_asleep" run "$pause" \
        use 3 send 'late\n' use 1 catch-up run "$resume" use 3 heard late use 1 wake use 2 say hello
}

@test "it uses no processor time while a client does not read" {
    hint "The server tries again and again to send. Ask poll() about POLLOUT while bytes are waiting for this client, and call send() when it reports that." "What if somebody doesn't read?"
    needs_proc
    serve 127.0.0.1 0
    fill_up 20000
    probe tiny "$address" join ann doze connect join bob connect join carl "${filled[@]}" run "$look_idle" \
        use 1 wake run "$look_idle" use 2 say hello use 1 say hi
}

@test "it disconnects a client for which more than 64 KiB are waiting" {
    hint "The buffer of a client that does not read has no limit. Disconnect a client for which more than 64 KiB would wait, and tell the others that it has left." "What if somebody doesn't read?"
    needs_proc
    serve 127.0.0.1 0
    probe tiny "$address" join ann doze connect join bob connect join carl use 2 pile-up "50000 $look_asleep" overflow "$look_asleep" \
        use 2 say hello use 3 say hi use 1 drain connect join ann use 2 say 'welcome back' use 4 say thanks
}

@test "clients that do not read delay nobody else" {
    hint "A call waits for a client that does not read, or several threads do, until none is left. Make every connected socket non-blocking." "What if somebody doesn't read?"
    needs_proc
    serve 127.0.0.1 0
    sleepers=()
    for name in a b c d e f; do sleepers+=(connect join "$name" doze); done
    probe tiny "$address" join ann connect join bob "${sleepers[@]}" use 1 pile-up "40000 $look_asleep" use 2 say hello use 3 wake \
        use 1 say hi use 3 say hello
}

@test "a client that does not read, and leaves, is announced once" {
    hint "The server says that somebody has left when the client is too slow, and again when its connection ends. Take its name away when you tell the others." "How does a client leave?"
    needs_proc
    serve 127.0.0.1 0
    probe tiny "$address" join ann doze connect join bob connect join carl use 2 pile-up "20000 $look_asleep" use 1 reset use 2 left ann say hello \
        use 3 say hi connect join ann doze use 2 pile-up "20000 $look_asleep" use 4 may-leave close use 2 say hello left ann use 3 say hi
}

@test "a client that reads gets all of a burst of short lines" {
    hint "Many lines are appended for a client before the server tries to send to it, and then it is taken for one that does not read. Call send() before you decide that." "What if somebody doesn't read?"
    needs_proc
    serve 127.0.0.1 0
    # Together they fit into the buffers of the kernel, although each becomes five times as long.
    probe tcp "$address" join ann connect join abcdefghijklmnopqrst run "$pause" send "$(printf '%d\\n' {1001..4500})" \
        run "$resume" heard-numbers '1001 4500' say hello use 1 say hi
    # Three who speak at the same time make a burst of 110,000 bytes in one turn.
    burst=$(printf 'a\\n%.0s' {1..1500})
    probe tcp "$address" join ann connect join bbbbbbbbbbbbbbbbbbbb connect join cccccccccccccccccccc connect join dddddddddddddddddddd \
        run "$pause" use 2 send "$burst" use 3 send "$burst" use 4 send "$burst" run "$resume" \
        use 1 expect-lines 4500 use 2 expect-lines 3000 use 3 expect-lines 3000 use 4 expect-lines 3000 use 1 say hi
}

@test "clients that leave do not disturb what is said at the same time" {
    hint "A client is removed while the server walks through its array, and another one is skipped, or told twice. Mark it, and remove it after that." "How does a client leave?"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" join ann connect join bob connect join carl connect join dora connect join eve run "$pause" \
        use 1 may-leave reset use 3 may-leave close use 5 may-leave reset use 2 send 'one\n' send 'two\n' run "$resume" \
        heard one heard two left 'ann carl eve' use 4 say hello use 2 say hi
    look asleep
    probe tcp "$address" join ann connect join bob connect join carl connect join dora run "$pause" use 2 send 'one\ntwo\n' may-leave shut-down \
        use 4 may-leave shut-down run "$resume" use 2 heard one heard two left 'bob dora' drain use 4 drain use 1 say hello use 3 say hi connect connect \
        run "$pause" use 5 shut-down use 6 shut-down run "$resume" use 5 expect-end use 6 expect-end use 1 say bye
}

@test "it disconnects a client that does not give its name in time" {
    hint "poll() waits without a timeout while a newcomer has not given its name. Its timeout is the time until the next deadline." "A deadline for the name"
    serve 127.0.0.1 0 1
    probe tcp "$address" connect cut-off 1 use 1 cut-off 1 connect join ann connect connect send bo cut-off 1 \
        use 4 cut-off 1 connect join bob say hello
}

@test "bytes that arrive one by one do not prolong the time for the name" {
    hint "The deadline is set again whenever something arrives, or is only checked when poll() times out. Set it once, when the client has connected, and check it in every turn." "A deadline for the name"
    serve 127.0.0.1 0 1
    probe tcp "$address" drip 1 connect join ann
}

@test "a client that has given its name may be silent" {
    hint "The deadline stays after the client has given its name. Forget it then, and do not let it make the timeout of poll() 0." "A deadline for the name"
    needs_proc
    serve 127.0.0.1 0 1
    probe tcp "$address" join ann connect join bob connect cut-off 1 run ': wait 0.3 s; sleep 0.3' run "$look_idle" use 1 say hello \
        use 2 say 'still here'
}

@test "without SECONDS a client has more than a second for its name" {
    hint "SECONDS has another default. It is 60." "A deadline for the name"
    serve 127.0.0.1 0
    probe tcp "$address" connect run ': wait 1.2 s; sleep 1.2' join ann use 1 join bob say hello
}

@test "it uses no processor time after a timeout" {
    hint "The timeval of select() is set only once. Linux counts it down, so the next select() does not wait: set it before each call." "A deadline for the name"
    needs_proc
    hurried 127.0.0.1 0
    probe tcp "$address" run "$look_asleep" run ': wait 0.1 s; sleep 0.1' run "$look_idle" join ann connect join bob say hello \
        run "$look_idle" use 1 say hi
}

@test "it serves 1,000 clients at the same time" {
    hint "The array is too small, or the limit of descriptors is. Raise the soft limit with setrlimit()." "What stays from lesson 09"
    allow 2048
    serve 127.0.0.1 0
    probe -t "$((patience > 1 ? 20 : 5))" tcp "$address" party 1000 chatter '5 4'
}

@test "it survives 1,100 connections at the same time" {
    hint "An array, or the fd_set of select(), has room for fewer clients. Check for that after accept(), and close the connection that does not fit; or use poll() and an array that grows." "What stays from lesson 09"
    survives_a_crowd 1100
}

@test "when no descriptor is free it serves its clients and accepts the others later" {
    hint "accept() fails with EMFILE, and the server exits, sleeps, spins, or never asks again. Stop asking about the listening socket until a client leaves." "What stays from lesson 09"
    needs_proc
    before=$SECONDS
    serves_without_a_free_descriptor
    [ $((SECONDS - before)) -le 10 ] || fail "20 lines are said while no descriptor is free" "expected: that takes no time" \
        "but:      it took $((SECONDS - before)) s: the server sleeps"
}

@test "after many clients it holds no more descriptors and processes than before" {
    hint "A connected socket is not closed, depending on how its client left. Close it after the end of file, a reset, an error, and when its client is too slow." "How does a client leave?"
    needs_proc
    files=24 serve 127.0.0.1 0 1
    probe tcp "$address" join ann shut-down expect-end
    look asleep
    remember
    probe -n 20 tcp "$address" join 'ann#' shut-down expect-end
    probe -n 20 tcp "$address" join 'bob#' reset
    probe -n 20 tcp "$address" send '*\n' hear-error
    probe tcp "$address" connect connect cut-off 1
    probe tiny "$address" join carl doze connect join dora connect join eve pile-up "50000 $look_asleep" overflow "$look_asleep"
    holds_no_more
}

@test "its memory does not grow with the number of clients" {
    hint "The buffers of a client are not freed. Free both when the client leaves." "How does a client leave?"
    needs_proc
    serve 127.0.0.1 0
    memory_settles -n 300 tcp "$address" join 'ann#' connect join 'bob#' say hello send "$(x 1000)" use 1 say hi shut-down expect-end left 'ann#'
    holes=60 memory_settles -n 3 tiny "$address" join 'carl#' doze connect join 'dora#' connect join 'eve#' pile-up "40000 $look_asleep"
}

@test "its memory does not grow with the number of lines" {
    hint "Lines that have been passed on stay in memory. Drop them from the buffer of the sender, and from those of the receivers when they have been sent." "A line can arrive in pieces"
    needs_proc
    serve 127.0.0.1 0
    memory_settles -n 5 tcp "$address" party 5 chatter '5 300'
}

@test "it goes on after Ctrl-Z and fg" {
    hint "A call was interrupted (EINTR), and the server takes its -1 for the end. Call it again." "What stays from lesson 09"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" join ann connect join bob run "$look_asleep" run "$stop_and_continue" say hello use 1 say hi connect join carl \
        run "$stop_and_continue" say hello run "$pause" send 'bye\n' run "$resume" heard bye use 1 say ok
}

@test "SIGINT and SIGTERM end it with status 0" {
    hint "No handler catches the signal, or not yet. Catch SIGINT and SIGTERM before you print the ready line; then leave the loop, and return 0 from main()." "What stays from lesson 09"
    for signal in INT TERM INT TERM; do
        serve 127.0.0.1 0
        kill -s "$signal" "$server"
        ends_well "$signal"
    done
}

@test "SIGTERM ends it with status 0 as soon as it prints the ready line" {
    hint "The handlers are installed after the ready line. A program that reads this line may send SIGTERM immediately: install them before." "What stays from lesson 09"
    is_prepared 127.0.0.1 0
}

@test "SIGINT and SIGTERM end it with status 0 while clients are connected" {
    hint "The handler sets a flag, and then poll() waits again. Let the handler write a byte into a pipe that poll() watches." "What stays from lesson 09"
    needs_proc
    for signal in INT TERM; do
        serve 127.0.0.1 0
        fill_up 20000
        probe tiny "$address" join ann doze connect join bob connect join carl connect "${filled[@]}" \
            run "kill -s $signal $server" expect-gone use 3 expect-gone use 4 expect-gone
        ends_well "$signal"
    done
}

@test "SIGTERM ends it with status 0 also when it arrives just before the server waits" {
    hint "The handler only sets a flag. The loop has checked the flag when the signal arrives, so poll() waits although the server should end. Let the handler write a byte into a pipe that poll() watches." "What stays from lesson 09"
    needs_proc
    ends_just_before_it_waits join ann
    ended_with_0 TERM
}

@test "SIGTERM ends it with status 0 while a client is always ready" {
    hint "The signal is blocked except in ppoll(), which returns without delivering it while a descriptor is ready. Use a pipe that poll() watches." "What stays from lesson 09"
    ends_when_busy
}

@test "SIGTERM ends it with status 0 while every client sends without a pause" {
    hint "The server checks for the signal only when no client is ready. Check in every turn of the loop." "What stays from lesson 09"
    serve 127.0.0.1 0
    besiege party 10 chatter '10 1000000'
    probe tcp "$address" send 'ann\n' expect-lines 50
    kill -s TERM "$server"
    ends_well TERM
}

@test "it can be started again immediately after it has closed a connection first" {
    hint "SO_REUSEADDR is missing, or is set after bind(). Set it before." "What stays from lesson 09"
    starts_again join ann
}

@test "it reports a port that another server listens on" {
    hint "SO_REUSEPORT lets two servers share a port. Set SO_REUSEADDR instead." "What stays from lesson 09"
    refuses_a_taken_port
}

@test "without arguments it listens on 127.0.0.1 and port 65432" {
    hint "The server has other defaults. They are 127.0.0.1 and 65432." "What stays from lesson 09"
    listens_by_default join ann
}

@test "it serves over IPv6, by name, and on every address" {
    hint "The program makes the address itself. Pass bind() the address and length of getaddrinfo(), and call that with AI_PASSIVE and a null pointer for the empty host." "What stays from lesson 09"
    is_reached join ann
}

@test "it reports a host name that does not resolve" {
    hint "The return value of getaddrinfo() is not checked. When it is not 0, print gai_strerror() of it and exit with status 1." "What stays from lesson 09"
    try server "no$(printf '%070d' 0)such.invalid" 1
    fails 1 '' EAI
}

@test "a bad command line is a usage error" {
    hint "The program does not check argc, the port, and SECONDS. Print how to call it on stderr, and exit with status 2." "A deadline for the name"
    refuses_ports server
    for seconds in 0 86401 4294967297 18446744073709551617 -1 +1 1x x '' ' 1' '1 ' 1.5; do
        try server 127.0.0.1 0 "$seconds"
        fails 2
    done
    try server 127.0.0.1 0 1 1
    fails 2
}

@test "SECONDS may be 1 to 86400" {
    hint "The program refuses a number of seconds that is allowed. They are 1 to 86400." "A deadline for the name"
    for seconds in 1 60 86400; do
        serve 127.0.0.1 0 "$seconds"
        probe tcp "$address" join ann
        stop_server
    done
}

@test "the client sends its name, then each line of its input" {
    hint "The client sends its name without a newline, or after its input. The name is the first line." "The client"
    printf 'hello\n\nagain, and again\n' >in
    client_arguments=$(client_as ann)
    meet hear ann hear hello hear '' hear 'again, and again' expect-end close ends 0
}

@test "the client prints what it receives" {
    hint "The client does not read until the server closes, or prints a part of it." "The client"
    client_arguments=$(client_as ann)
    meet hear ann send '* welcome, ann; here are: bob\n' expect-end send '<bob> hello\n<bob> and bye\n' close ends 0
    printf '* welcome, ann; here are: bob\n<bob> hello\n<bob> and bye\n' >expected
    same expected out
}

@test "the client sends and prints immediately" {
    hint "The client waits for its input while lines arrive, or for lines while something is typed, or stdio keeps what it prints. Let poll() wait for both." "The client"
    typing ''
    meet hear ann send '* wel' until ': the client has printed "* wel"; [ "$(cat out)" = "* wel" ]' run ': type "hello"; echo hello >stdin' hear hello run ': type "again"; echo again >stdin' hear again \
        send 'come\n' until ': the client has printed "* welcome"; grep -qx "\* welcome" out' send '<bob> one\n' until ': the client has printed "<bob> one"; grep -q one out' run ': type "two"; echo two >stdin' hear two
}

@test "the client half-closes at the end of its input and goes on printing" {
    hint "The client closes the connection, or exits, at the end of its input. Shut down the sending side, and read until the server closes." "The client"
    needs_proc
    printf 'hello\n' >in
    client_arguments=$(client_as ann)
    meet hear ann hear hello expect-end send '<bob> one\n' run "$client_asleep" send '<bob> two\n' send-stream 100000 close ends 0
    { printf '<bob> one\n<bob> two\n' && "$TOOLS/probe" stream 100000; } >expected
    same expected out
}

@test "the client exits with status 1 when the server closes before its input has ended" {
    hint "The client goes on waiting for its input, or takes every end of file for success. When recv() returns 0 before the end of the input, exit with status 1." "The client"
    typing 'hello\n'
    meet hear ann hear hello send 'error: no\n' shut-down ends 1
    printf 'error: no\n' >expected
    same expected out
}

@test "the client exits with status 1 when the server resets" {
    hint "The client does not check for recv() or send() returning -1, or SIGPIPE ends it." "The client"
    needs_proc
    typing 'hello\n'
    meet hear ann hear hello run "$client_asleep" reset ends 1
}

@test "the client reports that nobody is there" {
    hint "The return value of connect() is not checked." "The client"
    probe bind 127.0.0.1:0 start "$(client_arguments=$(client_as ann) run_client)" ends 1
    tried=client fails 1 connect ECONNREFUSED
}

@test "the client reports a host name that does not resolve" {
    hint "The return value of getaddrinfo() is not checked. When it is not 0, print gai_strerror() of it and exit with status 1." "The client"
    try client ann "no$(printf '%070d' 0)such.invalid" 1
    fails 1 '' EAI
}

@test "without HOST and PORT the client connects to 127.0.0.1 and port 65432" {
    hint "The client has other defaults. They are 127.0.0.1 and 65432." "The client"
    alone
    client_arguments=ann meeting_point=127.0.0.1:65432 meet hear ann expect-end close ends 0
}

@test "the client connects over IPv6" {
    hint "The family of the socket is fixed. Take it from the address (ai_family), with its length (ai_addrlen), and do not set AI_ADDRCONFIG: it leaves ::1 out on a machine without another IPv6 address." "The client"
    apart
    needs_address '[::1]'
    client_arguments=$(client_as ann) meeting_point='[::1]:0' meet hear ann expect-end close ends 0
}

@test "a bad command line of the client is a usage error" {
    hint "The program does not check argc and the port. Print how to call it on stderr, and exit with status 2." "The client"
    try client
    fails 2
    refuses_ports client ann
    try client ann 127.0.0.1 80 80
    fails 2
}

@test "clients of this lesson talk to each other" {
    hint "The client or the server does its part only with the suite's programs. Read what both of them print." "The client"
    serve 127.0.0.1 0
    printf 'hello\n' >in
    client_arguments="bob 127.0.0.1 $port"
    probe tcp "$address" join ann start "$(run_client)" hear '* bob has joined' hear '<bob> hello' hear '* bob has left' ends 0
    grep -Eqx '\* welcome, bob; here are: ann.?' out || fail "client" "expected: * welcome, bob; here are: ann" "but:      $(shown out)"
}
