# turns.bash - what the suites of echo servers that never wait for a client ask alike
# (09, 13).  Each function is the body of a test, which has the name below it there.

# it sends back every byte as it arrives
sends_back_as_it_arrives() {
    serve 127.0.0.1 0
    probe tcp "$address" send hello expect hello each 'a\0b\n' exchange 100001
}

# it closes the connection when the client has finished sending
closes_after_the_client() {
    serve 127.0.0.1 0
    probe tcp "$address" send hello expect hello shut-down expect-end
    probe tcp "$address" send-stream 200000 shut-down expect-stream 200000 expect-end
    probe tcp "$address" shut-down expect-end
}

# it serves a second client while the first one is silent
serves_beside_a_silent_client() {
    serve 127.0.0.1 0
    probe tcp "$address" connect send hello expect hello connect exchange 100000 \
        use 1 send again expect again use 2 send 'and again' expect 'and again'
}

# it uses no processor time while a client is silent
idles_beside_a_silent_client() {
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" connect send hello expect hello run "$look_idle"
}

# it uses no processor time after clients have left
idles_after_clients_have_left() {
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" connect connect use 1 send hello expect hello close use 2 reset use 3 shut-down expect-end
    look idle
}

# SIGINT and SIGTERM end it with status 0
ends_with_status_0() {
    for signal in INT TERM INT TERM; do
        serve 127.0.0.1 0
        kill -s "$signal" "$server"
        ends_well "$signal"
    done
}

# it sends back everything that arrived while it was stopped
sends_back_what_arrived_meanwhile() {
    needs_proc
    serve 127.0.0.1 0
    pause_server
    probe tcp "$address" send-stream 200000 run "$resume" expect-stream 200000
}

# it uses no processor time while a client does not read
idles_while_a_client_does_not_read() {
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" fill "$look_asleep" run "$look_idle" shut-down run "$look_idle"
}

# it sends back everything to a client that reads late
sends_all_to_a_late_reader() {
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" fill "$look_asleep" expect-filled send hello expect hello
}

# it uses no processor time after a client has read late
idles_after_a_late_read() {
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" fill "$look_asleep" expect-filled send hello expect hello run "$look_idle"
}

# it keeps a client for which send() has no room at the moment
keeps_a_client_without_room() {
    needs_proc
    serve 127.0.0.1 0
    probe tiny "$address" fill-by-segments "$look_asleep" expect-filled send hello expect hello \
        connect fill-by-segments "$look_asleep" run "$look_asleep" expect-filled shut-down expect-end
}

# it serves the other clients while one does not read
serves_while_one_does_not_read() {
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" fill "$look_asleep" connect exchange 300000 connect send hello expect hello \
        use 1 expect-filled shut-down expect-end
}

# it serves the other clients while many do not read
serves_while_many_do_not_read() {
    needs_proc
    serve 127.0.0.1 0
    filled=()
    for _ in {1..6}; do filled+=(connect fill "$look_asleep"); done
    probe narrow "$address" "${filled[@]:1}" connect send hello expect hello
}

# a client that reads late gets every byte
sends_all_when_stopped_and_continued() {
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" fill "$look_asleep" run "$stop_and_continue" run "$look_asleep" expect-filled \
        send hello expect hello shut-down expect-end
}

# a half-closed client that reads late still gets every byte
sends_all_after_a_half_close() {
    needs_proc
    serve 127.0.0.1 0
    probe thin "$address" fill-to-brim "$look_asleep" shut-down run "$look_asleep" expect-filled expect-end
    probe narrow "$address" fill "$look_asleep" shut-down run "$look_asleep" connect send hello expect hello \
        use 1 expect-filled expect-end
}

# it holds at most 64 KiB for a client that does not read
holds_at_most_64_kib() {
    needs_proc
    serve 127.0.0.1 0
    # How much of a large buffer is left over when nothing more can be sent is a matter of luck: try it often.
    again=()
    for _ in {1..20}; do again+=(expect-some-filled 1000000 fill "$look_asleep" held-at-most 65536); done
    probe -t $((2 * patience)) narrow "$address" fill "$look_asleep" held-at-most 65536 "${again[@]}" \
        expect-filled exchange 100000 shut-down expect-end
}

# a client that leaves does not affect the others
serves_the_others_when_one_leaves() {
    needs_proc
    serve 127.0.0.1 0
    probe narrow "$address" connect connect connect use 3 fill "$look_asleep" use 1 close use 2 reset \
        connect send hello expect hello use 3 expect-filled use 4 exchange 1000 use 5 exchange 1000
    probe tcp "$address" connect connect connect run "$look_asleep" run 'kill -s STOP "$server"' use 2 send two \
        close use 4 send four use 1 close use 3 send three run 'kill -s CONT "$server"' expect three use 4 expect four
    probe tcp "$address" connect connect connect run "$look_asleep" run 'kill -s STOP "$server"' use 1 close use 4 close \
        run 'kill -s CONT "$server"' run "$look_asleep" use 2 exchange 1000 use 3 exchange 1000
}

# a client that resets does not affect the others
serves_the_others_when_one_resets() {
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" send hello expect hello connect send again expect again use 1 reset use 2 exchange 100000
    probe narrow "$address" fill "$look_asleep" connect send again expect again use 1 reset use 2 exchange 100000
    pause_server
    probe tcp "$address" reset
    look continue
    probe tcp "$address" send hello expect hello
    pause_server
    probe tcp "$address" send hello reset
    look continue
    probe tcp "$address" send hello expect hello
    look asleep
}

# a client that leaves before its answer does not affect the others
serves_the_others_when_one_has_left() {
    needs_proc
    serve 127.0.0.1 0
    pause_server
    probe tcp "$address" send hello shut-down reset
    look continue
    probe tcp "$address" send hello expect hello
    pause_server
    probe tcp "$address" send-stream 50000 close
    look continue
    probe tcp "$address" send hello expect hello
    look asleep
}

# it serves 1,000 clients at the same time
serves_a_thousand() {
    allow 2048
    serve 127.0.0.1 0
    probe -t "$((patience > 1 ? 20 : 5))" tcp "$address" crowd 1000 talk 2
}

# when no descriptor is free it serves its clients and accepts the others later
serves_without_a_free_descriptor() {
    needs_proc
    files=24 serve 127.0.0.1 0
    probe tcp "$address" throng 40 run "$look_asleep" some-served one-leaves run "$look_asleep" all-served
    probe tcp "$address" send hello expect hello
}

# when no descriptor is free it uses no processor time
idles_without_a_free_descriptor() {
    needs_proc
    files=24 serve 127.0.0.1 0
    probe tcp "$address" throng 40 run "$look_asleep" some-served run "$look_idle"
}

# after many clients it holds no more descriptors and processes than before
holds_no_more_after_many_clients() {
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

# its memory does not grow with the number of clients
memory_stays_after_many_clients() {
    needs_proc
    serve 127.0.0.1 0
    memory_settles -n 300 tcp "$address" exchange 1000 shut-down expect-end
    # The threads of a pool get memory of their own one after the other; a lost buffer is larger.
    holes=24 memory_settles -n 4 narrow "$address" fill "$look_asleep" close
}

# it goes on after Ctrl-Z and fg
goes_on_when_continued() {
    needs_proc
    serve 127.0.0.1 0
    probe tcp "$address" connect send hello expect hello run "$look_asleep" run "$stop_and_continue" \
        send again expect again use 1 exchange 1000 connect exchange 1000
    pause_server
    probe tcp "$address" send one dial dial run "$resume" use 1 expect one use 3 send three expect three use 2 send two expect two
}

# SIGINT and SIGTERM end it with status 0 while clients are connected
ends_beside_clients() {
    needs_proc
    for signal in INT TERM; do
        serve 127.0.0.1 0
        probe narrow "$address" fill "$look_asleep" connect connect send hello expect hello run "$look_asleep" \
            run "kill -s $signal $server" expect-gone use 2 expect-gone
        ends_well "$signal"
    done
}

# SIGTERM ends it with status 0 also when it arrives just before the server waits
ends_before_it_waits() {
    needs_proc
    ends_just_before_it_waits send hello expect hello
    ended_with_0 TERM
}

# SIGTERM ends it with status 0 while every client sends without a pause
ends_under_load() {
    serve 127.0.0.1 0
    besiege crowd 50 talk-for 60
    probe tcp "$address" crowd 50 talk 20
    kill -s TERM "$server"
    ends_well TERM
}

# SIGTERM ends it with status 0 while no descriptor is free
ends_without_a_free_descriptor() {
    needs_proc
    files=24 serve 127.0.0.1 0
    probe tcp "$address" throng 40 run "$look_asleep" some-served run 'kill -s TERM "$server"' \
        run '"$TOOLS/look" "$guard" at-most 0 0'
    ends_well TERM
}

# it reports a host name that does not resolve
reports_an_unknown_host() {
    try server "no$(printf '%070d' 0)such.invalid" 1
    fails 1 '' EAI
}

# a bad command line is a usage error
refuses_bad_arguments() {
    refuses_ports server
    try server 127.0.0.1 0 5
    fails 2
}
