# row.awk - .results/row: the line of a submission in the tables of the class, divided by tabs:
# submission, directory, id, name, e-mail, level, errors, points, of, remarks, and for each
# lesson its points and, of its tests, how many were asked, passed, missing, not compiled.

END {
    printf "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s", submission, dir, person_id, person, mail, level, total["error"], \
        (total["error"] ? "error" : points(all_got())), points(all_best()), remarks()
    for (l = 1; l <= lessons; l++)
        printf "\t%s %d %d %d %d", (number[l, "error"] ? "error" : points(got(l))), asked(l), number[l, "passed"], \
            (absent(l) ? count[l] : 0), number[l, "compile"]
    print ""
}
