# options.bash - the command line of tests/grade: which submissions, which lessons, how.

# die STATUS MESSAGE: say why, and end.
die() {
    echo "grade: $2" >&2
    exit "$1"
}

# lesson_named WORD: print the lesson that is called 4, 04, echo or 04-echo.
lesson_named() {
    local suite lesson

    for suite in "$here"/[0-9]*.bats; do
        lesson=$(basename "$suite" .bats)
        case $lesson in
        "$1" | "$1"-* | "0$1"-* | [0-9]*-"$1") echo "$lesson" && return ;;
        esac
    done
    return 1
}

read_options() {
    local lesson

    while [ $# -gt 0 ]; do
        case $1 in
        -j | -o | --only | --weights | --limit | --level | --title)
            [ $# -gt 1 ] || die 2 "$1: its value is missing"
            case $1 in
            -j) jobs=$2 ;;
            -o) out=$2 ;;
            --only) lesson=$(lesson_named "$2") || die 2 "there is no lesson $2" && only+=("$lesson") ;;
            --weights) weights=$2 ;;
            --limit) limit=$2 ;;
            --level) level=$2 ;;
            --title) title=$2 ;;
            esac
            shift
            ;;
        --sanitize) sanitize=1 ;;
        -h | --help) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" && exit 0 ;;
        --) shift && submissions+=("$@") && break ;;
        -*) die 2 "$1: not an option (try --help)" ;;
        *) submissions+=("$1") ;;
        esac
        shift
    done
    [ ${#submissions[@]} -gt 0 ] || die 2 "usage: tests/grade [-j N] [-o DIR] SUBMISSION..."
    case $jobs$limit in '' | *[!0-9]*) die 2 "-j and --limit take numbers" ;; esac
    case $level in '' | guard | user) ;; *) die 2 "$level: not a level" ;; esac
    [ -z "$weights" ] || [ -r "$weights" ] || die 2 "$weights: cannot be read"
}

# weight_of LESSON: print its weight, if there is a file of weights that has it.
weight_of() {
    [ -z "$weights" ] || awk -v lesson="$1" '!/^#/ && $1 == lesson { print $2; exit }' "$weights"
}

# choose_lessons: set lessons to those that are asked for.
choose_lessons() {
    local suite lesson line weight

    for suite in "$here"/[0-9]*.bats; do
        lesson=$(basename "$suite" .bats)
        [ ${#only[@]} -eq 0 ] || case " ${only[*]} " in *" $lesson "*) ;; *) continue ;; esac
        [ -z "$weights" ] || [ -n "$(weight_of "$lesson")" ] || continue
        lessons+=("$lesson")
    done
    [ ${#lessons[@]} -gt 0 ] || die 2 "there is no lesson to grade"
    [ -z "$weights" ] || while read -r line weight _; do
        case $line in '' | '#'*) continue ;; esac
        [ -e "$here/$line.bats" ] || die 2 "$weights: there is no lesson $line"
        case $weight in '' | *[!0-9.]* | *.*.*) die 2 "$weights: $line: not a weight: $weight" ;; esac
    done <"$weights"
}
