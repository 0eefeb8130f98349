/* server.c of 05-udp in another style: SIGINT and SIGTERM are blocked and come
 * through signalfd(), beside the socket in poll(); it exits with status 0.  Linux
 * only. */
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

static void name(const char *before, const struct sockaddr *a, socklen_t len)
{
	char host[NI_MAXHOST], port[NI_MAXSERV];

	getnameinfo(a, len, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
	printf(a->sa_family == AF_INET6 ? "%s [%s]:%s\n" : "%s %s:%s\n", before, host, port);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	static char buf[65536];
	const char *host = argc > 1 ? argv[1] : "127.0.0.1", *port = argc > 2 ? argv[2] : "65432";
	struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_PASSIVE}, *ai;
	struct sockaddr_storage a;
	socklen_t len = sizeof a;
	sigset_t ends;
	int s, error;

	if (argc > 3 || !*port || strspn(port, "0123456789") != strlen(port) || strlen(port) > 9 ||
	    strtol(port, NULL, 10) > 65535) {
		fprintf(stderr, "usage: server [HOST [PORT]]\n");
		return 2;
	}
	if ((error = getaddrinfo(*host ? host : NULL, port, &hints, &ai)) != 0) {
		fprintf(stderr, "server: %s\n", gai_strerror(error));
		return 1;
	}
	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	s = socket(ai->ai_family, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	if (s == -1 || bind(s, ai->ai_addr, ai->ai_addrlen) == -1) {
		perror("server: bind");
		return 1;
	}
	struct pollfd fds[2] = {{.fd = s, .events = POLLIN}, {.fd = signalfd(-1, &ends, 0), .events = POLLIN}};
	getsockname(s, (struct sockaddr *)&a, &len);
	name("bound to", (struct sockaddr *)&a, len);
	for (;;) {
		poll(fds, 2, -1);
		if (fds[0].revents) {
			char before[32];
			len = sizeof a;
			ssize_t n = recvfrom(s, buf, sizeof buf, 0, (struct sockaddr *)&a, &len);
			if (n == -1)
				continue;
			sendto(s, buf, (size_t)n, 0, (struct sockaddr *)&a, len);
			snprintf(before, sizeof before, "%zd bytes from", n);
			name(before, (struct sockaddr *)&a, len);
		}
		if (fds[1].revents)
			return 0;
	}
}
