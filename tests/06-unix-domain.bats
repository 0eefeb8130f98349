#!/usr/bin/env bats
# Lesson 06: what `server [PATH]` and `client [PATH]` must do.

programs='server client'
ready='listening on'
# shellcheck source=tests/helpers.bash
source "$BATS_TEST_DIRNAME/helpers.bash"
meeting_point=unix:echo.sock client_arguments='"$HOST"'

# The programs and the tests meet in this directory; what is ours there.
export GUARD_SHARES='in out err server.err serve.report server.report client.report before pid others'

# talk [STEP]...: connect to the server, TIMES times, and take these steps.
talk() {
    probe -n "${times:-1}" connect "unix:$address" "$@"
}

# gone: the server has ended with status 0, and its socket file with it.
gone() {
    [ "$ended" = "exit 0" ] || fail "expected: exit status 0" "but:      $(ending)"
    [ ! -e "$address" ] || fail "expected: its socket file is gone" "but:      $(ls -l "$address")"
}

# kill_server: it ends without having its say, and leaves its socket file.
kill_server() {
    kill -s KILL -- "-$server"
    stopped=yes
    drain
}

# stays KIND ADDRESS: probe holds a live socket at echo.sock; a server that is
# started there fails, and the file is still that socket's.
stays() {
    local second='exec "$TOOLS/guard" -t 30 -r server.report -- "$BUILD/server" echo.sock <in >out 2>err'

    probe "$1" "$2" run 'ls -i echo.sock >before' start "$second" ends 1 run 'ls -i echo.sock | cmp - before'
    fails 1 bind server
}

# longest_path: as many bytes as a path may have.
longest_path() {
    local most=107

    [ "$(uname)" = Linux ] || most=103
    printf "%0${most}d" 0
}

# refused_as_empty PROGRAM: what was tried fails with status 1 or 2.
refused_as_empty() {
    if grep -qx 'exit 2' "$1.report"; then fails 2; else fails 1; fi
}

@test "it sends back five bytes while the connection stays open" {
    hint "it reads until its buffer is full, or until a newline, before it answers" "The same conversation"
    serve echo.sock
    talk send hello expect hello
}

@test "it sends back zero bytes" {
    hint "the buffer is treated as a C string: strlen() stops at a zero byte; recv() says how many came" "The same conversation"
    serve echo.sock
    talk send 'a\0b\0\0c' expect 'a\0b\0\0c' send '\0' expect '\0' shut-down expect-end
}

@test "it takes no word for a command" {
    hint "what a client sends is data, whatever it says" "The same conversation"
    serve echo.sock
    for word in 'exit\n' 'quit\n' 'bye\n' '\n' '\x04' '\xff'; do
        talk send "$word" expect "$word" send "$word" expect "$word"
    done
}

@test "it sends back what fills no buffer exactly, and eight megabytes, in order" {
    hint "recv() gave n bytes, but another number of them is sent" "The same conversation"
    serve echo.sock
    for size in 1 512 1023 1024 1025 2048 4096 4097 8192 16384 32768 65536 65537 8388608; do
        talk exchange "$size" shut-down expect-end
    done
}

@test "it loses nothing when it is stopped and continued in mid-send" {
    hint "send() may take fewer bytes than it is offered: send the rest too" "The same conversation"
    needs_proc
    serve echo.sock
    talk fill "$look_asleep" run "$stop_and_continue" expect-filled shut-down expect-end
    talk send hello expect hello run "$look_asleep" run "$stop_and_continue" send again expect again
}

@test "a client that only shuts down its sending side still gets everything" {
    hint "at the end of file the connection is closed before everything was sent back" "The same conversation"
    needs_proc
    serve echo.sock
    pause_server
    talk send-stream 100000 shut-down run "$resume" expect-stream 100000 expect-end
    talk fill "$look_asleep" shut-down run "$look_idle" expect-filled expect-end
}

@test "it closes when the client has sent its last" {
    hint "recv()'s 0 is not looked at: it means end of file" "The same conversation"
    serve echo.sock
    talk shut-down expect-end
    talk send hello expect hello shut-down expect-end
}

@test "it serves whoever comes next" {
    hint "accept() stands in no loop, or the end of one client ends the server" "The same conversation"
    serve echo.sock
    times=20 talk send hello expect hello shut-down expect-end
}

@test "whoever comes meanwhile waits and is served too" {
    hint "a second client is turned away, or what it sent while it waited is lost" "The same conversation"
    serve echo.sock
    talk send one expect one connect send two use 1 shut-down expect-end use 2 expect two shut-down expect-end
}

@test "two clients at once get each its own bytes" {
    hint "a static buffer is shared by the threads that serve them" "The same conversation"
    needs_proc
    serve echo.sock
    talk fill "$look_asleep" connect send-stream 30000 run "$look_asleep" \
        use 1 expect-filled shut-down expect-end use 2 expect-stream 30000 shut-down expect-end
}

@test "a client that sends nothing costs nobody else anything" {
    hint "a connection without a byte is a conversation too: its end is the first thing that recv() tells" "The same conversation"
    serve echo.sock
    talk close
    talk send hello expect hello
}

@test "a client that leaves its answer unread costs nobody else anything" {
    hint "recv()'s -1 (ECONNRESET) is taken for a length, or ends the server" "When the peer is gone"
    needs_proc
    serve echo.sock
    talk send hello run "$look_asleep" close
    talk send hello expect hello
}

@test "a client that is gone before the answer costs nobody else anything" {
    hint "SIGPIPE ends the server: ignore it, then send() fails with EPIPE" "When the peer is gone"
    needs_proc
    serve echo.sock
    pause_server
    talk send hello close
    talk send hello run "$resume" expect hello
    pause_server
    talk send-stream 50000 close
    talk send hello run "$resume" expect hello
    look asleep
}

@test "it holds no more descriptors and processes after 50 clients" {
    hint "the connected socket is not closed (or a child is not waited for)" "The same conversation"
    needs_proc
    serve echo.sock
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
    hint "something is allocated for every client and never freed" "The same conversation"
    needs_proc
    serve echo.sock
    memory_settles -n 200 connect "unix:$address" exchange 1000 shut-down expect-end connect send hello close
    memory_settles -n 3 connect "unix:$address" fill "$look_asleep" close
}

@test "it uses no processor time while a client is silent" {
    hint "a loop asks again and again instead of waiting in recv()" "The same conversation"
    needs_proc
    serve echo.sock
    talk send hello expect hello run "$look_idle"
}

@test "it uses no processor time when nobody is there" {
    hint "recv()'s 0 or -1 is not looked at, and the loop goes on with a client that has left" "The same conversation"
    needs_proc
    serve echo.sock
    talk send hello expect hello close
    talk send hello run "$look_asleep" close
    look idle
}

@test "it says who has connected: process, user and group" {
    hint "SO_PEERCRED is asked of the connected socket, for each client; getpid() and getuid() are the server's own" "Who is there"
    [ "$(uname)" = Linux ] || skip "this system does not tell a peer's process"
    serve echo.sock
    for time in first second; do
        seen=yes talk run 'echo $PPID >pid' send "$time" expect "$time"
        hear "accepted pid $(cat pid) uid $(id -u) gid $(id -g)"
    done
    [ "$(id -u)" = 0 ] || skip "only root can come as another group: user and group may be exchanged"
    talk group 4711 connect run 'echo $PPID >pid' use 1 close use 2 send hello expect hello
    hear_at_last "accepted pid $(cat pid) uid 0 gid 4711"
}

@test "the socket file gives group and others nothing, whatever the umask" {
    hint "bind() makes the file, with the mode that umask leaves: set umask before" "For the owner alone"
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

@test "the socket file gives group and others nothing, from its first moment" {
    hint "chmod() after bind() is too late: somebody may connect in between; set umask before" "For the owner alone"
    bring_modes
    umask 000
    through=("$BUILD/modes" echo.sock)
    files=1024 try server echo.sock # who closes all there could be closes not too many
    ! grep -qx 'exit 126' server.report || skip "this system does not let us trace a program"
    grep -qx 'exit 0' server.report || fail "the server ended before it was ready"
    [ -s out ] || fail "the server was ready, but there was no file"
    ! grep -v '00$' out >others || fail "umask 000" "expected: no mode but such as 600 or 700" "but:      $(shown others)"
}

@test "it says that it listens only when it does" {
    hint "the ready line comes after listen(): who reads it may connect at once, and another server looks whether this one lives" "Stale or live"
    bring_modes
    through=("$BUILD/modes" echo.sock)
    files=1024 try server echo.sock
    ! grep -qx 'exit 126' server.report || skip "this system does not let us trace a program"
    ! grep -qx refused out || fail "the server says that it listens" "but: to connect is refused"
    grep -qx 'exit 0' server.report || fail "the server ended before it was ready"
}

@test "it takes a path of as many bytes as there is room for" {
    hint "sun_path has 108 bytes on Linux, one of them for the final zero byte" "A path is an address"
    path=$(longest_path)
    serve "$path"
    [ "$address" = "$path" ] || fail "it says: $address" "expected: $path"
    [ -S "$path" ] || fail "there is no socket file $path" "but there is: $(ls)"
    talk send hello expect hello
}

@test "it refuses a longer path" {
    hint "strncpy() shortens a path without a word; strcpy() writes beyond sun_path" "A path is an address"
    path=$(longest_path)
    for longer in "${path}0" "${path}00" "$path$path"; do
        try server "$longer"
        fails 1
    done
    [ ! -e "$path" ] || fail "it made a file with a shortened name: $path"
}

@test "it refuses an empty path" {
    hint "on Linux bind() takes it for an abstract address, a name without a file" "A path is an address"
    try server ''
    refused_as_empty server
}

@test "it takes the place of a server that was killed" {
    hint "bind() fails with EADDRINUSE while the old file is there: remove it, if nobody listens on it" "Stale or live"
    serve echo.sock
    talk send hello expect hello
    kill_server
    [ -S echo.sock ] || fail "the killed server's file is gone"
    serve echo.sock
    talk send hello expect hello
    stop_server
    gone
}

@test "a live server keeps its place" {
    hint "unlink() before bind() takes the file from a live server: try connect() first" "Stale or live"
    serve echo.sock
    for time in 1 2; do
        try server echo.sock
        fails 1 bind
        talk send hello expect hello
    done
}

@test "a live server keeps its place while it serves a client" {
    hint "an echo that does not come is no sign: connect() alone tells stale from live" "Stale or live"
    serve echo.sock
    talk send hello expect hello run '! "$TOOLS/guard" -t 3 -r server.report -- "$BUILD/server" echo.sock >out 2>err'
    fails 1 bind server
    talk send hello expect hello
}

@test "a live server keeps its place while it is stopped" {
    hint "a live server may be slow to accept: connect() succeeds all the same" "Stale or live"
    needs_proc
    serve echo.sock
    pause_server
    try server echo.sock
    fails 1 bind
    talk send hello run "$resume" expect hello
}

@test "a live server keeps its place while its queue is full" {
    hint "connect() to a full queue waits; non-blocking it fails with EAGAIN, and that is no sign of a stale file" "Stale or live"
    [ "$(uname)" = Linux ] || skip "this system refuses when a queue is full, and nobody can tell"
    stays full unix:echo.sock
}

@test "a live datagram socket keeps its place" {
    hint "connect() fails with EPROTOTYPE: only ECONNREFUSED says that nobody is there" "Stale or live"
    stays bind dgram:echo.sock
}

@test "a live seqpacket socket keeps its place" {
    hint "connect() fails with EPROTOTYPE: only ECONNREFUSED says that nobody is there" "Stale or live"
    [ "$(uname)" = Linux ] || skip "this system may have no such socket"
    stays listen seqpacket:echo.sock
}

@test "a file, a directory or a FIFO at the path is untouched" {
    hint "what is no socket was not made by a server: look with lstat() and S_ISSOCK() before anything is removed" "What is no socket"
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

@test "a symbolic link at the path is untouched, and so is what it leads to" {
    hint "stat() and connect() follow a link, lstat() looks at it" "What is no socket"
    serve echo.sock
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

@test "SIGINT and SIGTERM end it with status 0, and its socket file is gone" {
    hint "a handler removes the file and ends the program with _exit(0)" "Cleaning up"
    for signal in INT TERM; do
        serve echo.sock
        stop_server "$signal"
        gone
    done
}

@test "it is prepared for SIGTERM when it says that it listens" {
    hint "the handler comes after the ready line; who reads that line may send SIGTERM at once" "Cleaning up"
    is_prepared echo.sock
    [ ! -e echo.sock ] || fail "expected: its socket file is gone" "but:      $(ls -l echo.sock)"
}

@test "Ctrl-C ends it while a client is there" {
    hint "the handler only sets a flag that recv() does not look at" "Cleaning up"
    needs_proc
    serve echo.sock
    talk send hello expect hello run "kill -s INT $server" expect-gone
    ended_by INT
    gone
}

@test "SIGTERM ends it while a client does not read" {
    hint "the handler only sets a flag that send() does not look at" "Cleaning up"
    needs_proc
    serve echo.sock
    talk fill "$look_asleep" run "kill -s TERM $server" until 'grep -q exit serve.report'
    ended_by TERM
    gone
}

@test "SIGTERM ends it also while clients keep coming" {
    hint "SIGTERM is let in only while nothing else is ready" "Cleaning up"
    serve echo.sock
    address=unix:$address besiege exchange 20000
    talk send hello expect hello
    stop_server
    gone
}

@test "it can be started again at once" {
    hint "its socket file was left behind" "Cleaning up"
    serve echo.sock
    talk send hello expect hello run "kill -s TERM $server" expect-gone
    ended_by TERM
    serve echo.sock
    talk send hello expect hello
}

@test "without an argument its path is echo.sock" {
    hint "the default is echo.sock" "A path is an address"
    serve
    [ "$address" = echo.sock ] || fail "it says: $address" "expected: echo.sock"
    talk send hello expect hello
}

@test "its path may lead through a directory, if there is one" {
    hint "the path is taken and said as it was given, and bind()'s -1 is looked at" "A path is an address"
    try server here/echo.sock
    fails 1 # at bind(), or at what comes before: a lock, say
    mkdir here
    : >echo.sock # another file, which must stay
    path='here/50%s%d of it.sock' # no format
    serve "$path"
    [ "$address" = "$path" ] || fail "it says: $address" "expected: $path"
    talk send hello expect hello
    stop_server
    gone
    [ -e echo.sock ] || fail "$path was to be removed" "but: echo.sock was"
}

@test "a server's command line that makes no sense is a usage error" {
    hint "argc is not looked at" "A path is an address"
    try server echo.sock echo.sock
    fails 2
    [ ! -e echo.sock ]
}

@test "the client prints what comes back" {
    hint "what recv() returned is written, no more and no less" "The client"
    printf 'hello\nagain' >in
    meet echo close ends 0
    same in out
}

@test "the client copies any bytes, eight megabytes of them" {
    hint "it sends everything before it reads: then all buffers on the way are full, and both sides wait" "The client"
    "$TOOLS/probe" stream 8388608 >in
    printf 'a\0\0b\0' >>in
    meet echo close ends 0
    same in out
}

@test "the client prints everything, also when it is stopped and continued in mid-write" {
    hint "write() may take fewer bytes than it is offered: write the rest too" "The client"
    client_prints_all_when_stopped
}

@test "the client sends lines that come at once, and part of a line" {
    hint "a line is kept in stdio's buffer, where poll() does not see it" "The client"
    mkfifo stdin
    exec 7<>stdin
    printf 'hello\nagain\nand ' >&7
    client_input=stdin meet expect 'hello\nagain\nand ' run 'echo quit >stdin' expect 'quit\n'
}

@test "the client ends when its input, a pipe, ends" {
    hint "poll() tells the end of a pipe as POLLHUP alone, without POLLIN" "The client"
    needs_program client # or nobody reads what we write
    mkfifo stdin
    printf 'hello\n' >stdin 3>&- 4>&- &
    client_input=stdin meet echo close ends 0
    out_is hello
}

@test "the client sends each line as it comes, and prints each answer as it comes" {
    hint "it waits for more input, or for a full buffer, while something could be sent or printed" "The client"
    mkfifo stdin
    exec 7<>stdin
    printf 'hello\n' >&7
    client_input=stdin meet expect 'hello\n' send 'hel' until '[ "$(cat out)" = hel ]' \
        run 'echo again >stdin' expect 'again\n' send 'lo\nag' until '[ "$(wc -c <out)" = 8 ]'
}

@test "the client ends when everything has come back" {
    hint "it waits for the server to close, although all of its bytes are back" "The client"
    printf 'hello\n' >in
    meet expect 'hello\n' send 'hello\n' ends 0
    same in out
}

@test "the client ends at once when there is no input" {
    hint "nothing to send means that nothing has to come back" "The client"
    meet ends 0
    same in out
}

@test "the client tells a server that closes too early" {
    hint "recv()'s 0 is success only when all bytes are back" "The client"
    printf 'hello\n' >in
    meet expect 'hello\n' send 'hel' close ends 1
    [ -s err ] || fail "expected: a line on stderr that says why"
    [ "$(cat out)" = hel ] || fail "expected on stdout: hel" "but: $(cat out)"
}

@test "the client tells a server that closes while stdin is still open" {
    hint "it waits for stdin, and does not see that the server has gone: poll() waits for both" "The client"
    mkfifo stdin
    exec 7<>stdin
    printf 'hello\n' >&7
    client_input=stdin meet expect 'hello\n' send 'hello\n' until '[ -s out ]' close ends 1
    [ -s err ] || fail "expected: a line on stderr that says why"
}

@test "the client tells a server that leaves bytes unread" {
    hint "recv()'s -1, or send()'s, is not looked at; SIGPIPE ends the client without a word" "When the peer is gone"
    "$TOOLS/probe" stream 1000000 >in
    meet expect-stream 8 close ends 1
    [ -s err ] || fail "expected: a line on stderr that says why"
}

@test "the client goes to echo.sock by itself" {
    hint "the default is echo.sock" "The client"
    printf 'hello\n' >in
    client_arguments='' meet echo close ends 0
    same in out
}

@test "the client tells that nobody is there" {
    hint "connect()'s -1 is not looked at, or the message does not name the call" "The client"
    try client nowhere.sock
    fails 1 connect
    probe bind unix:echo.sock start "$(run_client)" ends 1
    fails 1 connect client
}

@test "the client takes a path of as many bytes as there is room for" {
    hint "sun_path has 108 bytes on Linux, one of them for the final zero byte" "A path is an address"
    printf 'hello\n' >in
    meeting_point=unix:$(longest_path) meet echo close ends 0
    same in out
}

@test "the client refuses a path that is too long, or empty" {
    hint "strncpy() shortens a path without a word; strcpy() writes beyond sun_path" "A path is an address"
    path=$(longest_path)
    client_arguments='"$HOST"0' tried=client
    probe listen "unix:$path" start "$(run_client)" ends 1
    fails 1
    try client ''
    refused_as_empty client
}

@test "a client's command line that makes no sense is a usage error" {
    hint "argc is not looked at" "The client"
    try client echo.sock echo.sock
    fails 2
}
