# take.bash - what is copied from a submission, and what is left out, and why.

# take FROM TO LESSON: copy the programs; print which files are left out, and why.
take() {
    local entry name why

    if [ -L "$1" ]; then echo "$3: a link" && return; fi
    for entry in "$1"/* "$1"/.[!.]*; do
        name=${entry##*/} why=''
        [ "$name" != Makefile ] || [ -L "$entry" ] || continue # make start-04 put it there
        if [ -L "$entry" ]; then
            why='a link'
        elif [ ! -e "$entry" ]; then
            continue
        elif [ ! -f "$entry" ]; then
            why='not a regular file'
        else
            case $name in
            *[!A-Za-z0-9._-]* | .*) why='not the name of a program' ;;
            *.c) [ "$(wc -c <"$entry")" -le 262144 ] || why='more than 256 KiB, or not readable' ;;
            *) why='not a .c file' ;;
            esac
        fi
        if [ -z "$why" ] && ! head -c 262144 "$entry" >"$2/$name"; then
            rm -f "$2/$name" && why='not readable'
        fi
        [ -z "$why" ] || printf '%s/%q: %s\n' "$3" "$name" "$why"
    done 2>/dev/null
}
