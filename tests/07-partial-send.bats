#!/usr/bin/env bats
# Lesson 07: what `server [HOST [PORT]]`, `client [HOST [PORT [COUNT]]]` and
# `naive [HOST [PORT]]` must do: first the server, then the client, then naive.

programs='server client naive'
ready='listening on'
# shellcheck source=tests/helpers.bash
source "$BATS_TEST_DIRNAME/helpers.bash"

# What a conversation can `run`: send SIGUSR1; send it between transfers, where
# the server does nothing; and wait, with `until`, for its report number N of a
# transfer of 16 MiB.
export tell=': send SIGUSR1; kill -s USR1 "$server"'
export tell_nothing=': send SIGUSR1, and expect that nothing more is on stderr; before=$(cat server.err; echo .)
    kill -s USR1 "$server" && "$TOOLS/look" "$guard" asleep && [ "$(cat server.err; echo .)" = "$before" ]'
told() {
    echo ": on stderr is report number $1, sent N of 16777216 bytes; [ \"\$(grep -cE '(^|: )sent [0-9]+ of 16777216 bytes\$' server.err)\" = $1 ]"
}

# says_sent COUNT [LEAST MOST]: the server's line at the end of an answer tells
# COUNT bytes, and from LEAST to MOST calls of send().  The lines before that one
# are left in `before`.
says_sent() {
    local pattern="^sent $1 bytes in ([0-9]+) calls? of send\\(\\)\$"
    local expected="expected on stdout: sent $1 bytes in N calls of send()" status

    line='' before=''
    until [[ $line =~ $pattern ]]; do
        before="$before$line"$'\n' status=0
        IFS= read -r -t "$patience" -u 8 line || status=$?
        [ "$status" = 0 ] || [ "$status" -gt 128 ] ||
            fail "$expected" "but:      the server ended after: $(tail -n 2 <<<"$before")"
        [ "$status" = 0 ] || fail "$expected" "but:      nothing more for $patience s after: $(tail -n 2 <<<"$before")"
    done
    [ "${BASH_REMATCH[1]}" -ge "${2:-1}" ] && [ "${BASH_REMATCH[1]}" -le "${3:-1000000}" ] ||
        fail "the line after an answer" "expected: from ${2:-1} to ${3:-1000000} calls of send()" "but:      $line"
}

# received COUNT: the client prints that it received COUNT bytes, in any number
# of calls.  (It may count the one that returned 0 or not.)
received() {
    local calls='[1-9][0-9]*'

    [ "$1" != 0 ] || calls='[0-9]+'
    [ "$(grep -c '^received ' out)" = 1 ] && grep -Eqx "received $1 bytes in $calls calls? of recv\\(\\)" out ||
        fail "client" "expected: received $1 bytes in N calls of recv()" "but:      $(shown out)"
}

# explains: the client says why on stderr.
explains() {
    [ -s err ] || fail "client" "expected: a line on stderr that says why" "but:      nothing"
}

# is_listening_on ADDRESS: the ready line has named it.
is_listening_on() {
    [ "$address" = "$1" ] || fail "the ready line" "expected: $ready $1" "but:      $ready $address"
}

@test "it answers with as many bytes as the client asked for" {
    hint "The 8 bytes are not combined in network byte order. The first one is the most significant." "What does a request look like?"
    serve 127.0.0.1 0
    for count in 1 251 1000 65537; do
        probe tcp "$address" ask "$count" expect-answer "$count" expect-end
    done
}

@test "it answers a request for 0 bytes with end of file" {
    hint "The server treats 0 as an error. It is a number like any other: send nothing, and close the connection." "What does a request look like?"
    serve 127.0.0.1 0
    probe tcp "$address" ask 0 expect-end
    probe tcp "$address" ask 5 expect-answer 5 expect-end
}

@test "it reads a request that arrives byte by byte" {
    hint "The server calls recv() only once for the 8 bytes, which may arrive in pieces. Call it until all 8 are there." "What if the request arrives in pieces?"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" slowly "$look_asleep" send '\0\0\0\0\0\x01' run "$stop_and_continue" send '\x02\x03' \
        expect-answer 66051 expect-end
}

@test "a client that leaves in the middle of its request does not affect the others" {
    hint "The server does not check for recv() returning 0 or -1 while it reads the request. Close this connection, and accept the next." "What if the request arrives in pieces?"
    serve 127.0.0.1 0
    probe tcp "$address" send '\0\0\x01' shut-down expect-gone
    probe tcp "$address" ask 1000 expect-answer 1000 expect-end
    probe tcp "$address" send '\0\0\0\0\0\0\0' reset
    probe tcp "$address" close
    probe tcp "$address" ask 1000 expect-answer 1000 expect-end
}

@test "it reports how many bytes it sent, and in how many calls of send()" {
    hint "The line after an answer is missing, or remains in stdio's buffer. Print it on stdout: sent 1000 bytes in 1 calls of send()." "How do we send the rest?"
    serve 127.0.0.1 0
    probe -n 2 tcp "$address" ask 1000 expect-answer 1000 expect-end
    says_sent 1000 1 1
    says_sent 1000 1 1
}

@test "it answers a request for 64 MiB" {
    hint "The limit is too low, or excludes 67,108,864 itself. Compare with > and not with >=." "What does a request look like?"
    serve 127.0.0.1 0
    probe tcp "$address" ask 67108864 expect-answer 67108864 expect-end
    says_sent 67108864
}

@test "it refuses a request for more than 64 MiB" {
    hint "The number is stored in 32 bits before it is compared with the limit. Keep it in a uint64_t." "What does a request look like?"
    serve 127.0.0.1 0
    for count in 67108865 4294967301 9223372036854775813 18446744073709551615; do
        probe tcp "$address" ask "$count" expect-gone
    done
    probe tcp "$address" ask 5 expect-answer 5 expect-end
}

@test "it loses no bytes when it is stopped and continued during a transfer" {
    hint "The return value of send() is only compared with -1, but it may be smaller than the length. Send the rest, from where that call stopped, until nothing is left." "How do we send the rest?"
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" ask 16777216 shut-down await run "$look_sending" run "$stop_and_continue" \
        expect-answer 5000000 run "$look_sending" run "$stop_and_continue" expect-answer 11777216 expect-end
}

@test "it counts every call of send() and every byte" {
    hint "The line after an answer shows only the last call. Add up the return values of all calls of send()." "How do we send the rest?"
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" ask 16777216 await run "$look_sending" run "$stop_and_continue" \
        expect-answer 16777216 expect-end
    says_sent 16777216 2
}

@test "it offers each send() all the bytes that are left" {
    hint "The answer is sent in small pieces. Give send() the whole rest as its length." "How do we send the rest?"
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" ask 67108864 await run "$look_sending 50000000" close
    probe narrow "$address" ask 16777216 await run "$look_sending" run "$stop_and_continue" \
        run "$look_sending 8388608" expect-answer 16777216 expect-end
    says_sent 16777216 2 1000
}

@test "a client that leaves before the answer does not affect the others" {
    hint "SIGPIPE ends the server. Ignore that signal; then send() fails with EPIPE instead." "What if the client leaves?"
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" ask 16777216 shut-down await run "$look_sending" reset
    pause_server
    probe tcp "$address" ask 16777216 shut-down reset
    probe tcp "$address" ask 1000 run "$resume" expect-answer 1000 expect-end
    look asleep
}

@test "a client that leaves during a transfer does not affect the others" {
    hint "The server does not stop sending, or ends, when send() returns -1. Close this connection, and accept the next." "What if the client leaves?"
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" ask 16777216 await run "$look_sending" close
    probe narrow "$address" ask 16777216 await run "$look_sending" reset
    probe tcp "$address" ask 1000 expect-answer 1000 expect-end
    says_sent 1000
    ! grep '^sent 16777216 ' <<<"$before" ||
        fail "two clients left during a transfer" "expected: no line that all of their bytes were sent" "but:      that line"
}

@test "SIGTERM ends it while it waits for the rest of a request" {
    hint "A handler only sets a flag, and the loop around recv() does not check it. Leave out the handler." "Write it yourself"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" send '\0\0' run "$look_asleep" run "kill -s TERM $server" expect-gone
    ended_by TERM
}

@test "Ctrl-C ends it while its client does not read" {
    hint "A handler only sets a flag, and the loop around send() does not check it. Leave out the handler." "Write it yourself"
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" ask 16777216 await run "$look_sending" run "kill -s INT -- -$server" drain
    ended_by INT
}

@test "SIGTERM ends it while its client does not read" {
    hint "SIGTERM is ignored or blocked during a transfer. Do not change what SIGTERM does." "Write it yourself"
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" ask 16777216 await run "$look_sending" run "kill -s TERM $server" drain
    ended_by TERM
}

@test "SIGTERM ends it while clients keep connecting" {
    hint "SIGTERM is unblocked only in ppoll() or pselect(), which deliver no signal while a client is waiting. Do not block it, or check for it in every turn of the loop." "Write it yourself"
    needs_proc
    strike_before send TERM tcp ask 5 expect-answer 5 expect-end
    if [ -z "$strikes" ]; then
        serve 127.0.0.1 0
        besiege ask 20000 expect-answer 20000 expect-end
        probe tcp "$address" ask 1000 expect-answer 1000 expect-end
        stop_server
        return
    fi
    # It is sent the signal when it answers the first of three; the others say
    # nothing.  (The queue may have no place for the third, so nobody waits for that.)
    serve_struck
    pause_server
    probe tcp "$address" ask 1001 connect dial run "$resume" \
        until ': it has ended; [ "$(wc -l <serve.report)" -ge 3 ]'
    ended_by TERM
}

@test "on SIGUSR1 it reports immediately how many bytes it has sent" {
    hint "The handler sets a flag, and send() goes on waiting, because SA_RESTART is set and it has taken nothing yet. Give the socket a timeout with SO_SNDTIMEO, and check the flag after each send()." "How far has it got?"
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" ask 16777216 await run "$look_sending" run "$tell" until "$(told 1)" \
        run "$look_sending" run "$tell" until "$(told 2)" run "$look_sending" run "$tell" until "$(told 3)" close
}

@test "on SIGUSR1 it reports also when the signal arrives just before send()" {
    hint "The signal interrupts nothing if send() has not begun yet, and send() then waits. Give the socket a timeout with SO_SNDTIMEO, so that the flag is checked again within a second." "How far has it got?"
    needs_proc
    strike_before send USR1 tcp ask 5 expect-answer 5 expect-end
    [ -n "$strikes" ] || skip "we cannot act just before this program's send()"
    serve_struck
    probe narrow "$address" ask 16777216 await until ': on stderr is a report, sent N of 16777216 bytes;
        grep -qE "(^|: )sent [0-9]+ of 16777216 bytes$" server.err' close
}

@test "it loses no bytes when SIGUSR1 interrupts it" {
    hint "The server treats EINTR or EAGAIN as a lost connection. Neither is an error here: go on with the rest." "How far has it got?"
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" ask 16777216 await run "$look_sending" run "$tell" until "$(told 1)" \
        run "$look_sending" run "$tell" until "$(told 2)" run "$look_sending" run "$tell" until "$(told 3)" \
        expect-answer 1000000 run "$look_sending" run "$tell" until "$(told 4)" expect-answer 15777216 expect-end
}

@test "on SIGUSR1 it counts all the bytes sent to this client so far" {
    hint "The report shows only what the last send() returned. Add up all of them, and start with 0 for each client." "How far has it got?"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" ask 16777217 expect-answer 16777217 expect-end
    probe narrow "$address" ask 16777216 await run "$look_sending" run "$tell" until "$(told 1)" \
        run "$look_sending" run "$tell" until "$(told 2)" expect-answer 5000000 \
        run "$look_sending" run "$tell" until "$(told 3)" run "$look_sending" run "$tell" until "$(told 4)" close
    # shellcheck disable=SC2046
    set -- $(sed -n 's/^\(.*: \)\{0,1\}sent \([0-9]*\) of 16777216 bytes$/\2/p' server.err)
    [ "$1" -le "$2" ] && [ "$2" -le "$3" ] && [ "$3" -le "$4" ] && [ "$4" -ge 5000000 ] && [ "$4" -lt 16777216 ] ||
        fail "four reports during one transfer" "expected: growing numbers, the last at least 5000000 and less than 16777216" \
            "but:      $1, $2, $3, $4"
}

@test "between transfers SIGUSR1 has no effect" {
    hint "The handler is installed without SA_RESTART, so accept() or recv() fails with EINTR. Use sigaction() with SA_RESTART, before the ready line is printed." "How far has it got?"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" slowly "$look_asleep" send '\0\0\0\0' slowly '' run "$tell_nothing" \
        send '\0\0\x03\xe8' expect-answer 1000 expect-end run "$look_asleep" run "$tell_nothing"
    probe narrow "$address" ask 16777216 await run "$look_sending" reset
    look asleep
    probe tcp "$address" run "$look_asleep" run "$tell_nothing" ask 1000 expect-answer 1000 expect-end
    ! grep 'sent .* of ' server.err || fail "SIGUSR1 between transfers" "expected: no report on stderr" "but:      the line above"
    stop_server
    serve 127.0.0.1 0
    kill -s USR1 "$server"
    probe tcp "$address" ask 1000 expect-answer 1000 expect-end
}

@test "a client that connects during a transfer is served too" {
    hint "The bytes sent so far are counted in a static variable, which all threads share. Make it a local one." "What if the client leaves?"
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" ask 16777216 await run "$look_sending" connect ask 66051 \
        run "$look_asleep" run "$stop_and_continue" use 1 expect-answer 16777216 expect-end use 2 expect-answer 66051 expect-end
}

@test "clients that connect at the same time are all served" {
    hint "A thread is given the address of a variable that the next accept() overwrites. Give it the descriptor itself, or its own copy." "What if the client leaves?"
    needs_proc
    serve 127.0.0.1 0
    pause_server
    # The queue may have no place for the third, so its connection is not awaited.
    probe tcp "$address" ask 1001 connect ask 1002 dial run "$resume" \
        use 1 expect-answer 1001 expect-end use 2 expect-answer 1002 expect-end \
        use 3 ask 1003 expect-answer 1003 expect-end
}

@test "it uses no processor time while its client does not read" {
    hint "The socket is non-blocking, and the loop calls send() again after each EAGAIN. Wait in poll() for POLLOUT, or let send() block." "What if send() must not wait?"
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" ask 16777216 await run "$look_sending" run "$look_idle"
}

@test "a client that reads nothing for a long time still gets every byte" {
    hint "send() or select() has a timeout. If the structure is set only once, it is 0 from then on, and the loop spins: set it before each call, and treat a timeout as a reason to try again." "What if send() must not wait?"
    needs_proc
    hurried 127.0.0.1 0
    probe narrow "$address" ask 16777216 await run "$look_sending" \
        run ': wait longer than two timeouts last now; sleep 1.2' run "$look_idle" \
        expect-answer 16777216 expect-end
}

@test "it uses no processor time after SIGUSR1, while its client does not read" {
    hint "The socket is non-blocking after SIGUSR1, and the loop calls send() again and again. Let send() block, or wait in poll() for POLLOUT." "How far has it got?"
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" ask 16777216 await run "$look_sending" run "$tell" until "$(told 1)" run "$look_idle"
}

@test "after 50 clients it holds no more descriptors and processes than before" {
    hint "The connected socket is not closed in every case. Close it after a whole answer, and also after a client that left or asked for too much." "What if the client leaves?"
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

@test "after clients that leave during a transfer it holds no more than before" {
    hint "The connected socket is not closed, or memory is not freed, after send() returned -1." "What if the client leaves?"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" ask 1000 expect-answer 1000 expect-end
    remember
    probe narrow "$address" ask 16777216 await run "$look_sending" close
    probe narrow "$address" ask 16777216 await run "$look_sending" reset
    holds_no_more
    memory_settles -n 3 narrow "$address" ask 8388608 await reset
}

@test "after clients that leave at the same time it holds no more than before" {
    hint "The handler of SIGCHLD calls waitpid() only once, but one signal may stand for several children. Call it with WNOHANG until it returns 0." "What if the client leaves?"
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
    hint "The answer is allocated for each client and never freed. Free it in every case, or keep one for all." "What if the client leaves?"
    needs_proc
    serve 127.0.0.1 0
    memory_settles -n 200 tcp "$address" ask 1000 expect-answer 1000 expect-end \
        connect send '\0\0\0' shut-down expect-gone connect ask 67108865 expect-gone \
        connect ask 0 expect-end connect send '\0' reset
}

@test "without arguments it listens on 127.0.0.1 port 65432" {
    hint "The defaults are not 127.0.0.1 and 65432." "Write it yourself"
    alone
    serve
    is_listening_on 127.0.0.1:65432
    probe tcp 127.0.0.1:65432 ask 5 expect-answer 5 expect-end
    probe refused 127.0.0.2:65432
    stop_server
    listens_before_it_says_so
}

@test "it serves over IPv6, by name, and on every address" {
    hint "The family is fixed to AF_INET. Take the family, the address and its length from getaddrinfo(), and give it a null pointer with AI_PASSIVE for the empty host." "Write it yourself"
    is_reached ask 5 expect-answer 5 expect-end
}

@test "a bad command line is a usage error" {
    hint "The program does not check argc, or that PORT consists of digits and is at most 65535." "Write it yourself"
    refuses_ports server
    try server 127.0.0.1 0 5
    fails 2
}

@test "it reports a name that does not resolve" {
    hint "The return value of getaddrinfo() is not checked. If it is not 0, print gai_strerror() of it, and exit with status 1." "Write it yourself"
    try server "no$(printf '%070d' 0)such.invalid" 1
    fails 1 "" EAI
}

@test "a port that another server uses is a failed bind" {
    hint "SO_REUSEPORT is set, which lets two servers share a port. Set SO_REUSEADDR instead." "Write it yourself"
    serve 127.0.0.1 0
    try server 127.0.0.1 "$port"
    fails 1 bind EADDRINUSE
}

@test "it can be restarted immediately although it closed first" {
    hint "SO_REUSEADDR is not set before bind()." "Write it yourself"
    alone
    for _ in first second; do
        serve 127.0.0.1 65432
        probe tcp "$address" ask 1000 expect-answer 1000 expect-end
        stop_server
    done
}

@test "the client asks for as many bytes as its third argument says" {
    hint "The number is not sent as 8 bytes, the most significant first." "How does the client know that it has everything?"
    client_arguments='"$HOST" "$PORT" 66051' meet expect '\0\0\0\0\0\x01\x02\x03' send-answer 66051 close ends 0
    received 66051
}

@test "the client asks for 16 MiB if it is given no number" {
    hint "The default of COUNT is not 16777216." "How does the client know that it has everything?"
    meet expect '\0\0\0\0\x01\0\0\0' send-answer 16777216 close ends 0
    received 16777216
}

@test "the client reports a wrong byte" {
    hint "The client does not check every byte. Compare each one in every piece that recv() returns, the last one too." "How does the client know that it has everything?"
    client_arguments='"$HOST" "$PORT" 300000' meet expect '\0\0\0\0\0\x04\x93\xe0' send-answer 299999 send '\0' \
        close ends 1
    explains
    for wrong in '\x01\x01\x02' '\0\x02\x02' '\0\x01\x01'; do
        client_arguments='"$HOST" "$PORT" 3' meet expect '\0\0\0\0\0\0\0\x03' send "$wrong" close ends 1
        explains
    done
}

@test "the client reports an answer that ends too early" {
    hint "The client treats recv() returning 0 as success. Compare the number of bytes received with the number asked for." "How does the client know that it has everything?"
    meet expect '\0\0\0\0\x01\0\0\0' send-answer 16777215 close ends 1
    explains
    meet expect '\0\0\0\0\x01\0\0\0' close ends 1
    explains
}

@test "the client reports a server that resets the connection" {
    hint "The client does not check for recv() returning -1. Report that, and exit with status 1." "How does the client know that it has everything?"
    meet expect '\0\0\0\0\x01\0\0\0' send-answer 1000 reset ends 1
    explains
}

@test "the client reports that nobody is there" {
    hint "The return value of connect() is not checked. If it is -1, print a line that names connect, and exit with status 1." "How does the client know that it has everything?"
    probe bind 127.0.0.1:0 start "$(run_client)" ends 1
    tried=client fails 1 connect ECONNREFUSED
}

@test "the client's bad command line is a usage error" {
    hint "The program does not check argc, or that PORT and COUNT consist of digits and are not too large." "Write it yourself"
    refuses_ports client
    for count in 12x -1 +5 0x10 ' 5' '5 ' '' 1e6 18446744073709551621; do
        try client 127.0.0.1 80 "$count"
        fails 2
    done
    try client 127.0.0.1 80 80 80
    fails 2
}

@test "the client reports a name that does not resolve" {
    hint "The return value of getaddrinfo() is not checked. If it is not 0, print gai_strerror() of it, and exit with status 1." "Write it yourself"
    try client "no$(printf '%070d' 0)such.invalid" 1
    fails 1 "" EAI
}

@test "without arguments the client connects to 127.0.0.1 port 65432" {
    hint "The defaults are not 127.0.0.1 and 65432." "How does the client know that it has everything?"
    alone
    client_arguments='' meeting_point=127.0.0.1:65432 meet expect '\0\0\0\0\x01\0\0\0' send-answer 16777216 close ends 0
    received 16777216
}

@test "the client resolves a name" {
    hint "HOST is converted by inet_pton(), which only understands numeric addresses. getaddrinfo() resolves names too." "How does the client know that it has everything?"
    echo '127.0.0.2 two' >hosts
    alone hosts
    client_arguments='two "$PORT" 5' meeting_point=127.0.0.2:0 meet expect '\0\0\0\0\0\0\0\x05' send-answer 5 close ends 0
    received 5
}

@test "the client connects over IPv6" {
    hint "The family of the socket is fixed to AF_INET. Take ai_family and ai_addrlen from getaddrinfo(), without AI_ADDRCONFIG in its hints." "How does the client know that it has everything?"
    apart
    needs_address '[::1]'
    client_arguments='"$HOST" "$PORT" 5' meeting_point='[::1]:0' meet expect '\0\0\0\0\0\0\0\x05' send-answer 5 close ends 0
    received 5
}

@test "the client and the server work together" {
    hint "The client stores COUNT in 32 bits. Keep it in 64 bits; the server refuses numbers that are too large." "How does the client know that it has everything?"
    serve 127.0.0.1 0
    try client 127.0.0.1 "$port" 1000003
    received 1000003
    says_sent 1000003
    try client 127.0.0.1 "$port" 0
    received 0
    # The server closes without an answer; or the client has its own limit, and does not ask.
    for count in 67108865 4294967301; do
        try client 127.0.0.1 "$port" "$count"
        if grep -qx 'exit 2' client.report; then fails 2; else fails 1; fi
    done
}

@test "naive answers while nothing disturbs it" {
    hint "naive is more than the server without its loops. It has one recv(), one send(), and room for 64 MiB." "Run it"
    serving=naive serve 127.0.0.1 0
    probe tcp "$address" ask 1000 expect-answer 1000 expect-end
    probe tcp "$address" ask 16777216 expect-answer 16777216 expect-end
    probe tcp "$address" ask 67108865 expect-gone
    probe -n 3 tcp "$address" send '\0\0' shut-down expect-gone
}

@test "naive loses bytes when it is stopped and continued during a transfer" {
    hint "naive sends the rest after a short send(). It is there to lose bytes: only server has that loop." "Run it"
    needs_proc
    serving=naive serve 127.0.0.1 0
    probe narrow "$address" ask 16777216 await run "$look_sending" run "$stop_and_continue" expect-loss 16777216
    probe tcp "$address" ask 1000 expect-answer 1000 expect-end
}

@test "a client that leaves before the answer does not end naive" {
    hint "SIGPIPE ends naive. Ignore that signal; then send() fails with EPIPE instead." "What if the client leaves?"
    needs_proc
    serving=naive serve 127.0.0.1 0
    pause_server
    probe tcp "$address" ask 16777216 shut-down reset
    probe tcp "$address" ask 1000 run "$resume" expect-answer 1000 expect-end
    look asleep
}

@test "without arguments naive listens on 127.0.0.1 port 65432" {
    hint "The defaults are not 127.0.0.1 and 65432." "Write it yourself"
    alone
    serving=naive serve
    is_listening_on 127.0.0.1:65432
    probe tcp 127.0.0.1:65432 ask 5 expect-answer 5 expect-end
    probe refused 127.0.0.2:65432
}

@test "naive serves over IPv6, by name, and on every address" {
    hint "The family is fixed to AF_INET. Take the family, the address and its length from getaddrinfo(), and give it a null pointer with AI_PASSIVE for the empty host." "Write it yourself"
    serving=naive is_reached ask 5 expect-answer 5 expect-end
}

@test "naive's bad command line is a usage error" {
    hint "naive does not check argc, or that PORT consists of digits and is at most 65535." "Write it yourself"
    for port in 65536 80x ''; do
        try naive 127.0.0.1 "$port"
        fails 2
    done
    try naive 127.0.0.1 0 5
    fails 2
}

@test "naive reports a name that does not resolve, and a failed bind" {
    hint "SO_REUSEPORT is set, which lets two servers share a port. Set SO_REUSEADDR instead." "Write it yourself"
    try naive "no$(printf '%070d' 0)such.invalid" 1
    fails 1 "" EAI
    serving=naive serve 127.0.0.1 0
    try naive 127.0.0.1 "$port"
    fails 1 bind EADDRINUSE
}

@test "naive can be restarted immediately although it closed first" {
    hint "SO_REUSEADDR is not set before bind()." "Write it yourself"
    alone
    for _ in first second; do
        serving=naive serve 127.0.0.1 65432
        probe tcp "$address" ask 1000 expect-answer 1000 expect-end
        stop_server
    done
}
