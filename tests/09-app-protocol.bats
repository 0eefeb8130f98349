#!/usr/bin/env bats
# Lesson 09: what `server [HOST [PORT]]` and `client HOST PORT COMMAND [ARGUMENT...]`
# must do.

programs='server client'
ready='listening on'
# shellcheck source=tests/helpers.bash
source "$BATS_TEST_DIRNAME/helpers.bash"

# ends_well SIGNAL: the server, which has been sent SIGNAL, ends with status 0.
ends_well() {
    ended_by "$1"
    [ "$ended" = "exit 0" ] || fail "the server, after SIG$1: $(ending)" "expected: exit status 0"
}

# printed TEXT: the client has printed TEXT, and perhaps newlines after it.
printed() {
    printf '%b' "$1" >expected
    head -c "$(wc -c <expected)" out | cmp -s - expected &&
        [ -z "$(tail -c "+$(($(wc -c <expected) + 1))" out | tr -d '\n' | tr '\0' x)" ] ||
        fail "client" "expected: $1" "but:      $(shown out)"
}

# repeat N STEP...: set steps to the STEPs, N times.
repeat() {
    local n

    steps=()
    for ((n = 0; n < $1; n++)); do
        steps+=("${@:2}")
    done
}

# fill FROM TO: steps that store 1,000,000 bytes under each of these keys, with it.
fill() {
    local key

    for ((key = $1; key <= $2; key++)); do
        printf '%s\n' call "SET $key @$((1000000 - ${#key}))"
    done
}

@test "it answers PING, alone or with a message" {
    hint "a reply is +PONG and CR LF; with a message, that message as a bulk string" "RESP2"
    serve 127.0.0.1 0
    probe tcp "$address" call PING expect '+PONG\r\n' call 'PING hello' expect '$5\r\nhello\r\n' \
        send '*2\r\n$4\r\nPING\r\n$0\r\n\r\n' expect '$0\r\n\r\n' call 'PING a\0b\r\n' expect '$5\r\na\0b\r\n\r\n' \
        call 'PING @70000' expect-bulk 70000
}

@test "it sends back what ECHO is given" {
    hint "a bulk string is its length in bytes, CR LF, the bytes, CR LF; a request that comes in pieces is kept until it is whole" "RESP2"
    serve 127.0.0.1 0
    probe tcp "$address" call 'ECHO hello' expect '$5\r\nhello\r\n' send '*2\r\n$4\r\nECHO\r\n$0\r\n\r\n' \
        expect '$0\r\n\r\n' call 'ECHO @70000' expect-bulk 70000
}

@test "it gets what was set last, and nil where nothing was" {
    hint "nil is the bulk string of length -1; a second SET replaces the first" "The commands and the store"
    serve 127.0.0.1 0
    probe tcp "$address" call 'GET k' expect '$-1\r\n' call 'SET k v' expect '+OK\r\n' call 'GET k' expect '$1\r\nv\r\n' \
        call 'SET k longer' expect '+OK\r\n' call 'SET l other' expect '+OK\r\n' call 'GET k' expect '$6\r\nlonger\r\n' \
        send '*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n' expect '+OK\r\n' call 'GET k' expect '$0\r\n\r\n' \
        call 'GET K' expect '$-1\r\n' call 'GET l' expect '$5\r\nother\r\n'
}

@test "keys and values hold any bytes" {
    hint "strlen() and strcmp() stop at a zero byte, and a CR LF within a string ends nothing: count" "The commands and the store"
    serve 127.0.0.1 0
    probe tcp "$address" call 'SET a\0b v\r\n\0\xff' expect '+OK\r\n' call 'SET a\0c w' expect '+OK\r\n' \
        call 'SET a x' expect '+OK\r\n' call 'SET \r\n y' expect '+OK\r\n' \
        send '*3\r\n$3\r\nSET\r\n$0\r\n\r\n$1\r\nz\r\n' expect '+OK\r\n' call 'GET a\0b' expect '$5\r\nv\r\n\0\xff\r\n' \
        call 'GET a\0c' expect '$1\r\nw\r\n' call 'GET a' expect '$1\r\nx\r\n' call 'GET \r\n' expect '$1\r\ny\r\n' \
        send '*2\r\n$3\r\nGET\r\n$0\r\n\r\n' expect '$1\r\nz\r\n' call 'GET a\0' expect '$-1\r\n' call DBSIZE expect ':5\r\n' \
        send '*2\r\n$3\r\nDEL\r\n$0\r\n\r\n' expect ':1\r\n' send '*3\r\n$3\r\nSET\r\n$1\r\ne\r\n$0\r\n\r\n' expect '+OK\r\n' \
        call 'EXISTS e' expect ':1\r\n'
}

@test "it takes names of commands in any case" {
    hint "compare with strncasecmp(); QUIT is a command too" "The commands and the store"
    serve 127.0.0.1 0
    probe tcp "$address" call 'set k v' expect '+OK\r\n' call 'gEt k' expect '$1\r\nv\r\n' call 'Ping' expect '+PONG\r\n' \
        call 'dbsize' expect ':1\r\n' call 'Exists k' expect ':1\r\n' call 'del k' expect ':1\r\n' call 'quIT' expect '+OK\r\n' expect-end
}

@test "DEL deletes, and says how many there were" {
    hint "a key that was not there, or that was named before, does not count; or of requests in one piece only the first is carried out" "The commands and the store"
    serve 127.0.0.1 0
    probe tcp "$address" call 'SET a 1' call 'SET b 2' call 'SET c 3' expect '+OK\r\n+OK\r\n+OK\r\n' \
        call 'DEL nothing' expect ':0\r\n' call 'DEL a b a d' expect ':2\r\n' call 'GET a' expect '$-1\r\n' \
        call 'GET b' expect '$-1\r\n' call 'GET c' expect '$1\r\n3\r\n' call 'DEL c' expect ':1\r\n' \
        call 'SET a 4' expect '+OK\r\n' call 'GET a' expect '$1\r\n4\r\n'
}

@test "EXISTS counts, and counts repeats" {
    hint "each time that a key is named counts, if it is there" "The commands and the store"
    serve 127.0.0.1 0
    probe tcp "$address" call 'EXISTS a' expect ':0\r\n' call 'SET a 1' expect '+OK\r\n' call 'SET b 2' expect '+OK\r\n' \
        call 'EXISTS a' expect ':1\r\n' call 'EXISTS a a b c a' expect ':4\r\n'
}

@test "DBSIZE says how many keys there are" {
    hint "a key that is set again is one, a key that is deleted is none" "The commands and the store"
    serve 127.0.0.1 0
    probe tcp "$address" call DBSIZE expect ':0\r\n' call 'SET a 1' call 'SET b 2' call 'SET a 3' \
        expect '+OK\r\n+OK\r\n+OK\r\n' call DBSIZE expect ':2\r\n' call 'DEL a' expect ':1\r\n' call DBSIZE expect ':1\r\n'
}

@test "it keeps thousands of keys apart" {
    hint "keys that share a chain of the hash table must stay apart: compare them whole; and the store's limit is of bytes, not of keys" "The commands and the store"
    serve 127.0.0.1 0
    awk 'BEGIN { for (i = 1; i <= 3000; i++) printf "SET key%d value%d\\n", i, i }' >sets
    printf 'GET key%d\\n' {1..3000} >gets
    awk 'BEGIN { for (i = 1; i <= 3000; i++) printf "$%d\\r\\nvalue%d\\r\\n", 5 + length(i), i }' >values
    probe tcp "$address" send "$(cat sets)" expect "$(printf '+OK\\r\\n%.0s' {1..3000})" call DBSIZE expect ':3000\r\n' \
        send "$(printf 'SET more%d x\\n' {1..7001})" expect "$(printf '+OK\\r\\n%.0s' {1..7001})" call DBSIZE expect ':10001\r\n' \
        send "$(cat gets)" expect "$(cat values)"
}

@test "a key that is deleted takes no other with it" {
    hint "keys that share a chain of the hash table, or its next free places, are found past the deleted one" "The commands and the store"
    serve 127.0.0.1 0
    probe tcp "$address" send "$(printf 'SET key%d x\\n' {1..3000})" expect "$(printf '+OK\\r\\n%.0s' {1..3000})" \
        call "DEL $(printf 'key%d ' {1..3000..3})" expect ':1000\r\n' call DBSIZE expect ':2000\r\n' \
        call "EXISTS $(printf 'key%d ' {2..3000..3})" expect ':1000\r\n' call "EXISTS $(printf 'key%d ' {3..3000..3})" expect ':1000\r\n' \
        call "EXISTS $(printf 'key%d ' {1..3000..3})" expect ':0\r\n'
}

@test "all clients see the same store" {
    hint "a store for each connection, or each child process, is none" "The commands and the store"
    serve 127.0.0.1 0
    probe tcp "$address" connect use 1 call 'SET k v' expect '+OK\r\n' use 2 call 'GET k' expect '$1\r\nv\r\n' \
        call 'DEL k' expect ':1\r\n' use 1 call 'GET k' expect '$-1\r\n' call 'SET k w' expect '+OK\r\n' close
    probe tcp "$address" call 'GET k' expect '$1\r\nw\r\n'
}

@test "an unknown command is an error, and the connection lives" {
    hint "the reply begins with -, and the next request is answered" "Errors that keep the connection"
    serve 127.0.0.1 0
    probe tcp "$address" call 'NOSUCH a b' expect-line '-' call PING expect '+PONG\r\n' call COMMAND expect-line '-' \
        call 'CONFIG GET save' expect-line '-' call 'HELLO 3' expect-line '-' call PIN expect-line '-' \
        call PINGS expect-line '-' call 'GETS k' expect-line '-' send '*1\r\n$0\r\n\r\n' expect-line '-' \
        send 'nosuch\r\n' expect-line '-' call PING expect '+PONG\r\n' call 'PING\0' expect-line '-' \
        call 'EXISTSX k' expect-line '-' send '$5\r\n+OK\n-x\n:1\n' expect-line '-' expect-line '-' expect-line '-' expect-line '-' \
        call PING expect '+PONG\r\n'
}

@test "a wrong number of arguments is an error, and the connection lives" {
    hint "who looks at an argument that is not there reads what is not his" "Errors that keep the connection"
    serve 127.0.0.1 0
    for words in 'PING a b' ECHO 'ECHO a b' SET 'SET k' GET 'GET k k' DEL EXISTS 'DBSIZE k'; do
        probe tcp "$address" call "$words" expect-line '-' call PING expect '+PONG\r\n'
    done
}

@test "SET with options is an error, and sets nothing" {
    hint "what is not understood must not be passed over: EX 1 means that the value should go away" "Errors that keep the connection"
    serve 127.0.0.1 0
    probe tcp "$address" call 'SET k v EX 10' expect-line '-' call 'SET k v NX' expect-line '-' call 'GET k' expect '$-1\r\n'
}

@test "an error reply is one line, whatever the client has said" {
    hint "a client's bytes in an error reply may hold CR LF, and end it" "Errors that keep the connection"
    serve 127.0.0.1 0
    probe tcp "$address" call 'a\r\nb\r\n c' expect-line '-' call PING expect '+PONG\r\n' call '\n' expect-line '-' \
        call PING expect '+PONG\r\n' call 'GET \r\n \r\n' expect-line '-' call PING expect '+PONG\r\n' \
        call 'x\0y\xff%s%n' expect-line '-' call '@5000 @5000' expect-line '-' call PING expect '+PONG\r\n'
}

@test "an inline request is words and the end of a line" {
    hint "a line that does not begin with * is a request too; it ends with LF, or CR LF" "Inline"
    serve 127.0.0.1 0
    probe tcp "$address" send 'PING\r\n' expect '+PONG\r\n' send 'ping\n' expect '+PONG\r\n' \
        send 'SET k v\n' expect '+OK\r\n' send '  get   k  \r\n' expect '$1\r\nv\r\n' send 'exists k k a\r\n' expect ':2\r\n' \
        send 'ECHO $5\n' expect '$2\r\n$5\r\n' send 'ECHO a*\n' expect '$2\r\na*\r\n' call 'GET k' expect '$1\r\nv\r\n'
}

@test "it ignores empty lines and empty arrays" {
    hint "*0, or a line without a word, is no request: there is no reply" "Inline"
    serve 127.0.0.1 0
    probe tcp "$address" send '\r\n\n*0\r\nPING\r\n' expect '+PONG\r\n' send '*0\r\n' send '\r\n' call PING expect '+PONG\r\n'
}

@test "it takes a request in pieces, whatever they are" {
    hint "recv() gives what has come, be it one byte: keep it until the request is whole" "In any pieces"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" slowly "$look_asleep" send '*2\r\n$4\r\necho\r\n$12\r\n' slowly '' \
        send '\r\n$1\r\n*1\r\nab' slowly "$look_asleep" send '\r\n' expect '$12\r\n\r\n$1\r\n*1\r\nab\r\n' \
        send 'PING\r\n' expect '+PONG\r\n'
}

@test "it takes a request that is cut anywhere" {
    hint "a number, a CR LF or a string may be cut by the end of a piece" "In any pieces"
    needs_proc
    serve 127.0.0.1 0
    pieces=() request='*3\r\n$3\r\nSET\r\n$4\r\nab\r\n\r\n$0\r\n\r\n*2\r\n$3\r\nGET\r\n$4\r\nab\r\n\r\nPING\n'
    for ((at = 2; at < ${#request}; at += 6)); do
        [ "${request:at-1:1}" != "\\" ] || at=$((at + 1))
        pieces+=(send "${request:0:at}" run "$look_asleep" send "${request:at}" expect '+OK\r\n$0\r\n\r\n+PONG\r\n')
    done
    probe tcp "$address" "${pieces[@]}"
}

@test "it answers many requests that come in one piece, in order" {
    hint "after a request more may stand in the buffer already: poll() does not tell" "Pipelining"
    serve 127.0.0.1 0
    probe tcp "$address" send '*1\r\n$4\r\nPING\r\n*2\r\n$4\r\nECHO\r\n$1\r\na\r\nECHO b\r\n\r\n*0\r\nnosuch\nPING\nEC' \
        expect '+PONG\r\n$1\r\na\r\n$1\r\nb\r\n' expect-line '-' expect '+PONG\r\n' send 'HO c\n' expect '$1\r\nc\r\n' \
        send "$(printf 'ECHO %d\\n' {1000..5999})" send "$(printf 'ECHO %d\\n' {6000..9999})" \
        expect "$(printf '$4\\r\\n%d\\r\\n' {1000..5999})" expect "$(printf '$4\\r\\n%d\\r\\n' {6000..9999})"
}

@test "what came before a half-close is answered" {
    hint "recv()'s 0 is the end of the requests, not of the replies, nor of the requests that wait until there is room for theirs" "Pipelining"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" call 'SET k v' call 'GET k' call PING shut-down expect '+OK\r\n$1\r\nv\r\n+PONG\r\n' expect-end
    repeat 12 expect-bulk 1000000
    bulks=("${steps[@]}")
    repeat 6 call 'GET big'
    probe narrow "$address" call 'SET big @1000000' expect '+OK\r\n' "${steps[@]}" run "$look_asleep" \
        send "$(printf 'GET big\\n%.0s' {1..6})PING\n" shut-down run "$look_asleep" "${bulks[@]}" expect '+PONG\r\n' expect-end
    probe tcp "$address" send '*2\r\n$3\r\nGET\r\n$1' shut-down expect-end
}

@test "QUIT is answered, then it closes, and what came after it is dropped" {
    hint "after +OK no further request counts, also if it has come already" "Errors that close it"
    serve 127.0.0.1 0
    probe tcp "$address" call QUIT expect '+OK\r\n' expect-end
    probe tcp "$address" send 'PING\nQUIT\nSET k v\nPING\n' expect '+PONG\r\n+OK\r\n' expect-gone
    probe tcp "$address" call 'EXISTS k' expect ':0\r\n'
}

@test "a length that is none is a protocol error" {
    hint "a length is digits, and not more than a request may have; atoi() takes everything" "Errors that close it"
    serve 127.0.0.1 0
    for request in '*2\r\n$4\r\nECHO\r\n$-5\r\n' '*2\r\n$4\r\nECHO\r\n$-1\r\n' '*2\r\n$4\r\nECHO\r\n$1000000000000\r\n' \
        '*1\r\n$99999999999999999999\r\n' '*1\r\n$18446744073709551620\r\n' '*1000000000000\r\n' '*4294967297\r\n' \
        '*1\r\n$4294967300\r\nPING\r\n' '*18446744073709551617\r\n$4\r\nPING\r\n' '*1\r\n$x\r\nPING\r\n' '*x\r\n' \
        '*1\r\n$4x\r\nPING\r\n' '*1x\r\n$4\r\nPING\r\n' '*1\r\n$\r\n\r\n' '*\r\n' '*1\r\n$ 4\r\nPING\r\n' '* 1\r\n$4\r\nPING\r\n' \
        '*1\r\n$+4\r\nPING\r\n' '*1\r\n$4 \r\nPING\r\n' '*1\rx\n$4\r\nPING\r\n'; do
        probe tcp "$address" call PING expect '+PONG\r\n' send "$request" expect-line '-ERR Protocol error: ' expect-gone
    done
    probe tcp "$address" call PING expect '+PONG\r\n'
}

@test "a part that is no string is a protocol error" {
    hint "look at the byte before the length: it must be $" "Errors that close it"
    serve 127.0.0.1 0
    for request in '*1\r\n44\r\nPING\r\n' '*1\r\nPING\r\n' '*2\r\n$4\r\nECHO\r\nx2\r\nab\r\n'; do
        probe tcp "$address" call PING expect '+PONG\r\n' send "$request" expect-line '-ERR Protocol error: ' expect-gone
    done
}

@test "a string without CR LF behind it is a protocol error" {
    hint "look at the two bytes that follow the string, before they are passed over" "Errors that close it"
    serve 127.0.0.1 0
    probe tcp "$address" send '*2\r\n$4\r\nECHO\r\n$3\r\nabcde\r\n' expect-line '-ERR Protocol error: ' expect-gone
    probe tcp "$address" send '*1\r\n$3\r\nPING\r\n' expect-line '-ERR Protocol error: ' expect-gone
    probe tcp "$address" send '*2\r\n$4\r\nECHO\r\n$0\r\nab\r\n' expect-line '-ERR Protocol error: ' expect-gone
    probe tcp "$address" send '*1\r\n$4\r\nPING\rX' expect-line '-ERR Protocol error: ' expect-gone
    probe tcp "$address" send '*1\r\n$4\r\nPINGX\n' expect-line '-ERR Protocol error: ' expect-gone
}

@test "requests before a protocol error are answered, none after it" {
    hint "nobody knows where the next request begins" "Errors that close it"
    serve 127.0.0.1 0
    probe tcp "$address" send 'SET a 1\n*1\r\n$-5\r\nSET b 2\n*1\r\n$4\r\nPING\r\n' expect '+OK\r\n' \
        expect-line '-ERR Protocol error: ' expect-gone
    probe tcp "$address" call 'EXISTS a a b' expect ':2\r\n'
}

@test "a protocol error arrives although the client still sends" {
    hint "close() with bytes unread, or before more come, is a reset, which takes the reply with it: shut down, and read on" "Errors that close it"
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" call 'SET k @300000' expect '+OK\r\n' send '*2\r\n$3\r\nGET\r\n$1\r\nk\r\n*1\r\n$-5\r\n' send-stream 100000 \
        run "$look_asleep" send-stream 20000 run "$look_asleep" expect-bulk 300000 expect-line '-ERR Protocol error: ' expect-gone
}

@test "a connection that is over holds up nobody" {
    hint "who waits for the end of one client in recv() serves no other: poll() waits for all" "Errors that close it"
    serve 127.0.0.1 0
    probe tcp "$address" send '*1\r\n$-5\r\n' expect-line '-ERR Protocol error: ' connect call PING expect '+PONG\r\n' \
        use 1 send-stream 100000 use 2 call QUIT expect '+OK\r\n' connect call PING expect '+PONG\r\n' use 1 expect-gone
}

@test "a request of 1,000,000 bytes fits" {
    hint "the buffer for a request must hold 1 MiB, and a reply of that size goes in parts" "Limits"
    serve 127.0.0.1 0
    probe tcp "$address" call 'SET k @999969' expect '+OK\r\n' call 'GET k' expect-bulk 999969 call 'ECHO @999975' \
        expect-bulk 999975 call PING expect '+PONG\r\n' shut-down expect-end
    printf '%099999d' 0 >part # an argument must not be longer than 128 KiB
    part=$(cat part)
    probe tcp "$address" send 'EXISTS ab' send "$part" send "$part" send "$part" send "$part" send "$part" \
        send "$part" send "$part" send "$part" send "$part" send "$part" send '\n' expect ':0\r\n'
}

@test "a key may be as long as a request" {
    hint "a key is no short string: it must be kept, and compared, whole" "The commands and the store"
    serve 127.0.0.1 0
    probe tcp "$address" call 'SET @70000 a' call 'SET @70001 b' call 'SET @900000 c' expect '+OK\r\n+OK\r\n+OK\r\n' \
        call 'GET @70000' expect '$1\r\na\r\n' call 'GET @70001' expect '$1\r\nb\r\n' call 'EXISTS @900000' expect ':1\r\n' \
        call 'EXISTS @899999' expect ':0\r\n' call DBSIZE expect ':3\r\n' call 'DEL @70000 @900000' expect ':2\r\n' call 'EXISTS @70001' expect ':1\r\n'
}

@test "a request of more than 1 MiB is an error" {
    hint "the limit is for all bytes of a request together: of 1,048,577 one is too many" "Limits"
    serve 127.0.0.1 0
    probe tcp "$address" call 'SET k @1048545' expect-line '-'
    probe tcp "$address" call 'EXISTS @400000 @400000 @400000' expect-line '-'
    probe tcp "$address" call 'EXISTS @1048545 k k k @100000' expect-line '-'
    probe tcp "$address" call 'EXISTS k' expect ':0\r\n'
}

@test "a line of more than 1 MiB is an error" {
    hint "a line without an end is a request that grows: it has the same limit, also if it is to be a number" "Limits"
    needs_proc
    serve 127.0.0.1 0
    zeros=$(printf '%099999d' 0)
    repeat 10 send "$zeros"
    probe tcp "$address" send 'EXISTS ' "${steps[@]}" send "${zeros:51496}" run "$look_asleep" send "${zeros:99923}\n" expect-line '-'
    repeat 11 send "$zeros"
    for start in '' '*' '*1\r\n$'; do
        probe tcp "$address" send "$start" "${steps[@]}" expect-line '-'
    done
    probe tcp "$address" call PING expect '+PONG\r\n'
}

@test "a request of 1,024 parts fits, one of 1,025 is an error" {
    hint "the command's name is a part as well" "Limits"
    serve 127.0.0.1 0
    probe tcp "$address" call 'SET k v' expect '+OK\r\n' call "EXISTS $(printf 'k %.0s' {1..1023})" expect ':1023\r\n' \
        call "EXISTS $(printf 'k %.0s' {1..1024})" expect-line '-'
    probe tcp "$address" send "EXISTS $(printf 'k %.0s' {1..1023})\\n" expect ':1023\r\n' \
        send "EXISTS $(printf 'k %.0s' {1..1024})\\n" expect-line '-'
}

@test "60 MB fit into the store, also if they are set again" {
    hint "the old value's bytes count no longer once there is a new one, a shorter one too, or it is deleted" "Limits"
    serve 127.0.0.1 0
    mapfile -t steps < <(fill 1 60)
    mapfile -t again < <(fill 1 9)
    mapfile -t others < <(fill 61 69)
    probe tcp "$address" "${steps[@]}" expect "$(printf '+OK\\r\\n%.0s' {1..60})" "${again[@]}" \
        expect "$(printf '+OK\\r\\n%.0s' {1..9})" call 'DEL 1 2 3 4 5 6 7 8 9' expect ':9\r\n' "${again[@]}" \
        expect "$(printf '+OK\\r\\n%.0s' {1..9})" send "$(printf 'SET %d x\\n' {1..9})" expect "$(printf '+OK\\r\\n%.0s' {1..9})" \
        "${others[@]}" expect "$(printf '+OK\\r\\n%.0s' {1..9})" call 'DEL 61 62 63 64 65 66 67 68 69' expect ':9\r\n' "${again[@]}" \
        expect "$(printf '+OK\\r\\n%.0s' {1..9})" call 'GET 1' expect-bulk 999999 call 'GET 60' expect-bulk 999998
}

@test "68 MB of keys and values do not fit, and nothing that is stored is lost" {
    hint "look whether there is room before the old value is touched: a SET that fails changes nothing; keys take room, too" "Limits"
    serve 127.0.0.1 0
    mapfile -t steps < <(fill 1 50 && for i in {1..10}; do printf '%s\n' call "SET @$((1000000 - i)) x"; done && fill 51 57)
    probe tcp "$address" call 'SET k old' expect '+OK\r\n' "${steps[@]}" expect "$(printf '+OK\\r\\n%.0s' {1..60})" \
        expect-line '' expect-line '' expect-line '' expect-line '' expect-line '' expect-line '' expect-line '' \
        call 'SET 68 @1000000' expect-line '-OOM ' call 'SET k @1000010' expect-line '-OOM ' call 'GET 68' expect '$-1\r\n' \
        call 'GET k' expect '$3\r\nold\r\n' call 'GET 1' expect-bulk 999999 call 'GET @999999' expect '$1\r\nx\r\n' \
        call "EXISTS $(echo {1..50})" expect ':50\r\n' \
        call 'DEL 1 2' expect ':2\r\n' call 'SET k @1000010' expect '+OK\r\n' call 'GET k' expect-bulk 1000010
    # What it did not take, it does not keep either.
    [ ! -e /proc/self/stat ] || memory_settles tcp "$address" call 'SET x @1000000' expect-line '' call 'SET y @1000000' expect-line '' \
        call 'SET z @1000000' expect-line '' call 'SET 70 @1000000' expect-line '-OOM '
}

@test "a client that does not read is served no further, and loses nothing" {
    hint "replies that nobody fetches fill the memory: with 64 KiB waiting, leave the next request alone, and go on with it when they have gone" "Limits"
    needs_proc
    serve 127.0.0.1 0
    repeat 24 expect-bulk 1000000
    bulks=("${steps[@]}")
    repeat 24 call 'GET big'
    afterwards=(run "$look_asleep" connect call 'GET late' expect '$-1\r\n' use 1 "${bulks[@]}" expect '+OK\r\n' \
        use 2 call 'GET late' expect '$1\r\n1\r\n' call 'DEL late' expect ':1\r\n')
    probe narrow "$address" call 'SET big @1000000' expect '+OK\r\n' "${steps[@]}" call 'SET late 1' "${afterwards[@]}"
    probe narrow "$address" send "$(printf 'GET big\\n%.0s' {1..24})SET late 1\n" "${afterwards[@]}"
}

@test "a reply holds what was stored when it was asked for" {
    hint "while a reply waits to go, another client may replace or delete the value: copy it, or count who needs it" "The commands and the store"
    needs_proc
    serve 127.0.0.1 0
    # (One that is not served yet, for the kernel has taken no more so far, may find nothing.)
    repeat 11 expect-bulk-or-nil 1000000
    bulks=("${steps[@]}")
    mapfile -t others < <(for n in {1..12}; do printf '%s\n' call "SET $n @400000" expect '+OK\r\n'; done)
    repeat 12 call 'GET big'
    probe narrow "$address" call 'SET big @1000000' expect '+OK\r\n' "${steps[@]}" run "$look_asleep" \
        connect call 'DEL big' expect ':1\r\n' "${others[@]}" use 1 expect-bulk 1000000 "${bulks[@]}"
}

@test "it serves others while one does not read, and others that are slow" {
    hint "a send() or recv() waits for one client, and all others wait with it" "Nobody is held up"
    needs_proc
    serve 127.0.0.1 0
    repeat 12 call 'GET big'
    probe narrow "$address" call 'SET big @1000000' expect '+OK\r\n' "${steps[@]}" run "$look_asleep" \
        connect send '*2\r\n$4\r\nECHO\r\n$5\r\nhe' connect connect call PING expect '+PONG\r\n' call 'ECHO @500000' \
        expect-bulk 500000 use 3 call PING expect '+PONG\r\n' use 2 send 'llo\r\n' expect '$5\r\nhello\r\n' \
        use 1 expect-bulk 1000000 expect-bulk 1000000
}

@test "it serves others while many do not read" {
    hint "threads that wait in send() are soon all waiting, however many there are" "Nobody is held up"
    needs_proc
    serve 127.0.0.1 0
    repeat 12 call 'GET big'
    steps+=(connect)
    repeat 9 "${steps[@]}"
    probe narrow "$address" call 'SET big @1000000' expect '+OK\r\n' "${steps[@]}" run "$look_asleep" \
        call PING expect '+PONG\r\n' call 'GET big' expect-bulk 1000000
}

@test "it serves 1,000 clients at once" {
    hint "an array is too small, or the clients that come next are not accepted" "Nobody is held up"
    [ "$(ulimit -n)" = unlimited ] || [ "$(ulimit -n)" -ge 1024 ] || skip "a program may have $(ulimit -n) descriptors here, and this takes 1024"
    serve 127.0.0.1 0
    mapfile -t steps < <(awk 'BEGIN {
        for (i = 1; i <= 1000; i++) print "connect\ncall\nPING"
        for (i = 1; i <= 1000; i++) print "use\n" i "\nexpect\n+PONG\\r\\n\ncall\nECHO " i
        for (i = 1; i <= 1000; i++) print "use\n" i "\nexpect\n$" length(i) "\\r\\n" i "\\r\\n" }')
    probe tcp "$address" "${steps[@]:1}"
}

@test "who leaves takes nothing from those who stay" {
    hint "when one leaves, another takes its place in the array: with all that belongs to it" "Nobody is held up"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" send 'ECHO a' connect send '*2\r\n$4\r\nECHO\r\n$2\r\nb' connect send 'ECHO c' connect send 'ECHO d' \
        run "$look_asleep" use 1 close use 3 reset run "$look_asleep" use 4 send 'e\n' expect '$2\r\nde\r\n' \
        use 2 send 'f\r\n' expect '$2\r\nbf\r\n' connect call PING expect '+PONG\r\n'
}

@test "a client that resets, or has left, costs nobody else anything" {
    hint "recv()'s or send()'s -1 ends the server, or SIGPIPE does" "Nobody is held up"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" send '*2\r\n$4' reset connect call PING expect '+PONG\r\n'
    probe narrow "$address" call 'SET big @1000000' expect '+OK\r\n' call 'GET big' call 'GET big' run "$look_asleep" reset \
        connect call PING expect '+PONG\r\n'
    pause_server
    probe tcp "$address" call PING shut-down reset connect call 'GET big' call PING close connect send 'QUIT\n' send-stream 50000 close \
        connect call PING run "$resume" expect '+PONG\r\n'
    probe tcp "$address" call PING expect '+PONG\r\n'
}

@test "out of descriptors, it serves those it has, idles, and takes others later" {
    hint "accept() fails with EMFILE, and that ends the server, or it asks again and again, or it sleeps meanwhile" "Nobody is held up"
    needs_proc
    files=24 serve 127.0.0.1 0
    come=() leave=()
    for n in {1..30}; do
        come+=(connect call PING)
        leave+=(use "$n" close)
    done
    repeat 20 call PING expect '+PONG\r\n'
    before=$SECONDS
    probe tcp "$address" "${come[@]:1}" run "$look_asleep" use 1 expect '+PONG\r\n' run "$look_idle" "${steps[@]}" call 'SET k v' \
        expect '+OK\r\n' "${leave[@]}" connect call 'GET k' expect '$1\r\nv\r\n'
    [ $((SECONDS - before)) -le 10 ] || fail "without a free descriptor" "expected: 20 times PING take no time" \
        "but:      all took $((SECONDS - before)) s: it naps"
}

@test "it uses no processor time while clients are silent, in mid-request or over" {
    hint "POLLOUT is asked for although nothing waits to go, or an incomplete request is tried again and again" "Nobody is held up"
    needs_proc
    serve 127.0.0.1 0
    repeat 12 call 'GET big'
    probe narrow "$address" call PING expect '+PONG\r\n' connect send '*2\r\n$4\r\nECHO\r\n$5\r\nhe' connect send 'PIN' \
        connect call QUIT expect '+OK\r\n' connect call 'SET big @1000000' expect '+OK\r\n' "${steps[@]}" \
        connect call PING expect '+PONG\r\n' shut-down expect-end run "$look_asleep" run "$look_idle"
}

@test "it goes on after it was stopped and continued" {
    hint "poll() or send() is interrupted, and that is taken for an error" "Nobody is held up"
    needs_proc
    serve 127.0.0.1 0
    repeat 12 expect-bulk 1000000
    bulks=("${steps[@]}")
    repeat 12 call 'GET big'
    probe narrow "$address" call 'SET big @1000000' expect '+OK\r\n' "${steps[@]}" run "$look_asleep" run "$stop_and_continue" \
        run "$look_asleep" expect-bulk 1000000 run "$stop_and_continue" "${bulks[@]:2}" call PING expect '+PONG\r\n'
    probe tcp "$address" call PING expect '+PONG\r\n' run "$stop_and_continue" call PING expect '+PONG\r\n'
}

@test "it holds no more descriptors and processes after many clients" {
    hint "the connected socket is not closed after QUIT, after an error, or after a client that left in mid-request" "Nobody is held up"
    needs_proc
    files=24 serve 127.0.0.1 0
    probe -n 3 tcp "$address" call PING expect '+PONG\r\n' shut-down expect-end
    remember
    probe -n 30 tcp "$address" call PING expect '+PONG\r\n' shut-down expect-end
    probe -n 30 tcp "$address" call QUIT expect '+OK\r\n' expect-end close
    probe -n 30 tcp "$address" send '*1\r\n$-5\r\n' expect-line '-ERR Protocol error: ' expect-end close
    probe -n 30 tcp "$address" send '*2\r\n$4\r\nECHO\r\n$5\r\nhe' shut-down expect-end close
    probe -n 30 tcp "$address" send 'PIN' reset
    repeat 12 call 'GET big'
    probe -n 4 narrow "$address" call 'SET big @1000000' expect '+OK\r\n' "${steps[@]}" run "$look_asleep" reset
    holds_no_more
}

@test "it holds no more memory after many clients and requests" {
    hint "the buffer of a client that is gone, or what waits for it, or a value that is replaced or deleted, is not freed" "Nobody is held up"
    needs_proc
    serve 127.0.0.1 0
    memory_settles -n 300 tcp "$address" call 'SET k @2000' call 'SET l @2000' call 'DEL l' call 'GET k' \
        expect '+OK\r\n+OK\r\n:1\r\n' expect-bulk 2000 send 'PIN' close
    memory_settles -n 50 tcp "$address" call QUIT expect '+OK\r\n' expect-end connect send '*1\r\n$-5\r\n' \
        expect-line '-ERR Protocol error: ' expect-end
    repeat 12 call 'GET big'
    memory_settles -n 12 narrow "$address" call 'SET big @1000000' expect '+OK\r\n' "${steps[@]}" run "$look_asleep" reset
}

@test "SIGINT and SIGTERM end it with status 0, whatever its clients do" {
    hint "without a handler a signal's status is not 0; a handler that sets a flag is not enough while poll() waits" "Nobody is held up"
    needs_proc
    repeat 12 call 'GET big'
    for signal in INT TERM; do
        serve 127.0.0.1 0
        probe narrow "$address" call 'SET big @1000000' expect '+OK\r\n' "${steps[@]}" connect send '*2\r\n$4' connect run "$look_asleep" run "kill -s $signal $server"
        ends_well "$signal"
    done
}

@test "it is prepared for SIGTERM when it says that it listens" {
    hint "the handler comes after the ready line; who reads that line may send SIGTERM at once" "Nobody is held up"
    is_prepared 127.0.0.1 0
}

@test "SIGTERM ends it also while clients keep coming" {
    hint "SIGTERM is let in only while nothing else is ready" "Nobody is held up"
    serve 127.0.0.1 0
    besiege call PING call PING expect '+PONG\r\n+PONG\r\n'
    probe tcp "$address" call PING expect '+PONG\r\n'
    kill -s TERM "$server"
    ends_well TERM
}

@test "a server that closed first can be started again at once" {
    hint "SO_REUSEADDR is missing, or it is set after bind()" "Nobody is held up"
    alone
    serve 127.0.0.1 65432
    probe tcp "$address" call QUIT expect '+OK\r\n' expect-end
    stop_server
    serve 127.0.0.1 65432
    probe tcp "$address" call PING expect '+PONG\r\n'
}

@test "a port that somebody listens on is a failed bind" {
    hint "SO_REUSEPORT lets two servers share a port; SO_REUSEADDR does not" "Nobody is held up"
    serve 127.0.0.1 0
    try server 127.0.0.1 "$port"
    fails 1 bind
}

@test "without arguments it listens on 127.0.0.1 and port 65432" {
    hint "the defaults are 127.0.0.1 and 65432" "Nobody is held up"
    alone
    serve
    [ "$address" = 127.0.0.1:65432 ] || fail "it says: $address" "expected: 127.0.0.1:65432"
    probe tcp 127.0.0.1:65432 call PING expect '+PONG\r\n'
    probe refused 127.0.0.2:65432
}

@test "it serves over IPv6, by name, and on every address" {
    hint "the address is not getaddrinfo()'s with its length; the empty host is a null pointer with AI_PASSIVE" "Nobody is held up"
    is_reached call PING expect '+PONG\r\n'
}

@test "a server's command line that makes no sense is a usage error" {
    hint "argc and the port are not looked at" "Nobody is held up"
    refuses_ports server
    try server 127.0.0.1 0 0
    fails 2
}

@test "the client sends a command and prints the reply" {
    hint "*, the number of words, and each word as \$, its length, CR LF, the word, CR LF" "The client"
    client_arguments='"$HOST" "$PORT" SET "a key" ""' meet expect '*3\r\n$3\r\nSET\r\n$5\r\na key\r\n$0\r\n\r\n' \
        send '+OK\r\n' ends 0
    printed OK
    client_arguments='"$HOST" "$PORT" DEL "a b" c' meet expect '*3\r\n$3\r\nDEL\r\n$3\r\na b\r\n$1\r\nc\r\n' \
        send ':2\r\n' ends 0
    printed 2
    client_arguments='"$HOST" "$PORT" EXISTS "a b"' meet expect '*2\r\n$6\r\nEXISTS\r\n$3\r\na b\r\n' send ':9223372036854775807\r\n' ends 0
    printed 9223372036854775807
}

@test "the client sends long arguments, and many" {
    hint "a buffer, or an array, of a fixed size is too small: what the words need is known before they are sent" "The client"
    printf '%060000d' 0 >long
    client_arguments='"$HOST" "$PORT" DEL "a b" "$(cat long)" $(seq 101 400)' meet \
        expect "*303\r\n\$3\r\nDEL\r\n\$3\r\na b\r\n\$60000\r\n$(cat long)\r\n$(printf '$3\\r\\n%d\\r\\n' {101..400})" send ':2\r\n' ends 0
    printed 2
}

@test "the client prints the bytes of a string" {
    hint "a string ends where its length says: not at a zero byte, nor at CR LF" "The client"
    client_arguments='"$HOST" "$PORT" GET "a key"' meet expect '*2\r\n$3\r\nGET\r\n$5\r\na key\r\n' \
        send '$11\r\na\0b\r\n\xff%%s%n\r\n' ends 0
    printed 'a\0b\r\n\xff%%s%n'
    client_arguments='"$HOST" "$PORT" GET "a key"' meet expect '*2\r\n$3\r\nGET\r\n$5\r\na key\r\n' send '$0\r\n\r\n' ends 0
    printed ''
}

@test "the client prints an empty line for nil" {
    hint "a length of -1 is no length: there are no bytes to wait for" "The client"
    client_arguments='"$HOST" "$PORT" GET "a key"' meet expect '*2\r\n$3\r\nGET\r\n$5\r\na key\r\n' send '$-1\r\n' ends 0
    printed '\n'
}

@test "the client prints an error, and exits with status 1" {
    hint "a reply that begins with - is an error; it is a reply all the same, and goes to stdout" "The client"
    client_arguments='"$HOST" "$PORT" NOSUCH "a key"' meet expect '*2\r\n$6\r\nNOSUCH\r\n$5\r\na key\r\n' \
        send '-ERR what is that?\r\n' ends 1
    grep -q '^-\{0,1\}ERR what is that?' out || fail "client" "expected: ERR what is that?" "but:      $(shown out)"
    long=$(printf '%05000d' 0)
    client_arguments='"$HOST" "$PORT" NOSUCH "a key"' meet expect '*2\r\n$6\r\nNOSUCH\r\n$5\r\na key\r\n' send "-ERR $long\r\n" ends 1
    grep -qx "[-]\{0,1\}ERR $long" out || fail "client" "expected: ERR $long" "but:      $(shown out)"
}

@test "the client takes a reply in pieces, and a large one" {
    hint "one recv() gives part of the reply: read until the line, or the string, is whole" "The client"
    client_arguments='"$HOST" "$PORT" GET "a key"' meet expect '*2\r\n$3\r\nGET\r\n$5\r\na key\r\n' \
        slowly : send '$5\r\nhel' slowly '' send 'lo\r\n' ends 0
    printed hello
    client_arguments='"$HOST" "$PORT" GET "a key"' meet expect '*2\r\n$3\r\nGET\r\n$5\r\na key\r\n' \
        send '$1000000\r\n' send-stream 1000000 send '\r\n' ends 0
    "$TOOLS/probe" stream 1000000 | cmp -n 1000000 - out || fail "the client prints other bytes than came"
}

@test "the client tells a server that closes before its reply is whole" {
    hint "an end of file is no reply" "The client"
    for end in ' close' '+O close' '$11\r\nhello close' ' reset'; do
        client_arguments='"$HOST" "$PORT" GET "a key"' meet expect '*2\r\n$3\r\nGET\r\n$5\r\na key\r\n' \
            send "${end% *}" "${end##* }" ends 1
        [ -s err ] || fail "expected: a line on stderr that says why"
    done
}

@test "the client tells that nobody is there" {
    hint "connect()'s -1 is not looked at, or the message does not name the call" "The client"
    probe bind 127.0.0.1:0 start "$(client_arguments='"$HOST" "$PORT" PING' run_client)" ends 1
    fails 1 connect client
}

@test "the client connects over IPv6, and tries every address of a name" {
    hint "the family is that of the address (ai_family), its length is ai_addrlen; the next is at ai_next" "The client"
    printf '%s\n' '127.0.0.2 two' '127.0.0.3 two' >hosts
    alone hosts
    last=$(probe names two 0 | tail -n 1)
    client_arguments='two "$PORT" ECHO "a b"' meeting_point=$last meet expect '*2\r\n$4\r\nECHO\r\n$3\r\na b\r\n' \
        send '$3\r\na b\r\n' ends 0
    printed 'a b'
    needs_address '[::1]'
    client_arguments='"$HOST" "$PORT" ECHO "a b"' meeting_point='[::1]:0' meet expect '*2\r\n$4\r\nECHO\r\n$3\r\na b\r\n' \
        send '$3\r\na b\r\n' ends 0
    printed 'a b'
}

@test "a client's command line that makes no sense is a usage error" {
    hint "argc and the port are not looked at" "The client"
    for port in 65536 4294967376 18446744073709551696 -1 +80 80x x '' ' 80' '80 '; do
        try client 127.0.0.1 "$port" PING
        fails 2
    done
    for words in '' 127.0.0.1 '127.0.0.1 80'; do
        # shellcheck disable=SC2086
        try client $words
        fails 2
    done
}
