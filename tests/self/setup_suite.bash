# setup_suite.bash - the self tests need what the suites need.

setup_suite() {
    local BATS_TEST_DIRNAME=$BATS_TEST_DIRNAME/..

    # shellcheck source=../setup_suite.bash
    . "$BATS_TEST_DIRNAME/setup_suite.bash" # its setup_suite takes the place of ours
    setup_suite || return
    for tool in cell plain; do
        $CC -std=gnu17 -O1 -o "$TOOLS/$tool" "$BATS_TEST_DIRNAME/tools/$tool.c" || return
    done
}
