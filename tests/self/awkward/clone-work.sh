# What: is a clone of this repository, downloaded as an archive, with lessons done in work/
# Verdict: 01-socket: passed
# Taken: 01-socket: socket-lab-main/work/01-socket
# Left: socket-lab-main/lessons/01-socket/: unchanged programs of the course; the student's own work is elsewhere in the submission
# Left: socket-lab-main/lessons/02-bind/: unchanged programs of the course; the student's own work is elsewhere in the submission
# Left: socket-lab-main/lessons/03-listen-accept/: unchanged programs of the course; the student's own work is elsewhere in the submission
mkdir -p socket-lab-main/tests/self/styles/03-listen-accept/fork socket-lab-main/work/.records
cd socket-lab-main || exit 1
cp "$root/Makefile" "$root/README.md" .
cp "$root/tests/helpers.bash" "$root"/tests/*.bats tests/
put 03-listen-accept tests/self/styles/03-listen-accept/fork
put 01-socket work/01-socket
echo 'include ../../tests/learn.mk' >work/01-socket/Makefile
cp -R "$root/lessons" .
