# client.bash - run the client against a scripted server.

# What a conversation can `run`: wait until the client is at rest; stop it then,
# and continue it.
export client_asleep=': wait until the client sleeps; read -r its_guard _ <client.report; exec "$TOOLS/look" -t "$((4 * patience))" "$its_guard" asleep'
export client_writes=': wait until the client sleeps in a call that writes; read -r its_guard _ <client.report
    # one that splices may have written it all: a pipe holds more of what it gets by reference
    "$TOOLS/look" -t 1 "$its_guard" sending 2>/dev/null || "$TOOLS/look" -t "$((4 * patience))" "$its_guard" asleep'
export stop_client=': stop the client; read -r its_guard _ <client.report
    "$TOOLS/look" -t "$((4 * patience))" "$its_guard" asleep && "$TOOLS/look" "$its_guard" stop'
export continue_client=': continue the client; read -r its_guard _ <client.report; exec "$TOOLS/look" "$its_guard" continue'

# meet [STEP]...: run the client against a scripted server (see probe) at
# `meeting_point`, stdin from the file in, stdout to out, stderr to err.
meet() {
    await_client accept "$@"
}

# await_client [STEP]...: the same, but the steps begin before it is accepted.
await_client() {
    local start=$SECONDS
    needs_program client || return
    hasten client
    probe "${meeting_kind:-listen}" "${meeting_point:-127.0.0.1:0}" start "$(run_client)" "$@" || {
        unsent
        return 1
    }
    waits client $((SECONDS - start - 2)) # what a client does in two seconds is its work
}

# unsent: if fewer bytes arrived than the client's input has, say so.
unsent() {
    local arrived

    arrived=$(sed -n 's/^  but: .*, after \([0-9]*\) bytes$/\1/p' "$said.probe")
    [ -z "$arrived" ] || [ ! -f "${client_input:-in}" ] || [ "$arrived" -ge "$(wc -c <in)" ] ||
        account "the client has not sent all of its input: in has $(($(wc -c <in))) bytes"
}

# typed TEXT: from now on stdin is a pipe that stays open, with TEXT in it.
typed() {
    mkfifo stdin
    exec 7<>stdin
    printf "$1" >&7
}

# run_client: the shell command that runs the client, with `client_arguments` and
# `client_input`.  probe sets HOST and PORT.  (If there is no client, the command
# will fail; the failure shall say why.)
run_client() {
    local arguments='"$HOST" "$PORT"'

    needs_program client || true
    printf '%s' 'exec "$TOOLS/guard" -t 60 -o 100000000 -r client.report -- "$BUILD/client" ' \
        "${client_arguments-$arguments}" " <${client_input:-in} >out 2>err"
}

# client_prints_all_when_stopped: the client is stopped and continued in mid-write.
client_prints_all_when_stopped() {
    needs_proc
    [ "$(getconf PAGESIZE)" = 4096 ] || skip "this system's pipes are too large"
    { printf x && "$TOOLS/probe" stream 65536; } >in
    # Nobody reads what it prints: there is room for 64 KiB in the pipe, the x in a page of its own.
    meet run ': read nothing that it prints; read -r its_guard _ <client.report; kill -s STOP "$its_guard"' \
        expect x expect-stream 65536 send x run "$client_asleep" send-stream 65536 run "$client_writes" \
        run "$stop_client" run "$continue_client" run ': read what it prints; read -r its_guard _ <client.report; kill -s CONT "$its_guard"' close ends 0
    same in out
}

# client_prints_without_room: all buffers on the way are full, and then three bytes
# come back.  (Our acknowledgement with the first of them may make some room.)
client_prints_without_room() {
    local byte=(run "$client_asleep" echo-byte)

    needs_proc
    "$TOOLS/probe" stream 8388608 >in
    meet "${byte[@]}" "${byte[@]}" "${byte[@]}" until ': it has printed these three bytes; [ "$(head -c 3 out | wc -c)" -eq 3 ]' echo close ends 0
    same in out
}

# out_is LINE: the client has printed LINE, and nothing else.
out_is() {
    local newline=''
    [ ! -s out ] || [ -z "$(tail -c 1 out)" ] || newline="(without a newline at its end)"
    printf '%s\n' "$1" | cmp -s - out || fail "what the client prints" "expected: $1" "but:      $(shown out)" \
        "$(swapped "$1" "$(cat out)")" "$newline"
}
