#!/usr/bin/env bats
# Lesson 11: what `server [HOST [PORT]]` and `client HOST PORT COMMAND [ARGUMENT...]`
# must do.

programs='server client'
ready='listening on'
# shellcheck source=tests/helpers.bash
source "$BATS_TEST_DIRNAME/helpers.bash"
# shellcheck source=tests/helpers/many.bash
source "$BATS_TEST_DIRNAME/helpers/many.bash"
# shellcheck source=tests/helpers/resp.bash
source "$BATS_TEST_DIRNAME/helpers/resp.bash"

@test "it answers PING, with or without a message" {
    hint "The reply has another form. It is +PONG and CR LF; with a message, it is that message as a bulk string." "What does a reply look like?"
    serve 127.0.0.1 0
    probe tcp "$address" call PING expect '+PONG\r\n' call 'PING hello' expect '$5\r\nhello\r\n' \
        send '*2\r\n$4\r\nPING\r\n$0\r\n\r\n' expect '$0\r\n\r\n' call 'PING a\0b\r\n' expect '$5\r\na\0b\r\n\r\n'
}

@test "ECHO sends its argument back" {
    hint "The reply has another form. A bulk string is \$, its length in bytes, CR LF, the bytes, CR LF." "What does a reply look like?"
    serve 127.0.0.1 0
    probe tcp "$address" call 'ECHO hello' expect '$5\r\nhello\r\n' send '*2\r\n$4\r\nECHO\r\n$0\r\n\r\n' expect '$0\r\n\r\n'
}

@test "GET returns the value that SET stored last, or nil" {
    hint "A second SET does not replace the first value, or nil has another form: it is \$-1 and CR LF." "Where are the values?"
    serve 127.0.0.1 0
    probe tcp "$address" call 'GET k' expect '$-1\r\n' call 'SET k v' expect '+OK\r\n' call 'GET k' expect '$1\r\nv\r\n' \
        call 'SET k longer' expect '+OK\r\n' call 'SET l other' expect '+OK\r\n' call 'GET k' expect '$6\r\nlonger\r\n' \
        send '*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n' expect '+OK\r\n' call 'GET k' expect '$0\r\n\r\n' \
        call 'GET K' expect '$-1\r\n' call 'GET l' expect '$5\r\nother\r\n'
}

@test "it accepts command names in upper and lower case" {
    hint "The name is compared with strcmp() or memcmp(). Compare it with strncasecmp()." "How does a request become a reply?"
    serve 127.0.0.1 0
    probe tcp "$address" call 'set k v' expect '+OK\r\n' call 'gEt k' expect '$1\r\nv\r\n' call 'Ping' expect '+PONG\r\n' \
        call 'dbsize' expect ':1\r\n' call 'Exists k' expect ':1\r\n' call 'del k' expect ':1\r\n' call 'quIT' expect '+OK\r\n' expect-end
}

@test "DEL deletes keys and returns how many there were" {
    hint "DEL returns the number of its arguments. Count the keys that were there; a key that is named twice counts once." "How does a request become a reply?"
    serve 127.0.0.1 0
    probe tcp "$address" call 'SET a 1' expect '+OK\r\n' call 'SET b 2' expect '+OK\r\n' call 'SET c 3' expect '+OK\r\n' \
        call 'DEL nothing' expect ':0\r\n' call 'DEL a b a d' expect ':2\r\n' call 'GET a' expect '$-1\r\n' \
        call 'GET b' expect '$-1\r\n' call 'GET c' expect '$1\r\n3\r\n' call 'DEL c' expect ':1\r\n' \
        call 'SET a 4' expect '+OK\r\n' call 'GET a' expect '$1\r\n4\r\n'
}

@test "EXISTS counts keys, and a repeated key each time" {
    hint "EXISTS returns whether a key is there. It returns how many of its arguments are, repeats included." "How does a request become a reply?"
    serve 127.0.0.1 0
    probe tcp "$address" call 'EXISTS a' expect ':0\r\n' call 'SET a 1' expect '+OK\r\n' call 'SET b 2' expect '+OK\r\n' \
        call 'EXISTS a' expect ':1\r\n' call 'EXISTS a a b c a' expect ':4\r\n'
}

@test "DBSIZE returns the number of keys" {
    hint "The count goes up when a key is set again, or does not go down when a key is deleted." "How does a request become a reply?"
    serve 127.0.0.1 0
    probe tcp "$address" call DBSIZE expect ':0\r\n' call 'SET a 1' expect '+OK\r\n' call 'SET b 2' expect '+OK\r\n' \
        call 'SET a 3' expect '+OK\r\n' call DBSIZE expect ':2\r\n' call 'DEL a' expect ':1\r\n' call DBSIZE expect ':1\r\n'
}

@test "an unknown command is an error, and the connection stays open" {
    hint "The server closes, or takes the beginning of a name for the name. Send a line that begins with -, and go on with the next request." "Which errors keep the connection open?"
    serve 127.0.0.1 0
    probe tcp "$address" call 'NOSUCH a b' expect-line '-' call PING expect '+PONG\r\n' call PIN expect-line '-' \
        call PINGS expect-line '-' call 'GETS k' expect-line '-' send '*1\r\n$0\r\n\r\n' expect-line '-' \
        send 'nosuch\r\n' expect-line '-' call PING expect '+PONG\r\n' call 'PING\0' expect-line '-' \
        call 'EXISTSX k' expect-line '-' send '$5\r\n' expect-line '-' \
        send '+OK\n' expect-line '-' send '-x\n' expect-line '-' send ':1\n' expect-line '-' \
        call PING expect '+PONG\r\n'
}

@test "a wrong number of arguments is an error, and the connection stays open" {
    hint "The program uses an argument without checking how many there are." "Which errors keep the connection open?"
    serve 127.0.0.1 0
    for words in 'PING a b' ECHO 'ECHO a b' SET 'SET k' GET 'GET k k' DEL EXISTS 'DBSIZE k'; do
        probe tcp "$address" call "$words" expect-line '-' call PING expect '+PONG\r\n'
    done
}

@test "SET with an unknown option is an error and stores nothing" {
    hint "SET ignores what follows the value. EX 1 would mean that the value expires: reply with an error to every option that you do not implement." "Which errors keep the connection open?"
    serve 127.0.0.1 0
    probe tcp "$address" call 'SET k v NOSUCH' expect-line '-' call 'SET k v NOSUCH 10' expect-line '-' call 'GET k' expect '$-1\r\n'
}

@test "an inline request is words and the end of a line" {
    hint "The server expects an array. A line that does not begin with * is a request too; it ends with LF or CR LF, and any number of spaces separates its words." "Can people type requests?"
    serve 127.0.0.1 0
    probe tcp "$address" send 'PING\r\n' expect '+PONG\r\n' send 'ping\n' expect '+PONG\r\n' \
        send 'SET k v\n' expect '+OK\r\n' send '  get   k  \r\n' expect '$1\r\nv\r\n' send 'exists k k a\r\n' expect ':2\r\n' \
        send 'ECHO $5\n' expect '$2\r\n$5\r\n' send 'ECHO a*\n' expect '$2\r\na*\r\n' call 'GET k' expect '$1\r\nv\r\n'
}

@test "it ignores empty lines and empty arrays" {
    hint "The server replies to a line without a word, or to *0. Neither is a request: send nothing." "Can people type requests?"
    serve 127.0.0.1 0
    probe tcp "$address" send '\r\n\n*0\r\nPING\r\n' expect '+PONG\r\n' send '*0\r\n' send '\r\n' call PING expect '+PONG\r\n'
}

@test "it accepts a request that arrives byte by byte" {
    hint "The server takes what one recv() returns for a whole request. Keep the bytes until the request is complete." "What if a request arrives in pieces?"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" slowly "$look_asleep" send '*2\r\n$4\r\necho\r\n$12\r\n' slowly '' \
        send '\r\n$1\r\n*1\r\nab' slowly "$look_asleep" send '\r\n' expect '$12\r\n\r\n$1\r\n*1\r\nab\r\n' \
        send 'PING\r\n' expect '+PONG\r\n'
}

@test "it accepts a request that arrives in two pieces, cut anywhere" {
    hint "The server misreads a number, a CR LF or a string whose second half has not arrived. Wait for the rest, then parse it." "What if a request arrives in pieces?"
    needs_proc
    serve 127.0.0.1 0
    accepts_two_pieces
}

@test "it answers many requests that arrive in one piece, in order" {
    hint "After one request the server calls poll(), which knows nothing of the requests that are in the buffer already. Carry out every complete request first." "What if several requests arrive together?"
    serve 127.0.0.1 0
    probe tcp "$address" send '*1\r\n$4\r\nPING\r\n*2\r\n$4\r\nECHO\r\n$1\r\na\r\nECHO b\r\n\r\n*0\r\nnosuch\nPING\nEC' \
        expect '+PONG\r\n$1\r\na\r\n$1\r\nb\r\n' expect-line '-' expect '+PONG\r\n' send 'HO c\n' expect '$1\r\nc\r\n' \
        send "$(printf 'ECHO %d\\n' {1000..5999})" send "$(printf 'ECHO %d\\n' {6000..9999})" \
        expect "$(printf '$4\\r\\n%d\\r\\n' {1000..5999})" expect "$(printf '$4\\r\\n%d\\r\\n' {6000..9999})"
}

@test "it answers PING and ECHO with 70,000 bytes" {
    hint "A buffer of a fixed size is too small for the request, or one send() took only a part of the reply." "What if a request arrives in pieces?"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" call 'ECHO @70000' expect-bulk 70000 call 'PING @70000' expect-bulk 70000
    pause_server # it finds all of the request in one piece
    probe tcp "$address" call 'ECHO @70000' run "$resume" expect-bulk 70000
}

@test "keys and values may hold any bytes" {
    hint "strlen(), strcmp() or printf() stops at a zero byte. Keep the length of each string, and use memcmp(), memcpy() and fwrite()." "Where are the values?"
    serve 127.0.0.1 0
    probe tcp "$address" call 'SET a\0b v\r\n\0\xff' expect '+OK\r\n' call 'SET a\0c w' expect '+OK\r\n' \
        call 'SET a x' expect '+OK\r\n' call 'SET \r\n y' expect '+OK\r\n' \
        send '*3\r\n$3\r\nSET\r\n$0\r\n\r\n$1\r\nz\r\n' expect '+OK\r\n' call 'GET a\0b' expect '$5\r\nv\r\n\0\xff\r\n' \
        call 'GET a\0c' expect '$1\r\nw\r\n' call 'GET a' expect '$1\r\nx\r\n' call 'GET \r\n' expect '$1\r\ny\r\n' \
        send '*2\r\n$3\r\nGET\r\n$0\r\n\r\n' expect '$1\r\nz\r\n' call 'GET a\0' expect '$-1\r\n' call DBSIZE expect ':5\r\n' \
        send '*2\r\n$3\r\nDEL\r\n$0\r\n\r\n' expect ':1\r\n' send '*3\r\n$3\r\nSET\r\n$1\r\ne\r\n$0\r\n\r\n' expect '+OK\r\n' \
        call 'EXISTS e' expect ':1\r\n'
}

@test "it keeps thousands of keys apart" {
    hint "Two keys with the same hash are taken for one, or the table has a fixed number of entries. Compare the whole key." "Where are the values?"
    serve 127.0.0.1 0
    keeps_keys_apart
}

@test "deleting a key leaves the other keys alone" {
    hint "The entry is removed with the rest of its chain in the hash table. Link the entry before it to the one after it." "Where are the values?"
    serve 127.0.0.1 0
    probe tcp "$address" send "$(printf 'SET key%d x\\n' {1..3000})" expect "$(ok 3000)" \
        call "DEL $(printf 'key%d ' {1..3000..3})" expect ':1000\r\n' call DBSIZE expect ':2000\r\n' \
        call "EXISTS $(printf 'key%d ' {2..3000..3})" expect ':1000\r\n' call "EXISTS $(printf 'key%d ' {3..3000..3})" expect ':1000\r\n' \
        call "EXISTS $(printf 'key%d ' {1..3000..3})" expect ':0\r\n'
}

@test "all clients see the same store" {
    hint "Each connection, or each child process, has a store of its own. All of them must share one." "Where are the values?"
    serve 127.0.0.1 0
    probe tcp "$address" connect use 1 call 'SET k v' expect '+OK\r\n' use 2 call 'GET k' expect '$1\r\nv\r\n' \
        call 'DEL k' expect ':1\r\n' use 1 call 'GET k' expect '$-1\r\n' call 'SET k w' expect '+OK\r\n' close
    probe tcp "$address" call 'GET k' expect '$1\r\nw\r\n'
}

@test "clients at the same time do not disturb the store" {
    hint "A thread serves each client, and no lock protects the store. Take a pthread_mutex_t before each command, and release it after." "No client delays another"
    has_no_race
}

@test "the error for an unknown command names the command" {
    hint "The reply has other words. Some clients look for these: -ERR unknown command, and the name in single quotes." "Which errors keep the connection open?"
    serve 127.0.0.1 0
    probe tcp "$address" call 'NOSUCH a b' expect-line "-ERR unknown command 'NOSUCH'" call HGETALL expect-line "-ERR unknown command 'HGETALL'" \
        send 'NOSUCH\n' expect-line "-ERR unknown command 'NOSUCH'" call 'X\r\nY' expect-line "-ERR unknown command 'X" call PING expect '+PONG\r\n'
}

@test "an error reply is one line, whatever bytes the request holds" {
    hint "The error reply quotes the client's bytes, and a CR LF among them ends it. Replace control bytes before you quote them." "Which errors keep the connection open?"
    serve 127.0.0.1 0
    probe tcp "$address" call 'a\r\nb\r\n c' expect-line '-' call PING expect '+PONG\r\n' call '\n' expect-line '-' \
        call PING expect '+PONG\r\n' call 'GET \r\n \r\n' expect-line '-' call PING expect '+PONG\r\n' \
        call 'x\0y\xff%s%n' expect-line '-' call '@5000 @5000' expect-line '-' call PING expect '+PONG\r\n'
}

@test "it answers every request that arrived before a half-close" {
    hint "The server closes when recv() returns 0, although replies are waiting to be sent. Answer the requests in the buffer, send the replies, then close." "What if several requests arrive together?"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" call 'SET k v' call 'GET k' call PING shut-down expect '+OK\r\n$1\r\nv\r\n+PONG\r\n' expect-end
    repeat 18 expect-bulk 1000000
    probe narrow "$address" "${read_nothing[@]}" send "$(printf 'GET big\\n%.0s' {1..6})PING\n" shut-down run "$look_asleep" \
        "${steps[@]}" expect '+PONG\r\n' expect-end
    probe tcp "$address" send '*2\r\n$3\r\nGET\r\n$1' shut-down expect-end
}

@test "it answers QUIT, closes, and drops later requests" {
    hint "The server goes on with the requests that arrived together with QUIT. After +OK, drop them and close." "Which errors close it?"
    serve 127.0.0.1 0
    probe tcp "$address" call QUIT expect '+OK\r\n' expect-end
    probe tcp "$address" send 'PING\nQUIT\nSET k v\nPING\n' expect '+PONG\r\n+OK\r\n' expect-gone
    probe tcp "$address" call 'EXISTS k' expect ':0\r\n'
}

@test "a web page cannot send commands" {
    hint "A browser sends whatever a page puts into a form, and the server takes each line for a request. Close the connection after a line whose first word is POST or Host:." "Can a web page send commands to our server?"
    serve 127.0.0.1 0
    for line in 'POST / HTTP/1.1' 'GET / HTTP/1.1' 'PUT /x HTTP/1.1'; do
        probe tcp "$address" send "$line\r\nHost: localhost:65432\r\nContent-Length: 9\r\n\r\nSET k v\r\n" drain
    done
    probe tcp "$address" send 'POST /\r\n' drain connect call 'EXISTS k' expect ':0\r\n' \
        send 'SET k POST\r\nGET Host:\r\n' expect '+OK\r\n$-1\r\n' call 'GET k' expect '$4\r\nPOST\r\n'
}

@test "an invalid length is a protocol error" {
    hint "atoi() and strtol() accept a sign, spaces, and letters after the number. Accept digits only, and no number larger than a request may be." "Which errors close it?"
    serve 127.0.0.1 0
    refuses '*2\r\n$4\r\nECHO\r\n$-5\r\n' '*2\r\n$4\r\nECHO\r\n$-1\r\n' '*2\r\n$4\r\nECHO\r\n$1000000000000\r\n' \
        '*1\r\n$99999999999999999999\r\n' '*1\r\n$18446744073709551620\r\n' '*1000000000000\r\n' '*4294967297\r\n' \
        '*1\r\n$4294967300\r\nPING\r\n' '*18446744073709551617\r\n$4\r\nPING\r\n' '*1\r\n$x\r\nPING\r\n' '*x\r\n' \
        '*1\r\n$4x\r\nPING\r\n' '*1x\r\n$4\r\nPING\r\n' '*1\r\n$\r\n\r\n' '*\r\n' '*1\r\n$ 4\r\nPING\r\n' '* 1\r\n$4\r\nPING\r\n' \
        '*1\r\n$+4\r\nPING\r\n' '*1\r\n$4 \r\nPING\r\n' '*1\rx\n$4\r\nPING\r\n'
    probe tcp "$address" call PING expect '+PONG\r\n'
}

@test "a part that is not a bulk string is a protocol error" {
    hint "The program does not check the byte before the length. It must be \$." "Which errors close it?"
    serve 127.0.0.1 0
    refuses '*1\r\n44\r\nPING\r\n' '*1\r\nPING\r\n' '*2\r\n$4\r\nECHO\r\nx2\r\nab\r\n'
}

@test "a bulk string without CR LF after it is a protocol error" {
    hint "The program skips the two bytes after the string. Check that they are CR LF." "Which errors close it?"
    serve 127.0.0.1 0
    refuses '*2\r\n$4\r\nECHO\r\n$3\r\nabcde\r\n' '*1\r\n$3\r\nPING\r\n' '*2\r\n$4\r\nECHO\r\n$0\r\nab\r\n' \
        '*1\r\n$4\r\nPING\rX' '*1\r\n$4\r\nPINGX\n'
}

@test "it answers the requests before a protocol error and none after it" {
    hint "The server drops the earlier replies, or goes on after the error. Nobody knows where the next request begins: send what is waiting and the error, then close." "Which errors close it?"
    serve 127.0.0.1 0
    probe tcp "$address" send 'SET a 1\n*1\r\n$-5\r\nSET b 2\n*1\r\n$4\r\nPING\r\n' expect '+OK\r\n' \
        expect-line '-ERR Protocol error: ' expect-gone
    probe tcp "$address" call 'EXISTS a a b' expect ':2\r\n'
}

@test "the reply to a protocol error arrives although the client still sends" {
    hint "close() with unread bytes sends a reset, which destroys the reply. Shut down the sending side, and read until the client's end of file." "Which errors close it?"
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" call 'SET k @300000' expect '+OK\r\n' send '*2\r\n$3\r\nGET\r\n$1\r\nk\r\n*1\r\n$-5\r\n' send-stream 100000 \
        run "$look_asleep" send-stream 20000 run "$look_asleep" expect-bulk 300000 expect-line '-ERR Protocol error: ' expect-gone
}

@test "a connection that is about to close delays no other client" {
    hint "The server waits in recv() for the end of file of one client. Let poll() wait for it, as for all others." "Which errors close it?"
    serve 127.0.0.1 0
    probe tcp "$address" send '*1\r\n$-5\r\n' expect-line '-ERR Protocol error: ' connect call PING expect '+PONG\r\n' \
        use 1 send-stream 100000 use 2 call QUIT expect '+OK\r\n' connect call PING expect '+PONG\r\n' use 1 expect-gone
}

@test "it accepts a request of 1,000,000 bytes" {
    hint "The buffer for a request is too small. It must hold 1 MiB, for a line too." "What has a limit?"
    serve 127.0.0.1 0
    probe tcp "$address" call 'SET k @999969' expect '+OK\r\n' call 'GET k' expect-bulk 999969 call 'ECHO @999975' \
        expect-bulk 999975 call PING expect '+PONG\r\n' shut-down expect-end
    part=$(printf '%099999d' 0) # an argument must not be longer than 128 KiB
    repeat 10 send "$part"
    probe tcp "$address" send 'EXISTS ab' "${steps[@]}" send '\n' expect ':0\r\n'
}

@test "a key may be as long as a request" {
    hint "Only the beginning of a key is stored, or compared. Keep the whole key." "Where are the values?"
    serve 127.0.0.1 0
    probe tcp "$address" call 'SET @70000 a' call 'SET @70001 b' call 'SET @900000 c' expect '+OK\r\n+OK\r\n+OK\r\n' \
        call 'GET @70000' expect '$1\r\na\r\n' call 'GET @70001' expect '$1\r\nb\r\n' call 'EXISTS @900000' expect ':1\r\n' \
        call 'EXISTS @899999' expect ':0\r\n' call DBSIZE expect ':3\r\n' call 'DEL @70000 @900000' expect ':2\r\n' call 'EXISTS @70001' expect ':1\r\n'
}

@test "a request of more than 1 MiB is an error" {
    hint "The limit is checked for each string. It is for all bytes of a request together: of 1,048,577 bytes one is too many." "What has a limit?"
    serve 127.0.0.1 0
    probe tcp "$address" call 'SET k @1048545' expect-line '-'
    probe tcp "$address" call 'EXISTS @400000 @400000 @400000' expect-line '-'
    probe tcp "$address" call 'EXISTS @1048545 k k k @100000' expect-line '-'
    probe tcp "$address" call 'EXISTS k' expect ':0\r\n'
}

@test "a line of more than 1 MiB is an error" {
    hint "The length of a line is not limited, so a line without an end fills the memory. It has the limit of a request, even if it should hold a number." "What has a limit?"
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

@test "it accepts a request of 1,024 parts and refuses one of 1,025" {
    hint "The name of the command is not counted. It is a part as well." "What has a limit?"
    serve 127.0.0.1 0
    probe tcp "$address" call 'SET k v' expect '+OK\r\n' call "EXISTS $(printf 'k %.0s' {1..1023})" expect ':1023\r\n' \
        call "EXISTS $(printf 'k %.0s' {1..1024})" expect-line '-'
    probe tcp "$address" send "EXISTS $(printf 'k %.0s' {1..1023})\\n" expect ':1023\r\n' \
        send "EXISTS $(printf 'k %.0s' {1..1024})\\n" expect-line '-'
}

@test "the store holds 60 MB, even when values are replaced or deleted" {
    hint "The bytes of a value that was replaced or deleted still count. Subtract them." "What has a limit?"
    serve 127.0.0.1 0
    stores_60_mb
}

@test "68 MB do not fit into the store, and nothing stored is lost" {
    hint "SET deletes the old value before it checks for room, or does not count the bytes of keys. A SET that fails changes nothing." "What has a limit?"
    serve 127.0.0.1 0
    refuses_68_mb
    [ ! -e /proc/self/stat ] || keeps_no_refused_value
}

@test "it carries out no further request of a client that does not read" {
    hint "The server answers without a limit, and its memory fills with replies that nobody reads. While 64 KiB are waiting for a client, leave its next request alone." "What if a client asks and never reads?"
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

@test "a reply holds the value at the time of the request" {
    hint "The reply is sent from the store, where another client may replace or delete the value meanwhile. Copy it, or count who still needs it." "How does a request become a reply?"
    needs_proc
    serve 127.0.0.1 0
    # (The kernel has not taken all of the requests: one that is carried out later may find nothing.)
    repeat 11 expect-bulk-or-nil 1000000
    mapfile -t others < <(for n in {1..12}; do printf '%s\n' call "SET $n @400000" expect '+OK\r\n'; done)
    probe narrow "$address" "${read_nothing[@]}" \
        connect call 'DEL big' expect ':1\r\n' "${others[@]}" use 1 expect-bulk 1000000 "${steps[@]}"
}

@test "it serves the other clients while one does not read and one sends slowly" {
    hint "A send() or recv() waits for one client, and all the others wait with it. Make every connected socket non-blocking." "No client delays another"
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" "${read_nothing[@]}" connect send '*2\r\n$4\r\nECHO\r\n$5\r\nhe' connect connect call PING expect '+PONG\r\n' \
        call 'ECHO @500000' expect-bulk 500000 use 3 call PING expect '+PONG\r\n' use 2 send 'llo\r\n' expect '$5\r\nhello\r\n' \
        use 1 expect-bulk 1000000 expect-bulk 1000000
}

@test "it serves the other clients while many do not read" {
    hint "Several threads wait in send(), each for a client that does not read, until no thread is left. Make every connected socket non-blocking." "No client delays another"
    needs_proc
    serve 127.0.0.1 0
    repeat 9 "${ask_for_much[@]}" connect
    probe narrow "$address" "${steps[@]}" run "$look_asleep" call PING expect '+PONG\r\n' call 'GET big' expect-bulk 1000000
}

@test "it serves 1,000 clients at the same time" {
    hint "The array is too small, or the limit of descriptors is. Raise the soft limit with setrlimit()." "No client delays another"
    [ "$(ulimit -n)" = unlimited ] || [ "$(ulimit -n)" -ge 1024 ] || skip "a program may have $(ulimit -n) descriptors here, and this takes 1024"
    serve 127.0.0.1 0
    serves_1000
}

@test "a client that leaves does not affect the others" {
    hint "When a client leaves, the last client of the array takes its place, but not all that belongs to it moves along. Move the descriptor and its bytes." "No client delays another"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" send 'ECHO a' connect send '*2\r\n$4\r\nECHO\r\n$2\r\nb' connect send 'ECHO c' connect send 'ECHO d' \
        run "$look_asleep" use 1 close use 3 reset run "$look_asleep" use 4 send 'e\n' expect '$2\r\nde\r\n' \
        use 2 send 'f\r\n' expect '$2\r\nbf\r\n' connect call PING expect '+PONG\r\n'
}

@test "a client that resets, or leaves before its reply, does not affect the others" {
    hint "The program exits when recv() or send() returns -1, or SIGPIPE ends it. Ignore SIGPIPE, and close that one connection." "No client delays another"
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" send '*2\r\n$4' reset connect call PING expect '+PONG\r\n'
    probe narrow "$address" "${read_nothing[@]}" reset connect call PING expect '+PONG\r\n'
    pause_server
    probe tcp "$address" call PING shut-down reset dial run "$resume" call PING expect '+PONG\r\n'
    pause_server
    probe tcp "$address" call 'GET big' call PING close dial run "$resume" call PING expect '+PONG\r\n'
    pause_server
    probe tcp "$address" send 'QUIT\n' send-stream 50000 close dial run "$resume" call PING expect '+PONG\r\n'
    probe tcp "$address" call PING expect '+PONG\r\n'
}

@test "when no descriptor is free it serves its clients and accepts the others later" {
    hint "accept() fails with EMFILE, and the server exits, sleeps, or asks again and again. Stop asking about the listening socket until a client leaves." "No client delays another"
    serves_without_a_free_descriptor
}

@test "it uses no processor time while its clients are silent" {
    hint "The events of a client always include POLLOUT, or an incomplete request is parsed again and again. Ask about POLLOUT only while bytes are waiting." "No client delays another"
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" call PING expect '+PONG\r\n' connect send '*2\r\n$4\r\nECHO\r\n$5\r\nhe' connect send 'PIN' \
        connect call QUIT expect '+OK\r\n' connect "${ask_for_much[@]}" \
        connect call PING expect '+PONG\r\n' shut-down expect-end run "$look_asleep" run "$look_idle"
}

@test "it uses no processor time after a timeout" {
    hint "The timeval of select() is set only once. Linux counts it down, so the next select() does not wait: set it before each call." "No client delays another"
    idles_after_a_timeout 'PING\r\n' '+PONG\r\n'
}

@test "it goes on after Ctrl-Z and fg" {
    hint "A call was interrupted (EINTR), and the server takes its -1 for the end. Call it again." "No client delays another"
    needs_proc
    serve 127.0.0.1 0
    repeat 11 expect-bulk 1000000
    probe narrow "$address" "${read_nothing[@]}" run "$stop_and_continue" \
        run "$look_asleep" expect-bulk 1000000 run "$stop_and_continue" "${steps[@]}" call PING expect '+PONG\r\n'
    probe tcp "$address" call PING expect '+PONG\r\n' run "$stop_and_continue" call PING expect '+PONG\r\n'
}

@test "after many clients it holds no more descriptors and processes than before" {
    hint "A connected socket is not closed, depending on how its client left. Close it after QUIT, after an error, and after an end of file within a request." "No client delays another"
    needs_proc
    files=24 serve 127.0.0.1 0
    probe -n 3 tcp "$address" call PING expect '+PONG\r\n' shut-down expect-end
    remember
    probe -n 30 tcp "$address" call PING expect '+PONG\r\n' shut-down expect-end
    probe -n 30 tcp "$address" call QUIT expect '+OK\r\n' expect-end close
    probe -n 30 tcp "$address" send '*1\r\n$-5\r\n' expect-line '-ERR Protocol error: ' expect-end close
    probe -n 30 tcp "$address" send '*2\r\n$4\r\nECHO\r\n$5\r\nhe' shut-down expect-end close
    probe -n 30 tcp "$address" send 'PIN' reset
    probe -n 4 narrow "$address" "${read_nothing[@]}" reset
    holds_no_more
}

@test "when memory runs out, no reply is cut short" {
    hint "A part of a reply is sent, because there is no memory for the rest of it. Take the part back, and send an error instead, or end the connection." "What if the memory runs out?"
    cuts_no_reply
}

@test "its memory does not grow with the number of clients and requests" {
    hint "The buffer of a client, or a value that was replaced or deleted, is not freed." "No client delays another"
    needs_proc
    serve 127.0.0.1 0
    memory_settles -n 300 tcp "$address" call 'SET k @2000' call 'SET l @2000' call 'DEL l' call 'GET k' \
        expect '+OK\r\n+OK\r\n:1\r\n' expect-bulk 2000 send "*2\r\n\$3\r\nGET\r\n\$999\r\n$(printf "%0500d" 0)" close
    memory_settles -n 50 tcp "$address" call QUIT expect '+OK\r\n' expect-end connect send '*1\r\n$-5\r\n' \
        expect-line '-ERR Protocol error: ' expect-end
    holes=60 memory_settles -n 12 narrow "$address" "${read_nothing[@]}" reset
}

@test "SIGINT and SIGTERM end it with status 0, whatever its clients do" {
    hint "No handler catches the signal, or the handler sets a flag and poll() waits again. Catch SIGINT and SIGTERM, and exit with status 0." "No client delays another"
    needs_proc
    for signal in INT TERM; do
        serve 127.0.0.1 0
        probe narrow "$address" "${ask_for_much[@]}" connect send '*2\r\n$4' connect run "$look_asleep" run "kill -s $signal $server"
        ends_well "$signal"
    done
}

@test "SIGTERM ends it with status 0 as soon as it prints the ready line" {
    hint "The handlers are installed after the ready line. A program that reads this line may send SIGTERM immediately: install them before." "No client delays another"
    is_prepared 127.0.0.1 0
}

@test "SIGTERM ends it with status 0 also when it arrives just before the server waits" {
    hint "The handler only sets a flag. The loop has checked the flag when the signal arrives, so poll() waits although the server should end. Let the handler call _exit(), or write into a pipe that poll() watches." "No client delays another"
    needs_proc
    ends_just_before_it_waits call PING expect '+PONG\r\n'
    ended_with_0 TERM
}

@test "SIGTERM ends it with status 0 while a client is always ready" {
    hint "The signal is blocked except in ppoll(), which returns without delivering it while a descriptor is ready. Use a pipe that poll() watches." "No client delays another"
    ends_when_busy
}

@test "SIGTERM ends it with status 0 while every client sends without a pause" {
    hint "The server checks for the signal only when no client is ready. Check in every turn of the loop." "No client delays another"
    serve 127.0.0.1 0
    besiege call PING call PING expect '+PONG\r\n+PONG\r\n'
    probe tcp "$address" call PING expect '+PONG\r\n'
    kill -s TERM "$server"
    ends_well TERM
}

@test "it can be started again immediately after it has closed a connection first" {
    hint "SO_REUSEADDR is missing, or is set after bind(). Set it before." "No client delays another"
    starts_again call PING expect '+PONG\r\n'
}

@test "it reports a port that another server listens on" {
    hint "SO_REUSEPORT lets two servers share a port. Set SO_REUSEADDR instead." "No client delays another"
    refuses_a_taken_port
}

@test "without arguments it listens on 127.0.0.1 and port 65432" {
    hint "The server has other defaults. They are 127.0.0.1 and 65432." "No client delays another"
    listens_by_default call PING expect '+PONG\r\n'
}

@test "it serves over IPv6, by name, and on every address" {
    hint "The program makes the address itself. Pass bind() the address and length of getaddrinfo(), and call that with AI_PASSIVE and a null pointer for the empty host." "No client delays another"
    is_reached call PING expect '+PONG\r\n'
}

@test "a bad command line is a usage error" {
    hint "The program does not check argc and the port. Print how to call it on stderr, and exit with status 2." "No client delays another"
    refuses_ports server
    try server 127.0.0.1 0 5
    fails 2
}

@test "the client sends a command and prints the reply" {
    hint "The request has another form. It is * and the number of words, then each word as \$, its length, CR LF, the word, CR LF." "The client"
    client_arguments='"$HOST" "$PORT" SET "a key" ""' meet expect '*3\r\n$3\r\nSET\r\n$5\r\na key\r\n$0\r\n\r\n' \
        send '+OK\r\n' ends 0
    client_printed OK
    client_arguments='"$HOST" "$PORT" DEL "a b" c' meet expect '*3\r\n$3\r\nDEL\r\n$3\r\na b\r\n$1\r\nc\r\n' \
        send ':2\r\n' ends 0
    client_printed 2
    client_arguments='"$HOST" "$PORT" EXISTS "a b"' meet expect '*2\r\n$6\r\nEXISTS\r\n$3\r\na b\r\n' send ':9223372036854775807\r\n' ends 0
    client_printed 9223372036854775807
}

@test "the client prints every byte of a string" {
    hint "The client prints until a zero byte or a CR LF. A string ends where its length says: use fwrite()." "The client"
    client_gets 0 send '$11\r\na\0b\r\n\xff%%s%n\r\n'
    client_printed 'a\0b\r\n\xff%%s%n'
    client_gets 0 send '$0\r\n\r\n'
    client_printed ''
}

@test "the client prints an empty line for nil" {
    hint "The client takes the -1 of nil for a length, and waits for bytes that never arrive." "The client"
    client_gets 0 send '$-1\r\n'
    client_printed '\n'
}

@test "the client prints an error and exits with status 1" {
    hint "The client does not print a reply that begins with -, or only as much of it as its buffer has room for; or it exits with status 0. Print the whole line on stdout." "The client"
    client_arguments='"$HOST" "$PORT" NOSUCH "a key"' meet expect '*2\r\n$6\r\nNOSUCH\r\n$5\r\na key\r\n' \
        send '-ERR what is that?\r\n' ends 1
    grep -q '^-\{0,1\}ERR what is that?' out || fail "client" "expected: ERR what is that?" "but:      $(shown out)"
    long=$(printf '%05000d' 0)
    client_gets 1 send "-ERR $long\r\n"
    grep -qx "[-]\{0,1\}ERR $long" out || fail "client" "expected: ERR and 5,000 zeros, in one line" "but:      $(shown out)"
}

@test "the client accepts a reply in pieces, and a long one" {
    hint "The client calls recv() once, which returns a part of the reply. Read until the line, or the string, is complete." "The client"
    client_gets 0 slowly : send '$5\r\nhel' slowly '' send 'lo\r\n'
    client_printed hello
    client_gets 0 send '$1000000\r\n' send-stream 1000000 send '\r\n'
    "$TOOLS/probe" stream 1000000 | cmp -n 1000000 - out || fail "client" "expected: the 1,000,000 bytes of the string" "but:      other bytes"
}

@test "the client sends long arguments, and many of them" {
    hint "The client has a buffer or an array of a fixed size. Compute the size from argc and the lengths of the words." "The client"
    printf '%060000d' 0 >long
    client_arguments='"$HOST" "$PORT" DEL "a b" "$(cat long)" $(seq 101 400)' meet \
        expect "*303\r\n\$3\r\nDEL\r\n\$3\r\na b\r\n\$60000\r\n$(cat long)\r\n$(printf '$3\\r\\n%d\\r\\n' {101..400})" send ':2\r\n' ends 0
    client_printed 2
}

@test "the client reports a server that closes before its reply is complete" {
    hint "The client takes an end of file for the end of the reply. Report it on stderr, and exit with status 1." "The client"
    for end in ' close' '+O close' '$11\r\nhello close' ' reset'; do
        client_gets 1 send "${end% *}" "${end##* }"
        [ -s err ] || fail "client" "expected: a line on stderr that says why it failed" "but:      nothing"
    done
}

@test "the client reports that nobody is there" {
    hint "The return value of connect() is not checked. Print a line that names the call, and exit with status 1." "The client"
    probe bind 127.0.0.1:0 start "$(client_arguments='"$HOST" "$PORT" PING' run_client)" ends 1
    tried=client fails 1 connect ECONNREFUSED
}

@test "the client tries every address of a name" {
    hint "The client uses only the first address of getaddrinfo(). When connect() fails, try the next one, at ai_next, with a new socket." "The client"
    printf '%s\n' '127.0.0.2 two' '127.0.0.3 two' >hosts
    alone hosts
    last=$(probe names two 0 | tail -n 1)
    client_arguments='two "$PORT" ECHO "a b"' meeting_point=$last meet expect '*2\r\n$4\r\nECHO\r\n$3\r\na b\r\n' \
        send '$3\r\na b\r\n' ends 0
    client_printed 'a b'
}

@test "the client connects over IPv6" {
    hint "The family of the socket is fixed. Take it from the address (ai_family), with its length (ai_addrlen)." "The client"
    apart
    needs_address '[::1]'
    meeting_point='[::1]:0' client_gets 0 send '$3\r\na b\r\n'
    client_printed 'a b'
}

@test "a bad command line of the client is a usage error" {
    hint "The program does not check argc and the port. Print how to call it on stderr, and exit with status 2." "The client"
    refuses_clients
}
