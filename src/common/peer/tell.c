#include "lanparty/peer/tell.h"

#include <stdio.h>

#include "lanparty/base/wipe.h"
#include "lanparty/edge/address.h"
#include "lanparty/edge/output.h"
#include "lanparty/quic/crypto.h"
#include "lanparty/wire/code.h"
#include "lanparty/base/role.h"
#include "lanparty/edge/log.h"

void lp_tell_why(const struct lp_peer_options *options, const struct lp_address *remote,
	const struct lp_quic_close *why, char *text, size_t cap)
{
	char address[LP_ADDRESS_TEXT];
	lp_address_format(remote, address);
	switch (why->end) {
	case LP_QUIC_END_PIN:
		if (options->pin_count > 0)
			snprintf(text, cap,
				"the relay's certificate is not the pinned one (%s): check the "
				"address, "
				"and ask for a new invite",
				why->text);
		else
			snprintf(text, cap,
				"no certificate authority confirms the name %.60s of the relay "
				"(%s): give "
				"--relay-pin, "
				"--relay-cert or an invite with a pin",
				options->server_name, why->text);
		break;
	case LP_QUIC_END_ALPN:
		snprintf(text, cap,
			"the relay speaks another protocol or version: update this program or the "
			"relay");
		break;
	case LP_QUIC_END_HANDSHAKE:
		snprintf(text, cap,
			"the relay does not answer at %s: check the address, and that firewalls "
			"let UDP "
			"through",
			address);
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

static void tell_offer(const struct lp_offer *offer)
{
	char text[LP_OFFER_TEXT], range[LP_PREFIX_TEXT];
	lp_tell_offer(offer, text);
	lp_event(stdout, "offer_refused", "range=%s reason=%s narrowed=%i text=%s",
		lp_prefix_format(&offer->prefix, range), reason_of(offer), offer->narrowed, text);
}

static void tell(struct lp_teller *teller, const struct lp_tunnel_action *action)
{
	const struct lp_tunnel_action *a = action;
	const struct lp_peer_joined *m = &a->member;
	const struct lp_peer_status *s = &a->peer_status;
	char mac[LP_MAC_TEXT];
	switch (a->kind) {
	case LP_TUNNEL_JOINED:
		lp_event(stdout, "joined", "room=%u peer=%u mtu=%u gateway=%i", a->welcome.room,
			a->welcome.peer, a->welcome.mtu,
			a->welcome.gateway_connected || teller->role == LP_ROLE_GATEWAY);
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
		tell_offer(&a->offer);
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

void lp_tell_frame(const char *direction, const struct lp_verdict *v)
{
	char src[LP_MAC_TEXT], dst[LP_MAC_TEXT];
	if (!lp_log_on(LP_LOG_FRAME))
		return;
	lp_log(LP_LOG_FRAME, "frame",
		"direction=%s src=%s dst=%s type=0x%04x len=%u action=%s drop=%s", direction,
		lp_mac_format(&v->eth.src, src), lp_mac_format(&v->eth.dst, dst), v->eth.type,
		v->len, lp_action_text(v->action), lp_drop_text(v->drop));
}
