#!/usr/bin/env bats
# What tests/grade takes from a submission: the class of awkward ones (tests/self/awkward),
# graded once, and what their reports say was taken, left out, or the same as what.

bats_require_minimum_version 1.5.0

root=${BATS_TEST_FILENAME%/tests/self/*}

setup_file() {
    export CLASS=$BATS_FILE_TMPDIR/class TMPDIR=$BATS_FILE_TMPDIR/tmp
    mkdir -p "$CLASS" "$TMPDIR"
    chmod a+x "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/file" "$BATS_FILE_TMPDIR"
    "$root/tests/self/class" "$CLASS" >"$CLASS/lines" 2>"$CLASS/complaints" 3>&- 4>&- || true
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
}

# grade ARG...: with suites of a single test.
grade() {
    "$CLASS/course/tests/grade" -o out "$@" 3>&- 4>&-
}

# row NAME: its row in grades.csv, from the submission on.
row() {
    sed -n "s/^\"\{0,1\}$1\"\{0,1\},//p" "${2:-$CLASS/grades}/grades.csv"
}

@test "each awkward submission is found, or its report says why not" {
    cat "$CLASS/complaints"
    [ ! -s "$CLASS/complaints" ]
    [ "$(grep -c '^== ' "$CLASS/lines")" -ge 25 ]
}

@test "folders and files may be spelled in many ways" {
    # Nothing is judged here: each of these paths is all that a submission has.
    for suite in "$root"/tests/[0-9]*.bats; do
        printf '%s\t%s\t1\t%s\n' "$(basename "$suite" .bats)" "$(sed -n "s/^programs='\(.*\)'$/\1/p" "$suite")" \
            "$(case $suite in */08-*) echo fork threads ;; esac)"
    done >lessons
    echo - >course
    export work=$PWD ours=''
    # found PATH: what it is taken for.
    found() {
        printf '0\t/root\t\tann\n' >roots
        printf 'ok\t1\t2\t100\t/root/%s\t\n' "$1" >sums
        printf '0\tf\t%s\n' "$1" >list
        awk -f "$root/tests/grading/find.awk" lessons course roots sums list >said
        sed -n 's|.*/programs/||p' plan
    }
    while IFS='|' read -r path expected; do
        got=$(found "$path")
        echo "$path: expected '$expected', and got '$got'"
        [ "$got" = "$expected" ]
    done <<'END'
04-echo/server.c|04-echo/server.c
04_echo/client.c|04-echo/client.c
04 - Echo/Server.C|04-echo/server.c
4. echo/server.c|04-echo/server.c
04echo/server.c|04-echo/server.c
4/server.c|04-echo/server.c
04/server.c|04-echo/server.c
L04/server.c|04-echo/server.c
lesson04/server.c|04-echo/server.c
Lesson 4/client.c.txt|04-echo/client.c
lesson-04-echo/server.c|04-echo/server.c
Lektion 4 (final)/server.c|04-echo/server.c
hw4/server.c|04-echo/server.c
hw4-ann/server.c|04-echo/server.c
week 4/src/server.c|04-echo/server.c
echo/server.c|04-echo/server.c
Echo_Final/server.c|04-echo/server.c
my-echo/server.c|04-echo/server.c
04-echo/echo_server.c|04-echo/server.c
04-echo/EchoServer.c|04-echo/server.c
04-echo/server (2).c|04-echo/server.c
04-echo/my-server.c|04-echo/server.c
04-echo/server/main.c|04-echo/server.c
04-echo/main.c|
04-echo/2/server.c|04-echo/server.c
3 attempts/04-echo/server.c|04-echo/server.c
socket-programming-main/05-udp/server.c|05-udp/server.c
socket-programming-main/server.c|
sockets/UDP/client.c|05-udp/client.c
2nd semester/server.c|
2026/server.c|
listenaccept/client.c|03-listen-accept/client.c
Listen & Accept/client.c|03-listen-accept/client.c
03-echo/server.c|04-echo/server.c
01-socket.c|01-socket/server.c
socket.c|01-socket/server.c
01-socket/main.c|01-socket/server.c
names.c|02-bind/names.c
naive.c|07-partial-send/naive.c
04-echo-server.c|04-echo/server.c
echo_client.c|04-echo/client.c
EchoClient.c|04-echo/client.c
tcp_echo_server.c|04-echo/server.c
server_04.c|04-echo/server.c
lesson4_server.c|04-echo/server.c
udp-client.c|05-udp/client.c
many_clients_server.c|08-many-clients/server.c
08-many-clients.c|08-many-clients/server.c
08-many-clients-threads.c|
08-many-clients/fork.c|
server.c|
04-echo.c|
chat-room/client.c|10-chat/client.c
13-epoll/server.c|13-epoll/server.c
Lesson 13/server.c|13-epoll/server.c
epoll_server.c|13-epoll/server.c
epoll.c|13-epoll/server.c
.vscode/04-echo/server.c|
work/04-echo/server.c|04-echo/server.c
repo-main/lessons/04-echo/server.c|04-echo/server.c
END
}

@test "a file among the directories is a row, and the class goes on" {
    [ "$(cat "$CLASS/status")" = 3 ]
    row readme.txt
    row readme.txt | grep -q '^error,error,error,.*error,3,'
    grep -qxF 'grade: readme.txt: neither a directory nor an archive' "$CLASS/said"
    [ "$(wc -l <"$CLASS/grades/grades.csv")" -eq $((1 + $(grep -c '^== ' "$CLASS/lines"))) ]
}

@test "submissions without programs, and programs that are the same, are named on stderr too" {
    cat "$CLASS/said"
    grep -qxF 'grade: cplusplus: nothing to grade was found: 01-socket/server.cpp: C++; the lessons are in C' "$CLASS/said"
    grep -qxF 'grade: nothing: nothing to grade was found: it is empty' "$CLASS/said"
    grep -qxF "grade: a-whole-class: several submissions in one? 01-socket is in ann/, bob/, carl/; if each is a student's, grade the folders in it (DIR/*)" "$CLASS/said"
    remedy='othing to grade was found: neither the name nor the folder of server.c says which lesson it belongs to; put it into a folder such as 01-socket/'
    grep -qxF "grade: flat-nameless: n$remedy" "$CLASS/said"
    grep -qxF "**Fix this first.** N$remedy." "$CLASS/grades/flat-nameless/report.md"
    grep -qxF "**Fix this first.** Nothing to grade was found: it is empty." "$CLASS/grades/nothing/report.md"
    grep -qxF "grade: clone-untouched: all of its programs are the course's own, unchanged" "$CLASS/said"
    grep -qxF 'grade: begun: identical to other programs of the course: 03-listen-accept/server.c' "$CLASS/said"
    grep -qxF 'grade: identical in the submissions copy-of-a-friend; versions: 01-socket/server.c' "$CLASS/said"
    run ! grep 'extra-folder' "$CLASS/said"
    grep -q '^submission .* remarks$' "$CLASS/table"
    grep -q '^cplusplus .*nothing to grade' "$CLASS/table"
}

@test "who has the same programs is told once: in one line, in index.html, and without names in reports" {
    mine() { local i; mkdir -p "$1" && for i in $(seq 20); do echo "int $2_$i;"; done >"$1/${3:-server.c}"; }
    for i in a b c d e f g h; do
        mine "class/$i/02-bind" all && mine "class/$i/02-bind" all_names names.c
        mine "class/$i/01-socket" "only_$i"
        mine "class/$i/03-listen-accept" "only_$i"
    done
    mine class/a/03-listen-accept two && mine class/c/03-listen-accept two
    mine class/e/03-listen-accept three && mine class/d/03-listen-accept three && mine class/a/01-socket three
    for i in f g h; do mkdir -p "class/$i/01-socket" && cp "$root/lessons/01-socket/server.c" "class/$i/01-socket/"; done
    run -0 grade --only 1,2,3 --level guard class/[d-h] class/[a-c]
    echo "$output"
    [ "$(grep -E '^grade: .*(identical| own,)' <<<"$output")" = "grade: f; g; h: the course's own, unchanged: 01-socket/server.c
grade: identical in the submissions a; b; c; d; e; and 3 more: 02-bind/names.c, 02-bind/server.c
grade: identical in the submissions a; c: 03-listen-accept/server.c
grade: identical in the submissions d; e: 03-listen-accept/server.c" ]
    row b out | grep -q ',same as 7 others: 2 programs,'
    row a out | grep -q ',same as up to 7 others: 3 programs,'
    cat out/a/report.md
    [ "$(grep '^- \*\*the same' out/a/report.md)" = "- **the same code** in 02-bind: \`names.c, server.c\`, also handed in by 7 others
- **the same code** in 03-listen-accept: \`server.c\`, also handed in by 1 other" ]
    grep -qF '<td>02-bind/names.c, 02-bind/server.c</td><td>a; b; c; d; e; f; g; h</td>' out/index.html
    # One more changes no report of those whom it does not concern.
    cp -R out before
    mine class/i/01-socket another && mine class/i/03-listen-accept two
    run -0 grade --only 1,2,3 --level guard class/*
    cmp before/b/report.md out/b/report.md
    grep -qxF 'grade: identical in the submissions a; c; i: 03-listen-accept/server.c' <<<"$output"
    echo "$output"
    # What has not changed is not said again.
    grep -qxF "grade: 4 remarks of the last run still hold, and are not repeated; they are in $PWD/out/.remarks" <<<"$output"
    run ! grep -E '; and 3 more|f; g; h' <<<"$output"
    run -0 grade --only 1,2,3 --level guard class/*
    [ "$(grep -c '^grade: ' <<<"$output")" -eq 2 ] # the level, and how many remarks still hold
}

@test "people's names stay as they are, and directories have safe ones" {
    grep -q '^"\{0,1\}Müller, Anna (12345)' "$CLASS/grades/grades.csv"
    row 李雷
    row 王芳
    [ -z "$(find "$CLASS/grades" -mindepth 1 -name '*[!A-Za-z0-9._~+@-]*')" ]
}

@test "the order of the arguments does not change a name, and no two have the same" {
    mkdir -p a/ann/01-socket 'b/ann/01-socket' 'c/an n/01-socket' 'c/an:n/01-socket'
    for i in a/ann b/ann 'c/an n' 'c/an:n'; do echo "int main(void) { return ${#i}; }" >"$i/01-socket/server.c"; done
    grade --only 1 --level guard a/ann b/ann c/*
    cut -d, -f1,2 out/grades.csv
    (cd out && ls -d */) >names
    [ "$(wc -l <names)" -eq 4 ]
    [ "$(cut -d, -f1 out/grades.csv | sort -u | wc -l)" -eq 5 ]
    grep -q '^a/ann,' out/grades.csv && grep -q '^b/ann,' out/grades.csv
    cp -R out before
    grade --only 1 --level guard c/an:n b/ann 'c/an n' ./a/ann/
    (cd out && ls -d */) | diff names -
    for i in $(cat names); do cmp "before/$i.results/01-socket" "out/$i.results/01-socket"; done
}

@test "the same tokens are the same program, and nothing else is" {
    tokens() { printf '%s\n' "$@" | "$CLASS/tools/tokens" | cut -f 3; }
    [ -x "$CLASS/tools/tokens" ] || "$root/tests/tools/build" "$CLASS/tools" tokens
    printf 'int main(void)\n{\n    puts("a  b"); /* x */\n    return 07;\n}\n' >a.c
    printf '\357\273\277int main ( void ) { // x\r\n\tputs( "a  b" );\r\n  ret\\\r\nurn 07; }' >b.c
    [ "$(tokens a.c b.c | sort -u | wc -l)" -eq 1 ]
    sed 's/a  b/a b/' a.c >c.c
    sed 's/07/0 7/' a.c >d.c
    sed 's|("a|("a/*|; s|b")|*/b")|' a.c >e.c
    sed 's|"a  b"); /\*|"a\\"  b"); /*|' a.c >f.c
    [ "$(tokens a.c c.c d.c e.c f.c | sort -u | wc -l)" -eq 5 ]
    ln -s a.c g.c
    mkfifo h.c
    head -c 300000 /dev/zero >i.c
    [ "$(printf '%s\n' g.c h.c i.c j.c | "$CLASS/tools/tokens")" = $'no\ta link\tg.c
no\tnot a regular file\th.c
no\tmore than 256 KiB\ti.c
no\tnot readable\tj.c' ]
}

@test "a roster joins submissions and people" {
    for i in 'Müller, Anna' bob-1 bob-2 carl dora; do
        mkdir -p "class/$i/01-socket"
        echo "int main(void) { return ${#i}; }" >"class/$i/01-socket/server.c"
    done
    printf '\357\273\277Directory,ID,Name,E-mail\r\n"Müller, Anna",17,"Anna ""A."" Müller",anna@example.org\r\nbob*,18,Bob,\r\ncar?,,Carl,c@example.org\r\ncarl,20,Karl,\r\nemil*,21,Emil,e@example.org\r\n' >roster.csv
    run -0 grade --only 1 --level guard --roster roster.csv class/*
    echo "$output"
    about() { grep -lxF "submission	$1" out/*/.results/about | xargs sed -n 's/^person	//p'; }
    [ "$(about 'Müller, Anna')" = $'17\tAnna "A." Müller\tanna@example.org' ]
    [ "$(about carl)" = $'20\tKarl\t' ] # the exact name counts more than a pattern
    grep -qxF 'grade: roster.csv has no row for dora' <<<"$output"
    # nobody gets a name that may be another one's
    grep -qxF 'grade: roster.csv: bob* matches 2 submissions, so it is used for none of them: bob-1; bob-2' <<<"$output"
    [ -z "$(about bob-1)$(about bob-2)" ]
    [ "$(grep -c Bob out/canvas.csv)" -eq 0 ]
    grep -qxF 'grade: canvas.csv: Canvas cannot place 3 of the 5 submissions; give each of them a row in --roster' <<<"$output"
    grep -qxF 'grade: roster.csv: nothing was handed in for emil* (21, Emil, e@example.org)' <<<"$output"
    # Another dialect; and two patterns for one submission.
    printf 'carl;20;Karl\n*l;22;Else\nca*;23;Other\n' >roster.csv
    run -0 grade --only 1 --level guard --roster roster.csv class/carl
    [ "$(about carl)" = $'20\tKarl\t' ]
    printf '*l;22;Else\nca*;23;Other\n' >roster.csv
    run -0 grade --only 1 --level guard --roster roster.csv class/carl
    grep -q 'roster.csv: 2 rows match carl, so none of them is used' <<<"$output"
    [ -z "$(about carl)" ]
    # An archive is called what it is called without its ending.
    tar -czf Quinn.tar.gz -C class/carl 01-socket && printf 'Quinn;24;Quinn Q.\n' >roster.csv
    run -0 grade --only 1 --level guard --roster roster.csv Quinn.tar.gz
    [ "$(about Quinn.tar.gz)" = $'24\tQuinn Q.\t' ]
    # The header says which column is which, or that one is missing.
    printf 'Full name,E-mail address,Submission,SIS User ID\nKarl K.,k@example.org,carl,25\n' >roster.csv
    run -0 grade --only 1 --level guard --roster roster.csv class/carl
    [ "$(about carl)" = $'25\tKarl K.\tk@example.org' ]
    printf 'Student,ID,SIS User ID\nKarl,1,25\n' >roster.csv
    run -2 grade --only 1 --level guard --roster roster.csv class/carl
    grep -qxF 'grade: roster.csv: no column says which submission a row is about; call it submission' <<<"$output"
    printf 'carl,25,J\374rgen\n' >roster.csv
    run -2 grade --only 1 --level guard --roster roster.csv class/carl
    grep -qxF 'grade: roster.csv: it is not in UTF-8; in a spreadsheet, save it as "CSV UTF-8"' <<<"$output"
    run -2 grade --only 1 --roster no-such-file class/carl
}

@test "a directory that we may not read is a row, too" {
    [ "$(id -u)" != 0 ] || skip "root may read everything"
    mkdir -p class/locked class/open/01-socket/part
    echo 'int main(void) { return 0; }' >class/open/01-socket/server.c
    chmod 000 class/locked class/open/01-socket/part
    run -3 grade --only 1 --level guard class/*
    chmod 700 class/locked class/open/01-socket/part
    echo "$output"
    row locked out | grep -q '^error,'
    row open out | grep -q '^[01],'
    grep -q '^left	01-socket/part	permission denied$' out/open/.results/about
}

@test "a student who worked on another lesson gets no points for the course's own programs" {
    mkdir -p clone/tests clone/work/04-echo
    cp "$root/tests/helpers.bash" clone/tests/
    cp -R "$root/lessons" clone/
    grade --level guard --only 1 clone
    grep -q '^taken	01-socket	lessons/01-socket$' out/clone/.results/about # nothing was written
    echo 'int main(void) { return 0; }' >clone/work/04-echo/server.c
    run -0 grade --level guard --only 1 clone
    echo "$output"
    cat out/clone/.results/about
    row clone out | grep -q '^0,0,1,'
    grep -q '^left	lessons/01-socket/	unchanged programs of the course;' out/clone/.results/about
    # So it is if it was in lessons/ that they worked.
    rm -r clone/work
    echo 'int more;' >>clone/lessons/04-echo/server.c
    grade --level guard --only 1 clone
    row clone out | grep -q '^0,0,1,'
}

@test "a grader that lies in the submission says so, and its course is nobody's work" {
    mkdir -p student/02-bind
    echo 'int main(void) { return 0; }' >student/02-bind/server.c
    cp -R "$CLASS/course" student/course
    run -0 student/course/tests/grade -o out --only 1,2 --level guard student 3>&- 4>&-
    echo "$output"
    grep -q '^grade: the grader is inside the submission student, so ' <<<"$output"
    cat out/student/.results/about
    [ "$(grep '^taken' out/student/.results/about)" = $'taken	02-bind	02-bind' ]
    grep -q '^note	the grader was inside the submission' out/student/.results/about
}
