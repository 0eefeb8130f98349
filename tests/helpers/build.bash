# build.bash - the lesson's programs are compiled, once for each suite.

# Build the programs from their sources alone, all at the same time, in a
# directory of our own.  What the compiler says about PROGRAM is in PROGRAM.log.
setup_file() {
    local program source
    export BUILD=$BATS_FILE_TMPDIR
    [ -z "$JAIL" ] || BUILD=/build # a directory that the jail can see, too

    cd "$BUILD" || return 1
    [ -z "$GUARD_USER" ] || chmod 1777 .
    for program in $programs; do
        source=$(source_of "$program")
        [ -f "$source" ] && [ ! -L "$source" ] || continue
        compile "$program" "$source" $CFLAGS >"$program.log" 2>&1 3>&- 4>&- &
    done
    wait
}

# source_of PROGRAM: the file that it is compiled from.  (13 has a second server.c, by
# the name of kqueue.c, for systems that have no epoll.)
source_of() {
    local other=$LESSONS/$lesson/kqueue.c

    if [ "$1" = server ] && [ -f "$other" ] && [ "$(uname)" != Linux ]; then
        echo "$other"
    else
        echo "$LESSONS/$lesson/$1.c"
    fi
}

# compile PROGRAM SOURCE [OPTION]...: build $BUILD/PROGRAM.  The compiler runs
# under guard, because nobody knows what the source includes.
compile() {
    (cd "$BUILD" && GUARD_SHARES=' ' "$TOOLS/guard" -t 30 -o 100000000 -r "$1.build" -- $CC "${@:3}" ${unset_is-} -o "$1" "$2")
}

# needs_program PROGRAM: fail, and say why, if PROGRAM was not built.  (The tests
# of the other programs go on.)
needs_program() {
    [ ! -x "$BUILD/$1" ] || return 0
    # In a file, because we may be called in a subshell.
    printf '%s\n' "$1.c is not written yet, or has another name." 'Write it yourself' >"$said.hint"
    [ -e "$BUILD/$1.log" ] || fail "$1.c is missing: there is no file $LESSONS/$lesson/$1.c" || return
    printf '%s\n' "The compiler's first message names the cause; the others often follow from it." "$heading" >"$said.hint"
    ended=$(sed -n '/^error/p; 2p' "$BUILD/$1.build")
    fail "$1.c does not compile: $(ending)" "$(head -c 4000 "$BUILD/$1.log" | head -n 20)"
}

# bring TOOL: put a tool of the tests beside the programs, because it runs where they
# would run.  (Tests of a suite can run side by side: so it appears as a whole.)
bring() {
    local new=$BUILD/$1-$BATS_TEST_NUMBER

    [ -x "$BUILD/$1" ] || { cp "$TOOLS/$1" "$new" && mv "$new" "$BUILD/$1"; }
}
