# slowhttptest.bash PORT - 200 clients that send or read slowly, and one that does not.
url=http://127.0.0.1:$1

# attack OPTION...: during this attack, another client is served.
attack() {
    slowhttptest -c 200 -r 200 -l 4 -p 2 "$@" 2>&1 | tr -d '\0' >said || exit
    if grep -q 'service available: *.*NO' said; then
        echo "during slowhttptest $1 nobody else was served" >&2
        exit 1
    fi
    grep -q 'service available: *.*YES' said || { echo "slowhttptest $1 did not run: $(tail -n 5 said)" >&2 && exit 1; }
}

dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && cd "$dir" || exit
attack -H -i 1 -u "$url/hello.html"               # a header that never ends
attack -B -i 1 -s 8192 -u "$url/hello.html"       # a body that never ends
attack -X -w 10 -y 20 -n 1 -z 32 -u "$url/big.bin" # an answer that nobody reads
