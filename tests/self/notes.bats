#!/usr/bin/env bats
# The notes tell the truth: what they show happens, what they quote stands in a
# program, what they point to is there.
#
# A transcript that needs a command which is not installed is skipped; STRICT=1
# makes that a failure.

load notes

setup_file() {
    local root entry

    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    # The files of the repository, nothing that was built or that a learner made ...
    export CLEAN=$BATS_FILE_TMPDIR/clean BUILT=$BATS_FILE_TMPDIR/built
    mkdir "$CLEAN"
    for entry in "$root"/* "$root"/.[!.]*; do
        case ${entry##*/} in
        .git | work | build) ;;
        *) [ ! -e "$entry" ] || cp -Rp "$entry" "$CLEAN" ;;
        esac
    done
    find "$CLEAN/lessons" -type f ! -name '*.c' ! -name '*.md' ! -name Makefile -exec rm {} +

    # ... and what make makes of them.
    cp -Rp "$CLEAN" "$BUILT"
    make -s -C "$BUILT" 3>&- 4>&-
}

setup() {
    # shellcheck disable=SC2164  # we made it
    cd "$CLEAN"
    notes=(lessons/*/README.md)
    translations=()
    for file in README.*.md lessons/*/README.*.md; do
        [ ! -e "$file" ] || translations+=("$file")
    done
    documents=()
    while IFS= read -r file; do
        documents+=("${file#./}")
    done < <(find . -name '*.md' -type f | LC_ALL=C sort)
}

# replay FILE...: in a copy of the repository of its own.
replay() {
    local file

    needs_terminal
    cp -Rp "$BUILT" "$BATS_TEST_TMPDIR/repository"
    # shellcheck disable=SC2164  # we made it
    cd "$BATS_TEST_TMPDIR/repository"
    for file; do
        replays "$file" >"$BATS_TEST_TMPDIR/said" || {
            cat "$BATS_TEST_TMPDIR/said"
            return 1
        }
        sed 's/^/# /' "$BATS_TEST_TMPDIR/said" >&3 # what was skipped
    done
}

@test "the transcripts of 01-socket come true" {
    replay lessons/01-socket/README.md
}

@test "the transcripts of 02-bind come true" {
    replay lessons/02-bind/README.md
}

@test "the transcripts of 03-listen-accept come true" {
    replay lessons/03-listen-accept/README.md
}

@test "the transcripts of 04-echo come true" {
    replay lessons/04-echo/README.md
}

@test "the transcripts of 05-udp come true" {
    replay lessons/05-udp/README.md
}

@test "the transcripts of 06-unix-domain come true" {
    replay lessons/06-unix-domain/README.md
}

@test "the transcripts of 07-partial-send come true" {
    replay lessons/07-partial-send/README.md
}

@test "the transcripts of 08-many-clients come true" {
    replay lessons/08-many-clients/README.md
}

@test "the transcripts of 09-non-blocking come true" {
    replay lessons/09-non-blocking/README.md
}

@test "the transcripts of 10-chat come true" {
    replay lessons/10-chat/README.md
}

@test "the transcripts of 11-app-protocol come true" {
    replay lessons/11-app-protocol/README.md
}

@test "the transcripts of 12-web-server come true" {
    replay lessons/12-web-server/README.md
}

@test "the transcripts of 13-epoll come true" {
    replay lessons/13-epoll/README.md
}

@test "the transcripts of README.md and docs come true" {
    for file in README.md docs/*.md; do
        [ "$file" = docs/lab.md ] || set -- "$@" "$file"
    done
    replay "$@"
}

# It makes networks, so it needs more privileges than other transcripts.
@test "the transcripts of docs/lab.md come true" {
    unshare --net ip link add left type veth peer name right 2>/dev/null || skip "only root can make the networks of the lab"
    replay docs/lab.md
}

@test "the transcripts of translations come true" {
    [ "${#translations[@]}" -gt 0 ] || skip "there is no translation yet"
    replay "${translations[@]}"
}

@test "a translation has the code and the transcripts of the original" {
    [ "${#translations[@]}" -gt 0 ] || skip "there is no translation yet"
    fences "${translations[@]}"
    translated "${translations[@]}"
}

@test "the transcripts of each lesson are replayed above" {
    for file in "${notes[@]}"; do
        grep -qx "    replay $file" "$BATS_TEST_FILENAME" ||
            echo "$file:1: give it a test in tests/self/notes.bats, like the others"
    done | verdict
}

@test "a block is of a program, or replayed, or text" {
    fences "${notes[@]}" README.md docs/*.md
}

@test "each c block stands word for word in a program of its lesson" {
    snippets "${notes[@]}"
}

@test "each link leads somewhere" {
    links "${documents[@]}"
}

@test "a term is bold once, where it is explained, and is in docs/terms.md" {
    terms docs/terms.md "${notes[@]}"
}

@test "each picture is small, described and shown" {
    pictures "${documents[@]}"
}

@test "no line of the notes is too long" {
    lengths "${documents[@]}"
}

@test "each heading that a failed check points to exists" {
    hints tests/[0-9][0-9]-*.bats
}
