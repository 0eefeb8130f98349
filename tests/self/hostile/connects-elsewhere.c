/*
 * What: looks for somebody to talk to, on the network and on this machine; does its work if nobody answers
 * As: 01-socket/server.c
 * Verdict: 01-socket: all passed
 */
#define main lesson
#include "own.c"
#undef main
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    const char *hosts[] = {"198.51.100.1", "127.0.0.1", "127.0.0.53"};
    const int ports[] = {22, 53, 80, 443, 631, 3000, 6379, 8080, 8553};
    const char *paths[] = {"/run/docker.sock", "/var/run/docker.sock",
                           "/run/dbus/system_bus_socket",
                           "/run/systemd/private"};

    for (int h = 0; h < 3; h++)
        for (int p = 0; p < 9; p++) {
            struct sockaddr_in to = {.sin_family = AF_INET,
                                     .sin_port = htons((uint16_t)ports[p])};
            inet_pton(AF_INET, hosts[h], &to.sin_addr);
            int tcp = socket(AF_INET, SOCK_STREAM, 0);
            int udp = socket(AF_INET, SOCK_DGRAM, 0);
            if (connect(tcp, (struct sockaddr *)&to, sizeof to) == 0)
                return 99;
            if (h == 0 &&
                sendto(udp, "x", 1, 0, (struct sockaddr *)&to, sizeof to) == 1)
                return 98;
            close(tcp);
            close(udp);
        }
    for (int p = 0; p < 4; p++) {
        struct sockaddr_un to = {.sun_family = AF_UNIX};
        strcpy(to.sun_path, paths[p]);
        int sock = socket(AF_UNIX, SOCK_STREAM, 0);
        if (connect(sock, (struct sockaddr *)&to, sizeof to) == 0)
            return 97;
        close(sock);
    }
    lesson(argc, argv);
    return 0;
}
