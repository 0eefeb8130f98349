# ab.bash PORT - HTTP/1.0 with keep-alive, and without: ab.

# expect VALUE ACTUAL: exit unless they are equal.
expect() {
    [ "$2" = "$1" ] || { echo "ab says '$2', and not '$1'" >&2 && exit 1; }
}

# count WHAT: the number after WHAT in what ab has said.
count() {
    sed -n "s/^$1: *\([0-9]*\)$/\1/p" <<<"$said"
}

for options in -k ''; do
    said=$(ab -q -n 2000 -c 20 $options "http://127.0.0.1:$1/hello.html" 2>&1)
    expect 2000 "$(count 'Complete requests')"
    expect 0 "$(count 'Failed requests')"
    expect '' "$(count 'Non-2xx responses')"
    [ -z "$options" ] || expect 2000 "$(count 'Keep-Alive requests')"
done
