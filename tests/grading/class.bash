# class.bash - the whole class: the names of the submissions, the workers, the table.

# look_at_submissions: set, for each submission, paths, names (what its directory is called,
# any bytes), and refused (why it cannot be looked at).
look_at_submissions() {
    local given path name why i good=0

    for given in "${submissions[@]}"; do
        if [ -e "$given/.remarks" ] && [ -e "$given/grades.csv" ]; then
            echo "grade: $given has the reports of an earlier run; it is left out" >&2 && continue
        fi
        while case $given in ?*/) true ;; *) false ;; esac do given=${given%/}; done
        name=${given##*/} path='' why=''
        if [ -d "$given" ]; then
            path=$(cd -P -- "$given" 2>/dev/null && pwd -P && ls >/dev/null 2>&1) || why='this directory cannot be read'
            case $name in '' | . | ..) name=${path##*/} ;; esac
        elif [ -f "$given" ] && archive_name "$given" >/dev/null; then
            path=$(cd -P -- "$(dirname -- "$given")" && pwd -P)/$name
        elif [ -e "$given" ] || [ -L "$given" ]; then
            case $(tr '[:upper:]' '[:lower:]' <<<"$name") in
            *.[ch]) why='a file alone; make a folder for each student, and put what they handed in into it' ;;
            *.7z | *.rar | *.gz | *.bz2 | *.xz) why='an archive of a kind that we do not open; unpack it into a folder' ;;
            *) why='neither a directory nor an archive' ;;
            esac
        elif lesson_named "$name" >/dev/null; then
            die 2 "$given: there is no such file or directory (several lessons are named with commas: --only 3,4)"
        else
            die 2 "$given: there is no such file or directory"
        fi
        [ -n "$path" ] || path=$given
        for ((i = 0; i < ${#paths[@]}; i++)); do
            [ "${paths[$i]}" != "$path" ] || { echo "grade: $given is named twice, and graded once" >&2 && continue 2; }
        done
        paths+=("$path") names+=("$name") refused+=("$why")
        [ -n "$why" ] || good=$((good + 1))
        case $here/ in "$path"/*)
            echo "grade: the grader is inside the submission $name, so the student could have changed it" >&2
            ;;
        esac
    done
    [ ${#paths[@]} -gt 0 ] || die 2 "there is no submission among the arguments"
    [ "$good" -gt 0 ] || die 2 "${paths[0]}: ${refused[0]}"
}

# tell FILE: print these lines on stderr, without those that the run before has printed.
tell() {
    [ -e "$out/.remarks" ] || : >"$out/.remarks"
    awk -v before="$out/.remarks" -v repeated="$scratch/repeated" '
        BEGIN { while ((getline line < before) > 0) told[line] = 1 }
        $0 in told { print >>repeated; next }
        { print }' "$1" >&2
    cat "$1" >>"$scratch/remarks"
}

# told: say how many lines were not repeated, and remember all lines for the next run.
told() {
    local count

    if [ -s "$scratch/repeated" ]; then
        count=$(grep -c '' "$scratch/repeated")
        case $count in
        1) echo "grade: 1 remark of the last run still holds, and is not repeated; it is in $out/.remarks" >&2 ;;
        *) echo "grade: $count remarks of the last run still hold, and are not repeated; they are in $out/.remarks" >&2 ;;
        esac
    fi
    cp "$scratch/remarks" "$out/.remarks.new" && mv "$out/.remarks.new" "$out/.remarks"
}

# name_submissions: set, for each, ids (a name that is safe in a path, a table, a log, and
# that no other has) and shown (a name for people that no other has).  The order of the
# arguments does not matter.
name_submissions() {
    local id name i

    for ((i = 0; i < ${#paths[@]}; i++)); do printf '%s\0' "${names[$i]}" "${paths[$i]}"; done |
        tr '\n\t\0' '\1\2\n' | name_safely | "$tools/plain" -t >"$scratch/ids" || die 3 "cannot write to $scratch"
    while IFS='	' read -r id name; do ids+=("$id") shown+=("$name"); done <"$scratch/ids"
    [ "${#ids[@]}" -eq "${#paths[@]}" ] || die 3 "cannot name the submissions"
}

# name_safely: read lines, in turn a name and a path; print for each pair a safe name and
# one for people.
name_safely() {
    awk -v OFS='\t' '
        BEGIN { for (i = 1; i < 256; i++) code[sprintf("%c", i)] = i }
        function sum(s,    i, h) {
            while (++i <= length(s)) h = (h * 257 + code[substr(s, i, 1)]) % 16777213
            return sprintf("%06x", h)
        }
        NR % 2 { name[++n] = $0; next }
        { path[n] = $0 }
        END {
            for (i = 1; i <= n; i++) {
                s = name[i]
                gsub(/[\300-\377][\200-\277]*|[^A-Za-z0-9._@+-]/, "_", s)
                gsub(/__+/, "_", s)
                s = substr(s, 1, 100)
                unsafe[i] = s != name[i] || s !~ /^[A-Za-z0-9_]/ || tolower(s) ~ /\.(csv|html|css|json|xml|new)$|^(moodle|canvas|gradescope|classroom)/
                sub(/^[^A-Za-z0-9_]+/, "", s)
                safe[i] = s = s == "" ? "_" : s
                many[tolower(s)]++
                people[name[i]]++
            }
            for (i = 1; i <= n; i++) {
                id = safe[i]
                if (unsafe[i]) id = id "~" sum(name[i])
                if (people[name[i]] > 1) id = safe[i] "~" sum(path[i])
                while (tolower(id) in taken) id = id "~" # sums that are the same
                taken[tolower(id)] = 1
                s = name[i]
                if (people[s] > 1) { # with the directory that it is in
                    s = path[i]
                    while (gsub(/\//, "/", s) > 1) sub(/^[^\/]*\//, "", s)
                }
                if (s in shown) s = s " (" id ")"
                shown[s] = 1
                gsub(/\001/, "\\x0a", s); gsub(/\002/, "\\x09", s)
                print id, s
            }
        }'
}

# everybody PHASE: let workers do PHASE, take_one or grade_one, for each submission.
# Prints as they finish: the index, or `! INDEX` if it could not be done.
everybody() {
    local i

    rm -rf "$scratch/claims" && mkdir "$scratch/claims" || die 3 "cannot write to $scratch"
    for ((i = 0; i < jobs; i++)); do work "$i" "$1" >"$scratch/said" & done
}

# work N PHASE: do the submissions that no other worker has begun, one after the other.
work() {
    local course=$scratch/course.$1 i first

    trap 'kill $(jobs -p) 2>/dev/null; exit 130' INT TERM HUP
    [ -d "$course" ] || { cp -R "$scratch/course" "$course" && mkdir "$course/tmp" && chmod 1777 "$course/tmp"; } || return 1
    for first in 1 ''; do # those who keep their rows are done in no time
        for ((i = 0; i < ${#paths[@]}; i++)); do
            [ -n "$first" ] && [ -z "${kept[$i]}" ] && continue
            mkdir "$scratch/claims/$i" 2>/dev/null || continue
            still_wanted || return 1
            if "$2" "$i" "$course"; then echo "$i"; else echo "! $i"; fi
        done
    done
}

# still_wanted: whether nobody has ended us, in any way.
still_wanted() {
    [ ! -e "$scratch/stop" ] && kill -0 $$ 2>/dev/null
}

# graded INDEX: this submission is done.
graded() {
    : >"$scratch/done.$1"
    table || die 3 "cannot write $out/grades.csv (is the disk full?)"
}

# interrupted: end, with tables that say that they are not complete.
interrupted() {
    local ready

    trap '' INT TERM HUP
    : >"$scratch/stop"
    jobs -p | xargs kill 2>/dev/null
    wait
    ready=$(find "$scratch" -maxdepth 1 -name 'done.*' | grep -c '')
    if [ "$ready" -gt 0 ] && table && index; then
        echo "grade: interrupted; grades.csv and index.html have $ready of ${#ids[@]} submissions; type the same command to continue" >&2
    else
        echo "grade: interrupted; type the same command to continue" >&2
    fi
    exit 130
}
