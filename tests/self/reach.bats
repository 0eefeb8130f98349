#!/usr/bin/env bats
# What makes the course easy to reach: the container that it opens in, and the check of
# whatever a learner has pushed.

root=${BATS_TEST_FILENAME%/tests/self/*}
load copy

# check_work: .github/check-work, in the copy; its table goes to the file summary.
check_work() {
    mkdir -p .github
    cp "$root/.github/check-work" .github/
    GITHUB_STEP_SUMMARY=$PWD/summary run .github/check-work
    echo "$output"
}

@test "what is pushed in work/ is checked lesson by lesson, whatever fails" {
    write 01-socket lessons/01-socket
    mkdir -p work/02-bind work/04-echo/notes work/mine
    echo 'int main(void) { return 0; }' | tee work/02-bind/server.c work/02-bind/names.c >work/mine/server.c
    echo 'this is not C' >work/04-echo/server.c
    check_work
    [ "$status" -eq 1 ]
    diff summary - <<'EOF'

| lesson | |
|---|---|
| 01-socket | passed |
| 02-bind | **failed** |
| 04-echo | **failed** |
EOF
    # ALL=1: more than the first failure of lesson 02
    [ "$(sed -n '/^== 02/,/^== 04/p' <<<"$output" | grep -c 'FAILED')" -gt 1 ]
}

@test "with nothing in work/ there is nothing to complain about" {
    check_work
    [ "$status" -eq 0 ]
    grep -qF 'make start-01' summary
}

@test "the container has the packages that docs/setup.md names for Debian" {
    cd "$root"
    tr -s ' \\\n' '\n' <.devcontainer/Dockerfile | sort >"$BATS_TEST_TMPDIR/has"
    sed -n '/^## For contributors/q; s/.*apt-get install //p' docs/setup.md | tr ' ' '\n' | grep -xE '[a-z0-9-]+' | sort -u >"$BATS_TEST_TMPDIR/needs"
    grep -qx strace "$BATS_TEST_TMPDIR/needs"
    comm -13 "$BATS_TEST_TMPDIR/has" "$BATS_TEST_TMPDIR/needs" >"$BATS_TEST_TMPDIR/missing"
    cat "$BATS_TEST_TMPDIR/missing"
    [ ! -s "$BATS_TEST_TMPDIR/missing" ]
}

@test "the workflows run files and targets that exist" {
    cd "$root"
    sed -n 's/^ *\(- \)\{0,1\}run: //p' .github/workflows/*.yml | grep -v '^sudo' >"$BATS_TEST_TMPDIR/commands"
    grep -oE '(tests|\.github|\.ci)/[a-z/-]+' "$BATS_TEST_TMPDIR/commands" >"$BATS_TEST_TMPDIR/files"
    sed -n 's/^make //p' "$BATS_TEST_TMPDIR/commands" >"$BATS_TEST_TMPDIR/targets"
    cat "$BATS_TEST_TMPDIR/files" "$BATS_TEST_TMPDIR/targets"
    [ "$(grep -c . "$BATS_TEST_TMPDIR/files")" -ge 4 ] && [ -s "$BATS_TEST_TMPDIR/targets" ]
    while read -r file; do
        [ -f "$file" ]
    done <"$BATS_TEST_TMPDIR/files"
    while read -r target; do
        grep -q "^$target:" Makefile
    done <"$BATS_TEST_TMPDIR/targets"
}
