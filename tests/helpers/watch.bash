# watch.bash - what the kernel shows of the server: whether it sleeps, what it holds.

# What a conversation can `run`: watch the server; stop and continue it once it
# is at rest, as Ctrl-Z and fg do.  (A failure shows the words before the first ;.)
export look_idle=': watch that it uses no processor time; exec "$TOOLS/look" "$guard" idle'
export look_asleep=': wait until it sleeps; exec "$TOOLS/look" -t "$((4 * patience))" "$guard" asleep'
export look_roomy=': let it open descriptors again; exec "$TOOLS/look" "$guard" roomy'
export look_hungry=': let it have 256 KiB more memory; exec "$TOOLS/look" "$guard" hungry 256'
export look_sending=': wait until it sleeps in a call that sends; exec "$TOOLS/look" -t "$((4 * patience))" "$guard" sending' # and perhaps a number of bytes
export stop_and_continue=': stop it, and continue it; "$TOOLS/look" "$guard" stop && "$TOOLS/look" "$guard" continue'
export pause=': stop it; exec "$TOOLS/look" "$guard" stop'
export resume=': continue it; exec "$TOOLS/look" "$guard" continue'

# needs_proc: skip where there is no /proc to look into.
needs_proc() {
    [ -e /proc/self/stat ] || skip "this system has no /proc to look into"
}

# look [CONDITION]: see tests/tools/look.c; a test that uses it needs_proc.
look() {
    local status=0

    "$TOOLS/look" -t "$patience" "$guard" "$@" 2>"$said.look" || status=$?
    [ "$status" = 0 ] || tee -a "$said" <"$said.look" >&2
    return "$status"
}

# pause_server: stop all processes of the server, as Ctrl-Z does.  The command in
# $resume continues them, as fg does.
pause_server() {
    look stop
}

# remember: note what the server holds at rest; later it must hold no more.
# Before its first client that is its processes, after some its descriptors.
remember() {
    local now

    now=$(look at-rest)
    read -r now descriptors _ <<<"$now"
    processes=${processes:-$now}
}
holds_no_more() {
    look at-most "$processes" "$descriptors"
}

# memory_settles -n TIMES ARG...: the same conversation many times (see probe), again
# and again, until a round leaves the server no larger.  A cache has a bound, and is
# full some day; a leak never ends.  One of a few bytes for each of many clients can
# fill what is free in the heap for a round, so with many it takes two in a row.
# Up to `holes` KiB (4) do not count: buffers of many sizes leave holes in the heap.
memory_settles() {
    local memory=() last rounds=1 grown=() times=("$@") did

    [ "$2" -lt 100 ] || rounds=2
    times[1]=$(($2 / 10 + 1)) # fewer, to warm up
    for last in {0..7}; do
        probe "${times[@]}"
        times=("$@")
        case $CFLAGS in *-fsanitize=*) skip "a sanitizer needs memory of its own" ;; esac
        memory[last]=$(look at-rest)
        memory[last]=${memory[last]##* }
        [ "$last" = 0 ] || grown+=("$((memory[last] - memory[last - 1]))")
        [ "$last" -lt "$rounds" ] ||
            [ $((memory[last] - memory[last - rounds])) -gt $((${holes:-4} * rounds)) ] || return 0
    done
    times[1]=1
    did=$(in_room "$TOOLS/probe" -a -t "$patience" "${times[@]}" 2>&1) || true
    fail "eight times, $2 clients did this, one after the other:" "$did" \
        "  expect   that in the end the server's memory stops growing" \
        "  but:     from one time to the next it grew by ${grown[*]} KiB"
}

# is_prepared ARG...: the server, run with these, prints that it listens, and when
# it is sent SIGTERM at that moment, it ends with status 0.
is_prepared() {
    local guard server ended left

    bring modes
    through=("$BUILD/modes" -e "$1")
    files=1024 try server ${directory:+"$directory"} "$@"
    read_report server.report # how modes ended; its last line is how the server ended
    [ "$ended" != 'exit 126' ] || skip "this system does not let us trace a program"
    [ "$ended" != 'exit 1' ] || fail "the server ended before it was ready"
    [ "$ended" != 'exit 0' ] || ended=$(sed -n 's/^ended //p' out)
    : >out
    [ "$ended" = 'exit 0' ] || fail "SIGTERM was sent when the ready line was printed" "expected: exit status 0" \
        "but:      $(ending)"
}

# hurried ARG...: start the server, and let its first long wait end early, as if its
# timeout were over (tests/tools/hurry.c).
hurried() {
    needs_program server
    bring hurry
    "$TOOLS/guard" -- "$BUILD/hurry" -c >/dev/null 2>&1 || skip "this system does not let us trace a program"
    local operands=(${directory:+"$directory"} "$@") directory=''
    serving=hurry serve "$BUILD/server" "${operands[@]}"
}
