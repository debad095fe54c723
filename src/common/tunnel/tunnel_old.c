/* tunnel_old.c - says which protocols of old games do not pass, and would with an option. */
#include "tunnel_private.h"

void lp_tunnel_note_old(struct lp_tunnel *t, const struct lp_view *view, lp_time now)
{
	enum lp_old_protocol protocol = lp_old_protocol_of(view);
	if (protocol == LP_OLD_NONE || t->old[protocol] != OLD_UNSEEN)
		return;
	t->old[protocol] = OLD_SEEN;
	t->deadline =
		now; /* people hear of it at once, but not from here, because that allocates */
}

void lp_tunnel_tell_old(struct lp_tunnel *t)
{
	for (int i = LP_OLD_NONE + 1; i < LP_OLD_COUNT; i++) {
		if (t->old[i] != OLD_SEEN)
			continue;
		t->old[i] = OLD_TOLD;
		struct lp_tunnel_action *action = lp_tunnel_add_action(t, LP_TUNNEL_OLD);
		if (action)
			action->old = (enum lp_old_protocol)i;
	}
}
