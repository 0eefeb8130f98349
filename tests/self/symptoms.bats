#!/usr/bin/env bats
# What a failed test prints: the likely cause by the symptom, what the programs
# printed, and what the compiler warns of.  That each row of tests/symptoms is
# true of a real program is shown by the mistake under its `shown:`; see catch.

root=${BATS_TEST_FILENAME%/tests/self/*}

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
}

# likely LINE...: the likely cause that the table in the file `table` has for a
# failure with these lines, in lesson 04.
likely() {
    printf '%s\n' 'lesson: 04-echo' "$@" >failure
    awk -v field=likely -f "$root/tests/helpers/symptom.awk" table failure
}

# judge LESSON TEST: run this test of LESSON on the programs in work/LESSON; what
# it prints is in the file tap.
judge() {
    LESSONS=work PATIENCE=2 bats --tap "$root/tests/$1.bats" -f "$2" >tap 2>&1 || true
    cat tap
}

@test "the first row that matches gives the likely cause" {
    printf '%s\n' '# a comment' 'when:   too late' 'likely: late' '' 'when:   too' 'likely: any' >table
    [ "$(likely 'it is too late')" = late ]
    [ "$(likely 'it is too early')" = any ]
    [ -z "$(likely 'it is time')" ]
}

@test "a row matches if all its expressions match, on any lines" {
    printf '%s\n' 'when:   one' 'when:   two' 'likely: both' >table
    [ "$(likely 'line two' 'line one')" = both ]
    [ -z "$(likely 'line one')" ]
}

@test "a row does not match if an exception does" {
    printf '%s\n' 'when:   one' 'unless: ^test: .*reset' 'likely: first' '' 'when: one' 'likely: second' >table
    [ "$(likely 'test: a client that leaves' one)" = first ]
    [ "$(likely 'test: a client that resets' one)" = second ]
}

@test "a long value goes on in the next line, and NN is the lesson's number" {
    printf '%s\n' 'when:   one' 'likely: type' '        make check-NN, not ENOTCONN' >table
    [ "$(likely one)" = 'type make check-04, not ENOTCONN' ]
}

@test "every row has a cause, and is shown by a mistake that exists" {
    awk -v RS= -v FS='\n' '{
        row = likely = shown = ""
        for (i = 1; i <= NF; i++) {
            if ($i ~ /^when:/ && row == "") row = $i
            if ($i ~ /^likely: *[^ ]/) likely = 1
            if ($i ~ /^when:/ && likely != "") print "no blank line before: " $i
            if ($i ~ /^shown: *[^ ]/) { shown = $i; sub(/^shown: */, "", shown) }
        }
        if (row == "") next
        rows++
        if (likely == "") print "no likely cause: " row
        if (shown == "") print "shown by no mistake: " row
        n = split(shown, names, " ")
        for (i = 1; i <= n; i++) print "patch " names[i]
    }
    END { print "rows " rows }' "$root/tests/symptoms" >rows
    cat rows
    [ "$(sed -n 's/^rows //p' rows)" -ge 15 ]
    [ "$(grep -cv '^rows \|^patch ' rows)" -eq 0 ]
    while read -r _ name; do
        [ -f "$root/tests/mistakes/$name.patch" ] || { echo "there is no mistake $name" && false; }
    done < <(grep '^patch ' rows)
}

@test "without a symptom the likely cause is the hint of the test" {
    mkdir -p work/04-echo
    cp "$root/lessons/04-echo"/*.c work/04-echo/
    sed -i.old 's/recv(conn, buf, sizeof buf, 0)/recv(conn, buf, sizeof buf, MSG_WAITALL)/' work/04-echo/server.c
    hint=$(sed -n '/^@test/,/^}/s/^    hint "\([^"]*\)".*/\1/p' "$root/tests/04-echo.bats" | head -n 1)
    judge 04-echo "$(sed -n 's/^@test "\(.*\)" {$/\1/p' "$root/tests/04-echo.bats" | head -n 1)"
    grep -qxF "# likely:  $hint" tap
}

@test "a hint may name a heading in the notes of another lesson" {
    mkdir -p work/13-epoll
    sed 's/if (n > 0 || (n == -1 /if (n >= 0 || (n == -1 /' "$root/lessons/13-epoll/server.c" >work/13-epoll/server.c
    judge 13-epoll 'it closes the connection when the client has finished sending'
    grep -qx '# notes:   lessons/09-non-blocking/README.md, "When may we close?"' tap
}

@test "a failure shows what the server printed on stdout and stderr" {
    mkdir -p work/04-echo
    cp "$root/lessons/04-echo"/*.c work/04-echo/
    sed -i.old 's/send_all(conn, buf, (size_t)n)/(puts("one more line"), warnx("a bird"), send_all(conn, "x", 1))/' work/04-echo/server.c
    judge 04-echo "$(sed -n 's/^@test "\(.*\)" {$/\1/p' "$root/tests/04-echo.bats" | head -n 1)"
    grep -qx '# the server printed on stdout:' tap
    grep -qx '# | one more line' tap
    grep -qx '# the server printed on stderr:' tap
    grep -qx '# | server: a bird' tap
}

@test "of output that is not text a failure shows a few bytes" {
    # shellcheck source=tests/helpers/failure.bash
    source "$root/tests/helpers/failure.bash"
    said=$PWD/said
    printf '\001\002\377%01000d' 0 >out
    printf 'caf\303\251\n\0\ttab\033[1m\n' >text
    printed "the client" stdout out
    printed "the client" stderr text
    [ "$(grep -c . said)" = 5 ]
    grep -qx '| 01 02 ff 30 .* (1003 bytes, not text)' said
    grep -qx "| caf$(printf '\303\251')" said
}

@test "a line of a failure that is very long loses its middle" {
    # shellcheck source=tests/helpers/failure.bash
    source "$root/tests/helpers/failure.bash"
    said=$PWD/said
    account "begins$(printf '%0400d' 0)ends" '' "$(printf '%0400d' 0)"
    [ "$(grep -c . said)" = 2 ]
    grep -qE '^begins0{194} \.\.\. 0{56}ends \(410 characters\)$' said
    grep -qxE '0{400}' said
}

@test "the compiler's warnings appear beside the first failure, and fail no test" {
    mkdir -p work/01-socket
    cp "$root/lessons/01-socket"/*.c work/01-socket/
    sed -i.old 's/^int main(.*/static int unused_function(void) { return 1; }\n&/' work/01-socket/server.c
    judge 01-socket .
    [ "$(grep -c '^not ok' tap)" -eq 0 ]
    sed -i.old 's/"AF_INET"/"AF_LOCAL"/' work/01-socket/server.c
    judge 01-socket .
    [ "$(grep -c '^not ok' tap)" -ge 2 ]
    [ "$(grep -c '^# | server.c:.*unused_function' tap)" -eq 1 ]
    sed -n '/^not ok/,/^\(not \)\{0,1\}ok/p' tap | head -n 12 | grep -q '^# | server.c:.*unused_function'
}

# It works for a while between the two, so a client would be refused, or not, by luck.
@test "a server that prints its ready line before listen() fails in the test of that alone" {
    mkdir -p work/03-listen-accept
    cp "$root/lessons/03-listen-accept"/*.c work/03-listen-accept/
    patch -s -d work/03-listen-accept server.c "$root/tests/mistakes/03-listen-accept/ready-before-listen.patch"
    sed -i.old 's/^    if (listen(/    for (volatile int i = 0; i < 100000000; i++)\n        ;\n&/' work/03-listen-accept/server.c
    grep -q volatile work/03-listen-accept/server.c
    judge 03-listen-accept '^it (closes the connection$|reports a port|accepts clients that connected|prints the ready line)'
    [ "$(grep -c '^ok' tap)" -eq 3 ]
    grep -q '^not ok [0-9]* it prints the ready line only after' tap
}
