# setup_suite.bash - once before all suites: build the tools, choose the seed.

setup_suite() {
    local here

    case ${BATS_VERSION-} in # (Versions before 1.7 do not run this; see helpers.bash.)
    1.7.* | 1.8.[01])
        echo "This is bats $BATS_VERSION, and the tests need 1.8.2 or newer; docs/setup.md says how to install it."
        return 1
        ;;
    esac
    here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

    # Where the lessons to be judged are; a relative path is the caller's.
    : "${LESSONS:=$here/../lessons}"
    LESSONS=$(cd "$LESSONS" && pwd) || {
        echo "LESSONS: there is no directory $LESSONS"
        return 1
    }
    export LESSONS
    export SEED=${SEED:-$RANDOM}
    export LC_ALL=C # what tools say, and what a letter is, is the same everywhere
    # One set of options for all: the Makefile's.
    : "${default_cflags:=$(sed -n 's/^CFLAGS *= *//p' "$here/../Makefile")}"
    export default_cflags CC=${CC:-cc} CFLAGS=${CFLAGS:-$default_cflags}
    [ -z "${SANITIZE:-}" ] || [[ $CFLAGS == *-fsanitize* ]] || CFLAGS="$CFLAGS -fsanitize=address,undefined -fno-sanitize-recover=all"
    # Under AddressSanitizer memory that is freed must not count, what lies about
    # at exit() is no leak, and an error is no exit status.
    export ASAN_OPTIONS=${ASAN_OPTIONS-quarantine_size_mb=0:thread_local_quarantine_size_kb=0:detect_leaks=0:abort_on_error=1}
    export UBSAN_OPTIONS=${UBSAN_OPTIONS-abort_on_error=1}

    command -v "${CC%% *}" >/dev/null || {
        echo "there is no C compiler named ${CC%% *}; docs/setup.md says how to install one"
        return 1
    }
    # What a program does not set must not be 0 by luck.
    export unset_is=-ftrivial-auto-var-init=pattern
    $CC $unset_is -x c -fsyntax-only - <<<'int set;' 2>/dev/null || unset_is=''
    # A suite that runs in a self test finds the tools built.
    [ ! -x "${TOOLS:-}/room" ] || return 0
    # Most of the time the tests wait, so bats runs those of a suite side by side, if it can.
    # (Not for make check and tests/grade, who build the tools themselves: one shows each
    # result immediately, the other limits how many processes there are.)
    if [ -z "${JAIL:-}" ] && flock "$BATS_SUITE_TMPDIR" true 2>/dev/null; then
        export BATS_NUMBER_OF_PARALLEL_JOBS=${BATS_NUMBER_OF_PARALLEL_JOBS:-16}
    fi
    export TOOLS=$BATS_SUITE_TMPDIR/tools
    "$here/tools/build" "$TOOLS"
}
