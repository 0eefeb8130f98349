#!/usr/bin/env bats
# What people type: make and its targets, start, progress, demo.  (check: check.bats)

root=${BATS_TEST_FILENAME%/tests/self/*}
load copy

@test "make builds every program, and a second time nothing" {
    # Lesson 13 has a server for Linux, and one for all other systems.
    elsewhere=$([ "$(uname)" = Linux ] && echo kqueue || echo server)
    make
    for source in lessons/*/*.c; do
        case $source in
        "lessons/13-epoll/$elsewhere.c") [ ! -e "${source%.c}" ] ;;
        *) [ -x "${source%.c}" ] ;;
        esac
    done
    run make
    [ "$status" -eq 0 ]
    [ "$(grep -c -- '-o' <<<"$output")" -eq 0 ]
}

@test "a lesson has a number and a name" {
    for target in lesson-04 lesson-4 lesson-echo lesson-04-echo; do
        rm -f lessons/*/server
        make "$target"
        [ -x lessons/04-echo/server ]
        [ ! -e lessons/03-listen-accept/server ]
    done
    run make lesson-44
    [ "$status" -ne 0 ]
    grep -q 'lesson 44 does not exist; the lessons are 01-socket 02-bind' <<<"$output"
}

@test "make help lists every target that people type" {
    make help >help
    cat help
    for target in '(nothing)' lesson-04 start-04 check-04 watch-04 hint-04 progress demo test test-all lint clean help; do
        grep -qF -- "  $target " help
    done
}

@test "make clean removes what make built, and no more" {
    find . -type f | sort >before
    make
    make clean
    find . -type f ! -name before | sort >"$BATS_TEST_TMPDIR/after"
    diff before "$BATS_TEST_TMPDIR/after" | grep -v before || true
    [ "$(grep -vc before before)" -eq "$(wc -l <"$BATS_TEST_TMPDIR/after")" ]
}

@test "the demo shows a server and a client" {
    make demo >demo 2>&1
    cat demo
    grep -q '^server | listening on 127.0.0.1:[0-9]*$' demo
    grep -qx 'client | is anybody there?' demo
    grep -q '^client | no difference: [0-9]* bytes' demo
}

@test "a missing tool is reported in one line, with the command that installs it" {
    mkdir bin
    for tool in sh sed expand dirname; do
        ln -s "$(command -v "$tool")" bin/
    done
    PATH=$PWD/bin run "$(command -v make)" -s CC=cc all
    [ "$status" -ne 0 ]
    echo "$output"
    [ "$(grep -c 'cc is missing; install it: apt-get install build-essential (Debian, Ubuntu), dnf install gcc (Fedora), apk add build-base (Alpine), xcode-select --install (macOS)' <<<"$output")" -eq 1 ]
    ln -s "$(type -P true)" bin/cc
    PATH=$PWD/bin run "$(command -v make)" -s CC=cc test
    [ "$status" -ne 0 ]
    grep -q 'bats is missing; install it: apt-get install bats (Debian, Ubuntu), ' <<<"$output"
}

@test "a command without its lesson says what to type" {
    for command in check start watch hint; do
        run make -s "$command"
        echo "$output"
        [ "$status" -ne 0 ]
        grep -q "Which lesson? .*make $command-04" <<<"$output"
    done
    make -s start-03
    run make -s check
    grep -q 'begun in work/: make check-03$' <<<"$output"
    run make -s check-44
    [ "$status" -ne 0 ]
    grep -q 'lesson 44 does not exist; the lessons are .* make check-04' <<<"$output"
}

@test "make works inside work/ and inside a lesson's directory" {
    make -s start-01
    for directory in work/01-socket lessons/01-socket; do
        make -C "$directory" server
        [ -x "$directory/server" ]
        run make -s -C "$directory" check-01
        grep -q '^Checking work/01-socket: [0-9]* tests' <<<"$output"
        run make -s -C "$directory" check ONLY=2
        grep -q '^Checking work/01-socket: test 2.$' <<<"$output"
        make -C "$directory" hint | grep -q '^test: '
    done
    rm lessons/01-socket/server
    make -C lessons/01-socket
    [ -x lessons/01-socket/server ]
    make -C work progress >stands
    grep -q '^01-socket  *test 1 of [0-9]* fails' stands
    make -C work start-02
    [ -e work/02-bind/server.c ]
    for lesson in lessons/*/; do
        [ "$(cat "$lesson/Makefile")" = "$(cat work/01-socket/Makefile)" ]
    done
}

@test "start begins with the programs that the lesson grows from" {
    while read -r number from names; do
        make -s "start-$number"
        [ "$(cd work/"$number"-* && ls ./*.c | tr -d '\n')" = "$names" ]
        for name in ${names//.\// }; do
            [ "$from" = - ] || cmp "$(echo work/"$number"-*)/$name" "$(echo lessons/"$from"-*)/$name"
        done
        rm -r work
    done <<'END'
01 - ./server.c
02 01 ./server.c
03 02 ./server.c
04 03 ./client.c./server.c
05 02 ./server.c
06 04 ./client.c./server.c
07 04 ./client.c./server.c
08 04 ./server.c
09 08 ./server.c
11 10 ./client.c./server.c
13 09 ./server.c
END
    make -s start-10 # from two lessons
    cmp work/10-chat/server.c lessons/09-non-blocking/server.c
    cmp work/10-chat/client.c lessons/04-echo/client.c
    rm -r work
    run make -s start-04
    echo "$output"
    grep -q '^work/04-echo/client.c begins as a copy of lessons/03-listen-accept/client.c\.$' <<<"$output"
    grep -q 'make check-04$' <<<"$output"
}

@test "start begins with the learner's own earlier work, if there is some" {
    write 03-listen-accept lessons/03-listen-accept
    rm work/03-listen-accept/client.c
    echo '/* mine */' >>work/03-listen-accept/server.c
    run make -s start-04
    grep -q 'of work/03-listen-accept/server.c' <<<"$output"
    cmp work/04-echo/server.c work/03-listen-accept/server.c
    cmp work/04-echo/client.c lessons/03-listen-accept/client.c
}

@test "start never overwrites work" {
    make -s start-04
    echo '/* mine */' >work/04-echo/server.c
    run make -s start-04
    echo "$output"
    [ "$status" -ne 0 ]
    grep -q 'work/04-echo exists already' <<<"$output"
    grep -q 'mv work/04-echo ' <<<"$output"
    [ "$(cat work/04-echo/server.c)" = '/* mine */' ]
}

@test "git keeps what a learner wrote, and nothing that was built or recorded" {
    command -v git >/dev/null || skip "git is not installed"
    make -s start-01
    run make -s check-01
    touch work/01-socket/notes.md work/01-socket/a.out
    mkdir work/01-socket/tries && touch work/01-socket/tries/one.c
    git init -q . && git add work
    [ "$(git ls-files work | tr '\n' ' ')" = 'work/01-socket/Makefile work/01-socket/notes.md work/01-socket/server.c work/01-socket/tries/one.c work/Makefile ' ]
}

@test "nothing that judges the course looks into work/" {
    cp -R "$root/tests/self" "$root/tests/mistakes" "$root/tests/clients" "$root/tests/lint" tests/
    cp -R "$root/docs" "$root/assets" "$root/.github" "$root/LICENSE" "$root"/*.md .
    for lesson in 01-socket 02-bind; do
        mkdir -p "work/$lesson"
        echo 'int main(void) { return 9; } // wrong, and not formatted' >"work/$lesson/server.c"
    done
    printf '# Notes\n\n[nowhere](nowhere.md)\n\n```console\n$ false\nfalse\n```\n' | tee work/notes.md >work/01-socket/README.md
    bats --tap tests/01-socket.bats
    # tests/grade looks into work/, so its tests give it copies of lessons/
    ! grep -n 'grade.* "*$root' tests/self/grade.bats || false
    bats --tap tests/self/notes.bats -f 'each link|a block is|each c block'
    grep -q '^programs=.*lessons' tests/lint
    ! grep -E '(^|[^-])work' tests/lint || false
}

@test "tests/grade leaves out the Makefile that make start put into work/" {
    write 01-socket lessons/01-socket
    cp lessons/01-socket/Makefile work/01-socket/
    mkdir handed-in && cp -R work handed-in/
    tests/grade --level guard -o out --only 01 handed-in 3>&- 4>&-
    grep -q '^handed-in,\([0-9]*\),\1,\1,' out/grades.csv
    ! grep -r Makefile out || false
}

@test "a single lesson's suite needs that lesson alone" {
    mkdir -p elsewhere/01-socket
    mv lessons/01-socket/server.c elsewhere/01-socket/
    rm -r lessons
    LESSONS=elsewhere run bats --tap tests/01-socket.bats
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(grep -c '^ok ' <<<"$output")" -eq 10 ]
}
