#!/usr/bin/env bats
# Lesson 07: what `server [HOST [PORT]]`, `client [HOST [PORT [COUNT]]]` and
# `naive [HOST [PORT]]` must do.

programs='server client naive'
ready='listening on'
# shellcheck source=tests/helpers.bash
source "$BATS_TEST_DIRNAME/helpers.bash"

# What a conversation can `run`: send SIGUSR1; send it outside a transfer, where
# nothing is said; and wait for, `until`: it has been told N times how far the
# transfer of 16 MiB is.
export tell=': send SIGUSR1; kill -s USR1 "$server"'
export tell_nothing=': send SIGUSR1, which does nothing and says nothing; before=$(cat server.err; echo .)
    kill -s USR1 "$server" && "$TOOLS/look" "$guard" asleep && [ "$(cat server.err; echo .)" = "$before" ]'
told() {
    echo ": it has said, for signal $1: sent N of 16777216 bytes; [ \"\$(grep -cE '(^|: )sent [0-9]+ of 16777216 bytes\$' server.err)\" = $1 ]"
}

# says_sent COUNT [LEAST MOST]: so many bytes has the server sent, it says, and
# the number of calls of send() that it took is from LEAST to MOST.  Sets said to
# its lines before.
says_sent() {
    local pattern="^sent $1 bytes in ([0-9]+) calls? of send\\(\\)\$"

    line='' said=''
    until [[ $line =~ $pattern ]]; do
        said="$said$line"$'\n'
        IFS= read -r -t "$patience" -u 8 line || fail "the server's stdout ended, or nothing came for $patience s" \
            "expected: sent $1 bytes in N calls of send()"
    done
    [ "${BASH_REMATCH[1]}" -ge "${2:-1}" ] && [ "${BASH_REMATCH[1]}" -le "${3:-1000000}" ] ||
        fail "the server says: $line" "expected: from ${2:-1} to ${3:-1000000} calls"
}

# received COUNT: the client prints that it has received so many bytes, in some
# calls.  (Whether the one that tells the end is counted, is free.)
received() {
    local calls='[1-9][0-9]*'

    [ "$1" != 0 ] || calls='[0-9]+'
    [ "$(grep -c '^received ' out)" = 1 ] && grep -Eqx "received $1 bytes in $calls calls? of recv\\(\\)" out ||
        fail "client" "expected: received $1 bytes in N calls of recv()" "but:      $(shown out)"
}

@test "it answers with as many bytes as it was asked for" {
    hint "the 8 bytes have the most significant first; byte number i is i mod 251; after as many as were asked for comes the end of file" "The answer"
    serve 127.0.0.1 0
    for count in 1 251 1000 65537; do
        probe tcp "$address" ask "$count" expect-answer "$count" expect-end
    done
}

@test "it answers 0 with nothing" {
    hint "0 is a number like others: its answer is the end of file" "The answer"
    serve 127.0.0.1 0
    probe tcp "$address" ask 0 expect-end
    probe tcp "$address" ask 5 expect-answer 5 expect-end
}

@test "it answers with up to 64 MiB" {
    hint "an int, a limit or the stack is too small for 67108864 bytes; or the line that tells it is missing" "The answer"
    serve 127.0.0.1 0
    probe tcp "$address" ask 67108864 expect-answer 67108864 expect-end
    says_sent 67108864
}

@test "it does not answer a number above 64 MiB" {
    hint "the number is taken as it comes, or cut to 32 bits, or given a sign; no peer's number may be trusted" "The answer"
    serve 127.0.0.1 0
    for count in 67108865 4294967301 9223372036854775813 18446744073709551615; do
        probe tcp "$address" ask "$count" expect-gone
    done
    probe tcp "$address" ask 5 expect-answer 5 expect-end
}

@test "it reads a number that comes byte by byte" {
    hint "one recv() gives what has come, be it one byte of the eight: ask for the others too" "Eight bytes, in pieces"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" slowly "$look_asleep" send '\0\0\0\0\0\x01' run "$stop_and_continue" send '\x02\x03' \
        expect-answer 66051 expect-end
}

@test "a client that leaves in the middle of its number costs nobody else anything" {
    hint "recv()'s 0 or -1 is not looked at, or it ends the server" "Eight bytes, in pieces"
    serve 127.0.0.1 0
    probe tcp "$address" send '\0\0\x01' shut-down expect-gone
    probe tcp "$address" ask 1000 expect-answer 1000 expect-end
    probe tcp "$address" send '\0\0\0\0\0\0\0' reset
    probe tcp "$address" close
    probe tcp "$address" ask 1000 expect-answer 1000 expect-end
}

@test "it loses nothing when it is stopped and continued in mid-send" {
    hint "send() may take fewer bytes than it is offered, once and again: send the rest, from where it stopped; who sends no more has not left" "Send the rest"
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" ask 16777216 shut-down await run "$look_sending" run "$stop_and_continue" \
        expect-answer 5000000 run "$look_sending" run "$stop_and_continue" expect-answer 11777216 expect-end
}

@test "SIGUSR1 shows at once how far it is, each time" {
    hint "there is no handler; or it sets a flag that nobody looks at while send() waits, or waits again; or it is told elsewhere than on stderr" "How far it is"
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" ask 16777216 await run "$look_sending" run "$tell" until "$(told 1)" \
        run "$look_sending" run "$tell" until "$(told 2)" run "$look_sending" run "$tell" until "$(told 3)" close
}

@test "it loses nothing when SIGUSR1 interrupts it" {
    hint "a send() that a signal interrupts is short, or fails with EINTR, or with EAGAIN if that is what the handler makes of it: none ends the transfer" "How far it is"
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" ask 16777216 await run "$look_sending" run "$tell" until "$(told 1)" \
        run "$look_sending" run "$tell" until "$(told 2)" run "$look_sending" run "$tell" until "$(told 3)" \
        expect-answer 1000000 run "$look_sending" run "$tell" until "$(told 4)" expect-answer 15777216 expect-end
}

@test "what SIGUSR1 shows is what it has sent" {
    hint "it is the bytes of all calls of send() to this client together, not of the last one, nor what is left" "How far it is"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" ask 16777217 expect-answer 16777217 expect-end
    probe narrow "$address" ask 16777216 await run "$look_sending" run "$tell" until "$(told 1)" \
        run "$look_sending" run "$tell" until "$(told 2)" expect-answer 5000000 \
        run "$look_sending" run "$tell" until "$(told 3)" run "$look_sending" run "$tell" until "$(told 4)" close
    # shellcheck disable=SC2046
    set -- $(sed -n 's/^\(.*: \)\{0,1\}sent \([0-9]*\) of 16777216 bytes$/\2/p' server.err)
    [ "$1" -le "$2" ] && [ "$2" -le "$3" ] && [ "$3" -le "$4" ] && [ "$4" -ge 5000000 ] && [ "$4" -lt 16777216 ] ||
        fail "it said: sent $1, $2, $3, $4" "expected: more and more, at last what had come, 5000000, but not all"
}

@test "outside a transfer SIGUSR1 does nothing" {
    hint "the handler comes too late, or it interrupts accept() or recv() (SA_RESTART), or what it leaves is found by the next transfer" "How far it is"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" slowly "$look_asleep" send '\0\0\0\0' slowly '' run "$tell_nothing" \
        send '\0\0\x03\xe8' expect-answer 1000 expect-end run "$look_asleep" run "$tell_nothing"
    probe narrow "$address" ask 16777216 await run "$look_sending" reset
    look asleep
    probe tcp "$address" run "$look_asleep" run "$tell_nothing" ask 1000 expect-answer 1000 expect-end
    ! grep 'sent .* of ' server.err || fail "expected on stderr: nothing about a transfer"
    stop_server
    serve 127.0.0.1 0
    kill -s USR1 "$server"
    probe tcp "$address" ask 1000 expect-answer 1000 expect-end
}

@test "it says how many sends an answer took" {
    hint "at the end it prints: sent 1000 bytes in 1 calls of send()" "Send the rest"
    needs_proc
    serve 127.0.0.1 0
    probe -n 2 tcp "$address" ask 1000 expect-answer 1000 expect-end
    says_sent 1000 1 1
    says_sent 1000 1 1
    probe narrow "$address" ask 16777216 await run "$look_sending" run "$stop_and_continue" \
        expect-answer 16777216 expect-end
    says_sent 16777216 2
}

@test "a client that leaves in mid-transfer costs nobody else anything" {
    hint "send()'s -1 ends the server, or is taken for a length, or is tried again for ever" "One client's trouble"
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" ask 16777216 await run "$look_sending" close
    probe narrow "$address" ask 16777216 await run "$look_sending" reset
    probe tcp "$address" ask 1000 expect-answer 1000 expect-end
    says_sent 1000
    ! grep '^sent 16777216 ' <<<"$said" || fail "expected: no word of all bytes to who was gone before"
}

@test "it offers each send all that is left" {
    hint "the answer is sent in small pieces (then no send() is ever short, and there is nothing to see), or from the start again, or without waiting" "Send the rest"
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" ask 67108864 await run "$look_sending 50000000" close
    probe narrow "$address" ask 16777216 await run "$look_sending" run "$stop_and_continue" \
        run "$look_sending 8388608" expect-answer 16777216 expect-end
    says_sent 16777216 2 1000
}

@test "a client that is gone before the answer costs nobody else anything" {
    hint "SIGPIPE ends the server: ignore it, then send() fails with EPIPE" "One client's trouble"
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" ask 16777216 shut-down await run "$look_sending" reset
    pause_server
    probe tcp "$address" ask 16777216 shut-down reset
    probe tcp "$address" ask 1000 run "$resume" expect-answer 1000 expect-end
    look asleep
}

@test "whoever comes meanwhile waits and is served too" {
    hint "a second client is turned away, or what it sent is lost, or threads share a static variable" "One client's trouble"
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" ask 16777216 await run "$look_sending" connect ask 66051 \
        run "$look_asleep" run "$stop_and_continue" use 1 expect-answer 16777216 expect-end use 2 expect-answer 66051 expect-end
}

@test "clients that come all at once are all served" {
    hint "a thread gets the address of a variable that the next accept() overwrites" "One client's trouble"
    needs_proc
    serve 127.0.0.1 0
    pause_server
    # There may be no place for the third in the queue, so we do not wait for one.
    probe tcp "$address" ask 1001 connect ask 1002 dial run "$resume" \
        use 1 expect-answer 1001 expect-end use 2 expect-answer 1002 expect-end \
        use 3 ask 1003 expect-answer 1003 expect-end
}

@test "it uses no processor time while its client does not read" {
    hint "send() does not wait (O_NONBLOCK), and EAGAIN is tried again and again" "When nothing waits"
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" ask 16777216 await run "$look_sending" run "$look_idle"
}

@test "after SIGUSR1 it uses no processor time either" {
    hint "what the handler has switched (O_NONBLOCK) stays so, and EAGAIN is tried again and again" "How far it is"
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" ask 16777216 await run "$look_sending" run "$tell" until "$(told 1)" run "$look_idle"
}

@test "it holds no more descriptors and processes after 50 clients" {
    hint "the connected socket is not closed, after an answer or after a client that left (or a child is not waited for)" "One client's trouble"
    needs_proc
    serve 127.0.0.1 0
    remember
    probe -n 3 tcp "$address" ask 1000 expect-answer 1000 expect-end
    remember
    probe -n 20 tcp "$address" ask 1000 expect-answer 1000 expect-end
    probe -n 15 tcp "$address" send '\0\0\0' shut-down expect-gone
    probe -n 15 tcp "$address" ask 67108865 expect-gone
    probe -n 15 tcp "$address" send '\0\0\0' reset
    probe tcp "$address" ask 1000 expect-answer 1000 expect-end
    holds_no_more
}

@test "clients that leave in mid-transfer leave nothing behind" {
    hint "after send()'s -1 the connected socket is not closed, or memory is not freed" "One client's trouble"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" ask 1000 expect-answer 1000 expect-end
    remember
    probe narrow "$address" ask 16777216 await run "$look_sending" close
    probe narrow "$address" ask 16777216 await run "$look_sending" reset
    holds_no_more
    memory_settles -n 3 narrow "$address" ask 8388608 await reset
}

@test "clients that leave all at once leave nothing behind" {
    hint "a signal is no counter: one SIGCHLD can stand for several children" "One client's trouble"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" ask 1000 expect-answer 1000 expect-end
    remember
    probe tcp "$address" send '\0' connect send '\0' connect send '\0' \
        run "$look_asleep" run 'kill -s STOP "$server"' close use 1 close use 2 close \
        run '"$TOOLS/look" -t 1 "$guard" stopped 2>/dev/null || true' run 'kill -s CONT "$server"'
    holds_no_more
}

@test "its memory does not grow with the number of clients" {
    hint "the answer is allocated for every client and never freed" "One client's trouble"
    needs_proc
    serve 127.0.0.1 0
    memory_settles -n 200 tcp "$address" ask 1000 expect-answer 1000 expect-end \
        connect send '\0\0\0' shut-down expect-gone connect ask 67108865 expect-gone \
        connect ask 0 expect-end connect send '\0' reset
}

@test "SIGTERM ends it before its client has said how much" {
    hint "the handler sets a flag, at which the loop around recv() does not look" "One client's trouble"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" send '\0\0' run "$look_asleep" run "kill -s TERM $server" expect-gone
    ended_by TERM
}

@test "Ctrl-C ends it in mid-transfer" {
    hint "SIGINT is ignored, or its handler only sets a flag that the loop around send() does not look at" "One client's trouble"
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" ask 16777216 await run "$look_sending" run "kill -s INT $server" drain
    ended_by INT
}

@test "SIGTERM ends it in mid-transfer" {
    hint "SIGTERM is ignored, or a child lives on" "One client's trouble"
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" ask 16777216 await run "$look_sending" run "kill -s TERM $server" drain
    ended_by TERM
}

@test "SIGTERM ends it also while clients keep coming" {
    hint "SIGTERM is let in only while nothing else is ready" "One client's trouble"
    serve 127.0.0.1 0
    besiege ask 20000 expect-answer 20000 expect-end
    probe tcp "$address" ask 1000 expect-answer 1000 expect-end
    stop_server
}

@test "a server that closed first can be started again at once" {
    hint "SO_REUSEADDR is missing, or it is set after bind()" "One client's trouble"
    alone
    for serving in server server naive naive; do
        serve 127.0.0.1 65432
        probe tcp "$address" ask 1000 expect-answer 1000 expect-end
        stop_server
    done
}

@test "a port that somebody listens on is a failed bind" {
    hint "SO_REUSEPORT lets two servers share a port; SO_REUSEADDR does not" "One client's trouble"
    for serving in server naive; do
        serve 127.0.0.1 0
        try "$serving" 127.0.0.1 "$port"
        fails 1 bind
        stop_server
    done
}

@test "without arguments it listens on 127.0.0.1 and port 65432" {
    hint "the defaults are 127.0.0.1 and 65432" "One client's trouble"
    alone
    for serving in server naive; do
        serve
        [ "$address" = 127.0.0.1:65432 ] || fail "it says: $address" "expected: 127.0.0.1:65432"
        probe tcp 127.0.0.1:65432 ask 5 expect-answer 5 expect-end
        probe refused 127.0.0.2:65432
        stop_server
    done
}

@test "it serves over IPv6, by name, and on every address" {
    hint "the address is not getaddrinfo()'s with its length; the empty host is a null pointer with AI_PASSIVE" "One client's trouble"
    is_reached ask 5 expect-answer 5 expect-end
    stop_server
    serving=naive is_reached ask 5 expect-answer 5 expect-end
}

@test "a server's command line that makes no sense is a usage error" {
    hint "argc and the port are not looked at" "Write it yourself"
    refuses_ports server
    for port in 65536 80x ''; do
        try naive 127.0.0.1 "$port"
        fails 2
    done
    for program in server naive; do
        try "$program" 127.0.0.1 0 0
        fails 2
    done
}

@test "a host that stands for no address is told" {
    hint "getaddrinfo()'s result is not looked at; its errors are told by gai_strerror()" "One client's trouble"
    for program in server naive client; do
        try "$program" "no$(printf '%070d' 0)such.invalid" 1
        fails 1
    done
}

@test "naive answers too, while nothing disturbs it" {
    hint "naive is the server with one recv(), one send() and no loop" "Run it"
    serving=naive serve 127.0.0.1 0
    probe tcp "$address" ask 1000 expect-answer 1000 expect-end
    probe tcp "$address" ask 16777216 expect-answer 16777216 expect-end
    probe tcp "$address" ask 67108865 expect-gone
    probe -n 3 tcp "$address" send '\0\0' shut-down expect-gone
}

@test "a client that is gone before the answer does not end naive either" {
    hint "SIGPIPE ends it: ignore it, then send() fails with EPIPE" "One client's trouble"
    needs_proc
    serving=naive serve 127.0.0.1 0
    pause_server
    probe tcp "$address" ask 16777216 shut-down reset
    probe tcp "$address" ask 1000 run "$resume" expect-answer 1000 expect-end
    look asleep
}

@test "naive loses bytes when it is stopped and continued in mid-send" {
    hint "naive is there to lose data: it must not send the rest (server does)" "Run it"
    needs_proc
    serving=naive serve 127.0.0.1 0
    probe narrow "$address" ask 16777216 await run "$look_sending" run "$stop_and_continue" expect-loss 16777216
    probe tcp "$address" ask 1000 expect-answer 1000 expect-end
}

@test "the client asks for as many bytes as it was told to" {
    hint "the number is sent in 8 bytes, the most significant first" "The client checks"
    client_arguments='"$HOST" "$PORT" 66051' meet expect '\0\0\0\0\0\x01\x02\x03' send-answer 66051 close ends 0
    received 66051
}

@test "the client asks for 16 MiB by itself" {
    hint "COUNT is 16777216 if it is left out" "The client checks"
    meet expect '\0\0\0\0\x01\0\0\0' send-answer 16777216 close ends 0
    received 16777216
}

@test "the client tells a wrong byte" {
    hint "each byte is to be checked, also the last, and in every piece that recv() gives" "The client checks"
    client_arguments='"$HOST" "$PORT" 300000' meet expect '\0\0\0\0\0\x04\x93\xe0' send-answer 299999 send '\0' \
        close ends 1
    [ -s err ] || fail "expected: a line on stderr that says why"
    for wrong in '\x01\x01\x02' '\0\x02\x02' '\0\x01\x01'; do
        client_arguments='"$HOST" "$PORT" 3' meet expect '\0\0\0\0\0\0\0\x03' send "$wrong" close ends 1
        [ -s err ] || fail "expected: a line on stderr that says why"
    done
}

@test "the client tells an end that comes too early" {
    hint "recv()'s 0 is success only when all the bytes have come" "The client checks"
    meet expect '\0\0\0\0\x01\0\0\0' send-answer 16777215 close ends 1
    [ -s err ] || fail "expected: a line on stderr that says why"
    meet expect '\0\0\0\0\x01\0\0\0' close ends 1
    [ -s err ] || fail "expected: a line on stderr that says why"
}

@test "the client tells a server that resets" {
    hint "recv()'s -1 is not looked at" "The client checks"
    meet expect '\0\0\0\0\x01\0\0\0' send-answer 1000 reset ends 1
    [ -s err ] || fail "expected: a line on stderr that says why"
}

@test "the client and the server understand each other" {
    hint "8 bytes say how many; none is a number too, and one above 64 MiB (or above 32 bits) is not to be cut" "The client checks"
    serve 127.0.0.1 0
    try client 127.0.0.1 "$port" 1000003
    received 1000003
    says_sent 1000003
    try client 127.0.0.1 "$port" 0
    received 0
    # The server gives it nothing; or it may have its own limit, and not ask.
    for count in 67108865 4294967301; do
        try client 127.0.0.1 "$port" "$count"
        if grep -qx 'exit 2' client.report; then fails 2; else fails 1; fi
    done
}

@test "the client goes to 127.0.0.1 and port 65432 by itself, or to a name" {
    hint "the defaults are 127.0.0.1 and 65432; names are getaddrinfo()'s" "The client checks"
    echo '127.0.0.2 two' >hosts
    alone hosts
    client_arguments='' meeting_point=127.0.0.1:65432 meet expect '\0\0\0\0\x01\0\0\0' send-answer 16777216 close ends 0
    received 16777216
    client_arguments='two "$PORT" 5' meeting_point=127.0.0.2:0 meet expect '\0\0\0\0\0\0\0\x05' send-answer 5 close ends 0
    received 5
}

@test "the client connects over IPv6" {
    hint "the family is that of the address (ai_family), its length is ai_addrlen; AI_ADDRCONFIG leaves ::1 out where there is no other IPv6 address" "The client checks"
    apart
    needs_address '[::1]'
    client_arguments='"$HOST" "$PORT" 5' meeting_point='[::1]:0' meet expect '\0\0\0\0\0\0\0\x05' send-answer 5 close ends 0
    received 5
}

@test "the client tells that nobody is there" {
    hint "connect()'s -1 is not looked at, or the message does not name the call" "The client checks"
    probe bind 127.0.0.1:0 start "$(run_client)" ends 1
    fails 1 connect client
}

@test "a client's command line that makes no sense is a usage error" {
    hint "argc, the port and the count (digits, of 64 bits) are not looked at" "Write it yourself"
    refuses_ports client
    for count in 12x -1 +5 0x10 ' 5' '5 ' '' 1e6 18446744073709551621; do
        try client 127.0.0.1 80 "$count"
        fails 2
    done
    try client 127.0.0.1 80 80 80
    fails 2
}
