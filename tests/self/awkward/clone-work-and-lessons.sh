# What: is a clone in which some programs were written in work/, others in lessons/
# Verdict: 01-socket: passed
# Verdict: 02-bind: passed
# Taken: 01-socket: lessons/01-socket
# Taken: 02-bind: work/02-bind
# Left: lessons/02-bind/: unchanged programs of the course; the student's own work is elsewhere in the submission
# Left: lessons/03-listen-accept/: unchanged programs of the course; the student's own work is elsewhere in the submission
mkdir tests
cp "$root/tests/helpers.bash" tests/
cp -R "$root/lessons" .
put 02-bind work/02-bind
rm -r lessons/01-socket
put 01-socket lessons/01-socket
