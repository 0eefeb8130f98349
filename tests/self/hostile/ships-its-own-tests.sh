# What: brings its own tests, Makefile, built program and dotfiles, all of them in its favor
# Verdict: 01-socket: all failed
mkdir -p 01-socket tests lessons/01-socket
printf 'int main(void) { return 0; }\n' >01-socket/server.c
cp "$root/lessons/01-socket/server.c" lessons/01-socket/
cc -o 01-socket/server "$root/lessons/01-socket/server.c"
printf '@test "yes" {\n    true\n}\n' | tee tests/01-socket.bats 01-socket/01-socket.bats >01-socket/.bats
printf 'all:\n\ttouch made\n' | tee Makefile 01-socket/Makefile >01-socket/GNUmakefile
printf 'setup_suite() { exit 0; }\n' >tests/setup_suite.bash
printf -- '-include /etc/passwd\n' >01-socket/.clang
mkdir "01-socket/a
b"
