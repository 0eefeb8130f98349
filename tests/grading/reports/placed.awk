# placed.awk - how many submissions Canvas and Moodle cannot place, from their rows (row.awk):
# a line for stderr about each of the two that the class seems to use.  Also tells which
# students have more than one row in canvas.csv.

BEGIN { FS = "\t" }
{
    who = canvas_number()
    if (who == "") who = $3 == "" ? $5 : $3
    if (who != "") { if (rows[who]++ == 1) twice[++twices] = who; of[who] = of[who] (rows[who] > 1 ? ", " : "") $1 }
}
{ all++; canvas += canvas_number() $3 $4 $5 != ""; moodle += moodle_number() != "" }
END {
    if (canvas + moodle == 0 && all > 1)
        print "neither Canvas nor Moodle can place these submissions: their names are not those of a download from there; --roster says whose they are"
    else if (canvas < all && (canvas || !moodle) && all > 1)
        printf "canvas.csv: Canvas cannot place %d of the %d submissions; give each of them a row in --roster\n", all - canvas, all
    if (moodle && moodle < all)
        printf "moodle/ is without %d of the %d submissions: neither is their name Moodle's, nor their id in --roster like Participant 4711\n", all - moodle, all
    else if (!moodle && canvas && canvas < all)
        print "there is no moodle/: no submission has a name from Moodle, or an id like Participant 4711 in --roster"
    for (i = 1; i <= twices; i++)
        printf "canvas.csv: %d rows are of the student %s (%s); delete all but one before you import it\n", rows[twice[i]], twice[i], of[twice[i]]
}
