/*
 * server.c of 07-partial-send in another style: kernel style, one thread and
 * poll(), sockets that never block, several clients at once; SIGUSR1 comes
 * through a pipe to ourselves.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_CLIENTS	60
#define LIMIT		(64u << 20)
#define PERIOD		251

enum { WAKE, LISTENER, FIRST };

struct transfer {
	unsigned char number[8];
	unsigned int have;	/* bytes of the number */
	size_t total, done;
	unsigned long tries;
};

static unsigned char pattern[LIMIT];
static size_t ready;		/* bytes of it that are made */

static struct transfer transfers[MAX_CLIENTS];
static struct pollfd fds[FIRST + MAX_CLIENTS];
static int nr_clients;
static int self[2];

static void on_usr1(int sig)
{
	int saved = errno;

	(void)sig;
	if (write(self[1], "?", 1) < 0)
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

static void add_client(int fd)
{
	set_nonblock(fd);
	memset(&transfers[nr_clients], 0, sizeof(transfers[0]));
	fds[FIRST + nr_clients].fd = fd;
	fds[FIRST + nr_clients].events = POLLIN;
	fds[FIRST + nr_clients].revents = 0;
	nr_clients++;
}

/* The last one takes the place of number i. */
static void drop_client(int i)
{
	close(fds[FIRST + i].fd);
	nr_clients--;
	transfers[i] = transfers[nr_clients];
	fds[FIRST + i] = fds[FIRST + nr_clients];
}

static int try_later(int err)
{
	return err == EAGAIN || err == EWOULDBLOCK || err == EINTR;
}

/* Returns 0 when nothing more is to be done for this client. */
static int read_number(struct transfer *t, struct pollfd *p)
{
	uint64_t n = 0;
	ssize_t got;
	int i;

	got = recv(p->fd, t->number + t->have, 8 - t->have, 0);
	if (got < 0 && try_later(errno))
		return 1;
	if (got <= 0)
		return 0;
	t->have += (unsigned int)got;
	if (t->have < 8)
		return 1;
	for (i = 0; i < 8; i++)
		n = n * 256 + t->number[i];
	if (n > LIMIT)
		return 0;
	t->total = (size_t)n;
	while (ready < t->total) {
		pattern[ready] = (unsigned char)(ready % PERIOD);
		ready++;
	}
	p->events = POLLOUT;
	return 1;
}

static int push(struct transfer *t, int fd)
{
	ssize_t put;

	if (t->done < t->total) {
		put = send(fd, pattern + t->done, t->total - t->done, MSG_NOSIGNAL);
		if (put < 0)
			return try_later(errno);
		t->tries++;
		t->done += (size_t)put;
	}
	if (t->done < t->total)
		return 1;
	printf("sent %zu bytes in %lu call%s of send()\n", t->total, t->tries,
	       t->tries == 1 ? "" : "s");
	fflush(stdout);
	return 0;
}

static void tell(void)
{
	char questions[16];
	ssize_t n = read(self[0], questions, sizeof(questions));
	int i;

	while (n-- > 0)
		for (i = 0; i < nr_clients; i++)
			if (transfers[i].have == 8)
				fprintf(stderr, "sent %zu of %zu bytes\n",
					transfers[i].done, transfers[i].total);
}

static void loop(void)
{
	int i, fd, alive, timeout = -1;

	for (;;) {
		fds[LISTENER].events = nr_clients < MAX_CLIENTS && timeout < 0 ? POLLIN : 0;
		if (poll(fds, (nfds_t)(FIRST + nr_clients), timeout) < 0) {
			if (errno == EINTR)
				continue;
			bail("poll: %s", strerror(errno));
		}
		timeout = -1;
		if (fds[WAKE].revents)
			tell();
		for (i = nr_clients - 1; i >= 0; i--) {
			struct pollfd *p = &fds[FIRST + i];

			if (!p->revents)
				continue;
			if (transfers[i].have < 8)
				alive = read_number(&transfers[i], p);
			else
				alive = push(&transfers[i], p->fd);
			if (!alive)
				drop_client(i);
		}
		if (fds[LISTENER].revents) {
			fd = accept(fds[LISTENER].fd, NULL, NULL);
			if (fd >= 0)
				add_client(fd);
			else if (!try_later(errno) && errno != ECONNABORTED)
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
	struct sigaction sa = { .sa_handler = on_usr1 };
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
	sigaction(SIGUSR1, &sa, NULL);

	fds[WAKE].fd = self[0];
	fds[WAKE].events = POLLIN;
	fds[LISTENER].fd = bind_and_listen(args[0], args[1]);
	announce(fds[LISTENER].fd);
	loop();
}
