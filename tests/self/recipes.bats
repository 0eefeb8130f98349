#!/usr/bin/env bats
# The recipes of docs/instructors.md: what they run on other people's machines is run here,
# with a student's repository that brings a grader of its own.

bats_require_minimum_version 1.5.0

root=${BATS_TEST_FILENAME%/tests/self/*}
workflows=$root/.github/workflows

# A course of two short lessons, the programs of a good student, and the repository of one
# who has written nothing but a grader.
setup_file() {
    local lesson

    cd "$BATS_FILE_TMPDIR" || return 1
    mkdir -p course/tests submissions/good submissions/forger/course/tests submissions/forger/tests
    cp -R "$root/lessons" "$root/Makefile" course/
    cp -R "$root"/tests/*.bash "$root/tests/helpers" "$root/tests/symptoms" "$root/tests/tools" "$root/tests/grade" "$root/tests/grading" course/tests/
    for lesson in 01-socket 02-bind; do
        awk '/^@test/ { left_out = ++tests > 2 } !left_out; /^}$/ { left_out = 0 }' "$root/tests/$lesson.bats" >"course/tests/$lesson.bats"
        mkdir "submissions/good/$lesson" "submissions/forger/$lesson"
        cp "$root/lessons/$lesson"/*.c "submissions/good/$lesson/"
        for program in "$root/lessons/$lesson"/*.c; do
            echo 'int main(void) { return 1; }' >"submissions/forger/$lesson/${program##*/}"
        done
    done
    cat >submissions/forger/tests/grade <<'END'
#!/usr/bin/env bash
: >forged
mkdir -p grades/submission && echo '{"score": 4, "max-score": 4}' | tee result.json results.json grades/submission/results.json
END
    chmod +x submissions/forger/tests/grade
    cp submissions/forger/tests/grade submissions/forger/course/tests/
    for lesson in 01 02; do cp submissions/forger/tests/grade "submissions/forger/tests/$lesson-forged.bats"; done
    chmod -R a+rX .
}

# No recipe may install anything here: these only note that they were asked.
setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    mkdir bin tmp
    for command in apt-get sudo; do
        printf '#!/bin/sh\necho "%s $*" >>"%s/asked"\n' "$command" "$PWD" >"bin/$command"
    done
    chmod +x bin/*
    chmod a+x "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" . tmp # for programs of another user
    export TMPDIR=$PWD/tmp PATH=$PWD/bin:$PATH
    unset CFLAGS
}

needs_python() {
    command -v python3 >/dev/null || skip "python3 is not installed"
}

# step WORKFLOW NAME: what this step of the workflow runs.
step() {
    awk -v name="$2" '
        /^ *- / { here = 0; running = 0 }
        $0 ~ "^ *- name: " name "$" { here = 1 }
        running && /^ *$/ { print ""; next }
        running { if (match($0, /[^ ]/) <= indent) running = 0; else print substr($0, indent + 2) }
        here && /^ *run: / {
            indent = match($0, /[^ ]/)
            if ($2 == "|") running = 1; else { sub(/^ *run: /, ""); print }
        }' "$workflows/$1.yml" >script
    [ -s script ] || { echo "$1.yml has no step: $2" && return 1; }
}

# take_step WORKFLOW NAME: run it, as Actions does.
take_step() {
    step "$@"
    bash --noprofile --norc -eo pipefail script 3>&- 4>&-
}

# scored FILE: its score and the best one, as "2 of 4".
scored() {
    python3 -c 'import json, sys
r = json.load(open(sys.argv[1]))
best = r["max-score"] if "max-score" in r else sum(t["max_score"] for t in r["tests"])
print("%g of %g" % (r["score"], best))' "$1"
}

# gradescope NAME: make what Gradescope's container has when NAME is submitted.
gradescope() {
    export AUTOGRADER=$PWD/autograder
    mkdir -p autograder/source autograder/results
    cp -R "$BATS_FILE_TMPDIR/course" autograder/source/
    cp "$root"/tests/grading/recipes/gradescope/* autograder/source/
    cp autograder/source/run_autograder autograder/
    rm -rf autograder/submission tmp/grades
    cp -R "$BATS_FILE_TMPDIR/submissions/$1" autograder/submission
}

@test "Gradescope: the grader in the autograder judges, whatever the submission brings" {
    needs_python
    gradescope good
    bash autograder/source/setup.sh
    grep -q '^apt-get install -y .*bats' asked
    run -0 autograder/run_autograder 3>&- 4>&-
    echo "$output"
    [ "$(scored autograder/results/results.json)" = '4 of 4' ]
    gradescope forger
    # The containers there have no namespaces, but we are root in them.
    [ "$(id -u)" != 0 ] || sed -i 's/^options=()/options=(--level user)/' autograder/run_autograder
    run -0 autograder/run_autograder 3>&- 4>&-
    echo "$output"
    [ "$(id -u)" != 0 ] || grep -q '^level: user ' <<<"$output"
    [ "$(scored autograder/results/results.json)" = '0 of 4' ]
    [ -z "$(find . -name forged)" ]
}

@test "Gradescope: where bats is too old, setup.sh installs a newer one" {
    gradescope good
    printf '#!/bin/sh\necho Bats 1.2.1\n' >bin/bats
    # The authors' repository is not needed to see that theirs is asked for, and installed.
    cat >bin/git <<'END'
#!/bin/sh
echo "git $*" >>"$PREFIX/../asked"
for to; do :; done
mkdir -p "$to" && printf '#!/bin/sh\necho "install $*" >>"$PREFIX/../asked"\n' >"$to/install.sh" && chmod +x "$to/install.sh"
END
    chmod +x bin/*
    sed "s|/tmp/bats-core|$PWD/bats-core|g" autograder/source/setup.sh >here.sh
    mkdir prefix
    PREFIX=$PWD/prefix bash here.sh
    grep -q '^git clone .*--branch v1\.[1-9][0-9]*\.[0-9]* https://github.com/bats-core/bats-core.git ' asked
    grep -qx "install $PWD/prefix" asked
    # and without it there is no grade, and no zero
    run autograder/run_autograder
    [ "$status" -ne 0 ]
    grep -q 'bats is version 1.2.1' <<<"$output"
    [ ! -e autograder/results/results.json ]
}

@test "GitHub Actions: the parts of a class make one table, and nothing is judged twice" {
    cp -R "$BATS_FILE_TMPDIR/course" .
    for i in 1 2 3 4 5; do mkdir -p submissions && cp -R "$BATS_FILE_TMPDIR/submissions/good" "submissions/s$i"; done
    cp -R "$BATS_FILE_TMPDIR/submissions/forger" submissions/
    export OPTIONS='--only 01' PARTS=4
    take_step grade 'Install what the grader needs'
    take_step grade 'Let ordinary users make namespaces'
    grep -q '^sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0$' asked
    mkdir class
    for PART in 0 1 2 3; do
        export PART
        take_step grade 'Grade every fourth submission'
        [ ! -e grades ] || cp -R grades/. class/
        rm -rf grades
    done
    mv class grades
    find grades -name 01-socket -exec sh -c 'printf "text\tkept\n" >>"$1"' sh {} \; # gone, if it is judged again
    take_step grade 'Write the table of the class'
    cat grades/grades.csv
    [ "$(grep -c '^s[1-5],' grades/grades.csv)" -eq 5 ]
    grep -q '^forger,' grades/grades.csv
    [ "$(find grades -name 01-socket -exec grep -l '^text.kept$' {} + | wc -l)" -eq 6 ]
    [ -z "$(find . -name forged)" ]
}

@test "GitHub Actions: the name of a submission is never a command" {
    cp -R "$BATS_FILE_TMPDIR/course" .
    mkdir submissions
    cp -R "$BATS_FILE_TMPDIR/submissions/good" 'submissions/$(touch made); touch made #'
    export OPTIONS='--only 01' PARTS=1 PART=0
    take_step grade 'Grade every fourth submission'
    grep -c '2' grades/grades.csv
    [ ! -e made ]
}

@test "GitHub Classroom: a repository is judged by the instructor's course" {
    needs_python
    cp -R "$BATS_FILE_TMPDIR/course" .
    cp -R "$BATS_FILE_TMPDIR/submissions/forger" submission
    export OPTIONS='' GITHUB_OUTPUT=$PWD/output
    take_step classroom 'Grade the submission'
    sed -n 's/^result=//p' output | base64 -d >decoded
    [ "$(python3 -c 'import json
r = json.load(open("decoded")); print(sum(t["score"] for t in r["tests"]), r["max_score"])')" = '0 4' ]
    rm -rf submission grades output
    cp -R "$BATS_FILE_TMPDIR/submissions/good" submission
    take_step classroom 'Grade the submission'
    sed -n 's/^result=//p' output | base64 -d >decoded
    [ "$(python3 -c 'import json
r = json.load(open("decoded")); print(sum(t["score"] for t in r["tests"]), r["max_score"])')" = '4 4' ]
    [ -z "$(find . -name forged)" ]
}

@test "Classroom 50: the course comes from the bundle, and the result is ours" {
    needs_python
    mkdir bundle
    tar -C "$BATS_FILE_TMPDIR" -czf bundle/course.tar.gz course
    sed "s/^NEEDS_ISOLATION = True/NEEDS_ISOLATION = ${isolated:-False}/" \
        "$root/tests/grading/recipes/classroom50/autograder.py" >bundle/autograder.py
    export CLASSROOM=class ASSIGNMENT=sockets SUBMISSION_TAG=submit/1 COMMIT_URL=https://example.org/c RELEASE_URL=https://example.org/r
    for name in good forger; do
        cp -R "$BATS_FILE_TMPDIR/submissions/$name" "$name"
        echo precious >precious
        ln -s "$PWD/precious" "$name/result.json"
        mkdir -p "$name/release-body.md/deep"
        (cd "$name" && python3 ../bundle/autograder.py 3>&- 4>&-)
        [ ! -L "$name/result.json" ] && [ -s "$name/release-body.md" ]
        grep -qx precious precious
    done
    [ "$(scored good/result.json)" = '4 of 4' ]
    [ "$(scored forger/result.json)" = '0 of 4' ]
    [ -z "$(find . -name forged)" ]
    # An error of the grader is an error, and no zero.
    printf '#!/bin/sh\necho Bats 1.2.1\n' >bin/bats && chmod +x bin/bats
    rm forger/result.json
    (cd forger && run -1 python3 ../bundle/autograder.py)
    [ ! -e forger/result.json ]
}

@test "no workflow that grades runs by itself" {
    for workflow in grade classroom; do
        sed -n '/^on:/,/^[a-z]*:/p' "$workflows/$workflow.yml" | grep '^  [a-z_]*:' >on
        grep -v '^  workflow_dispatch:\|^  workflow_call:\|^  contents:' on && return 1
    done
    grep -q "if: vars.GRADE_CLASS == 'yes'" "$workflows/grade.yml"
}
