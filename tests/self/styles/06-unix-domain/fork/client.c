/*
 * client.c of 06-unix-domain in another style: the child sends, the parent
 * receives.  How much was sent comes over a pipe, when all of it is.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t child;

static void quit(const char *why)
{
	fprintf(stderr, "client: %s\n", why);
	if (child > 0)
		kill(child, SIGKILL);
	exit(1);
}

static void put(int fd, const char *p, ssize_t len)
{
	ssize_t n;

	for (; len > 0; p += n, len -= n)
		if ((n = write(fd, p, len)) < 0)
			quit(strerror(errno));
}

static void send_stdin(int sock, int report)
{
	static char buf[10000];
	long long total = 0;
	ssize_t n;

	while ((n = read(0, buf, sizeof(buf))) > 0) {
		put(sock, buf, n);
		total += n;
	}
	put(report, (char *)&total, sizeof(total)); /* known before the end is */
	shutdown(sock, SHUT_WR);
	_exit(n < 0);
}

int main(int argc, char **argv)
{
	static char buf[10000];
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	long long total = -1, back = 0;
	int sock, report[2];
	ssize_t n;

	if (argc > 2) {
		fputs("client [PATH]\n", stderr);
		return 2;
	}
	if (snprintf(to.sun_path, sizeof(to.sun_path), "%s",
		     argc < 2 ? "echo.sock" : argv[1]) >= (int)sizeof(to.sun_path))
		quit("that path is too long");
	if (to.sun_path[0] == '\0')
		quit("that path is empty");
	if ((sock = socket(AF_UNIX, SOCK_STREAM, 0)) < 0 || pipe(report) < 0)
		quit(strerror(errno));
	if (connect(sock, (struct sockaddr *)&to, sizeof(to)) < 0) {
		perror("connect");
		return 1;
	}
	signal(SIGPIPE, SIG_IGN);
	if ((child = fork()) < 0)
		quit("fork");
	if (child == 0)
		send_stdin(sock, report[1]);
	close(report[1]);

	while (total != back) {
		struct pollfd p[] = {
			{ .fd = sock, .events = POLLIN },
			{ .fd = total < 0 ? report[0] : -1, .events = POLLIN },
		};
		if (poll(p, 2, -1) < 0)
			quit("poll");
		if (p[1].revents &&
		    read(report[0], &total, sizeof(total)) != sizeof(total))
			quit("could not send everything");
		if (p[0].revents && total != back) {
			n = read(sock, buf, sizeof(buf));
			if (n < 0)
				quit(strerror(errno));
			if (n == 0 && total < 0 && poll(p + 1, 1, 0) == 1)
				continue; /* perhaps that was all */
			if (n == 0)
				quit("the server has left");
			put(1, buf, n);
			back += n;
		}
	}
	waitpid(child, NULL, 0);
	return 0;
}
