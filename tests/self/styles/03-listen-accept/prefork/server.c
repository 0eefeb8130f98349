/* server.c of 03-listen-accept in another style: eight children accept from the
 * same socket and print by themselves, so who comes first need not be printed
 * first.  The parent waits for a signal, and ends them one by one. */
#define _GNU_SOURCE
#include <err.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Linux only (prctl) */

enum { CHILDREN = 8 };

static void put(const char *what, struct sockaddr_storage *a, socklen_t len)
{
	char h[NI_MAXHOST], p[NI_MAXSERV];

	getnameinfo((struct sockaddr *)a, len, h, sizeof h, p, sizeof p, NI_NUMERICHOST | NI_NUMERICSERV);
	dprintf(1, strchr(h, ':') ? "%s [%s]:%s\n" : "%s %s:%s\n", what, h, p);
}

static _Noreturn void work(int listener)
{
	struct sockaddr_storage a;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		socklen_t len = sizeof a;
		int conn = accept(listener, (struct sockaddr *)&a, &len);

		if (conn < 0) {
			sleep(1); /* no descriptor is free, perhaps */
			continue;
		}
		put("accepted", &a, len);
		close(conn);
	}
}

static unsigned long numeral(const char *s, unsigned long most)
{
	size_t n = strspn(s, "0123456789");
	unsigned long v = n > 0 && n < 12 && !s[n] ? strtoul(s, NULL, 10) : most + 1;

	if (v > most)
		errx(2, "%s is no number from 0 to %lu", s, most);
	return v;
}

int main(int argc, char *argv[])
{
	const char *host = argc > 1 ? argv[1] : "127.0.0.1", *port = argc > 2 ? argv[2] : "65432";
	unsigned long backlog = argc > 3 ? numeral(argv[3], 2147483647) : SOMAXCONN;
	struct addrinfo hints = {.ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM}, *ai;
	struct sockaddr_storage a;
	socklen_t len = sizeof a;
	int s, on = 1, error, sig;
	pid_t child[CHILDREN];
	sigset_t ends;

	if (argc > 4 || backlog == 0)
		errx(2, "usage: server [HOST [PORT [BACKLOG]]]");
	numeral(port, 65535);
	if ((error = getaddrinfo(*host ? host : NULL, port, &hints, &ai)) != 0)
		errx(1, "%s: %s", host, gai_strerror(error));
	if ((s = socket(ai->ai_family, SOCK_STREAM, 0)) < 0)
		err(1, "socket");
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(s, ai->ai_addr, ai->ai_addrlen) < 0)
		err(1, "bind");
	if (listen(s, (int)backlog) < 0)
		err(1, "listen");
	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	getsockname(s, (struct sockaddr *)&a, &len);
	put("listening on", &a, len);
	for (int i = 0; i < CHILDREN; i++) {
		child[i] = fork();
		if (child[i] == 0)
			work(s);
	}
	sigwait(&ends, &sig);
	for (int i = 0; i < CHILDREN; i++) {
		kill(child[i], SIGKILL);
		waitpid(child[i], NULL, 0);
	}
	return sig;
}
