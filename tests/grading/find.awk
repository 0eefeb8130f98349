# find.awk - decide which file of a submission is which program; see find.bash.
#
#     work=DIR awk -f find.awk LESSONS COURSE ROOTS SUMS LIST
#
# Prints lines for .results/about, and writes a line for each program to DIR/plan: its path,
# and to where in DIR/programs it is to be copied.
#
# A file is a candidate for a program if its path says so: a directory's name gives the
# lesson (04-echo, 04, Lesson 4, echo), and the file's own name the program (server.c,
# Server.C, echo_server.c, server (1).c), or both.  All candidates for a lesson that lie
# together are a place.  Of several places the best one is taken:
#
#     work/ of a clone; then any other; then archives; then lessons/ of a clone
#     the one with more of the lesson's programs; the less deep one; the first by name
#
# What lies in lessons/ and is the course's own counts only if nothing else was handed in.

BEGIN { FS = OFS = "\t"; plan = ENVIRON["work"] "/plan"; ours = ENVIRON["ours"]; printf "" >plan }

FNR == 1 { file++ }

file == 1 {
    lesson[++lessons] = $1
    number[substr($1, 1, 2) + 0] = lessons
    name[lessons] = squash(substr($1, 4))
    full[lessons] = substr($1, 4)
    programs[lessons] = split($2, p, " ")
    for (i in p) { program[lessons, i] = p[i]; of[p[i]] = of[p[i]] " " lessons }
    graded[lessons] = $3
    extras[lessons] = $4
    if ($3) { how_many++; only = lessons }
    next
}
file == 2 { if ($4 == "own") { own[$1, $2] = $3; ours_too[$3] = 1 } next }
file == 3 { root[$1] = $2; inside[$1] = $3; if ($4 != "") submission = $4; next }
file == 4 { if ($1 == "ok") sum[$5] = $3; else why[$3] = $2; next }
{ type[++files] = $2; from[files] = $1; path[files] = $3 }

# A name without what people vary: case, blanks, underscores, brackets.
function norm(s) {
    s = tolower(s)
    gsub(/[^a-z0-9]+/, "-", s)
    gsub(/^-|-$/, "", s)
    return s
}
function squash(s) { s = norm(s); gsub(/-/, "", s); return s }

# lesson_of(WORD): the lesson that a directory of this name is, or 0; sets strength: 4
# number and name, 3 its name, 2 its number, 1 a number with another word.
function lesson_of(s,    l, rest, named, prefix) {
    strength = 0
    s = norm(s)
    rest = s
    if (sub(/^(lesson|lesson-no|lektion|exercise|ex|task|part|unit|step|stage|lab|assignment|hw|homework|project|week|sheet|problem|aufgabe|blatt|woche|chapter|ch|l)-?/, "", rest) && rest ~ /^[0-9]/) {
        prefix = s ~ /^le/ ? 3 : 2
        s = rest
    } else sub(/^lesson-/, "", s)
    for (l = 1; l <= lessons; l++)
        if (squash(s) == name[l]) { strength = 3; return l }
    if (s !~ /^[0-9]/) {
        for (l = 1; l <= lessons; l++) {
            rest = s
            if (index(rest, full[l] "-") == 1) {
                rest = substr(rest, length(full[l]) + 2)
                if (rest ~ /^(server|client|solution|final|done|copy|new|old|lesson|app|room|program|programs|task|exercise|v?[0-9]+)$/) { strength = 2; return l }
            }
            # (The course's own name ends in socket, too.)
            if (l > 2 && length(s) > length(full[l]) && substr(s, length(s) - length(full[l])) == "-" full[l]) { strength = 1; return l }
        }
        return 0
    }
    match(s, /^0*[0-9]+/)
    l = substr(s, 1, RLENGTH) + 0
    rest = substr(s, RLENGTH + 1)
    if (!(l in number)) return 0
    l = number[l]
    if (rest == "") { strength = prefix ? prefix : s ~ /^0/ ? 3 : 2; return l }
    for (named = 1; named <= lessons; named++)
        if (squash(rest) == name[named]) {
            strength = named == l ? 4 : 3
            return named
        }
    if (index(squash(rest), name[l]) == 1) { strength = 3; return l }
    if (rest !~ /^-/) return 0
    strength = prefix ? 2 : 1
    return l
}

# program_of(STEM, LESSON): which program of the lesson a file of this name is, or "";
# sets rank: the smaller, the surer.
function program_of(stem, l,    s, i, p, rest, found, known) {
    s = norm(stem)
    rank = 9
    if (extra_of(s, l) != "") return ""
    for (i = 1; i <= programs[l]; i++) {
        p = program[l, i]
        known = 9
        if (stem == p) known = 0
        else if (s == p) known = 1
        else if (index(s, p) == 1) {
            rest = substr(s, length(p) + 1)
            if (lesson_of(rest) == l) known = 2
            else if (rest ~ /^-?(v?[0-9]+|final|new|copy|kopie|fixed|done|neu)(-|$)/) known = 3
        } else if (length(s) > length(p) && substr(s, length(s) - length(p) + 1) == p) {
            rest = substr(s, 1, length(s) - length(p))
            known = lesson_of(rest) == l ? 2 : 3
        }
        if (known < rank) { rank = known; found = p } else if (known < 9 && known == rank) found = ""
    }
    if (rank == 9 && programs[l] == 1) {
        found = program[l, 1]
        if (lesson_of(stem) == l) rank = 2
        else if (s == "main" || s == "program" || s == "solution") rank = 4
        else found = ""
    }
    return found
}

# extra_of(STEM, LESSON): which program of the lesson that no test asks for a file of this
# name is, or "".
function extra_of(stem, l,    s, i, n, e) {
    s = "-" norm(stem)
    n = split(extras[l], e, " ")
    for (i = 1; i <= n; i++)
        if (squash(s) == squash(e[i]) || substr(s, length(s) - length(e[i])) == "-" e[i]) return e[i]
    return ""
}

# flat_extra(STEM): the lesson of such a program that lies in no lesson's directory, or 0.
function flat_extra(stem,    s, l, e) {
    s = norm(stem)
    for (l = 1; l <= lessons; l++) {
        e = extra_of(s, l)
        if (e != "" && (squash(s) == squash(e) || lesson_of(substr(s, 1, length(s) - length(e) - 1)) == l)) return l
    }
    return 0
}

function not_judged(f, l, stem) {
    if (told[f]++ == 0 && graded[l]) print "note", shown(f) " is not judged: no test of " lesson[l] " asks for " extra_of(stem, l) ".c"
}

# flat(STEM): the lesson of a file that lies in no lesson's directory, or 0; sets flat_program.
function flat(stem,    s, l, p, rest, found) {
    s = norm(stem)
    for (l = 1; l <= lessons; l++) {
        flat_program = program_of(stem, l)
        if (flat_program != "" && rank == 2) return l
    }
    for (p in of)
        if (s == p && split(of[p], found, " ") == 1) { flat_program = p; rank = 3; return found[1] }
    if (how_many == 1 && (flat_program = program_of(stem, only)) != "") return only
    return 0
}

# in_course(FILE): whether it came with a clone of this repository, and is not a lesson's.
function in_course(f,    r, p) {
    for (r in clone) {
        split(r, p, SUBSEP)
        if (p[1] == from[f] && index(path[f], p[2]) == 1 &&
            substr(path[f], length(p[2]) + 1) ~ /^(tests|docs|assets|build)(\/|$)|^[A-Z]+(\.md)?$|^Makefile$|^lessons\/[^\/]*\/(README.md|Makefile)$/)
            return 1
    }
    return 0
}

function shown(f) { return inside[from[f]] == "" ? path[f] : path[f] == "" ? inside[from[f]] : inside[from[f]] "/" path[f] }
function real(f) { return root[from[f]] "/" path[f] }
function leave(f, reason) { if (!told[f]++) left[++lefts] = shown(f) OFS reason }

# look(FILE): note what it may be.
function look(f,    n, c, i, l, best, where, dir, depth, whole, stem, p, z) {
    whole = shown(f)
    n = split(whole, c, "/")
    z = 2
    l = best = where = 0
    for (i = 0; i < n; i++) {
        if (i > 0 && c[i] ~ /^\./) return # hidden
        dir = i ? c[i] : submission
        if (tolower(dir) == "work") { z = 1; continue }
        if (tolower(dir) == "lessons" && i) { z = 4; continue }
        sub(/\.(zip|tar|tgz|tar\.[a-z0-9]*)$/, "", dir)
        if (p = lesson_of(dir)) {
            if ((i == 0 || (how_many == 1 && p != only)) && strength < 3) continue
            if (best == 4 && dir !~ /[0-9]/) continue # 09-non-blocking/epoll is a way to write 09
            if (strength >= best || strength > 2) { l = p; best = strength; where = i }
        }
    }
    if (z != 4 && from[f] > 0) z = 3
    if (type[f] == "d") { return }
    stem = c[n]
    if (stem ~ /^\./) return
    if (tolower(stem) !~ /\.[ch](\.txt)?$/) {
        if (tolower(stem) ~ /\.(cc|cpp|cxx)$/ && type[f] == "f") leave(f, "C++; the lessons are in C")
        else if (l == 0 || graded[l]) other(f, n)
        return
    }
    if (l && !graded[l]) {
        if ((real(f) in sum) && (z != 4 || !(sum[real(f)] in ours_too))) something_own = 1
        return
    }
    if (type[f] != "f") { leave(f, type[f] == "l" ? "a link" : "not a regular file"); return }
    if (real(f) in why) { leave(f, why[real(f)]); return }
    if (!(real(f) in sum)) { leave(f, "there are too many C files"); return }
    sub(/\.[cChH](\.[tT][xX][tT])?$/, "", stem)
    if (tolower(c[n]) ~ /\.h(\.txt)?$/) {
        p = ""; rank = 9
        if (!l) { unknown[++unknowns] = f; return }
    } else if (l) {
        p = program_of(stem, l)
        dir = extra_of(stem, l)
        if (dir != "" && (z != 4 || sum[real(f)] != own[lesson[l], dir ".c"])) extra[f] = stem
    } else if (i = flat_extra(stem)) { not_judged(f, i, stem); return }
    else { l = flat(stem); p = flat_program; if (l == 0) { unknown[++unknowns] = f; return } if (!graded[l]) return }
    if (p == "" && l && n > 1 && c[n] !~ /\.[hH]$/ && (norm(stem) ~ /^(main|program|prog)$/ || lesson_of(stem) == l))
        for (i = 1; i <= programs[l]; i++) if (norm(c[n - 1]) == program[l, i]) { p = program[l, i]; rank = 4 }
    if (rank == 0 && c[n] !~ /\.c$/) rank = 1
    dir = ""
    for (i = 1; i <= where; i++) dir = dir c[i] "/"
    if (!where) for (i = 1; i < n; i++) dir = dir c[i] "/"
    if (dir == "") dir = "."
    if (!((l, dir) in zone)) { places[l] = places[l] SUBSEP dir; zone[l, dir] = z; depth_of[l, dir] = gsub(/\//, "/", dir) }
    of_place[l, dir] = of_place[l, dir] " " f
    what[f] = p; rank_of[f] = rank; depth_of_file[f] = n
    if (p != "") {
        if (!((l, dir, p) in chosen)) found[l, dir]++
        if (!((l, dir, p) in chosen) || better(f, chosen[l, dir, p])) chosen[l, dir, p] = f
        if (sum[real(f)] != own[lesson[l], p ".c"]) touched[l, dir] = 1
    }
}

# The files that are no programs are counted, for each directory.
function other(f, n,    dir, base) {
    if (type[f] == "o") { leave(f, "not a regular file"); return }
    dir = shown(f)
    sub(/\/?[^\/]*$/, "", dir)
    base = shown(f)
    sub(/.*\//, "", base)
    if (type[f] == "l") { leave(f, "a link"); return }
    if (tolower(base) ~ /\.(rar|7z|gz|xz|bz2)$/ && tolower(base) !~ /\.tar\./) { leave(f, "an archive of a kind that we don't open; hand in a .zip"); return }
    if (base == "Makefile" || tolower(base) ~ /\.(zip|tar|tgz|tar\.(gz|bz2|xz))$/) return # told elsewhere
    if (!(dir in others)) other_dir[++other_dirs] = dir
    if (++others[dir] <= 3) other_names[dir] = other_names[dir] (others[dir] > 1 ? ", " : "") base
}

function better(f, g) {
    if (rank_of[f] != rank_of[g]) return rank_of[f] < rank_of[g]
    if (depth_of_file[f] != depth_of_file[g]) return depth_of_file[f] < depth_of_file[g]
    return path[f] < path[g]
}

# better_place(LESSON, A, B): whether A is to be taken rather than B.
function better_place(l, a, b) {
    if (zone[l, a] != zone[l, b]) return zone[l, a] < zone[l, b]
    if (found[l, a] != found[l, b]) return found[l, a] > found[l, b]
    if (depth_of[l, a] != depth_of[l, b]) return depth_of[l, a] < depth_of[l, b]
    return a < b
}

# take(FILE, LESSON, NAME): it is copied.
function take(f, l, as,    d) {
    print real(f), ENVIRON["work"] "/programs/" lesson[l] "/" as >>plan
    used[l, as] = shown(f)
    told[f] = 1
    d = shown(f)
    sub(/[^\/]*$/, "", d)
    d = d as == shown(f) ? (d == "" ? as : substr(d, 1, length(d) - 1)) : shown(f) " (as " as ")"
    if (!said[l, d]++) print "taken", lesson[l], d
}

function known_as(l,    i, s) {
    for (i = 1; i <= programs[l]; i++) s = s (i > 1 ? ", " : "") program[l, i] ".c"
    return s
}

# choose(LESSON): take its programs from the best place; what is missing there, from others.
function choose(l,    n, i, j, k, place, swap, p, f, list, dirs, d, base) {
    n = split(substr(places[l], 2), place, SUBSEP)
    for (i = 1; i < n; i++) for (j = i + 1; j <= n; j++)
        if (better_place(l, place[j], place[i])) { swap = place[i]; place[i] = place[j]; place[j] = swap }
    for (i = 1; i <= n; i++) {
        if (zone[l, place[i]] == 4 && !touched[l, place[i]] && something_own) {
            if (found[l, place[i]]) unchanged[++unchangeds] = place[i]
            k = split(of_place[l, place[i]], list, " ")
            for (j = 1; j <= k; j++) told[list[j]] = 1
            continue
        }
        for (j = 1; j <= programs[l]; j++) {
            p = program[l, j]
            if (!((l, place[i], p) in chosen)) continue
            f = chosen[l, place[i], p]
            if ((l, p ".c") in used) leave(f, used[l, p ".c"] " was taken as " p ".c")
            else {
                take(f, l, p ".c")
                d = shown(f); sub(/[^\/]*$/, "", d); dirs[d] = 1
            }
        }
    }
    # What lies beside the programs may be included by them.
    for (i = 1; i <= n; i++) {
        k = split(of_place[l, place[i]], list, " ")
        for (j = 1; j <= k; j++) {
            f = list[j]
            if (told[f]) continue
            d = base = shown(f)
            sub(/[^\/]*$/, "", d); sub(/.*\//, "", base)
            if (what[f] != "" && (l, what[f] ".c") in used) leave(f, used[l, what[f] ".c"] " was taken as " what[f] ".c")
            else if (f in extra) {
                # It may be included by others, so it is copied, too.
                if ((d in dirs) && base ~ /^[A-Za-z0-9_][A-Za-z0-9._-]*\.c$/ && !((l, base) in used) && ++beside[l] <= 30) take(f, l, base)
                told[f] = 0
                not_judged(f, l, extra[f])
            } else if ((d in dirs) && base ~ /^[A-Za-z0-9_][A-Za-z0-9._-]*\.[ch]$/ && !((l, base) in used) && ++beside[l] <= 30) {
                take(f, l, base)
            } else leave(f, "not the name of a program of this lesson (" known_as(l) ")")
        }
    }
    for (d in dirs) delete dirs[d]
}

# several(): whether three or more folders have a lesson of their own; then this may be a class.
# Sets folders to words about that.
function several(    l, n, i, top, many, place, seen) {
    for (l = 1; l <= lessons; l++) {
        n = split(substr(places[l], 2), place, SUBSEP)
        many = 0
        for (i = 1; i <= n; i++) {
            top = place[i]
            sub(/\/.*/, "/", top)
            if (zone[l, place[i]] != 2 || top == place[i] || ((l, top) in seen)) continue
            seen[l, top] = 1
            if (++many <= 3) folders = many == 1 ? lesson[l] " is in " top : folders ", " top
        }
        if (many > 3) folders = folders " and " many - 3 " more"
        if (many > 2) return 1
    }
    return 0
}

# leave_unknown(FILE): no folder says which lesson it belongs to, and its name not enough.
function leave_unknown(f,    stem, l) {
    stem = path[f]
    sub(/.*\//, "", stem)
    sub(/\.[cChH](\.[tT][xX][tT])?$/, "", stem)
    l = lesson_of(stem)
    if (!l || strength < 2) {
        for (l = 1; !graded[l]; l++) continue
        leave(f, "neither its name nor its folder says which lesson it belongs to; put it into a folder such as " lesson[l] "/")
    } else if (graded[l]) leave(f, "its name says " lesson[l] ", but not which of its programs it is (" known_as(l) ")")
}

END {
    for (f = 1; f <= files; f++)
        if (path[f] ~ /(^|\/)tests\/helpers\.bash$/) { # the top of a clone
            if (++clones > 5) break
            top = path[f]; sub(/tests\/helpers\.bash$/, "", top); clone[from[f], top] = 1
        }
    for (f = 1; f <= files; f++) {
        if (type[f] == "x") { strange++; continue }
        if (ours != "" && from[f] == 0 && index(path[f] "/", ours "/") == 1) continue # that's us
        if (!in_course(f)) look(f)
    }
    for (l = 1; l <= lessons; l++) {
        n = split(substr(places[l], 2), where, SUBSEP)
        for (i = 1; i <= n; i++) if (found[l, where[i]] && (zone[l, where[i]] != 4 || touched[l, where[i]])) something_own = 1
    }
    for (l = 1; l <= lessons; l++) if (graded[l]) choose(l)
    if (several()) print "note", "several submissions in one? " folders "; if each is a student's, grade the folders in it (DIR/*)"
    for (i = 1; i <= unknowns; i++) leave_unknown(unknown[i])
    for (i = 1; i <= unchangeds; i++) left[++lefts] = unchanged[i] OFS "unchanged programs of the course; the student's own work is elsewhere in the submission"
    for (i = 1; i <= lefts && i <= 60; i++) print "left", left[i]
    if (lefts > 60) print "left", "...", lefts - 60 " more"
    for (i = 1; i <= other_dirs && i <= 20; i++) {
        d = other_dir[i]
        print "left", d == "" ? "." : d "/", others[d] (others[d] == 1 ? " file that is" : " files that are") " not C: " other_names[d] (others[d] > 3 ? ", ..." : "")
    }
    if (other_dirs > 20) print "left", "...", "files that are not C in " other_dirs - 20 " more directories"
    if (strange) print "left", "...", strange (strange == 1 ? " file whose name contains" : " files whose names contain") " control characters"
}
