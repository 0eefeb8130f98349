#!/usr/bin/env bats
# Lesson 01: what `server [FAMILY [TYPE]]` must do.

programs='server'
# shellcheck source=tests/helpers.bash
source "$BATS_TEST_DIRNAME/helpers.bash"

@test "without arguments it makes a TCP socket over IPv4" {
    hint "AF_INET and SOCK_STREAM are what socket() gets when nobody says otherwise" "Family, type, protocol"
    try server
    prints "socket 3: AF_INET, SOCK_STREAM, IPPROTO_TCP"
}

@test "a family alone makes a stream socket" {
    hint "the type is stream when only the family is given" "The command line"
    try server inet
    prints "socket 3: AF_INET, SOCK_STREAM, IPPROTO_TCP"
}

@test "a datagram socket speaks UDP" {
    hint "the protocol is printed without asking the kernel (SO_PROTOCOL)" "Family, type, protocol"
    try server inet dgram
    prints "socket 3: AF_INET, SOCK_DGRAM, IPPROTO_UDP"
}

@test "IPv6 has both" {
    hint "AF_INET is used, or printed, for every family" "Family, type, protocol"
    needs_address '[::1]'
    try server inet6 stream
    prints "socket 3: AF_INET6, SOCK_STREAM, IPPROTO_TCP"
    try server inet6 dgram
    prints "socket 3: AF_INET6, SOCK_DGRAM, IPPROTO_UDP"
}

@test "a unix-domain socket has all three types and no protocol" {
    hint "unix-domain sockets have no protocol: the kernel answers 0" "Family, type, protocol"
    try server unix
    prints "socket 3: AF_UNIX, SOCK_STREAM, 0"
    try server unix dgram
    prints "socket 3: AF_UNIX, SOCK_DGRAM, 0"
    try server unix seqpacket
    prints "socket 3: AF_UNIX, SOCK_SEQPACKET, 0"
}

@test "the number is the descriptor that socket returned" {
    hint "3 is printed because it was 3 the last time; here 3 is open already, or 0 is not, and 0 is a descriptor too" "What a socket is"
    through=(sh -c 'exec "$@" 3</dev/null' sh)
    try server
    prints "socket 4: AF_INET, SOCK_STREAM, IPPROTO_TCP"
    through=(sh -c 'exec "$@" 3</dev/null 4</dev/null 5</dev/null 6</dev/null 7</dev/null 8</dev/null 9</dev/null' sh)
    try server
    prints "socket 10: AF_INET, SOCK_STREAM, IPPROTO_TCP"
    through=(sh -c 'exec "$@" <&-' sh)
    try server
    prints "socket 0: AF_INET, SOCK_STREAM, IPPROTO_TCP"
}

@test "a pair that the kernel refuses is a failed socket" {
    hint "socket()'s -1 is not looked at, or the message does not name the call" "When a call fails"
    ! grep -qs '^SCTP' /proc/net/protocols || skip "this system has SCTP: it grants inet seqpacket"
    try server inet seqpacket
    fails 1 socket ESOCKTNOSUPPORT EPROTOTYPE EPROTONOSUPPORT
}

@test "no free descriptor is a failed socket" {
    hint "socket()'s -1 is used as a descriptor" "When a call fails"
    needs_program server
    # A dynamically linked program needs a fourth descriptor to start at all.
    if ! compile server-static "$LESSONS/$lesson/server.c" -std=gnu17 -static 2>static.log; then
        echo 'int main(void) { return 0; }' >any.c
        $CC -static -o any any.c 2>/dev/null || skip "this system cannot link statically"
        fail "server.c cannot be linked with -static" "$(cat static.log)"
    fi
    files=3 try server-static
    fails 1 socket EMFILE
}

@test "a word that it does not know is a usage error" {
    hint "every argument is compared with the words that exist; what is left over is an error, exit status 2" "The command line"
    for words in tcp udp INET Inet inetx xinet ine inet4 ipv4 local AF_INET 4 stream dgram 'inet tcp' 'inet udp' 'inet Stream' \
        'inet STREAM' 'inet streams' 'inet str' 'inet rdm' 'inet6 raw' 'inet SOCK_STREAM' 'inet 1' 'stream inet' 'unix ""'; do
        eval "try server $words"
        fails 2
    done
    try server ''
    fails 2
}

@test "too many arguments are a usage error" {
    hint "argc is not looked at" "The command line"
    try server inet stream tcp
    fails 2
}
