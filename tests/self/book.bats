#!/usr/bin/env bats
# The book: what `make book` does with a small course, that the real one is whole, and
# that tests/book/check finds what is wrong with a book.
#
# A test that needs a tool which is not installed is skipped; STRICT=1 makes that a failure.

root=${BATS_TEST_FILENAME%/tests/self/*}

# with TOOL...: skip the test unless all of them are installed.
with() {
    local tool

    for tool; do
        command -v "$tool" >/dev/null || [ "$STRICT" ] || skip "$tool is not installed"
    done
}

with_browser() {
    command -v google-chrome >/dev/null || with chromium # either will do
}

# A course of two lessons, with each thing that the book shows in a way of its own.
setup_file() {
    export BATS_NO_PARALLELIZE_WITHIN_FILE=true # the last tests share a book
    command -v pandoc >/dev/null || return 0
    export SMALL=$BATS_FILE_TMPDIR/small
    mkdir -p "$SMALL/assets" "$SMALL/docs" "$SMALL/lessons/01-one" "$SMALL/lessons/02-two" "$SMALL/tests"
    cp -R "$root/book" "$SMALL"
    cp "$root/assets/book.css" "$SMALL/assets"
    cd "$SMALL" || return
    echo '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 320"><title>A</title></svg>' >assets/a.svg
    echo 'Anyone may copy this.' >LICENSE
    printf '# Small\n\n[One](lessons/01-one/README.md), [tests](tests), [the license](LICENSE).\n' >README.md
    printf '# Helping\n\nYou are welcome.\n' >CONTRIBUTING.md
    printf '# Changes\n\n[First](lessons/02-two/README.md#what-it-does--why).\n' >CHANGELOG.md
    printf '# Zebras\n\nStripes.\n' >docs/zebras.md
    printf '# Setup\n\nSee [helping](../CONTRIBUTING.md) and [it](#it).\n\n## It\n\nIs.\n' >docs/setup.md
    printf '/* one */\nint main(void)\n{\n    return 1 < 2 && "<b>"[0];\n}\n' >lessons/01-one/server.c
    printf 'static int\nadd(int a, int b)\n{\n    return a + b;\n}\n\n' >lessons/01-one/by-hand.c
    printf 'int main(void)\n{\n    return add(1, 2);\n}\n' >>lessons/01-one/by-hand.c
    cp lessons/01-one/by-hand.c tests/other.c
    printf '# 01: one\n\nHello.\n' >lessons/01-one/README.md
    printf '# 01: eins\n\nHallo.\n' >lessons/01-one/README.de.md
    printf '# Klein\n\n[Eins](lessons/01-one/README.de.md).\n' >README.de.md
    cat >lessons/02-two/README.md <<'EOF'
# 02: two

![A picture](../../assets/a.svg) and [another program](../../tests/other.c), [one](../01-one/by-hand.c),
[here](#what-it-does--why), [elsewhere](https://example.com/).

## What it does & why?

> [!WARNING]
> It bites.

> Only quoted.

<!-- types "x" -->

*Terminal 2*
```console
$ echo '<hello>'
<hello>
$ cat <<end
> typed
> end
typed
> printed
```

*Emphasis*

Press Ctrl-Z, and see CVE-2021-41773.

```c
    printf("%d\n", two);
```

| a | b |
|---|---|
| `src/ae_epoll.c` and `a_b` | either/or |

<details>
<summary>Answers</summary>

1. Yes.

</details>
EOF
    printf 'int two = 2;\n\nint main(void)\n{\n    printf("%%d\\n", two);\n}\n' >lessons/02-two/server.c
    sed 's/two/client/' lessons/02-two/server.c >lessons/02-two/client.c
    book/make >"$BATS_FILE_TMPDIR/said" 2>&1 3>&- 4>&-
}

setup() {
    with pandoc
    cd "$SMALL" || return
}

# page FILE TEXT...: each TEXT is in a page of the small book.
page() {
    local file=build/book/$1 text

    shift
    for text; do
        grep -qF -e "$text" "$file" || {
            echo "$file does not have this: $text"
            sed -n '/<main/,$p' "$file"
            return 1
        }
    done
}

# complains FILE COMMAND...: COMMAND fails, and prints exactly the lines of FILE.
complains() {
    local expected=$1

    shift
    run "$@"
    echo "$output"
    [ "$status" -eq 1 ]
    diff "$expected" - <<<"$output"
}

@test "book/make says what it has made" {
    cat "$BATS_FILE_TMPDIR/said"
    [ "$(cat "$BATS_FILE_TMPDIR/said")" = \
        "build/book/index.html is the first of 16 pages; build/book/sockets-in-c.epub is the same for an e-reader" ]
    [ "$(ls build)" = book ]
}

@test "each page leads to the one before it and the one after it" {
    page index.html '<a rel="next" href="lessons/01-one/index.html">01: one<'
    page lessons/01-one/index.html 'rel="prev" href="../../index.html"' 'rel="next" href="../02-two/index.html"'
    page lessons/02-two/index.html 'rel="next" href="../../docs/setup.html"'
    page docs/setup.html 'rel="next" href="zebras.html"'
    page docs/zebras.html 'rel="next" href="../CONTRIBUTING.html"'
    page CHANGELOG.html 'rel="next" href="LICENSE.html"'
    ! grep 'rel="next"' build/book/LICENSE.html || false
    page lessons/01-one/server.html 'rel="prev" href="index.html"'
}

@test "a link to a file of the repository leads to its page, or is only text" {
    page index.html '<a href="lessons/01-one/index.html">One</a>, tests, <a href="LICENSE.html">the license</a>'
    page docs/setup.html '<a href="../CONTRIBUTING.html">helping</a> and <a href="#it">it</a>'
    page CHANGELOG.html '<a href="lessons/02-two/index.html#what-it-does--why">First</a>'
    page lessons/02-two/index.html '<h2 id="what-it-does--why">' '<a href="../../tests/other.html">another program</a>' \
        '<a href="../01-one/by-hand.html">one</a>' '<a href="https://example.com/">elsewhere</a>'
}

@test "with REPOSITORY, what is not in the book is linked to there" {
    cp -R "$SMALL" "$BATS_TEST_TMPDIR/course"
    cd "$BATS_TEST_TMPDIR/course"
    REPOSITORY=https://example.com/us/course book/make
    page index.html '<a href="https://example.com/us/course/tree/HEAD/tests">tests</a>'
}

@test "boxes, terminals, tables, pictures and answers are shown as such" {
    page lessons/02-two/index.html '<div class="box warning">' '<p>Warning</p>' '<p>It bites.</p>' '<blockquote>' \
        '<p>Terminal 2</p>' '<span class="prompt">$ </span><b>echo '"'"'&lt;hello&gt;'"'"'</b>' \
        '<p><em>Emphasis</em></p>' '<div class="table" tabindex="0">' '<summary>Answers</summary>' \
        '<a href="../../assets/a.svg" class="picture"><img src="../../assets/a.svg" width="960" height="320" alt="A picture"'
    [ "$(grep -c 'class="terminal"' build/book/lessons/02-two/index.html)" -eq 1 ]
    ! grep -e '<!--' -e '\[!WARNING' build/book/lessons/02-two/index.html || false
}

@test "all lines of a command stand out, and what is printed does not" {
    page lessons/02-two/index.html '<b>cat &lt;&lt;end</b>' '<span class="prompt">&gt; </span><b>typed</b>' \
        '<span class="prompt">&gt; </span><b>end</b>'
    run sed -n '/<b>end/,/<.pre>/p' build/book/lessons/02-two/index.html
    [ "${lines[1]}" = typed ]
    [[ ${lines[2]} == '&gt; printed'* ]]
}

@test "a path in a table may be broken, the name of a key may not" {
    page lessons/02-two/index.html '<code>src/<wbr/>ae_<wbr/>epoll.c</code> and <code>a_b</code>' 'either/<wbr/>or' \
        'Press <span class="whole">Ctrl-Z,</span> and see' '<span class="whole">CVE-2021-41773.</span>'
}

@test "a listing of the notes leads to its line in the program" {
    page lessons/02-two/index.html '<a href="server.html#L-5">server.c, line 5</a>'
    page lessons/02-two/server.html '<span id="L-5"><a href="#L-5"'
}

@test "a program has a page with all of its functions" {
    page lessons/01-one/index.html 'Programs: <a href="server.html">server.c</a>, <a href="by-hand.html">by-hand.c</a>'
    page lessons/01-one/by-hand.html '01: one, by-hand.c' 'Explained in <a href="index.html">01: one</a>' \
        'Functions: <a href="#L-2">add()</a>, <a href="#L-7">main()</a>'
    page tests/other.html '<h1 id="program">tests/other.c</h1>'
}

@test "the contents name each page, its headings and its programs" {
    page contents.html '<a href="docs/setup.html">Setup</a>' '<a href="docs/setup.html#it">It</a>' \
        'Programs: <a href="lessons/02-two/server.html">server.c</a>, <a href="lessons/02-two/client.html">client.c</a>'
}

@test "a translation has a page, and each leads to the other" {
    page lessons/01-one/index.de.html '<html lang="de">' 'In other languages: <a href="index.html">en</a>' '<p>Hallo.</p>' \
        'rel="next" href="../02-two/index.html"'
    page index.de.html 'In other languages: <a href="index.html">en</a>' 'rel="next" href="lessons/01-one/index.html"' \
        '<a href="lessons/01-one/index.de.html">Eins</a>'
    [ "$(grep -rl 'In other languages' build/book | grep -c .)" -eq 4 ]
    page lessons/01-one/index.html '<html lang="en">' 'In other languages: <a href="index.de.html">de</a>'
}

@test "a book that can't be made leaves the old one as it was" {
    cp -R "$SMALL" "$BATS_TEST_TMPDIR/course"
    cd "$BATS_TEST_TMPDIR/course"
    echo old >build/book/old.html
    sed -i.orig 's/^local function frame/local broken = nil + 1\n&/' book/book.lua
    run book/make
    [ "$status" -ne 0 ]
    [ "$(cat build/book/old.html)" = old ]
    [ "$(ls build)" = book ]
    mv book/book.lua.orig book/book.lua
    book/make
    [ ! -e build/book/old.html ]
}

@test "without pandoc, make book says how to install it" {
    mkdir "$BATS_TEST_TMPDIR/bin"
    for tool in sh bash make ls sed awk getconf cat grep uname; do
        ln -s "$(command -v "$tool")" "$BATS_TEST_TMPDIR/bin"
    done
    cd "$root" || return
    run env PATH="$BATS_TEST_TMPDIR/bin" make book
    echo "$output"
    [ "$status" -ne 0 ]
    [[ $output == "pandoc is missing; install it: apt-get install pandoc (Debian, Ubuntu)"* ]]
}

@test "without lesson 12's server, make serve says how to read the book" {
    run book/serve
    echo "$output"
    [ "$status" -eq 1 ]
    [[ $output == *"open build/book/index.html in your browser"* ]]
}

@test "make serve says what to open, and lesson 12's server serves the book there" {
    cp -R "$SMALL" "$BATS_TEST_TMPDIR/course"
    cd "$BATS_TEST_TMPDIR/course"
    mkdir lessons/12-web-server
    printf '#!/bin/sh\necho "served: $*"\n' >lessons/12-web-server/server
    chmod +x lessons/12-web-server/server
    [ "$(book/serve)" = "Open http://127.0.0.1:8012/ in your browser.  Ctrl-C ends the server.
served: build/book 127.0.0.1 8012" ]
    [[ $(book/serve 9000) == *"served: build/book 127.0.0.1 9000" ]]
}

@test "an old pandoc is refused in one line" {
    mkdir "$BATS_TEST_TMPDIR/bin"
    printf '#!/bin/sh\necho "pandoc 2.9.2.1"\n' >"$BATS_TEST_TMPDIR/bin/pandoc"
    chmod +x "$BATS_TEST_TMPDIR/bin/pandoc"
    PATH=$BATS_TEST_TMPDIR/bin:$PATH run book/make
    [ "$status" -eq 1 ]
    [ "$output" = "book/make: this is pandoc 2.9.2.1, and the book needs 2.17 or newer" ]
}

@test "the small book is whole" {
    with tidy unzip xmllint
    "$root/tests/book/check" build/book links html epub
}

@test "check names a link, an anchor, a picture and a page that are lost" {
    cp -R build/book "$BATS_TEST_TMPDIR"
    cd "$BATS_TEST_TMPDIR/book"
    rm assets/a.svg LICENSE.html
    sed -i.orig 's/<h2 id="it">/<h2 id="that">/' docs/setup.html
    sed -i.orig 's|</main>|<a href="../../x">&|' docs/zebras.html
    cp docs/zebras.html alone.html
    rm docs/*.orig
    run "$root/tests/book/check" . links
    echo "$output"
    [ "$status" -eq 1 ]
    for line in 'index.html: LICENSE.html leads nowhere' 'docs/setup.html: #it leads nowhere' \
        'contents.html: docs/setup.html#it leads nowhere' 'docs/zebras.html: ../../x leads nowhere' \
        'lessons/02-two/index.html: ../../assets/a.svg leads nowhere' 'alone.html: no page has a link to this one'; do
        grep -qxF -e "$line" <<<"$output" || { echo "missing: $line"; false; }
    done
}

@test "check shows what tidy finds" {
    with tidy
    mkdir "$BATS_TEST_TMPDIR/book"
    sed 's/<main/<mian/' build/book/index.html >"$BATS_TEST_TMPDIR/book/index.html"
    run "$root/tests/book/check" "$BATS_TEST_TMPDIR/book" html
    echo "$output"
    [ "$status" -eq 1 ]
    [[ $output == *"index.html: line "*"<mian> is not recognized"* ]]
}

@test "check names an EPUB that does not open, or is not XHTML inside" {
    with unzip xmllint
    mkdir -p "$BATS_TEST_TMPDIR/cut" "$BATS_TEST_TMPDIR/ill/x"
    head -c 3000 build/book/sockets-in-c.epub >"$BATS_TEST_TMPDIR/cut/sockets-in-c.epub"
    run "$root/tests/book/check" "$BATS_TEST_TMPDIR/cut" epub
    echo "$output"
    [ "$status" -eq 1 ]
    cd "$BATS_TEST_TMPDIR/ill/x"
    unzip -q "$SMALL/build/book/sockets-in-c.epub"
    hello=$(grep -l 'Hello\.' EPUB/text/*.xhtml)
    sed -i.orig 's|</h1>|<br></h1>|' "$hello"
    sed -i.orig 's|href="[^"#]*#p-CONTRIBUTING"|href="#gone"|' EPUB/text/*.xhtml
    with python3
    python3 -m zipfile -c ../sockets-in-c.epub ./*
    run "$root/tests/book/check" .. epub
    echo "$output"
    [ "$status" -eq 1 ]
    [[ $output == *"EPUB: mimetype is not its first file"* ]]
    [[ $output == *"EPUB: $hello:"*"mismatch"* ]]
    [[ $output == *"#gone leads nowhere"* ]]
}

@test "check names a page that a telephone can't show" {
    with_browser
    mkdir "$BATS_TEST_TMPDIR/book"
    cd "$BATS_TEST_TMPDIR/book"
    sample() {
        echo "<!DOCTYPE html><html lang=en><meta name=color-scheme content='light dark'><title>$1</title>" \
            "<style>:root { color-scheme: light dark }</style>$2" >"$1.html"
    }
    sample wide '<p style="width: 400px">as wide as this</p><p>short</p>'
    sample laptop '<style>@media (min-width: 1000px) { p { width: 1400px } }</style><p>too wide there</p>'
    sample scrolls '<div style="overflow-x: auto"><p style="width: 400px">wide, but it scrolls by itself</p></div>'
    sample pale '<p style="color: #999; background: #fff">pale</p>'
    sample dark '<style>@media (prefers-color-scheme: dark) { p { color: #555; background: #222 } }</style><p>too dark</p>'
    sample small '<p style="font-size: 9px">small print</p>'
    sample lost '<img src=gone.svg alt="">'
    sample nameless '<a href="#x"></a><a href="#y" tabindex="-1"></a>'
    sample good '<p>good</p>'
    cat >"$BATS_TEST_TMPDIR/expected" <<'EOF'
dark.html: "too dark" has a contrast of 2.1, and needs 4.5
laptop.html: on a screen of 1280 pixels it scrolls sideways (1408): <p> "too wide there"
lost.html: the picture gone.svg does not appear
nameless.html: a link to #x has no text
pale.html: "pale" has a contrast of 2.8, and needs 4.5
small.html: "small print" has letters of 9px, and needs 12px
wide.html: on a screen of 360 pixels it scrolls sideways (408): <p> "as wide as this"
laptop.html: on a screen of 1280 pixels it scrolls sideways (1408): <p> "too wide there"
lost.html: the picture gone.svg does not appear
nameless.html: a link to #x has no text
pale.html: "pale" has a contrast of 2.8, and needs 4.5
small.html: "small print" has letters of 9px, and needs 12px
wide.html: on a screen of 360 pixels it scrolls sideways (408): <p> "as wide as this"
EOF
    complains "$BATS_TEST_TMPDIR/expected" "$root/tests/book/check" . screens
}

@test "check does not take a browser that fails for a good book" {
    mkdir "$BATS_TEST_TMPDIR/bin"
    printf '#!/bin/sh\necho "no display" >&2\n' >"$BATS_TEST_TMPDIR/bin/chromium"
    chmod +x "$BATS_TEST_TMPDIR/bin/chromium"
    PATH=$BATS_TEST_TMPDIR/bin:$PATH run "$root/tests/book/check" build/book screens
    echo "$output"
    [ "$status" -eq 1 ]
    [[ $output == *"the browser did not look at all pages, in dark colors:"*"no display"* ]]
}

# The course itself, made once for the tests below.
the_book() {
    export BOOK=$BATS_FILE_TMPDIR/book
    [ -d "$BOOK" ] || "$root/book/make" 3>&- 4>&-
    cd "$root" || return
}

@test "the book of the course is whole: links, HTML, EPUB" {
    with tidy unzip xmllint
    the_book
    tests/book/check "$BOOK" links html epub
    ! grep -ril '<script' --include='*.html' "$BOOK" || false
}

@test "it shows every program as it is" {
    the_book
    for file in lessons/*/*.c; do
        sed -n '/<pre/,/<\/pre>/p' "$BOOK/${file%.c}.html" | tr '\n' '\r' | sed 's/^<pre[^>]*>//' | tr '\r' '\n' |
            sed 's/<[^>]*>//g; s/&lt;/</g; s/&gt;/>/g; s/&quot;/"/g; s/&#39;/'"'"'/g; s/&amp;/\&/g' | diff "$file" -
    done
}

@test "it shows every listing, terminal and box of the notes" {
    the_book
    for file in lessons/*/README.md; do
        page=$BOOK/${file%README.md}index.html
        echo "$file"
        [ "$(grep -c '^ *```c$' "$file")" -eq "$(grep -c '<div class="listing">' "$page")" ]
        [ "$(grep -c '^ *\*Terminal [0-9]' "$file")" -eq "$(grep -c '<div class="terminal">' "$page")" ]
        [ "$(grep -c '^ *> \[!' "$file")" -eq "$(grep -c '<div class="box ' "$page")" ]
    done
}

@test "a telephone can show it, in light and dark colors" {
    with_browser
    the_book
    tests/book/check "$BOOK" screens
}
