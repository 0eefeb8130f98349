# details.awk - details.txt: everything that the other reports shorten.

END {
    printf "submission: %s\n", submission
    for (i = 1; i <= lefts; i++) printf "left out: %s: %s\n", left[i], left_why[i]
    for (t = 1; t <= tests; t++) {
        if (of[t] != heading) { heading = of[t]; printf "\n==== %s\n", name[heading] }
        printf "\n%s: %s\n%s", test[t], verdict(t), quoted(text[t], "| ")
    }
}
