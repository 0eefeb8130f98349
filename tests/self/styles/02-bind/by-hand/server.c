/*
 * server.c of 02-bind in another style: kernel style, addresses made by hand
 * with inet_pton() (the resolver is asked for names alone), strtol() for the
 * port, sigsuspend() to wait.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ctype.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

union address {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static volatile sig_atomic_t caught;

static void on_signal(int sig)
{
	caught = sig;
}

static int parse_port(const char *s, uint16_t *port)
{
	char *end;
	long n;

	if (!isdigit((unsigned char)s[0]))
		return -1;
	errno = 0;
	n = strtol(s, &end, 10);
	if (errno || *end || n < 0 || n > UINT16_MAX)
		return -1;
	*port = htons((uint16_t)n);
	return 0;
}

/* "fe80::1%eth0" or "fe80::1%2": inet_pton() knows no scope. */
static int parse_inet6(const char *host, struct sockaddr_in6 *in6)
{
	char digits[INET6_ADDRSTRLEN];
	size_t n = strcspn(host, "%");
	char *end;

	if (n >= sizeof(digits))
		return -1;
	memcpy(digits, host, n);
	digits[n] = '\0';
	if (inet_pton(AF_INET6, digits, &in6->sin6_addr) != 1)
		return -1;
	if (host[n] == '\0')
		return 0;
	in6->sin6_scope_id = if_nametoindex(host + n + 1);
	if (in6->sin6_scope_id == 0) {
		if (!isdigit((unsigned char)host[n + 1]))
			return -1;
		in6->sin6_scope_id = (uint32_t)strtoul(host + n + 1, &end, 10);
		if (*end)
			return -1;
	}
	return 0;
}

static int resolve(const char *host, union address *a, socklen_t *len)
{
	struct addrinfo hints, *res;
	int ret;

	memset(a, 0, sizeof(*a));
	a->in.sin_family = AF_INET;
	*len = sizeof(a->in);
	if (*host == '\0') {
		a->in.sin_addr.s_addr = htonl(INADDR_ANY);
		return 0;
	}
	if (inet_pton(AF_INET, host, &a->in.sin_addr) == 1)
		return 0;

	memset(a, 0, sizeof(*a));
	a->in6.sin6_family = AF_INET6;
	*len = sizeof(a->in6);
	if (parse_inet6(host, &a->in6) == 0)
		return 0;

	memset(&hints, 0, sizeof(hints));
	hints.ai_socktype = SOCK_STREAM;
	ret = getaddrinfo(host, NULL, &hints, &res);
	if (ret) {
		fprintf(stderr, "server: getaddrinfo %s: %s\n", host,
			gai_strerror(ret));
		return -1;
	}
	memcpy(a, res->ai_addr, res->ai_addrlen);
	*len = res->ai_addrlen;
	freeaddrinfo(res);
	return 0;
}

static void print_address(const union address *a)
{
	char text[INET6_ADDRSTRLEN];

	if (a->sa.sa_family == AF_INET)
		printf("bound to %s:%d\n",
		       inet_ntop(AF_INET, &a->in.sin_addr, text, sizeof(text)),
		       ntohs(a->in.sin_port));
	else
		printf("bound to [%s]:%d\n",
		       inet_ntop(AF_INET6, &a->in6.sin6_addr, text, sizeof(text)),
		       ntohs(a->in6.sin6_port));
	fflush(stdout);
}

int main(int argc, char *argv[])
{
	const char *host = "127.0.0.1";
	uint16_t port = htons(65432);
	union address a;
	socklen_t len;
	sigset_t blocked, old;
	struct sigaction sa;
	int fd;

	if (argc > 3) {
		fprintf(stderr, "usage: %s [HOST [PORT]]\n", argv[0]);
		return 2;
	}
	if (argc > 1)
		host = argv[1];
	if (argc > 2 && parse_port(argv[2], &port) < 0) {
		fprintf(stderr, "server: bad port '%s'\n", argv[2]);
		return 2;
	}

	/* From here on a signal waits until sigsuspend() lets it in. */
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGINT);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, &old);
	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_signal;
	sigemptyset(&sa.sa_mask);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigdelset(&old, SIGINT);
	sigdelset(&old, SIGTERM);

	if (resolve(host, &a, &len) < 0)
		return 1;
	if (a.sa.sa_family == AF_INET)
		a.in.sin_port = port;
	else
		a.in6.sin6_port = port;

	fd = socket(a.sa.sa_family, SOCK_STREAM, IPPROTO_TCP);
	if (fd < 0) {
		perror("server: socket");
		return 1;
	}
	if (bind(fd, &a.sa, len) < 0) {
		perror("server: bind");
		return 1;
	}
	len = sizeof(a);
	if (getsockname(fd, &a.sa, &len) < 0) {
		perror("server: getsockname");
		return 1;
	}
	print_address(&a);

	while (!caught)
		sigsuspend(&old);
	close(fd);
	return 128 + caught;
}
