# reports.bash - what is written for each submission, and for the class.
#
# Each format is a file of reports/.  To add one for a submission, write reports/FORMAT.awk
# (reports/read.awk says what it can use) and a line in write_reports; to add one for the
# class, which reads the rows of all submissions (reports/row.awk), one in class_reports.

# in_awk ARG...: run awk with the functions that all reports share.
in_awk() {
    STYLE=$here/grading/reports/style.css TITLE=$title COURSE=${here%/*} SAME=$scratch/groups awk -v level="$level" \
        -v prevents="$prevents" -v sanitized="$sanitize" -v weighted="$weights" -v columns="${lessons[*]}" -v now="$now" \
        -f "$here/grading/reports/text.awk" "$@"
}

# replace FILE COMMAND...: write what COMMAND prints to FILE, which is never half written.
replace() {
    "${@:2}" >"$1.new" && mv "$1.new" "$1"
}

# report FORMAT DIR FILE: write the report of one submission in this format.
report() {
    local files=("$2/.results/about") lesson part parts=()

    for lesson in "${lessons[@]}"; do files+=("$2/.results/$lesson"); done
    for part in page read causes "$1"; do parts+=(-f "$here/grading/reports/$part.awk"); done
    replace "$2/$3" in_awk -v dir="${2##*/}" "${parts[@]}" "${files[@]}"
}

# write_reports DIR: write all reports of the submission whose results are there.  After a
# grader error, those that another machine would take for grades are removed.
write_reports() {
    local now file

    now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
    report row "$1" .results/row && report md "$1" report.md && report html "$1" report.html &&
        report details "$1" details.txt && report junit "$1" junit.xml && report again "$1" again.txt || return 1
    grep -q '^#.*: ' "$1/again.txt" || rm "$1/again.txt" # everything passed
    if grep -q '^test	error' "${lessons[@]/#/$1/.results/}"; then
        for file in results.json result.json release-body.md github-classroom.b64; do rm -f "$1/$file"; done
        return
    fi
    report gradescope "$1" results.json && report classroom50 "$1" result.json &&
        report github-classroom "$1" .results/github-classroom &&
        replace "$1/github-classroom.b64" in_one_line "$1/.results/github-classroom" &&
        replace "$1/release-body.md" beginning "$1/report.md"
}

# in_one_line FILE: print it in base64.
in_one_line() {
    base64 <"$1" | tr -d '\n'
}

# beginning FILE: print as many whole lines of it as fit into the text of a release.
beginning() {
    if [ "$(wc -c <"$1")" -le 120000 ]; then cat "$1"; else head -c 120000 "$1" | sed '$d'; fi
}

# rows FILE...: set files to the files of the submissions that are done, from $out on.
rows() {
    local i name

    files=(/dev/null)
    for ((i = 0; i < ${#ids[@]}; i++)); do
        [ -e "$scratch/done.$i" ] || continue
        for name in "$@"; do files+=("./${ids[$i]}/.results/$name"); done
    done
}

# class FORMAT FILE [OPTION...]: write a file for the whole class in this format.
class() {
    (cd "$out" && replace "$2" in_awk "${@:3}" -f "$here/grading/reports/rows.awk" -f "$here/grading/reports/page.awk" \
        -f "$here/grading/reports/$1.awk" "${files[@]}")
}

# table: write grades.csv, with a row for each submission that is done, in order.
table() {
    local now='' files

    rows row
    class grades grades.csv
}

# show: print the table for people.
show() {
    local now='' files

    rows row
    (cd "$out" && in_awk -f "$here/grading/reports/table.awk" "${files[@]}")
}

# grader_failed: whether it did, for a test of a submission that is done.
grader_failed() {
    local files

    rows row
    (cd "$out" && awk -F'\t' '$7 > 0 { failed = 1 } END { exit !failed }' "${files[@]}")
}

# index: write index.html, with what is done.
index() {
    local now='' files

    rows row "${lessons[@]}"
    class index index.html -v all="${#ids[@]}"
}

# class_reports: write what is for the class, but for grades.csv.
class_reports() {
    local now='' files dir folder

    index || return 1
    rows row
    class canvas canvas.csv || return 1
    rm -rf "$out/moodle" && mkdir "$out/moodle" || return 1
    class moodle moodle/worksheet.csv && class moodle moodle/folders -v folders=1 || return 1
    while IFS=$'\t' read -r dir folder; do
        mkdir -p "$out/moodle/feedback/$folder" &&
            cp "$out/$dir/report.html" "$out/$dir/details.txt" "$out/moodle/feedback/$folder/" || return 1
    done <"$out/moodle/folders"
    rm "$out/moodle/folders"
    [ -e "$out/moodle/feedback" ] || rm -r "$out/moodle" # no submission comes from Moodle
    (cd "$out" && in_awk -f "$here/grading/reports/rows.awk" -f "$here/grading/reports/placed.awk" "${files[@]}") |
        sed 's/^/grade: /' >"$scratch/placed" && tell "$scratch/placed" && told
}
