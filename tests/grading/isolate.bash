# isolate.bash - the levels of isolation, and how a suite is run in each of them.

stranger=60600 # the user id of a submission's programs, if we are root; each worker adds its number

# choose_stranger: set stranger to user ids that nobody has: no program must meet those of
# another grader on this machine.  (There are no ordinary users from 60514 to 61183.)
choose_stranger() {
    local used i

    used=" $(ls -dn /proc/[0-9]* 2>/dev/null | awk '$3 >= 60600 && $3 < 61176 { printf "%d ", ($3 - 60600) / 16 }')"
    for ((i = $$; i < $$ + 36; i++)); do
        case $used in *" $((i % 36)) "*) ;; *) stranger=$((60600 + i % 36 * 16)) && return ;; esac
    done
}

# make_scratch: make our temporary directory, and remove those of graders who were killed.
make_scratch() {
    local dir pid namespace here_in old=()

    here_in=$(readlink /proc/self/ns/pid 2>/dev/null || echo -)
    for dir in "${TMPDIR:-/tmp}"/grade.??????/; do
        [ -O "$dir" ] && [ ! -L "${dir%/}" ] && read -r pid namespace 2>/dev/null <"$dir/owner" || continue
        [ "$namespace" != "$here_in" ] || kill -0 "$pid" 2>/dev/null || old+=("$dir")
    done
    [ ${#old[@]} -eq 0 ] || rm -rf "${old[@]}"
    scratch=$(mktemp -d "${TMPDIR:-/tmp}/grade.XXXXXX") || die 3 "cannot make a temporary directory (is TMPDIR right?)"
    trap 'rm -rf "$scratch"' EXIT
    echo "$$ $here_in" >"$scratch/owner" || die 3 "cannot write to $scratch (is the disk full?)"
}

# own_results: note that we write to $out, or refuse if another grader does.
own_results() {
    local pid namespace here_in

    here_in=$(readlink /proc/self/ns/pid 2>/dev/null || echo -)
    if read -r pid namespace 2>/dev/null <"$out/.owner" && [ "$namespace" = "$here_in" ] && kill -0 "$pid" 2>/dev/null; then
        die 2 "another grader, process $pid, writes to $out (if that is not true, remove $out/.owner)"
    fi
    echo "$$ $here_in" >"$out/.owner" || die 3 "cannot write to $out"
    trap 'rm -rf "$scratch" "$out/.owner"' EXIT
}

# find_bats: set bats, bats_home, and bats_version, which must be recent enough.
find_bats() {
    local major minor patch

    bats=$(command -v bats) || die 3 "bats is missing; docs/setup.md says how to install it"
    bats=$(readlink -f "$bats" 2>/dev/null || echo "$bats")
    case $bats in */libexec/bats-core/bats) bats=${bats%/libexec/*}/bin/bats ;; esac # the one in PATH
    bats_home=$(cd "$(dirname "$bats")/.." && pwd)
    bats_version=$("$bats" --version 2>/dev/null | sed -n 's/^Bats //p')
    IFS=.- read -r major minor patch _ <<<"$bats_version"
    [ "$((10#0${major//[!0-9]/} * 1000000 + 10#0${minor//[!0-9]/} * 1000 + 10#0${patch//[!0-9]/}))" -ge 1008002 ] ||
        die 3 "$bats is version ${bats_version:-(unknown)}, and the tests need 1.8.2 or newer; docs/setup.md says how to install it"
}

# set_up: make a clean copy of the tests, build their tools, and choose the level.
set_up() {
    local lesson

    command -v "${CC%% *}" >/dev/null || die 3 "there is no C compiler named ${CC%% *}; docs/setup.md says how to install one"
    find_bats
    make_scratch
    mkdir -p "$out" && out=$(cd "$out" && pwd -P) && : >"$out/.new" && rm "$out/.new" || die 3 "cannot write to $out"
    own_results
    mkdir -p "$scratch/course/tests" "$scratch/course/lessons" && cp "$here"/*.bats "$here"/*.bash "$scratch/course/tests/" &&
        cp -R "$here/helpers" "$here/symptoms" "$here/tools" "$scratch/course/tests/" || die 3 "cannot write to $scratch (is the disk full?)"
    "$here/tools/build" "$scratch/course/tools" all || die 3 "a tool in tests/tools does not compile"
    chmod -R a+rX "$scratch"
    tools=$scratch/course/tools
    "$tools/plain" </dev/null || die 3 "programs cannot be run in $scratch (is it mounted with noexec?); set TMPDIR to another directory"
    [ -z "$sanitize" ] || try_sanitizers
    choose_stranger
    find_level
    # Results are used again only if all this is the same.
    key=$(cd "$here" && {
        echo "$CC|$CFLAGS|$limit|$patience|$level|$bats_version" && $CC --version 2>&1 </dev/null | head -n 3
        find ./*.bash helpers symptoms tools grading/results.awk -type f | sort | xargs cat
    } | cksum | tr ' ' -)
    for lesson in "${lessons[@]}"; do
        tests_of "$lesson" >"$scratch/$lesson.list" && suite_key+=("$(cksum <"$here/$lesson.bats" | tr ' ' -)") ||
            die 3 "cannot write to $scratch (is the disk full?)"
    done
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

# in_cell SECONDS COURSE COMMAND...: run it in a cell (tests/tools/cell.c).  Workers, whose
# COURSEs end in their numbers, run cells at the same time: these share neither a user,
# for whom the kernel would count them together, nor processors, if there are enough.
in_cell() {
    local dirs=() parts=$((jobs < given ? jobs : given))

    case ${2##*/} in
    *.*) # the course of a worker
        dirs=(-u "$((stranger + ${2##*.}))")
        [ "$parts" -lt 2 ] || dirs+=(-p "$((${2##*.} % parts))/$parts")
        ;;
    esac
    case $bats_home/ in /usr/* | /opt/*) ;; *) dirs+=(-s "$bats_home") ;; esac
    env -i PATH="$PATH" LANG=C.UTF-8 HOME=/tmp CC="$CC" CFLAGS="$CFLAGS" default_cflags="$default_cflags" SANITIZE="$sanitize" SEED="$SEED" PATIENCE="$patience" TOOLS=/course/tools LESSONS=/course/lessons \
        "$tools/cell" -t "$1" -c "$2" "${dirs[@]}" "${@:3}"
}

# run_suite LESSON COURSE: run the lesson's tests, and print what bats prints.
run_suite() {
    if [ "$level" = namespaces ]; then
        in_cell "$limit" "$2" "$bats" --timing --tap "/course/tests/$1.bats"
    else
        local user=()
        if [ "$level" = user ]; then user=("GUARD_USER=$((stranger + ${2##*.}))") && chmod 711 "$2" && chmod 700 "$2/tests" "$2/tools"; fi
        rm -rf "$2/run"
        TMPDIR=$2/tmp "$tools/guard" -p -t "$limit" -o 200000000 -- env CC="$CC" CFLAGS="$CFLAGS" default_cflags="$default_cflags" \
            SANITIZE="$sanitize" SEED="$SEED" PATIENCE="$patience" TOOLS="$2/tools" LESSONS="$2/lessons" "${user[@]}" "$bats" --tempdir "$2/run" --timing --tap "$2/tests/$1.bats"
    fi
}
