# copy.bash - a copy of the course for each test, as a learner has it.

root=${BATS_TEST_FILENAME%/tests/self/*}

# Each test has a copy of its own, and there is a blank in its path.
setup() {
    copy="$BATS_TEST_TMPDIR/a copy"
    mkdir -p "$copy/tests/self"
    cp "$root/Makefile" "$root/README.md" "$root/.gitignore" "$copy/"
    cp -R "$root"/tests/*.bats "$root"/tests/*.bash "$root/tests/helpers" "$root/tests/symptoms" "$root/tests/tools" \
        "$root/tests/learn" "$root/tests/learn.mk" "$root/tests/demo" "$root/tests/grade" "$root/tests/grading" "$copy/tests/"
    cp -R "$root/tests/self/styles" "$copy/tests/self/"
    for lesson in "$root"/lessons/*/; do
        lesson=$(basename "$lesson")
        mkdir -p "$copy/lessons/$lesson"
        cp "$root/lessons/$lesson"/*.c "$root/lessons/$lesson/Makefile" "$root/lessons/$lesson/README.md" "$copy/lessons/$lesson/"
    done
    cd "$copy" || return 1
    unset LESSONS MAKEFLAGS MAKELEVEL ALL ONLY SANITIZE
}

# write LESSON FROM: put FROM's programs into work/LESSON.
write() {
    mkdir -p "work/$1" && cp "$2"/*.c "work/$1/"
}

# in_background COMMAND...: run it in a session of its own, where it hears SIGINT
# although it is in the background; what it says goes to the file said.
in_background() {
    # the bats that people type: the one that bats puts before it in PATH is its own
    PATH=${PATH#*/libexec/bats-core:} "$TOOLS/guard" -p -t 120 -r report -- env TMPDIR="$TMPDIR" TOOLS="$TOOLS" "$@" >said 2>&1 3>&- 4>&- &
    export background=$!
}

# type_ctrl_c: SIGINT for all that runs there, as a terminal sends it; and wait
# for its end.
type_ctrl_c() {
    local group
    read -r _ group <report
    kill -s INT -- "-$group"
    wait "$background" || true
    cat said
}

# wait_for WORDS FILE: until they are in it, 60 s at most.
wait_for() {
    local deadline=$((SECONDS + 60))
    until grep -q -- "$1" "$2" 2>/dev/null; do
        [ "$SECONDS" -lt "$deadline" ] || { cat "$2" && return 1; }
        sleep 0.1
    done
}

# nothing_left: no process runs whose program is in this test's directory, and
# nothing of a check lies about.
nothing_left() {
    local process

    [ -z "$(find "$TMPDIR" -mindepth 1)" ]
    for process in /proc/[0-9]*/exe; do
        case $(readlink "$process" || true) in "$BATS_TEST_TMPDIR"/*) echo "left running: $process" && return 1 ;; esac
    done
}
