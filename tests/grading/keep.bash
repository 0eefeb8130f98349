# keep.bash - the submissions of earlier runs that are not named now, which keep their rows.
#
# For that, `remember` (judge.bash) leaves in .results of each: `from`, its name and path;
# `took` and `found` (take.bash); and `level`, how it was judged.

# keep_others: add the submissions that were judged in an earlier run, whose reports are in
# $out, and that are not named now: they keep their rows.  Sets kept, for each submission, to
# the directory of its reports if it is such a one.  Then sorts all of them by name.
keep_others() {
    local file dir name path i k old=() old_names=() old_paths=() many rows=() short=() stale lesson changed=0

    for ((i = 0; i < ${#paths[@]}; i++)); do kept+=(''); done
    for file in "$out"/*/.results/from; do
        dir=${file%/.results/from}
        [ -f "$file" ] && [ ! -L "$dir" ] || continue
        { IFS= read -r -d '' name && IFS= read -r -d '' path; } <"$file" || continue
        old+=("${dir##*/}") old_names+=("$name") old_paths+=("$path")
    done
    for ((k = 0; k < ${#old[@]}; k++)); do
        name=${old_names[$k]} many=0
        for ((i = 0; i < ${#old[@]}; i++)); do [ "${old_names[$i]}" != "$name" ] || many=$((many + 1)); done
        for ((i = 0; i < given; i++)); do
            # The same place; or another one, such as that of a second download.
            if [ "${paths[$i]}" = "${old_paths[$k]}" ] || { [ "${names[$i]}" = "$name" ] && [ "$many" -eq 1 ]; }; then
                replaced+=("${old[$k]}")
                continue 2
            fi
        done
        stale=''
        for ((i = 0; i < ${#lessons[@]}; i++)); do
            lesson=$out/${old[$k]}/.results/${lessons[$i]}
            [ -f "$lesson" ] || { short+=("$name") && continue 2; }
            case $(head -n 1 "$lesson") in "key $key ${suite_key[$i]}"*) ;; *) stale=1 ;; esac
        done
        [ -z "$stale" ] || changed=$((changed + 1))
        paths+=("${old_paths[$k]}") names+=("$name") refused+=('') kept+=("${old[$k]}") rows+=("$name")
    done
    {
        [ ${#rows[@]} -eq 0 ] ||
            echo "grade: not named now, so they keep their rows: $(some_of "${rows[@]}") (to drop one, remove its directory from $out)"
        [ "$changed" -eq 0 ] ||
            echo "grade: $changed of these were judged with other tests, options or tools; name them to judge them anew"
        [ ${#short[@]} -eq 0 ] ||
            echo "grade: not in the table, because they were not judged in all of these lessons: $(some_of "${short[@]}")"
    } | "$tools/plain" >&2
    sort_submissions
}

# some_of NAME...: print the first of them, and how many more there are.
some_of() {
    local i

    printf '%s' "$1"
    for ((i = 2; i <= $# && i <= 3; i++)); do printf '; %s' "${!i}"; done
    [ $# -le 3 ] || printf '; and %d more' $(($# - 3))
}

# sort_submissions: sort them by name, so that tables and remarks are the same in any order
# of the arguments.
sort_submissions() {
    local line i order=() old_paths=("${paths[@]}") old_names=("${names[@]}")
    local old_refused=("${refused[@]}") old_kept=("${kept[@]}")

    while IFS= read -r -d '' line; do order+=("${line##*$'\1'}"); done < <(
        for ((i = 0; i < ${#paths[@]}; i++)); do printf '%s\1%s\1%d\0' "${names[$i]}" "${paths[$i]}" "$i"; done | sort -z
    )
    [ ${#order[@]} -eq ${#paths[@]} ] || die 3 "cannot sort the submissions"
    for ((i = 0; i < ${#order[@]}; i++)); do
        line=${order[$i]}
        paths[i]=${old_paths[$line]} names[i]=${old_names[$line]} refused[i]=${old_refused[$line]} kept[i]=${old_kept[$line]}
    done
}

# settle: put the reports of earlier runs where the names of this one want them, and remove
# those of arguments that could not be read.
settle() {
    local i file dir

    for ((i = 0; i < ${#ids[@]}; i++)); do
        [ -z "${kept[$i]}" ] || [ "${kept[$i]}" = "${ids[$i]}" ] || [ -e "$out/${ids[$i]}" ] ||
            mv "$out/${kept[$i]}" "$out/${ids[$i]}" || die 3 "cannot write to $out"
    done
    for i in ${replaced[@]+"${replaced[@]}"}; do
        in_list "$i" "${ids[@]}" || rm -f "$out/$i/.results/from"
    done
    for file in "$out"/*/.results/refused; do
        dir=${file%/.results/refused}
        [ -f "$file" ] && [ ! -L "$dir" ] || continue
        in_list "${dir##*/}" "${ids[@]}" || rm -rf "$dir"
    done
}

# in_list WORD WORD...: whether it is one of the others.
in_list() {
    local word

    for word in "${@:2}"; do [ "$word" != "$1" ] || return 0; done
    return 1
}
