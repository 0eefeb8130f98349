# results.bash - a class for reports.bats and exports.bats: made of results as tests/grade keeps
# them, so that nothing is judged here, and only the reports are written.

root=${BATS_TEST_FILENAME%/tests/self/*}
never_flushes='The ready line is still in the buffer of stdio. Call setvbuf(stdout, NULL, _IOLBF, 0) first in main().'

# submission DIRECTORY NAME [PERSON]: the next results are those of this submission.
submission() {
    id=$1
    mkdir -p "out/$id/.results"
    printf 'submission\t%s\n' "$2" >"out/$id/.results/about"
    [ -z "${3-}" ] || printf 'person\t%s\n' "$3" >>"out/$id/.results/about"
    : >"$scratch/done.${#ids[@]}"
    ids+=("$id")
}

about() {
    printf '%s\t' "$@" | sed 's/.$//' >>"out/$id/.results/about"
    echo >>"out/$id/.results/about"
}

# lesson NAME [WEIGHT]: the next results are those of this lesson.
lesson() {
    file=out/$id/.results/$1
    printf 'key 1\nlesson\t%s\t%s\t1.5\n' "$1" "${2-}" >"$file"
}

# result STATUS NAME [DETAIL [LINE...]]: a test, and the account of its failure.
result() {
    printf 'test\t%s\t%s\t%s\t250\n' "$1" "${3-}" "$2" >>"$file"
    [ $# -lt 4 ] || printf 'text\t%s\n' "${@:4}" >>"$file"
}

# likely CAUSE: the last lines of an account.
likely() {
    printf 'text\t%s\n' "likely:  $1" 'notes:   lessons/02-bind/README.md, "An address"' 'again:   bats tests' >>"$file"
}

# all_right [WEIGHT]: both lessons passed, each with this weight (exports.bats has weights).
# shellcheck disable=SC2120
all_right() {
    lesson 01-socket "${1-}" && result passed 'it makes a socket' && result passed 'it ends'
    lesson 02-bind "${1-}" && for i in 1 2 3 4; do result passed "bind test $i"; done
}

make_class() {
    submission ann 'Ann_4711_assignsubmission_file_' && all_right
    submission M_ller 'Müller, *Anna* (12345)' $'m1\tAnna Müller\tanna@example.org' && all_right
    submission _cmd "=cmd|' /C calc'!A0<script>alert(1)</script>\"&" $'+1\t@home\t-x' && all_right
    submission hw_1_2_x hw_1_2_x && all_right
    submission text 'Ann_4711_assignsubmission_onlinetext_' && all_right
    submission doejane doejane_LATE_123_4567_work $'s9\tJane Doe\tjane' && all_right

    submission no_flush 张三
    about taken 01-socket 'repo-main/work/01-socket'
    about left 'work/`a`.o' 'not a .c file'
    about same 02-bind server.c 'the programs of the course'
    about same 02-bind names.c 'the programs of the course'
    about same 01-socket server.c '1 other'
    about note 'unpacked work.zip'
    lesson 01-socket && result passed 'it makes a socket' && result crashed 'it ends' 'signal 11 Segmentation fault' 'it was <killed>' && likely 'A pointer is NULL.'
    lesson 02-bind
    for i in $(seq 38); do
        result timeout "bind test $i" '' "server 127.0.0.1 $i printed nothing on stdout for 1 s" 'expected on stdout: bound to ADDRESS'
        likely "$never_flushes"
    done

    submission compile 'does not compile'
    lesson 01-socket
    for i in 'it makes a socket' 'it ends'; do result compile "$i" '' 'server.c does not compile: exit status 1' "server.c:1:9: error: $i"; done
    lesson 02-bind
    for i in 1 2 3 4; do result missing "bind test $i"; done

    submission error 'the grader failed'
    lesson 01-socket && result error 'it makes a socket' 'no result (bats ended with status 9)' && result passed 'it ends'
    lesson 02-bind && result skipped 'bind test 1' 'no IPv6 here' && result failed 'bind test 2' '' '  expect   a' '  but:     b'
}

# write_all: write all reports of the class.
write_all() {
    for id in "${ids[@]}"; do write_reports "$out/$id" || return 1; done
    table && class_reports 2>told && show >shown
}

# use LESSON...: what tests/grade sets before it writes reports.
use() {
    export here=$root/tests level=namespaces prevents='own everything' sanitize='' weights='' title='Socket, programming'
    ids=() lessons=("$@")
    [ ${#lessons[@]} -gt 0 ] || return 1
    mkdir -p out scratch && out=$PWD/out scratch=$PWD/scratch
    # shellcheck source=../grading/reports.bash
    . "$root/tests/grading/reports.bash"
    # shellcheck source=../grading/class.bash
    . "$root/tests/grading/class.bash"
}

setup_file() {
    export LC_ALL=C
    cd "$BATS_FILE_TMPDIR" || return 1
    use 01-socket 02-bind
    make_class
    write_all
}

setup() {
    export LC_ALL=C
    cd "$BATS_FILE_TMPDIR" || return 1
}

# python PROGRAM [ARG...]: run it, with a few helpers.
python() {
    command -v python3 >/dev/null || skip "python3 is not installed"
    PYTHONIOENCODING=utf-8 python3 - "${@:2}" <<END
import base64, csv, glob, html.parser, io, json, os, re, sys, xml.etree.ElementTree as etree
def read(path): return open(path, encoding="utf-8", newline="").read()
def table(path): return list(csv.reader(io.StringIO(read(path)), strict=True))
def tests(directory): return [l.split("\t") for f in sorted(glob.glob(f"out/{directory}/.results/0*")) for l in read(f).splitlines() if l.startswith("test\t")]
ann = "=cmd|' /C calc'!A0<script>alert(1)</script>\"&"
class Page(html.parser.HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.open, self.links, self.text, self.tags, self.path = [], [], "", set(), path
        self.feed(read(path)); self.close()
        assert not self.open, (path, self.open)
    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.links += [value for name, value in attributes if name == "href"]
        assert not any(name.startswith("on") for name, _ in attributes)
        if tag != "meta": self.open.append(tag)
    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, (self.path, tag)
    def handle_data(self, data): self.text += data
$1
END
}
