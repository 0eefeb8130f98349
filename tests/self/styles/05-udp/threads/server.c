/* server.c of 05-udp in another style: four threads receive from the same
 * socket, each with a buffer of its own, so answers may overtake each other. */
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { THREADS = 4, ROOM = 66000 };

static int sock;

static void put(const char *before, const struct sockaddr *a, socklen_t len)
{
	char h[NI_MAXHOST], p[NI_MAXSERV], line[NI_MAXHOST + 100];

	if (getnameinfo(a, len, h, sizeof h, p, sizeof p, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return;
	snprintf(line, sizeof line, strchr(h, ':') ? "%s [%s]:%s" : "%s %s:%s", before, h, p);
	puts(line);		/* stdio locks */
	fflush(stdout);
}

static void *work(void *none)
{
	char *buf = malloc(ROOM), before[40];

	while (buf != NULL) {
		struct sockaddr_storage from;
		socklen_t len = sizeof from;
		ssize_t n = recvfrom(sock, buf, ROOM, 0, (struct sockaddr *)&from, &len);

		if (n < 0)
			continue;
		if (sendto(sock, buf, (size_t)n, 0, (struct sockaddr *)&from, len) != n)
			perror("server: sendto");
		snprintf(before, sizeof before, "%zd bytes from", n);
		put(before, (struct sockaddr *)&from, len);
	}
	perror("server: malloc");
	return none;
}

int main(int argc, char *argv[])
{
	const char *host = argc > 1 ? argv[1] : "127.0.0.1", *port = argc > 2 ? argv[2] : "65432";
	struct addrinfo want, *a;
	struct sockaddr_storage me;
	socklen_t len = sizeof me;
	sigset_t ends;
	pthread_t t;
	unsigned number;
	char more;
	int e, sig;

	if (argc > 3 || strspn(port, "0123456789") != strlen(port) || strlen(port) > 5 ||
	    sscanf(port, "%u%c", &number, &more) != 1 || number > 65535) {
		fprintf(stderr, "usage: %s [HOST [PORT]]\n", argv[0]);
		return 2;
	}
	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &ends, NULL);

	memset(&want, 0, sizeof want);
	want.ai_socktype = SOCK_DGRAM;
	want.ai_flags = AI_PASSIVE;
	if ((e = getaddrinfo(*host ? host : NULL, port, &want, &a)) != 0) {
		fprintf(stderr, "server: getaddrinfo: %s\n", gai_strerror(e));
		return 1;
	}
	if ((sock = socket(a->ai_family, a->ai_socktype, a->ai_protocol)) == -1) {
		perror("server: socket");
		return 1;
	}
	if (bind(sock, a->ai_addr, a->ai_addrlen) == -1) {
		perror("server: bind");
		return 1;
	}
	freeaddrinfo(a);
	getsockname(sock, (struct sockaddr *)&me, &len);
	put("bound to", (struct sockaddr *)&me, len);
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&t, NULL, work, NULL) != 0)
			return 1;
	return sigwait(&ends, &sig);
}
