/* tunnel_host.c - which gateway is the host's (row N4).
 *
 * A member knows the fingerprint of the room's host key from its invite, from an earlier visit, or from the
 * relay, when it meets the room for the first time. From then on it trusts no other key. */
#include <string.h>

#include "tunnel_private.h"

const char lp_tunnel_other_host[] = "the room has another host key than before, so somebody else "
				    "can have taken it over: ask your "
				    "host, and join with a new invite of the host's";

static void tell(struct lp_tunnel *t, enum lp_host_news news, const uint8_t host[LP_HOST_PRINT])
{
	struct lp_tunnel_action *action = lp_tunnel_add_action(t, LP_TUNNEL_HOST);
	if (!action)
		return;
	action->news = news;
	memcpy(action->host, host, LP_HOST_PRINT);
}

/* host: what the relay says now. */
static enum lp_host_news judge(struct lp_tunnel *t, const uint8_t host[LP_HOST_PRINT])
{
	if (!lp_host_is_known(t->host))
		memcpy(t->host, host, LP_HOST_PRINT);
	if (!lp_host_is_known(t->host))
		return LP_HOST_NONE;
	if (!lp_host_is_known(host))
		return LP_HOST_LOST;
	return memcmp(host, t->host, LP_HOST_PRINT) == 0 ? LP_HOST_RIGHT : LP_HOST_CHANGED;
}

static bool has_proof(const struct lp_tunnel *t)
{
	return lp_host_is_known(t->host_proof); /* r, which is not zero */
}

/* People hear of each state once, not with each attempt. */
bool lp_tunnel_take_host(struct lp_tunnel *t, const uint8_t host[LP_HOST_PRINT])
{
	enum lp_host_news news = judge(t, host);
	if (has_proof(t) && !lp_host_is_known(host))
		news = LP_HOST_REFUSED;
	if (news != LP_HOST_NONE && news != t->host_news)
		tell(t, news, host);
	t->host_news = news;
	return news != LP_HOST_CHANGED;
}

/* The room can have another state than its gateway, and a reconnect repeats both. */
static void note_gateway(
	struct lp_tunnel *t, enum lp_host_news news, const uint8_t host[LP_HOST_PRINT])
{
	bool was_bad = t->gateway_news != LP_HOST_NONE && t->gateway_news != LP_HOST_RIGHT;
	bool right = news == LP_HOST_RIGHT;
	if (right ? was_bad || t->host_news != LP_HOST_RIGHT : news != t->gateway_news)
		tell(t, news, host);
	t->gateway_news = news;
	if (right)
		t->host_news = news;
}

bool lp_tunnel_trusts(struct lp_tunnel *t, const struct lp_peer_joined *joined)
{
	if (joined->role != LP_ROLE_GATEWAY)
		return true;
	enum lp_host_news news = judge(t, joined->host);
	if (news == LP_HOST_LOST)
		news = LP_HOST_UNPROVEN;
	if (news != LP_HOST_NONE)
		note_gateway(t, news, joined->host);
	return news == LP_HOST_NONE || news == LP_HOST_RIGHT;
}

void lp_tunnel_prove(struct lp_tunnel *t, const uint8_t key[LP_HOST_KEY_SIZE],
	const uint8_t proof[LP_HOST_PROOF_SIZE])
{
	memcpy(t->host_key, key, LP_HOST_KEY_SIZE);
	memcpy(t->host_proof, proof, LP_HOST_PROOF_SIZE);
}

const char *lp_tunnel_act(struct lp_tunnel *t, const struct lp_host_act *act)
{
	const struct lp_control message = {.type = LP_HOST_ACT, .act = *act};
	if (!has_proof(t))
		return "this program has no host key: name its file with --host-key";
	if (t->state != TUNNEL_JOINED)
		return "this program is not in the room at the moment: try again";
	if (!(t->welcome.capabilities & LP_CAP_ACTS))
		return "the relay is too old for this: update it";
	if (t->host_news != LP_HOST_RIGHT)
		return "the room does not belong to this host key";
	lp_tunnel_send_control(t, LP_TUNNEL_MESSAGE, &message);
	return NULL;
}

static bool is_number(const char *text, uint16_t peer)
{
	uint32_t number = 0;
	const char *at = text;
	for (; *at >= '0' && *at <= '9' && number <= UINT16_MAX; at++)
		number = 10 * number + (uint32_t)(*at - '0');
	return at > text && !*at && number == peer;
}

size_t lp_tunnel_find(const struct lp_tunnel *t, const char *text, uint16_t *ret_peer)
{
	size_t found = 0;
	for (size_t i = 0; i < t->member_count; i++) {
		const struct lp_peer_joined *m = &t->members[i]->joined;
		if (is_number(text, m->peer)) {
			*ret_peer = m->peer;
			return 1;
		}
		if (strcmp(text, m->name) != 0)
			continue;
		*ret_peer = m->peer;
		found++;
	}
	return found;
}
