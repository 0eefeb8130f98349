/* client.c of 05-udp in another style: one thread receives, the other reads
 * lines, sends them, and waits on a condition. */
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { LONGEST = 65507 };

static int sock;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t came;
static char line[LONGEST + 1];
static size_t length;
static int waiting, refused;

static void *receive(void *none)
{
	static char buf[LONGEST + 1];

	for (;;) {
		ssize_t n = recv(sock, buf, sizeof buf, 0);

		pthread_mutex_lock(&lock);
		if (n < 0 && errno == ECONNREFUSED)
			refused = 1;
		else if (n >= 0 && waiting && (size_t)n == length && memcmp(buf, line, length) == 0)
			waiting = 0;
		pthread_cond_signal(&came);
		pthread_mutex_unlock(&lock);
	}
	return none;
}

/* With the lock held: wait until the answer came, or the time is over. */
static void await(void)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec++;
	while (waiting && !refused)
		if (pthread_cond_timedwait(&came, &lock, &until) == ETIMEDOUT)
			return;
}

static int ask(void)
{
	int tries = 0;

	pthread_mutex_lock(&lock);
	for (waiting = 1; waiting && !refused && tries < 3; tries++) {
		if (send(sock, line, length, 0) < 0 && errno != ECONNREFUSED) {
			perror("client: send");
			exit(1);
		}
		await();
	}
	pthread_mutex_unlock(&lock);
	return !waiting;
}

/* Returns 0 at the end of the input. */
static int next(void)
{
	int c = EOF;
	size_t n = 0;

	pthread_mutex_lock(&lock);
	while (n <= LONGEST && (c = getc(stdin)) != EOF && c != '\n')
		line[n++] = (char)c;
	length = n;
	pthread_mutex_unlock(&lock);
	if (n > LONGEST) {
		fprintf(stderr, "client: this line is too long\n");
		exit(1);
	}
	return n > 0 || c == '\n';
}

int main(int argc, char *argv[])
{
	const char *host = argc > 1 ? argv[1] : "127.0.0.1", *port = argc > 2 ? argv[2] : "65432";
	struct addrinfo want = {.ai_socktype = SOCK_DGRAM}, *a;
	pthread_condattr_t attributes;
	pthread_t t;
	char *end;

	if (argc > 3 || *port < '0' || *port > '9' || strtoul(port, &end, 10) > 65535 || *end) {
		fprintf(stderr, "usage: %s [HOST [PORT]]\n", argv[0]);
		return 2;
	}
	if (getaddrinfo(host, port, &want, &a) != 0 || (sock = socket(a->ai_family, SOCK_DGRAM, 0)) < 0 ||
	    connect(sock, a->ai_addr, a->ai_addrlen) < 0) {
		fprintf(stderr, "client: cannot reach %s\n", host);
		return 1;
	}
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&came, &attributes);
	if (pthread_create(&t, NULL, receive, NULL) != 0)
		return 1;
	while (next()) {
		if (!ask()) {
			fprintf(stderr, refused ? "client: refused\n" : "client: silence\n");
			return 1;
		}
		fwrite(line, length, 1, stdout);
		putchar('\n');
		fflush(stdout);
	}
	return 0;
}
