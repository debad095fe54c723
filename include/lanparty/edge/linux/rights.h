/* rights.h - gives up what a program no longer needs: capabilities, the user root, core dumps. */
#ifndef LANPARTY_EDGE_LINUX_RIGHTS_H
#define LANPARTY_EDGE_LINUX_RIGHTS_H

#include <stdbool.h>
#include <stddef.h>

#include "lanparty/edge/linux/sandbox.h"

#define LP_RIGHTS_NONE (-1) /* no capability */

/* Call it first in main: no core dumps, and no other program of the same user can read this one's memory
 * (PR_SET_DUMPABLE). Under a sanitizer, which reads it, only core dumps are turned off. */
void lp_rights_protect_memory(void);

/* The process can have no more memory of its own than this from now on. Does nothing under a sanitizer, whose
 * shadow memory counts. */
void lp_rights_limit_memory(size_t bytes);

/* Chooses the user that root becomes, for the whole process; NULL, as without a call: lanparty where that
 * user exists, else nobody. user must stay. Returns NULL, or a sentence that says why it cannot be this one,
 * which stays until the next call. */
const char *lp_rights_choose(const char *user);
/* True if the program is root and can become another user. */
bool lp_rights_is_root(void);
/* Gives the socket of a listener to the user that root will become; does nothing when the program is not root.
 * False, with errno: ENOTSOCK when something else is at its path by now. */
bool lp_rights_give_socket(const char *path);
/* Makes the folder, and those of its path that are missing. One that root has made belongs to the user that
 * root will become. A folder that was there, or to which a symbolic link leads, keeps its owner. False, with
 * errno. */
bool lp_rights_make_folder(const char *path);
/* True if the user that the program will be can make files in the folder. False, with errno. */
bool lp_rights_can_write(const char *folder);

/* Drops all capabilities permanently but kept, a CAP_ number or LP_RIGHTS_NONE. Root also becomes the chosen
 * user. False: the system refused; the error was logged. */
bool lp_rights_drop(int kept);
/* Drops the rights, enters the sandbox of the program, and logs which user root has become. */
bool lp_rights_enter(int kept, enum lp_sandbox_program program);

#endif
