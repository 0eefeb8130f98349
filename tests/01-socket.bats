#!/usr/bin/env bats
# Lesson 01: what `server [FAMILY [TYPE]]` must do.

programs='server'
# shellcheck source=tests/helpers.bash
source "$BATS_TEST_DIRNAME/helpers.bash"

@test "without arguments it makes a TCP socket over IPv4" {
    hint "A missing argument does not select AF_INET and SOCK_STREAM. Check argc before you use argv[1] and argv[2]." "How do words become constants?"
    try server
    prints "socket 3: AF_INET, SOCK_STREAM, IPPROTO_TCP"
}

@test "a family alone makes a stream socket" {
    hint "The type has no default of its own. Use SOCK_STREAM if only the family is given." "How do words become constants?"
    try server inet
    prints "socket 3: AF_INET, SOCK_STREAM, IPPROTO_TCP"
}

@test "a datagram socket uses UDP" {
    hint "The protocol is not the kernel's answer. Ask for it with getsockopt() and SO_PROTOCOL; the 0 that was passed to socket() says nothing." "What did the kernel make?"
    try server inet dgram
    prints "socket 3: AF_INET, SOCK_DGRAM, IPPROTO_UDP"
}

@test "IPv6 sockets use TCP and UDP, too" {
    hint "The family on the command line does not reach socket(). Pass AF_INET6 for inet6." "Whom can we reach?"
    needs_address '[::1]'
    try server inet6 stream
    prints "socket 3: AF_INET6, SOCK_STREAM, IPPROTO_TCP"
    try server inet6 dgram
    prints "socket 3: AF_INET6, SOCK_DGRAM, IPPROTO_UDP"
}

@test "unix-domain sockets have three types and no protocol" {
    hint "The protocol is guessed from the type. Print the kernel's answer, which is 0 for a unix-domain socket." "Who does the work?"
    try server unix
    prints "socket 3: AF_UNIX, SOCK_STREAM, 0"
    try server unix dgram
    prints "socket 3: AF_UNIX, SOCK_DGRAM, 0"
    try server unix seqpacket
    prints "socket 3: AF_UNIX, SOCK_SEQPACKET, 0"
}

@test "it reports a family and a type that do not go together" {
    hint "The return value of socket() is not checked. If it is -1, report the failure with err(1, \"socket\")." "What if a call fails?"
    ! grep -qs '^SCTP' /proc/net/protocols || skip "this system has SCTP: it grants inet seqpacket"
    try server inet seqpacket
    fails 1 socket ESOCKTNOSUPPORT EPROTOTYPE EPROTONOSUPPORT
}

@test "it rejects a word that it does not know" {
    hint "A word that is in no table is accepted. Compare the whole argument with each word, and exit with status 2 if it equals none." "How do words become constants?"
    for words in tcp udp INET Inet inetx xinet ine inet4 ipv4 local AF_INET 4 stream dgram 'inet tcp' 'inet udp' 'inet Stream' \
        'inet STREAM' 'inet streams' 'inet str' 'inet rdm' 'inet6 raw' 'inet SOCK_STREAM' 'inet 1' 'stream inet' 'unix ""'; do
        eval "try server $words"
        fails 2
    done
    try server ''
    fails 2
}

@test "it rejects a third argument" {
    hint "argc is not checked. If there are more than two arguments, print a usage line on stderr and exit with status 2." "How do words become constants?"
    try server inet stream tcp
    fails 2
}

@test "it prints the descriptor that the kernel returned" {
    hint "The number 3 is assumed. Print what socket() returned, which is 0 if 0 is free: only -1 is a failure." "What is a socket, and why is it number 3?"
    # Descriptor 3 is open already; then 3 to 9 are; then 0 is closed.
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

@test "it reports that no descriptor is free" {
    hint "The return value of socket() is not checked, so -1 is used as a descriptor. If it is -1, report the failure with err(1, \"socket\")." "What if a call fails?"
    needs_program server
    # A dynamically linked program needs a fourth descriptor to start at all.
    if ! compile server-static "$LESSONS/$lesson/server.c" -std=gnu17 -static 2>static.log; then
        echo 'int main(void) { return 0; }' >any.c
        $CC -static -o any any.c 2>/dev/null || skip "this system cannot link a program statically"
        fail "server.c cannot be linked with -static" "$(cat static.log)"
    fi
    files=3 try server-static
    fails 1 socket EMFILE
}
