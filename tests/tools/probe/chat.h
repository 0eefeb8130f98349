/* chat.h - what chat.c and doze.c share: the members of the chat room. */
#ifndef CHAT_H
#define CHAT_H

#include <stdbool.h>
#include <stddef.h>

enum { MEMBERS = 1200, LONGEST = 1 << 17 };

struct member_of_room {
    char name[32]; /* "": it has given none, or has left */
    bool dozes;
    char *missed; /* the lines that it should hear when it wakes */
    size_t missed_len;
    size_t missed_lines;
    unsigned heard; /* bit i: it has heard that leaver number i has left */
};
extern struct member_of_room room_members[MEMBERS];
extern size_t line_end_len; /* of the last line that arrived: LF, or CR LF */

struct member_of_room *me(void);
int socket_of(int i);
void hears(int i, const char *text, size_t len);
void from_me(const char *text, size_t len);
int may_leave(int i);
void have_left(bool leave[MEMBERS]);

#endif
