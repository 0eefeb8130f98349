# failure.bash - what a failed test prints.
#
# First what was done, expected and seen, then what the programs printed, then
# what the compiler warns of, and at last the likely cause.  The cause is that
# of the first row in tests/symptoms that matches all this; if none does, it is
# the hint of the test.

# account LINE...: print lines of a failure, and keep them for the symptoms.  They
# go to stderr, because a test may send a helper's stdout into a file.  Empty lines
# are left out, and so is the middle of a line that nobody would read.  A carriage
# return becomes visible.
account() {
    printf '%s\n' "$@" | LC_ALL=C awk '
        length($0) > 400 { $0 = substr($0, 1, 200) " ... " substr($0, length($0) - 59) " (" length($0) " characters)" }
        { gsub(/\r/, "\\r") }
        $0 != ""' | tee -a "$said" >&2
}

# fail LINE...: end the test as failed, saying why.
fail() {
    account "$@"
    [ -z "$BATS_TEST_COMPLETED" ] || explain # in teardown nobody else will
    return 1
}

# hint CAUSE HEADING: the likely cause of a failure of this test, if no symptom
# names a better one, and the heading of the lesson's notes that treats it.  If that is
# in the notes of another lesson, its number comes first: "09: When may we close?"
hint() {
    mistake=$1 heading=$2
}

# notes_with HEADING: the notes that HEADING is in, and the heading.
notes_with() {
    local notes=lessons/$lesson/README.md

    case $1 in
    [0-9][0-9]:\ *) notes=$(cd "$root" && echo lessons/"${1%%:*}"-*/README.md) ;;
    esac
    echo "$notes, \"${1#[0-9][0-9]: }\""
}

# swapped EXPECTED ACTUAL: a line that says so, if ACTUAL has a port of EXPECTED
# with its two bytes swapped.
swapped() {
    local asked other

    for asked in $(grep -oE ':[0-9]+' <<<"$1"); do
        asked=${asked#:}
        other=$(((asked & 255) << 8 | asked >> 8))
        [ "$other" = "$asked" ] || [[ ! "$2 " =~ :${other}[^0-9] ]] ||
            echo "$other is $asked with its two bytes swapped"
    done
}

# shown FILE: the first lines of what is in it, or "nothing".
shown() {
    if [ -s "$1" ]; then head -c 2000 "$1" | head -n 5; else echo nothing; fi
}

# printed WHOSE STREAM FILE: if FILE holds something, show its first and last
# lines and those that name a line of a C file, each behind a bar.  Of bytes that
# are no text it shows a few.
printed() {
    [ -s "$3" ] || return 0
    if head -c 8000 "$3" | LC_ALL=C tr -cd '\001-\006\016-\032' | grep -q .; then
        account "$1 printed on $2:" "| $(head -c 16 "$3" | od -An -tx1 | tr -d '\n' | cut -c 2-) ... ($(($(wc -c <"$3"))) bytes, not text)"
        return
    fi
    account "$1 printed on $2:" "$(head -c 8000 "$3" | tr '\0' '?' | awk '
        { line[NR] = substr($0, 1, 200) }
        function hide() { if (hidden) print "| (" hidden " more " (hidden > 1 ? "lines" : "line") ")"; hidden = 0 }
        END { for (i = 1; i <= NR; i++)
                  if (NR <= 10 || i <= 5 || i > NR - 4 || (line[i] ~ /[a-z]\.c:[0-9]/ && line[i] !~ /\.\.\// && ++named <= 8)) {
                      hide()
                      print "| " line[i]
                  } else hidden++ }')"
}

# whole_report FILE: if FILE ends within AddressSanitizer's report, wait for the report's
# end.  To find the names and lines for it takes the program a second or more.
whole_report() {
    local end=$((SECONDS + 10))

    grep -q 'ERROR: AddressSanitizer' "$1" 2>/dev/null || return 0
    until grep -q '^SUMMARY: ' "$1" || [ "$SECONDS" -ge "$end" ]; do sleep 0.05; done
}

# programs_printed: what the programs of this test have printed, and how a client ended.
programs_printed() {
    local client=${tried%% *} guard server ended left

    printed "the server" stdout server.out
    printed "the server" stderr server.err
    [ -n "$client" ] || { [ ! -s client.report ] || client="the client"; }
    [ -n "$client" ] || return 0
    printed "$client" stdout out
    printed "$client" stderr err
    [ "$client" = "the client" ] || return 0
    read_report client.report
    case $ended in '' | ended | 'exit '[01]) ;; *) account "the client ended: $(ending)" ;; esac
}

# warnings: what the compiler warned of, with the first failure of a suite.  (A test that
# stands before it may fail later, because they run side by side: then with both.)
warnings() {
    local program said_by by=''

    [ ! -e "$BUILD/warned" ] || by=$(<"$BUILD/warned")
    [ "$BATS_TEST_NUMBER" -lt "${by:-1000}" ] || return 0
    echo "$BATS_TEST_NUMBER" >"$BUILD/warned"
    for program in $programs; do
        [ -x "$BUILD/$program" ] && [ -s "$BUILD/$program.log" ] || continue
        said_by=$(head -c 20000 "$BUILD/$program.log")
        said_by=$(grep ': warning: ' <<<"${said_by//"$LESSONS/$lesson/"/}" | head -n 8 | sed 's/^/| /')
        [ -z "$said_by" ] || account "the compiler warns:" "$said_by"
    done
}

# symptom FIELD: what the first row that matches says: "likely" or "notes".
symptom() {
    {
        echo "lesson: $lesson"
        echo "test: $BATS_TEST_DESCRIPTION"
        cat "$said" 2>/dev/null
    } >"$said.all"
    awk -v field="$1" -f "$root/tests/helpers/symptom.awk" "$root/tests/symptoms" "$said.all"
}

# What a learner needs after a failure.
explain() {
    local judged='' likely notes name row=''

    name=$(sed "s/[][\\.*^\$(){}?+|]/\\\\&/g; s/'/./g" <<<"$BATS_TEST_DESCRIPTION")
    { [ $((SECONDS - began)) -lt "$patience" ] && ! grep -qs '^  and it will never wake up$' "$said"; } || : >"$BUILD/impatient"
    [ -z "$judging" ] || waits "$judging" $((SECONDS - began)) v
    programs_printed
    warnings
    likely=$(symptom likely) notes=$(symptom notes)
    [ -z "${SHOW_ROW-}" ] || row=${likely:+tests/symptoms, line $(symptom line)}
    [ ! -s "$said.hint" ] || { read -r mistake && read -r heading; } <"$said.hint"
    [ "$LESSONS" = "$root/lessons" ] || judged="LESSONS='${LESSONS#"$root/"}' "
    [ "$CC" = cc ] || judged+="CC='$CC' "
    [ -z "${SANITIZE:-}" ] || judged+="SANITIZE=1 "
    [ -n "${SANITIZE:-}" ] || [ "$CFLAGS" = "${default_cflags:-}" ] || judged+="CFLAGS='$CFLAGS' "
    printf '%s\n' \
        "likely:  ${likely:-$mistake}" \
        ${row:+"row:     $row"} \
        "notes:   ${notes:-$(notes_with "$heading")}" \
        "again:   ${judged}SEED=$SEED bats tests/$lesson.bats -f '^$name\$'"
    # Let bats run no further test: those that it still begins are skipped.
    [ -z "${STOP_AT_FAILURE-}" ] || { : >"$BUILD/stop" && kill -s INT "$PPID"; }
}
