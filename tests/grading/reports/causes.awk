# causes.awk - the failures of a submission, grouped by what they probably come from.
#
# A failure's account ends with a `likely:` line, and those who share that line share a
# cause.  This line is from a row of tests/symptoms, or it is only the hint of the test.  Such a
# hint counts less than what happened: a failure that shows what an earlier one has shown joins
# that one.  A program that is missing or does not compile is one cause for all of its tests.
# After find_causes(), for each of the CAUSES, in the order in which to fix them: MEMBERS[c] tests, MEMBER[c, i]
# the number of each, and what likely(c) says.

# The last line of test T's account that begins with WORD and a colon: the helpers of the
# tests write it at the end, after whatever the program wrote.
function says(t, word,    n, line, i) {
    n = split(text[t], line, "\n")
    for (i = n; i > 0; i--)
        if (index(line[i], word ":") == 1) { sub(/^[a-z]+: */, "", line[i]); return line[i] }
    return ""
}

# What happened in test T, without the lines at the end that say what to do about it.
function account(t,    n, line, i, s) {
    n = split(text[t], line, "\n")
    for (i = 1; i <= n; i++)
        if (line[i] != "" && line[i] !~ /^(likely|notes|read|again):/) s = s line[i] "\n"
    return s
}

# The line of an account that says most: what came instead of what was expected.
function gist(t,    n, line, i) {
    n = split(text[t], line, "\n")
    for (i = 1; i <= n; i++) if (line[i] ~ /^ *(but|instead|got):/) break
    if (i > n)
        for (i = 1; i <= n; i++) if (line[i] !~ /^ *(likely|notes|read|again|run|connect|send|expect|stream)[: ]/) break
    if (i > n) return ""
    sub(/^ */, "", line[i])
    return cut(line[i], 110)
}

# What the failures of one cause have in common.
function cause_of(t,    s) {
    if (status[t] == "error") return "error " detail[t]
    if (absent(of[t])) return "absent"
    s = text[t]; sub(/\n.*/, "", s)
    if (status[t] == "compile" || status[t] == "missing") return status[t] " " of[t] " " s
    s = says(t, "likely")
    if (s == "") s = verdict(t) " " gist(t)
    gsub(/-[0-9][0-9]/, "-NN", s) # `make check-04` in one lesson, `make check-06` in another
    return s
}

# Whether S is the likely cause of a row in tests/symptoms, which the evidence has chosen.
function from_symptoms(s,    line, file, row) {
    if (!symptoms_read++) {
        file = ENVIRON["COURSE"] "/tests/symptoms"
        while ((getline line < file) > 0) {
            if (sub(/^likely: */, "", line)) row = line
            else if (row != "" && sub(/^  +/, "", line)) row = row " " line
            else { if (row != "") symptom[row]; row = "" }
        }
        close(file)
    }
    gsub(/make (check|watch|hint)-[0-9][0-9]/, "make check-NN", s)
    return s in symptom
}

# What test T has seen, without what differs from test to test: numbers, and what was sent.
# Nothing if its account says too little.
function evidence(t,    n, line, i, s, seen) {
    s = gist(t)
    if (s == "" || status[t] == "compile" || status[t] == "missing" || absent(of[t])) return ""
    n = split(text[t], line, "\n")
    for (i = 1; i <= n; i++)
        if (line[i] ~ /^ *(meanwhile |the (server|client|program) had ended: |\| (server|client|names|naive): )/ && !(line[i] in seen)) {
            seen[line[i]]
            s = s "\n" line[i]
        }
    gsub(/"([^"\\]|\\.)*("|$)/, "\"\"", s)
    gsub(/[0-9]+([.:][0-9]+)*/, "0", s)
    return status[t] "\n" s
}

# How urgent cause C is: the lessons build on each other, so an earlier one comes first.
# Within a lesson, a program that cannot be built comes first, and then what most tests show.
function urgency(c,    t, n) {
    t = member[c, 1]
    if (status[t] == "error") return 1e9
    if (absent(of[t])) return 0
    n = (lessons + 1 - of[t]) * 1e6 + members[c]
    return n + (status[t] == "compile" ? 2e5 : status[t] == "missing" ? 1e5 : 0)
}

function find_causes(    t, k, c, i, n, e, best_of) {
    for (t = 1; t <= tests; t++) {
        if (!wrong(t)) continue
        if (absent(of[t])) absents++; else failures++
        k = cause_of(t); e = evidence(t)
        if (e != "" && (e in seen_in) && !(k in cause_named) && !from_symptoms(says(t, "likely"))) c = seen_in[e]
        else {
            if (!(k in cause_named)) cause_named[k] = ++causes
            c = cause_named[k]
        }
        if (e != "" && !(e in seen_in)) seen_in[e] = c
        member[c, ++members[c]] = t; cause_at[t] = c
    }
    for (i = 1; i <= causes; i++) {
        best_of = 0
        for (c = 1; c <= causes; c++)
            if (!(c in ranked) && (!best_of || urgency(c) > urgency(best_of))) best_of = c
        ranked[best_of]; rank[i] = best_of
    }
}

# The lessons of cause C: "03-listen-accept, 04-echo".
function lessons_of(c,    i, l, s) {
    for (i = 1; i <= members[c]; i++)
        if (of[member[c, i]] != l) { l = of[member[c, i]]; s = s (s == "" ? "" : ", ") name[l] }
    return s
}

# A sentence on cause C, and whether it is more than a guess.
function likely(c,    t, s) {
    t = member[c, 1]
    s = text[t]; sub(/\n.*/, "", s)
    if (status[t] == "error") return "The grader itself failed: " detail[t] "."
    if (absent(of[t])) return "Not handed in, or not found: " lessons_of(c) "."
    if (status[t] == "missing") { sub(/ is missing:.*/, "", s); return s " of " name[of[t]] " is missing." }
    if (status[t] == "compile") { sub(/ does not compile:.*/, "", s); return s " of " name[of[t]] " does not compile." }
    s = says(t, "likely")
    return s == "" ? verdict(t) "." : s
}
function known(c) { return status[member[c, 1]] ~ /^(error|missing|compile)$/ }

# The part of the notes that treats it, and the command that repeats it.
function reading(c,    s) { s = says(member[c, 1], "read"); return s == "" ? says(member[c, 1], "notes") : s }
function again(c) { return says(member[c, 1], "again") }

function called(c) { return (known(c) ? "" : "Likely: ") likely(c) }

# What to fix first; nothing if nothing failed.
function first_thing(    c, r, i, s) {
    for (i = 1; i <= notes; i++) if (note[i] ~ /^nothing to grade was found: /) return "N" substr(note[i], 2) "."
    for (r = 1; r <= causes && status[member[rank[r], 1]] == "error"; r++) continue # it is not the student's
    if (r > causes || urgency(c = rank[r]) == 0) return ""
    if (failures > 1) s = members[c] " of the " failures " failures " (members[c] == 1 ? "looks" : "look") " like this."
    if (absents > 0) s = s (s == "" ? "" : " ") plural(absents, "more test is", "more tests are") " of lessons that were not handed in."
    return called(c) (s == "" ? "" : " (" s ")")
}

# The other tests of cause C, briefly: OTHER[1..] are those that have more to say than the
# example, and ALIKE[1..] a line for each lesson that names the rest.
function find_others(c,    i, t, l) {
    split("", other); split("", alike); others = likes = 0; l = ""
    for (i = 2; i <= members[c]; i++) {
        t = member[c, i]
        if (others < 12 && gist_differs(member[c, 1], t)) { other[++others] = t; continue }
        if (of[t] != l) { l = of[t]; alike_lesson[++likes] = name[l]; alike[likes] = "" }
        alike[likes] = alike[likes] (alike[likes] == "" ? "" : "; ") test[t]
        if (verdict(t) != verdict(member[c, 1])) alike[likes] = alike[likes] " (" verdict(t) ")"
    }
}

# Whether test T says something else than test EXAMPLE, apart from numbers.
function gist_differs(example, t,    one, two) {
    one = gist(example); two = gist(t)
    gsub(/[0-9]+/, "0", one); gsub(/[0-9]+/, "0", two)
    return two != "" && two != one && status[t] !~ /^(timeout|error)$/
}

# The text S with what is not text in it made short: where a program printed binary data,
# its first bytes are enough to recognize it.  (The lines of a program begin with a bar.)
function brief(s,    n, line, i, k, block, plain, escapes, out) {
    n = split(s, line, "\n") - 1
    for (i = 1; i <= n; i = k) {
        if (line[i] !~ /^\| /) { out = out line[i] "\n"; k = i + 1; continue }
        block = ""
        for (k = i; k <= n && line[k] ~ /^\| /; k++) block = block line[k] "\n"
        plain = block; escapes = gsub(/\\x[0-9a-f][0-9a-f]/, "", plain)
        out = out (escapes >= 12 && escapes * 12 > length(plain) ? few_bytes(block) : block)
    }
    return out
}
function few_bytes(block,    s) {
    s = cut(block, 60)
    sub(/\\(x[0-9a-f]?)?\.\.\.$/, "...", s) # half of an escape
    sub(/\n\|? ?(\.\.\.)?$/, "", s)
    return s "\n| (this is not text; details.txt has all of it)\n"
}

# The account of test T for the exports, where every test stands for itself.  Only the
# first of a cause says what is likely; the others refer to it.
function export_text(t,    first) {
    first = member[cause_at[t], 1]
    if (t == first || known(cause_at[t])) return cut(brief(text[t]), 6000)
    return cut(brief(account(t)), 6000) "\nlikely:  as for \"" test[first] "\"\n"
}
