#!/usr/bin/env bats
# shellcheck disable=SC2016  # the backticks are Markdown's
# The checks of the notes bite: each of them names what is wrong, and where.

load notes

setup_file() {
    export BUILT=$BATS_FILE_TMPDIR/built

    mkdir "$BUILT"
    for program in server client; do
        $CC -std=gnu17 -o "$BUILT/$program" "$BATS_TEST_DIRNAME/../../lessons/04-echo/$program.c"
    done
}

setup() {
    # shellcheck disable=SC2164  # bats made it
    cd "$BATS_TEST_TMPDIR"
    mkdir assets docs lessons lessons/01-a lessons/02-b tests
    cp "$BUILT"/* .
    notes=lessons/01-a/README.md
}

# ok CHECK [ARG]...: it finds nothing.
ok() {
    run "$@"
    echo "$output"
    [ "$status" = 0 ]
    [ -z "$output" ]
}

# bites TEXT CHECK [ARG]...: it fails, and says TEXT.
bites() {
    run "${@:2}"
    echo "$output"
    [ "$status" = 1 ]
    grep -qF -e "$1" <<<"$output"
}

# conversation: a transcript of all that there can be in one.
conversation() {
    cat <<'END'
# Echo

```console
$ ./server
listening on 127.0.0.1:65432
```

<!-- terminal 2, types "hello" "again" -->
```console
$ ./client
hello
hello
again
again
^D
$ echo $?
0
$ ./client 127.0.0.1 99999
client: 99999: not a port (0 to 65535)
$ echo $?
2
$ printf 'a b\n' | ./client
a b
$ for word in one two
> do
>     echo $word
> done
one
two
```

1. In the first terminal:

   ```console
   ^Z
   [1]+  Stopped                 ./server
   $ fg
   ./server
   ^C
   ```

<!-- terminal 2 -->

```console
$ ./client
client: connect 127.0.0.1 65432: …
$ printf 'one\ntwo\nthree\n'
one
…
$ printf 'no newline'
no newline
$ (trap '' HUP; exec sleep 1000)
```
END
}

# wrong LINE SCRIPT TEXT: after the change that the sed SCRIPT makes the
# conversation differs at LINE, where TEXT came.
wrong() {
    conversation | sed -e "$2" >README.md
    ! cmp -s README.md <(conversation) || return 1
    bites "README.md:$1: " replays README.md
    grep -qF -e "README.md:$1: but the terminal shows: $3" <<<"$output"
}

@test "a transcript that comes true is accepted, and nothing runs on" {
    needs_terminal
    conversation | sed "s/sleep 1000/sleep 1$$/" >README.md
    ok replays README.md
    ok turn sh -c '"$1" README.md && ! ps -A -o args | grep "^$0\$"' "sleep 1$$" "$TOOLS/terminal"
}

@test "musl's words for an error are as good as glibc's" {
    needs_terminal
    printf '%s\n' '```console' "$ echo 'bind: Address in' use, 'send: Message too' large" \
        'bind: Address already in use, send: Message too long' '```' >README.md
    ok replays README.md
}

@test "a line that differs is named" {
    needs_terminal
    wrong 5 '5s/.*/listening on 127.0.0.1:65433/' 'listening on 127.0.0.1:65432'
    wrong 12 '12s/hello/hallo/' hello
    wrong 17 '17s/0/1/' 0
    wrong 38 '38s/server/client/' ./server
    wrong 46 '46s/connect.*/bind …/' 'client: connect 127.0.0.1 65432: '
}

# german: the conversation, translated.
german() {
    conversation | sed 's/^# Echo/# Das Echo/; s/^1\. In the first terminal:/1. Im ersten Terminal:/'
}

@test "the transcripts of a translation are replayed" {
    needs_terminal
    german >README.de.md
    ok replays README.de.md
    german | sed '12s/hello/hallo/' >README.de.md
    bites "README.de.md:12: " replays README.de.md
}

@test "a translation that changes code or a transcript, or leaves one out" {
    conversation >README.md
    german >README.de.md
    ok translated README.de.md
    german | sed '12s/hello/hallo/' >README.de.md
    bites "README.de.md:12: this differs from line 12 of README.md: hallo" translated README.de.md
    german | sed 's/types "hello" "again"/types "hallo" "nochmal"/' >README.de.md
    bites "README.de.md:8: this differs from line 8 of README.md: <!-- terminal 2, types" translated README.de.md
    german | sed '/^<!-- terminal 2 -->/,$d' >README.de.md
    bites "README.de.md:1: a block is missing, which begins in line $(grep -n '^<!-- terminal 2 -->' README.md | cut -d: -f1) of README.md" \
        translated README.de.md
    printf '*Terminal 1*\n```c\na\n```\n' >README.md
    printf '*Terminal 2*\n```c\na\n```\n' >README.de.md
    bites "README.de.md:1: this differs from line 1 of README.md: *Terminal 2*" translated README.de.md
    printf '# Titel\n' >README.fr.md
    mv README.md other.md
    bites "README.fr.md:1: there is no README.md" translated README.fr.md
}

@test "a line that is missing is named" {
    needs_terminal
    wrong 20 $'19a\\\nnobody says this' '(nothing: the prompt is back)'
    wrong 19 $'18a\\\nnobody says this' 'client: 99999'
    wrong 30 $'29a\\\nthree' '(nothing: the prompt is back)'
    wrong 40 $'39a\\\nbye' '(nothing: the prompt is back)'
    wrong 50 $'49a\\\nfour' '(nothing: the prompt is back)' # after any lines
    PATIENCE=2 wrong 6 $'5a\\\naccepted' '(nothing more)'
    PATIENCE=2 wrong 39 '39s/\^C/$ echo/' '(no prompt: the program still runs)'
}

@test "a line too many is named" {
    needs_terminal
    wrong 5 5d 'listening on 127.0.0.1:65432' # at the end of a block
    wrong 19 19d 'client: 99999'              # before the next command
    wrong 12 12d hello                        # before a line is typed
    wrong 36 36d '[1]+'                       # after a key
}

@test "a key that does nothing is named" {
    needs_terminal
    wrong 16 $'15a\\\n^C' '(nothing runs'
}

@test "typed text must appear in the transcript, and reach a program" {
    needs_terminal
    wrong 30 's/"again"/"again" "more"/' '(the transcript has no such line to type)'
    wrong 17 's/"hello" "again"/"hello" "again" "0"/' '(no program runs that could read it)'
    conversation | sed 's/types/tpyes/' >README.md
    bites 'README.md:8: this comment has another form: tpyes' replays README.md
}

@test "a caption says on which terminal a transcript runs" {
    needs_terminal
    cat >README.md <<'END'
*Terminal 1*
```console
$ cat
```

<!-- types "hello" -->

*Terminal 2, which is another one*
```console
$ cat
hello
hello
^D
```

*Terminal 1*
```console
^D
```
END
    replays README.md
    sed 's/^\*Terminal 2.*/*Terminal 2/' README.md >other.md
    bites 'other.md:8: this caption has another form than *Terminal 2*' replays other.md
    sed 's/^\*Terminal 2.*/*Terminal 1*/' README.md >other.md
    PATIENCE=2 bites 'other.md:10: expected: $ cat' replays other.md
}

@test "a line may begin in one block and end in a later one" {
    needs_terminal
    cat >README.md <<'END'
```console
$ printf 'half a '; while [ ! -e go ]; do sleep 0.1; done; rm go; printf 'line\n'
```
<!-- terminal 2 -->
```console
$ echo >go
```
```console
half a line
```
END
    ok replays README.md
    sed 's/half a line/line/' README.md >docs/a.md
    bites 'docs/a.md:9: but the terminal shows: half a line' replays docs/a.md
}

@test "what a job prints may come before the shell says that it has started it" {
    needs_terminal
    cat >README.md <<'END'
```console
$ echo first; sleep 0.1; echo '[1] 234'; sleep 0.1; echo second
[1] …
first
second
```
END
    ok replays README.md
    sed 's/^second/third/' README.md >docs/a.md
    bites 'docs/a.md:5: but the terminal shows: second' replays docs/a.md
    sed 's/^.1. …/[2] …/' README.md >docs/a.md
    bites 'docs/a.md:3: but the terminal shows: first' replays docs/a.md
}

@test "what is not installed is skipped, with what continues it" {
    needs_terminal
    cat >README.md <<'END'
```console
$ nosuchcommand -x | cat
a line
```
<!-- terminal 2 -->
```console
$ echo 2
2
```
```console
^C
$ echo 1
one
```
```console
$ A=b echo 'a;nosuch b' && echo 2>&1 c
a;nosuch b
c
```
END
    run replays README.md
    echo "$output"
    [ "$status" = 0 ]
    [ "${lines[0]}" = "skipped README.md:2: nosuchcommand is not installed" ]
    [ "${lines[1]}" = "skipped README.md:11: it continues a block that was skipped" ]
    [ "${#lines[@]}" = 2 ]
    STRICT=1 bites 'skipped README.md:2' replays README.md
}

@test "a block of no known kind, one without an end, one that is not replayed" {
    printf '```text\na\n```\n```c\n```\n   *Terminal 1*\n   ```console\n   $ a\n   ```\n' >"$notes"
    ok fences "$notes"
    printf '*Terminal 1*\n\n```console\n$ a\n```\n' >"$notes"
    bites "$notes:3: say above the block on which terminal it runs" fences "$notes"
    printf '```\na\n```\n' >"$notes"
    bites "$notes:1: a block of \"\"" fences "$notes"
    printf '\n```bash\na\n```\n' >"$notes"
    bites "$notes:2: a block of \"bash\"" fences "$notes"
    printf '\n```c\na\n' >"$notes"
    bites "$notes:2: this block has no end" fences "$notes"
    printf '<!-- not replayed: no network -->\n```console\n$ a\n```\n' | tee "$notes" >README.md
    bites "$notes:1: only README.md" fences "$notes"
    ok fences README.md
    printf '<!-- not replayed -->\n```console\n$ a\n```\n' >README.md
    bites "README.md:1: say why" fences README.md
}

@test "code that differs from the program" {
    printf 'int a;\n    int b;\n\nint c;\n' >lessons/01-a/a.c
    printf 'int d;\n' >lessons/01-a/d.c
    printf '```c\n    int b;\n\nint c;\n```\n\n1. Item\n   ```c\n   int d;\n   ```\n```text\nint x;\n```\n' >"$notes"
    ok snippets "$notes"
    printf '# A\n```c\nint a;\n    int  b;\n```\n' >"$notes"
    bites "$notes:4: no program" snippets "$notes"
    printf '# A\n```c\nint a;\nint b;\n```\n' >"$notes"
    bites "$notes:4: no program" snippets "$notes"
    printf '```c\nint a;\nint c;\n```\n' >"$notes" # a line left out
    bites "$notes:3: no program" snippets "$notes"
    printf '```c\nint c;\nint d;\n```\n' >"$notes" # of two programs
    bites "$notes:3: no program" snippets "$notes"
    printf '```c\nint\n```\n' >"$notes" # part of a line
    bites "$notes:2: no program" snippets "$notes"
    cp "$notes" lessons/02-b # which has no program
    bites "lessons/02-b/README.md:2: no program" snippets lessons/02-b/README.md
}

@test "a link that leads nowhere" {
    printf '# The `bind()` call, here\n## Again\n## Again\n```c\n# Not here\n```\n' >README.md
    cat >"$notes" <<'END'
[a](../../README.md) [b](../../README.md#the-bind-call-here) [c
d](../../README.md#again-1) ![e](../../server) `[f](nowhere)` [g](https://example.org/g(7).html)
<https://example.org> [`h`](#heading) <a href="../../docs">docs</a>
```text
[i](nowhere)
```
[j]: ../../README.md
# Heading
END
    ok links "$notes" README.md
    for wrong in '[a](nowhere.md)' '![a](../../assets/a.svg)' '[a](../../README.md#not-here)' '[a](#again)' \
        '[a](../../README.md#again-2)' '[a](/README.md)' '[a](http://example.org)' '<http://example.org>' \
        'see http://example.org' '[a](https://example)' '[a](mailto:a@b.org)' '[a](../../server#main)' \
        '<img src="a.png" alt="a">' '[a]: nowhere.md' $'[a\nb](nowhere.md)'; do
        printf '# A\n%s\n' "$wrong" >"$notes"
        bites "$notes:" links "$notes"
        [ "${#lines[@]}" = 1 ]
    done
}

@test "a term that is unknown, bold twice or nowhere, or explained elsewhere" {
    second=lessons/02-b/README.md
    printf '%s\n' '# Terms' '- **half-close** (lesson [01](../lessons/01-a/README.md)): one' \
        '- **`errno`** (lesson [02](../lessons/02-b/README.md)): two' >docs/terms.md
    printf 'A **half-\nclose**, `**x**`\n```text\n**y**\n```\n' | sed 's/half-$/Half-close** it/;s/^close\*\*,//' >"$notes"
    printf 'and\n**`errno`** too\n' >"$second"
    ok terms docs/terms.md "$notes" "$second"

    printf 'a **half-close** and **peer**\n' >"$notes"
    bites "$notes:1: peer: bold is for terms" terms docs/terms.md "$notes" "$second"
    printf 'a **half-close**\nor **half-close**\n' >"$notes"
    bites "$notes:2: half-close: it is bold already, $notes:1" terms docs/terms.md "$notes" "$second"
    : >"$notes"
    bites "docs/terms.md:2: half-close: it is bold in no lesson" terms docs/terms.md "$notes" "$second"
    printf 'a **half-close**\n' >>"$second"
    bites "docs/terms.md:2: half-close: it is bold in $second, not in $notes" terms docs/terms.md "$notes" "$second"
    printf 'a **half-close**\n' >"$notes"
    echo '- **peer**: the other end' >>docs/terms.md
    bites 'docs/terms.md:4: write - **term** (lesson' terms docs/terms.md "$notes" "$second"
    sed 's/^- \*\*peer.*/- **half-close** (lesson [01](..\/lessons\/01-a\/README.md)): again/' docs/terms.md >new
    mv new docs/terms.md
    bites 'docs/terms.md:4: half-close: it has an entry in line 2 already' terms docs/terms.md "$notes" "$second"
}

@test "a picture that is large, without a word, or not shown" {
    svg='<svg><title>a</title><desc>b</desc></svg>'
    echo "$svg" >assets/a.svg
    printf '# A\n![a\nb](../../assets/a.svg)\n' >"$notes"
    ok pictures "$notes"
    printf '# A\n\n![](../../assets/a.svg)\n' >"$notes"
    bites "$notes:3: say in the brackets" pictures "$notes"
    printf '# A\n<img src="../../assets/a.svg">\n' >"$notes"
    bites "$notes:2: say in alt" pictures "$notes"
    printf '[a](../../assets/aa.svg)\n' >"$notes"
    bites "assets/a.svg:1: nobody shows it" pictures "$notes"
    printf '![a](../../assets/a.svg)\n' >"$notes"
    echo '<svg><desc>b</desc></svg>' >assets/a.svg
    bites "assets/a.svg:1: it has no <title>" pictures "$notes"
    echo '<svg><title>a</title></svg>' >assets/a.svg
    bites "assets/a.svg:1: it has no <desc>" pictures "$notes"
    printf '%s%6144s\n' "$svg" '' >assets/a.svg
    bites "assets/a.svg:1: it has 6 kB or more" pictures "$notes"
}

@test "a line that is too long" {
    long=$(printf '%60s' '' | sed 's/ /a /g')
    printf '%.0sa\n' {1..1000} >"$notes"
    printf '```text\n%s\n```\n| %s |\n%s\n' "$long" "$long" "${long%? }" | sed 's/a/…/g' >README.md
    ok lengths "$notes" README.md
    printf 'a\n%s\n' "$long" >README.md
    bites 'README.md:2: this line has 120 columns' lengths README.md
}

@test "a check that points to a heading that does not exist" {
    printf '# A\n\n### Say where\n```text\n### Not\n```\n' >"$notes"
    printf '    hint "a \\"b\\"" "Say where"\n    hint "a" \\\n        "Say where"\n' >tests/01-a.bats
    ok hints tests/01-a.bats
    printf '\n    hint "a" "Not"\n' >tests/01-a.bats
    bites "tests/01-a.bats:2: $notes has no heading \"Not\"" hints tests/01-a.bats
    printf '    hint "a" "Say"\n' >tests/01-a.bats
    bites "tests/01-a.bats:1: $notes has no heading \"Say\"" hints tests/01-a.bats
    printf '    hint "a" \\\n        "Say  where"\n' >tests/01-a.bats
    bites "tests/01-a.bats:2:" hints tests/01-a.bats
    printf '## There\n' >lessons/02-b/README.md
    printf '    hint "a" "02: There"\n' >tests/01-a.bats
    ok hints tests/01-a.bats
    printf '    hint "a" "02: Say where"\n' >tests/01-a.bats
    bites "tests/01-a.bats:1: lessons/02-b/README.md has no heading \"Say where\"" hints tests/01-a.bats
    rm lessons/02-b/README.md
    printf '    hint "a" "b"\n' >tests/02-b.bats
    bites "tests/02-b.bats:1: there is no lessons/02-b/README.md" hints tests/02-b.bats
}
