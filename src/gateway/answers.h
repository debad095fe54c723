/* answers.h - notices that the LAN answers none of the frames that the room sends into it.
 *
 * A hypervisor or a switch that drops frames with the players' addresses does so silently: frames go out,
 * and nothing comes back. This module counts repeated questions until an answer arrives. A member asks only
 * once what another member answers, so players who play among themselves cause no notice.
 *
 * No clock, no log. */
#ifndef LANPARTY_GATEWAY_ANSWERS_H
#define LANPARTY_GATEWAY_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/base/time.h"
#include "lanparty/packet/filter.h"

/* It is noticed when both have passed without any answer. Four tries of a DHCP client are enough at the
 * start. Later, a LAN has answered once, and perhaps one of its hosts was switched off. */
#define LP_ANSWERS_FIRST_ASKED 3
#define LP_ANSWERS_FIRST_TIME  (20 * LP_SECOND)
#define LP_ANSWERS_LATER_ASKED 10
#define LP_ANSWERS_LATER_TIME  (40 * LP_SECOND)
#define LP_ANSWERS_QUESTIONS   32
#define LP_ANSWERS_AGAIN       (20 * LP_SECOND)  /* later, a question is a new one */
#define LP_ANSWERS_PAUSE       (600 * LP_SECOND) /* between two notices */

struct lp_answers {
	struct lp_question {
		uint32_t hash;  /* 0: none */
		unsigned again; /* how often it was counted since the last answer */
		lp_time at;
	} questions[LP_ANSWERS_QUESTIONS];
	unsigned asked; /* again, since the last answer; at most LP_ANSWERS_LATER_ASKED */
	lp_time since;  /* of the first of them */
	bool answered;  /* once, since the last reset */
	bool told;      /* since the last answer */
	lp_time not_before;
};

/* The way into the LAN has changed: what came before proves nothing. */
void lp_answers_reset(struct lp_answers *a);
/* A member's frame was written to the LAN; not one to the gateway's own computer alone. */
void lp_answers_note(struct lp_answers *a, const struct lp_view *view,
	const struct lp_filter_facts *facts, lp_time now);
/* A frame for one member has come from the gateway's own computer. It proves nothing about the LAN, but the
 * question that it answers was not the LAN's. */
void lp_answers_own(
	struct lp_answers *a, const struct lp_view *view, const struct lp_filter_facts *facts);
/* A frame for one member has come from another computer. */
void lp_answers_come(struct lp_answers *a);
/* True once when the answers are missing. */
bool lp_answers_are_missing(struct lp_answers *a, lp_time now);

#endif
