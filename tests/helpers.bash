# helpers.bash - the words that the suites are made of; every suite sources it.
#
# A suite sets `programs`, the names of the lesson's programs, and `ready`, the
# words before the address in its server's ready line.  A suite judges the
# directory of its own name: tests/04-echo.bats judges $LESSONS/04-echo.
#
# What is in which file of tests/helpers/:
#     build    the programs are compiled, once for each suite
#     test     what surrounds each test: its directory, its patience, its end
#     failure  what a failed test prints, and the likely cause (tests/symptoms)
#     network  networks of our own, and the machine's addresses
#     probe    the scripted peer (tests/tools/probe/)
#     server   start the server, read what it prints, end it
#     watch    what the kernel shows of the server: sleep, descriptors, memory
#     strike   a signal arrives just before the server's send(), or before it waits
#     client   run the client against a scripted server
#     run      run a program to its end: output, exit status, usage errors
#
# Some suites source one of these as well:
#     echo     what the suites of echo servers ask alike (04, 06, 08)
#     many     what the suites of servers for many clients ask alike (08 to 11, 13)
#     turns    the tests that the suites of 09 and 13 have in common
#     chat     the chat room (10)
#     resp     requests and replies in RESP2 (11)
#     web      files and what must not be served (12)
#
# Descriptors: 8 reads the server's stdout, 9 holds a network of our own.

# With an older bats many tests would fail, although the programs are right.
case ${BATS_VERSION-} in
'' | 0.* | 1.[0-7].* | 1.8.[01])
    echo "This is bats ${BATS_VERSION:-1.1 or older}, and the tests need 1.8.2 or newer; docs/setup.md says how to install it." >&2
    trap - EXIT ERR DEBUG # it says no more
    exit 1
    ;;
esac

root=${BATS_TEST_FILENAME%/tests/*}
lesson=${BATS_TEST_FILENAME##*/}
lesson=${lesson%.bats}
programs=${programs:-} ready=${ready:-}
through=() files='' full_early='' directory='' # see try and serve
room='' siege='' # see alone, besiege
judging='' hurry='' # see hasten
export guard='' server='' address='' port='' # of the running server; see serve

# shellcheck source=tests/helpers/build.bash
. "$root/tests/helpers/build.bash"
# shellcheck source=tests/helpers/test.bash
. "$root/tests/helpers/test.bash"
# shellcheck source=tests/helpers/failure.bash
. "$root/tests/helpers/failure.bash"
# shellcheck source=tests/helpers/network.bash
. "$root/tests/helpers/network.bash"
# shellcheck source=tests/helpers/probe.bash
. "$root/tests/helpers/probe.bash"
# shellcheck source=tests/helpers/server.bash
. "$root/tests/helpers/server.bash"
# shellcheck source=tests/helpers/watch.bash
. "$root/tests/helpers/watch.bash"
# shellcheck source=tests/helpers/strike.bash
. "$root/tests/helpers/strike.bash"
# shellcheck source=tests/helpers/client.bash
. "$root/tests/helpers/client.bash"
# shellcheck source=tests/helpers/run.bash
. "$root/tests/helpers/run.bash"
