# setup_suite.bash - the self tests need what the suites need.

setup_suite() {
    local BATS_TEST_DIRNAME=$BATS_TEST_DIRNAME/..
    # How many tests bats runs at a time is for the lessons' suites alone.
    local BATS_NUMBER_OF_PARALLEL_JOBS=${BATS_NUMBER_OF_PARALLEL_JOBS-}

    # shellcheck source=../setup_suite.bash
    . "$BATS_TEST_DIRNAME/setup_suite.bash" # its setup_suite takes the place of ours
    setup_suite || return
    "$BATS_TEST_DIRNAME/tools/build" "$TOOLS" cell plain terminal
}
