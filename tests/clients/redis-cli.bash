# redis-cli.bash PORT - connect, set, get, pipeline 1,000 requests, quit: redis-cli.
port=$1

# expect VALUE REPLY: exit unless they are equal.
expect() {
    [ "$2" = "$1" ] || { echo "the reply is '$2', and not '$1'" >&2 && exit 1; }
}

expect OK "$(redis-cli -p "$port" SET key 'a value')"
expect 'a value' "$(redis-cli -p "$port" GET key)"

requests() { # in RESP: --pipe sends bytes as they are
    for ((i = 1000; i < 1500; i++)); do
        printf '*3\r\n$3\r\nSET\r\n$5\r\nn%d\r\n$4\r\n%d\r\n' "$i" "$i"
        printf '*2\r\n$3\r\nGET\r\n$5\r\nn%d\r\n' "$i"
    done
}
expect 'errors: 0, replies: 1000' "$(requests | redis-cli -p "$port" --pipe | tail -n 1)"
expect "$(seq 1000 1499)" "$(seq -f 'GET n%g' 1000 1499 | redis-cli -p "$port")"

expect OK "$(printf '\0\r\n\377\0' | redis-cli -p "$port" -x SET binary)"
expect '00 0d 0a ff 00 0a' "$(redis-cli -p "$port" GET binary | od -An -tx1 | xargs)"
expect OK "$(redis-cli -p "$port" QUIT)"
