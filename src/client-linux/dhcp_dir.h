/* dhcp_dir.h - the private folder of a run that uses DHCP. Only the user that the program was started as can
 * enter it, so a program that is taken over later cannot replace the script.
 *
 * The keeper removes it, also when the program was killed. What a keeper that was killed has left is removed
 * by the next run. */
#ifndef LANPARTY_CLIENT_DHCP_DIR_H
#define LANPARTY_CLIENT_DHCP_DIR_H

#include "dhcp_clients.h"

/* Makes the folder with all that a DHCP client needs, in $RUNTIME_DIRECTORY, /run or /tmp. Removes folders
 * there that no program uses. Returns the socket for news, or -1 with errno; dir is "" when there is none
 * to remove. */
int dhcp_dir_make(char dir[DHCP_DIR]);
/* Removes the folder and the files in it, as far as this user can. */
void dhcp_dir_remove(const char *dir);

#endif
