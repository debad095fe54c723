#include "lan_server.h"

#include <string.h>

#include "dhcp_ask.h"
#include "lanparty/base/bytes.h"
#include "lanparty/packet/arp.h"
#include "lanparty/quic/crypto.h"

void lp_lan_server_forget(struct lp_lan_server *s)
{
	*s = (struct lp_lan_server){.asker = s->asker, .news = s->news};
}

/* To the server alone, and without an address of ours, so that nobody learns anything from it. */
static void ask_server(struct lp_lan_server *s, struct lp_port *port)
{
	uint8_t frame[LP_ARP_FRAME];
	uint8_t *arp = lp_arp_broadcast(&s->asker, LP_ETHERTYPE_ARP, LP_ARP_REQUEST, frame);
	memcpy(frame, s->server.b, sizeof(s->server.b));
	lp_put32(arp + LP_ARP_TARGET_IP, s->ipv4);
	port->ops->write(port, frame, sizeof(frame));
}

static void ask_anybody(struct lp_lan_server *s, struct lp_port *port, lp_time now)
{
	uint8_t frame[LP_DHCP_ASK_FRAME];
	if (!lp_random(&s->xid, sizeof(s->xid)))
		return;
	lp_dhcp_build(&s->asker, s->xid, frame);
	port->ops->write(port, frame, sizeof(frame));
	s->pause = s->pause > 0 ? 2 * s->pause : LP_SECOND;
	if (s->pause > LP_LAN_SERVER_PATIENT)
		s->pause = LP_LAN_SERVER_PATIENT;
	s->anybody = now + s->pause;
}

/* Locally administered (IEEE 802, section 8.2.2). */
static bool has_asker(struct lp_lan_server *s)
{
	if (lp_mac_is_zero(&s->asker) && lp_random(s->asker.b, sizeof(s->asker.b)))
		s->asker.b[0] = 2;
	return !lp_mac_is_zero(&s->asker);
}

void lp_lan_server_on_time(struct lp_lan_server *s, struct lp_port *port, lp_time now)
{
	bool known = !lp_mac_is_zero(&s->server);
	if (now < s->next || !has_asker(s))
		return;
	if (known && now - s->heard < LP_LAN_SERVER_ASK + LP_LAN_SERVER_WAIT) {
		ask_server(s, port);
		s->next = now + LP_LAN_SERVER_WAIT;
	} else if (now >= s->anybody) {
		ask_anybody(s, port, now);
	}
}

static bool is_alive(const struct lp_lan_server *s, const uint8_t *frame, size_t len)
{
	const uint8_t *arp = frame + LP_ETH_HEADER;
	return len >= LP_ARP_FRAME && lp_get16(frame + LP_ETH_TYPE) == LP_ETHERTYPE_ARP &&
	       lp_get16(arp + LP_ARP_OPERATION) == LP_ARP_REPLY &&
	       memcmp(arp + LP_ARP_SENDER_MAC, s->server.b, sizeof(s->server.b)) == 0 &&
	       lp_get32(arp + LP_ARP_SENDER_IP) == s->ipv4;
}

static void note_heard(struct lp_lan_server *s, lp_time now)
{
	s->heard = now;
	s->next = now + LP_LAN_SERVER_ASK;
	s->xid = 0;
}

static bool is_other(struct lp_lan_server *s, lp_time now)
{
	bool first = lp_mac_is_zero(&s->told);
	bool same = s->ipv4 == s->told_ipv4 && lp_mac_equal(&s->server, &s->told);
	if (same || (!first && now < s->news))
		return false;
	s->told = s->server;
	s->told_ipv4 = s->ipv4;
	if (!first)
		s->news = now + LP_LAN_SERVER_CALM;
	return !first;
}

bool lp_lan_server_take(struct lp_lan_server *s, const uint8_t *frame, size_t len, lp_time now)
{
	struct lp_mac server;
	uint32_t ipv4;
	if (!lp_mac_is_zero(&s->server) && is_alive(s, frame, len)) {
		note_heard(s, now);
		s->pause = s->anybody = 0; /* ARP suffices */
		return is_other(s, now);
	}
	if (s->xid == 0 || !lp_dhcp_is_answer(frame, len, s->xid, &server, &ipv4))
		return false;
	s->server = server;
	s->ipv4 = ipv4;
	note_heard(s, now);
	return is_other(s, now);
}
