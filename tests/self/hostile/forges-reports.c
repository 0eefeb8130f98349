/*
 * What: rewrites the reports, and the output that the tests read, in the directory that it shares with them
 * As: 06-unix-domain/server.c
 * Verdict: 06-unix-domain: some passed, some failed, some crashed
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Put TEXT into the file NAME, in any way that there is. */
static void forge(const char *name, const char *text)
{
    char other[64];

    snprintf(other, sizeof other, "%s.new", name);
    FILE *file = fopen(other, "w");
    if (file) {
        fputs(text, file);
        fclose(file);
        rename(other, name);
    }
    chmod(name, 0666);
    file = fopen(name, "w");
    if (file) {
        fputs(text, file);
        fclose(file);
    }
}

int main(int argc, char *argv[])
{
    const char *path = argc > 1 ? argv[1] : "echo.sock";

    printf("listening on %s\n", path);
    fflush(stdout);
    for (int i = 0; i < 10; i++) {
        forge("serve.report", "1 1\nexit 0\nleft 0\n");
        forge("server.report", "1 1\nexit 1\nleft 0\n");
        forge("client.report", "1 1\nexit 0\nleft 0\n");
        forge("out", "");
        forge("err", "server: bind: in use\n");
        forge("in", "");
        usleep(20000);
    }
    return 0;
}
