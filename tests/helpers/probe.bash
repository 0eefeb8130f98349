# probe.bash - the scripted peer: see tests/tools/probe/.

# probe MODE ADDRESS [STEP]...: have a conversation, step by step.  What goes
# otherwise than expected is part of the failure's account.
probe() {
    local status=0

    in_room "$TOOLS/probe" -t "${hurry:-$patience}" "$@" 2>"$said.probe" || status=$?
    [ "$status" = 0 ] || tee -a "$said" <"$said.probe" >&2
    return "$status"
}

# besiege [STEP]...: clients that connect again and again, whatever becomes of
# them, until the test's end.
besiege() {
    in_room "$TOOLS/probe" -t "$patience" siege "$address" "$@" >/dev/null 2>&1 3>&- 4>&- 8<&- &
    siege=$!
}
