# classroom50.awk - result.json, for Classroom 50.

# What the runner says in its environment, or OTHERWISE.
function told(variable, otherwise) { return json(ENVIRON[variable] == "" ? otherwise : ENVIRON[variable]) }

function entry(title, passed, score, most, output) {
    list = list (list == "" ? "" : ",") sprintf("\n{\"test-name\": %s, \"passed\": %s, \"score\": %d, \"max-score\": %d%s}", \
        json(title), (passed ? "true" : "false"), score, most, (output == "" ? "" : ", \"output\": " json(output)))
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
    for (t = 1; t <= tests && !weighted; t++)
        entry(name[of[t]] ": " test[t], earned(t), earned(t), 1, status[t] == "skipped" ? verdict(t) "\n" : wrong(t) ? verdict(t) "\n" quoted(export_text(t), "| ") : "")
    printf "{\"schema\": \"classroom50/result/v1\", \"classroom\": %s, \"assignment\": %s, \"assignment_type\": %s, \"owner\": %s, \"submission\": %s, \"commit\": %s, \"release\": %s, \"review\": %s, \"datetime\": \"%s\", \"graded_at\": \"%s\", \"score\": %d, \"max-score\": %d, \"tests\": [%s\n]}\n", \
        told("CLASSROOM", "none"), told("ASSIGNMENT", "none"), told("ASSIGNMENT_TYPE", "individual"), \
        told("OWNER", ENVIRON["USERNAME"] == "" ? submission : ENVIRON["USERNAME"]), told("SUBMISSION_TAG", "submit/" dir), \
        told("COMMIT_URL", "none"), told("RELEASE_URL", "none"), told("REVIEW_URL", ENVIRON["COMMIT_URL"] == "" ? "none" : ENVIRON["COMMIT_URL"]), \
        now, now, scored, possible, list
}
