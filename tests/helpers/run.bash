# run.bash - run a program to its end: what it prints, and its exit status.

# try PROGRAM [ARG]...: run it to its end, stdin from the file in, stdout to out,
# stderr to err.  `through` is a command that runs it, if it is set.
try() {
    printf -v tried '%q ' "$@"
    local start=$SECONDS
    needs_program "$1" || return
    hasten "$1"
    in_room "$TOOLS/guard" -t "${hurry:-$patience}" ${files:+-n "$files"} -r "$1.report" -- \
        "${through[@]}" "$BUILD/$1" "${@:2}" <in >out 2>err 3>&- 4>&- || true
    waits "$1" $((SECONDS - start - 1))
}

# prints LINE: what was tried prints just LINE, and exits with status 0.
prints() {
    local guard server ended left

    read_report "${tried%% *}.report"
    [ "$ended" = "exit 0" ] || fail "run:      $tried" "expected: exit status 0" "but:      $(ending)"
    printf '%s\n' "$1" | cmp -s - out || fail "run:      $tried" "expected: $1" "but:      $(shown out)" \
        "$(swapped "$1" "$(tr '\n\0' '  ' <out)")"
}

# fails STATUS [CALL [REASON...]]: what was tried says why on stderr (in one line
# that names CALL, if that is not empty), prints nothing on stdout, and exits with
# STATUS.  If there are REASONs, such as EADDRINUSE, or EAI for a name that does
# not resolve, the line gives one of them or uses words of its own: see
# tests/tools/reason.c.
fails() {
    local guard server ended left why

    case ${3-} in [a-z]*) tried=$3 && set -- "$1" "$2" "${@:4}" ;; esac # a program, not a reason
    read_report "${tried%% *}.report"
    [ "$ended" = "exit $1" ] || fail "run:      $tried" "expected: exit status $1" "but:      $(ending)"
    [ ! -s out ] || fail "run:      $tried" "expected: nothing on stdout" "but:      $(shown out)"
    [ -s err ] || fail "run:      $tried" "expected: a line on stderr that says why" "but:      nothing on stderr"
    IFS= read -r -d '' why <err || true
    [ -z "${2-}" ] || [[ $why =~ ^[^$'\n']*$'\n'$ && " $why" =~ [^[:alnum:]_]$2[^[:alnum:]_] ]] ||
        fail "run:      $tried" "expected: one line on stderr that names $2" "but:      $(shown err)"
    [ $# -lt 3 ] || why=$("$TOOLS/reason" "${@:3}" <err) ||
        fail "run:      $tried" "expected: the reason on stderr: ${why%%$'\n'*}" "but:      ${why#*$'\n'}"
}

# refuses_ports PROGRAM [ARG]...: PROGRAM, with ARG... before the host, treats each of
# these invalid ports as a usage error.
refuses_ports() {
    for port in 65536 4294967376 18446744073709551696 99999999999999999999 -1 -0 +80 80x '' ' 80' '80 ' 0x50 http; do
        try "$@" 127.0.0.1 "$port"
        fails 2
    done
}

# same FILE FILE: the two hold the same bytes.
same() {
    cmp -s "$1" "$2" || fail "$(cmp "$1" "$2" 2>&1)" "expected: the same bytes" "but:      $1 has $(wc -c <"$1") bytes, $2 has $(wc -c <"$2")" \
        "$([ "$1" != in ] || echo "(in is what the client read from stdin, and out what it printed)")"
}
