/* admin_site.h - what the relay's status page answers (row H4): the page, metrics, health, and status as JSON.
 *
 * All of it is read-only, and nothing in it is a room code, a key or a token. An answer that needs the
 * workers is made at most once per ADMIN_FRESH, whoever asks how often, and holds no snapshot: it is text.
 * One thread calls all functions. */
#ifndef LANPARTY_RELAY_ADMIN_SITE_H
#define LANPARTY_RELAY_ADMIN_SITE_H

#include <microhttpd.h>
#include <stdbool.h>

#include "page.h"
#include "workers.h"

#define ADMIN_FRESH  LP_SECOND  /* how long an answer is given again */
#define ADMIN_ANSWER (32 << 20) /* bytes of one answer, at most */
#define ADMIN_HELD                                                                                 \
	(32 << 20) /* bytes of older answers that slow readers hold: then only health is new */

enum admin_view { ADMIN_STATUS, ADMIN_METRICS, ADMIN_HEALTH, ADMIN_VIEWS };

struct admin_site {
	struct workers *workers;
	bool shows_addresses; /* of members */
	int64_t started;      /* seconds since 1970 */
	size_t held;          /* bytes of all answers that are in memory */
	struct MHD_Response *files[PAGE_FILES];
	struct admin_made {
		struct MHD_Response *response; /* NULL: none yet, or it could not be made */
		unsigned status;
		lp_time at; /* when that was tried; 0: never */
	} made[ADMIN_VIEWS];
};

/* False: out of memory; then, too, admin_site_clear frees what there is. */
bool admin_site_init(struct admin_site *s);
/* Call it after the daemon has ended. */
void admin_site_clear(struct admin_site *s);
/* Answers one request. */
enum MHD_Result admin_site_answer(struct admin_site *s, struct MHD_Connection *connection,
	const char *path, const char *method);

/* True if a browser that sends this Host header was pointed at this address by the person who uses it: an
 * IP address or localhost, perhaps with a port. A name can be somebody else's, who lets it lead here (DNS
 * rebinding). */
bool admin_host_is_good(const char *host);
/* True if the answer must be made, again or for the first time. One that could not be made is tried no more
 * often than one that could. */
bool admin_is_old(const struct admin_made *made, lp_time now);
/* False: slow readers hold too much. */
bool admin_can_make(const struct admin_site *s, enum admin_view view);

#endif
