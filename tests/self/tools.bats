#!/usr/bin/env bats
# The tools that the suites trust: guard, look, room, modes and reason.

bats_require_minimum_version 1.5.0

setup() {
    PATH=$TOOLS:$PATH
    cd "$BATS_TEST_TMPDIR" || return 1
}

# alive PID: is there still such a process (a zombie does not count)?
alive() {
    [ -e "/proc/$1" ] && ! grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null
}

@test "guard hands on output, errors and exit status" {
    run guard -r report -- sh -c 'echo out; echo err >&2; exit 7'
    [ "$status" -eq 7 ]
    [ "$(sort <<<"$output")" = "err
out" ]
    grep -qx 'exit 7' report
    grep -qx 'left 0' report
}

@test "guard names the signal that ended a program" {
    run guard -r report -- sh -c 'kill -SEGV $$'
    [ "$status" -eq 139 ]
    grep -q '^signal 11 ' report
}

@test "guard ends a program that takes too long, and all that it started" {
    run guard -t 0.3 -r report -- sh -c 'sleep 1000 & echo $! >child; (setsid sleep 1000 & echo $! >stranger); trap "" TERM; while :; do sleep 1000; done'
    [ "$status" -eq 124 ]
    grep -qx 'timeout 0.3' report
    ! alive "$(cat child)" || false
    ! alive "$(cat stranger)" || false
}

@test "guard ends what a program leaves running, and says so" {
    run guard -r report -- sh -c '(setsid sleep 1000 & echo $! >stranger); exit 0'
    [ "$status" -eq 0 ]
    grep -qx 'left 1' report
    ! alive "$(cat stranger)" || false
}

@test "guard gives what ends by itself a moment" {
    guard -r report -- sh -c '(sleep 0.1; echo late) & exit 0' >out
    [ "$(cat out)" = late ]
    grep -qx 'left 0' report
}

@test "guard stops a flood" {
    run guard -o 100000 -r report -- yes
    [ "$status" -eq 123 ]
    grep -qx 'output 100000' report
    [ "${#output}" -lt 300000 ]
}

@test "guard stops a file that grows too large" {
    run guard -- sh -c 'exec yes >large'
    [ "$status" -eq 153 ] # SIGXFSZ
    [ "$(wc -c <large)" -eq 100000000 ]
}

@test "guard passes no descriptor on but three" {
    exec 6<"$BATS_TEST_FILENAME" 7>other
    guard -r report -l log -- ls /dev/fd >open 6<&6
    # ls itself opens the directory as 3
    [ "$(sort -n open | head -n 4 | tr '\n' ' ')" = "0 1 2 3 " ]
    [ "$(wc -l <open)" -eq 4 ]
}

@test "guard keeps a copy of what a program prints, read or not" {
    mkfifo unread
    exec 7<>unread
    guard -r report -l log -- sh -c 'echo err >&2; echo one; echo two; exec sleep 1000' >unread 3>&- 4>&- &
    deadline=$((SECONDS + 5))
    until [ "$(cat log)" = $'one\ntwo' ] || [ "$SECONDS" -ge "$deadline" ]; do :; done
    kill "$!"
    [ "$(cat log)" = $'one\ntwo' ]
    guard -l log -- sh -c 'yes | head -c 100000' >out
    [ "$(wc -c <out)" -eq 100000 ]
    yes | head -c 65536 | cmp - log
    guard -l log -- true
    [ ! -s log ]
}

@test "guard does not write its report or copy through a link" {
    echo mine >precious
    ln -s precious link
    run -125 guard -l link -- true
    run -125 guard -r link -- true
    [ "$(cat precious)" = mine ]
    [ "$(id -u)" = 0 ] || skip "this is for root"
    chmod 1777 . && chmod a+x "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/*/ "$BATS_RUN_TMPDIR"/*/*/ || true
    run -0 env GUARD_USER=59000 guard -l log -- sh -c 'echo seen; cat log || echo hidden; echo fake >>log || echo kept'
    grep -qx hidden log
    grep -qx kept log
}

@test "guard limits descriptors and forbids core files" {
    [ "$(guard -n 9 -- sh -c 'ulimit -n; ulimit -c' | tr '\n' ' ')" = "9 0 " ]
}

@test "guard gives a program a small pipe" {
    [ "$(uname)" = Linux ] || skip "only Linux sets the size of a pipe"
    printf '#define _GNU_SOURCE\n#include <fcntl.h>\n#include <stdio.h>\nint main(void) { printf("%%d", fcntl(1, F_GETPIPE_SZ)); }\n' |
        ${CC:-cc} -x c -o size -
    [ "$(guard -s -- ./size)" -eq "$(getconf PAGESIZE)" ]
    [ "$(guard -- ./size)" -gt "$(getconf PAGESIZE)" ]
}

@test "guard restores signals, in a session of its own" {
    (trap '' INT TERM && exec guard -- sh -c 'kill -INT $$; echo survived' >out) || true
    [ ! -s out ]
    [ "$(guard -- sh -c 'ps -o sid= -p $$ | tr -d " "; echo $$' | uniq | wc -l)" -eq 1 ] ||
        skip "there is no ps here"
}

@test "guard takes root's privileges from a program" {
    [ -e /proc/self/status ] || skip "this system has no /proc"
    [ "$(guard -- sed -n 's/^CapEff:.0*\(.*\)/\1/p' /proc/self/status)" = "" ] ||
        [ "$(guard -- sed -n 's/^CapEff:.0*\(.*\)/\1/p' /proc/self/status)" = "0" ]
}

@test "guard distinguishes its own failures from the program's" {
    run -127 guard -r report -- /nonexistent
    grep -q '^error /nonexistent: ' report
    run guard -r /nonexistent/report -- true
    [ "$status" -eq 125 ]
    run guard -t soon true
    [ "$status" -eq 125 ]
}

@test "what guard runs ends with guard" {
    [ -e /proc/self/status ] || skip "this system has no parent-death signal"
    guard -r report -- sh -c 'echo ready; exec sleep 1000' >out 3>&- 4>&- &
    until [ -s out ]; do :; done
    kill -KILL "$!"
    read -r _ program <report
    deadline=$((SECONDS + 5))
    while alive "$program" && [ "$SECONDS" -lt "$deadline" ]; do :; done
    ! alive "$program" || false
}

@test "build makes the tools that are asked for, and says what does not compile" {
    cp -R "$BATS_TEST_DIRNAME/../tools" "a copy"
    "a copy/build" "some dir" room probe
    [ "$(ls "some dir" | tr '\n' ' ')" = "probe room " ]
    "some dir/probe" free 127.0.0.1:0
    run -2 "a copy/build"
    echo 'this is not C' >"a copy/probe/new.c"
    run -1 "a copy/build" "some dir" probe
    grep -q 'probe/new\.c:1' <<<"$output"
}

# watching PROGRAM CONDITION...: what look says of a shell program; if `settled` is set,
# after the program has come to rest.
watching() {
    local status=0

    [ -e /proc/self/stat ] || skip "this system has no /proc"
    rm -f out report
    guard -r report -- sh -c "echo ready; $1" >out 3>&- 4>&- &
    until [ -s out ]; do :; done
    read -r guard _ <report
    [ -z "${settled-}" ] || look "$guard" asleep || return
    look -t 1 "$guard" "${@:2}" || status=$?
    kill "$guard"
    kill -s CONT "$guard" 2>/dev/null || true # a program may have stopped it, or it has ended
    return "$status"
}

@test "look sees processes and descriptors" {
    watching 'exec 8</dev/null; sleep 1000 & exec sleep 1000' at-most 2 8
    settled=yes
    run -1 watching 'sleep 1000 & exec sleep 1000' at-most 1 99
    grep -q 'processes 2' <<<"$output"
    run -1 watching 'exec 8</dev/null 9</dev/null; sleep 1000; :' at-most 2 8
}

@test "look distinguishes a program that sleeps from one that spins" {
    watching 'exec sleep 1000' idle
    watching 'exec sleep 1000' asleep
    run -1 watching 'while :; do :; done' idle
    run -1 watching 'while :; do :; done' asleep
    mkfifo silent
    run -1 watching 'exec bash -c "exec 5<>silent; while :; do read -r -t 0.001 -u 5 line; done"' idle
    grep -q 'it woke up [0-9]* times a second' <<<"$output"
    # one that only looks now and then is idle, however long it does so
    watching 'exec bash -c "exec 5<>silent; while :; do read -r -t 0.05 -u 5 line; done"' idle
    # it sleeps, because nobody reads what it prints
    run -1 watching 'until [ -s out ]; do :; done; kill -s STOP "$PPID"; while :; do echo again; done' idle
    grep -q 'it was running at [34][0-9] of 40 looks' <<<"$output"
    run -1 watching : asleep
    grep -q 'the program has ended' <<<"$output"
}

@test "look waits until a program rests before it prints what it holds" {
    run watching 'i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; exec 5</dev/null 6</dev/null; exec sleep 1000' at-rest
    [[ $output =~ ^1\ 5\ [0-9]+$ ]] || { echo "$output" && false; }
    run -1 watching 'while :; do :; done' at-rest
    grep -q 'did not come to rest' <<<"$output"
}

@test "look sees children of children, and of threads" {
    watching '(sleep 1000 & exec sleep 1000) & exec sleep 1000' asleep
    run -1 watching '(sh -c "while :; do :; done" & exec sleep 1000) & exec sleep 1000' asleep
    cat >threads.c <<'END'
#include <pthread.h>
#include <unistd.h>
static void *have_child(void *spins)
{
    if (fork() == 0)
        while (spins)
            getppid();
    return pause(), spins;
}
int main(int argc, char *argv[])
{
    pthread_t thread;
    return pthread_create(&thread, NULL, have_child, argc > 1 ? argv : NULL) || pause();
}
END
    ${CC:-cc} -pthread -o threads threads.c
    watching 'exec ./threads' asleep
    run -1 watching 'exec ./threads spinning' asleep
}

@test "look sees that a program sleeps in a call that sends, and how many bytes it offers" {
    mkfifo full
    watching 'exec 7<>full; exec dd if=/dev/zero bs=100000 >&7' sending
    sleep 1000 3>&- 4>&- &
    if ! cat "/proc/$!/syscall"; then
        kill "$!"
        skip "this system does not let us see system calls"
    fi
    kill "$!"
    watching 'exec 7<>full; exec dd if=/dev/zero bs=100000 >&7' sending 100000
    run -1 watching 'exec 7<>full; exec dd if=/dev/zero bs=100000 >&7' sending 100001
    grep -q 'offered 100000 bytes; expected: 100001' <<<"$output"
    run -1 watching 'exec sleep 1000' sending
    grep -q 'sleeps, but not in a call that sends' <<<"$output"
    run -1 watching 'while :; do :; done' sending
    grep -q 'did not come to rest' <<<"$output"
}

@test "look stops and continues processes that have left the process group, too" {
    command -v setsid >/dev/null || skip "setsid is not installed"
    guard -r report -- sh -c 'setsid sleep 1000 & exec sleep 1000' 3>&- 4>&- &
    until [ -s report ]; do :; done
    read -r guard _ <report
    until [ "$(look "$guard" | cut -d ' ' -f 1)" = 2 ]; do :; done
    look "$guard" asleep
    run -1 look -t 0.1 "$guard" stopped
    look "$guard" stop
    look "$guard" stopped
    look "$guard" continue
    look "$guard" asleep
    run -1 look -t 0.1 "$guard" stopped
    kill "$guard"
}

@test "look takes the last descriptor from a program, and gives it back" {
    mkfifo silent
    opener='exec 5<>silent; while :; do
        read -r -t 0.05 -u 5; { command exec 9</dev/null && echo opens && exec 9<&-; } || echo full; done 2>/dev/null'
    [ -e /proc/self/stat ] || skip "this system has no /proc"
    guard -r report -- bash -c "$opener" >out 3>&- 4>&- &
    until grep -q opens out; do :; done
    read -r guard _ <report
    look "$guard" full || { kill "$guard" && skip "this system does not let us limit a program"; }
    until grep -q full out; do :; done
    look "$guard" roomy
    until [ "$(tail -n 1 out)" = opens ]; do :; done
    kill "$guard"
    wait
    run -4 look "$guard" full
}

@test "look takes memory from a program, and gives it back" {
    mkfifo silent
    eater='exec 5<>silent; while :; do
        read -r -t 0.05 -u 5; if (printf -v many %8000000d 0) && [ $? = 0 ]; then echo eats; else echo hungry; fi; done 2>/dev/null'
    [ -e /proc/self/stat ] || skip "this system has no /proc"
    guard -r report -- bash -c "$eater" >out 3>&- 4>&- &
    until grep -q eats out; do :; done
    read -r guard _ <report
    look "$guard" hungry 1000 || { kill "$guard" && skip "this system does not let us limit a program"; }
    until grep -q hungry out; do :; done
    look "$guard" fed
    until [ "$(tail -n 1 out)" = eats ]; do :; done
    kill "$guard"
    wait
    run -4 look "$guard" hungry 1000
}

@test "look sees that a program is stopped" {
    watching 'kill -STOP $$' stopped
    run -1 watching 'exec sleep 1000' stopped
}

@test "room keeps a network for others, until it is told to end" {
    room true 2>/dev/null || skip "this system does not let us make a network of our own"
    exec 5< <(exec room -k 60 3>&- 4>&-)
    read -r -u 5 kept
    [ "$(room -j "$kept" readlink /proc/self/ns/net)" = "$(readlink "/proc/$kept/ns/net")" ]
    [ "$(readlink "/proc/$kept/ns/net")" != "$(readlink /proc/self/ns/net)" ]
    kill "$kept"
    ! read -r -t 5 -u 5 kept || false
    [ "$(room -k 1 | wc -l)" -eq 1 ] # and it ends by itself
}

@test "room is a network of its own, and can be entered" {
    room true 2>err || skip "this system lets us make no network of our own"
    probe listen 127.0.0.1:0 run 'room "$(command -v probe)" free "$HOST:$PORT"' run 'probe taken "$HOST:$PORT"'
    room sh -c 'probe listen 127.0.0.1:65432 run "room -j $$ probe taken 127.0.0.1:65432"'
    echo '127.0.0.77 nowhere-else' >hosts
    room -h hosts probe names nowhere-else 80 >out 2>err || skip "this system's resolver does not read /etc/hosts"
    [ "$(cat out)" = 127.0.0.77:80 ]
}

@test "modes sees each mode that a file has had, from the first moment on" {
    run modes file /bin/sh -c 'umask 0; : >file; chmod 600 file; chmod 640 file; chmod 640 file; echo ready; chmod 644 file; sleep 1000'
    [ "$status" -ne 126 ] || skip "this system does not let us trace a program"
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$output" = "$(printf '%s\n' 666 600 640)" ]
    run -0 modes other /bin/sh -c '(umask 0; : >other; chmod 600 other); echo ready; sleep 1000'
    [ "$output" = "$(printf '%s\n' 666 600)" ]
    run -0 modes nothing /bin/sh -c 'echo ready'
    [ "$output" = "" ]
    run -1 modes nothing /bin/sh -c 'exit 3'
    run -0 modes -e nothing /bin/sh -c 'echo ready; trap "exit 0" TERM; sleep 1000'
    [ "$output" = 'ended signal 15 Terminated' ]
    run -0 modes -e nothing /bin/sh -c 'trap "exit 126" TERM; echo ready; while :; do :; done'
    [ "$output" = 'ended exit 126' ]
}

@test "a server that ends with the exit status of a tool's failure fails, and is not skipped" {
    local lessons=$PWD/lessons name='it handles SIGTERM from the ready line on' code result='ok 1'

    mkdir -p "$lessons/06-unix-domain"
    for code in 0 126 125 124 123 1; do
        sed "s/_exit(0);/_exit($code);/" "$BATS_TEST_DIRNAME/../../lessons/06-unix-domain/server.c" >"$lessons/06-unix-domain/server.c"
        LESSONS=$lessons bats --tap "$BATS_TEST_DIRNAME/../06-unix-domain.bats" -f "^$name\$" >tap 2>&1 3>&- 4>&- || true
        cat tap
        [ "$code" != 0 ] || ! grep -q '# skip' tap || skip "this system does not let us trace a program"
        grep -qx "$result $name" tap
        [ "$code" = 0 ] || grep -qx "# but:      exit status $code" tap
        result='not ok 1'
    done
}

@test "reason recognizes a message that gives the reason of another call" {
    printf '#include <%s>\n' errno.h netdb.h stdio.h string.h >say.c
    cat >>say.c <<'END'
int main(void)
{
    printf("bind: %s\n", strerror(EADDRINUSE));
    printf("bind: %s\n", strerror(EBADF));
    printf("bind: %s\n", strerror(0));
    printf("bind: %s\n", strerror(-2));
    printf("bind: %s\n", gai_strerror(EAI_BADFLAGS));
    printf("getaddrinfo: %s\n", gai_strerror(EAI_NONAME));
    printf("getaddrinfo: %s\n", gai_strerror(EAI_SYSTEM));
}
END
    $CC -o say say.c
    ./say >said
    judged() { reason "$@" <line | sed -n 2p; }
    while read -r line; do
        echo "$line" >line
        echo "${line%%:*}: $(judged EAGAIN EADDRINUSE | sed 's/.*(\(.*\))/\1/'), $(judged EAI | sed 's/.*(\(.*\))/\1/')"
    done <said >judged
    cat said judged
    [ "$(sed -n 1p judged)" = "bind: , EADDRINUSE" ]
    [ "$(sed -n 2p judged)" = "bind: EBADF, EBADF" ]
    [ "$(sed -n 3p judged)" = "bind: errno 0, errno 0" ]
    grep -qv ': , ' <<<"$(sed -n 4p judged)"
    [ "$(sed -n 5p judged)" = "bind: EAI_BADFLAGS, EAI_BADFLAGS" ]
    [ "$(sed -n 6p judged)" = "getaddrinfo: EAI_NONAME, " ]
    [ "$(sed -n 7p judged)" = "getaddrinfo: EAI_SYSTEM, EAI_SYSTEM" ]
    reason EADDRINUSE <<<"bind: somebody else has this port"
    run -0 reason EADDRINUSE </dev/null
    run -1 reason EADDRINUSE <line
    run -2 reason ENONSENSE <line
}
