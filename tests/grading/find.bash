# find.bash - where the lessons of a submission are.

# sources_in PATH: print the directory there that holds the lessons: work/ in a clone,
# PATH itself, or lessons/ in it.
sources_in() {
    local base suite

    for base in "$1/work" "$1" "$1/lessons"; do
        [ ! -L "$base" ] || continue
        for suite in "$here"/[0-9]*.bats; do
            suite=$(basename "$suite" .bats)
            if [ -d "$base/$suite" ] && [ ! -L "$base/$suite" ]; then echo "$base" && return; fi
        done
    done
    echo "$1"
}
