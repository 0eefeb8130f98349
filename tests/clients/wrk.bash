# wrk.bash PORT - 50 connections, each of which asks again and again: wrk.
said=$(wrk -t 1 -c 50 -d 1 "http://127.0.0.1:$1/hello.html") || exit
if grep -e 'Non-2xx' -e 'Socket errors' <<<"$said" >&2; then exit 1; fi
grep -q '^Requests/sec: *[1-9]' <<<"$said" || { echo "it counts no requests: $said" >&2 && exit 1; }
