/* server.c of 08-many-clients in another style: four workers that are there from
 * the start share the listening socket, and each waits for its own clients with
 * poll().  The parent only waits: for a signal, or for a worker to replace. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKERS 4

struct set {
	struct pollfd *fds;
	size_t count, room;
};

static pid_t workers[WORKERS];

static void set_add(struct set *set, int fd)
{
	if (set->count == set->room) {
		size_t room = set->room ? 2 * set->room : 16;
		void *fds = realloc(set->fds, room * sizeof(*set->fds));

		if (!fds) {
			warn("realloc");
			close(fd);
			return;
		}
		set->fds = fds;
		set->room = room;
	}
	set->fds[set->count].fd = fd;
	set->fds[set->count].events = POLLIN;
	set->fds[set->count++].revents = 0;
}

/* Returns 0 when the conversation is over. */
static int echo(int fd)
{
	char buf[8000], *p = buf;
	ssize_t n = read(fd, buf, sizeof(buf)), m;

	if (n < 0)
		return errno == EINTR;
	if (n == 0)
		return 0;
	while (n > 0) {
		m = write(fd, p, (size_t)n);
		if (m < 0 && errno == EINTR)
			continue;
		if (m < 0)
			return 0;
		p += m;
		n -= m;
	}
	return 1;
}

/* A client that another worker was quicker to accept is not there any more: so
 * the listening socket does not block.  The connected ones do. */
static void welcome(struct set *set, int listener)
{
	int fd = accept(listener, NULL, NULL);

	if (fd >= 0) {
		if (fcntl(fd, F_SETFL, 0) < 0) /* the BSDs inherit O_NONBLOCK */
			warn("fcntl");
		set_add(set, fd);
	} else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
		warn("accept");
		sleep(1);
	}
}

static void work(int listener)
{
	struct set set = { NULL, 0, 0 };
	size_t i, kept;

	set_add(&set, listener);
	for (;;) {
		if (poll(set.fds, (nfds_t)set.count, -1) < 0) {
			if (errno == EINTR)
				continue;
			err(1, "poll");
		}
		for (i = kept = 1; i < set.count; i++) {
			if (set.fds[i].revents && !echo(set.fds[i].fd))
				close(set.fds[i].fd);
			else
				set.fds[kept++] = set.fds[i];
		}
		set.count = kept;
		if (set.fds[0].revents)
			welcome(&set, listener);
	}
}

static pid_t hire(int listener, const sigset_t *before)
{
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		sigprocmask(SIG_SETMASK, before, NULL);
		work(listener);
	}
	return pid;
}

int main(int argc, char *argv[])
{
	const char *host = argc > 1 ? argv[1] : "127.0.0.1";
	const char *port = argc > 2 ? argv[2] : "65432";
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
	struct addrinfo *ai;
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	char h[100], p[10];
	int sock, rc, sig, i, on = 1;
	sigset_t set, before;

	if (argc > 3 || !*port || port[strspn(port, "0123456789")] ||
	    strtoull(port, NULL, 10) > 65535)
		errx(2, "usage: server [HOST [PORT]]");
	signal(SIGPIPE, SIG_IGN);

	rc = getaddrinfo(*host ? host : NULL, port, &hints, &ai);
	if (rc)
		errx(1, "getaddrinfo: %s", gai_strerror(rc));
	sock = socket(ai->ai_family, ai->ai_socktype, ai->ai_protocol);
	if (sock < 0)
		err(1, "socket");
	if (setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
		err(1, "setsockopt");
	if (bind(sock, ai->ai_addr, ai->ai_addrlen) < 0)
		err(1, "bind");
	if (listen(sock, SOMAXCONN) < 0)
		err(1, "listen");
	if (fcntl(sock, F_SETFL, O_NONBLOCK) < 0)
		err(1, "fcntl");
	freeaddrinfo(ai);

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, &before);
	for (i = 0; i < WORKERS; i++)
		workers[i] = hire(sock, &before);

	if (getsockname(sock, (struct sockaddr *)&ss, &len) < 0)
		err(1, "getsockname");
	rc = getnameinfo((struct sockaddr *)&ss, len, h, sizeof(h), p, sizeof(p),
			 NI_NUMERICHOST | NI_NUMERICSERV);
	if (rc)
		errx(1, "getnameinfo: %s", gai_strerror(rc));
	printf(strchr(h, ':') ? "listening on [%s]:%s\n" : "listening on %s:%s\n", h, p);
	fflush(stdout);

	while (sigwait(&set, &sig) == 0 && sig == SIGCHLD)
		for (i = 0; i < WORKERS; i++)
			if (waitpid(workers[i], NULL, WNOHANG) == workers[i])
				workers[i] = hire(sock, &before);
	for (i = 0; i < WORKERS; i++)
		kill(workers[i], SIGKILL);
	while (wait(NULL) > 0 || errno == EINTR)
		;
	return 0;
}
