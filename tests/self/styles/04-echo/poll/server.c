/*
 * server.c of 04-echo in another style: kernel style, one thread and poll(), a
 * fixed table of clients, each with a small ring of its own; signals come
 * through a pipe to ourselves.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_CLIENTS	60
#define RING		1000	/* not a power of two, and not a page */

enum { WAKE, LISTENER, FIRST };

struct peer {
	char ring[RING];
	unsigned int first, len;
	bool eof;
};

static struct peer peers[MAX_CLIENTS];
static struct pollfd fds[FIRST + MAX_CLIENTS];
static int nr_peers;
static int self[2];

static void on_signal(int sig)
{
	int saved = errno;

	(void)sig;
	if (write(self[1], "!", 1) < 0)
		_exit(1);
	errno = saved;
}

static void bail(const char *fmt, ...)
{
	va_list ap;

	fputs("server: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

static void set_nonblock(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		bail("fcntl: %s", strerror(errno));
}

static void add_peer(int fd)
{
	struct peer *p = &peers[nr_peers];

	set_nonblock(fd);
	p->first = p->len = 0;
	p->eof = false;
	fds[FIRST + nr_peers].fd = fd;
	fds[FIRST + nr_peers].revents = 0;
	nr_peers++;
}

/* The last one takes the place of number i. */
static void drop_peer(int i)
{
	close(fds[FIRST + i].fd);
	nr_peers--;
	peers[i] = peers[nr_peers];
	fds[FIRST + i] = fds[FIRST + nr_peers];
}

static bool harmless(int err)
{
	return err == EAGAIN || err == EWOULDBLOCK || err == EINTR;
}

/* Returns false when the peer is lost, or has got everything. */
static bool handle(struct peer *p, int fd, short revents)
{
	unsigned int at, room;
	ssize_t n;

	if (revents & POLLNVAL)
		return false;
	if (!p->eof && p->len < RING) {
		at = (p->first + p->len) % RING;
		room = at < p->first ? p->first - at : RING - at;
		n = recv(fd, p->ring + at, room, 0);
		if (n > 0)
			p->len += (unsigned int)n;
		else if (n == 0)
			p->eof = true;
		else if (!harmless(errno))
			return false;
	}
	if (p->len > 0) {
		room = RING - p->first;
		n = send(fd, p->ring + p->first, p->len < room ? p->len : room, 0);
		if (n > 0) {
			p->first = (p->first + (unsigned int)n) % RING;
			p->len -= (unsigned int)n;
		} else if (n < 0 && !harmless(errno)) {
			return false;
		}
	}
	return !p->eof || p->len > 0;
}

static void loop(void)
{
	int i, fd, timeout = -1;

	for (;;) {
		fds[LISTENER].events = nr_peers < MAX_CLIENTS && timeout < 0 ? POLLIN : 0;
		for (i = 0; i < nr_peers; i++) {
			fds[FIRST + i].events = 0;
			if (!peers[i].eof && peers[i].len < RING)
				fds[FIRST + i].events |= POLLIN;
			if (peers[i].len > 0)
				fds[FIRST + i].events |= POLLOUT;
		}
		if (poll(fds, (nfds_t)(FIRST + nr_peers), timeout) < 0) {
			if (errno == EINTR)
				continue;
			bail("poll: %s", strerror(errno));
		}
		timeout = -1;
		if (fds[WAKE].revents)
			return;
		for (i = nr_peers - 1; i >= 0; i--)
			if (fds[FIRST + i].revents &&
			    !handle(&peers[i], fds[FIRST + i].fd, fds[FIRST + i].revents))
				drop_peer(i);
		if (fds[LISTENER].revents) {
			fd = accept(fds[LISTENER].fd, NULL, NULL);
			if (fd >= 0)
				add_peer(fd);
			else if (!harmless(errno) && errno != ECONNABORTED)
				timeout = 200; /* no descriptor is free */
		}
	}
}

static int bind_and_listen(char *host, char *port)
{
	struct addrinfo hints = { .ai_flags = AI_PASSIVE };
	struct addrinfo *res;
	int fd, ret, on = 1;

	hints.ai_socktype = SOCK_STREAM;
	ret = getaddrinfo(*host ? host : NULL, port, &hints, &res);
	if (ret)
		bail("getaddrinfo: %s", gai_strerror(ret));
	fd = socket(res->ai_family, res->ai_socktype, res->ai_protocol);
	if (fd < 0)
		bail("socket: %s", strerror(errno));
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
		bail("setsockopt: %s", strerror(errno));
	if (bind(fd, res->ai_addr, res->ai_addrlen) < 0)
		bail("bind %s port %s: %s", host, port, strerror(errno));
	if (listen(fd, 50) < 0)
		bail("listen: %s", strerror(errno));
	freeaddrinfo(res);
	set_nonblock(fd);
	return fd;
}

static void announce(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	char addr[64], port[8];

	if (getsockname(fd, (struct sockaddr *)&ss, &len) < 0)
		bail("getsockname: %s", strerror(errno));
	if (getnameinfo((struct sockaddr *)&ss, len, addr, sizeof(addr), port,
			sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV))
		bail("getnameinfo");
	if (ss.ss_family == AF_INET6)
		printf("listening on [%s]:%s\n", addr, port);
	else
		printf("listening on %s:%s\n", addr, port);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_signal };
	char *args[2] = { "127.0.0.1", "65432" };
	unsigned long n;
	char *end;
	int i;

	for (i = 1; i < argc && i < 3; i++)
		args[i - 1] = argv[i];
	errno = 0;
	n = strtoul(args[1], &end, 10);
	if (argc > 3 || errno || end == args[1] || *end || n > 65535 ||
	    strpbrk(args[1], "+- \t\n\v\f\r")) {
		fprintf(stderr, "usage: server [HOST [PORT]]\n");
		return 2;
	}

	if (pipe(self) < 0)
		bail("pipe: %s", strerror(errno));
	set_nonblock(self[0]);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);

	fds[WAKE].fd = self[0];
	fds[WAKE].events = POLLIN;
	fds[LISTENER].fd = bind_and_listen(args[0], args[1]);
	announce(fds[LISTENER].fd);
	loop();
	while (nr_peers > 0)
		drop_peer(nr_peers - 1);
	return 0;
}
