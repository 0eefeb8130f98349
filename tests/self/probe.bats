#!/usr/bin/env bats
# The tool with which the suites talk to programs: probe.

bats_require_minimum_version 1.5.0

setup() {
    PATH=$TOOLS:$PATH
    cd "$BATS_TEST_TMPDIR" || return 1
}

# alive PID: is there still such a process (a zombie does not count)?
alive() {
    [ -e "/proc/$1" ] && ! grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null
}

# fails_with TEXT STEP...: a conversation with an echo server (probe itself)
# fails, and says TEXT.
fails_with() {
    run -1 probe -t 0.3 listen 127.0.0.1:0 start "exec probe tcp \$HOST:\$PORT echo" accept "${@:2}"
    echo "$output"
    grep -qF -- "$1" <<<"$output"
}

@test "probe sees every kind of answer" {
    probe listen 127.0.0.1:0 start 'exec probe tcp "$HOST:$PORT" echo' accept \
        send 'a\0\n\x7f' expect 'a\0\n\x7f' exchange 1000000 each abc shut-down expect-end ends 0
}

@test "probe reports an answer that is wrong, short, too long or missing" {
    fails_with '"ello" (4 bytes) arrived at byte 1' send hello expect hxllo
    fails_with '"hello" (5 bytes) arrived, then nothing more' send hello expect hello!
    fails_with '"lo" (2 bytes) arrived' send hello expect hel shut-down expect-end
    fails_with 'nothing arrived for 0.3 s' expect a
    fails_with 'the connection stayed open for 0.3 s' expect-end
    fails_with '00 ff (2 bytes) arrived' send '\0\xff' shut-down expect-end
}

@test "probe shows the beginning of long bytes: 100 of text, 40 of others" {
    text=$(printf '%0100d' 0)
    fails_with "send     \"$text\" (100 bytes)" send "$text" expect x
    fails_with "send     \"$text\" ... (104 bytes)" send "${text}more" expect x
    fails_with "send     \"${text:0:60}\" ... (65 bytes)" send "${text:0:60}\\x01more" expect x
    fails_with "send     01$(printf ' 30%.0s' {1..39}) ... (101 bytes)" send "\\x01$text" expect x
}

@test "probe takes a whole string, an error or an end for a reply, and no part of them" {
    probe listen 127.0.0.1:0 start 'exec probe tcp "$HOST:$PORT" echo' accept send '$0\r\n\r\n' expect-bulk-or-error 0 \
        send '-ERR no memory\r\n' expect-bulk-or-error 0 shut-down expect-bulk-or-error 0 ends 0
    fails_with 'end of file' send '$0\r\n' shut-down expect-bulk-or-error 0
    fails_with '"-ERR out " (9 bytes) arrived at byte 0' send '$9\r\n-ERR out of memory\r\n' expect-bulk-or-error 9
    fails_with 'then "-ERR" (4 bytes) arrived, and the connection ended' send '-ERR' shut-down expect-bulk-or-error 0
    fails_with 'nothing arrived for 0.3 s' expect-bulk-or-error 0
}

@test "probe reads HTTP answers strictly" {
    date=$(LC_ALL=C date -u '+%a, %d %b %Y %H:%M:%S GMT')
    ok="HTTP/1.1 200 OK\r\nDate: $date\r\n"
    probe listen 127.0.0.1:0 start 'exec probe tcp "$HOST:$PORT" echo' accept \
        send "${ok}Content-Length: 5\r\nX:  a b ; c\r\n\r\nhello" answer '304|200' body hello field 'content-length: 5' field 'X: d|a b' no-field Y \
        send "${ok}content-length:16\r\n\r\n" answer-head 2xx send-stream 16 body-next 8 body-next 8 \
        send "HTTP/1.1 304 Not Modified\r\nDate: $date\r\n\r\n" answer 304 body '' \
        send "${ok}Content-Length: 16\r\n\r\n" send-stream 16 answer 200 body-stream 16 get /x expect 'GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n' \
        send "${ok}Content-Length: 5\r\n\r\nhell" answer-head 200 shut-down cut-short ends 0
    fails_with 'the status is 404 Gone' send "HTTP/1.1 404 Gone\r\n\r\n" answer 200
    fails_with 'the answer has no field Date' send 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n' answer 200
    fails_with 'and not like "Sun, 06 Nov 1994 08:49:37 GMT"' send 'HTTP/1.1 200 OK\r\nDate: Mon, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 0\r\n\r\n' answer 200
    fails_with 's from now' send 'HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 0\r\n\r\n' answer 200
    fails_with 'the answer has no field Content-Length' send "$ok\r\n" answer 200
    fails_with 'the answer has 2 fields Content-Length' send "${ok}Content-Length: 1\r\nContent-Length: 1\r\n\r\nx" answer 200
    fails_with 'the field Content-Length is "+1"' send "${ok}Content-Length: +1\r\n\r\nx" answer 200
    fails_with '4 of 5 bytes of the body arrived, then nothing more' send "${ok}Content-Length: 5\r\n\r\nhell" answer 200
    fails_with '4 of 5 bytes of the body arrived, then end of file' send "${ok}Content-Length: 5\r\n\r\nhell" shut-down answer 200
    fails_with 'the body is "hell" (4 bytes)' send "${ok}Content-Length: 4\r\n\r\nhell" answer 200 body hello
    fails_with 'it is "5"' send "${ok}Content-Length: 5\r\n\r\nhello" answer 200 field 'Content-Length: 50|51'
    fails_with 'the answer has no field Y' send "${ok}Content-Length: 5\r\n\r\nhello" answer 200 field 'Y: x'
    fails_with 'it is "5"' send "${ok}Content-Length: 5\r\n\r\nhello" answer 200 no-field Content-Length
    fails_with 'which does not begin with HTTP/' send 'hello\r\n\r\n' answer 200
    fails_with 'and not like "HTTP/1.1 200 OK"' send "HTTP/1.0 200 OK\r\nDate: $date\r\n\r\n" answer 200
    fails_with 'a field has no name, or no colon after it' send "${ok}X : y\r\nContent-Length: 0\r\n\r\n" answer 200
    fails_with 'a line does not end with CR LF' send "${ok}X: y\nContent-Length: 0\r\n\r\n" answer 200
    fails_with 'then nothing more, and no empty line' send "$ok" answer 200
    fails_with 'nothing arrived for 0.3 s' answer 200
    fails_with 'the connection was closed, and nothing arrived' shut-down answer 200
    fails_with 'the error has a body of type text/plain, and not of text/html' \
        send "HTTP/1.1 404 No\r\nDate: $date\r\nContent-Type: text/plain\r\nContent-Length: 1\r\n\r\nx" answer 404
    fails_with '5 bytes arrived, and the body has 5' send "${ok}Content-Length: 5\r\n\r\nhello" answer-head 200 shut-down cut-short
}

@test "probe reads HTTP requests strictly" {
    probe listen 127.0.0.1:0 start 'exec probe tcp "$HOST:$PORT" send "GET /a?b HTTP/1.1\r\nHost: $HOST:$PORT\r\n\r\n" expect-end' \
        accept asked '/a?b' shut-down ends 0
    fails_with 'its first line is "GET /b HTTP/1.1\r\n"' send 'GET /b HTTP/1.1\r\nHost: a\r\n\r\n' asked /a
    fails_with 'its first line is "GET /a HTTP/2.0\r\n"' send 'GET /a HTTP/2.0\r\nHost: a\r\n\r\n' asked /a
    fails_with 'the request has no field Host' send 'GET /a HTTP/1.1\r\n\r\n' asked /a
    fails_with 'its field Host is "a", without the port' send 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n' asked /a
}

@test "probe counts lines, and reports how many arrived" {
    long=$(printf '%01023d' 0)
    probe listen 127.0.0.1:0 start 'exec probe tcp "$HOST:$PORT" echo' accept \
        send 'one\r\n\ntwo\nthree' expect-lines 3 expect three send "$long\n" expect-lines 1 shut-down expect-end ends 0
    fails_with '0 of 1 lines arrived, then nothing more' expect-lines 1
    fails_with '1 of 3 lines arrived, and "two" (3 bytes) of the next one, then nothing more' send 'one\ntwo' expect-lines 3
    fails_with '2 of 3 lines arrived, then end of file' send 'one\ntwo\r\n' shut-down expect-lines 3
    fails_with '(1024 bytes) of the next one, and it goes on' send "one\n${long}0\n" expect-lines 2
}

@test "probe distinguishes an end, a reset and a refusal" {
    run -1 probe listen 127.0.0.1:0 start 'exec probe tcp "$HOST:$PORT" reset' accept expect-end
    grep -q 'recv: Connection reset by peer' <<<"$output"
    probe listen 127.0.0.1:0 start 'exec probe tcp "$HOST:$PORT" reset' accept expect-gone
    run -1 probe listen 127.0.0.1:0 start 'exec probe tcp "$HOST:$PORT" close' accept expect a
    grep -q 'nothing arrived, then end of file' <<<"$output"
    probe bind 127.0.0.1:0 start 'exec probe refused "$HOST:$PORT"' ends 0
    run -1 probe listen 127.0.0.1:0 run 'exec probe refused "$HOST:$PORT"'
    grep -q 'we were connected' <<<"$output"
}

@test "probe finds out whether an address is in use" {
    probe bind 127.0.0.1:0 run 'probe taken "$HOST:$PORT"' run '! probe free "$HOST:$PORT" 2>err'
    grep -q 'it is taken' err
    probe free 127.0.0.1:0
    run -1 probe taken 127.0.0.1:0
}

@test "probe reports how the program that it started has ended" {
    run -1 probe listen 127.0.0.1:0 start 'exit 3' ends 0
    grep -q 'it ended with exit status 3' <<<"$output"
    run -1 probe -t 0.3 listen 127.0.0.1:0 start 'exec sleep 1000' ends 0
    grep -q 'it had not ended after 0.3 s' <<<"$output"
    run -1 probe listen 127.0.0.1:0 start 'kill -KILL $$' ends 0
    grep -q 'it was killed by signal 9' <<<"$output"
}

# is_gone PID...: these processes end within 5 s.
is_gone() {
    local pid deadline=$((SECONDS + 5))

    for pid; do
        while alive "$pid" && [ "$SECONDS" -lt "$deadline" ]; do :; done
        ! alive "$pid" || return
    done
}

@test "probe ends what it started, stopped or not, when a step fails" {
    run -1 probe -t 0.5 listen 127.0.0.1:0 start 'echo $$ >pid; exec probe -t 1000 tcp "$HOST:$PORT" until false' \
        accept run 'kill -s STOP "$(cat pid)"' expect never
    is_gone "$(cat pid)"
    run -1 probe -t 0.5 listen 127.0.0.1:0 start 'exec guard -t 1000 -r report -- probe -t 1000 tcp "$HOST:$PORT" until false' \
        accept run 'kill -s STOP $(head -n 1 report)' expect never
    read -r guard program <report
    is_gone "$guard" "$program"
}

@test "probe ends what it started, stopped or not, when it is ended itself" {
    for signal in TERM HUP; do
        rm -f stopped
        (exec probe -t 1000 listen 127.0.0.1:0 start 'echo $$ >pid; exec sleep 1000' \
            run 'until [ -s pid ]; do :; done; kill -s STOP "$(cat pid)"; : >stopped' until 'sleep 0.1; false') 3>&- 4>&- &
        until [ -e stopped ]; do :; done
        kill -s "$signal" "$!"
        is_gone "$!" "$(cat pid)"
        rm pid
    done
}

# answered TEXT STEP...: who asks for 1000 bytes and gets what STEP... sends (after
# which probe closes) is not content, and says TEXT.
answered() {
    run -1 probe -t 1 listen 127.0.0.1:0 start 'exec probe -t 0.5 tcp "$HOST:$PORT" ask 1000 expect-answer 1000 expect-end' \
        accept expect '\0\0\0\0\0\0\x03\xe8' "${@:2}" close ends 0
    echo "$output"
    grep -qF -- "$1" <<<"$output"
}

@test "probe asks for an answer, and reports one that is wrong, short or too long" {
    probe listen 127.0.0.1:0 start 'exec probe tcp "$HOST:$PORT" ask 66051 expect-answer 300 expect-answer 65751 expect-end' \
        accept expect '\0\0\0\0\0\x01\x02\x03' send-answer 500 send-answer 65551 close ends 0
    answered '00 (1 byte) arrived at byte 999' send-answer 999 send '\0'
    answered '01 (1 byte) arrived at byte 251' send-answer 251 send '\x01'
    answered '(999 bytes) arrived, then end of file' send-answer 999
    answered 'f7 (1 byte) arrived' send-answer 1001
}

@test "probe distinguishes an answer that ends early from a whole one" {
    probe listen 127.0.0.1:0 start 'exec probe tcp "$HOST:$PORT" ask 9 expect-answer 4 expect-loss 9' \
        accept send-answer 8 close ends 0
    run -1 probe listen 127.0.0.1:0 start 'exec probe tcp "$HOST:$PORT" ask 9 expect-answer 4 expect-loss 9' \
        accept send-answer 9 close ends 0
    grep -qF 'all 9 bytes arrived' <<<"$output"
    probe listen 127.0.0.1:0 start 'exec probe tcp "$HOST:$PORT" send a await drain' accept expect a send hello reset ends 0
    run -1 probe listen 127.0.0.1:0 start 'exec probe -t 0.3 tcp "$HOST:$PORT" await' accept ends 0
    grep -qF 'nothing arrived for 0.3 s' <<<"$output"
}

@test "probe sends byte by byte, and runs a command after each" {
    probe listen 127.0.0.1:0 start 'exec probe tcp "$HOST:$PORT" echo' accept slowly 'echo >>runs' ask 1 send abc \
        slowly '' send def expect '\0\0\0\0\0\0\0\x01abcdef'
    [ "$(wc -l <runs)" -eq 11 ]
}

# crowded TEXT ANSWER STEP...: one of two clients that take STEP... is sent ANSWER
# when both have said something; they are not content, and say TEXT.
crowded() {
    run -1 probe -t 2 listen 127.0.0.1:0 start "exec probe -t 0.5 tcp \$HOST:\$PORT ${*:3}" accept accept accept \
        await send "$2" close ends 0
    echo "$output"
    grep -qF -- "$1" <<<"$output"
}

@test "probe is a crowd of clients, and a server of one" {
    [ "$(probe listen 127.0.0.1:0 start 'exec probe tcp "$HOST:$PORT" close crowd 3 talk 2' \
        accept expect-end accept-crowd 3 echo-crowd ends 0)" -gt 100 ]
    probe listen 127.0.0.1:0 start 'exec probe tcp "$HOST:$PORT" close throng 3 until true run "sleep 0.1" some-served one-leaves all-served' \
        accept accept-crowd 3 echo-crowd ends 0 >/dev/null
    crowded 'instead of "message 1 of client' 'message 1 of client 7\n' crowd 2
    crowded "19 bytes of client " 'message 1 of client' crowd 2
    run -1 probe -t 0.3 listen 127.0.0.1:0 start 'exec probe tcp "$HOST:$PORT" throng 2 some-served' accept ends 0
    grep -qF 'no client got its message back' <<<"$output"
    run -1 probe -t 0.3 listen 127.0.0.1:0 start 'exec probe tcp "$HOST:$PORT" echo' accept-crowd 2
    grep -qF 'only 1 connected in 0.3 s' <<<"$output"
}

@test "probe measures what silent clients cost" {
    $CC -std=gnu17 -o server "$BATS_TEST_DIRNAME/../../lessons/09-non-blocking/server.c"
    guard -t 30 -- ./server 127.0.0.1 0 >ready 3>&- 4>&- &
    until grep -q listening ready; do sleep 0.05; done
    address=$(sed 's/.* //' ready)
    probe tcp "$address" beside-silent '2 40 100'
    run -2 probe tcp "$address" beside-silent 10
    run -1 probe tcp "$address" beside-silent '2 40 0'
    kill "$!"
    grep -q 'but: *it is [0-9]* times as long' <<<"$output"
}

@test "probe sees clients that wait for a connection" {
    probe listen-to-one 127.0.0.1:0 start 'exec probe tcp "$HOST:$PORT" crowd 4' expect-connecting 2
    run -1 probe -t 0.3 listen 127.0.0.1:0 start 'exec probe tcp "$HOST:$PORT" crowd 4' expect-connecting 2
    grep -qF 'only 0 wait' <<<"$output"
}

# hoarded N: a server that has read 50000 bytes and sent none holds at most N.
# (A delayed acknowledgement makes it seem less for a while.)
hoarded() {
    rm -f has-read
    probe listen 127.0.0.1:0 start "exec probe narrow \$HOST:\$PORT fill 'until [ -e has-read ]; do sleep 0.01; done' run 'sleep 0.3' held-at-most $1" \
        accept expect-stream 50000 run '>has-read' ends 0
}

@test "probe sees what a server holds in its own memory" {
    [ -e /proc/net/tcp ] || skip "this system has no /proc to look into"
    hoarded 50000
    run -1 hoarded 49000
    grep -qF 'it holds 50000, ' <<<"$output"
}

# brimful WAIT STEP...: a server that takes these steps is filled to the brim.
brimful() {
    rm -f has-read
    probe listen 127.0.0.1:0 start "exec probe thin \$HOST:\$PORT fill-to-brim '$1'" accept "${@:2}" expect-gone ends 0
}

@test "probe fills a server until it has something to send, and not further" {
    [ -e /proc/net/tcp ] || skip "this system has no /proc to look into"
    brimful true run 'sleep 0.3' expect-stream 1000
    brimful 'until [ -e has-read ]; do sleep 0.01; done' expect-stream 1000 run '>has-read'
    brimful 'sleep 0.3' send-stream 1000 expect-stream 2000
}

# unacknowledged STEP...: of 60000 bytes, and 30000 more, that a server sends to a client
# that does not read, and takes these steps between the two, how many has TCP still
# to deliver?
unacknowledged() {
    rm -f ready seen
    probe listen 127.0.0.1:0 start "exec probe narrow \$HOST:\$PORT await run 'sleep 0.1' $* run '>ready; until [ -e seen ]; do sleep 0.01; done'" \
        accept send-stream 60000 run 'until [ -e ready ]; do sleep 0.01; done; echo "$PORT" >port' send-stream 30000 \
        run 'sleep 0.3; cp /proc/net/tcp sockets; >seen' ends 0
    awk -v port="$(printf ':%04X' "$(<port)")" '$4 == "01" && $2 ~ port "$" { print substr($5, 1, 8) }' sockets
}

@test "probe takes no more from a server, however long it tries" {
    [ -e /proc/net/tcp ] || skip "this system has no /proc to look into"
    [ "$(unacknowledged)" = 00000000 ]
    [ "$(unacknowledged take-no-more)" = 00007530 ]
}

@test "probe lets a client have little room for what it sends" {
    [ -e /proc/net/tcp ] || skip "this system has no /proc to look into"
    few=$(probe thin-listen 127.0.0.1:0 start 'exec probe tcp "$HOST:$PORT" fill "sleep 0.1" run ">full" close' \
        accept until '[ -e full ]' run 'awk -v end="$(printf :%04X "$PORT")\$" "\$3 ~ end && \$4 != \"06\" { split(\$5, queue, \":\"); print queue[1] }" /proc/net/tcp' drain ends 0)
    [ $((16#$few)) -gt 0 ] && [ $((16#$few)) -lt 200000 ]
}

@test "probe echoes one byte of many" {
    probe listen 127.0.0.1:0 start 'exec probe tcp "$HOST:$PORT" send hello expect h expect-end' accept echo-byte shut-down ends 0
}

@test "probe echoes in two pieces, and runs a command between them" {
    probe listen 127.0.0.1:0 start 'exec probe tcp "$HOST:$PORT" send hello expect he run "echo >>runs" expect llo' \
        accept echo-in-two 'until [ -s runs ]; do sleep 0.01; done' ends 0
}

@test "probe dials without waiting, and does not wait for a program that has ended" {
    probe narrow-listen 127.0.0.1:0 start 'exec probe tcp "$HOST:$PORT" dial send hello expect again' \
        accept accept expect hello send again ends 0
    run -1 probe listen 127.0.0.1:0 start 'exit 0' accept
    grep -q 'the program ended without connecting' <<<"$output"
}

@test "probe's stream is chosen by the seed, and a failure prints it" {
    [ "$(SEED=1 probe stream 99 | cksum)" = "$(SEED=1 probe stream 99 | cksum)" ]
    [ "$(SEED=1 probe stream 99 | cksum)" != "$(SEED=2 probe stream 99 | cksum)" ]
    [ "$(SEED=1 probe stream 99 | head -c 50 | cksum)" = "$(SEED=1 probe stream 50 | cksum)" ]
    SEED=77 fails_with 'SEED=77' expect-stream 10
}

# fails_in_room TEXT ANSWER STEP...: two clients are in a chat room, ann and bob, who
# take the STEPs, and the server sends bob ANSWER: that fails, and says TEXT.
fails_in_room() {
    printf -v steps ' %q' "${@:3}"
    run -1 probe listen 127.0.0.1:0 start "exec probe -t 0.3 tcp \$HOST:\$PORT join ann connect join bob $steps" \
        accept send '* welcome, ann; nobody else is here yet\n' accept send '* welcome, bob; here are: ann\n' \
        use 1 send '* bob has joined\n' use 2 send "$2" ends 0
    echo "$output"
    grep -qF -- "$1" <<<"$output"
}

@test "probe knows who is in a chat room, and what they should hear" {
    probe listen 127.0.0.1:0 start 'exec probe tcp "$HOST:$PORT" join "ann#" connect join bob say hello use 1 may-leave close connect join carl \
        use 2 left "ann#" doze use 3 say hi say ho use 2 catch-up wake silence' \
        accept expect 'ann1\n' send '* welcome, ann1; nobody else is here yet\r\n' accept expect 'bob\n' send '* welcome, bob; here are: ann1\n' \
        use 1 send '* bob has joined\n' use 2 expect 'hello\n' use 1 send '<bob> hello\n' expect-end accept expect 'carl\n' \
        send '* welcome, carl; here are: ann1, bob\n' use 2 send '* carl has joined\n* ann1 has left\n' use 3 send '* ann1 has left\n' \
        expect 'hi\n' use 2 send '<carl> hi\n' use 3 expect 'ho\n' use 2 send '<carl> ho\n' ends 0
}

@test "probe reports a line in a chat room that is wrong, or missing, or one too many" {
    fails_in_room 'bob hears "<ann> hallo" (11 bytes)' '<ann> hallo\n' use 1 say hello
    fails_in_room 'bob hears nothing for 0.3 s' '' use 1 say hello
    fails_in_room 'bob hears "<ann> hel" (9 bytes) and not the end of this line' '<ann> hel' use 1 say hello
    fails_in_room 'bob hears "<bob> hi" (8 bytes)' '<bob> hi\n' send 'hi\n' use 1 say hello
    fails_in_room 'bob hears "<bob> hi\n" (9 bytes)' '<bob> hi\n' run 'sleep 0.1' silence
    fails_in_room 'bob hears "bye" (3 bytes)' 'bye\n' hear-error
    fails_in_room 'bob hears "* ann has left" (14 bytes)' '* ann has left\n' use 1 say hello
    fails_in_room 'bob hears twice: * ann has left' '* ann has left\n* ann has left\n' use 1 may-leave close use 2 hear hello
}

@test "in a chat room an end of file may come after old news, and a reset is not one" {
    probe listen 127.0.0.1:0 start 'exec probe -n 2 tcp "$HOST:$PORT" join "ann#" expect-end' \
        accept expect 'ann1\n' send '* welcome, ann1; nobody else is here yet\n' close \
        accept expect 'ann2\n' send '* welcome, ann2; here are: ann1\n* ann1 has left\n' close ends 0
    fails_in_room '"* carl has left\n" (16 bytes) arrived' '* carl has left\n' expect-end
    run -1 probe listen 127.0.0.1:0 start 'exec probe tcp "$HOST:$PORT" join ann expect-end' \
        accept expect 'ann\n' send '* welcome, ann; nobody else is here yet\n' reset ends 0
    echo "$output"
    grep -q 'recv: Connection reset by peer' <<<"$output"
}

@test "probe reports a welcome that lists the wrong names" {
    for list in 'nobody else is here yet' 'here are: bob' 'here are: ann, ann' 'here are: ann, carl' 'here are: ann,'; do
        run -1 probe listen 127.0.0.1:0 start 'exec probe tcp "$HOST:$PORT" join ann connect join bob' \
            accept send '* welcome, ann; nobody else is here yet\n' accept send "* welcome, bob; $list\n" ends 0
    done
}

@test "probe distinguishes an end that is there already from one that comes later" {
    probe listen 127.0.0.1:0 start 'exec probe tcp "$HOST:$PORT" run "sleep 0.3" expect-ended' accept close ends 0
    run -1 probe listen 127.0.0.1:0 start 'exec probe tcp "$HOST:$PORT" expect-ended' accept run 'sleep 0.5' close ends 0
    grep -q 'the connection stayed open for 0.1 s more' <<<"$output"
}

@test "probe drips on every connection" {
    probe listen 127.0.0.1:0 start 'exec probe tcp "$HOST:$PORT" connect drip 1' accept accept \
        use 1 expect xx use 2 expect xx run 'sleep 0.9' close use 1 close ends 0
    run -1 probe listen 127.0.0.1:0 start 'exec probe tcp "$HOST:$PORT" connect drip 1' accept accept run 'sleep 1' close use 1 ends 0
}

@test "probe is cut off neither too early nor too late" {
    probe listen 127.0.0.1:0 start 'exec probe tcp "$HOST:$PORT" drip 1' accept expect xx run 'sleep 0.9' close ends 0
    run -1 probe listen 127.0.0.1:0 start 'exec probe tcp "$HOST:$PORT" cut-off 1' accept close ends 0
    grep -q 'it ended after only' <<<"$output"
    run -1 probe -t 9 listen 127.0.0.1:0 start 'exec probe tcp "$HOST:$PORT" cut-off 1' accept ends 0
    grep -q 'it is still open 5 s after it was established' <<<"$output"
}

@test "probe's guests report a line that is missing" {
    run -1 probe listen 127.0.0.1:0 start 'exec probe -t 0.3 tcp "$HOST:$PORT" party 2' accept accept accept \
        use 2 send '* welcome, guest0_0; nobody else is here yet\n' use 3 send '* welcome, guest1_0; here are: guest0_0\n' ends 0
    grep -q '1 of 2 guests have not heard of all others' <<<"$output"
}

@test "probe refuses a conversation that makes no sense" {
    run -2 probe listen 127.0.0.1:0 whistle
    run -2 probe listen 127.0.0.1:0 send
    run -2 probe listen 127.0.0.1:0 send hello
    run -2 probe tcp
    run -1 probe tcp localhost echo
}

@test "probe lists its modes and steps" {
    probe help >help
    grep -q '^    listen ADDRESS' help
    grep -q '^    send TEXT  *send TEXT, which may contain ' help
    grep -q '^Lesson 07' help
    [ "$(grep -vc '^.\{0,80\}$' help)" -eq 0 ]
    probe -h | cmp - help
}

@test "probe shows what it runs by its words, if it has some" {
    run -1 probe listen 127.0.0.1:0 run ': say nothing; true' run ': fail; echo aloud; false'
    grep -qx '  run      say nothing' <<<"$output"
    grep -qx 'aloud' <<<"$output"
    grep -qx '  but:     this failed: fail' <<<"$output"
    run -1 probe listen 127.0.0.1:0 run 'false; true && false'
    grep -qx '  run      false; true && false' <<<"$output"
}

# meeting STEPS STEP...: probe in two parts, STEPS as a client of datagrams, the
# others as its server.
meeting() {
    probe -t 2 udp-server 127.0.0.1:0 start "exec probe -t 1 udp \"\$HOST:\$PORT\" $1" "${@:2}"
}

@test "probe exchanges whole datagrams, empty ones too" {
    meeting "send hello expect hello send '' expect '' exchange 65507 expect-nothing" \
        expect hello send hello expect '' send '' expect-stream 65507 send-stream 65507 ends 0
    meeting "each abc send 'a\\0' expect 'a\\0' send '' expect '' exchange 0" echo ends 0
}

# meeting_fails TEXT STEPS STEP...: it does, and says TEXT.
meeting_fails() {
    run -1 meeting "${@:2}"
    echo "$output"
    grep -qF -- "$1" <<<"$output"
}

@test "probe reports a datagram that is wrong, cut, too long, empty or missing" {
    meeting_fails '"ello" (4 bytes) arrived at byte 1' 'send hello' expect hxllo
    meeting_fails '"hell" (4 bytes) arrived' 'send hell' expect hello
    meeting_fails '"hello" (5 bytes) arrived' 'send hello' expect hell
    meeting_fails 'an empty datagram arrived' "send ''" expect hello
    meeting_fails '"hello" (5 bytes) arrived' 'send hello' expect ''
    meeting_fails 'no datagram arrived for 2 s' 'send hello run "sleep 3"' expect hello expect hello
    meeting_fails 'no datagram arrived, and the program has ended' 'send hello' expect hello expect hello
    meeting_fails 'an empty datagram is there' "send ''" ends 0 expect-nothing
}

@test "probe sends from a stranger's port, and again and again" {
    meeting 'send one expect two' expect one stranger send two use 1 send two ends 0
    meeting_fails 'ended with exit status 1' 'send one expect two' expect one stranger send two ends 0
    meeting 'send one expect two expect two send three' expect one nag two expect three ends 0
}

@test "probe knows how late a datagram was, by the kernel's clock" {
    meeting 'send one run "sleep 0.2" send two' expect one expect two later 0.2 ends 0
    meeting 'send one send two' ends 0 expect one expect two sooner 0.2
    meeting_fails 's after it' 'send one send two' ends 0 expect one expect two later 0.2
    meeting_fails 's after it' 'send one run "sleep 0.2" send two' ends 0 expect one expect two sooner 0.2
}

@test "probe sees a refusal, and a program that goes on although the kernel reports one" {
    probe udp-refuse 127.0.0.1:0 start 'exec probe udp "$HOST:$PORT" send hello expect-refused' ends 0
    meeting_fails '"hello" (5 bytes) arrived' 'send hello expect-refused' echo ends 0
    [ -e /proc/net/udp ] || skip "this system has no /proc to look into"
    run -1 probe udp-refuse 127.0.0.1:0 start 'exec probe udp "$HOST:$PORT" run "sleep 3"' ends 0
    grep -q 'the kernel reports the refusal' <<<"$output"
    probe udp-refuse 127.0.0.1:0 start 'exec sleep 2.1' ends 0
}

@test "probe floods a server until it has ended" {
    probe -t 60 udp-server 127.0.0.1:0 run 'echo "$HOST:$PORT" >where' until false 3>&- 4>&- &
    server=$!
    until [ -s where ]; do :; done
    sleep 1000 3>&- 4>&- &
    run -1 probe -t 0.3 udp "$(cat where)" flood "$!"
    grep -q 'the server was still there after 0.3 s' <<<"$output"
    probe udp "$(cat where)" flood "$server"
}

@test "probe talks in the unix domain, as a client and as a server" {
    probe listen unix:a.sock start 'exec probe connect "unix:$HOST" echo' accept \
        send 'a\0\n' expect 'a\0\n' exchange 1000000 each abc shut-down expect-end ends 0
    [ ! -e a.sock ]
    run -1 probe listen unix:a.sock start 'exec probe connect "unix:$HOST" close' accept expect a
    grep -q 'nothing arrived, then end of file' <<<"$output"
}

@test "probe's live sockets in the unix domain are of each type" {
    probe bind unix:bound run 'probe refused unix:bound'
    probe bind dgram:d run 'test -S d' run 'probe connect dgram:d' run '! probe connect unix:d 2>err'
    grep -q 'Protocol wrong type for socket' err
    [ "$(uname)" = Linux ] || skip "this system may have no seqpacket sockets, and refuses when a queue is full"
    probe listen seqpacket:s run 'probe connect seqpacket:s' run '! probe connect unix:s 2>err'
    run -1 probe listen unix:roomy run 'exec probe refused "unix:$HOST"'
    grep -q 'we were connected' <<<"$output"
    probe full unix:full run '! probe -t 0.3 connect unix:full 2>err' accept run 'probe -t 0.3 connect unix:full'
    grep -q 'cannot connect to full: Resource temporarily unavailable' err
}

@test "probe -i does not accept a server that lets each client wait" {
    local served=(accept run ': a second, nearly; sleep 0.6' send x close)

    probe listen 127.0.0.1:0 start 'exec probe -i -n 5 tcp "$HOST:$PORT" expect x expect-end 2>account' \
        "${served[@]}" "${served[@]}" "${served[@]}" "${served[@]}" "${served[@]}" ends 1
    grep -qx '  turn     5 of 5' account
    grep -q '^  but:     [45] of 5 clients had to wait for a second$' account
    served=(accept send x close)
    probe listen 127.0.0.1:0 start 'exec probe -i -n 5 tcp "$HOST:$PORT" expect x expect-end' \
        "${served[@]}" "${served[@]}" "${served[@]}" "${served[@]}" "${served[@]}" ends 0
}

@test "probe shows the first ten and the last 25 of many steps" {
    local sends=()

    for ((i = 0; i < 60; i++)); do sends+=(send a); done
    fails_with '  ...      (29 more steps)' "${sends[@]}" expect-end
    [ "$(grep -c '^  send ' <<<"$output")" = 31 ]
    [ "$(sed -n 1p <<<"$output")" != "$(sed -n 2p <<<"$output")" ]
}
