/* faults.h - why an attempt to connect fails: for each endpoint of the relay the most telling reason that its
 * addresses gave. */
#ifndef LANPARTY_PEER_FAULTS_H
#define LANPARTY_PEER_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

#include "lanparty/peer/link.h"
#include "race.h"

struct lp_fault {
	struct lp_link_end end;
	enum lp_exit exit;
	bool final; /* trying again is useless */
	char text[LP_TUNNEL_TEXT];
};

struct lp_faults {
	struct lp_fault of[LP_ENDPOINTS];
	bool is_set[LP_ENDPOINTS];
	char told[LP_ENDPOINTS][LP_TUNNEL_TEXT]; /* what the log has said of each; "": nothing */
};

/* An attempt begins. What the log has said stays known. */
void lp_faults_clear(struct lp_faults *faults);
/* Keeps the fault, unless the endpoint has one that tells as much. */
void lp_faults_note(struct lp_faults *faults, size_t endpoint, const struct lp_fault *fault);
/* Logs each endpoint's fault that the log has not said yet. With won, the endpoint that was connected to, only
 * those that its host can mend: somebody has refused. */
#define LP_NO_ENDPOINT LP_ENDPOINTS
void lp_faults_tell(struct lp_faults *faults, const struct lp_peer_options *options, size_t won);
/* The most telling one. NULL: there is none. */
const struct lp_fault *lp_faults_worst(const struct lp_faults *faults);
/* True if each of count endpoints has a fault that is final. */
bool lp_faults_are_final(const struct lp_faults *faults, size_t count);

#endif
