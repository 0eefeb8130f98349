# learn-check.bash - the part of tests/learn that runs a check and reports the result.
#
# check chooses the tests, builds the programs that people run by hand, has bats run
# the tests (run), prints each result as it arrives (render), records the outcome
# (record), and says what to do next (after_failure, after_passing).
# It uses keep, sources and checksum from tests/learn.

records=work/.records # two files for each lesson: see record

# programs_of LESSON: print the programs that its tests run.
programs_of() {
    sed -n "s/^programs='\(.*\)'$/\1/p" "tests/$1.bats"
}

# tests_of LESSON: print a line for each of its tests: number, programs, name.  A test
# belongs to the server unless it runs another program.
tests_of() {
    awk -v programs="$(programs_of "$1")" '
    BEGIN { OFS = "\t"; n = split(programs, program, " ") }
    /^@test "/ { name = $0; sub(/^@test "/, "", name); sub(/" \{$/, "", name); body = "" }
    name != "" { body = body "\n" $0 }
    /^}/ && name != "" {
        runs = ""
        for (i = 1; i <= n; i++) {
            p = program[i]
            if (p != "server" && (body ~ "(try|needs_program|refuses_ports|serving=) ?" p "[^a-z]" ||
                p == "client" && body ~ /[^a-z_"$](meet|await_client|run_client|client_[a-z_]+)[^a-z_]/)) runs = runs " " p
        }
        print ++number, (runs == "" ? " server" : runs) " ", name
        name = ""
    }' "tests/$1.bats"
}

# chosen LESSON: print those of them that ONLY asks for, in the same order.
chosen() {
    local kind=words

    case ${ONLY-} in
    '') kind=all ;;
    *[!0-9]*) case " $(programs_of "$1") " in *" $ONLY "*) kind=program ;; esac ;;
    *) kind=number ;;
    esac
    tests_of "$1" | only=${ONLY-} awk -F '\t' -v kind="$kind" '
    BEGIN { only = tolower(ENVIRON["only"]) }
    kind == "all" || kind == "number" && $1 == only + 0 || kind == "program" && index($2, " " only " ") ||
        kind == "words" && index(tolower($3), only)'
}

# build LESSON: build the programs that people run by hand, and put them beside their
# sources.  The compiler's messages go to $scratch/PROGRAM.build.  (The tests build
# programs of their own.)
build() {
    local source program

    for source in $(sources "work/$1"); do
        program=${source%.c}
        # if it does not compile any more, the old program must not stay
        if make -s "work/$1/$program" -W "work/$1/$source" INTO="$scratch/$program.built" >"$scratch/$program.build" 2>&1; then
            mv "$scratch/$program.built" "work/$1/$program"
        else
            rm -f "work/$1/$program"
        fi &
    done
    wait
}

# compiler_says LESSON RESULT: print what the compiler says.  If RESULT is failed, leave
# out the programs that the tests build, because the failure has shown it already.
compiler_says() {
    local log program

    for log in "$scratch"/*.build; do
        program=$(basename "$log" .build)
        [ -s "$log" ] || continue
        case $2,\ $(programs_of "$1")\  in failed,*" $program "*) continue ;; esac
        printf '\n%s\n' "The compiler says about work/$1/$program.c:"
        grep -v '^make' "$log" | head -n 12 | sed 's/^/    /'
    done
}

# paint: set the words for a result, with colors if a person will see them.
paint() {
    passed='passed ' failed='FAILED ' skipped='skipped'
    if [ -t 1 ] && [ -z "${NO_COLOR-}" ] && [ "${TERM:-dumb}" != dumb ]; then
        passed=$'\033[32m'$passed$'\033[0m' failed=$'\033[1;31m'$failed$'\033[0m' skipped=$'\033[33m'$skipped$'\033[0m'
    fi
}

# render: print a line for each result as it arrives from bats.  Write the results
# to $scratch/results, and the text of the first failure to $scratch/failure.
render() {
    local line count=0 result number name why first='' passed failed skipped

    paint
    while IFS= read -r line; do
        result=''
        case $line in
        ok\ [0-9]*\ \#\ skip*) result=skipped ;;
        ok\ [0-9]*) result=passed ;;
        not\ ok\ [0-9]*) result=failed ;;
        1..[0-9]* | '# bats warning: '*) ;;
        '# (from function '* | '# (in test file '* | '#  from function '* | '#  in test file '* | "#   \`"*"' failed"*) ;;
        '# '*) [ "$first" != now ] || printf '%s\n' "${line#\# }" >>"$scratch/failure" ;;
        *) printf '%s\n' "$line" >>"$scratch/stray" ;;
        esac
        [ -n "$result" ] || continue
        # do not count results after a Ctrl-C, or after the failure that ends the run
        [ ! -e "$scratch/interrupted" ] && { [ -z "$first" ] || [ -n "${ALL-}" ]; } || { first=past && continue; }
        count=$((count + 1))
        IFS=$'\t' read -r number _ name <<<"$(sed -n "${count}p" "$scratch/chosen")"
        why=${line#*\# skip} && why=${why:+:$why}
        case $line in *" setup_suite" | *" setup_file failed") result=broken ;; esac
        case $result in
        passed) printf '  %s %3s  %s\n' "$passed" "$number" "$name" ;;
        skipped) printf '  %s %3s  %s\n' "$skipped" "$number" "$name$why" ;;
        failed) printf '  %s %3s  %s\n' "$failed" "$number" "$name" ;;
        esac
        printf '%s\t%s\t%s\n' "$result" "$number" "$name" >>"$scratch/results"
        case $first,$result in ,failed | ,broken) first=now ;; now,*) first=past ;; esac
    done
}

# tools: build the tools of the tests, unless an earlier check has built the same ones.
tools() {
    local key new

    [ ! -x "${TOOLS-}/room" ] || return 0 # as in tests/setup_suite.bash
    key=$(find tests/tools -type f -exec cksum {} + | sort | cksum | tr ' ' -)
    key=$(printf '%s' "$(uname -sm) ${CC-} $key" | tr -c 'A-Za-z0-9.-' _)
    if [ ! -d "build/tools/$key" ]; then
        mkdir -p build/tools && new=$(mktemp -d build/tools/new.XXXXXX) || return 0
        # two checks may do this at the same time: then we use those of the first
        tests/tools/build "$new" >/dev/null 2>&1 && mv "$new" "build/tools/$key" 2>/dev/null
        rm -rf "$new" "build/tools/$key/${new##*/}"
    fi
    [ ! -d "build/tools/$key" ] || export TOOLS=$PWD/build/tools/$key
}

# stop SIGNAL: let bats clean up and end, with everything that it has started.
stop() {
    interrupted=$1
    : >"$scratch/interrupted"
    [ -z "$job" ] || kill -s INT -- "-$job" 2>/dev/null
}

# run LESSON: run the chosen tests, in a process group of their own.
run() {
    local filter=() names

    if [ -n "${ONLY-}" ]; then
        names=$(cut -f 3 "$scratch/chosen" | sed 's/[][\.*^$(){}?+|]/\\&/g' | tr '\n' '|')
        filter=(-f "^(${names%|})\$")
    fi
    set -m
    (
        set +m
        [ -n "${ALL-}" ] || export STOP_AT_FAILURE=1
        LESSONS=work TMPDIR=$scratch bats --tap ${filter[@]+"${filter[@]}"} "tests/$1.bats" 2>&1 | (trap '' INT TERM HUP && render)
    ) </dev/null &
    job=$!
    set +m
    [ -z "$interrupted" ] || stop "$interrupted"
    while wait "$job"; kill -0 "$job" 2>/dev/null; do :; done
    job=''
}

# check LESSON: the status is 0 if all chosen tests passed, 1 if not, 2 if there is
# nothing to check, and 130 if it was interrupted.
check() {
    local lesson=$1 number=${1%%-*} sum building all tested passed first status

    if [ -z "$(sources "work/$lesson")" ]; then
        echo "There is no program in work/$lesson yet; begin with: make start-$number" >&2
        return 2
    fi
    scratch=$(mktemp -d "${TMPDIR:-/tmp}/learn.XXXXXX") || return 1
    trap 'rm -rf "$scratch"' EXIT
    trap 'stop INT' INT
    trap 'stop TERM' TERM
    trap 'stop HUP' HUP
    chosen "$lesson" >"$scratch/chosen"
    if [ ! -s "$scratch/chosen" ]; then
        echo "No test of lesson $number matches ONLY=$ONLY. Its tests are:" >&2
        tests_of "$lesson" | awk -F '\t' '{ printf "%4d  %s\n", $1, $3 }' >&2
        return 2
    fi
    announce
    sum=$(checksum "$lesson")
    : >"$scratch/results"
    build "$lesson" &
    building=$!
    tools
    run "$lesson"
    wait "$building"
    trap - INT TERM HUP
    report "$lesson"
    status=$?
    rm -rf "$scratch"
    return "$status"
}

# announce: say which tests will run.
announce() {
    all=$(grep -c '' "$scratch/chosen")
    if [ "$all" = 1 ]; then
        echo "Checking work/$lesson: test $(cut -f 1 "$scratch/chosen")."
    else
        echo "Checking work/$lesson: $all tests$([ -n "${ALL-}" ] || echo ", up to the first that fails")."
    fi
}

# report LESSON: record the outcome, and say what to do next.
report() {
    tested=$(grep -c '' "$scratch/results")
    passed=$(grep -c '^passed\|^skipped' "$scratch/results")
    first=$(grep -m 1 '^failed' "$scratch/results")
    if [ -n "$interrupted" ]; then
        echo "Interrupted: nothing of this check was recorded, and nothing was left running."
        return 130
    fi
    if [ -z "$first" ] && [ "$passed" != "$all" ]; then
        cat "$scratch/failure" "$scratch/stray" 2>/dev/null
        echo "The check itself failed; docs/setup.md says what it needs." >&2
        return 1
    fi
    record
    if [ -n "$first" ]; then after_failure; return 1; fi
    after_passing
}

# record: write down the state of the lesson in one line (the first failure, the number
# of tests, the checksum of the programs, the day on which all tests first passed), and
# the failure, for hint.
record() {
    local since='-' failing=- name

    [ ! -e "$records/$lesson" ] || read -r _ _ _ since <"$records/$lesson"
    if [ -n "$first" ]; then
        IFS=$'\t' read -r _ failing name <<<"$first"
        { echo "test:    $name" && sed -n '/^likely: /,/^again: /{/^again: /!p;}' "$scratch/failure"; } | keep "$lesson.failure"
    elif [ -z "${ONLY-}" ] || grep -qxF "$(cut -f 3 "$scratch/chosen" | sed 's/^/test:    /')" "$records/$lesson.failure" 2>/dev/null; then
        rm -f "$records/$lesson.failure"
    fi
    [ -z "${ONLY-}" ] || return
    [ -n "$first" ] || [ "$since" != - ] || since=$(date +%Y-%m-%d)
    echo "$failing $all $sum $since" | keep "$lesson"
}

# after_failure: print the first failure, without its likely cause, and what to type next.
after_failure() {
    local failing name

    IFS=$'\t' read -r _ failing name <<<"$first"
    printf '\n%s\n' "$name"
    sed '/^likely: /,/^notes: /{/^notes: /!d;}' "$scratch/failure" | sed 's/^/    /'
    compiler_says "$lesson" failed
    echo
    if [ -n "${ALL-}" ]; then
        echo "$passed of $all passed. Above is the first that failed."
    else
        echo "$passed passed before this one failed$([ "$all" = "$tested" ] || echo "; $((all - tested)) of $all were not run")."
    fi
    printf '  %-32s %s\n' "make hint-$number" "the likely cause" \
        "make check-$number" "check again (make watch-$number: at every change)" \
        "make check-$number ONLY=$failing" "run this test alone"
    [ -n "${ALL-}" ] || printf '  %-32s %s\n' "make check-$number ALL=1" "run all tests, even if some fail"
    if [ -z "${SANITIZE-}" ] && grep -q 'killed by signal \(4\|6\|7\|8\|11\) ' "$scratch/failure"; then
        printf '  %-32s %s\n' "make check-$number ONLY=$failing SANITIZE=1" "it crashed; this shows where"
    fi
}

# after_passing: show programs to compare with, and name the next lesson.
after_passing() {
    local next skips=''

    ! grep -q '^skipped' "$scratch/results" || skips=" or were skipped"
    echo
    if [ -n "${ONLY-}" ]; then
        echo "The tests that you chose passed$skips. To run all tests of the lesson: make check-$number"
        return
    fi
    echo "All $all passed$skips: lesson $number is yours."
    compiler_says "$lesson" passed
    compare
    next=$(next_after "$lesson")
    if [ -z "$next" ]; then
        echo "That was the last lesson. To see how far you have come: make progress"
    else
        echo "Next: lessons/$next/README.md and make start-${next%%-*}. To see how far you have come: make progress"
    fi
}

# compare: print the commands that compare the learner's programs with ours, and with
# programs in other styles.
compare() {
    local source style styles

    printf '\n%s\n' "Compare your programs with ours, and with others that pass:"
    for source in $(sources "work/$lesson"); do
        [ ! -e "lessons/$lesson/$source" ] || echo "  diff -u work/$lesson/$source lessons/$lesson"
        styles=''
        for style in "tests/self/styles/$lesson"/*/"$source"; do
            [ ! -e "$style" ] || styles+=" $(basename "$(dirname "$style")")"
        done
        [ -z "$styles" ] || (
            # shellcheck disable=SC2086
            set -- $styles
            printf '  diff -u work/%s tests/self/styles/%s' "$lesson/$source" "$lesson/$1" && shift
            [ $# -eq 0 ] || printf '   (or %s)' "$(sed 's/ /, /g' <<<"$*")"
            echo
        )
    done
    echo
}
