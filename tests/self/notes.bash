# notes.bash - what the notes must keep, a function each.
#
# They run at the root of the repository, take the files that they look at as
# arguments, and print a line for each thing that is wrong: where it is, what it
# is, what to do.  The status is 1 if there is any.
# shellcheck shell=bash

# A function's verdict: status 1 if its complaints, which we print, are any.
verdict() {
    if LC_ALL=C grep .; then
        return 1
    fi
}

# prose FILE: its lines, those of fenced blocks empty, code without the signs
# that Markdown would read.
prose() {
    LC_ALL=C awk '
        /^ *```/ { fenced = !fenced; print ""; next }
        fenced { print ""; next }
        /^ *$/ { code = 0 }
        {
            gsub(/<!--.*-->/, "")
            n = split($0, part, "`")
            line = ""
            for (i = 1; i <= n; i++) {
                if (i > 1)
                    code = !code
                if (code)
                    gsub(/[][()<>*!#:"]/, ".", part[i])
                line = line part[i]
            }
            print line
        }' "$1"
}

# spans START INSIDE END FILE: "LINE TEXT" for each span of FILE that begins
# with START and ends with END, also over several lines.
spans() {
    prose "$4" | LC_ALL=C awk -v start="$1" -v inside="$2" -v end="$3" '
        { text = text $0 "\n" }
        END {
            line = 1
            while (match(text, start inside end)) {
                before = substr(text, 1, RSTART - 1)
                span = substr(text, RSTART, RLENGTH)
                text = substr(text, RSTART + RLENGTH)
                line += gsub(/\n/, "", before)
                at = line
                line += gsub(/\n */, " ", span)
                print at, span
            }
        }'
}

# slugs FILE: the fragments that lead to its headings, as GitHub makes them.
slugs() {
    LC_ALL=C sed $'s/\342[\200\201\206][\200-\277]//g' "$1" | LC_ALL=C awk '
        /^ *```/ { fenced = !fenced }
        fenced { next }
        /^#+ / {
            sub(/^#+ +/, "")
            sub(/ +#* *$/, "")
            gsub(/\]\([^)]*\)/, "")
            gsub(/[]!"#$%&\047()*+,.\/:;<=>?@[\\^`{|}~]/, "")
            gsub(/ /, "-")
            slug = tolower($0)
            print slug (seen[slug] ? "-" seen[slug] : "")
            seen[slug]++
        }'
}

# turn COMMAND...: run it on a network of its own, under guard; where that is not
# allowed, by turns.  Skips the test if the lessons' port does not become free.
turn() {
    local status=0 tries=0 lock=$BATS_SUITE_TMPDIR/turn privileges=()

    case ${*: -1} in
    docs/lab.md) privileges=(-p) ;; # it makes networks of its own
    esac
    set -- "$TOOLS/guard" "${privileges[@]}" -t 300 -o 100000000 -- "$@"
    if "$TOOLS/room" true 2>/dev/null; then
        "$TOOLS/room" "$@" 3>&- 4>&- || return
        return 0
    fi
    until mkdir "$lock" 2>/dev/null; do
        sleep 0.1
    done
    until "$TOOLS/probe" free 127.0.0.1:65432 2>/dev/null; do # TIME_WAIT lasts
        if [ "$((tries += 1))" -gt 65 ]; then
            rmdir "$lock"
            skip "port 65432 is taken, and this system lets us make no network of our own"
        fi
        sleep 1
    done
    "$@" 3>&- 4>&- || status=$?
    rmdir "$lock"
    return "$status"
}

# needs_terminal: skip where no pseudo-terminal is to be had, as in a root without
# /dev/pts.
needs_terminal() {
    { : <>/dev/ptmx; } 2>/dev/null || skip "this system gives us no pseudo-terminal"
}

# replays FILE: its transcripts come true (by tests/tools/terminal; all
# programs are built).  Waiting for a line it is patient for PATIENCE seconds.  What
# is not installed is skipped, but with STRICT set that is wrong too.
replays() {
    local status=0

    turn "$TOOLS/terminal" -t "${PATIENCE:-30}" "$1" >"$BATS_TEST_TMPDIR/replay" || status=$?
    cat "$BATS_TEST_TMPDIR/replay"
    [ "$status" = 0 ] || return 1
    ! grep -q '^skipped' "$BATS_TEST_TMPDIR/replay" || [ -z "$STRICT" ]
}

# fences FILE...: a block of notes is code of a program, a transcript or text (in
# docs also sh, to be copied).  A transcript has a caption that names its terminal, and
# not to replay one takes a reason.
fences() {
    local file

    for file; do
        LC_ALL=C awk -v file="$file" '
            function complain(what) { print file ":" FNR ": " what }
            { above = line; line = $0; if (above ~ /[^ ]/) text = above }
            /^ *```/ {
                fenced = !fenced
                name = $1
                sub(/^```/, "", name)
                if (fenced)
                    start = FNR
                if (fenced && name == "sh" && file !~ /^lessons/)
                    next
                if (fenced && (NF > 1 || name !~ /^(c|console|text)$/))
                    complain("a block of \"" name "\": make it c (of a program), console (replayed) or text")
                if (!fenced && name != "")
                    complain("the block above has no end")
                if (fenced && name == "console" && text !~ /<!-- not replayed/ && above !~ /^ *\*Terminal [1-9].*\*$/)
                    complain("say above the block on which terminal it runs: *Terminal 1*")
            }
            !fenced && /<!-- *not replayed/ {
                if (file != "README.md" && file != "docs/setup.md")
                    complain("only README.md and docs/setup.md may have transcripts that are not replayed")
                else if ($0 !~ /^ *<!-- not replayed: [^ ].* -->$/)
                    complain("say why: <!-- not replayed: REASON -->")
            }
            END { if (fenced) print file ":" start ": this block has no end" }
            ' "$file"
    done | verdict
}

# snippets FILE...: each c block stands, line for line, in a program beside FILE.
snippets() {
    local file programs

    for file; do
        programs=("${file%/*}"/*.c)
        [ -e "${programs[0]}" ] || programs=()
        LC_ALL=C awk -v file="$file" '
            FILENAME != file { program[FILENAME] = program[FILENAME] "\n" $0; next }
            /^ *```/ && !fenced {
                fenced = 1
                match($0, /^ */)
                indent = RLENGTH
                c = ($1 == "```c")
                n = 0
                next
            }
            /^ *```/ {
                fenced = 0
                block = ""
                for (i = 1; c && i <= n; i++) {
                    block = block "\n" line[i]
                    found = 0
                    for (p in program)
                        if (index(program[p] "\n", block "\n"))
                            found = 1
                    if (!found) {
                        print file ":" FNR - n + i - 1 ": no program of the lesson has this line here: " line[i]
                        print "    copy whole lines of one program, or make the block text"
                        break
                    }
                }
                next
            }
            fenced { line[++n] = substr($0, 1, indent) ~ /^ *$/ ? substr($0, indent + 1) : $0 }
            ' "${programs[@]}" "$file"
    done | verdict
}

# blocks FILE: its c and console blocks line for line, with what is typed and on which
# terminal: LINE, a tab, the text.
blocks() {
    LC_ALL=C awk '
        function say(text) { print FNR "\t" text }
        !fenced && /^ *<!-- *(types|terminal) / { sub(/^ */, ""); say($0) }
        !fenced && /^ *\*Terminal [0-9]/ { say("*Terminal " substr($2, 1, 1) "*") }
        /^ *```/ {
            fenced = !fenced
            if (fenced) {
                match($0, /^ */)
                indent = RLENGTH
                shown = $1 ~ /^```(c|console)$/
            }
            if (shown)
                say(fenced ? $1 : "```")
            next
        }
        fenced && shown { say(substr($0, 1, indent) ~ /^ *$/ ? substr($0, indent + 1) : $0) }
        ' "$1"
}

# translated FILE...: the code and the transcripts of a translation (README.de.md) are
# those of what it translates (README.md).
translated() {
    local file original

    for file; do
        original=${file%.*.md}.md
        if [ ! -f "$original" ]; then
            echo "$file:1: there is no $original that this could be a translation of"
            continue
        fi
        LC_ALL=C awk -F '\t' -v file="$file" -v original="$original" '
            function text() { return substr($0, length($1) + 2) }
            FNR == NR { line[++n] = text(); at[n] = $1; next }
            text() != line[++i] {
                print file ":" $1 ": this differs from line " at[i] + 0 " of " original ": " text()
                print "    code and transcripts are not translated: copy them"
                failed = 1
                exit
            }
            END {
                if (!failed && i < n)
                    print file ":1: a block is missing, which begins in line " at[i + 1] " of " original
            }' <(blocks "$original") <(blocks "$file")
    done | verdict
}

# links FILE...: each leads to a file that exists, and to a heading in it, or is
# https.  (Nothing is fetched.)
links() {
    local file

    for file; do
        {
            spans '\\]\\(' '([^()]|\\([^()]*\\))*' '\\)' "$file" | sed 's/ \](/ /; s/)$//'
            spans '(src|href)="' '[^"]*' '"' "$file" | sed 's/ [a-z]*="/ /; s/"$//'
            spans '<http' '[^>]*' '>' "$file" | sed 's/ </ /; s/>$//'
            prose "$file" | LC_ALL=C awk '/^\[[^]]*\]: / { print NR, $2 }
                match($0, /(^|[^"(<])http:[^ )]*/) { print NR, substr($0, RSTART + 1, RLENGTH - 1) }'
        } | while read -r line target; do
            link "$file" "$line" "${target%% *}"
        done
    done | verdict
}

# link FILE LINE TARGET: complain unless TARGET is one that FILE may link to.
link() {
    local path=${3%%#*} fragment=''

    case $3 in
    https://*)
        [[ $3 =~ ^https://[a-z0-9-]+(\.[a-z0-9-]+)+(/[^[:space:]]*)?$ ]] ||
            echo "$1:$2: $3: this is no address of a page"
        return
        ;;
    /* | *:*)
        echo "$1:$2: $3: link to a file relatively, to a page by https"
        return
        ;;
    *"#"*) fragment=${3#*#} ;;
    esac
    case $1 in
    */*) path=${1%/*}/$path ;;
    esac
    [ "${3%%#*}" ] || path=$1
    if [ ! -e "$path" ]; then
        echo "$1:$2: $3: there is no $path"
    elif [ "$fragment" ] && ! { [ -f "$path" ] && slugs "$path" | grep -qxF -e "$fragment"; }; then
        echo "$1:$2: $3: $path has no heading of that name"
    fi
}

# terms LIST FILE...: what is bold in FILE... is bold there once and has an entry
# in LIST that names the FILE; and no entry is for nothing.
terms() {
    local list=$1 file

    shift
    {
        prose "$list" | LC_ALL=C awk '/^[-*] +\*\*/ { print "entry", FILENAME, NR, $0 }' -
        for file; do
            spans '\\*\\*' '[^*]+' '\\*\\*' "$file" | sed "s,^,bold $file ,"
        done
    } | LC_ALL=C awk -v list="$list" '
        function term(text) {
            match(text, /\*\*[^*]*\*\*/)
            return tolower(substr(text, RSTART + 2, RLENGTH - 4))
        }
        { name = term($0) }
        $1 == "entry" {
            at = list ":" $3
            if (!match($0, /\*\* \(lesson \[[0-9]+\]\(\.\.\/[^)]*\)\): ./))
                print at ": write - **term** (lesson [02](../lessons/02-bind/README.md)): definition"
            if (name in entry)
                print at ": " name ": it has an entry in line " entry[name] " already"
            entry[name] = $3
            match($0, /\]\(\.\.\/[^)]*\)/)
            where[name] = substr($0, RSTART + 5, RLENGTH - 6)
        }
        $1 == "bold" {
            at = $2 ":" $3
            if (name in bold)
                print at ": " name ": it is bold already, " bold[name] "; a term is bold once in the course"
            else if (!(name in entry))
                print at ": " name ": bold is for terms, and this one has no entry in " list
            else if (where[name] != $2)
                print list ":" entry[name] ": " name ": it is bold in " $2 ", not in " where[name]
            bold[name] = at
        }
        END {
            for (name in entry)
                if (!(name in bold))
                    print list ":" entry[name] ": " name ": it is bold in no lesson"
        }' | sort -t: -k1,1 -k2,2n | verdict
}

# pictures FILE...: each picture in FILE... has an alternative text; each of
# assets/ is small, says what it shows, and is shown.
pictures() {
    local file picture

    {
        for file; do
            spans '!\\[' '[ \n]*' '\\]\\(' "$file" | sed "s,^\([0-9]*\).*,$file:\1: say in the brackets what the picture shows,"
            spans '<img ' '[^>]*' '>' "$file" | grep -v 'alt="[^"]' |
                sed "s,^\([0-9]*\).*,$file:\1: say in alt=\"\" what the picture shows,"
        done
        for picture in assets/*.svg; do
            [ "$(wc -c <"$picture")" -lt 6144 ] || echo "$picture:1: it has 6 kB or more; draw it more simply"
            grep -q '<title[ >]' "$picture" || echo "$picture:1: it has no <title>"
            grep -q '<desc[ >]' "$picture" || echo "$picture:1: it has no <desc>"
            cat "$@" | grep -q "[(\"/]${picture}[)\" ]" || echo "$picture:1: nobody shows it: use it or remove it"
        done
    } | verdict
}

# lengths FILE...: their lines fit on a screen.
lengths() {
    local file

    for file; do
        prose "$file" | LC_ALL=C tr -d '\200-\277' | LC_ALL=C awk -v file="$file" '
            /^ *\|/ || /^!\[/ { next } # a row of a table, a picture
            length($0) >= 120 && / / { print file ":" NR ": this line has " length($0) " columns; break it before 120" }'
    done | verdict
}

# hints SUITE...: each heading that a failed check would send a learner to
# exists in the notes of the suite's lesson, or of the lesson whose number it has.
hints() {
    local suite lesson notes line heading other

    for suite; do
        lesson=${suite##*/}
        notes=lessons/${lesson%.bats}/README.md
        if [ ! -f "$notes" ]; then
            echo "$suite:1: there is no $notes for a failed check to point to"
            continue
        fi
        LC_ALL=C awk '
            { text = text $0 }
            sub(/\\$/, "", text) { next }
            text ~ /^ *hint / {
                if (match(text, /("[^"]*"|\047[^\047]*\047) *$/))
                    text = substr(text, RSTART + 1, RLENGTH - 2)
                print NR, text
            }
            { text = "" }' "$suite" |
            while read -r line heading; do
                other=$notes
                case $heading in
                [0-9][0-9]:\ *) other=$(echo lessons/"${heading%%:*}"-*/README.md) heading=${heading#*: } ;;
                esac
                prose_headings "$other" | grep -qxF -e "$heading" ||
                    echo "$suite:$line: $other has no heading \"$heading\""
            done
    done | verdict
}

# prose_headings FILE: its headings, as they are written.
prose_headings() {
    LC_ALL=C awk '/^ *```/ { fenced = !fenced } !fenced && sub(/^##+ +/, "")' "$1"
}
