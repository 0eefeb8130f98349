# setup_suite.bash - once before all suites: build the tools, choose the seed.

setup_suite() {
    local here=$BATS_TEST_DIRNAME tool

    # Where the lessons to be judged are; a relative path is the caller's.
    : "${LESSONS:=$here/../lessons}"
    LESSONS=$(cd "$LESSONS" && pwd) || {
        echo "LESSONS: there is no directory $LESSONS"
        return 1
    }
    export LESSONS
    export TOOLS=$BATS_SUITE_TMPDIR/tools
    export SEED=${SEED:-$RANDOM}
    export CC=${CC:-cc} CFLAGS=${CFLAGS:--std=gnu17 -O1 -g}

    command -v "${CC%% *}" >/dev/null || {
        echo "there is no C compiler named ${CC%% *}; docs/setup.md says how to install one"
        return 1
    }
    mkdir "$TOOLS"
    for tool in guard probe look room; do
        $CC -std=gnu17 -O1 -o "$TOOLS/$tool" "$here/tools/$tool.c" &
    done
    wait
    for tool in guard probe look room; do
        test -x "$TOOLS/$tool" || return 1
    done
}
