/* server.c of 13-epoll, in another style: edge-triggered.  epoll is told once what to watch; we
 * remember what it has reported until a call fails with EAGAIN.  Those who can go on stand in a
 * queue, so that nobody is drained while others wait.  Signals by signalfd.  Linux only. */
#define _GNU_SOURCE
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

typedef struct Client Client;
struct Client {
	int fd, in, out, queued;	/* in, out: perhaps there is something to read, or room */
	char *wait;			/* what waits */
	size_t waits;
	Client *next;
};

static Client *head, **tail = &head;
static int ep, lfd, sfd, acceptable;
static double rest;	/* accept nobody until then */
static char piece[65536];

static void *fatal(const char *what)
{
	fprintf(stderr, "server: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double clk(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int watch(int fd, void *tag)
{
	struct epoll_event e = { EPOLLIN | EPOLLOUT | EPOLLET, { .ptr = tag } };
	return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
}

static void enqueue(Client *c)
{
	if (c->queued || !(c->wait ? c->out : c->in))
		return;
	c->queued = 1;
	c->next = NULL;
	*tail = c;
	tail = &c->next;
}

/* Returns 0 at the end of the connection. */
static int turn(Client *c)
{
	char *from = c->wait;
	size_t len = c->waits;
	ssize_t n;

	if (!from) {
		n = recv(c->fd, piece, sizeof piece, 0);
		if (n == -1 && errno == EINTR)
			return 1;
		if (n == -1 && errno == EAGAIN) {
			c->in = 0;
			return 1;
		}
		if (n <= 0)
			return 0;
		from = piece;
		len = (size_t)n;
	}
	n = send(c->fd, from, len, MSG_NOSIGNAL);
	if (n == -1 && errno == EAGAIN)
		c->out = n = 0;
	else if (n == -1 && errno != EINTR)
		return 0;
	n = n < 0 ? 0 : n;
	char *left = NULL;
	if ((size_t)n < len) {
		if (!(left = malloc(len - (size_t)n)))
			return 0;
		memcpy(left, from + n, len - (size_t)n);
	}
	free(c->wait);
	c->wait = left;
	c->waits = len - (size_t)n;
	return 1;
}

static void everybody_in_the_queue(void)
{
	Client *c = head, *after;

	head = NULL;
	tail = &head;
	for (; c; c = after) {
		after = c->next;
		c->queued = 0;
		if (turn(c)) {
			enqueue(c);
			continue;
		}
		close(c->fd);
		free(c->wait);
		free(c);	/* its events of this round have been looked at */
		rest = 0;
	}
}

static void let_in(void)
{
	for (int i = 0; i < 50 && acceptable; i++) {
		int fd = accept4(lfd, NULL, NULL, SOCK_NONBLOCK);
		if (fd == -1) {
			if (errno == EAGAIN)
				acceptable = 0;
			else if (errno != EINTR && errno != ECONNABORTED) {
				perror("server: accept");
				rest = clk() + 1;
				return;
			}
			continue;
		}
		Client *c = calloc(1, sizeof *c);
		if (!c || (c->fd = fd, watch(fd, c) == -1)) {
			free(c);
			close(fd);
		}
	}
}

static int wait_for(void)
{
	double left = rest - clk();
	if (head || (acceptable && left <= 0))
		return 0;
	return acceptable ? (int)(left * 1000) + 1 : -1;
}

int main(int argc, char *argv[])
{
	const char *host = argc > 1 ? argv[1] : "127.0.0.1", *serv = argc > 2 ? argv[2] : "65432";
	struct addrinfo want = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM }, *all, *one;
	char *end, h[NI_MAXHOST], p[NI_MAXSERV];
	int r, yes = 1;
	sigset_t both;
	struct rlimit lim;
	struct epoll_event ev[128];
	struct sockaddr_storage me;
	socklen_t melen = sizeof me;

	unsigned long number = strtoul(serv, &end, 10);
	if (argc > 3 || *serv < '0' || *serv > '9' || *end || number > 65535) {
		fprintf(stderr, "usage: %s [HOST [PORT]]\n", argv[0]);
		return 2;
	}
	getrlimit(RLIMIT_NOFILE, &lim);
	lim.rlim_cur = lim.rlim_max;
	setrlimit(RLIMIT_NOFILE, &lim);
	if ((r = getaddrinfo(*host ? host : NULL, serv, &want, &all))) {
		fprintf(stderr, "server: getaddrinfo: %s\n", gai_strerror(r));
		return 1;
	}
	for (one = all;; one = one->ai_next) {
		lfd = socket(one->ai_family, one->ai_socktype | SOCK_NONBLOCK, 0);
		if (lfd != -1) {
			setsockopt(lfd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
			if (!bind(lfd, one->ai_addr, one->ai_addrlen))
				break;
		}
		if (!one->ai_next)
			fatal(lfd == -1 ? "socket" : "bind");
		if (lfd != -1)
			close(lfd);
	}
	freeaddrinfo(all);
	if (listen(lfd, 4096))
		fatal("listen");
	sigemptyset(&both);
	sigaddset(&both, SIGINT);
	sigaddset(&both, SIGTERM);
	sigprocmask(SIG_BLOCK, &both, NULL);
	if ((sfd = signalfd(-1, &both, SFD_NONBLOCK)) == -1)
		fatal("signalfd");
	if ((ep = epoll_create1(0)) == -1 || watch(lfd, &lfd) || watch(sfd, &sfd))
		fatal("epoll");
	getsockname(lfd, (struct sockaddr *)&me, &melen);
	getnameinfo((struct sockaddr *)&me, melen, h, sizeof h, p, sizeof p, NI_NUMERICHOST | NI_NUMERICSERV);
	printf("listening on %s%s%s:%s\n", strchr(h, ':') ? "[" : "", h, strchr(h, ':') ? "]" : "", p);
	fflush(stdout);

	for (;;) {
		int n = epoll_wait(ep, ev, 128, wait_for());
		if (n == -1 && errno != EINTR)
			fatal("epoll_wait");
		for (int i = 0; i < n; i++) {
			if (ev[i].data.ptr == &sfd)
				return 0;
			if (ev[i].data.ptr == &lfd) {
				acceptable = 1;
				continue;
			}
			Client *c = ev[i].data.ptr;
			c->in |= (ev[i].events & (uint32_t)~EPOLLOUT) != 0;
			c->out |= (ev[i].events & (uint32_t)~EPOLLIN) != 0;
			enqueue(c);
		}
		everybody_in_the_queue();
		if (rest <= clk())
			let_in();
	}
}
