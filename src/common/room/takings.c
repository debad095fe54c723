#include "takings.h"

void lp_takings_init(struct lp_takings *t, uint64_t rate)
{
	*t = (struct lp_takings){.victims = {{0}}};
	lp_bucket_init(&t->bucket, rate, LP_NEIGHBOUR_TAKINGS * LP_NEIGHBOUR_TAKING_SECONDS, 0);
}

bool lp_takings_may(struct lp_takings *t, uint16_t victim, lp_time now)
{
	struct lp_victim *oldest = t->victims;
	for (struct lp_victim *v = t->victims; v < t->victims + LP_VICTIMS; v++) {
		if (v->peer == victim && now < v->until)
			return true;
		if (v->until < oldest->until)
			oldest = v;
	}
	if (!lp_bucket_take(&t->bucket, LP_NEIGHBOUR_TAKING_SECONDS, now))
		return false;
	*oldest = (struct lp_victim){victim, now + LP_NEIGHBOUR_TAKING_SECONDS * LP_SECOND};
	return true;
}
