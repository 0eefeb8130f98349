/*
 * reason.c - does a message on stdin give the right reason for a failure?
 *
 *     reason NAME... <MESSAGE
 *
 * NAME is a reason that would be right: a value of errno (EADDRINUSE), an error
 * of getaddrinfo() (EAI_NONAME), or EAI for every error that means that a name
 * has no address.  The words are those of this libc: strerror(), gai_strerror().
 * A message in words of its own is right, too; wrong is one that holds the words
 * of other errors only, "Success" among them.  Then it prints the reason that
 * is right, and the one that the message gives.
 *
 * Used by `fails` (tests/helpers), so by every suite.
 *
 * Exit status: 0 right, 1 wrong, 2 usage.
 */
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WRONG = 1, USAGE = 2 };

/* An error that has a name here; the others only have words. */
struct error {
    const char *name;
    int value;
};

#define ERROR(name)                                                            \
    {                                                                          \
#name, name                                                            \
    }

static const struct error errnos[] = {
    ERROR(EACCES),
    ERROR(EADDRINUSE),
    ERROR(EADDRNOTAVAIL),
    ERROR(EAFNOSUPPORT),
    ERROR(EAGAIN),
    ERROR(EALREADY),
    ERROR(EBADF),
    ERROR(ECHILD),
    ERROR(ECONNABORTED),
    ERROR(ECONNREFUSED),
    ERROR(ECONNRESET),
    ERROR(EDESTADDRREQ),
    ERROR(EEXIST),
    ERROR(EFAULT),
    ERROR(EHOSTUNREACH),
    ERROR(EINPROGRESS),
    ERROR(EINTR),
    ERROR(EINVAL),
    ERROR(EIO),
    ERROR(EISCONN),
    ERROR(EISDIR),
    ERROR(ELOOP),
    ERROR(EMFILE),
    ERROR(EMSGSIZE),
    ERROR(ENAMETOOLONG),
    ERROR(ENETUNREACH),
    ERROR(ENFILE),
    ERROR(ENOBUFS),
    ERROR(ENODEV),
    ERROR(ENOENT),
    ERROR(ENOMEM),
    ERROR(ENOPROTOOPT),
    ERROR(ENOSYS),
    ERROR(ENOTCONN),
    ERROR(ENOTDIR),
    ERROR(ENOTEMPTY),
    ERROR(ENOTSOCK),
    ERROR(ENOTTY),
    ERROR(ENXIO),
    ERROR(EOPNOTSUPP),
    ERROR(EPERM),
    ERROR(EPIPE),
    ERROR(EPROTONOSUPPORT),
    ERROR(EPROTOTYPE),
    ERROR(ERANGE),
    ERROR(EROFS),
#ifdef ESOCKTNOSUPPORT /* not in POSIX */
    ERROR(ESOCKTNOSUPPORT),
#endif
    ERROR(ESPIPE),
    ERROR(ETIMEDOUT),
};

static const struct error resolver_errors[] = {
    ERROR(EAI_NONAME), /* the first: it stands for all that EAI allows */
    ERROR(EAI_AGAIN),      ERROR(EAI_FAIL),
#ifdef EAI_NODATA /* not in POSIX */
    ERROR(EAI_NODATA),
#endif
#ifdef EAI_ADDRFAMILY
    ERROR(EAI_ADDRFAMILY),
#endif
    ERROR(EAI_BADFLAGS), /* from here on: not what EAI allows */
    ERROR(EAI_FAMILY),     ERROR(EAI_MEMORY),   ERROR(EAI_OVERFLOW),
    ERROR(EAI_SERVICE),    ERROR(EAI_SOCKTYPE), ERROR(EAI_SYSTEM),
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Return the error of TABLE, of LEN, that has NAME, or NULL. */
static const struct error *named(const char *name, const struct error *table,
                                 size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}

/* The right reason that we tell people: the first that the caller names. */
static char expected[256];

/* Does MESSAGE hold WORDS, those of the right reason NAME? */
static bool gives(const char *message, const char *words, const char *name)
{
    if (expected[0] == '\0')
        snprintf(expected, sizeof expected, "%s (%s)", words, name);
    return strstr(message, words) != NULL;
}

/* Does MESSAGE hold the words of the right reason that the caller calls NAME? */
static bool is_right(const char *message, const char *name)
{
    const struct error *e = named(name, errnos, COUNT(errnos));
    if (e)
        return gives(message, strerror(e->value), name);
    e = named(name, resolver_errors, COUNT(resolver_errors));
    if (e)
        return gives(message, gai_strerror(e->value), name);
    if (strcmp(name, "EAI") != 0) {
        /* A name that only other systems have is right nowhere here. */
        if (strcmp(name, "ESOCKTNOSUPPORT") == 0 ||
            strcmp(name, "EAI_NODATA") == 0 ||
            strcmp(name, "EAI_ADDRFAMILY") == 0)
            return false;
        errx(USAGE, "%s: no error that this program knows", name);
    }
    for (e = resolver_errors; e->value != EAI_BADFLAGS; e++)
        if (gives(message, gai_strerror(e->value), e->name))
            return true;
    return false;
}

/* The longest words of a wrong reason in the message, and what to call it. */
static char found[256], found_name[32];

/* If MESSAGE holds WORDS, those of the wrong reason NAME, remember them. */
static void look_for(const char *message, const char *words, const char *name)
{
    if (strlen(words) > strlen(found) && strstr(message, words)) {
        snprintf(found, sizeof found, "%s", words);
        snprintf(found_name, sizeof found_name, "%s", name);
    }
}

/* Return what C calls errno VALUE, or its number. */
static const char *name_of(int value)
{
    static char number[32];

    for (size_t i = 0; i < COUNT(errnos); i++)
        if (errnos[i].value == value)
            return errnos[i].name;
    snprintf(number, sizeof number, "errno %d", value);
    return number;
}

int main(int argc, char *argv[])
{
    static char message[65536];
    bool right = false;

    if (argc < 2)
        errx(USAGE, "usage: reason NAME... <MESSAGE");
    message[fread(message, 1, sizeof message - 1, stdin)] = '\0';
    for (char *c = message; *c; c++) /* zero bytes end it, newlines do not */
        if (*c == '\n')
            *c = ' ';
    for (int i = 1; i < argc; i++)
        right = is_right(message, argv[i]) || right;
    if (right)
        return 0;

    for (int value = 0; value < 256; value++)
        look_for(message, strerror(value), name_of(value));
    look_for(message, "Unknown error", "a number that is no errno");
    for (size_t i = 0; i < COUNT(resolver_errors); i++)
        if (resolver_errors[i].value != EAI_AGAIN) /* "Try again" is innocent */
            look_for(message, gai_strerror(resolver_errors[i].value),
                     resolver_errors[i].name);
    if (found[0] == '\0')
        return 0; /* words of its own */
    printf("%s\n%s (%s)\n", expected, found, found_name);
    return WRONG;
}
