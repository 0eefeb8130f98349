# roster.bash - who handed in which submission: --roster FILE.
#
# FILE is CSV in UTF-8, as spreadsheets write it.  Its columns: the name of a submission, or a
# pattern such as `*_12345_*`; an id; a name; an e-mail address.  If the first line is a
# header, they may stand in any order.

# read_roster: set persons, for each submission: its id, name and address, with tabs.  Says
# on stderr who and what remains without the other.  Nobody gets another one's name: if it
# is not clear which row belongs to which submission, none of them is used.
read_roster() {
    local i row line found how who bare of=() seen=() patterns=() people=()

    for ((i = 0; i < ${#paths[@]}; i++)); do persons+=(''); done
    [ -n "$roster" ] || return 0
    ! command -v iconv >/dev/null || iconv -f UTF-8 -t UTF-8 <"$roster" >/dev/null 2>&1 ||
        die 2 "$roster: it is not in UTF-8; in a spreadsheet, save it as \"CSV UTF-8\""
    tr -d '\r' <"$roster" | awk -f "$here/grading/csv.awk" | "$tools/plain" -t >"$scratch/roster" || die 3 "$roster: cannot be read"
    [ "$(<"$scratch/roster")" != '!' ] || die 2 "$roster: no column says which submission a row is about; call it submission"
    [ -s "$scratch/roster" ] || die 2 "$roster: there is no row in it"
    while IFS= read -r line; do patterns+=("${line%%	*}") people+=("${line#*	}") of+=('') seen+=(''); done <"$scratch/roster"
    for ((i = 0; i < ${#paths[@]}; i++)); do
        found=() how=pattern bare=${names[$i]}
        ! archive_name "$bare" >/dev/null || bare=$(sed 's/\.[a-zA-Z0-9]*$//; s/\.[tT][aA][rR]$//' <<<"$bare")
        for ((row = 0; row < ${#patterns[@]}; row++)); do
            if [ "${patterns[$row]}" = "${names[$i]}" ] || [ "${patterns[$row]}" = "$bare" ] || [ "${patterns[$row]}" = "${ids[$i]}" ]; then
                [ "$how" = name ] || found=()
                how=name && found+=("$row")
            elif [ "$how" = pattern ] && [ -z "${names[$i]##${patterns[$row]}}" ]; then
                found+=("$row")
            fi
        done
        for row in ${found[@]+"${found[@]}"}; do seen[row]=1; done
        case ${#found[@]} in
        0) echo "grade: $roster has no row for ${shown[$i]}" ;;
        1) of[${found[0]}]+="$i " ;;
        *) echo "grade: $roster: ${#found[@]} rows match ${shown[$i]}, so none of them is used" ;;
        esac
    done >"$scratch/unmatched"
    for ((row = 0; row < ${#patterns[@]}; row++)); do
        read -r -a found <<<"${of[$row]}"
        case ${#found[@]} in
        0) [ -n "${seen[$row]}" ] || echo "grade: $roster: nothing was handed in for ${patterns[$row]} (${people[$row]//	/, })" ;;
        1) persons[${found[0]}]=${people[$row]} ;;
        *)
            who=''
            for i in "${found[@]}"; do who+="; ${shown[$i]}"; done
            echo "grade: $roster: ${patterns[$row]} matches ${#found[@]} submissions, so it is used for none of them: ${who#; }"
            ;;
        esac
    done >>"$scratch/unmatched"
    tell "$scratch/unmatched"
}
