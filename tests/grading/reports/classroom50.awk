# classroom50.awk - result.json, for Classroom 50.

function or_none(s) { return json(s == "" ? "none" : s) }

function entry(title, passed, score, most) {
    list = list comma sprintf("\n{\"test-name\": %s, \"passed\": %s, \"score\": %d, \"max-score\": %d}", \
        json(title), passed ? "true" : "false", score, most)
    comma = ","; scored += int(score); possible += int(most)
}

# Its scores are whole numbers: a point a test, or, with weights, whole lessons.
function classroom50(    t, l) {
    if (weighted) {
        for (l = 1; l <= lessons; l++) entry(name[l], got(l) == best(l), got(l), best(l) + 0.5)
    } else {
        for (t = 1; t <= tests; t++)
            if (status[t] != "skipped") entry(name[of[t]] ": " test[t], status[t] == "passed", status[t] == "passed", 1)
    }
    printf "{\"schema\": \"classroom50/result/v1\", \"classroom\": %s, \"assignment\": %s, \"submission\": %s, \"commit\": %s, \"release\": %s, \"review\": %s, \"datetime\": \"%s\", \"score\": %d, \"max-score\": %d, \"tests\": [%s\n]}\n", \
        or_none(ENVIRON["CLASSROOM"]), or_none(ENVIRON["ASSIGNMENT"]), json(ENVIRON["SUBMISSION_TAG"] == "" ? id : ENVIRON["SUBMISSION_TAG"]), \
        or_none(ENVIRON["COMMIT_URL"]), or_none(ENVIRON["RELEASE_URL"]), or_none(ENVIRON["REVIEW_URL"] == "" ? ENVIRON["COMMIT_URL"] : ENVIRON["REVIEW_URL"]), \
        now, scored, possible, list
}

END { classroom50() }
