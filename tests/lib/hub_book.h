/* hub_book.h - the book of a relay with one room, as it stays when the hub is restarted, and whoever
 * proves a host key: for the tests of the hub. */
#ifndef LANPARTY_TESTS_HUB_BOOK_H
#define LANPARTY_TESTS_HUB_BOOK_H

#include <stdbool.h>

#include "lanparty/room/hub.h"

struct hub_book {
	struct lp_hosted kept; /* valid with keeps above 0 */
	unsigned keeps, proofs;
	bool is_full, is_lost; /* it keeps nothing more; it cannot be read */
};

/* There is one. */
extern struct hub_book hub_book;

/* A hub as relay_config's that has the book. A proof is right when it repeats the key, and the fingerprint is
 * the first part of the key. */
struct lp_hub_config hub_book_config(void);
/* A new book. */
void hub_book_clear(void);

#endif
