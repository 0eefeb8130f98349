# curl.bash PORT DIRECTORY - get, ask again, follow, resume and climb: curl.
url=http://127.0.0.1:$1 site=$2

# expect VALUE ACTUAL: exit unless they are equal.
expect() {
    [ "$2" = "$1" ] || { echo "the answer is '$2', and not '$1'" >&2 && exit 1; }
}

# status ARG...: the status of the answer that curl gets.
status() {
    curl -s -o /dev/null -w '%{http_code}' "$@"
}

expect '<h1>hello</h1>' "$(curl -s "$url/hello.html")"
expect 200 "$(status -I "$url/big.bin")"
curl -s "$url/big.bin" | cmp - "$site/big.bin" || exit 1
curl -s -0 "$url/big.bin" | cmp - "$site/big.bin" || exit 1
expect 304 "$(status -z "$site/hello.html" "$url/hello.html")"
expect 200 "$(status -z 1994-11-06 "$url/hello.html")"
expect "$url/dir/" "$(curl -s -o /dev/null -w '%{redirect_url}' "$url/dir")"
expect 'in dir' "$(curl -s -L "$url/dir")"
expect 405 "$(status -d 'a body' "$url/hello.html")"
expect 405 "$(status -H 'Expect: 100-continue' -T "$site/big.bin" "$url/hello.html")"
expect 404 "$(status --path-as-is "$url/../secret.txt")"
expect 404 "$(status --path-as-is "$url/%2e%2e/secret.txt")"
# 200 requests use one connection
expect 1 "$(curl -s -Z --parallel-max 1 -o /dev/null -w '%{num_connects}\n' "$url/hello.html?[1-200]" | grep -c 1)"
