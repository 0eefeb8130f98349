/*
 * server.c of 07-partial-send in another style: kernel style; a timer interrupts
 * it 25 times a second, in the middle of send() too, and a thread tells of its
 * progress.  A queue for one client; warnx() for what SIGUSR1 asks.
 */
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define LIMIT ((size_t)64 << 20)

static volatile sig_atomic_t asked;
static atomic_size_t sent, wanted;
static unsigned char *data;

static void on_usr1(int sig)
{
	asked = sig;
}

static void on_alarm(int sig)
{
	(void)sig;
}

static void *tell(void *unused)
{
	for (;;) {
		usleep(40000);
		if (sent < wanted)
			fprintf(stderr, "progress: %zu KiB\n", sent >> 10);
	}
	return unused;
}

static int get_count(int fd, uint64_t *count)
{
	unsigned char b[8];
	ssize_t n = 0;

	for (size_t have = 0; have < 8; have += n > 0 ? (size_t)n : 0) {
		n = read(fd, b + have, 8 - have);
		if (n == 0 || (n < 0 && errno != EINTR))
			return -1;
	}
	for (int i = *count = 0; i < 8; i++)
		*count = *count * 256 + b[i];
	return *count > LIMIT ? -1 : 0;
}

static void serve(int fd)
{
	uint64_t count;
	long calls = 0;

	if (get_count(fd, &count) < 0)
		return;
	asked = 0;
	sent = 0;
	wanted = count;
	while (sent < wanted) {
		ssize_t n = send(fd, data + sent, wanted - sent, MSG_NOSIGNAL);

		if (n < 0 && errno != EINTR)
			break;
		if (n > 0) {
			sent += (size_t)n;
			calls++;
		}
		if (asked) {
			asked = 0;
			warnx("sent %zu of %zu bytes", sent, wanted);
		}
	}
	if (sent == wanted)
		dprintf(1, "sent %zu bytes in %ld calls of send()\n", sent, calls);
	sent = wanted = 0;
}

int main(int argc, char *argv[])
{
	const char *host = argc > 1 ? argv[1] : "127.0.0.1";
	const char *port = argc > 2 ? argv[2] : "65432";
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE }, *ai;
	struct sigaction usr1 = { .sa_handler = on_usr1 }, alrm = { .sa_handler = on_alarm };
	struct itimerval often = { { 0, 40000 }, { 0, 40000 } };
	char h[NI_MAXHOST], p[NI_MAXSERV];
	struct sockaddr_storage self;
	socklen_t len = sizeof(self);
	int s, error, on = 1;
	sigset_t all, before;
	pthread_t thread;

	if (argc > 3)
		errx(2, "usage: server [HOST [PORT]]");
	if (!*port || strlen(port) > 9 || port[strspn(port, "0123456789")] || atol(port) > 65535)
		errx(2, "%s: no port", port);
	error = getaddrinfo(*host ? host : NULL, port, &hints, &ai);
	if (error)
		errx(1, "%s: %s", host, gai_strerror(error));
	s = socket(ai->ai_family, SOCK_STREAM, 0);
	if (s < 0)
		err(1, "socket");
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(s, ai->ai_addr, ai->ai_addrlen) < 0)
		err(1, "bind");
	data = malloc(LIMIT);
	if (!data || listen(s, 1) < 0)
		err(1, "listen");
	for (size_t i = 0; i < LIMIT; i++)
		data[i] = (unsigned char)(i % 251);

	/* Signals are for this thread, not for the one that tells. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	pthread_create(&thread, NULL, tell, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	sigaction(SIGUSR1, &usr1, NULL);
	sigaction(SIGALRM, &alrm, NULL);
	setitimer(ITIMER_REAL, &often, NULL);

	getsockname(s, (struct sockaddr *)&self, &len);
	getnameinfo((struct sockaddr *)&self, len, h, sizeof(h), p, sizeof(p), NI_NUMERICHOST | NI_NUMERICSERV);
	dprintf(1, strchr(h, ':') ? "listening on [%s]:%s\n" : "listening on %s:%s\n", h, p);
	for (;;) {
		int fd = accept(s, NULL, NULL);

		if (fd < 0)
			continue;
		serve(fd);
		close(fd);
	}
}
