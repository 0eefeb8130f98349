# take.bash - copy the programs of each submission, and see whose are the same.

# take_one INDEX: copy the programs of a submission to programs/ among its reports, which
# is what gets judged; they are told apart by lessons there, and have their right names.
take_one() {
    local work=$scratch/take.$1 dir=$out/${ids[$1]}

    if [ -n "${kept[$1]}" ]; then
        mkdir "$work" && cp "$dir/.results/took" "$dir/.results/found" "$work/"
        return
    fi
    mkdir -p "$dir/.results" "$work/programs" && : >"$work/took" && : >"$work/found" || return 1
    if [ -z "${refused[$1]}" ]; then
        export work # for find.awk
        find_programs "$1" "$work" && mkdir "${lessons[@]/#/$work/programs/}" &&
            "$tools/tokens" <"$work/plan" >"$work/took" || return 1
    fi
    rm -rf "$dir/programs.new" && cp -R "$work/programs" "$dir/programs.new" &&
        rm -rf "$dir/programs" && mv "$dir/programs.new" "$dir/programs" || return 1
    rm -rf "$work"/archive.* "$work/list" "$work/sums" "$work/programs"
}

# compare: find the programs that are the same as the course's, or as those of another
# submission.  Writes what reports tell to $scratch/same, and which submissions have the same
# programs to $scratch/groups, for index.html; and says it on stderr.
compare() {
    local i took=()

    for ((i = 0; i < ${#paths[@]}; i++)); do
        printf '%d\t%s\n' "$i" "${shown[$i]}"
        [ ! -e "$scratch/take.$i/took" ] || took+=("take.$i/took")
    done >"$scratch/names"
    (cd "$scratch" && ASKED="${only[*]-}$weights" awk -f "$here/grading/same.awk" lessons names course.sums "${took[@]}") >"$scratch/same" || return 1
    sed -n 's/^group	//p' "$scratch/same" | "$tools/plain" -t >"$scratch/groups" || return 1
    while IFS='	' read -r _ i; do
        [ -z "${refused[$i]}" ] || echo "grade: ${shown[$i]}: ${refused[$i]}"
    done < <(grep '^nothing	' "$scratch/same") | "$tools/plain" >&2
    {
        for ((i = 0; i < ${#paths[@]}; i++)); do
            [ -e "$scratch/take.$i/found" ] || continue
            NAME=${shown[$i]} awk -F'\t' '
                $1 == "note" && $2 ~ /^several / { print "grade: " ENVIRON["NAME"] ": " $2 }
                $1 == "left" && $3 ~ /^(not readable|permission denied)$/ {
                    print "grade: " ENVIRON["NAME"] ": " $2 ": " $3 "; change its permissions, and grade again"
                }' "$scratch/take.$i/found"
        done
        while IFS='	' read -r _ i; do
            [ -n "${refused[$i]}" ] || [ -e "$scratch/failed.$i" ] ||
                echo "grade: ${shown[$i]}: nothing to grade was found: $(sed -n 's/^note	nothing to grade was found: //p' "$scratch/take.$i/found")"
        done < <(grep '^nothing	' "$scratch/same")
        sed -n 's/^say	/grade: /p' "$scratch/same"
    } | "$tools/plain" >"$scratch/compared" && tell "$scratch/compared"
}
