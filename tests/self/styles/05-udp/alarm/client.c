/* client.c of 05-udp in another style: alarm() and a handler without SA_RESTART
 * limit the wait; getline() reads, writev() prints. */
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

static volatile sig_atomic_t rang;

static void ring(int signo)
{
	(void)signo;
	rang = 1;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* One second at most; the timer repeats, so a ring between the check and the
 * call is followed by another. */
static int answered(int s, const char *line, size_t len)
{
	static char buf[65536];
	struct itimerval second = {.it_value = {.tv_sec = 1}, .it_interval = {.tv_usec = 10000}};
	struct itimerval never = {.it_value = {0}};
	int yes = 0;

	rang = 0;
	setitimer(ITIMER_REAL, &second, NULL);
	while (!rang && !yes) {
		ssize_t n = read(s, buf, sizeof buf);
		if (n == -1 && errno != EINTR)
			die("client: read");
		yes = n == (ssize_t)len && memcmp(buf, line, len) == 0;
	}
	setitimer(ITIMER_REAL, &never, NULL);
	return yes;
}

int main(int argc, char **argv)
{
	const char *port = argc > 2 ? argv[2] : "65432";
	struct addrinfo hints = {.ai_socktype = SOCK_DGRAM}, *ai;
	struct sigaction act = {.sa_handler = ring};
	char *line = NULL, *end;
	size_t room = 0;
	ssize_t len;
	int s, error;

	if (argc > 3 || !*port || strspn(port, "0123456789") != strlen(port) || strlen(port) > 9 ||
	    strtol(port, &end, 10) > 65535) {
		fprintf(stderr, "usage: client [HOST [PORT]]\n");
		return 2;
	}
	if ((error = getaddrinfo(argc > 1 ? argv[1] : "127.0.0.1", port, &hints, &ai)) != 0) {
		fprintf(stderr, "client: %s\n", gai_strerror(error));
		return 1;
	}
	if ((s = socket(ai->ai_family, ai->ai_socktype, ai->ai_protocol)) == -1)
		die("client: socket");
	if (connect(s, ai->ai_addr, ai->ai_addrlen) == -1)
		die("client: connect");
	sigaction(SIGALRM, &act, NULL);
	while ((len = getline(&line, &room, stdin)) != -1) {
		int tries = 0, yes = 0;
		if (line[len - 1] == '\n')
			len--;
		while (!yes && tries++ < 3) {
			if (send(s, line, (size_t)len, 0) == -1)
				die("client: send");
			yes = answered(s, line, (size_t)len);
		}
		if (!yes) {
			fprintf(stderr, "client: nobody answers\n");
			return 1;
		}
		struct iovec out[2] = {{line, (size_t)len}, {(char[]){'\n'}, 1}};
		if (writev(STDOUT_FILENO, out, 2) != len + 1)
			die("client: writev");
	}
	return 0;
}
