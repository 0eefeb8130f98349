# find.bash - which files of a submission are programs of which lesson.
#
# A submission is a directory or an archive, and archives in it are opened, too.  Nothing
# in it is trusted: no link is followed, and whatever is too large, too deep or too much
# is left out, with a reason.  find.awk decides; a new layout belongs there.

# course_sums: write the sums of the tokens of the course's own programs to
# $scratch/course.sums, as find.awk and same.awk read them: LESSON PROGRAM SUM WHAT.
course_sums() {
    local course=${here%/*}

    { ls -d "$course"/lessons/*/*.c "$here"/self/styles/*/*/*.c; } 2>/dev/null | "$tools/tokens" | awk -F'\t' '
        $1 == "ok" {
            n = split($5, part, "/")
            what = part[n - 2] == "lessons" ? "own" : "style"
            print (what == "own" ? part[n - 1] : part[n - 2]) "\t" part[n] "\t" $3 "\t" what
        } END { print "-" }' >"$scratch/course.sums" || die 3 "cannot write to $scratch"
}

# list_of_lessons: write what find.awk must know of each lesson to $scratch/lessons:
# LESSON, its programs, 1 if it is graded, and those of its programs that no test asks for.
list_of_lessons() {
    local suite lesson graded programs file others

    for suite in "$here"/[0-9]*.bats; do
        lesson=$(basename "$suite" .bats)
        case " ${lessons[*]} " in *" $lesson "*) graded=1 ;; *) graded='' ;; esac
        programs=$(sed -n "s/^programs='\(.*\)'$/\1/p" "$suite") others=''
        for file in "${here%/*}/lessons/$lesson"/*.c; do
            file=${file##*/} file=${file%.c}
            case " $programs * " in *" $file "*) ;; *) others="$others $file" ;; esac
        done
        printf '%s\t%s\t%s\t%s\n' "$lesson" "$programs" "$graded" "${others# }"
    done >"$scratch/lessons" || die 3 "cannot write to $scratch"
}

# list ROOT DIR: print what is in DIR, a line for each file: ROOT, a letter for its type,
# and its path.  A name with control characters in it could not be told in a line.
list() {
    (cd -P "$2" && find . -mindepth 1 -maxdepth 12 \( -name .git -o -name node_modules -o -name __MACOSX \) -prune \
        -o -name '*[[:cntrl:]]*' -prune -exec printf "$1\tx\t%.0s\n" {} + \
        -o -type f -exec printf "$1\tf\t%s\n" {} + -o -type d -exec printf "$1\td\t%s\n" {} + \
        -o -type l -exec printf "$1\tl\t%s\n" {} + -o -exec printf "$1\to\t%s\n" {} +) |
        sed 's|	\./|	|' | head -n 100000
}

# archive_name PATH: print a harmless name for the archive; or fail, if it is none.
archive_name() {
    case $(tr '[:upper:]' '[:lower:]' <<<"${1##*/}") in
    *.zip) echo handed-in.zip ;;
    *.tar | *.tgz | *.tar.gz | *.tar.bz2 | *.tar.xz) echo handed-in.tar ;;
    *) return 1 ;;
    esac
}

# unpack ARCHIVE DIR: unpack the C files of an archive into DIR; or print why not.
unpack() {
    local names=$2.names tool=tar gnu=()

    if [ "$(wc -c <"$1" 2>/dev/null || echo 99999999)" -gt 20000000 ]; then echo "larger than 20 MB" && return; fi
    [ "$(archive_name "$1")" != handed-in.zip ] || tool=unzip
    command -v "$tool" >/dev/null || { echo "$tool is not installed here" && return; }
    (
        ulimit -f 1024 -t 20 -c 0
        if [ "$tool" = unzip ]; then exec unzip -Z1 "$1"; else exec tar -tf "$1"; fi
    ) >"$names" 2>/dev/null </dev/null
    [ -s "$names" ] || { echo "$tool cannot read it" && return; }
    grep -qE '^/|(^|/)\.\.(/|$)' "$names" && { echo "it contains paths that lead out of it" && return; }
    grep -iE '\.[ch](\.txt)?$' "$names" >"$names.c"
    [ "$(wc -l <"$names.c")" -le 200 ] || { echo "more than 200 C files" && return; }
    [ -s "$names.c" ] || { echo "no C file in it" && return; }
    ! tar --version 2>/dev/null | grep -q GNU || gnu=(--wildcards --ignore-case)
    mkdir "$2" && (
        ulimit -f 512 -t 20 -c 0 # half a MiB for each file
        if [ "$tool" = unzip ]; then
            LC_ALL=C.UTF-8 exec unzip -qq -n -C -P none "$1" '*.c' '*.h' '*.c.txt' -d "$2"
        else
            cd "$2" && exec tar -xf "$1" --no-same-owner --no-same-permissions ${gnu[@]+"${gnu[@]}"} '*.[ch]' '*.c.txt'
        fi
    ) </dev/null >/dev/null 2>&1
    chmod -R u+rwX "$2" 2>/dev/null
    [ -n "$(ls -A "$2")" ] || echo "$tool cannot unpack it"
}

# open_archives WORK: unpack the archives in the list, and add what is in them to it.
open_archives() {
    local work=$1 n=0 from archive why

    while IFS='	' read -r from archive; do
        n=$((n + 1))
        if [ "$n" -gt 5 ]; then
            why='more than five archives'
        else
            why=$(unpack "$from" "$work/archive.$n")
        fi
        if [ -n "$why" ]; then
            printf 'left\t%s\tarchive not opened: %s\n' "$archive" "$why"
        else
            printf '%d\t%s\t%s\t\n' "$n" "$work/archive.$n" "$archive" >>"$work/roots"
            list "$n" "$work/archive.$n" >>"$work/list"
        fi
    done
}

# why_nothing WORK: print why nothing was found, and what to do about it.
why_nothing() {
    if [ -z "$(find -H "$1/root" -mindepth 1 -print 2>/dev/null | head -c 1)" ]; then
        echo "it is empty"
    elif [ -z "$(find -H "$1/root" -mindepth 1 ! -type d -print 2>/dev/null | head -c 1)" ] && [ ! -s "$1/denied" ]; then
        echo "there is no file in its folders"
    else
        awk -F'\t' -v folder="${lessons[0]}/" '
            $1 == "left" && $3 ~ /^neither its name nor its folder/ { file = $2; unknown++ }
            $1 == "left" && !left++ { first = ($2 == "." || $2 == "..." ? "" : $2 ": ") $3 }
            END {
                if (unknown == 1) print "neither the name nor the folder of " file " says which lesson it belongs to; put it into a folder such as " folder
                else if (unknown) print "neither names nor folders say which lessons its " unknown " C files belong to; put each into a folder such as " folder
                else if (left) print first (left > 1 ? "; its report says why " left - 1 " more " (left > 2 ? "were" : "was") " left out" : "")
                else print "none of its files is a program that is asked for"
            }' "$1/found"
    fi
}

# find_programs INDEX WORK: look through a submission.  Writes to the directory WORK:
# `plan`, for tests/tools/tokens: which file is copied, and to where in WORK/programs;
# and `found`, what the report tells.  (A link that we make has no blanks in its path.)
find_programs() {
    local path=${paths[$1]} name=${names[$1]} work=$2 course=${here%/*}

    case $course in "$path"/*) export ours=${course#"$path"/} ;; *) export ours='' ;; esac

    : >"$work/denied" && : >"$work/archives" || return 1
    if [ -d "$path" ]; then
        ln -s "$path" "$work/root" && printf '0\t%s\t\t%s\n' "$work/root" "$name" >"$work/roots" || return 1
        list 0 "$work/root" >"$work/list" 2>"$work/denied"
        grep -iE '^0	f	.*\.(zip|tar|tgz|tar\.(gz|bz2|xz))$' "$work/list" | head -n 100 |
            awk -F'\t' -v OFS='\t' '{ print ENVIRON["work"] "/root/" $3, $3 }' >"$work/archives"
    else
        mkdir "$work/root" && ln -s "$path" "$work/root/$(archive_name "$path")" || return 1
        printf '0\t%s\t\t%s\n' "$work/root" "$name" >"$work/roots" && : >"$work/list" || return 1
        printf '%s\t%s\n' "$work/root/$(archive_name "$path")" "$name" >"$work/archives"
    fi
    [ ! -s "$work/archives" ] || open_archives "$work" <"$work/archives" >"$work/closed"
    sort -o "$work/list" "$work/list" &&
        awk -F'\t' 'NR == FNR { root[$1] = $2; next } $2 == "f" && tolower($3) ~ /\.[ch](\.txt)?$/ && ++n <= 1000 { print root[$1] "/" $3 }' \
            "$work/roots" "$work/list" | { echo none && "$tools/tokens"; } >"$work/sums" &&
        awk -f "$here/grading/find.awk" "$scratch/lessons" "$scratch/course.sums" "$work/roots" "$work/sums" "$work/list" >"$work/found" || return 1
    [ ! -e "$work/closed" ] || cat "$work/closed" >>"$work/found"
    sed -n "s/^find: *'\{0,1\}\.\/\(.*[^']\)'\{0,1\}: [A-Z][a-z ]*$/left	\1	permission denied/p" "$work/denied" >>"$work/found"
    grep -q '^taken' "$work/found" || printf 'note\tnothing to grade was found: %s\n' "$(why_nothing "$work")" >>"$work/found"
}
