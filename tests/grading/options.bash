# options.bash - the command line of tests/grade: which submissions, which lessons, how.

# die STATUS MESSAGE: say why, and end.
die() {
    echo "grade: $2" >&2
    exit "$1"
}

# lesson_named WORD: print the lesson that is called 4, 04, echo or 04-echo.
lesson_named() {
    local suite lesson word

    word=$(tr '[:upper:]_' '[:lower:]-' <<<"$1")
    for suite in "$here"/[0-9]*.bats; do
        lesson=${suite##*/} lesson=${lesson%.bats}
        case $lesson in "$word" | "$word"-* | "0$word"-* | [0-9]-"$word" | [0-9][0-9]-"$word") ;; *) continue ;; esac
        # (In the second and third case it is a number.)
        case $word in *[!0-9]*) [ "${lesson#*-}" = "${word#[0-9]*-}" ] || continue ;; esac
        echo "$lesson" && return
    done
    return 1
}

# lessons_there_are: print them all, in a line.
lessons_there_are() {
    (cd "$here" && echo [0-9]*.bats | sed 's/\.bats//g')
}

# positive OPTION VALUE: print VALUE, which must be a number of at least 1.
positive() {
    case $2 in '' | *[!0-9]* | ????????*) die 2 "$1 takes a number of at least 1, and not '$2'" ;; esac
    [ "$((10#$2))" -ge 1 ] || die 2 "$1 takes a number of at least 1, and not '$2'"
    echo "$((10#$2))"
}

# option NAME VALUE: the options that have a value.
option() {
    local word

    case $1 in
    -j | --jobs) jobs=$(positive "$1" "$2") || exit 2 ;;
    -o | --output) out=$2 && [ -n "$2" ] || die 2 "$1: a directory is missing" ;;
    --only)
        for word in ${2//,/ }; do
            only+=("$(lesson_named "$word")") || die 2 "there is no lesson $word; there are $(lessons_there_are)"
        done
        ;;
    --weights) weights=$2 && [ ! -d "$2" ] && [ -r "$2" ] || die 2 "$2: cannot be read" ;;
    --roster) roster=$2 && [ ! -d "$2" ] && [ -r "$2" ] || die 2 "$2: cannot be read" ;;
    --limit) limit=$(positive "$1" "$2") || exit 2 ;;
    --level)
        level=$2
        case $level in guard | user) ;; *) die 2 "$level: not a level; there are user and guard" ;; esac
        ;;
    --title) title=$2 ;;
    --again) again+=("$2") ;;
    *) die 2 "$1: not an option (try --help)" ;;
    esac
}

# meant WORD: print the option of two dashes that WORD, which has only one, begins; or fail.
meant() {
    local name word=${1%%=*}

    for name in --again --help --jobs --level --limit --only --output --roster --sanitize --title --weights; do
        case $name in "-$word"*) echo "$name" && return ;; esac
    done
    return 1
}

read_options() {
    local word

    while [ $# -gt 0 ]; do
        case $1 in
        -j | --jobs | -o | --output | --only | --weights | --roster | --limit | --level | --title)
            # What looks like an option is none; `--title=--x` and `-o ./-x` say that it is.
            case ${2-} in -[a-z]* | --*) die 2 "$1: its value is missing" ;; esac
            [ $# -gt 1 ] || die 2 "$1: its value is missing"
            option "$1" "$2"
            shift
            ;;
        --again) again_all=1 ;;
        --sanitize) sanitize=1 ;;
        -h | --help) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" && exit 0 ;;
        --) shift && submissions+=("$@") && break ;;
        --*=*) option "${1%%=*}" "${1#*=}" ;;
        -[a-z][a-z]*)
            # `-only 4` is not `-o nly 4`.
            word=$(meant "$1") && die 2 "$1: not an option; is it ${word} that you mean?"
            case $1 in -[jo]*) option "${1:0:2}" "${1:2}" ;; *) die 2 "$1: not an option (try --help)" ;; esac
            ;;
        -[jo]=*) die 2 "$1: not an option; is it ${1:0:2} ${1:3} that you mean?" ;;
        -[jo]?*) option "${1:0:2}" "${1:2}" ;;
        -?*) die 2 "$1: not an option (try --help)" ;;
        $'\xe2\x80\x93'* | $'\xe2\x80\x94'* | $'\xe2\x88\x92'*) # longer dashes, from a text that was copied
            [ -e "$1" ] || die 2 "$1: this dash is not the - of an option"
            submissions+=("$1")
            ;;
        *) submissions+=("$1") ;;
        esac
        shift
    done
    [ ${#submissions[@]} -gt 0 ] || die 2 "usage: tests/grade [-j N] [-o DIR] SUBMISSION..."
}

# choose_lessons: set lessons to those that are asked for, and weight_of to what each of
# them counts (empty: a point for each test).
choose_lessons() {
    local suite lesson word weight seen=' ' weighed='' counts

    if [ -n "$weights" ]; then
        while read -r word weight _; do
            lesson=$(lesson_named "$word") || die 2 "$weights: there is no lesson $word; there are $(lessons_there_are)"
            case $weight in '' | . | *[!0-9.]* | *.*.*) die 2 "$weights: $word: not a weight: $weight" ;; esac
            case $seen in *" $lesson "*) die 2 "$weights: $lesson has two weights" ;; esac
            seen="$seen$lesson " weighed="$weighed$lesson=$weight "
        done < <(tr -d '\r' <"$weights" | sed $'1s/^\xef\xbb\xbf//; s/#.*//; s/[=:,;\t]/ /g' | grep '[^ ]')
        [ -n "$weighed" ] || die 2 "$weights: there is no weight in it"
    fi
    for suite in "$here"/[0-9]*.bats; do
        lesson=${suite##*/} lesson=${lesson%.bats} counts=''
        [ ${#only[@]} -eq 0 ] || case " ${only[*]} " in *" $lesson "*) ;; *) continue ;; esac
        if [ -n "$weights" ]; then
            case $seen in *" $lesson "*) ;; *) continue ;; esac
            counts=${weighed#*"$lesson="} counts=${counts%% *}
        fi
        lessons+=("$lesson") weight_of+=("$counts")
    done
    [ ${#lessons[@]} -gt 0 ] || die 2 "there is no lesson to grade"
}

# choose_again: set judge_anew, for each submission, to 1 if old results do not count.
choose_again() {
    local i word found

    for ((i = 0; i < ${#paths[@]}; i++)); do judge_anew+=("$again_all"); done
    for word in ${again[@]+"${again[@]}"}; do
        found=''
        for ((i = 0; i < ${#paths[@]}; i++)); do
            [ -z "${kept[$i]}" ] || continue # it is not named as a submission
            case $word in "${names[$i]}" | "${ids[$i]}" | "${shown[$i]}") judge_anew[i]=1 found=1 ;; esac
        done
        [ -n "$found" ] || die 2 "--again=$word: no submission has this name"
    done
}
