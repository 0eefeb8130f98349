#!/usr/bin/env bats
# Lesson 12: what `server [DIRECTORY [HOST [PORT [SECONDS]]]]` and `client URL` must do.

programs='server client'
ready='listening on'
# shellcheck source=tests/helpers.bash
source "$BATS_TEST_DIRNAME/helpers.bash"
# shellcheck source=tests/helpers/many.bash
source "$BATS_TEST_DIRNAME/helpers/many.bash"
# shellcheck source=tests/helpers/web.bash
source "$BATS_TEST_DIRNAME/helpers/web.bash"

@test "it serves a file" {
    hint "The answer has another form. It is a status line, fields, an empty line (each ends with CR LF), then the bytes of the file." "What does an answer look like?"
    serve_site
    probe tcp "$address" get /hello.txt answer 200 body 'hello\n'
    probe tcp "$address" get /dir/deep/file.txt answer 200 body 'deep\n'
}

@test "Content-Length is the length of the file, whatever bytes it has" {
    hint "The file is read or sent as a string, which ends at a zero byte. Take the length from fstat(), and send that many bytes." "What does an answer look like?"
    serve_site
    printf 'a\0b\r\n\r\n\377%%s\n' >site/bytes.txt
    big 100000
    probe tcp "$address" get /bytes.txt answer 200 field 'Content-Length: 11' body 'a\0b\r\n\r\n\xff%s\n' \
        get /big.bin answer 200 field 'Content-Length: 100000' body-stream 100000
}

@test "an empty file is an answer without a body" {
    hint "The server waits for bytes to send, or takes a length of 0 for an error." "What does an answer look like?"
    serve_site
    probe tcp "$address" get /empty.txt answer 200 field 'Content-Length: 0' body '' "${hello[@]}"
}

@test "every answer has the present date" {
    hint "An error is answered in another form than a file. Let one function write the status line and the fields of all answers, Date among them." "What does an answer look like?"
    serve_site
    # (The step answer demands the date in each answer of this suite.)
    probe tcp "$address" get /hello.txt answer 200 connect get /nothing answer 4xx
}

@test "Content-Type comes from the ending of the name" {
    hint "The type is wrong for some ending. Look for the last dot in the name, and compare what follows; anything unknown is application/octet-stream." "How does the browser know what a file is?"
    serve_site
    steps=()
    while read -r name type; do
        echo x >"site/$name"
        steps+=(get "/$name" answer 200 field "Content-Type: $type")
    done <<'END'
a.html text/html
a.css text/css
a.js text/javascript|application/javascript
a.svg image/svg+xml
a.png image/png
a.jpg image/jpeg
a.gif image/gif
a.webp image/webp
a.ico image/x-icon|image/vnd.microsoft.icon
a.txt text/plain
a.md text/markdown
a.json application/json
a.pdf application/pdf
a.epub application/epub+zip
a.xml application/xml|text/xml
a.woff2 font/woff2
a.mp4 video/mp4
a.b.css text/css
a.html.unknown application/octet-stream
html application/octet-stream
END
    probe tcp "$address" "${steps[@]}" get / answer 200 field 'Content-Type: text/html'
}

@test "a directory whose name has a dot does not give a file its type" {
    hint "The last dot of the whole path is taken for that of the name. Look for it behind the last slash." "How does the browser know what a file is?"
    serve_site
    mkdir site/page.html
    echo x >site/page.html/readme
    probe tcp "$address" get /page.html/readme answer 200 field 'Content-Type: application/octet-stream'
}

@test "Last-Modified is the time of the file, in GMT" {
    hint "The time is formatted with localtime(), or is not that of the file. Format st_mtime with gmtime()." "What does an answer look like?"
    site
    TZ=UTC0 touch -t 199411060849.37 site/hello.txt
    TZ=XYZ-5 serve 127.0.0.1 0
    probe tcp "$address" get /hello.txt answer 200 field 'Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT' \
        head /hello.txt answer-head 200 field 'Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT'
}

@test "a directory with a slash behind it is its index.html" {
    hint "The path that ends with a slash is opened as it is. Append index.html to it." "What if the path is a directory?"
    serve_site
    probe tcp "$address" get / answer 200 field 'Content-Type: text/html' body 'the index\n' \
        get /dir/ answer 200 field 'Content-Type: text/html' body 'of dir\n'
}

@test "a directory without a slash behind it is a 301" {
    hint "The server answers with the index: then the browser looks for the links in it one directory too high. Answer 301 with a Location that ends with a slash." "What if the path is a directory?"
    serve_site
    mkdir 'site/a b%'
    probe tcp "$address" get /dir answer 301 field "Location: $(references /dir/)" get /dir/deep answer 301 \
        field "Location: $(references /dir/deep/)" get /a%20b%25 answer 301 field "Location: $(references /a%20b%25/)" \
        get /dir/ answer 200 body 'of dir\n'
}

@test "a directory without an index.html is a 404, and is not listed" {
    hint "The server opens the directory, or lists it. Without an index.html there is nothing to serve." "What if the path is a directory?"
    serve_site
    mkdir -p site/odd/index.html
    probe tcp "$address" get /bare/ answer 404 connect get /dir/deep/ answer 404 connect get /odd/ answer 404 connect "${hello[@]}"
}

@test "a file that does not exist is a 404, and the connection stays open" {
    hint "The server closes after an error. The request was complete, so the next one can follow on the same connection." "Which errors close the connection?"
    serve_site
    probe tcp "$address" get /nothing answer 404 get /dir/nothing answer 404 get /nothing/hello.txt answer 404 \
        get /hello.txt/ answer 404 get /hello.txt/x answer 404 get "/$(x 300)" answer 404 "${hello[@]}"
}

@test "a file that the server may not read is a 404, or a 403" {
    hint "open() failed, and its return value is not checked." "Which errors close the connection?"
    serve_site
    [ "$(id -u)" != 0 ] || [ "$(uname)" = Linux ] || skip "root may read everything"
    echo x >site/locked.txt
    chmod 0 site/locked.txt
    probe tcp "$address" get /locked.txt answer '404|403' "${hello[@]}"
}

@test "the query does not belong to the name" {
    hint "The ? and what follows it are taken for a part of the file's name. Cut the target there, before it is decoded." "Which file does a path name?"
    serve_site
    echo x >'site/a?b'
    probe tcp "$address" get '/hello.txt?' answer 200 body 'hello\n' get '/hello.txt?a=b&c=/../d' answer 200 body 'hello\n' \
        get '/?q' answer 200 body 'the index\n' get '/hello.txt?a?b' answer 200 body 'hello\n' get '/dir/?x.css' answer 200 \
        field 'Content-Type: text/html' get '/a%3fb' answer 200 body 'x\n'
}

@test "percent-encoding is decoded, once" {
    hint "The path is not decoded, or twice. Each % and its two digits are one byte, and a % among the results is an ordinary byte." "Which file does a path name?"
    serve_site
    echo space >'site/a b.txt'
    echo plus >site/a+b.txt
    echo percent >site/%68ello.txt
    printf 'eszett\n' >$'site/\303\237.txt'
    probe tcp "$address" get /%68ello.txt answer 200 body 'hello\n' get /a%20b.txt answer 200 body 'space\n' \
        get /a+b.txt answer 200 body 'plus\n' get /%2568ello.txt answer 200 body 'percent\n' get /%C3%9f.txt answer 200 body 'eszett\n' \
        get /%64ir/ answer 200 body 'of dir\n' get /%252568ello.txt answer 404
}

@test "a % without two digits is an error" {
    hint "The digits after % are not checked, so the result is nonsense, or the program reads past the end of the string. Check both of them with isxdigit()." "Which file does a path name?"
    serve_site
    # What such a name becomes in programs that do not check the digits.
    for name in % %4 %zz S %%74 hello.tx%7g $'\a' $'hello.tx\a' $'hello.tx\ag'; do echo x >"site/$name"; done
    hides /% /%4 /%zz /hello.tx%7 /hello.tx%7g /hello.tx%g4 '/%?74' /%%74 /hello.tx%-1 '/hello.tx%+7' /%0x74
}

@test "a request for a whole URL is for its path" {
    hint "The target is a path, or a URL as proxies get them: http://HOST/PATH. Skip all before the path." "Which file does a path name?"
    serve_site
    probe tcp "$address" get http://localhost/hello.txt answer 200 body 'hello\n' get 'http://localhost:80/dir/?x' answer 200 body 'of dir\n' \
        get http://localhost/nothing answer 404 get http://localhost/ answer 200 body 'the index\n' get http://localhost/dir answer 301
    hides http://localhost/../secret.txt http://localhost//../secret.txt
}

@test "HEAD gets the header of GET, and no body" {
    hint "The body follows the header, and the client takes it for the next answer. After a HEAD send the same header, with the length of the file, and nothing else." "What does HEAD ask for?"
    serve_site
    big
    probe tcp "$address" head /hello.txt answer-head 200 field 'Content-Length: 6' field 'Content-Type: text/plain' "${hello[@]}" \
        head /nothing answer-head 404 head /dir answer-head 301 head /big.bin answer-head 200 field 'Content-Length: 8000000' \
        head / answer-head 200 field 'Content-Type: text/html' head /empty.txt answer-head 200 field 'Content-Length: 0' "${hello[@]}"
}

@test "a file that has not changed since If-Modified-Since is a 304" {
    hint "The date is not read, or the wrong way around, or it is not taken for GMT (timegm(), not mktime()). If the file is not younger than this date, answer 304 without a body." "What if the browser has it already?"
    site
    TZ=UTC0 touch -t 199411060849.37 site/hello.txt
    TZ=XYZ-5 serve 127.0.0.1 0
    probe tcp "$address" send "$(ask 'Host: a' 'If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT')" answer 304 "${hello[@]}" \
        send "$(ask 'Host: a' 'if-modified-since: Thu, 02 Jan 2020 00:00:00 GMT')" answer 304 "${hello[@]}" \
        send "$(ask 'Host: a' 'If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT')" answer 200 body 'hello\n' \
        send "$(ask 'Host: a' 'If-Modified-Since: Sat, 01 Oct 1994 09:00:00 GMT')" answer 200 body 'hello\n'
}

@test "an invalid date in If-Modified-Since is ignored" {
    hint "A date that cannot be read is taken for one that is late, or for an error. Answer as if the field were not there." "What if the browser has it already?"
    serve_site
    TZ=UTC0 touch -t 199411060849.37 site/hello.txt
    for date in yesterday '' 0 'Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT' '99999999999999999999' 'Sun, 06 Nov 1994'; do
        probe tcp "$address" send "$(ask 'Host: a' "If-Modified-Since: $date")" answer 200 body 'hello\n' "${hello[@]}"
    done
}

@test "If-Modified-Since does not count if there is If-None-Match, too" {
    hint "The server does not look for the field If-None-Match. A client that sends both means the newer one: if you do not know it, send the file." "What if the browser has it already?"
    serve_site
    TZ=UTC0 touch -t 199411060849.37 site/hello.txt
    probe tcp "$address" send "$(ask 'Host: a' 'If-None-Match: "x"' 'If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT')" answer 200 body 'hello\n' \
        send "$(ask 'Host: a' 'If-Modified-Since: Thu, 02 Jan 2020 00:00:00 GMT' 'if-none-match: "x", "y"')" answer 200 body 'hello\n' "${hello[@]}"
}

@test ".. never leads out of the directory" {
    hint "The path is appended to the directory, and open() follows each .. in it. Refuse every part of a path that is .., after decoding." "How do we keep visitors inside?"
    serve_site
    hides /../secret.txt /dir/../../secret.txt /dir/deep/../../../secret.txt /./../secret.txt /bare/.././../secret.txt //../secret.txt \
        /dir//../../secret.txt '/..' '/../' '/../site-next' '/hello.txt/../../secret.txt' '/nothing/../../secret.txt' '/..;/secret.txt' \
        '/../secret.txt?x' '/x?/../../secret.txt'
}

@test "an encoded .. or / does not lead out of the directory either" {
    hint "The path is checked before it is decoded. Decode it first, and check the result." "How do we keep visitors inside?"
    serve_site
    hides /%2e%2e/secret.txt /%2E%2E/secret.txt /.%2e/secret.txt /%2e./secret.txt /..%2fsecret.txt /..%2Fsecret.txt \
        /%2e%2e%2fsecret.txt /dir%2f..%2f..%2fsecret.txt /dir/..%2f../secret.txt /%2f../secret.txt
}

@test "double encoding does not lead out of the directory" {
    hint "The path is decoded again after it was checked. Decode it once." "How do we keep visitors inside?"
    serve_site
    hides /%252e%252e/secret.txt /%252e%252e%252fsecret.txt /..%252fsecret.txt /%25%32%65%25%32%65/secret.txt
}

@test "backslashes do not lead out of the directory" {
    hint "A backslash is turned into a slash after the path was checked." "How do we keep visitors inside?"
    serve_site
    hides '/..\\secret.txt' '/..%5csecret.txt' '\\..\\secret.txt' '/dir\\..\\..\\secret.txt' '/dir%5c..%5c..%5csecret.txt' '/%5c../secret.txt' '/dir/..%5c..%5c../secret.txt'
}

@test "an absolute path does not lead out of the directory" {
    hint "The program skips the slash at the beginning and opens the rest. If another slash follows, the rest is an absolute path. Refuse empty parts of a path." "How do we keep visitors inside?"
    serve_site
    hides "/$PWD/secret.txt" "//$PWD/secret.txt" "/%2f${PWD#/}/secret.txt" "/.$PWD/secret.txt" //etc/passwd /%2fetc/passwd //bin/sh
}

@test "a sibling whose name begins alike is not served" {
    hint "The server compares the beginning of the real path with its directory, and site-next begins with site too: compare up to a slash. And a target that does not begin with a slash is malformed." "How do we keep visitors inside?"
    serve_site
    ln -s ../site-next site/next
    hides -next/secret.txt /../site-next/secret.txt /%2e%2e/site-next/secret.txt ../secret.txt secret.txt /next/secret.txt
}

@test "symbolic links never lead out of the directory" {
    hint "open() follows symbolic links. Open each part of the path with O_NOFOLLOW, or check where the file really is with realpath()." "How do we keep visitors inside?"
    serve_site
    ln -s ../secret.txt site/link.txt
    ln -s "$PWD/secret.txt" site/absolute.txt
    ln -s .. site/up
    ln -s / site/root
    ln -s link.txt site/chain.txt
    ln -s up/secret.txt site/through.txt
    ln -s ../../secret.txt site/bare/index.html
    ln -s ../../site-next site/dir/next
    hides /link.txt /absolute.txt /up/secret.txt /root/etc/passwd /root /up /up/ "/root$PWD/secret.txt" /chain.txt /through.txt /bare/ /bare/index.html \
        /dir/next/secret.txt /up/site/hello.txt/../../secret.txt
}

@test "names that begin with a dot are not served" {
    hint "Files such as .git/config and .htpasswd are not meant for visitors. Refuse every part of a path that begins with a dot, after decoding." "How do we keep visitors inside?"
    serve_site
    hides /.secret /dir/.secret /.hidden/secret.txt /.hidden/ /.hidden /.hidden/index.html /%2esecret /%2Ehidden/secret.txt '/dir/%2esecret?x' \
        http://localhost/.secret
}

@test "a path with a zero byte is not served" {
    hint "%00 becomes the end of the C string, so the program opens another name than it has checked. Refuse it." "How do we keep visitors inside?"
    serve_site
    hides /hello.txt%00 /hello.txt%00.html /%00 /%00/hello.txt /hello.txt%00/../secret.txt /dir/%00 /dir%00/index.html
}

@test "a FIFO is not opened" {
    hint "The program opens a FIFO. There open() waits for a writer, or wakes up a writer that waits for a reader. Call stat() before open(), and open only regular files." "What is not a file?"
    needs_proc
    serve_site
    mkfifo site/fifo
    waits_for_a_reader site/fifo
    probe tcp "$address" get /fifo answer 4xx head /fifo answer-head 4xx "${hello[@]}"
    still_waits || fail "a program waits for a reader of the FIFO site/fifo" "expected: it still waits" "but:      the server has opened the FIFO"
}

@test "field names may be in upper and lower case, with spaces or tabs around the values" {
    hint "The names are compared with strcmp(), or the spaces and tabs before and after a value are taken for a part of it." "What does a request look like?"
    serve_site
    probe tcp "$address" send "$(ask 'hOST:localhost' 'x-empty:' 'CONNECTION: \t keep-alive \t ')" answer 200 body 'hello\n' \
        send "$(ask 'HOST:\tlocalhost ' 'cOnNeCtIoN:close')" answer 200 body 'hello\n' expect-gone
}

@test "it ignores unknown fields, and accepts other versions 1.x" {
    hint "Only HTTP/1.1 is compared, letter by letter, or a field that the program does not know is an error." "What does a request look like?"
    serve_site
    probe tcp "$address" send "$(ask 'Host: a' 'Accept: */*' 'User-Agent: x (y; z) "w"' 'X-A!#: :b: c' "Cookie: a=b; c=\"d\"" 'Range: x' 'Expect: 100-continue' 'Host-: x' \
        'Accept-Charset: \xe4\xf6' 'Content-Length: 0')" answer 200 body 'hello\n' "${hello[@]}" connect \
        send 'GET /hello.txt HTTP/1.2\r\nHost: a\r\n\r\n' answer 200 body 'hello\n'
}

@test "it accepts a request that arrives byte by byte" {
    hint "The server takes what one recv() returns for a whole request. Keep the bytes until the empty line has arrived." "What if a request arrives in pieces?"
    needs_proc
    serve_site
    probe tcp "$address" slowly "$look_asleep" send 'GET /hello.txt HTTP/1.1\r\nHost: a\r\n\r\n' slowly '' answer 200 body 'hello\n' "${hello[@]}"
}

@test "it accepts a request that arrives in two pieces, cut anywhere" {
    hint "The server looks for the empty line only in the bytes that arrived last. It may be cut: CR LF CR in one piece, LF in the next. Look for it in all bytes of the request." "What if a request arrives in pieces?"
    needs_proc
    serve_site
    accepts_two_pieces
}

@test "it answers many requests that arrive in one piece, in order" {
    hint "Whatever follows the first request is thrown away, or waits until poll() reports more. Answer all requests that have arrived." "What if several requests arrive together?"
    serve_site
    big 300000
    one='GET /hello.txt HTTP/1.1\r\nHost: a\r\n\r\n' two='GET /big.bin HTTP/1.1\r\nHost: a\r\n\r\n' three='HEAD /nothing HTTP/1.1\r\nHost: a\r\n\r\n'
    probe tcp "$address" send "$one$two$three$two${one}GET / HT" answer 200 body 'hello\n' answer 200 body-stream 300000 answer-head 404 \
        answer 200 body-stream 300000 answer 200 body 'hello\n' send 'TP/1.1\r\nHost: a\r\n\r\n' answer 200 body 'the index\n'
    repeat 200 answer 200 body 'hello\n'
    probe tcp "$address" send "$(many 200 "$one")" "${steps[@]}"
}

@test "it answers every request that arrived before a half-close" {
    hint "The server closes when recv() returns 0, although answers are waiting to be sent. Answer the requests that have arrived, send the answers, then close." "What if several requests arrive together?"
    needs_proc
    serve_site
    big
    probe tcp "$address" send "$(ask 'Host: a')GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /nothing HTTP/1.1\r\nHost: a\r\n\r\n" shut-down \
        answer 200 body 'hello\n' answer 200 body 'the index\n' answer 404 expect-end
    probe narrow "$address" get /big.bin get /hello.txt get /big.bin shut-down run "$look_asleep" answer 200 body-stream 8000000 \
        answer 200 body 'hello\n' answer 200 body-stream 8000000 expect-end
    probe tcp "$address" send 'GET /hello.txt HTTP/1.1\r\nHo' shut-down drain
}

@test "a connection stays open for the next request" {
    hint "The server closes after each answer. In HTTP/1.1 the client decides: it may ask again, or close." "How long does a connection last?"
    serve_site
    repeat 20 "${hello[@]}" get / answer 200 get /nothing answer 404 head /dir/ answer-head 200 get /dir answer 301
    probe tcp "$address" "${steps[@]}" shut-down expect-end
}

@test "Connection: close is the last request" {
    hint "The server does not look for close in the field Connection, which is a list: keep-alive, close. Send the answer, then close, and drop whatever follows." "How long does a connection last?"
    serve_site
    big 300000
    for options in close Close 'x, close' 'close,x' ' x ,\tCLOSE ' 'closed, close'; do
        probe tcp "$address" "${hello[@]}" send "$(ask 'Host: a' "Connection: $options")" answer 200 body 'hello\n' "${closed[@]}"
    done
    probe tcp "$address" send "$(ask 'Host: a' 'Connection: close')$(ask 'Host: a')" answer 200 body 'hello\n' expect-gone
    probe tcp "$address" send "$(ask 'Host: a' 'Connection: x' 'Connection: close' 'Connection: y')" answer 200 body 'hello\n' expect-end
    probe tcp "$address" send 'GET /big.bin HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n' answer 200 body-stream 300000 expect-end
    probe tcp "$address" send "$(ask 'Host: a' 'Connection: closed, x-close')" answer 200 body 'hello\n' "${hello[@]}"
}

@test "the answer to Connection: close says so, too" {
    hint "The last answer has no field Connection: close. Decide whether it is the last before you write its header." "How long does a connection last?"
    serve_site
    probe tcp "$address" send "$(ask 'Host: a' 'Connection: close')" answer 200 field 'Connection: close' connect \
        send 'GET /nothing HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, close\r\n\r\n' answer 404 field 'Connection: close'
    probe tcp "$address" send 'GET /hello.txt\r\nHost: a\r\n\r\n' answer 400 field 'Connection: close'
}

@test "HTTP/1.0 closes after the answer, unless asked for keep-alive" {
    hint "A client of HTTP/1.0 waits for the end of the connection, unless it has sent Connection: keep-alive; then it waits for the same words in the answer." "How long does a connection last?"
    serve_site
    old='GET /hello.txt HTTP/1.0\r\n'
    probe tcp "$address" send "$old\r\n" answer 200 body 'hello\n' "${closed[@]}"
    probe tcp "$address" send "GET /nothing HTTP/1.0\r\nHost: a\r\n\r\n" answer 404 expect-end
    probe tcp "$address" send "${old}Connection: Keep-Alive\r\n\r\n" answer 200 field 'Connection: keep-alive' body 'hello\n' \
        send "$old\r\n" answer 200 body 'hello\n' expect-end
}

@test "a malformed request line is a 400" {
    hint "The program looks for what it needs and ignores the rest. A request line is a method, a target and a version, with one space between them, and nothing else." "What is not a request?"
    serve_site
    refuses 400 'hello\r\n\r\n' 'GET\r\nHost: a\r\n\r\n' 'GET /hello.txt\r\nHost: a\r\n\r\n' 'GET /hello.txt HTTP/1.1 x\r\nHost: a\r\n\r\n' \
        'GET /hello.txt HTTP/x.y\r\nHost: a\r\n\r\n' 'GET /hello.txt http/1.1\r\nHost: a\r\n\r\n' 'GET /hello.txt HTTP/1\r\nHost: a\r\n\r\n' \
        'GET /hello.txt HTTP/11.1\r\nHost: a\r\n\r\n' 'GET /hello.txt HTTP/1.1x\r\nHost: a\r\n\r\n' 'GET /hello.txt HTTP/1.11\r\nHost: a\r\n\r\n' \
        'GET /hello.txt HTP/1.1\r\nHost: a\r\n\r\n' 'GE(T /hello.txt HTTP/1.1\r\nHost: a\r\n\r\n' 'GET hello.txt HTTP/1.1\r\nHost: a\r\n\r\n' \
        'GET /hel\0lo.txt HTTP/1.1\r\nHost: a\r\n\r\n' 'GET /hello.txt\x01 HTTP/1.1\r\nHost: a\r\n\r\n' 'GET /hello.txt\rx HTTP/1.1\r\nHost: a\r\n\r\n'
}

@test "a request without Host is a 400" {
    hint "HTTP/1.1 demands the field Host, even if the server does not need it." "What is not a request?"
    serve_site
    refuses 400 'GET /hello.txt HTTP/1.1\r\n\r\n' 'GET /hello.txt HTTP/1.1\r\nX-Host: a\r\nHos: a\r\n\r\n' 'GET http://localhost/hello.txt HTTP/1.1\r\n\r\n'
}

@test "a request with two Host fields is a 400" {
    hint "The second Host replaces the first. Two programs on the way may each believe another one: refuse both." "What is not a request?"
    serve_site
    refuses 400 "$(ask 'Host: a' 'Host: b')" "$(ask 'Host: a' 'X: y' 'hOST: a')"
}

@test "a space before the colon of a field is a 400" {
    hint "Spaces before the colon are skipped. Other servers take them for a part of the name: refuse them." "What is not a request?"
    serve_site
    refuses 400 "$(ask 'Host : a')" "$(ask 'Host: a' 'Content-Length : 5')" "$(ask 'Host: a' 'X\t: y')"
}

@test "a folded line is a 400" {
    hint "A line that begins with a space used to continue the one before it. It is forbidden now: refuse it." "What is not a request?"
    serve_site
    refuses 400 "$(ask 'Host: a' 'X: y' ' z')" "$(ask 'Host: a' '\tX: y')" "$(ask ' Host: a')" "$(ask 'Host: a' 'X: y' ' z: w')"
}

@test "a malformed field is a 400" {
    hint "A field is a name, a colon and a value. The name has no spaces, brackets or control bytes, and the value has no control bytes but tabs." "What is not a request?"
    serve_site
    refuses 400 "$(ask 'Host: a' 'nocolon')" "$(ask 'Host: a' ': x')" "$(ask 'Host: a' 'X[]: y')" "$(ask 'Host: a' 'X y: z')" \
        "$(ask 'Host: a' 'X: a\0b')" "$(ask 'Host: a' 'X: a\x07b')" "$(ask 'Host: a' 'X: a\rb')" "$(ask 'Host: a' 'X: y\r')" "$(ask 'Host: a\0')" \
        "$(ask 'Host: a' 'X\x7f: y')"
}

@test "a bad Content-Length is a 400" {
    hint "The number is read with atoi() or strtol(), which accept signs, spaces, letters after it, and numbers that are too large. Accept digits only." "Where does a request end?"
    serve_site
    for length in -5 +5 five '' '5 5' 0x5 5x 5.0 '5;' 18446744073709551621 99999999999999999999999 '-0' ','; do
        refuses 400 "$(ask 'Host: a' "Content-Length: $length")"
    done
}

@test "a repeated Content-Length is a 400" {
    hint "The last Content-Length, or the first, is believed. Two programs on the way may each believe another one: refuse both." "Where does a request end?"
    serve_site
    refuses 400 "$(ask 'Host: a' 'Content-Length: 5' 'Content-Length: 6')hello" "$(ask 'Host: a' 'Content-Length: 0' 'content-length: 5')hello" \
        "$(ask 'Host: a' 'Content-Length: 5, 6')hello" "$(ask 'Host: a' 'Content-Length: 0' 'X: y' 'Content-Length: 0x')"
}

@test "Content-Length together with Transfer-Encoding is a 400" {
    hint "One of them is ignored. The other program on the way may ignore the other one, and take the body for a request: refuse both." "Where does a request end?"
    serve_site
    refuses 400 "$(ask 'Host: a' 'Content-Length: 5' 'Transfer-Encoding: chunked')0\r\n\r\n" \
        "$(ask 'Host: a' 'transfer-encoding: chunked' 'content-length: 5')0\r\n\r\n"
}

@test "a method that it does not have is a 405 with Allow, or a 501" {
    hint "The server answers as to GET, or does not answer at all. A method of RFC 9110 or of PATCH that it does not have is 405 with Allow: GET, HEAD; one that nobody knows is 501." "Which methods are there?"
    serve_site
    for method in POST PUT DELETE OPTIONS TRACE PATCH; do
        probe tcp "$address" send "$method /hello.txt HTTP/1.1\r\nHost: a\r\n\r\n" answer 405 field 'Allow: GET, HEAD|HEAD, GET|GET,HEAD'
    done
    for method in FETCH get G GETS HEADER 'M!#$%&x'; do
        probe tcp "$address" send "$method /hello.txt HTTP/1.1\r\nHost: a\r\n\r\n" answer 501
    done
    probe tcp "$address" "${hello[@]}"
}

@test "another version than HTTP/1 is a 505" {
    hint "The version is not checked, or only its form is." "What is not a request?"
    serve_site
    refuses 505 'GET /hello.txt HTTP/2.0\r\nHost: a\r\n\r\n' 'GET /hello.txt HTTP/9.9\r\nHost: a\r\n\r\n' 'GET /hello.txt HTTP/3.1\r\n\r\n'
}

@test "a request line of over 8 KiB is a 414" {
    hint "The line is cut, or the server keeps waiting for its end, and stores all of it. Count the bytes before its end has arrived." "What has a limit?"
    serve_site
    refuses 414 "GET /$(x 9000) HTTP/1.1\r\nHost: a\r\n\r\n" "GET /$(x 100000) HTTP/1.1\r\nHost: a\r\n\r\n" "$(x 60000)"
    probe tcp "$address" get "/$(x 8000)" answer 404 get "/hello.txt?$(x 8000)" answer 200 body 'hello\n'
}

@test "a header of over 16 KiB is a 431" {
    hint "The header has no limit, so it fills the memory, or a smaller one. Count the bytes before its end has arrived." "What has a limit?"
    serve_site
    many=$(printf 'X-%04d: y\\r\\n' {1..1000})X:
    refuses 431 "$(ask 'Host: a' "X: $(x 17000)")" "$(ask 'Host: a' "X: $(x 100000)")" "$(ask 'Host: a' "$many$many")" "GET / HTTP/1.1\r\nX: $(x 60000)" \
        "GET / HTTP/1.1\r\n$many$many$many$many"
    probe tcp "$address" send "$(ask "X: $(x 15000)" 'Host: a')" answer 200 body 'hello\n' send "$(ask "$many" 'Host: a')" answer 200 body 'hello\n' \
        send "GET /hello.txt?$(x 8000) HTTP/1.1\r\nX: $(x 15000)\r\nHost: a\r\n\r\n" answer 200 body 'hello\n'
}

@test "the body of a POST is not taken for a request" {
    hint "After the answer the server goes on with the bytes that follow the header, and these are the body. Read and drop it, or close the connection." "What if a request has a body?"
    serve_site
    inner=$(ask 'Host: a')
    printf -v bytes '%b' "$inner"
    takes_for_a_body 405 "POST /hello.txt HTTP/1.1\r\nHost: a\r\nContent-Length: ${#bytes}\r\n\r\n$inner"
    takes_for_a_body 405 "PUT /hello.txt HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n$(printf %x "${#bytes}")\r\n$inner\r\n0\r\n\r\n"
    takes_for_a_body 501 "FETCH /hello.txt HTTP/1.1\r\nHost: a\r\nContent-Length: ${#bytes}\r\n\r\n$inner"
}

@test "the body of a GET is not taken for a request" {
    hint "The server believes that a GET has no body, and does not look at Content-Length. Read and drop it, or close the connection." "What if a request has a body?"
    serve_site
    inner=$(ask 'Host: a')
    printf -v bytes '%b' "$inner"
    takes_for_a_body 200 "$(ask 'Host: a' "Content-Length: ${#bytes}")$inner"
    takes_for_a_body 404 "GET /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 00${#bytes}\r\n\r\n$inner"
    takes_for_a_body 301 "GET /dir HTTP/1.1\r\nHost: a\r\nContent-Length: ${#bytes}\r\n\r\n$inner"
    takes_for_a_body 200 "$(ask 'Host: a' 'Transfer-Encoding: chunked')$(printf %x "${#bytes}")\r\n$inner\r\n0\r\n\r\n"
    probe tcp "$address" send "$(ask 'Host: a' 'Content-Length: 100000')$inner" answer 200 body 'hello\n' shut-down expect-gone
}

@test "nothing is answered after an error that loses the boundary" {
    hint "The server goes on with whatever follows. Nobody knows where the next request begins: send the error, then close." "Which errors close the connection?"
    serve_site
    next=$(ask 'Host: a')
    probe tcp "$address" send "${next}GET /hello.txt\r\nHost: a\r\n\r\n$next" answer 200 body 'hello\n' answer 400 expect-gone
    probe tcp "$address" send "$(ask 'Host: a' 'Content-Length: x')$next" answer 400 expect-gone
    probe tcp "$address" send "$(ask 'Host : a')$next" answer 400 expect-gone
}

@test "the answer to an error arrives although the client still sends" {
    hint "close() with unread bytes sends a reset, which destroys the answer. Shut down the sending side, and read until the client's end of file." "Which errors close the connection?"
    needs_proc
    serve_site
    for wrong in 'GET /hello.txt\r\n\r\n' 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 120000\r\n\r\n'; do
        probe tcp "$address" send "$wrong" send-stream 100000 run "$look_asleep" send-stream 20000 run "$look_asleep" answer '400|405' shut-down expect-gone
    done
    probe tcp "$address" send "$(ask 'Host: a' 'Connection: close')" send-stream 100000 run "$look_asleep" send-stream 20000 answer 200 body 'hello\n' expect-gone
}

@test "a request that is not complete in time is a 408" {
    hint "poll() waits without a timeout, or the connection is closed without an answer. When the time for a request is over, answer 408 and close." "What if a client is slow?"
    serve_site 1
    probe tcp "$address" send 'GET /hel' connect send 'GET /hello.txt HTTP/1.1\r\nHost: a\r\nX: y\r\n' connect "${hello[@]}" send 'G' \
        use 1 answer 408 expect-gone use 2 answer 408 expect-gone use 3 answer 408 expect-gone connect "${hello[@]}"
}

@test "bytes that arrive one by one do not prolong the time for a request" {
    hint "The deadline is set again whenever something arrives. Set it when the request begins." "What if a client is slow?"
    serve_site 1
    probe tcp "$address" connect send 'GET /hello.txt HTTP/1.1\r\nHost: a\r\nX: ' connect "${hello[@]}" drip 1 connect "${hello[@]}"
}

@test "it closes a connection that is idle for too long" {
    hint "The deadline is forgotten when an answer was sent, or before the first byte. Set it for the time between two requests, too." "What if a client is slow?"
    serve_site 1
    probe tcp "$address" connect connect "${hello[@]}" use 2 cut-off 1 use 1 cut-off 1 use 3 cut-off 1 connect "${hello[@]}"
}

@test "a connection that is used again and again lasts longer than SECONDS" {
    hint "The deadline is that of the first request. Each request has its own, and so has the time between two." "What if a client is slow?"
    serve_site 2
    repeat 5 "${hello[@]}" run ': wait 0.5 s; sleep 0.5'
    probe tcp "$address" "${steps[@]}" "${hello[@]}"
}

@test "it closes the connection of a client that reads nothing for too long" {
    hint "Nothing ends the wait for a client that does not read. Set a deadline when it takes something, and close the connection when it has passed." "What if a client is slow?"
    needs_proc
    site
    big 16000000
    serve_site 1
    probe tcp "$address" "${hello[@]}" close
    remember
    export processes descriptors sockets
    sockets=$(has_sockets)
    probe narrow "$address" get /big.bin answer-head 200 run "$look_dropped" cut-short
}

@test "a client that reads slowly gets all of the file" {
    hint "The deadline is not set again when the client has taken a part of the answer." "What if a client is slow?"
    site
    big 12000000
    serve_site 1
    repeat 6 run ': wait 0.25 s; sleep 0.25' body-next 2000000
    probe narrow "$address" get /big.bin answer-head 200 "${steps[@]}" "${hello[@]}"
}

@test "without SECONDS a client has more than a second for its request" {
    hint "SECONDS has another default. It is 30." "What if a client is slow?"
    serve_site
    probe tcp "$address" send 'GET /hello.txt HT' run ': wait 1.2 s; sleep 1.2' send 'TP/1.1\r\nHost: a\r\n\r\n' answer 200 body 'hello\n'
}

@test "it serves a file of more than 4 GiB" {
    hint "Its length is kept in 32 bits. Use off_t, and compile for one of 64 bits." "How large may a file be?"
    needs_proc
    serve_site
    big 1000000
    dd if=/dev/null of=site/big.bin bs=1 seek=4294968296 2>/dev/null || skip "this system has no file of 4 GiB here"
    probe tcp "$address" head /big.bin answer-head 200 field 'Content-Length: 4294968296' get /big.bin \
        answer-head 200 field 'Content-Length: 4294968296' body-next 1000000 reset connect "${hello[@]}"
}

@test "a client that asks for large files and does not read costs at most 64 KiB" {
    hint "The whole file is read into memory before it is sent. Read it piece by piece, as the client takes it, or use sendfile()." "How large may a file be?"
    needs_proc
    serve_site
    big
    costs_little 30 get /big.bin get /big.bin
}

@test "a client that sends much and reads nothing costs at most 64 KiB" {
    hint "The server receives without a limit, although it does not answer. While an answer is waiting, leave the next requests in the kernel." "How large may a file be?"
    needs_proc
    serve_site
    big 1000000
    costs_little 10 send "$(many 150 "GET /big.bin HTTP/1.1\r\nHost: a\r\nX: $(x 500)\r\n\r\n")"
}

@test "a file that shrinks while it is sent ends the connection" {
    hint "The rest is filled up with zeros, or the server sends nothing more and waits, or a signal (SIGBUS, from mmap()) ends it. The length cannot be taken back: close the connection." "What if the file changes?"
    needs_proc
    serve_site
    big 16000000
    probe narrow "$address" get /big.bin answer-head 200 run "$look_asleep" run ': cut the file; : >site/big.bin' cut-short connect "${hello[@]}"
}

@test "a file that grows while it is sent is sent as long as it was" {
    hint "The file is sent up to its end. Send as many bytes as Content-Length has announced." "What if the file changes?"
    needs_proc
    serve_site
    big 8000000
    probe narrow "$address" get /big.bin get /hello.txt answer-head 200 run "$look_asleep" run ': append to the file; echo more >>site/big.bin' \
        body-next 8000000 answer 200 body 'hello\n'
}

@test "it prints a line for each request, in the Common Log Format" {
    hint "The line has another form, or arrives late. It is: 127.0.0.1 - - [30/Nov/2026:12:00:00 +0000] \"GET / HTTP/1.1\" 200 10, with the status and the length of the body." "What happened?"
    serve_site
    probe tcp "$address" "${hello[@]}"
    logs "$clf \"GET /hello\.txt HTTP/1\.1\" 200 6"
    probe tcp "$address" send 'GET /nothing?a HTTP/1.0\r\n\r\n' answer 404
    logs "$clf \"GET /nothing\?a HTTP/1\.0\" 404 [0-9]+"
    probe tcp "$address" get / get /dir head /hello.txt answer 200 answer 301 answer-head 200
    logs "$clf \"GET / HTTP/1\.1\" 200 10"
    logs "$clf \"GET /dir HTTP/1\.1\" 301 ([0-9]+|-)"
    logs "$clf \"HEAD /hello\.txt HTTP/1\.1\" 200 (0|-)"
    probe tcp "$address" send 'hello\r\n\r\n' answer 400
    logs "$clf \".*\" 400 [0-9]+"
    probe tcp "$address" "${hello[@]}"
    logs "$clf \"GET /hello\.txt HTTP/1\.1\" 200 6"
}

@test "control bytes do not get into the log" {
    hint "The request line is printed as it arrived. Escape bytes a terminal would obey: \\x1b." "What happened?"
    serve_site
    for line in 'GET /\x1b[2J HTTP/1.1' 'GET /a\rb HTTP/1.1' '\x07\x08' 'GET /\x7f HTTP/1.1' '\x01'; do
        probe tcp "$address" send "$line\r\nHost: a\r\n\r\n" answer 400
        logs "$clf \"[[:print:]]*\" 400 [0-9]+"
    done
    probe tcp "$address" get '/a%0d%0aX:%20y%1b' answer 404
    logs "$clf \"[[:print:]]*\" 404 [0-9]+"
}

@test "quotation marks and backslashes are escaped in the log" {
    hint "A quotation mark in the request line ends the quotation in the log, so that a client could invent the rest of the line. Escape it: \\x22, and the backslash, \\x5c." "What happened?"
    serve_site
    probe tcp "$address" get '/a"b"' answer 4xx connect get '/a\\' answer 4xx
    logs "$clf \"GET /a(\\\\x22|\\\\042|%22|\\\\\")b(\\\\x22|\\\\042|%22|\\\\\") HTTP/1\.1\" 4[0-9]+ [0-9]+"
    logs "$clf \"GET /a(\\\\x5[cC]|\\\\134|%5[cC]|\\\\\\\\) HTTP/1\.1\" 4[0-9]+ [0-9]+"
}

@test "it serves the other clients while some do not read and some send slowly" {
    hint "A send() or recv() waits for one client, and all the others wait with it. Make every connected socket non-blocking." "No client delays another"
    needs_proc
    serve_site
    big 16000000
    repeat 9 get /big.bin connect send 'GET /hel' connect send 'GET /nothing\r\n\r\n' connect
    probe narrow "$address" "${steps[@]}" run "$look_asleep" "${hello[@]}" use 2 send 'lo.txt HTTP/1.1\r\nHost: a\r\n\r\n' answer 200 body 'hello\n' \
        use 3 answer 400 use 1 answer 200 body-stream 16000000 connect "${hello[@]}"
}

@test "it serves 1,000 clients at the same time" {
    hint "The array is too small, or the limit of descriptors is. Raise the soft limit with setrlimit()." "No client delays another"
    allow 2100
    serve_site
    serves_1000
}

@test "it survives 1,100 connections at the same time" {
    hint "FD_SET() writes past the end of the fd_set for descriptors from 1024 on. Use poll(), or accept no more clients." "No client delays another"
    survives_a_crowd 1100
}

@test "when no descriptor is free it serves its clients and accepts the others later" {
    hint "accept() or open() fails with EMFILE, and the server exits, or asks again and again. Answer 503, and stop asking about the listening socket until a client leaves." "No client delays another"
    serves_without_a_free_descriptor
}

@test "a client that leaves in the middle does not affect the others" {
    hint "The program exits when recv() or send() returns -1, or SIGPIPE ends it. Ignore SIGPIPE, and close that one connection." "No client delays another"
    needs_proc
    serve_site
    big
    probe tcp "$address" send 'GET /hel' reset connect "${hello[@]}" connect get /big.bin answer-head 200 reset connect send 'GET /big.bin' close \
        connect "${hello[@]}" use 2 "${hello[@]}"
    probe narrow "$address" get /big.bin run "$look_asleep" reset connect get /big.bin answer-head 200 run "$look_asleep" close connect "${hello[@]}"
    pause_server
    probe tcp "$address" get /hello.txt shut-down reset dial run "$resume" "${hello[@]}"
    pause_server
    probe tcp "$address" get /hello.txt get /big.bin close dial run "$resume" "${hello[@]}"
}

@test "it uses no processor time while its clients are silent" {
    hint "The events of a client always include POLLOUT, or an end of file is reported again and again. Ask about POLLOUT only while bytes are waiting." "No client delays another"
    needs_proc
    serve_site
    big 16000000
    probe narrow "$address" "${hello[@]}" connect send 'GET /hel' connect get /big.bin connect get /big.bin shut-down connect "${hello[@]}" shut-down expect-end \
        connect run "$look_asleep" run "$look_idle"
}

@test "it uses no processor time after its last answer to a client that stays" {
    hint "The server believes that there is more to answer or to send, although it has sent its last answer, and goes around in its loop until the deadline. From then on, wait only for the end of what this client sends." "How long does a connection last?"
    needs_proc
    serve_site
    big 300000
    # Soon, because the server waits for the client's end for a while only.
    rest=(run ': watch that it uses no processor time; exec "$TOOLS/look" -t 0.5 "$guard" idle')
    probe tcp "$address" send 'GET /big.bin HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n' answer 200 body-stream 300000 expect-end "${rest[@]}"
    probe tcp "$address" send "$(ask 'Host: a' 'Connection: close')$(ask 'Host: a')" answer 200 expect-gone "${rest[@]}"
    probe tcp "$address" send 'GET /hello.txt\r\n\r\n' answer 400 expect-gone "${rest[@]}"
}

@test "it uses no processor time after a timeout" {
    hint "The timeval of select() is set only once. Linux counts it down, so the next select() does not wait: set it before each call." "No client delays another"
    needs_proc
    site
    hurried 127.0.0.1 0
    probe tcp "$address" "${hello[@]}" run "$look_idle" "${hello[@]}" run "$look_idle"
}

@test "after many clients it holds no more descriptors and processes than before" {
    hint "A file or a connected socket is not closed, depending on how its client left. Close both after HEAD, a 304, an error, and when a client leaves in the middle." "No client delays another"
    needs_proc
    site
    big
    files=30 serve 127.0.0.1 0
    probe -n 3 tcp "$address" "${hello[@]}" shut-down expect-end
    remember
    probe -n 30 tcp "$address" "${hello[@]}" head /hello.txt answer-head 200 get /dir/deep/file.txt answer 200 get /dir/deep/x answer 404 \
        get /dir answer 301 get /dir/ answer 200 send "$(ask 'Host: a' 'If-Modified-Since: Thu, 02 Jan 2025 00:00:00 GMT')" answer '200|304' \
        get /empty.txt answer 200 get /.secret answer 4xx get /hello.txt/x answer 4xx shut-down expect-end
    probe -n 30 tcp "$address" send 'GET /hello.txt\r\n\r\n' answer 400 expect-gone
    probe -n 30 tcp "$address" send 'GET /hel' reset
    probe -n 30 tcp "$address" send "$(ask 'Host: a' 'Connection: close')" answer 200 expect-end close
    probe -n 10 narrow "$address" get /big.bin answer-head 200 reset
    probe -n 10 narrow "$address" get /big.bin answer-head 200 run ': cut the file; : >site/big.bin' drain close run ': make it again; exec "$TOOLS/probe" stream 8000000 >site/big.bin'
    holds_no_more
}

@test "its memory does not grow with the number of clients and requests" {
    hint "The buffer of a client, or of a request, is not freed." "No client delays another"
    needs_proc
    serve_site
    memory_settles -n 300 tcp "$address" "${hello[@]}" get /nothing answer 404 send "GET /hello.txt HTTP/1.1\r\nX: $(x 500)" close
    memory_settles -n 20 tcp "$address" send "GET / HTTP/1.1\r\nX: $(x 15000)" run "$look_asleep" reset
    memory_settles -n 50 tcp "$address" send 'GET /\r\n\r\n' answer 400 expect-gone connect send "$(ask 'Host: a' 'Connection: close')" answer 200 expect-end
}

@test "it goes on after Ctrl-Z and fg" {
    hint "A call was interrupted (EINTR), and the server takes its -1 for the end. Call it again." "No client delays another"
    needs_proc
    serve_site
    big 16000000
    probe narrow "$address" get /big.bin run "$look_asleep" run "$stop_and_continue" run "$look_asleep" answer 200 body-stream 16000000 \
        "${hello[@]}" run "$stop_and_continue" "${hello[@]}"
}

@test "SIGINT and SIGTERM end it with status 0, whatever its clients do" {
    hint "No handler catches the signal, or the handler sets a flag and poll() waits again. Catch SIGINT and SIGTERM, and exit with status 0." "No client delays another"
    needs_proc
    site
    big
    for signal in INT TERM; do
        serve 127.0.0.1 0
        probe narrow "$address" get /big.bin connect send 'GET /' connect "${hello[@]}" connect run "$look_asleep" run "kill -s $signal $server"
        ends_well "$signal"
    done
}

@test "SIGTERM ends it with status 0 as soon as it prints the ready line" {
    hint "The handlers are installed after the ready line. A program that reads this line may send SIGTERM immediately: install them before." "No client delays another"
    site
    is_prepared 127.0.0.1 0
}

@test "SIGTERM ends it with status 0 also when it arrives just before the server waits" {
    hint "The handler only sets a flag. The loop has checked the flag when the signal arrives, so poll() waits although the server should end. Let the handler call _exit(), or write into a pipe that poll() watches." "No client delays another"
    needs_proc
    site
    ends_just_before_it_waits "${hello[@]}"
}

@test "it can be started again immediately after it has closed a connection first" {
    hint "SO_REUSEADDR is missing, or is set after bind(). Set it before." "No client delays another"
    site
    starts_again "${hello[@]}"
}

@test "it reports a port that another server listens on" {
    hint "SO_REUSEPORT lets two servers share a port. Set SO_REUSEADDR instead." "No client delays another"
    site
    refuses_a_taken_port
}

@test "without arguments it serves the current directory on 127.0.0.1 and port 65432" {
    hint "The server has other defaults. They are ., 127.0.0.1 and 65432." "How is it started?"
    site
    cp site/hello.txt .
    listens_by_default "${hello[@]}" get /site/dir/ answer 200 body 'of dir\n'
}

@test "it serves over IPv6, by name, and on every address" {
    hint "The program makes the address itself. Pass bind() the address and length of getaddrinfo(), and call that with AI_PASSIVE and a null pointer for the empty host." "How is it started?"
    site
    is_reached "${hello[@]}"
}

@test "it reports a directory that is not there" {
    hint "The directory is only used when a request arrives. Open it first: a mistake in the command line should be seen immediately." "How is it started?"
    : >file
    for place in nowhere file; do
        directory='' try server "$place" 127.0.0.1 0
        fails 1
    done
}

@test "a bad command line is a usage error" {
    hint "The program does not check argc, the port and SECONDS. Print how to call it on stderr, and exit with status 2." "How is it started?"
    site
    refuses_ports server site
    for seconds in 0 -1 +5 5x x '' ' 5' 1.5; do
        try server site 127.0.0.1 0 "$seconds"
        fails 2
    done
    try server site 127.0.0.1 0 30 x
    fails 2
}

@test "the client asks for the path of the URL, and writes the body to stdout" {
    hint "The request has another form, or the header is printed too. Send a request line, Host and an empty line; print the bytes after the empty line of the answer." "The client"
    client_gets 0 send 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n' close
    client_printed 'hello\n'
    client_gets 0 send 'HTTP/1.1 200 \r\ncontent-length:0\r\n\r\n' close
    client_printed ''
}

@test "the client writes the body as it is, whatever bytes it has" {
    hint "The body is printed as a string, which ends at a zero byte, or is taken apart into lines. Write as many bytes as have arrived, with fwrite() or write()." "The client"
    client_gets 0 send 'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\na\0b\r\n\r\n\xff%s\n.' close
    client_printed 'a\0b\r\n\r\n\xff%s\n.'
}

@test "the client stops at Content-Length although the connection stays open" {
    hint "The client reads until the end of the connection, which the server may keep open. Content-Length says how much there is." "The client"
    client_gets 0 send 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y\r\n\r\nhello'
    client_printed hello
    client_arguments='"http://$HOST:$PORT/"' meet asked / send 'HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n' send-stream 1000000 ends 0
    "$TOOLS/probe" stream 1000000 | cmp -s - out || fail "client" "expected: the 1,000,000 bytes of the body" "but:      $(wc -c <out) bytes, or other ones"
}

@test "the client reads a body up to the end of the connection" {
    hint "Without Content-Length the client expects no body, or reports an error. The body ends with the connection." "The client"
    client_gets 0 send 'HTTP/1.0 200 OK\r\n\r\nhello\n' close
    client_printed 'hello\n'
    client_gets 0 send 'HTTP/1.1 200 OK\r\nX: y\r\n\r\n' send-stream 300000 shut-down
    "$TOOLS/probe" stream 300000 | cmp -s - out || fail "client" "expected: the 300,000 bytes of the body" "but:      $(wc -c <out) bytes, or other ones"
}

@test "the client reads a chunked body" {
    hint "The client prints the lengths of the chunks, or reads them as decimal numbers. Each chunk has its length in hexadecimal before it (what follows a ; there is ignored), and one of length 0 is the end." "The client"
    client_gets 0 send 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0B;x=y\r\n, \r\n world\r\r\n1\r\n\n\r\n0\r\n\r\n'
    client_printed 'hello, \r\n world\r\n'
    client_gets 0 send 'HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n493E0\r\n' send-stream 300000 send '\r\n0\r\nX-After: x\r\n\r\n'
    "$TOOLS/probe" stream 300000 | cmp -s - out || fail "client" "expected: the 300,000 bytes of the body" "but:      $(wc -c <out) bytes, or other ones"
}

@test "the client accepts an answer in pieces" {
    hint "The client takes what one recv() returns for the whole header, or for the whole body." "The client"
    client_gets 0 slowly : send 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'
    client_printed hello
    # A client that has seen the last chunk may leave.
    client_gets 0 slowly : send 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n' slowly '' send '\r\n'
    client_printed hello
}

@test "the client skips answers that only announce another" {
    hint "A status from 100 to 199 is not the answer: another one follows." "The client"
    client_gets 0 send 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'
    client_printed hello
}

@test "the client reports any other status, and exits with status 1" {
    hint "The program does not check the status. Unless it is 200 to 299, print the status line on stderr, and exit with status 1." "The client"
    for status in '404 Not Found' '301 Moved Permanently' '500 Oops' '304 Not Modified'; do
        client_gets 1 send "HTTP/1.1 $status\r\nContent-Length: 5\r\nLocation: /b\r\n\r\nwrong"
        grep -q "HTTP/1.1 $status" err || fail "client" "expected on stderr: HTTP/1.1 $status" "but:                $(shown err)"
        [ ! -s out ] || [ "$(<out)" = wrong ] || fail "client" "expected: nothing on stdout" "but:      $(shown out)"
    done
    client_gets 0 send 'HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\n\r\nhello'
}

@test "the client does not wait for the body of a 204" {
    hint "The client waits for the end of the connection, or for as many bytes as Content-Length says. A 204 has no body at all, whatever the header says." "The client"
    client_gets 0 send 'HTTP/1.1 204 No Content\r\n\r\n'
    client_printed ''
    client_gets 0 send 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n'
    client_printed ''
}

@test "the client prints no control bytes of the status line" {
    hint "The line is printed as it arrived, and a terminal obeys the control bytes in it. Print something else for them." "The client"
    for line in 'HTTP/1.1 404 \x1b[31mNot\x07 Found' 'HTTP/1.1 404 a\rb' 'HTTP/\x1b[2J'; do
        client_gets 1 send "$line\r\nContent-Length: 0\r\n\r\n" close
        client_complains
        ! LC_ALL=C tr -d '\n\t\040-\176\200-\377' <err | grep -q . ||
            fail "client" "expected on stderr: no control bytes" "but:                $(od -An -c err | head -n 5)"
    done
}

@test "the client reports a body that is cut short" {
    hint "The client takes an end of file for the end of the body, although fewer bytes have arrived than were announced, or no last chunk. Report it, and exit with status 1." "The client"
    for part in 'Content-Length: 6\r\n\r\nhello' 'Content-Length: 1\r\n\r\n' 'Transfer-Encoding: chunked\r\n\r\n6\r\nhello' \
        'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n' 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello' 'Transfer-Encoding: chunked\r\n\r\n'; do
        client_gets 1 send "HTTP/1.1 200 OK\r\n$part" close
        client_complains
    done
    client_gets 1 send 'HTTP/1.1 200 OK\r\n\r\nhello' reset
    client_complains
}

@test "the client reports an answer that is not HTTP" {
    hint "The client takes anything for an answer. Without a status line that begins with HTTP/, a length or a chunk that makes sense, report it, and exit with status 1." "The client"
    for bytes in '' 'hello\r\n\r\n' 'HTTP/1.1 200 OK\r\nContent-Le' 'HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello' '220 ESMTP\r\n\r\n' \
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n' 'HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\nhello' \
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n'; do
        client_gets 1 send "$bytes" close
        client_complains
    done
}

@test "the client takes a URL apart" {
    hint "The URL is cut at the wrong place. After http:// comes the host, perhaps a colon and a port, and everything from the next slash on is the target; without a slash it is /." "The client"
    for pair in ' /' '/ /' '?x=/ /?x=/' '/a/b?c=http://d/e /a/b?c=http://d/e' '/%20a;b=c /%20a;b=c' '/a#part /a' '#part /'; do
        client_arguments="\"http://\$HOST:\$PORT${pair% *}\"" meet asked "${pair#* }" send 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello' ends 0
        client_printed hello
    done
}

@test "the client accepts HTTP:// in upper case" {
    hint "http:// is compared with strncmp(). Upper and lower case make no difference there: use strncasecmp()." "The client"
    client_arguments='"HTTP://$HOST:$PORT/"' meet asked / send 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello' ends 0
}

@test "the client refuses a URL with a space or a newline in it" {
    hint "Whatever is in the URL gets into the request: after a space it is the version, and after a newline a field. Exit with status 2 before you connect." "The client"
    for rest in 'a b' ' HTTP/1.1' $'a HTTP/1.1\r\nX: y' $'a\n' $'\nX: y' $'?a=\nb'; do
        try client "http://127.0.0.1:1/$rest"
        fails 2
    done
}

@test "anything but a URL of http is a usage error of the client" {
    hint "The client does not check the URL. It begins with http:// and has a host; a port is 0 to 65535. Print how to call it on stderr, and exit with status 2." "The client"
    for url in https://127.0.0.1/ ftp://127.0.0.1/ 127.0.0.1 /hello.txt '' http: http:/127.0.0.1/ http:// http:///x http://127.0.0.1:x/ http://127.0.0.1:65536/ file:///etc/passwd http://127.0.0.1:4294967376/; do
        try client "$url"
        fails 2
    done
    try client
    fails 2
    try client http://127.0.0.1:1/ x
    fails 2
}

@test "the client reports that nobody is there" {
    hint "The return value of connect() is not checked. Print a line that names the call, and exit with status 1." "The client"
    probe bind 127.0.0.1:0 start "$(client_arguments='"http://$HOST:$PORT/"' run_client)" ends 1
    tried=client fails 1 connect ECONNREFUSED
}

@test "the client reports a host name that does not resolve" {
    hint "The return value of getaddrinfo() is not checked." "The client"
    try client http://name.invalid/
    fails 1 getaddrinfo EAI
}

@test "the client connects over IPv6" {
    hint "In a URL an IPv6 address has brackets, because of its colons: http://[::1]:8080/. getaddrinfo() wants it without them." "The client"
    apart
    needs_address '[::1]'
    client_arguments='"http://[$HOST]:$PORT/a"' meeting_point='[::1]:0' meet asked /a send 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello' ends 0
    client_printed hello
}

@test "the client gets a file from the server" {
    hint "Each of them works alone, so one of them expects something that the other does not send. Compare what both print under strace." "The client"
    serve_site
    big 300000
    try client "http://$address/big.bin"
    cmp -s out site/big.bin || fail "run:      $tried" "expected: the bytes of site/big.bin" "but:      $(wc -c <out) bytes, or other ones"
    try client "http://$address/dir/"
    prints 'of dir'
    try client "http://$address/nothing"
    grep -q 'HTTP/1.1 404 ' err || fail "run:      $tried" "expected on stderr: HTTP/1.1 404 Not Found" "but:                $(shown err)"
}
