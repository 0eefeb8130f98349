# sample.bash - a suite with a part of its tests, for what happens to all of them alike.

root=${BATS_TEST_FILENAME%/tests/self/*}

# sample LESSON N: make course/, in which the suite of LESSON has its first test and
# each N-th one after it.  Sets suite.
sample() {
    mkdir -p course/tests
    ln -s "$root/lessons" "$root/Makefile" course/
    ln -s "$root/tests"/* course/tests/
    rm course/tests/*.bats
    suite=$PWD/course/tests/$1.bats
    awk -v n="$2" '/^@test/ { left_out = tests++ % n } !left_out; /^}$/ { left_out = 0 }' "$root/tests/$1.bats" >"$suite"
}
