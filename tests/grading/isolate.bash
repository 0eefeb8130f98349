# isolate.bash - the levels of isolation, and how a suite is run in each of them.

stranger=59000 # the user id of programs at level user; each worker adds its number

# set_up: make a clean copy of the tests, build their tools, and choose the level.
set_up() {
    command -v "${CC%% *}" >/dev/null || die 3 "there is no C compiler named ${CC%% *}; docs/setup.md says how to install one"
    bats=$(command -v bats) || die 3 "bats is missing; docs/setup.md says how to install it"
    bats=$(readlink -f "$bats" 2>/dev/null || echo "$bats")
    case $bats in */libexec/bats-core/bats) bats=${bats%/libexec/*}/bin/bats ;; esac # the one in PATH
    bats_home=$(cd "$(dirname "$bats")/.." && pwd)
    scratch=$(mktemp -d "${TMPDIR:-/tmp}/grade.XXXXXX") || die 3 "cannot make a temporary directory (is TMPDIR right?)"
    trap 'rm -rf "$scratch"' EXIT
    mkdir -p "$out" "$scratch/course/tests" "$scratch/course/lessons" "$scratch/claims" &&
        out=$(cd "$out" && pwd) && cp "$here"/*.bats "$here"/*.bash "$scratch/course/tests/" &&
        cp -R "$here/helpers" "$here/symptoms" "$here/tools" "$scratch/course/tests/" || die 3 "cannot write to $out and $scratch"
    "$here/tools/build" "$scratch/course/tools" all || die 3 "a tool in tests/tools does not compile"
    chmod -R a+rX "$scratch"
    tools=$scratch/course/tools
    [ -z "$sanitize" ] || try_sanitizers
    find_level
    key=$(cd "$here" && { echo "$CC $CFLAGS" && find ./*.bash helpers symptoms tools -type f | sort | xargs cat; } | cksum | tr ' ' -)-$level
}

# try_sanitizers: add them to CFLAGS, and try whether the compiler has them.
try_sanitizers() {
    CFLAGS="$CFLAGS -fsanitize=address,undefined -fno-sanitize-recover=all"
    echo 'int main(void) { return 0; }' | $CC $CFLAGS -x c -o "$scratch/try" - && "$scratch/try" ||
        die 3 "$CC cannot build with -fsanitize=address,undefined here"
}

# find_level: set level and prevents to the best isolation that this machine allows.
# We find out by compiling and running a program in it.
find_level() {
    local why='' asked=$level
    local try='cd /build && GUARD_SHARES=" " /course/tools/guard -- $CC $CFLAGS -o try /course/lessons/try.c && /course/tools/guard -- /build/try'

    if [ -z "$asked" ]; then
        printf '%s\n' 'int main(void) { return 0; }' >"$scratch/course/lessons/try.c"
        why=$(in_cell 60 "$scratch/course" sh -c "$try" 2>&1)
        case $? in
        0) level=namespaces prevents='own user, process, mount, network and ipc namespaces, limits' && return ;;
        126) echo "grade: this machine does not let us isolate programs ($why)" >&2 ;;
        *) die 3 "cannot isolate programs: $why" ;;
        esac
    fi
    if [ "$asked" != guard ] && [ "$(GUARD_USER=$stranger "$tools/guard" id -u 2>&1)" = $stranger ]; then
        GUARD_USER=$stranger "$tools/guard" sh -c "cd '$scratch/course/lessons'" 2>/dev/null ||
            die 3 "another user cannot enter $scratch; set TMPDIR to a directory that everybody can"
        level=user
        prevents='another user, limits: a program can read what anybody can, leave files, use the network'
    elif [ "$asked" != user ]; then
        level=guard
        prevents='limits alone: a program can read, change and end what its user can, use the network'
    else
        die 2 "--level user: only root can do this"
    fi
    echo "grade: level $level: $prevents" >&2
}

# in_cell SECONDS COURSE COMMAND...: run it in a cell (tests/tools/cell.c).
in_cell() {
    local dirs=()

    case $bats_home/ in /usr/* | /opt/*) ;; *) dirs=(-s "$bats_home") ;; esac
    env -i PATH="$PATH" LANG=C.UTF-8 HOME=/tmp CC="$CC" CFLAGS="$CFLAGS" default_cflags="$default_cflags" SANITIZE="$sanitize" SEED="$SEED" PATIENCE="$patience" TOOLS=/course/tools LESSONS=/course/lessons \
        "$tools/cell" -t "$1" -c "$2" "${dirs[@]}" "${@:3}"
}

# run_suite LESSON COURSE: run the lesson's tests, and print what bats prints.
run_suite() {
    if [ "$level" = namespaces ]; then
        in_cell "$limit" "$2" "$bats" --tap "/course/tests/$1.bats"
    else
        local user=()
        if [ "$level" = user ]; then user=("GUARD_USER=$((stranger + ${2##*.}))") && chmod 711 "$2" && chmod 700 "$2/tests" "$2/tools"; fi
        rm -rf "$2/run"
        TMPDIR=$2/tmp "$tools/guard" -p -t "$limit" -o 200000000 -- env CC="$CC" CFLAGS="$CFLAGS" default_cflags="$default_cflags" \
            SANITIZE="$sanitize" SEED="$SEED" PATIENCE="$patience" TOOLS="$2/tools" LESSONS="$2/lessons" "${user[@]}" "$bats" --tempdir "$2/run" --tap "$2/tests/$1.bats"
    fi
}
