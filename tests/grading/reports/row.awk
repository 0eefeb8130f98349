# row.awk - a line of grades.csv.

function row(    l, sum, most) {
    printf "%s", id
    for (l = 1; l <= lessons; l++) {
        printf ",%s", number[l, "error"] ? "error" : points(got(l))
        sum += got(l); most += best(l)
    }
    printf ",%s,%s,%s,%d\n", total["error"] ? "error" : points(sum), points(most), level, total["error"]
}

END { row() }
