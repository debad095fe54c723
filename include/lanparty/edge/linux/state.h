/* state.h - the folder where a program keeps what it needs in its next run. */
#ifndef LANPARTY_EDGE_STATE_H
#define LANPARTY_EDGE_STATE_H

#include <stddef.h>

#define LP_STATE_DIR "/var/lib/lanparty"

/* The path of a file NAME.KIND in the folder: the first one of STATE_DIRECTORY, which systemd sets, or
 * LP_STATE_DIR, which is made when it is missing. */
void lp_state_path(const char *name, const char *kind, char *path, size_t cap);
/* Opens that file for reading and writing, and makes it when it is missing. Returns a descriptor of a regular
 * file that no other program uses so; or -1, with errno (EWOULDBLOCK: another program does). The path is
 * written in any case. */
int lp_state_open(const char *name, const char *kind, char *path, size_t cap);

#endif
