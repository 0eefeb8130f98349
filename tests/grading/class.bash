# class.bash - the whole class: names, workers, the table.

# name_submissions: set paths and ids.  Each submission gets a name that is safe
# anywhere (in a path, a table, a log) and that no other submission has.
name_submissions() {
    local path id n seen=' '

    for path in "${submissions[@]}"; do
        [ -d "$path" ] || die 2 "$path is not a directory"
        path=$(cd -P "$path" && pwd) || die 2 "$path: cannot enter this directory"
        id=$(printf '%s' "${path##*/}" | tr -c 'A-Za-z0-9._@+-' _ | sed 's/^[^A-Za-z0-9_]/_/')
        id=${id:-_} n=1
        while case $seen in *" $id "*) true ;; *) false ;; esac do
            n=$((n + 1)) id=${id%"~$((n - 1))"}~$n
        done
        seen="$seen$id "
        paths+=("$path") ids+=("$id")
    done
}

# work N: grade the submissions that no other worker has begun, one after the other.
work() {
    local course=$scratch/course.$1 i

    trap 'kill $(jobs -p) 2>/dev/null; exit 130' INT TERM HUP
    cp -R "$scratch/course" "$course" && mkdir "$course/tmp" && chmod 1777 "$course/tmp" || return 1
    for ((i = 0; i < ${#paths[@]}; i++)); do
        mkdir "$scratch/claims/$i" 2>/dev/null || continue
        kill -0 $$ 2>/dev/null && [ ! -e "$scratch/stop" ] || return 1
        if grade_one "$i" "$course"; then echo "${ids[$i]}"; else echo "! ${ids[$i]}"; fi
    done
}

interrupted() {
    trap '' INT TERM HUP
    : >"$scratch/stop"
    jobs -p | xargs kill 2>/dev/null
    wait
    echo "grade: interrupted; type the same command to continue" >&2
    exit 130
}
