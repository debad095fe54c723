#include "lanparty/peer/tell.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "lanparty/base/date.h"
#include "lanparty/base/wipe.h"
#include "lanparty/edge/address.h"
#include "lanparty/edge/built.h"
#include "lanparty/edge/output.h"
#include "lanparty/quic/crypto.h"
#include "lanparty/wire/code.h"
#include "lanparty/base/role.h"
#include "lanparty/edge/log.h"

#define MEGABYTE 1000000
#define KILOBYTE 1000

/* The relay has not answered: what the packets' fate says, else the likeliest cause. */
static void tell_silence(const struct lp_ending *e, char *text, size_t cap)
{
	char address[LP_ADDRESS_TEXT];
	bool v6 = e->remote->sa.sa_family == AF_INET6;
	lp_address_format(e->remote, address);
	switch (e->failure) {
	case LP_SEND_TOO_BIG:
		snprintf(text, cap,
			"this computer's network has too small an MTU for the relay: QUIC needs IP "
			"packets of 1228 bytes (1248 with IPv6); raise the MTU of its interface or "
			"VPN");
		return;
	case LP_SEND_NO_ROUTE:
		snprintf(text, cap,
			"this computer has no route to the relay's address %s: check its network",
			address);
		return;
	case LP_SEND_NO_FAMILY:
		snprintf(text, cap,
			"this computer's network has only %s, and the relay's address %s is %s: "
			"use another network, or ask the relay's host for an address of both kinds",
			v6 ? "IPv4" : "IPv6", address, v6 ? "IPv6" : "IPv4");
		return;
	case LP_SEND_FORBIDDEN:
		snprintf(text, cap,
			"a firewall of this computer forbids packets to the relay: allow UDP to "
			"%s",
			address);
		return;
	case LP_SEND_REFUSED:
		snprintf(text, cap,
			"nothing listens at %s: the relay does not run there, or uses another "
			"port; compare the address with the invite, and ask the host to start it",
			address);
		return;
	case LP_SEND_UNREACHABLE:
		snprintf(text, cap,
			"the network says that %s cannot be reached: the relay's computer is off, "
			"or has another address now; ask the host",
			address);
		return;
	case LP_SEND_REJECTED:
		snprintf(text, cap,
			"a firewall at the relay or on the way rejects packets to %s: ask the host "
			"to let this UDP port in, or use another network",
			address);
		return;
	case LP_SEND_GOOD:
		break;
	}
	snprintf(text, cap,
		"the relay does not answer at %s: most likely the firewall of its computer does "
		"not let this UDP port in; ask the host to open it, and to see whether the relay "
		"runs; else this computer's network lets no UDP out",
		address);
}

static const char *date_of_today(char text[LP_DATE_TEXT])
{
	return lp_date_format((int64_t)time(NULL), text);
}

static void tell_clock(char *text, size_t cap)
{
	char today[LP_DATE_TEXT], built[LP_DATE_TEXT];
	snprintf(text, cap,
		"this computer's clock is wrong: it shows %s, but this program was built on %s; "
		"set the clock",
		date_of_today(today), lp_date_format(lp_built(), built));
}

static void tell_dates(const struct lp_ending *e, char *text, size_t cap)
{
	char today[LP_DATE_TEXT];
	date_of_today(today);
	if (e->clock_behind)
		tell_clock(text, cap);
	else if (e->why->end == LP_QUIC_END_EXPIRED)
		snprintf(text, cap,
			"the relay's certificate has expired on %s: ask the host to renew it; if "
			"today is not %s, set this computer's clock",
			e->why->text, today);
	else
		snprintf(text, cap,
			"the relay's certificate is valid from %s on, and this computer's clock "
			"shows %s: set the clock; if it is right, ask the host for another "
			"certificate",
			e->why->text, today);
}

void lp_tell_no_store(bool clock_behind, char *text, size_t cap)
{
	char today[LP_DATE_TEXT];
	if (clock_behind)
		tell_clock(text, cap);
	else
		snprintf(text, cap,
			"this computer has no list of valid certificate authorities, so it cannot "
			"verify the relay: install it (package ca-certificates), or ask the host "
			"for an invite with a pin; if today is not %s, set this computer's clock",
			date_of_today(today));
}

static void tell_refused(
	const struct lp_peer_options *options, const struct lp_ending *e, char *text, size_t cap)
{
	switch (e->why->end) {
	case LP_QUIC_END_EXPIRED:
	case LP_QUIC_END_EARLY:
		tell_dates(e, text, cap);
		break;
	case LP_QUIC_END_NAME:
		snprintf(text, cap,
			"the relay's certificate is not for the name %.60s: compare the relay's "
			"name with the invite, or give the certificate's name with --server-name",
			options->server_name);
		break;
	case LP_QUIC_END_AUTHORITY:
		if (e->clock_behind)
			tell_clock(text, cap);
		else
			snprintf(text, cap,
				"no certificate authority confirms the relay's certificate: most "
				"likely "
				"the host has made it without one; ask for an invite with a pin, "
				"or give "
				"--relay-pin or --relay-cert");
		break;
	default:
		snprintf(text, cap,
			"the relay's certificate is not the pinned one: check the address, and "
			"ask for a new invite");
	}
}

void lp_tell_why(const struct lp_peer_options *options, const struct lp_ending *ending, char *text,
	size_t cap)
{
	const struct lp_quic_close *why = ending->why;
	switch (why->end) {
	case LP_QUIC_END_PIN:
	case LP_QUIC_END_EXPIRED:
	case LP_QUIC_END_EARLY:
	case LP_QUIC_END_NAME:
	case LP_QUIC_END_AUTHORITY:
		tell_refused(options, ending, text, cap);
		break;
	case LP_QUIC_END_ALPN:
		snprintf(text, cap,
			"the relay speaks another protocol or version: update this program or the "
			"relay");
		break;
	case LP_QUIC_END_HANDSHAKE:
		if (ending->stream)
			lp_tell_mute_stream(ending->remote, text, cap);
		else
			tell_silence(ending, text, cap);
		break;
	case LP_QUIC_END_IDLE:
		snprintf(text, cap, "the relay has stopped answering");
		break;
	case LP_QUIC_END_RESET:
		snprintf(text, cap, "the relay was restarted");
		break;
	case LP_QUIC_END_PEER:
		snprintf(text, cap, "the relay closed the connection (%s)",
			why->text[0]       ? why->text
			: why->application ? lp_leave_word((enum lp_leave_reason)why->code)
					   : "no reason given");
		break;
	default:
		snprintf(text, cap, "%s", why->text[0] ? why->text : "closed");
	}
}

/* Errors that end the program are a sentence on stderr. Programs that read JSON from stdout get the
 * event too. */
static bool is_event(bool error)
{
	return !error || lp_log_get_format() == LP_LOG_JSON;
}

static void tell_rejected(struct lp_teller *t, const struct lp_tunnel_action *a)
{
	const struct lp_reject *r = &a->reject;
	const char *word = lp_reject_word(r->reason);
	const char *text = r->text[0] ? r->text : lp_reject_text(r->reason);
	if (is_event(a->final))
		lp_event(stdout, "rejected", "reason=%s text=%s final=%i", word, text, a->final);
	t->rejected = a->final;
	if (a->final)
		lp_log(LP_LOG_ERROR, "rejected", "reason=%s text=%s", word, text);
}

static void tell_disconnected(const struct lp_teller *t, const struct lp_tunnel_action *a)
{
	bool error = a->final && !t->stopping;
	if (error && t->rejected)
		return; /* already reported, with its reason */
	if (is_event(error))
		lp_event(stdout, "disconnected", "reason=%s final=%i retry_in_ms=%u",
			t->stopping && a->final ? "left the room" : a->text, a->final,
			(unsigned)(a->retry_in / LP_MILLISECOND));
	if (error)
		lp_log(LP_LOG_ERROR, "disconnected", "reason=%s", a->text);
}

static const char *reason_of(const struct lp_offer *offer)
{
	static const char *const reasons[] = {[LP_OFFER_WIDE] = "wide",
		[LP_OFFER_LENGTH] = "length",
		[LP_OFFER_IS] = "own_address"};
	static const char *const covered[] = {
		[LP_OWN_NETWORK] = "own_network",
		[LP_OWN_ROUTER] = "own_router",
		[LP_OWN_NAME_SERVER] = "own_name_server",
		[LP_OWN_RELAY] = "relay",
	};
	return offer->fault == LP_OFFER_COVERS ? covered[offer->own.kind] : reasons[offer->fault];
}

void lp_tell_refusal(const struct lp_offer *offer)
{
	char text[LP_OFFER_TEXT], range[LP_PREFIX_TEXT];
	lp_tell_offer(offer, text);
	lp_event(stdout, "offer_refused", "range=%s reason=%s narrowed=%i text=%s",
		lp_prefix_format(&offer->prefix, range), reason_of(offer), offer->narrowed, text);
}

/* Once at its begin, and once at its end. */
static void tell_trouble(const struct lp_tunnel_action *a)
{
	static const char *const advice[][2] = {
		{"this player's computer connects the room with the LAN by another way, such as a "
		 "bridge: the player must take the room's interface out of the bridge; until then "
		 "that computer reaches nobody",
			"this computer connects the room with the room's LAN by another way, such "
			"as a bridge: take the room's interface out of the bridge; until then this "
			"computer reaches nobody"},
		{"a computer of the LAN has the same MAC address as this player's computer: the "
		 "player must join with another one (--mac); until then the player reaches nobody",
			"a computer of the LAN has the same MAC address as this computer: join "
			"with another one (--mac); until then you reach nobody"},
	};
	const struct lp_peer_joined *m = &a->member;
	bool loop = a->kind == LP_TUNNEL_LOOP;
	const char *words[] = {loop ? "loop_ended" : "conflict_ended", loop ? "loop" : "conflict"};
	if (a->begins)
		lp_log(LP_LOG_WARNING, words[1], "peer=%u name=%s advice=%s", m->peer, m->name,
			advice[loop ? 0 : 1][m->peer == 0]);
	else
		lp_log(LP_LOG_INFO, words[0], "peer=%u name=%s", m->peer, m->name);
}

static void tell_limited(const struct lp_tunnel_action *a)
{
	char text[LP_LIMIT_TEXT];
	lp_tell_limit(a->limit, a->rate, text);
	lp_event(stdout, "limited", "limit=%s rate=%" PRIu64 " text=%s", lp_drop_text(a->limit),
		a->rate, text);
}

void lp_tell_old(enum lp_old_protocol protocol, char text[LP_OLD_TEXT])
{
	static const char *const texts[] = {
		[LP_OLD_NONE] = "",
		[LP_OLD_IPX] =
			"A program uses IPX, which the room does not carry. Start the relay, the "
			"gateway and the clients with --allow-ethertype 8137.",
		[LP_OLD_IPX_8023] =
			"A program uses IPX in IEEE 802.3 frames, which the room does not carry. "
			"Start the relay, the gateway and the clients with --allow-ethertype 8137: "
			"all kinds of IPX pass then.",
		[LP_OLD_NETBEUI] = "A program uses NetBEUI, which the room does not carry. Choose "
				   "TCP/IP in the "
				   "program, or start the relay, the gateway and the clients with "
				   "--allow-llc.",
	};
	snprintf(text, LP_OLD_TEXT, "%s", texts[protocol]);
}

static void tell_old(const struct lp_tunnel_action *a)
{
	static const char *const words[] = {[LP_OLD_NONE] = "none",
		[LP_OLD_IPX] = "ipx",
		[LP_OLD_IPX_8023] = "ipx_802.3",
		[LP_OLD_NETBEUI] = "netbeui"};
	char text[LP_OLD_TEXT];
	lp_tell_old(a->old, text);
	lp_event(stdout, "not_carried", "protocol=%s text=%s", words[a->old], text);
}

static void tell_game(const struct lp_tunnel_action *a)
{
	char shown[LP_GAME_SHOWN], address[LP_ADDRESS_TEXT];
	const struct lp_found_game *h = &a->game;
	lp_event(stdout, "game", "host=%s peer=%u name=%s address=%s", a->member.name, h->peer,
		lp_game_format(&h->game, shown),
		lp_endpoint_format(&h->address, h->game.port, address));
}

void lp_tell_host(enum lp_host_news news, char text[LP_HOST_TEXT])
{
	static const char *const texts[] = {
		[LP_HOST_NONE] = "",
		[LP_HOST_RIGHT] = "The room belongs to the host key that this computer knows.",
		[LP_HOST_LOST] = "The relay does not know the host key of this room any more. "
				 "A gateway is trusted again when it has proven the key.",
		[LP_HOST_UNPROVEN] = "A gateway is in the room that is not the host's. Its frames "
				     "are dropped. Tell your host.",
		[LP_HOST_CHANGED] =
			"The room has another host key than before: somebody else can have taken "
			"it over. Ask your host, and join with a new invite of the host's.",
		[LP_HOST_REFUSED] =
			"The relay has not taken the host key of this room, so it belongs to "
			"nobody: it takes few new rooms per day of one network, or is full. Join "
			"again later, or ask its operator.",
	};
	snprintf(text, LP_HOST_TEXT, "%s", texts[news]);
}

static void tell_host(const struct lp_tunnel_action *a)
{
	static const char *const words[] = {[LP_HOST_NONE] = "none",
		[LP_HOST_RIGHT] = "right",
		[LP_HOST_LOST] = "lost",
		[LP_HOST_UNPROVEN] = "unproven",
		[LP_HOST_CHANGED] = "changed",
		[LP_HOST_REFUSED] = "refused"};
	char text[LP_HOST_TEXT], host[LP_PIN_TEXT];
	bool bad = a->news != LP_HOST_RIGHT;
	lp_tell_host(a->news, text);
	lp_event(stdout, "host", "news=%s key=%s", words[a->news], lp_pin_format(a->host, host));
	if (bad)
		lp_log(LP_LOG_WARNING, "host", "news=%s hint=%s", words[a->news], text);
}

static void tell(struct lp_teller *teller, const struct lp_tunnel_action *action)
{
	const struct lp_tunnel_action *a = action;
	const struct lp_peer_joined *m = &a->member;
	const struct lp_peer_status *s = &a->peer_status;
	char mac[LP_MAC_TEXT];
	switch (a->kind) {
	case LP_TUNNEL_JOINED:
		lp_event(stdout, "joined", "room=%u peer=%u mtu=%u gateway=%i over=%s",
			a->welcome.room, a->welcome.peer, a->welcome.mtu,
			a->welcome.gateway_connected || teller->role == LP_ROLE_GATEWAY,
			lp_tell_over(teller->stream));
		break;
	case LP_TUNNEL_REJECTED:
		tell_rejected(teller, a);
		break;
	case LP_TUNNEL_PEER_JOINED:
		lp_event(stdout, "peer_joined", "peer=%u role=%s mac=%s name=%s", m->peer,
			lp_role_text(m->role), lp_mac_format(&m->mac, mac), m->name);
		break;
	case LP_TUNNEL_PEER_LEFT:
		lp_event(stdout, "peer_left", "peer=%u role=%s name=%s reason=%s", m->peer,
			lp_role_text(m->role), m->name, lp_leave_word(a->peer_left.reason));
		break;
	case LP_TUNNEL_PEER_STATUS:
		lp_log(LP_LOG_DEBUG, "peer_status",
			"peer=%u name=%s rtt_us=%u loss_permille=%u rx_rate=%u tx_rate=%u", s->peer,
			m->name, s->rtt_us, s->loss_permille, s->rx_rate, s->tx_rate);
		break;
	case LP_TUNNEL_OFFER:
		lp_tell_refusal(&a->offer);
		break;
	case LP_TUNNEL_LOOP:
	case LP_TUNNEL_CONFLICT:
		tell_trouble(a);
		break;
	case LP_TUNNEL_RENAMED:
		lp_event(stdout, "renamed", "peer=%u name=%s", m->peer, m->name);
		break;
	case LP_TUNNEL_HOST:
		tell_host(a);
		break;
	case LP_TUNNEL_GAME:
		tell_game(a);
		break;
	case LP_TUNNEL_OLD:
		tell_old(a);
		break;
	case LP_TUNNEL_LIMITED:
		tell_limited(a);
		break;
	case LP_TUNNEL_DISCONNECTED:
		tell_disconnected(teller, a);
		break;
	default:
		break;
	}
}

void lp_tell(struct lp_teller *teller, const struct lp_tunnel_action *action)
{
	tell(teller, action);
	lp_output_good(); /* logs it; the program ends with an error in the end */
}

static void name_rate(uint64_t rate, char *text, size_t cap)
{
	if (rate >= MEGABYTE)
		snprintf(text, cap, "%" PRIu64 ".%u MB", rate / MEGABYTE,
			(unsigned)(rate % MEGABYTE * 10 / MEGABYTE));
	else
		snprintf(text, cap, "%" PRIu64 " kB", rate / KILOBYTE);
}

void lp_tell_limit(enum lp_drop limit, uint64_t rate, char text[LP_LIMIT_TEXT])
{
	char bytes[32];
	name_rate(rate, bytes, sizeof(bytes));
	if (limit == LP_DROP_BYTE_RATE)
		snprintf(text, LP_LIMIT_TEXT,
			"This computer sends more into the room than the relay takes: %s per "
			"second. Some of it waits or is lost. End the upload, or ask the host to "
			"raise the relay's option --client-rate.",
			bytes);
	else
		snprintf(text, LP_LIMIT_TEXT,
			"This computer sends more broadcasts into the room than the relay takes: "
			"%" PRIu64 " per second. Some of them are lost. If a game needs them, ask "
			"the host to raise the relay's option --broadcast-rate.",
			rate);
}

int lp_tell_new_room(void)
{
	uint8_t random[LP_CODE_RANDOM];
	char code[LP_CODE_SHOWN];
	if (!lp_random(random, sizeof(random)))
		return LP_EXIT_OS;
	lp_code_format(random, code);
	puts(code);
	lp_zero(random, sizeof(random));
	lp_zero(code, sizeof(code));
	return lp_output_end(LP_EXIT_OK);
}

void lp_tell_frame(void *context, enum lp_tunnel_direction way, const struct lp_verdict *v)
{
	const char *direction = way == LP_TUNNEL_TO_ROOM ? "to_room" : "from_room";
	(void)context;
	char src[LP_MAC_TEXT], dst[LP_MAC_TEXT];
	if (!lp_log_on(LP_LOG_FRAME))
		return;
	lp_log(LP_LOG_FRAME, "frame",
		"direction=%s src=%s dst=%s type=0x%04x len=%u action=%s drop=%s", direction,
		lp_mac_format(&v->eth.src, src), lp_mac_format(&v->eth.dst, dst), v->eth.type,
		v->len, lp_action_text(v->action), lp_drop_text(v->drop));
}
