#include "lanparty/peer/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lanparty/base/role.h"
#include "lanparty/edge/address.h"
#include "lanparty/edge/figures.h"
#include "lanparty/edge/json.h"

#define COLUMN 12

void lp_report_told(struct lp_report *s, const struct lp_tunnel_action *action, lp_time now)
{
	const struct lp_reject *reject = &action->reject;
	if (action->kind == LP_TUNNEL_JOINED) {
		s->joined_at = now;
		s->trouble[0] = '\0';
	} else if (action->kind == LP_TUNNEL_REJECTED) {
		snprintf(s->trouble, sizeof(s->trouble), "%s",
			reject->text[0] ? reject->text : lp_reject_text(reject->reason));
	} else if (action->kind == LP_TUNNEL_DISCONNECTED) {
		s->joined_at = 0;
		snprintf(s->trouble, sizeof(s->trouble), "%s", action->text);
	}
}

void lp_report_on_time(struct lp_report *s, lp_time now)
{
	const struct lp_stats *stats = lp_tunnel_stats(lp_link_tunnel(s->link));
	lp_meter_take(&s->meter, stats->rx_bytes, stats->tx_bytes, now);
}

/* What both forms show. */
struct picture {
	struct lp_welcome welcome;
	struct lp_quic_info info;
	const struct lp_stats *stats;
	struct lp_seen *members;
	size_t count;
	struct lp_found_game games[LP_TUNNEL_GAMES];
	size_t game_count;
};

static int by_number(const void *a, const void *b)
{
	const struct lp_seen *x = a, *y = b;
	return (int)x->joined.peer - (int)y->joined.peer;
}

/* The relay tells of this member, too, but what it measures itself is newer. */
static void complete_own(const struct picture *p, struct lp_seen *seen)
{
	seen->status.rtt_us = (uint32_t)(p->info.smoothed / 1000);
}

/* False without memory. */
static bool take_picture(const struct lp_report *s, struct picture *p, lp_time now)
{
	const struct lp_tunnel *tunnel = lp_link_tunnel(s->link);
	*p = (struct picture){.stats = lp_tunnel_stats(tunnel)};
	lp_tunnel_welcome(tunnel, &p->welcome);
	lp_link_info(s->link, &p->info);
	p->members = calloc(LP_MAX_MEMBERS, sizeof(*p->members));
	if (!p->members)
		return false;
	while (s->joined_at && p->count < LP_MAX_MEMBERS &&
		lp_tunnel_seen(tunnel, p->count, &p->members[p->count]))
		p->count++;
	if (p->count > 0)
		complete_own(p, &p->members[0]);
	qsort(p->members, p->count, sizeof(*p->members), by_number);
	if (s->joined_at)
		p->game_count = lp_tunnel_games(tunnel, now, p->games);
	return true;
}

static const char *host_of(const struct picture *p, const struct lp_found_game *game)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->members[i].joined.peer == game->peer)
			return p->members[i].joined.name;
	return "";
}

static double loss_of(const struct lp_quic_info *info)
{
	return lp_figures_loss(info->datagrams_lost, info->datagrams_acked);
}

/* Of the endpoint in use, or the last one that was tried. */
static const char *relay_name(const struct lp_report *s, char text[LP_HOST_SHOWN])
{
	return lp_host_format(lp_peer_endpoint(s->options, lp_link_entry(s->link)->endpoint), text);
}

/* Likewise: udp or tcp. */
static const char *carrier(const struct lp_report *s)
{
	return lp_tell_over(lp_link_entry(s->link)->stream);
}

/* ---- JSON */

static void json_member(const struct lp_seen *m, struct lp_text *t)
{
	char mac[LP_MAC_TEXT];
	lp_json_open(t, NULL, '{');
	lp_json_count(t, "peer", m->joined.peer);
	lp_json_string(t, "role", lp_role_text(m->joined.role));
	lp_json_string(t, "name", m->joined.name);
	lp_json_bool(t, "own", m->own);
	if (!m->own && m->joined.role == LP_ROLE_CLIENT)
		lp_json_string(t, "mac", lp_mac_format(&m->joined.mac, mac));
	if (m->status.rtt_us) {
		lp_json_number(t, "rtt_ms", m->status.rtt_us / 1000.0);
		lp_json_number(t, "loss_percent", m->status.loss_permille / 10.0);
	}
	lp_json_bool(t, "host_key", lp_host_is_known(m->joined.host));
	lp_json_bool(t, "trusted", m->trusted);
	lp_json_bool(t, "loop", m->loops);
	lp_json_bool(t, "conflict", m->conflict);
	lp_json_close(t, '}');
}

static void json_game(
	const struct picture *p, const struct lp_found_game *g, lp_time now, struct lp_text *t)
{
	char address[LP_ADDRESS_TEXT];
	lp_json_open(t, NULL, '{');
	lp_json_count(t, "peer", g->peer);
	lp_json_string(t, "host", host_of(p, g));
	lp_json_string(t, "title", g->game.title);
	lp_json_string(t, "name", g->game.name);
	lp_json_string(t, "map", g->game.map);
	lp_json_string(t, "address", lp_endpoint_format(&g->address, g->game.port, address));
	lp_json_number(t, "seconds", (double)(now - g->heard_at) / (double)LP_SECOND);
	lp_json_close(t, '}');
}

static void json_traffic(const struct lp_report *s, const struct lp_stats *stats, struct lp_text *t)
{
	lp_figures_json_way(t, "to_room", stats->tx_frames, stats->tx_bytes, s->meter.out_rate);
	lp_figures_json_drops(t, "drops", stats->tx_drops);
	lp_json_close(t, '}');
	lp_figures_json_way(t, "from_room", stats->rx_frames, stats->rx_bytes, s->meter.in_rate);
	lp_figures_json_drops(t, "drops", stats->rx_drops);
	lp_json_close(t, '}');
}

static void json_line(const struct lp_report *s, const struct picture *p, struct lp_text *t)
{
	char address[LP_ADDRESS_TEXT], name[LP_HOST_SHOWN];
	const struct lp_address *remote = lp_link_remote(s->link);
	lp_json_open(t, "relay", '{');
	lp_json_string(t, "name", relay_name(s, name));
	if (remote->len > 0)
		lp_json_string(t, "address", lp_address_format(remote, address));
	lp_json_string(t, "carrier", carrier(s));
	lp_json_string(t, "over", carrier(s));
	if (p->info.rtt) {
		lp_json_number(t, "rtt_ms", lp_figures_ms(p->info.smoothed));
		lp_json_number(t, "jitter_ms", lp_figures_ms(p->info.jitter));
		lp_json_number(t, "loss_percent", loss_of(&p->info));
	}
	lp_json_close(t, '}');
}

static void json_room(
	const struct lp_report *s, const struct picture *p, lp_time now, struct lp_text *t)
{
	if (!s->joined_at)
		return;
	lp_json_count(t, "room", p->welcome.room);
	lp_json_count(t, "peer", p->welcome.peer);
	lp_json_count(t, "mtu", p->welcome.mtu);
	lp_json_number(t, "seconds", (double)(now - s->joined_at) / (double)LP_SECOND);
}

void lp_report_json(const struct lp_report *s, lp_time now, struct lp_text *t)
{
	struct picture p;
	t->failed = t->failed || !take_picture(s, &p, now);
	if (t->failed)
		return;
	lp_json_open(t, NULL, '{');
	lp_json_string(t, "program", s->role == LP_ROLE_GATEWAY ? "gateway" : "client");
	lp_json_string(t, "version", LANPARTY_VERSION);
	lp_json_string(t, "state", s->joined_at ? "joined" : "connecting");
	if (s->trouble[0])
		lp_json_string(t, "trouble", s->trouble);
	lp_json_string(t, "interface", s->port);
	json_room(s, &p, now, t);
	json_line(s, &p, t);
	json_traffic(s, p.stats, t);
	lp_json_open(t, "members", '[');
	for (size_t i = 0; i < p.count; i++)
		json_member(&p.members[i], t);
	lp_json_close(t, ']');
	lp_json_open(t, "games", '[');
	for (size_t i = 0; i < p.game_count; i++)
		json_game(&p, &p.games[i], now, t);
	lp_json_close(t, ']');
	lp_json_close(t, '}');
	free(p.members);
}

/* ---- text */

static void text_way(
	struct lp_text *t, const char *title, uint64_t frames, uint64_t bytes, uint64_t rate)
{
	lp_text_column(t, title, COLUMN);
	lp_text_put(t, "%" PRIu64 " frames, %.1f MB, %.1f kB per second\n", frames,
		(double)bytes / 1e6, (double)rate / 1e3);
}

static void text_member(const struct lp_seen *m, struct lp_text *t)
{
	char rtt[32] = "-", loss[32] = "-";
	if (m->status.rtt_us) {
		snprintf(rtt, sizeof(rtt), "%.1f ms", m->status.rtt_us / 1000.0);
		snprintf(loss, sizeof(loss), "%.1f %%", m->status.loss_permille / 10.0);
	}
	lp_text_put(t, "%6u  %-8s%10s%8s  %s%s%s%s%s\n", m->joined.peer,
		lp_role_text(m->joined.role), rtt, loss, m->joined.name[0] ? m->joined.name : "-",
		m->own ? " (this computer)" : "", m->trusted ? "" : " (not the host's: ignored)",
		m->loops ? " (in a loop: cut off)" : "",
		m->conflict ? " (a computer of the LAN has the same MAC: cut off)" : "");
}

static void text_game(const struct picture *p, const struct lp_found_game *g, struct lp_text *t)
{
	char address[LP_ADDRESS_TEXT], shown[LP_GAME_SHOWN];
	const char *host = host_of(p, g);
	lp_text_column(t, lp_endpoint_format(&g->address, g->game.port, address), 24);
	lp_text_put(t, "%s, hosted by %s\n", lp_game_format(&g->game, shown), host[0] ? host : "-");
}

static void text_line(const struct lp_report *s, const struct picture *p, struct lp_text *t)
{
	char address[LP_ADDRESS_TEXT] = "no address yet", name[LP_HOST_SHOWN];
	const struct lp_address *remote = lp_link_remote(s->link);
	if (remote->len > 0)
		lp_address_format(remote, address);
	lp_text_column(t, "relay", COLUMN);
	lp_text_put(t, "%s, %s by %s\n", relay_name(s, name), address, carrier(s));
	if (!p->info.rtt)
		return;
	lp_text_column(t, "line", COLUMN);
	lp_text_put(t, "round trip %.1f ms, jitter %.1f ms, loss %.1f %%\n",
		lp_figures_ms(p->info.smoothed), lp_figures_ms(p->info.jitter), loss_of(&p->info));
}

static void text_state(
	const struct lp_report *s, const struct picture *p, lp_time now, struct lp_text *t)
{
	uint64_t seconds = s->joined_at ? (now - s->joined_at) / LP_SECOND : 0;
	if (s->joined_at)
		lp_text_put(t, "In room %u as number %u, for %" PRIu64 ":%02u:%02u.\n",
			p->welcome.room, p->welcome.peer, seconds / 3600,
			(unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60));
	else
		lp_text_put(t, "Not in the room: connecting.\n");
	if (s->trouble[0])
		lp_text_put(t, "%s\n", s->trouble);
}

void lp_report_text(const struct lp_report *s, lp_time now, struct lp_text *t)
{
	struct picture p;
	t->failed = t->failed || !take_picture(s, &p, now);
	if (t->failed)
		return;
	text_state(s, &p, now, t);
	lp_text_column(t, "interface", COLUMN);
	lp_text_put(t, "%s\n", s->port);
	text_line(s, &p, t);
	text_way(t, "to room", p.stats->tx_frames, p.stats->tx_bytes, s->meter.out_rate);
	lp_figures_text_drops(t, "  dropped", COLUMN, p.stats->tx_drops);
	text_way(t, "from room", p.stats->rx_frames, p.stats->rx_bytes, s->meter.in_rate);
	lp_figures_text_drops(t, "  dropped", COLUMN, p.stats->rx_drops);
	if (p.count > 0)
		lp_text_put(t, "\nnumber  role    round trip    loss  name\n");
	for (size_t i = 0; i < p.count; i++)
		text_member(&p.members[i], t);
	if (p.game_count > 0)
		lp_text_put(t, "\ngames\n");
	for (size_t i = 0; i < p.game_count; i++)
		text_game(&p, &p.games[i], t);
	free(p.members);
}
