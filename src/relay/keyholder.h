/* keyholder.h - opens the files of the relay's certificate, key and rooms after the relay has given up root: a
 * child process keeps the right to read files, and nothing else.
 *
 * The child opens the files that were named at start, and no others, and hands their descriptors to the
 * relay. It never reads them, so it never holds the key. It ends with the relay. */
#ifndef LANPARTY_RELAY_KEYHOLDER_H
#define LANPARTY_RELAY_KEYHOLDER_H

#include <stdbool.h>

#include "lanparty/edge/linux/child.h"

enum keyholder_file {
	KEYHOLDER_CERT,
	KEYHOLDER_KEY,
	KEYHOLDER_ROOMS,
	KEYHOLDER_TOKEN,
	KEYHOLDER_FILES
};

struct keyholder {
	/* As options gave them; borrowed; NULL: not given. */
	const char *files[KEYHOLDER_FILES];
	struct lp_child child; /* socket -1: none, the relay opens the files itself */
	bool running;          /* the relay has a certificate, and looks for a newer one */
};

/* Starts the child, which becomes the user of lp_rights_choose. files must be set. Call it before there are
 * threads, and before a secret is in memory. False: the system refused; the error was logged. */
bool keyholder_start(struct keyholder *k);
/* Opens one of the files for reading. -1, with errno. */
int keyholder_open(struct keyholder *k, enum keyholder_file file);
/* A child of the relay has ended: warns if it was this one. */
void keyholder_look(struct keyholder *k);
/* Ends the child. */
void keyholder_stop(struct keyholder *k);

#endif
