#!/usr/bin/env bats
# Lesson 08: what `server [HOST [PORT]]` and `client [HOST [PORT [COUNT]]]` must do.

programs='server client'
ready='listening on'
# shellcheck source=tests/helpers.bash
source "$BATS_TEST_DIRNAME/helpers.bash"

# allow FILES: what is started now may have as many descriptors, of which it
# gets 1024 to begin with, as most shells give.  Skips where that is forbidden.
allow() {
    local most
    most=$(ulimit -Hn)
    [ "$most" = unlimited ] || [ "$most" -ge "$1" ] || skip "a program may have $most descriptors here, and this takes $1"
    [ "$most" = 1024 ] || ulimit -Sn 1024
}

# ends_well SIGNAL: the server, which has been sent SIGNAL, ends with status 0.
ends_well() {
    ended_by "$1"
    [ "$ended" = "exit 0" ] || fail "the server, after SIG$1: $(ending)" "expected: exit status 0"
}

# echoed COUNT BYTES: the client says that it had so many connections.
echoed() {
    [ "$(cat out)" = "$1 connections, $2 bytes echoed" ] || [ "$(cat out)" = "$1 connection, $2 bytes echoed" ] ||
        fail "client" "expected: $1 connections, $2 bytes echoed" "but:      $(shown out)"
}

@test "it sends back what comes, as it comes, and closes after the last" {
    hint "recv() gives what has come, be it one byte: it goes back at once" "A turn"
    serve 127.0.0.1 0
    probe tcp "$address" send hello expect hello each 'a\0b\n' exchange 100001 shut-down expect-end
    probe tcp "$address" send-stream 200000 shut-down expect-stream 200000 expect-end
    probe tcp "$address" shut-down expect-end
}

@test "it serves a second client while the first says nothing" {
    hint "it waits in recv() for one client: let poll() wait for all" "A turn"
    serve 127.0.0.1 0
    probe tcp "$address" connect send hello expect hello connect exchange 100000 \
        use 1 send again expect again use 2 send 'and again' expect 'and again'
}

@test "it uses no processor time while a client is silent" {
    hint "POLLOUT is asked for although nothing waits to go, and a socket nearly always has room" "What waits"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" connect send hello expect hello run "$look_idle"
}

@test "it serves others while one does not read" {
    hint "a send() waits for one client, and all others wait with it: the connected sockets must be non-blocking; or poll() never waits (POLLOUT is asked for all the time)" "No call waits"
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" fill "$look_asleep" connect exchange 300000 connect send hello expect hello \
        use 1 expect-filled shut-down expect-end
}

@test "who leaves takes nothing from those who stay" {
    hint "when one leaves, the last one takes its place in the array: with all that belongs to it" "Who leaves"
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" connect connect connect use 3 fill "$look_asleep" use 1 close use 2 reset \
        connect send hello expect hello use 3 expect-filled use 4 exchange 1000 use 5 exchange 1000
    probe tcp "$address" connect connect connect run "$look_asleep" run 'kill -s STOP "$server"' use 2 send two \
        close use 4 send four use 1 close use 3 send three run 'kill -s CONT "$server"' expect three use 4 expect four
}

@test "it serves others while many do not read" {
    hint "threads that wait in send() are soon all waiting, however many there are" "No call waits"
    needs_proc
    serve 127.0.0.1 0
    filled=()
    for _ in {1..6}; do filled+=(connect fill "$look_asleep"); done
    probe narrow "$address" "${filled[@]:1}" connect send hello expect hello
}

@test "it serves 1,000 clients at once" {
    hint "an array is too small, or the clients that come next are not accepted" "As many as there are descriptors"
    allow 2048
    serve 127.0.0.1 0
    probe -t 20 tcp "$address" crowd 1000 talk 2
}

@test "of a client that does not read it holds at most 64 KiB" {
    hint "it goes on reading while nothing can be sent: memory is no place for what nobody fetches" "Back-pressure"
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" fill "$look_asleep" held-at-most 65536 expect-filled exchange 100000 shut-down expect-end
}

@test "what waits goes when the client reads, and nothing is lost" {
    hint "the rest of a partial send is forgotten, or sent from its start again" "What waits"
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" fill "$look_asleep" run "$stop_and_continue" run "$look_asleep" expect-filled \
        send hello expect hello shut-down expect-end
}

@test "a half-closed client that reads late still gets everything" {
    hint "at the end of file it closes although bytes still wait to go" "The last bytes"
    needs_proc
    serve 127.0.0.1 0
    probe thin "$address" fill-to-brim "$look_asleep" shut-down run "$look_asleep" expect-filled expect-end
    probe narrow "$address" fill "$look_asleep" shut-down run "$look_asleep" connect send hello expect hello \
        use 1 expect-filled expect-end
}

@test "a client that resets costs nobody else anything" {
    hint "recv()'s or send()'s -1 ends the server, or is taken for a length" "Who leaves"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" send hello expect hello connect send again expect again use 1 reset use 2 exchange 100000
    probe narrow "$address" fill "$look_asleep" connect send again expect again use 1 reset use 2 exchange 100000
    pause_server
    probe tcp "$address" reset connect send hello reset connect send hello run "$resume" expect hello
    look asleep
}

@test "a client that is gone before the answer costs nobody else anything" {
    hint "SIGPIPE ends the server: ignore it, then send() fails with EPIPE" "Who leaves"
    needs_proc
    serve 127.0.0.1 0
    pause_server
    probe tcp "$address" send hello shut-down reset connect send-stream 50000 close \
        connect send hello run "$resume" expect hello
    look asleep
}

@test "out of descriptors, it serves those it has, and takes others when one leaves" {
    hint "accept() fails with EMFILE, and that ends the server, or is tried again at once, for ever, or it never asks again" "No descriptor left"
    needs_proc
    files=24 serve 127.0.0.1 0
    probe tcp "$address" throng 40 run "$look_asleep" some-served one-leaves run "$look_asleep" all-served
    probe tcp "$address" send hello expect hello
}

@test "out of descriptors, it uses no processor time" {
    hint "the listening socket stays ready when accept() fails with EMFILE: do not ask for it meanwhile" "No descriptor left"
    needs_proc
    files=24 serve 127.0.0.1 0
    probe tcp "$address" throng 40 run "$look_asleep" some-served run "$look_idle"
}

@test "it uses no processor time while a client does not read" {
    hint "POLLIN is asked for although nothing is read while something waits to go" "Back-pressure"
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" fill "$look_asleep" run "$look_idle" shut-down run "$look_idle"
}

@test "it uses no processor time when clients have left" {
    hint "recv()'s 0 or -1 is not looked at, or a closed descriptor is still in the array" "Who leaves"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" connect connect use 1 send hello expect hello close use 2 reset use 3 shut-down expect-end
    look idle
}

@test "it holds no more descriptors and processes after many clients" {
    hint "a connected socket is not closed, however its client left" "Who leaves"
    needs_proc
    files=24 serve 127.0.0.1 0
    probe tcp "$address" send hello expect hello shut-down expect-end
    remember
    probe -n 20 tcp "$address" send hello expect hello shut-down expect-end
    probe -n 20 tcp "$address" send hello expect hello reset
    probe -n 3 tcp "$address" throng 40 run "$look_asleep"
    probe narrow "$address" fill "$look_asleep" reset
    holds_no_more
}

@test "it holds no more memory after many clients" {
    hint "what waits for a client is not freed when it has gone, or when the client has" "Who leaves"
    needs_proc
    serve 127.0.0.1 0
    memory_settles -n 300 tcp "$address" exchange 1000 shut-down expect-end
    memory_settles -n 4 narrow "$address" fill "$look_asleep" close
}

@test "stopped and continued, it goes on" {
    hint "poll() was interrupted, and its -1 is taken for the end, or for a number of clients" "Ending"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" connect send hello expect hello run "$look_asleep" run "$stop_and_continue" \
        send again expect again use 1 exchange 1000 connect exchange 1000
    pause_server
    probe tcp "$address" connect connect send three use 2 send two run "$resume" expect two use 3 expect three
}

@test "it is prepared for SIGTERM when it says that it listens" {
    hint "the handler comes after the ready line; who reads that line may send SIGTERM at once" "Ending"
    is_prepared 127.0.0.1 0
}

@test "SIGINT and SIGTERM end it with status 0" {
    hint "a signal that nobody catches gives another status: catch it, and return from main()" "Ending"
    for signal in INT TERM INT TERM; do
        serve 127.0.0.1 0
        kill -s "$signal" "$server"
        ends_well "$signal"
    done
}

@test "SIGINT and SIGTERM end it with status 0 while clients are there" {
    hint "the handler sets a flag that nobody looks at, for poll() waits on or is called again" "Ending"
    needs_proc
    for signal in INT TERM; do
        serve 127.0.0.1 0
        probe narrow "$address" fill "$look_asleep" connect connect send hello expect hello run "$look_asleep" \
            run "kill -s $signal $server" expect-gone use 2 expect-gone
        ends_well "$signal"
    done
}

@test "SIGTERM ends it with status 0 also under load" {
    hint "the signal is let in only while poll() waits, and under load it never does" "Ending"
    serve 127.0.0.1 0
    besiege crowd 50 talk-for 60
    probe tcp "$address" crowd 50 talk 20
    kill -s TERM "$server"
    ends_well TERM
}

@test "SIGTERM ends it with status 0 also when it is out of descriptors" {
    hint "it sleeps until a descriptor is free, and hears nothing meanwhile" "No descriptor left"
    needs_proc
    files=24 serve 127.0.0.1 0
    probe tcp "$address" throng 40 run "$look_asleep" some-served run 'kill -s TERM "$server"' \
        run '"$TOOLS/look" "$guard" at-most 0 0'
    ends_well TERM
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
    hint "the defaults are 127.0.0.1 and 65432" "Ending"
    alone
    serve
    [ "$address" = 127.0.0.1:65432 ] || fail "it says: $address" "expected: 127.0.0.1:65432"
    probe tcp 127.0.0.1:65432 send hello expect hello
    probe refused 127.0.0.2:65432
}

@test "it serves over IPv6, by name, and on every address" {
    hint "the address is not getaddrinfo()'s with its length; the empty host is a null pointer with AI_PASSIVE" "Ending"
    is_reached send hello expect hello
}

@test "a server's command line that makes no sense is a usage error" {
    hint "argc and the port are not looked at" "Ending"
    refuses_ports server
    try server 127.0.0.1 0 0
    fails 2
}

@test "a host that stands for no address is told" {
    hint "getaddrinfo()'s result is not looked at; its errors are told by gai_strerror()" "Ending"
    for program in server client; do
        try "$program" "no$(printf '%070d' 0)such.invalid" 1
        fails 1
    done
}

@test "the client has two conversations, and counts what comes back" {
    hint "COUNT is 2 if it is left out; what recv() returns is counted, on all connections" "The client"
    bytes=$(await_client accept-crowd 2 echo-crowd ends 0)
    echoed 2 "$bytes"
}

@test "the client has as many conversations as it is told" {
    hint "COUNT, the third argument, is not looked at" "The client"
    for count in 1 3 70; do
        bytes=$(client_arguments="\$HOST \$PORT $count" await_client accept-crowd "$count" echo-crowd ends 0)
        echoed "$count" "$bytes"
    done
}

@test "the client does not have fewer conversations than it is told" {
    hint "COUNT is cut to 32 bits, or to as many as there are descriptors: it may be too large, but it is never another" "The client"
    serve 127.0.0.1 0
    for count in 4294967298 18446744073709551618; do
        files=64 try client 127.0.0.1 "$port" "$count"
        if grep -qx 'exit 2' client.report; then fails 2; else fails 1; fi
    done
    files=64 try client 127.0.0.1 "$port" 100
    if grep -q '^exit [12]$' client.report; then return; fi # or it has them one after the other
    grep -q '^100 connections' out || fail "client 127.0.0.1 $port 100, with 64 descriptors" \
        "expected: a failure, or 100 connections" "but:      $(shown out)"
}

@test "the client has 10,000 conversations" {
    hint "the limit of descriptors is 1024 at first (setrlimit() raises it); select() knows no more than that either" "As many as there are descriptors"
    allow 10100
    bytes=$(client_arguments='$HOST $PORT 10000' patience=20 await_client accept-crowd 10000 echo-crowd ends 0)
    echoed 10000 "$bytes"
}

@test "the client does not wait for one connection before it starts the next" {
    hint "connect() waits: make the socket non-blocking before; EINPROGRESS is no failure" "Connecting without waiting"
    needs_proc
    client_arguments='$HOST $PORT 8' meeting_kind=listen-to-one await_client expect-connecting 6
}

@test "the client waits for an answer that comes late, and in pieces" {
    hint "recv() gives what has come, be it part of a message" "The client"
    needs_proc
    client_arguments='$HOST $PORT 1' meet await run "$client_asleep" \
        echo-in-two "$client_asleep" ends 0
    grep -Eqx '1 connections?, [1-9][0-9]* bytes echoed' out || fail "client" \
        "expected: 1 connection and its bytes" "but:      $(shown out)"
}

@test "the client tells that nobody is there" {
    hint "POLLOUT says only that the attempt to connect has ended; SO_ERROR says how" "Connecting without waiting"
    probe bind 127.0.0.1:0 start "$(client_arguments='$HOST $PORT 1' run_client)" ends 1
    fails 1 connect client
}

@test "the client tells a server that closes too early" {
    hint "recv()'s 0 is success only when all is back" "The client"
    client_arguments='$HOST $PORT 1'
    meet await shut-down ends 1
    tried=client fails 1
    meet echo-byte shut-down ends 1
    tried=client fails 1
}

@test "the client tells a server that resets" {
    hint "recv()'s -1, or send()'s, is not looked at" "The client"
    needs_proc
    client_arguments='$HOST $PORT 1' meet run "$client_asleep" run "$stop_client" reset run "$continue_client" ends 1
    tried=client fails 1
}

@test "the client goes to 127.0.0.1 and port 65432 by itself" {
    hint "the defaults are 127.0.0.1 and 65432" "The client"
    alone
    bytes=$(client_arguments='' meeting_point=127.0.0.1:65432 await_client accept-crowd 2 echo-crowd ends 0)
    echoed 2 "$bytes"
}

@test "the client connects over IPv6" {
    hint "the family is that of the address (ai_family), its length is ai_addrlen; AI_ADDRCONFIG leaves ::1 out where there is no other IPv6 address" "The client"
    apart
    needs_address '[::1]'
    bytes=$(meeting_point='[::1]:0' await_client accept-crowd 2 echo-crowd ends 0)
    echoed 2 "$bytes"
}

@test "a client's command line that makes no sense is a usage error" {
    hint "argc, the port and COUNT are not looked at" "The client"
    refuses_ports client
    for count in 0 -1 +2 2x x '' ' 2' 1.5; do
        try client 127.0.0.1 80 "$count"
        fails 2
    done
    try client 127.0.0.1 80 2 2
    fails 2
}
