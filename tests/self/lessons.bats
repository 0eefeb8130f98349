#!/usr/bin/env bats
# What holds for the lessons' programs besides what they do.

# shellcheck source=tests/self/sample.bash
source "${BATS_TEST_FILENAME%/*}/sample.bash"

# functions FILE: each function but main, on one line, newlines as |.
functions() {
    awk -v file="${1#"$root/"}" '
    /^\/\*/               { head = "" }
    /^[a-z].*[^;]$/ || /^\/\*/ || head != "" { head = head "|" $0 }
    /^$/ || /;$/          { if (!body) head = "" }
    /^\{/                 { body = 1 }
    /^\}/ && body         { body = 0; if (head !~ /\|int main\(/) print head; head = "" }
    ' "$1" | sed -n 's/.*|[a-z][a-z_ ]*[ *]\([a-z0-9_]*\)(.*/\1 &/p'
}

@test "a function that a later lesson repeats is unchanged there" {
    cd "$BATS_TEST_TMPDIR"
    for file in "$root"/lessons/*/*.c; do
        functions "$file" | sed "s|^|${file#"$root/"} |"
    done >all
    [ "$(wc -l <all)" -ge 20 ]
    # name and text, without the file: each name must have one text.  (But process() is
    # where the lessons from 10 on differ: each finds the messages of its own protocol.
    # And lesson 11 has something better to do when memory runs out.  In lesson 13 the
    # kernel keeps the list, and two programs have two ways to change it.)
    sed '/^lessons\/11-[^ ]* read_from /d
        /^lessons\/13-[^ ]* \(add\|remove_client\|accept_clients\|tell\|ask_for_clients\|take_turns\) /d
        s/^[^ ]* //; /^process /d' all | sort -u >texts
    cut -d' ' -f1 texts | uniq -d >differing
    while read -r name; do
        echo "$name differs between: $(grep " $name " all | cut -d' ' -f1 | tr '\n' ' ')"
    done <differing
    [ ! -s differing ]
    # and some do carry over: this test compares something
    [ "$(cut -d' ' -f2 all | sort | uniq -d | wc -l)" -ge 5 ]
}

@test "a function that differs would be seen" {
    cd "$BATS_TEST_TMPDIR"
    functions "$root/lessons/04-echo/server.c" >before
    sed 's/while (len > 0)/while (len != 0)/' "$root/lessons/04-echo/server.c" >server.c
    functions server.c >after
    [ "$(diff before after | grep -c '^[<>] send_all ')" -eq 2 ]
}

@test "no program is longer than its lesson allows" {
    count=0
    while read -r lesson most; do
        for file in "$root/lessons/$lesson"-*/*.c; do
            length=$(wc -l <"$file")
            echo "${file#"$root/"}: $length lines, at most $most"
            [ "$length" -le "$most" ]
            count=$((count + 1))
        done
    done <<'END'
01 200
02 200
03 200
04 200
05 200
06 200
07 239
08 261
09 343
10 561
11 788
12 1250
13 402
END
    # and that was all of them
    [ "$count" -eq "$(printf '%s\n' "$root"/lessons/*/*.c | wc -l)" ]
}

@test "every program builds with plain cc, without a warning" {
    cd "$BATS_TEST_TMPDIR"
    for file in "$root"/lessons/*/*.c; do
        case $(uname)/${file#"$root/lessons/"} in
        Linux/*) stand_in=(-idirafter "$root/tests/self/kqueue") ;; # which only 13-epoll/kqueue.c needs
        */13-epoll/server.c) continue ;;
        *) stand_in=() ;;
        esac
        ${CC:-cc} "${stand_in[@]}" -o program "$file" 2>log || { cat log; false; }
        ${CC:-cc} "${stand_in[@]}" -std=gnu17 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -o program "$file" 2>>log
        cat log
        [ ! -s log ]
    done
}

# begins FROM LESSON: LESSON's suite, of which every fifth test suffices here, fails
# for the programs of FROM, and goes through to its end.
begins() {
    cd "$BATS_TEST_TMPDIR" || return
    mkdir -p "work/$2"
    [ -z "$1" ] || cp "$root/lessons/$1"/*.c "work/$2/"
    sample "$2" 5
    LESSONS=work PATIENCE=2 run bats --tap "$suite"
    echo "$output"
    [ "$status" -eq 1 ]
    all=$(grep -c '^@test' "$suite")
    [ "$(grep -c -e '^ok ' -e '^not ok ' <<<"$output")" -eq "$all" ]
    [ "$(grep -c '^not ok ' <<<"$output")" -ge $((all / 4)) ]
}

@test "lesson 01 cannot be passed without a program" {
    begins '' 01-socket
}

@test "lesson 02 cannot be passed with the programs of 01" {
    begins 01-socket 02-bind
}

@test "lesson 03 cannot be passed with the programs of 02" {
    begins 02-bind 03-listen-accept
}

@test "lesson 04 cannot be passed with the programs of 03" {
    begins 03-listen-accept 04-echo
}

@test "lesson 05 cannot be passed with the programs of 02" {
    begins 02-bind 05-udp
}

@test "lesson 06 cannot be passed with the programs of 04" {
    begins 04-echo 06-unix-domain
}

@test "lesson 07 cannot be passed with the programs of 04" {
    begins 04-echo 07-partial-send
}

@test "lesson 08 cannot be passed with the programs of 04" {
    begins 04-echo 08-many-clients
}

@test "lesson 09 cannot be passed with the programs of 08" {
    begins 08-many-clients 09-non-blocking
}

@test "lesson 10 cannot be passed with the programs of 09" {
    begins 09-non-blocking 10-chat
}

@test "lesson 11 cannot be passed with the programs of 10" {
    begins 10-chat 11-app-protocol
}

@test "lesson 12 cannot be passed with the programs of 10" {
    begins 10-chat 12-web-server
}

# All else that lesson 13 asks, the server of 09 does already.
@test "lesson 13 cannot be passed with the programs of 09" {
    cd "$BATS_TEST_TMPDIR"
    mkdir -p work/13-epoll
    cp "$root/lessons/09-non-blocking/server.c" work/13-epoll/
    LESSONS=work run bats --tap "$root/tests/13-epoll.bats" -f '10,000 silent clients|as it arrives'
    echo "$output"
    [ "$status" -eq 1 ]
    [ "$(grep -c '^ok 1 it sends back every byte as it arrives$' <<<"$output")" -eq 1 ]
    grep -q '^#   but:  *it is [0-9]* times as long$' <<<"$output"
}

@test "without memory for a request, the replies before it arrive whole in lesson 11" {
    [ -e /proc/self/stat ] || skip "this system has no /proc"
    cd "$BATS_TEST_TMPDIR"
    ${CC:-cc} -std=c17 -D_DEFAULT_SOURCE -o server "$root/lessons/11-app-protocol/server.c"
    "$TOOLS/guard" -r report -- ./server 127.0.0.1 0 >ready 2>warnings 3>&- 4>&- &
    until grep -q listening ready; do sleep 0.05; done
    read -r guard _ <report
    address=$(sed 's/.* //' ready)
    export TOOLS guard
    "$TOOLS/look" "$guard" fed || { kill "$guard" && skip "this system does not let us limit a program"; }
    # Too much for what this client receives, so the rest of it is still in the server's kernel.
    "$TOOLS/probe" narrow "$address" call 'SET k @60000' expect '+OK\r\n' run 'exec "$TOOLS/look" "$guard" asleep' call 'GET k' \
        run 'exec "$TOOLS/look" "$guard" asleep' run 'exec "$TOOLS/look" "$guard" hungry 256' call 'SET l @900000' \
        expect-bulk 60000 expect-end
    kill "$guard" && wait # until all that the server printed is here
    grep -q 'hung up on a client: Cannot allocate memory' warnings || grep -q 'hung up on a client: Out of memory' warnings
}
