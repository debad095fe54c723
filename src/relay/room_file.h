/* room_file.h - reads which rooms an operator permits (row H3): the files of --rooms and --token-file.
 *
 * A line of the file is a room: its code, or "key:" and the 64 hex digits of its key, then perhaps members=N
 * and rate=BYTES. Lines that begin with # are comments. */
#ifndef LANPARTY_RELAY_ROOM_FILE_H
#define LANPARTY_RELAY_ROOM_FILE_H

#include "keyholder.h"
#include "lanparty/edge/exit.h"
#include "lanparty/room/room_list.h"
#include "lanparty/wire/code.h"

/* One line without its end. NULL: *ret_terms is written, or the line is blank and *ret_room is false. Else what
 * is wrong, a static sentence. */
const char *room_file_parse(char *line, struct lp_room_terms *ret_terms, bool *ret_room);
/* The operator's token; text "": no file is named. False: the error was logged. */
bool room_file_token(struct keyholder *files, struct lp_code *ret_token);
/* Reads both files, where they are named. open: rooms that are not in the file can be opened, too. NULL: the
 * error was logged, with file and line. */
struct lp_room_list *room_file_load(struct keyholder *files, bool open, enum lp_exit *ret_exit);

/* Prints a new room: its code, and below it the line with its key. LP_EXIT_OS: the system has no random
 * numbers. */
enum lp_exit room_file_new_room(void);

#endif
