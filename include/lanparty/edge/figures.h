/* figures.h - the figures of a path and of its frames, as all programs show them: as JSON, and for people. */
#ifndef LANPARTY_EDGE_FIGURES_H
#define LANPARTY_EDGE_FIGURES_H

#include <stddef.h>
#include <stdint.h>

#include "lanparty/base/time.h"
#include "lanparty/edge/text.h"
#include "lanparty/packet/verdict.h"

double lp_figures_ms(lp_time t);
/* How many of all are lost, in percent; 0 when there are none. */
double lp_figures_loss(uint64_t lost, uint64_t reached);

/* Opens an object with what goes one way; the caller closes it. rate: bytes per second. */
void lp_figures_json_way(
	struct lp_text *t, const char *key, uint64_t frames, uint64_t bytes, uint64_t rate);
/* Writes how many frames were dropped for each reason, without those that there are none of. */
void lp_figures_json_drops(struct lp_text *t, const char *key, const uint64_t drops[LP_DROP_COUNT]);
/* The same as a line that begins with title, in so many columns; nothing when none were dropped. */
void lp_figures_text_drops(
	struct lp_text *t, const char *title, size_t columns, const uint64_t drops[LP_DROP_COUNT]);

#endif
