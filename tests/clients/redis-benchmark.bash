# redis-benchmark.bash PORT - ping, set and get, one by one and pipelined: redis-benchmark.
#
# It stops at an error reply, and waits for each reply, but compares no values.

# measure ARG...: all four tests (there are two of PING) must have a result.
measure() {
    results=$(redis-benchmark -p "$port" -t ping,set,get --csv "$@" 2>&1)
    [ "$(grep -c '^"[A-Z_]*","[1-9]' <<<"$results")" = 4 ] || { echo "$results" >&2 && exit 1; }
}

port=$1
measure -n 5000
measure -n 50000 -P 16
measure -n 20000 -P 1000
measure -n 500 -d 100000
