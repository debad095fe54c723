#include "announce.h"

#include <string.h>

#include "lanparty/packet/arp.h"

static void build(const struct lp_mac *member, uint8_t frame[LP_ANNOUNCE_FRAME])
{
	memset(frame, 0, LP_ANNOUNCE_FRAME);
	uint8_t *arp = lp_arp_broadcast(member, LP_ETHERTYPE_RARP, LP_ARP_REVERSE, frame);
	memcpy(arp + LP_ARP_TARGET_MAC, member->b, sizeof(member->b));
}

void lp_announcer_start(struct lp_announcer *a, lp_time now)
{
	*a = (struct lp_announcer){.rounds = LP_ANNOUNCE_ROUNDS, .at = now};
}

/* Seconds between the rounds: 1, 4. */
static lp_time pause_before(unsigned rounds_left)
{
	return rounds_left == 1 ? 4 * LP_SECOND : LP_SECOND;
}

bool lp_announcer_next(struct lp_announcer *a, const struct lp_mac *members, size_t count,
	lp_time now, uint8_t ret_frame[LP_ANNOUNCE_FRAME])
{
	if (a->rounds == 0 || now < a->at)
		return false;
	if (a->next < count && a->batch < LP_ANNOUNCE_BATCH) {
		build(&members[a->next++], ret_frame);
		a->batch++;
		return true;
	}
	a->batch = 0;
	a->at = now + LP_SECOND;
	if (a->next >= count) {
		a->next = 0;
		a->rounds--;
		a->at = now + pause_before(a->rounds);
	}
	return false;
}
