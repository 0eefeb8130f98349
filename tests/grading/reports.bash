# reports.bash - what is written for each submission, and for the class.

# report FORMAT DIR FILE: write a report in this format.  After a grader error there is
# none for Gradescope and Classroom 50.
report() {
    local results=() lesson

    for lesson in "${lessons[@]}"; do results+=("$2/.results/$lesson"); done
    if [ "$1" = gradescope ] || [ "$1" = classroom50 ]; then
        if grep -q '^test	error' "${results[@]}"; then rm -f "$2/$3" && return; fi
    fi
    awk -v id="${2##*/}" -v level="$level" -v prevents="$prevents" -v sanitized="$sanitize" -v weighted="$weights" \
        -v notes_file="$2/.results/notes" -v now="$(date -u +%Y-%m-%dT%H:%M:%SZ)" -f "$here/grading/reports/common.awk" \
        -f "$here/grading/reports/$1.awk" "${results[@]}" >"$2/$3.new" &&
        mv "$2/$3.new" "$2/$3"
}
