# judge.bash - one submission: run the suites, keep the results, write the reports.

# tests_of LESSON: print the names of its tests, in order.
tests_of() {
    sed -n 's/^@test "\(.*\)" {$/\1/p' "$here/$1.bats"
}

# judge LESSON COURSE FILE: judge one lesson, and write the results to FILE.
judge() {
    local status=0 tap=$2/tap

    if [ -z "$(ls "$2/lessons/$1")" ]; then
        awk '{ printf "test\tmissing\t\t%s\t0\n", $0 }' "$scratch/$1.list"
    else
        run_suite "$1" "$2" 2>&1 </dev/null >"$tap" &
        wait $! || status=$?
        head -c 20000000 "$tap" | "$tools/plain" | lessons="$3" awk -v ended="$status" -v list="$scratch/$1.list" \
            -f "$here/grading/results.awk"
        rm -f "$tap"
    fi
}

# judged_programs DIR: print how LESSONS= names the programs that were judged, as it is typed
# in the course's directory.
judged_programs() {
    local path=${1#"${here%/*}"/}

    printf "LESSONS='%s' " "${path//\'/\'\\\'\'}"
}

# judge_lesson INDEX NUMBER COURSE: see that the results of a lesson are there, and new.
judge_lesson() {
    local lesson=${lessons[$2]} dir=$out/${ids[$1]} course=$3 file sum began=$SECONDS previous='' first='' ok bytes to

    file=$dir/.results/$lesson
    sum="$key ${suite_key[$2]}"
    while IFS='	' read -r ok bytes to; do # (three more fields are in TO)
        case $ok$to in ok*/"$lesson"/*) sum="$sum ${to##*/}:$bytes" ;; esac
    done <"$scratch/take.$1/took"
    [ -z "${refused[$1]}" ] || sum="$sum ${refused[$1]}"
    { read -r first && read -r previous && previous=${previous##*	}; } 2>/dev/null <"$file"
    if [ -n "${kept[$1]}" ]; then
        sum=${first#key } && sed 1,2d "$file" >"$course/results" || return 1
    elif [ "$first" != "key $sum" ] || [ -n "${judge_anew[$1]}" ] || grep -q '^test	error' "$file"; then
        if [ -n "${refused[$1]}" ]; then
            why=${refused[$1]} awk '{ printf "test\terror\t%s\t%s\t0\n", ENVIRON["why"], $0 }' "$scratch/$lesson.list"
        else
            if [ ! -e "$course/lessons/$lesson" ]; then
                cp -R "$dir/programs/." "$course/lessons" && chmod -R a+rX "$course/lessons" || return 1
            fi
            judge "$lesson" "$course" "$(judged_programs "$dir/programs")"
        fi >"$course/results" || return 1
        # If somebody has ended us in the middle, these are not results.
        still_wanted || return 1
        previous=$((SECONDS - began))
    else
        sed 1,2d "$file" >"$course/results" || return 1
    fi
    # (The weight may have changed since.)
    { printf 'key %s\nlesson\t%s\t%s\t%s\n' "$sum" "$lesson" "${weight_of[$2]}" "$previous" && cat "$course/results"; } >"$file.new" &&
        mv "$file.new" "$file"
}

# tell_about INDEX: write .results/about.
tell_about() {
    local file=$out/${ids[$1]}/.results/about

    {
        printf 'submission\t%s\n' "${shown[$1]}"
        if [ -n "${persons[$1]}" ]; then
            printf 'person\t%s\n' "${persons[$1]}"
        elif [ -n "${kept[$1]}" ] && [ -z "$roster" ]; then
            grep '^person	' "$file"
        fi
        [ -z "${refused[$1]}" ] || printf 'note\t%s\n' "${refused[$1]}"
        case $here/ in "${paths[$1]}"/*) printf 'note\tthe grader was inside the submission, so the student could have changed it\n' ;; esac
        cat "$scratch/take.$1/found" && sed -n "s/^$1	/same	/p" "$scratch/same"
    } | "$tools/plain" -t >"$file.new" && [ -s "$file.new" ] && mv "$file.new" "$file"
}

# remember INDEX: keep what the next run must know of this submission if it is not named then.
# One that could not be read is removed by that run.
remember() {
    local keep=$out/${ids[$1]}/.results

    if [ -n "${refused[$1]}" ]; then
        rm -f "$keep/from" && : >"$keep/refused"
    elif [ -z "${kept[$1]}" ]; then
        rm -f "$keep/refused" && cp "$scratch/take.$1/took" "$scratch/take.$1/found" "$keep/" &&
            printf '%s\n' "$level" "$prevents" "$sanitize" >"$keep/level" &&
            printf '%s\0%s\0' "${names[$1]}" "${paths[$1]}" >"$keep/from.new" && mv "$keep/from.new" "$keep/from"
    fi
}

# grade_one INDEX COURSE: judge one submission, and write its reports.
grade_one() {
    local dir=$out/${ids[$1]} i level=$level prevents=$prevents sanitize=$sanitize

    [ ! -e "$scratch/failed.$1" ] || return 1
    if [ -n "${kept[$1]}" ]; then # as it was judged
        { read -r level && read -r prevents && read -r sanitize; } <"$dir/.results/level" || return 1
    fi
    tell_about "$1" && rm -rf "$2/lessons" && mkdir "$2/lessons" || return 1
    for ((i = 0; i < ${#lessons[@]}; i++)); do judge_lesson "$1" "$i" "$2" || return 1; done
    remember "$1" && write_reports "$dir"
}
