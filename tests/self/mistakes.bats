#!/usr/bin/env bats
# Every mistake is caught by the tests that it names, and every test of every
# suite is named by a mistake: so none of them is a test that cannot fail.

root=${BATS_TEST_FILENAME%/tests/self/*}

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
}

# Most mistakes make a test wait for an answer that never comes, so three groups of
# them for each processor are at work.  The last lessons take longest, so they begin.
@test "every mistake is caught by the tests that it names" {
    patches=("$root/tests/mistakes"/*/*.patch)
    status=0
    export BUILT=$BATS_TEST_TMPDIR/built
    printf '%s\n' "${patches[@]}" | sort -r | tr '\n' '\0' |
        xargs -0 -n 10 -P "$((3 * $(getconf _NPROCESSORS_ONLN)))" "$root/tests/self/catch" >said || status=$?
    echo "${#patches[@]} mistakes; status $status"
    grep -v '^caught ' said || true
    [ "$status" -eq 0 ]
    [ "$(grep -c '^caught ' said)" -eq "${#patches[@]}" ]
}

@test "every test of every suite is named by a mistake" {
    for suite in "$root"/tests/[0-9]*.bats; do
        lesson=$(basename "$suite" .bats)
        sed -n 's/^@test "\(.*\)" {$/\1/p' "$suite" | sort >asked
        sed -n 's/^Caught by: //p' "$root/tests/mistakes/$lesson"/*.patch | sort -u >named
        comm -23 asked named | sed "s/^/$lesson: no mistake names: /" >>unnamed
    done
    cat unnamed
    [ ! -s unnamed ]
}

# mistake NAME WORD FROM TO: a patch that takes FROM for TO in 04's server, and that
# each test of 04 with WORD in its name should catch.
mistake() {
    mkdir -p 'some mistakes/04-echo' 'a/lessons/04-echo' 'b/lessons/04-echo'
    cp "$root/lessons/04-echo/server.c" a/lessons/04-echo/
    awk -v from="$3" -v to="$4" '(at = index($0, from)) && !done { $0 = substr($0, 1, at - 1) to substr($0, at + length(from)); done = 1 } 1' \
        a/lessons/04-echo/server.c >b/lessons/04-echo/server.c
    {
        echo "Mistake: none."
        sed -n 's/^@test "\(.*\)" {$/Caught by: \1/p' "$root/tests/04-echo.bats" | grep -e "$2" || true
        diff -u a/lessons/04-echo/server.c b/lessons/04-echo/server.c || true
    } >"some mistakes/04-echo/$1.patch"
}

@test "a mistake that no test catches is reported, beside one that is caught" {
    mistake harmless 'five bytes' ' */' ' * a line more */'
    mistake short 'five bytes' '(size_t)n) == -1' '(size_t)n - 1) == -1'
    run "$root/tests/self/catch" 'some mistakes/04-echo'/{harmless,short}.patch
    echo "$output"
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -eq 2 ]
    [[ ${lines[0]} = "MISSED some mistakes/04-echo/harmless.patch: not caught, this passes: "*"five bytes"* ]] || false
    [ "${lines[1]}" = "caught some mistakes/04-echo/short.patch " ]
}

@test "with -v catch shows what the failed test prints" {
    mistake short 'five bytes' '(size_t)n) == -1' '(size_t)n - 1) == -1'
    run "$root/tests/self/catch" -v 'some mistakes/04-echo/short.patch'
    echo "$output"
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = "caught some mistakes/04-echo/short.patch " ]
    [[ ${lines[1]} = "not ok 1 "*"five bytes"* ]] || false
    grep -q '^#   send     "hello"' <<<"$output"
    grep -q '^# likely: ' <<<"$output"
}

@test "catch refuses a command line without a mistake, and reports one that does not exist" {
    run "$root/tests/self/catch" -v
    [ "$status" -eq 2 ]
    [ "$output" = "usage: tests/self/catch [-v] PATCH..." ]
    run "$root/tests/self/catch" 'no such.patch'
    [ "$status" -eq 1 ]
    [ "$output" = "MISSED no such.patch: there is no such file" ]
}

@test "of two tests that a mistake names, the one that passes is told" {
    mistake text 'five bytes\|it .*zero bytes' '(size_t)n) == -1' 'strnlen(buf, (size_t)n)) == -1'
    run "$root/tests/self/catch" 'some mistakes/04-echo/text.patch'
    echo "$output"
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -eq 1 ]
    [[ $output = "MISSED some mistakes/04-echo/text.patch: not caught, this passes: "*"five bytes"* ]] || false
}

@test "a patch that cannot be judged is reported, with the reason" {
    mistake unclear 'five bytes' '#include <errno.h>' '#include <errno.h'
    mistake nameless 'no such test' ' */' ' * a line more */'
    mistake renamed 'five bytes' ' */' ' * a line more */'
    sed -i.old 's/^Caught by: /&once upon a time /' 'some mistakes/04-echo/renamed.patch'
    mistake elsewhere 'five bytes' ' */' ' * a line more */'
    sed -i.old 's/^ /  /' 'some mistakes/04-echo/elsewhere.patch'
    run "$root/tests/self/catch" 'some mistakes/04-echo'/{unclear,nameless,renamed,elsewhere}.patch
    echo "$output"
    [ "$status" -eq 1 ]
    grep -q '^MISSED some mistakes/04-echo/unclear.patch: it does not compile: .*server\.c:' <<<"$output"
    grep -qx "MISSED some mistakes/04-echo/nameless.patch: no line 'Caught by: ...'" <<<"$output"
    grep -q '^MISSED some mistakes/04-echo/renamed.patch: there is no test: once upon a time ' <<<"$output"
    grep -q '^MISSED some mistakes/04-echo/elsewhere.patch: it does not apply: ' <<<"$output"
}
