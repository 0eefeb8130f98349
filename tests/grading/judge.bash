# judge.bash - one submission: run the suites, keep the results, write the reports.

# tests_of LESSON: print the names of its tests, in order.
tests_of() {
    sed -n 's/^@test "\(.*\)" {$/\1/p' "$here/$1.bats"
}

# judge LESSON COURSE FILE: judge one lesson, and write the results to FILE.
judge() {
    local status=0 tap=$2/tap

    if [ -z "$(ls "$2/lessons/$1")" ]; then
        tests_of "$1" | awk '{ printf "test\tmissing\t\t%s\n", $0 }'
    else
        run_suite "$1" "$2" 2>&1 </dev/null >"$tap" &
        wait $! || status=$?
        head -c 20000000 "$tap" | "$tools/plain" |
            awk -v ended="$status" -v list="$scratch/$1.list" -f "$here/grading/results.awk"
        rm -f "$tap"
    fi >"$3.new"
    # if we were stopped in the middle, these are not results
    [ ! -e "$scratch/stop" ] || return 1
    mv "$3.new" "$3"
}

# grade_one INDEX COURSE: judge one submission, and write its reports.
grade_one() {
    local path=${paths[$1]} dir=$out/${ids[$1]} course=$2 base lesson sum file

    mkdir -p "$dir/.results" || return 1
    base=$(sources_in "$path")
    rm -rf "$course/lessons" && mkdir "$course/lessons" || return 1
    for lesson in "${lessons[@]}"; do
        mkdir "$course/lessons/$lesson"
        take "$base/$lesson" "$course/lessons/$lesson" "$lesson"
    done | "$tools/plain" >"$dir/.results/notes"
    {
        printf 'submission\t%s\n' "$(printf %s "${path##*/}" | tr '\n' ' ' | "$tools/plain")"
        sed 's/^\(.*\): /left\t\1\t/' "$dir/.results/notes"
    } >"$dir/.results/about"
    chmod -R a+rX "$course/lessons"
    for lesson in "${lessons[@]}"; do
        file=$dir/.results/$lesson
        sum=$(cd "$course/lessons/$lesson" && { ls && cat ./*.c "$here/$lesson.bats"; } 2>/dev/null | cksum | tr ' ' -)-$key
        if [ "$(head -n 1 "$file" 2>/dev/null)" != "key $sum" ] || grep -q '^test	error' "$file"; then
            judge "$lesson" "$course" "$course/results" || return 1
            { echo "key $sum" && cat "$course/results"; } >"$file.new" && mv "$file.new" "$file" || return 1
        fi
        # the weight may have changed since
        awk -v lesson="$lesson" -v weight="$(weight_of "$lesson")" \
            'NR == 1 { print; printf "lesson\t%s\t%s\n", lesson, weight } NR > 1 && !/^lesson\t/' "$file" >"$file.new" && mv "$file.new" "$file"
    done
    write_reports "$dir"
}
