# echo.bash - what the suites of several echo servers ask alike (04, 06, 08).
#
# A suite says where its server listens: `server_arguments`, and as `transport`
# what probe wants in front of its address.  Most functions are a test's body.

# What a conversation can `run` as well.
export interrupt=': press Ctrl-C, which interrupts the whole process group; kill -s INT -- "-$server"'
export nothing_left=': wait until no process is left; exec "$TOOLS/look" "$guard" at-most 0 0'

# start_echo: start the suite's server.
start_echo() {
    serve "${server_arguments[@]}"
}

# talk [STEP]...: connect to the server, `times` times, and take these steps; of
# `kind` narrow, with a small receive buffer.
talk() {
    probe -i -n "${times:-1}" "${kind:-connect}" "${transport-}$address" "$@"
}

# says_why: the client has said on stderr why it failed.
says_why() {
    [ -s err ] || fail "client" "expected: a line on stderr that says why it failed" "but:      nothing on stderr"
}

sends_back_zero_bytes() {
    start_echo
    talk send 'a\0b\0\0c' expect 'a\0b\0\0c' send '\0' expect '\0' shut-down expect-end
}

sends_back_words() {
    local word

    start_echo
    for word in 'exit\n' 'quit\n' 'bye\n' 'q\n' '.\n' '\n' '\r\n' '\x04' '\x1a' '\xff'; do
        talk send "$word" expect "$word" send "$word" expect "$word"
    done
}

# sends_back_sizes SIZE...
sends_back_sizes() {
    local size

    start_echo
    for size; do
        talk exchange "$size" shut-down expect-end
    done
}

closes_after_the_client() {
    start_echo
    talk shut-down expect-end
    talk send hello expect hello shut-down expect-end
}

loses_nothing_when_stopped() {
    needs_proc
    start_echo
    kind=${narrow_kind:-connect} talk fill "$look_asleep" run "$stop_and_continue" expect-filled shut-down expect-end
}

goes_on_when_continued() {
    needs_proc
    start_echo
    talk send hello expect hello run "$look_asleep" run "$stop_and_continue" send again expect again
}

keeps_clients_apart() {
    needs_proc
    start_echo
    kind=${narrow_kind:-connect} talk fill "$look_asleep" connect send-stream 30000 run "$look_asleep" \
        use 1 expect-filled shut-down expect-end use 2 expect-stream 30000 shut-down expect-end
}

survives_a_client_that_has_left() {
    needs_proc
    start_echo
    pause_server
    talk send hello shut-down "${hang_up:-close}"
    look continue
    talk send hello expect hello
    pause_server
    talk send-stream 50000 close
    look continue
    talk send hello expect hello
    look asleep
}

serves_one_after_another() {
    start_echo
    times=20 talk send hello expect hello shut-down expect-end
    # A parent that waits in accept() is interrupted when its child ends.
    [ ! -e /proc/self/stat ] || times=5 talk send hello expect hello run "$look_asleep" shut-down expect-end run "$look_asleep"
}

# A short queue has room for one of them; the next one comes when that is accepted.
survives_resets_in_the_queue() {
    needs_proc
    start_echo
    pause_server
    talk reset
    look continue
    talk send hello expect hello
    pause_server
    talk send hello reset
    look continue
    talk send hello expect hello
    look asleep
}

idles_beside_a_silent_client() {
    needs_proc
    start_echo
    talk send hello expect hello run "$look_idle"
}

idles_after_a_timeout() {
    needs_proc
    hurried "${server_arguments[@]}"
    look idle
    talk send hello expect hello run "$look_idle" send again expect again close
    look idle
}

# A client that is silent for longer than any time limit.
keeps_a_silent_client() {
    hurried "${server_arguments[@]}"
    talk send hello expect hello run ': wait 1.2 s; sleep 1.2' send again expect again
}

client_prints_the_echo() {
    printf 'hello\nagain' >in
    meet echo close ends 0
    same in out
}

client_prints_what_it_receives() {
    printf 'hello\n' >in
    meet expect 'hello\n' send 'HELLO\n' expect-end close ends 0
    out_is HELLO
}

client_sends_and_prints_immediately() {
    typed 'hello\n'
    client_input=stdin meet expect 'hello\n' send 'hel' until ': the client has printed "hel"; [ "$(cat out)" = hel ]' \
        run ': type "again"; echo again >stdin' expect 'again\n' send 'lo\nag' until ': the client has printed eight bytes; [ "$(wc -c <out)" = 8 ]'
}

client_sends_several_lines() {
    typed 'hello\nagain\nand '
    client_input=stdin meet expect 'hello\nagain\nand ' run ': type "quit"; echo quit >stdin' expect 'quit\n'
}

client_sees_the_end_of_a_pipe() {
    needs_program client # or nobody reads what we write
    mkfifo stdin
    printf 'hello\n' >stdin 3>&- 4>&- &
    client_input=stdin meet echo close ends 0
    out_is hello
}

# It may wait for our end of file, or leave when it has all of its bytes.
client_ends_after_the_echo() {
    needs_proc
    printf 'hello\n' >in
    meet expect 'hello\n' expect-end run "$client_asleep" send 'hello\n' close ends 0
    same in out
}

client_ends_without_input() {
    meet expect-end close ends 0
    same in out
}

client_reports_an_early_end() {
    printf 'hello\n' >in
    meet expect 'hello\n' send 'hel' close ends 1
    says_why
    [ "$(cat out)" = hel ] || fail "client" "expected on stdout: hel" "but:                $(shown out)"
}

client_reports_an_end_before_its_input_ends() {
    typed 'hello\n'
    client_input=stdin meet expect 'hello\n' send 'hello\n' until ': the client has printed something; [ -s out ]' close ends 1
    says_why
    grep -qx 'left 0' client.report || fail "the client ended, but it left processes running"
}
