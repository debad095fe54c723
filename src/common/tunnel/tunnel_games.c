/* tunnel_games.c - which games are hosted in the room, by the answers that pass (row H7). */
#include <string.h>

#include "lanparty/base/bytes.h"
#include "tunnel_private.h"

static bool is_gone(const struct tunnel_game *g, lp_time now)
{
	return now - g->found.heard_at >= LP_TUNNEL_GAME_GONE;
}

static void remove_game(struct lp_tunnel *t, size_t at)
{
	t->game_count--;
	memmove(&t->games[at], &t->games[at + 1], (t->game_count - at) * sizeof(t->games[0]));
}

void lp_tunnel_forget_games(struct lp_tunnel *t, uint16_t peer)
{
	for (size_t i = t->game_count; i > 0; i--)
		if (t->games[i - 1].found.peer == peer)
			remove_game(t, i - 1);
}

void lp_tunnel_forget_stay(struct lp_tunnel *t)
{
	t->told_name[0] = '\0'; /* a new membership has its own name again */
	t->game_count = 0;
	t->games_at = LP_NEVER;
}

static void forget_gone(struct lp_tunnel *t, lp_time now)
{
	for (size_t i = t->game_count; i > 0; i--)
		if (is_gone(&t->games[i - 1], now))
			remove_game(t, i - 1);
}

static struct tunnel_game *find(struct lp_tunnel *t, const struct lp_found_game *h)
{
	for (size_t i = 0; i < t->game_count; i++) {
		const struct lp_found_game *known = &t->games[i].found;
		if (known->peer == h->peer && known->game.port == h->game.port &&
			lp_prefix_same_address(&known->address, &h->address))
			return &t->games[i];
	}
	return NULL;
}

static enum lp_role role_of(const struct lp_tunnel *t, uint16_t peer)
{
	const struct tunnel_member *m = lp_tunnel_member(t, peer);
	return m ? m->joined.role : t->config.role;
}

/* NULL: its member hosts too many already. */
static struct tunnel_game *add(struct lp_tunnel *t, const struct lp_found_game *h, lp_time now)
{
	size_t most =
		role_of(t, h->peer) == LP_ROLE_GATEWAY ? LP_TUNNEL_GAMES_LAN : LP_TUNNEL_GAMES_EACH;
	size_t same = 0;
	forget_gone(t, now);
	for (size_t i = 0; i < t->game_count; i++)
		same += t->games[i].found.peer == h->peer;
	if (same >= most || t->game_count == LP_TUNNEL_GAMES)
		return NULL;
	struct tunnel_game *g = &t->games[t->game_count++];
	*g = (struct tunnel_game){.found = *h, .news = true};
	return g;
}

static struct lp_prefix source_of(const struct lp_view *view)
{
	const uint8_t *address = lp_view_addresses(view);
	return view->version == 4 ? lp_prefix_ipv4(lp_get32(address), 32)
				  : lp_prefix_ipv6(address, LP_PREFIX_HOST);
}

/* A title says of which kind the answer is, and a server can answer in several. The first one stays. */
static bool renew(struct tunnel_game *g, const struct lp_found_game *h, lp_time now)
{
	bool same = strcmp(g->found.game.name, h->game.name) == 0 &&
		    strcmp(g->found.game.map, h->game.map) == 0;
	bool news = !same || is_gone(g, now);
	memcpy(g->found.game.name, h->game.name, sizeof(h->game.name));
	memcpy(g->found.game.map, h->game.map, sizeof(h->game.map));
	g->found.heard_at = now;
	g->news = g->news || news;
	return news;
}

static lp_time due_at(const struct tunnel_game *g)
{
	return g->told ? g->told_at + LP_TUNNEL_GAME_AGAIN : 0;
}

static void note(struct lp_tunnel *t, const struct lp_found_game *h, lp_time now)
{
	struct tunnel_game *g = find(t, h);
	if (g && !renew(g, h, now))
		return;
	if (!g)
		g = add(t, h, now);
	if (!g)
		return;
	/* People hear of it at once, but not from here, because that allocates. */
	lp_time at = due_at(g) > now ? due_at(g) : now;
	t->games_at = lp_sooner(t->games_at, at);
	t->deadline = lp_sooner(t->deadline, at);
}

void lp_tunnel_note_game(
	struct lp_tunnel *t, uint16_t peer, const struct lp_view *view, lp_time now)
{
	struct lp_found_game h;
	if (!lp_game_read(view, &h.game))
		return;
	h.address = source_of(view);
	h.peer = peer;
	h.heard_at = now;
	note(t, &h, now);
}

static void tell(struct lp_tunnel *t, struct tunnel_game *g, lp_time now)
{
	struct lp_tunnel_action *action = lp_tunnel_add_action(t, LP_TUNNEL_GAME);
	struct lp_seen seen;
	g->told = true;
	g->told_at = now;
	g->news = false;
	if (!action)
		return;
	action->game = g->found;
	for (size_t i = 0; lp_tunnel_seen(t, i, &seen); i++)
		if (seen.joined.peer == g->found.peer)
			action->member = seen.joined;
}

void lp_tunnel_tell_games(struct lp_tunnel *t, lp_time now)
{
	if (now < t->games_at)
		return;
	t->games_at = LP_NEVER;
	for (size_t i = 0; i < t->game_count; i++) {
		struct tunnel_game *g = &t->games[i];
		if (g->news && due_at(g) <= now)
			tell(t, g, now);
		else if (g->news)
			t->games_at = lp_sooner(t->games_at, due_at(g));
	}
}

size_t lp_tunnel_games(
	const struct lp_tunnel *t, lp_time now, struct lp_found_game ret_games[LP_TUNNEL_GAMES])
{
	size_t count = 0;
	for (size_t i = 0; i < t->game_count; i++)
		if (!is_gone(&t->games[i], now))
			ret_games[count++] = t->games[i].found;
	return count;
}
