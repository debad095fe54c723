/* keyholder.h - opens the files of the relay's certificate and key after the relay has given up root: a
 * child process keeps the right to read files, and nothing else.
 *
 * The child opens the two files that were named at start, and no others, and hands their descriptors to
 * the relay. It never reads them, so it never holds the key. It ends with the relay. */
#ifndef LANPARTY_RELAY_KEYHOLDER_H
#define LANPARTY_RELAY_KEYHOLDER_H

#include <stdbool.h>
#include <sys/types.h>

struct keyholder {
	const char *files[2]; /* certificate and key, as options gave them; borrowed */
	int socket;           /* to the child; -1: no child, the relay opens the files itself */
	pid_t child;
	bool running; /* the relay has a certificate, and looks for a newer one */
};

enum keyholder_file { KEYHOLDER_CERT, KEYHOLDER_KEY };

/* Starts the child; user is a result of lp_rights_user. files must be set. Call it before there are
 * threads, and before a secret is in memory. False: the system refused; the error was logged. */
bool keyholder_start(struct keyholder *k, const char *user);
/* Opens one of the files for reading. -1, with errno. */
int keyholder_open(struct keyholder *k, enum keyholder_file file);
/* Ends the child. */
void keyholder_stop(struct keyholder *k);

#endif
