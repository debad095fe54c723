/* rights.h - gives up what a program no longer needs: capabilities, the user root, core dumps. */
#ifndef LANPARTY_EDGE_LINUX_RIGHTS_H
#define LANPARTY_EDGE_LINUX_RIGHTS_H

#include <stdbool.h>

#define LP_RIGHTS_NONE (-1) /* no capability */

/* Call it first in main: no core dumps, and no other program of the same user can read this one's memory
 * (PR_SET_DUMPABLE). Under a sanitizer, which reads it, only core dumps are turned off. */
void lp_rights_protect_memory(void);

/* Drops all capabilities permanently, except CAP_NET_ADMIN if keep_net_admin is set because the
 * interface must still be configured. Without keep_net_admin, root also becomes the default user of
 * lp_rights_become. False: the system refused; the error was logged. */
bool lp_rights_drop(bool keep_net_admin);

/* True if the program is root and can become another user. */
bool lp_rights_is_root(void);
/* The user that root becomes: user, or by default lanparty where that exists, else nobody. NULL: there is
 * no user of this name. */
const char *lp_rights_user(const char *user);
/* True if the program runs as this user already. */
bool lp_rights_is_user(const char *user);
/* Drops all capabilities permanently but kept, a CAP_ number or LP_RIGHTS_NONE. Root also becomes user, a
 * result of lp_rights_user. False: the system refused; the error was logged. */
bool lp_rights_become(const char *user, int kept);

#endif
