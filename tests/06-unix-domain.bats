#!/usr/bin/env bats
# Lesson 06: what `server [PATH]` and `client [PATH]` must do.

programs='server client'
ready='listening on'
# shellcheck source=tests/helpers.bash
source "$BATS_TEST_DIRNAME/helpers.bash"
# shellcheck source=tests/helpers/echo.bash
source "$BATS_TEST_DIRNAME/helpers/echo.bash"
server_arguments=(echo.sock) transport=unix:
meeting_point=unix:echo.sock client_arguments='"$HOST"'

# The programs and the tests meet in this directory; these files are the tests'.
export GUARD_SHARES='in out err server.err serve.report server.report client.report before pid others'

# gone: the server has ended with status 0, and its socket file is removed.
gone() {
    [ "$ended" = "exit 0" ] || fail "server" "expected: exit status 0" "but:      $(ending)"
    [ ! -e "$address" ] || fail "server" "expected: its socket file is removed" "but:      $(ls -l "$address")"
}

# kill_server: it ends without a chance to clean up, and leaves its socket file.
kill_server() {
    kill -s KILL -- "-$server"
    stopped=yes
    drain
}

# The reasons for which a path is taken.  bind() says EADDRINUSE; a server can also
# report what link() or its connect() to the live socket said.
taken='EADDRINUSE EEXIST EAGAIN EPROTOTYPE'

# stays KIND ADDRESS: probe holds a live socket at echo.sock; a server that is
# started there fails, and the file is still that socket's.
stays() {
    local second='exec "$TOOLS/guard" -t 30 -r server.report -- "$BUILD/server" echo.sock <in >out 2>err'

    probe "$1" "$2" run 'ls -i echo.sock >before' start "$second" ends 1 run 'ls -i echo.sock | cmp - before'
    tried=server
    fails 1 bind $taken
}

# longest_path: one of as many bytes as a path may have.
longest_path() {
    local most=107

    [ "$(uname)" = Linux ] || most=103
    printf "%0${most}d" 0
}

# refused_as_empty PROGRAM: what was tried fails with status 1 or 2.
refused_as_empty() {
    if grep -qx 'exit 2' "$1.report"; then fails 2; else fails 1; fi
}

# The conversation of lesson 04.

@test "it sends back five bytes while the connection stays open" {
    hint "The server waits for more bytes before it answers: until its buffer is full, or until a newline. recv() returns as soon as any bytes have arrived; send those back." "The same conversation"
    start_echo
    talk send hello expect hello
}

@test "it closes the connection when the client has finished sending" {
    hint "The program does not check for recv() returning 0. That is the end of file: leave the loop and close the connected socket." "The same conversation"
    closes_after_the_client
}

@test "it serves one client after another" {
    hint "accept() is not in a loop, so the server ends after its first client." "The same conversation"
    serves_one_after_another
}

@test "it prints the process, user and group of each client" {
    hint "getsockopt() with SO_PEERCRED gets the listening socket, or is called only once. Ask the connected socket, for each client." "Who is calling?"
    [ "$(uname)" = Linux ] || skip "this system does not report a peer's process"
    start_echo
    for time in first second; do
        seen=yes talk run 'echo $PPID >pid' send "$time" expect "$time"
        hear "accepted pid $(cat pid) uid $(id -u) gid $(id -g)"
    done
    [ "$(id -u)" = 0 ] || skip "only root can connect as another group, so user and group may be exchanged"
    talk group 4711 connect run 'echo $PPID >pid' use 1 close use 2 send hello expect hello
    hear_at_last "accepted pid $(cat pid) uid 0 gid 4711"
}

@test "it sends back zero bytes" {
    hint "The buffer is treated as a C string, and strlen() stops at a zero byte. Send as many bytes as recv() returned." "The same conversation"
    sends_back_zero_bytes
}

@test "it sends back messages of several sizes, byte for byte" {
    hint "The number of bytes sent differs from the number that recv() returned. Keep that in a ssize_t, and send as many bytes." "The same conversation"
    sends_back_sizes 1 2 3 5 17 100 500
}

@test "it sends back a message that is larger than its buffer" {
    hint "Some bytes stay in the socket. With EPOLLET an event is reported only once, so call recv() until it fails with EAGAIN." "The same conversation"
    start_echo
    talk exchange 200001
}

@test "it sends back messages that fill a buffer exactly" {
    hint "When the buffer is full, a zero byte is written over its last byte, or beyond it. recv() may take sizeof buf - 1 bytes, or leave the zero byte out." "The same conversation"
    sends_back_sizes 512 1023 1024 1025 2048 4096 4097 8192 16384 32768 65536 65537
}

@test "it sends back words such as quit and exit like any other data" {
    hint "The server compares what it receives with a word or an empty line, and ends the conversation. All bytes that a client sends are data." "The same conversation"
    sends_back_words
}

# The socket file, when the server starts and ends.

@test "SIGINT and SIGTERM end it with status 0 and remove its socket file" {
    hint "A signal ends the program before it has removed its file. Let a handler of both signals call unlink() and _exit(0)." "Who removes the file at the end?"
    for signal in INT TERM; do
        start_echo
        stop_server "$signal"
        gone
    done
}

@test "it can be started again immediately" {
    hint "The socket file is still there from the last time, because nothing removed it." "Who removes the file at the end?"
    start_echo
    talk send hello expect hello run "kill -s TERM $server" expect-gone
    ended_by TERM
    start_echo
    talk send hello expect hello
}

@test "it replaces the socket file of a server that was killed" {
    hint "bind() fails with EADDRINUSE while the old file is there. Remove it first if nobody listens on it." "Is anybody behind that file?"
    start_echo
    talk send hello expect hello
    kill_server
    [ -S echo.sock ] || fail "the server was killed" "expected: its socket file is still there" "but:      it is gone"
    start_echo
    talk send hello expect hello
    stop_server
    gone
}

@test "a second server at the same path fails, and the first one keeps serving" {
    hint "unlink() before bind() removes the file of a live server. Try connect() first, and remove the file only if that is refused." "Is anybody behind that file?"
    start_echo
    for time in 1 2; do
        try server echo.sock
        fails 1 bind $taken
        talk send hello expect hello
    done
}

@test "only the owner can use the socket file, whatever the umask" {
    hint "bind() makes the file with the mode that umask leaves. Set umask before bind()." "Who may connect?"
    for mask in 000 007 022; do
        umask "$mask"
        serve "$mask.sock"
        # bats and the tools make their own files with that mask, too
        mode=$(ls -l "$mask.sock")
        [ "${mode:4:6}" = ------ ] ||
            fail "umask $mask" "expected: a file of a mode like rw------- or rwx------" "but:      $mode"
        talk send hello expect hello
        stop_server
    done
}

@test "Ctrl-C ends it while a client is connected" {
    hint "The handler only sets a flag, and recv() is restarted after it. Remove the file and call _exit(0) in the handler." "Who removes the file at the end?"
    needs_proc
    start_echo
    talk send hello expect hello run "$interrupt" expect-gone
    ended_by INT
    gone
}

# Every kind of client.

@test "a client that sends nothing does not affect the next one" {
    hint "The first recv() of a connection returns 0, and the program does not expect that." "The same conversation"
    start_echo
    talk close
    talk send hello expect hello
}

@test "a client that closes without reading its echo does not affect the next one" {
    hint "recv() returns -1 (ECONNRESET), and the server ends, or takes -1 for a length. Close this connection and accept the next client." "What if the peer is gone?"
    needs_proc
    start_echo
    talk send hello run "$look_asleep" close
    talk send hello expect hello
}

@test "a client that has left before the echo is sent does not affect the next one" {
    hint "SIGPIPE ends the server when it sends to a client that has left. Ignore the signal: then send() returns -1 with EPIPE." "What if the peer is gone?"
    survives_a_client_that_has_left
}

@test "a client that connects while another is served gets its turn" {
    hint "The listening socket is closed while a client is served. Keep it open: the kernel lets the others wait in its queue." "The same conversation"
    start_echo
    talk send one expect one connect send two use 1 shut-down expect-end use 2 expect two shut-down expect-end
}

@test "two clients at the same time each get their own bytes" {
    hint "The threads that serve the clients share one static buffer. Give each its own." "The same conversation"
    keeps_clients_apart
}

# Everything, in order.

@test "it sends back eight megabytes" {
    hint "Some bytes are lost or sent twice when there are many. Continue after the bytes that send() took, and nowhere else." "The same conversation"
    start_echo
    talk exchange 8388608 shut-down expect-end
}

@test "a client that shuts down its sending side still gets all of its bytes" {
    hint "The connection is closed at the end of file, before every byte has been sent back." "The same conversation"
    needs_proc
    start_echo
    pause_server
    talk send-stream 100000 shut-down run "$resume" expect-stream 100000 expect-end
    talk fill "$look_asleep" shut-down run "$look_idle" expect-filled expect-end
}

@test "it goes on after Ctrl-Z and fg" {
    hint "A call that waits (epoll_wait(), or recv() with a time limit) fails with EINTR after Ctrl-Z and fg, although no handler ran. Call it again." "The same conversation"
    goes_on_when_continued
}

@test "it loses nothing when it is stopped and continued while it sends" {
    hint "send() took fewer bytes than it was offered, and the rest is lost or sent from the wrong place. Send the rest in a loop: after each send() go on n bytes further, and offer n bytes less." "The same conversation"
    loses_nothing_when_stopped
}

# Nothing is left behind.

@test "it uses no processor time while a client is silent" {
    hint "The socket is non-blocking, and a loop calls recv() again and again. Let recv() wait." "The same conversation"
    idles_beside_a_silent_client
}

@test "it uses no processor time when no client is connected" {
    hint "The loop goes on after recv() has returned 0 or -1, for a client that has left." "The same conversation"
    needs_proc
    start_echo
    talk send hello expect hello close
    talk send hello run "$look_asleep" close
    look idle
}

@test "it uses no processor time after a timeout" {
    hint "On Linux select() counts its timeout down, so the next call waits for the rest only, and after a while not at all. Set the timeout before each call." "The same conversation"
    idles_after_a_timeout
}

@test "it keeps a connection on which nothing arrives for a while" {
    hint "A call has a time limit (SO_RCVTIMEO, or the timeout of poll()), and the program takes a silent client for one that has left." "The same conversation"
    keeps_a_silent_client
}

@test "after 50 clients it holds no more descriptors and processes than before" {
    hint "The connected socket is not closed. Close it on every way out of the conversation, in the parent too after fork()." "The same conversation"
    needs_proc
    start_echo
    remember
    times=2 talk send hello expect hello shut-down expect-end
    talk send hello expect hello close
    remember
    times=25 talk send hello expect hello shut-down expect-end
    times=25 talk send hello close
    talk send hello expect hello
    holds_no_more
}

@test "its memory does not grow with the number of clients" {
    hint "Memory is allocated for every client or message, and not freed. (A thread is freed if it is detached, or joined at its end.)" "The same conversation"
    needs_proc
    start_echo
    memory_settles -n 200 connect "unix:$address" exchange 1000 shut-down expect-end connect send hello close
    memory_settles -n 3 connect "unix:$address" fill "$look_asleep" close
}

@test "SIGTERM ends it while a client does not read" {
    hint "The handler only sets a flag, and send() is restarted after it. Remove the file and call _exit(0) in the handler." "Who removes the file at the end?"
    needs_proc
    start_echo
    talk fill "$look_asleep" run "kill -s TERM $server" until ': the server has ended; grep -q exit serve.report'
    ended_by TERM
    gone
}

@test "SIGTERM ends it also when it arrives just before the server waits" {
    hint "A handler only sets a flag. If the signal arrives just after the loop has checked the flag, the next call waits. Let the handler call _exit()." "Who removes the file at the end?"
    needs_proc
    ends_just_before_it_waits send hello expect hello
}

@test "SIGTERM ends it while clients keep connecting" {
    hint "The program reacts to SIGTERM only when no client is waiting." "Who removes the file at the end?"
    start_echo
    address=unix:$address besiege exchange 20000
    talk send hello expect hello
    stop_server
    gone
}

# A path is an address.

@test "without arguments it listens on echo.sock" {
    hint "The default path is not echo.sock." "A path is an address"
    serve
    [ "$address" = echo.sock ] || fail "server" "expected: listening on echo.sock" "but:      $line"
    talk send hello expect hello
}

@test "it accepts a path in another directory" {
    hint "The path is not used and printed as it was given, or the return value of bind() is not checked." "A path is an address"
    try server here/echo.sock
    fails 1 # at bind(), or at a call before it, for a lock say
    mkdir here
    : >echo.sock # another file, which must stay
    path='here/50%s%d of it.sock' # no format
    serve "$path"
    [ "$address" = "$path" ] || fail "server '$path'" "expected: listening on $path" "but:      $line"
    talk send hello expect hello
    stop_server
    gone
    [ -e echo.sock ] || fail "server '$path', ended by SIGTERM" "expected: it removes $path" "but:      it removed echo.sock"
}

@test "it accepts the longest path that fits" {
    hint "sun_path has 108 bytes on Linux, and the final zero byte takes one of them, so a path may have 107." "A path is an address"
    path=$(longest_path)
    serve "$path"
    [ "$address" = "$path" ] || fail "server $path" "expected: listening on $path" "but:      $line"
    [ -S "$path" ] || fail "server $path" "expected: a socket file of that name" "but there is: $(ls)"
    talk send hello expect hello
}

@test "it reports a path that is too long" {
    hint "strncpy() shortens the path without a message, and strcpy() writes beyond sun_path. Check the length first." "A path is an address"
    path=$(longest_path)
    for longer in "${path}0" "${path}00" "$path$path"; do
        try server "$longer"
        fails 1
    done
    [ ! -e "$path" ] || fail "server $longer" "expected: no file" "but:      it made a file with a shortened name: $path"
}

@test "it refuses an empty path" {
    hint "On Linux bind() takes an empty path for an abstract address, a name without a file." "A path is an address"
    try server ''
    refused_as_empty server
}

@test "a bad command line is a usage error" {
    hint "The number of arguments is not checked." "A path is an address"
    try server echo.sock 5
    fails 2
    [ ! -e echo.sock ]
}

# Who owns the path: a live server, a dead one, or something else.

@test "it leaves a file, a directory or a FIFO at the path alone" {
    hint "Everything at the path is removed. Check with lstat() and S_ISSOCK() that it is a socket file." "What if the path leads to something else?"
    echo precious >file
    : >empty
    mkdir directory
    mkfifo fifo
    ls -lid file empty directory fifo >before
    for path in file empty directory fifo; do
        try server "$path"
        fails 1
    done
    ls -lid file empty directory fifo | cmp - before || fail "before: $(cat before)" "after:  $(ls -lid ./*)"
    [ "$(cat file)" = precious ]
}

@test "it leaves a symbolic link at the path and its target alone" {
    hint "stat() and connect() follow a symbolic link. Use lstat(), which does not." "What if the path leads to something else?"
    start_echo
    kill_server
    ln -s echo.sock stale
    ln -s nothing dangling
    echo precious >file
    ln -s file filed
    serve live.sock
    ln -s live.sock live
    ls -li echo.sock stale dangling file filed live >before
    for path in stale dangling filed live; do
        try server "$path"
        fails 1
    done
    ls -li echo.sock stale dangling file filed live | cmp - before || fail "before: $(cat before)" "after:  $(ls -li)"
    [ ! -e nothing ]
}

@test "a second server fails while the first one serves a client" {
    hint "The second server waits for an echo to find out whether the first one lives. Only connect() distinguishes a live server from a stale file." "Is anybody behind that file?"
    start_echo
    talk send hello expect hello run '! "$TOOLS/guard" -t 3 -r server.report -- "$BUILD/server" echo.sock >out 2>err'
    tried=server
    fails 1 bind $taken
    talk send hello expect hello
}

@test "a second server fails while the first one is stopped" {
    hint "The second server waits for an answer to find out whether the first one lives. connect() succeeds even if the first one is slow to accept." "Is anybody behind that file?"
    needs_proc
    start_echo
    pause_server
    try server echo.sock
    fails 1 bind $taken
    look continue
    talk send hello expect hello
}

@test "a second server fails while the queue of the first one is full" {
    hint "connect() to a full queue waits, or fails with EAGAIN when it is non-blocking. On Linux only ECONNREFUSED means that nobody listens." "Is anybody behind that file?"
    [ "$(uname)" = Linux ] || skip "this system refuses clients when a queue is full, as if nobody listened"
    stays full unix:echo.sock
}

@test "it leaves a live datagram socket alone" {
    hint "connect() fails with EPROTOTYPE, and the program takes that for a stale file. On Linux only ECONNREFUSED means that nobody listens." "Is anybody behind that file?"
    stays bind dgram:echo.sock
}

@test "it leaves a live seqpacket socket alone" {
    hint "connect() fails with EPROTOTYPE, and the program takes that for a stale file. On Linux only ECONNREFUSED means that nobody listens." "Is anybody behind that file?"
    [ "$(uname)" = Linux ] || skip "this system may have no such socket"
    stays listen seqpacket:echo.sock
}

@test "when it ends it leaves the socket file of another server alone" {
    hint "The file at the path is removed although another server has made it meanwhile. Compare st_dev and st_ino with those of the file that bind() made." "Who removes the file at the end?"
    start_echo
    rm echo.sock
    probe listen unix:echo.sock run 'ls -i echo.sock >before' run ': end the server by SIGTERM; kill -s TERM "$server"' \
        until ': it has ended; grep -q exit serve.report' run ': its file is still there; ls -i echo.sock | cmp - before'
    ended_by TERM
}

# From the first moment on.

@test "only the owner can use the socket file, from the moment it exists" {
    hint "chmod() after bind() is too late: until then others may write to the file. Set umask before bind()." "Who may connect?"
    bring modes
    umask 000
    through=("$BUILD/modes" echo.sock)
    files=1024 try server echo.sock # a program that closes every possible descriptor has few to close
    ! grep -qx 'exit 126' server.report || skip "this system does not let us trace a program"
    grep -qx 'exit 0' server.report || fail "server echo.sock" "expected: the ready line" "but:      it ended before that"
    [ -s out ] || fail "server echo.sock" "expected: a socket file when the ready line is printed" "but:      there is none"
    ! grep -v '00$' out >others || fail "umask 000; server echo.sock" "expected: only modes such as 600 or 700" "but:      $(shown others)"
}

@test "it prints the ready line only when it listens" {
    hint "The ready line is printed before listen(). A client that reads it may connect immediately." "Is anybody behind that file?"
    bring modes
    through=("$BUILD/modes" echo.sock)
    files=1024 try server echo.sock
    ! grep -qx 'exit 126' server.report || skip "this system does not let us trace a program"
    ! grep -qx refused out || fail "server echo.sock" "expected: one can connect when the ready line is printed" "but:      connect() is refused"
    grep -qx 'exit 0' server.report || fail "server echo.sock" "expected: the ready line" "but:      it ended before that"
}

@test "it handles SIGTERM from the ready line on" {
    hint "The handler is installed after the ready line is printed. A process that reads that line may send SIGTERM immediately." "Who removes the file at the end?"
    is_prepared echo.sock
    [ ! -e echo.sock ] || fail "server echo.sock" "expected: its socket file is removed" "but:      $(ls -l echo.sock)"
}

# The client.

@test "the client prints what the server sends back" {
    hint "The client writes more or fewer bytes than recv() returned." "The client"
    client_prints_the_echo
}

@test "the client prints what it receives, not what it has sent" {
    hint "The client prints its own input, and only counts the bytes that arrive. Write what recv() stored in the buffer." "The client"
    client_prints_what_it_receives
}

@test "the client ends with status 0 once everything has been echoed" {
    hint "At the end of its input the client does not call shutdown() with SHUT_WR, or it closes both directions. Half-close, and read until everything has been echoed." "The client"
    client_ends_after_the_echo
}

@test "the client ends with status 0 when there is no input" {
    hint "The client waits for an echo although it has sent nothing. At the end of the input call shutdown() with SHUT_WR." "The client"
    client_ends_without_input
}

@test "the client sends each line and prints each echo immediately" {
    hint "The client waits for more input or for a full buffer (fread(), or printf() without fflush()), while it could send or print." "The client"
    client_sends_and_prints_immediately
}

@test "the client sends several lines that arrive together, and an incomplete line" {
    hint "A line stays in the buffer of stdin, where poll() does not see it. Use read() instead of fgets()." "The client"
    client_sends_several_lines
}

@test "the client copies eight megabytes, zero bytes too" {
    hint "The client sends everything before it reads. Then all buffers on the way are full, and both sides wait." "The client"
    "$TOOLS/probe" stream 8388608 >in
    printf 'a\0\0b\0' >>in
    meet echo close ends 0
    same in out
}

@test "the client prints the echo while the server takes no more bytes" {
    hint "send() waits for room, and the echo waits with it. Pass MSG_DONTWAIT, keep the bytes that send() did not take, and ask poll() for POLLOUT until they are sent." "The client"
    client_prints_without_room
}

@test "the client ends when its input is a pipe that ends" {
    hint "poll() reports the end of a pipe as POLLHUP, with POLLIN or alone, and the client looks for just POLLIN. Call read() whenever revents is not 0." "The client"
    client_sees_the_end_of_a_pipe
}

@test "the client reports a server that closes too early" {
    hint "The client ends with status 0 although bytes of the echo are missing. Count what you send and what comes back, and fail if recv() returns 0 too early." "The client"
    client_reports_an_early_end
}

@test "the client reports a server that closes while stdin is still open" {
    hint "The client waits for stdin alone, and does not see that the server has closed. Let poll() wait for both." "The client"
    client_reports_an_end_before_its_input_ends
}

@test "the client reports that nobody is there" {
    hint "The return value of connect() is not checked, or the client reports the failure and then ends with status 0." "The client"
    try client nowhere.sock
    fails 1 connect ENOENT
    probe bind unix:echo.sock start "$(run_client)" ends 1
    tried=client
    fails 1 connect ECONNREFUSED
}

@test "the client reports a server that closes with bytes unread" {
    hint "The return value of send() or recv() is not checked, or SIGPIPE ends the client without a message." "What if the peer is gone?"
    "$TOOLS/probe" stream 1000000 >in
    meet expect-stream 8 close ends 1
    says_why
}

@test "the client prints everything when it is stopped and continued while it writes" {
    hint "write() took fewer bytes than it was offered, and the rest is lost. Write the rest in a loop." "The client"
    client_prints_all_when_stopped
}

@test "without arguments the client connects to echo.sock" {
    hint "The default path is not echo.sock." "The client"
    printf 'hello\n' >in
    client_arguments='' meet echo close ends 0
    same in out
}

@test "the client accepts the longest path that fits" {
    hint "sun_path has 108 bytes on Linux, and the final zero byte takes one of them, so a path may have 107." "A path is an address"
    printf 'hello\n' >in
    meeting_point=unix:$(longest_path) meet echo close ends 0
    same in out
}

@test "the client reports a path that is too long or empty" {
    hint "strncpy() shortens the path without a message, and strcpy() writes beyond sun_path. Check the length first." "A path is an address"
    path=$(longest_path)
    client_arguments='"$HOST"0' tried=client
    probe listen "unix:$path" start "$(run_client)" ends 1
    fails 1
    try client ''
    refused_as_empty client
}

@test "a bad command line of the client is a usage error" {
    hint "The number of arguments is not checked." "The client"
    try client echo.sock echo.sock
    fails 2
}
