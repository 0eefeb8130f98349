# classroom50.awk - result.json, for Classroom 50.

# KEY with what the runner says in its environment, or with OTHERWISE.
function told(key, variable, otherwise) {
    return text_pair(key, ENVIRON[variable] == "" ? otherwise : ENVIRON[variable]) ", "
}

function entry(title, passed, score, most, output) {
    list = list (list == "" ? "" : ",") "\n{" text_pair("test-name", title) ", " pair("passed", passed ? "true" : "false") ", " \
        pair("score", score + 0) ", " pair("max-score", most) (output == "" ? "" : ", " text_pair("output", output)) "}"
    scored += score; possible += most
}

# Its scores are whole numbers: a point a test, or, with weights, whole lessons.
END {
    find_causes()
    for (l = 1; l <= lessons && weighted; l++) {
        output = results(l) "\n"
        for (t = from[l]; t < from[l] + count[l]; t++)
            if (wrong(t)) output = output test[t] ": " verdict(t) "\n"
        entry(name[l], number[l, "passed"] == asked(l), whole(l), whole_best(l), output)
    }
    for (t = 1; t <= tests && !weighted; t++) {
        output = status[t] == "passed" ? "" : verdict(t) "\n" (wrong(t) ? quoted(export_text(t), "| ") : "")
        entry(name[of[t]] ": " test[t], earned(t), earned(t), 1, output)
    }
    print "{" text_pair("schema", "classroom50/result/v1") ", " told("classroom", "CLASSROOM", "none") \
        told("assignment", "ASSIGNMENT", "none") told("assignment_type", "ASSIGNMENT_TYPE", "individual")
    print told("owner", "OWNER", ENVIRON["USERNAME"] == "" ? submission : ENVIRON["USERNAME"]) \
        told("submission", "SUBMISSION_TAG", "submit/" dir) told("commit", "COMMIT_URL", "none") \
        told("release", "RELEASE_URL", "none") \
        told("review", "REVIEW_URL", ENVIRON["COMMIT_URL"] == "" ? "none" : ENVIRON["COMMIT_URL"])
    print text_pair("datetime", now) ", " text_pair("graded_at", now) ", " pair("score", scored + 0) ", " \
        pair("max-score", possible + 0) ", " pair("tests", "[" list "\n]}")
}
