#!/usr/bin/env bats
# A program that is broken fails its tests with a line that says how, within
# seconds; the suite goes on, and nothing is left behind.

# shellcheck source=tests/self/sample.bash
source "${BATS_TEST_FILENAME%/*}/sample.bash"

# What happens to one test happens to all: every tenth of the suite suffices.
setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    mkdir -p work/04-echo
    cp "$root/lessons/04-echo"/*.c work/04-echo/
    sample 04-echo 10
}

# judge LINE: the suite fails, all its tests have a result, LINE is among what
# it says, and no process is left that was started from its directories.
judge() {
    export TMPDIR=$BATS_TEST_TMPDIR/tmp
    mkdir "$TMPDIR"
    began=$SECONDS
    LESSONS=work PATIENCE=2 bats --tap "$suite" >tap 2>&1 || true
    took=$((SECONDS - began))
    cat tap
    echo "took $took s; expected: $1"
    tests=$(grep -c '^@test' "$suite")
    [ "$(grep -c -e '^ok ' -e '^not ok ' tap)" -eq "$tests" ]
    grep -q '^not ok ' tap
    grep -q "^# .*$1" tap
    [ "$took" -le $((20 + 5 * tests)) ] # 1 s each, but others may be at work, too
    for process in /proc/[0-9]*/exe; do
        case $(readlink "$process" || true) in
        "$TMPDIR"/*) echo "left running: $(readlink "$process")" && false ;;
        esac
    done
    [ -z "$(ls "$TMPDIR")" ] || { ls "$TMPDIR" && false; }
}

# server LINE...: the server is this main().
server() {
    {
        printf '#include <%s>\n' signal.h stdio.h stdlib.h unistd.h
        echo 'int main(void) {'
        printf '%s\n' "$@"
        echo '}'
    } >work/04-echo/server.c
}

# wrapped LINE...: the server is the lesson's, but this comes first in main().
wrapped() {
    { printf '%s\n' '#include <fcntl.h>' '#include <sys/wait.h>' && awk -v more="$*" \
        '{ print } /^int main/ { getline; print; print more }' "$root/lessons/04-echo/server.c"; } >work/04-echo/server.c
}

@test "it does not compile" {
    echo 'int main(void) { return 0 }' >work/04-echo/server.c
    judge "server.c does not compile:"
}

@test "it is missing" {
    rm work/04-echo/server.c
    judge "server.c is missing: there is no file .*/work/04-echo/server.c"
}

@test "what is there is judged, though another program is missing" {
    rm work/04-echo/client.c
    judge "client.c is missing: there is no file .*/work/04-echo/client.c"
    grep -q '^ok .* it sends back five bytes while the connection stays open$' tap
    grep -qx '# notes:   lessons/04-echo/README.md, "Write it yourself"' tap
}

@test "a missing client is said to be missing by every test of it" {
    mkdir -p work/09-non-blocking && cp "$root/lessons/09-non-blocking/server.c" work/09-non-blocking/
    LESSONS=work PATIENCE=2 bats --tap "$root/tests/09-non-blocking.bats" -f '^the client ' >tap 2>&1 || true
    cat tap
    tests=$(grep -c '^@test "the client ' "$root/tests/09-non-blocking.bats")
    [ "$(grep -c '^# likely:  client.c is not written yet, or has another name.$' tap)" -eq "$tests" ]
    [ "$(grep -c 'connected in' tap)" -eq 0 ] # nobody waits for it
}

@test "it is a link to somewhere else" {
    ln -sf "$root/lessons/04-echo/server.c" work/04-echo/server.c
    judge "server.c is missing: there is no file .*/work/04-echo/server.c"
}

@test "a binary and a Makefile count for nothing" {
    cp /bin/true work/04-echo/server
    printf 'all:\n\ttouch made\n' >work/04-echo/Makefile
    rm work/04-echo/server.c
    judge "server.c is missing"
    [ ! -e work/04-echo/made ]
}

@test "it hangs" {
    server 'for (;;) pause();'
    judge "printed nothing on stdout for 2 s"
}

@test "it floods" {
    sed 's/^    for (;;) {$/    for (;;)\n        printf("%4000d\\n", 1);\n&/' "$root/lessons/04-echo/server.c" >work/04-echo/server.c
    judge "the server had ended: it printed more than [0-9]* bytes"
}

@test "it crashes" {
    server 'puts("listening on 127.0.0.1:1"); fflush(stdout); signal(SIGSEGV, SIG_DFL); raise(SIGSEGV);'
    judge "killed by signal 11"
    grep -q '^# likely:  The program used memory that is not its own' tap
}

@test "it daemonizes" {
    wrapped 'if (fork() != 0) _exit(0); setsid();'
    judge "the server had ended: exit status 0"
}

@test "it ignores SIGTERM" {
    wrapped 'signal(SIGTERM, SIG_IGN);'
    judge "the server had not ended 1 s after SIGTERM: it sleeps"
}

@test "it leaves a child behind" {
    wrapped 'if (fork() == 0) for (;;) pause();'
    judge "the server ended after SIGTERM, but it left processes running"
}
