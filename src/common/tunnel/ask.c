/* ask.c - a gateway asks its LAN whether anybody still has an address, before the address becomes free (rows
 * N1, N2): by an ARP probe (RFC 5227, section 2.1.1), and by the question of duplicate address detection (RFC
 * 4862, section 5.4.2). Neither claims an address for the one who asks. A host that is about to take the
 * address would see a conflict in it, but has just been heard. The gateway waits for no answer: that is heard
 * as any other frame of the station. */
#include <assert.h>
#include <string.h>

#include "lanparty/base/bytes.h"
#include "lanparty/packet/arp.h"
#include "lanparty/packet/checksum.h"
#include "tunnel_private.h"

static_assert(LP_TUNNEL_LAN_SILENT + LP_TUNNEL_LAN_AGAIN < LP_NEIGHBOUR_TTL,
	"the LAN is asked before an address becomes free");

/* Bytes of a Neighbor Solicitation without options; a request of ARP is shorter. */
#define FRAME_MAX (LP_ETH_HEADER + LP_IPV6_HEADER + LP_ND_OPTIONS)

static size_t ask_ipv4(uint8_t frame[FRAME_MAX], const struct lp_mac *mac, uint32_t ipv4)
{
	uint8_t *arp = lp_arp_broadcast(mac, LP_ETHERTYPE_ARP, LP_ARP_REQUEST, frame);
	lp_put32(arp + LP_ARP_TARGET_IP, ipv4);
	return LP_ARP_FRAME;
}

static size_t ask_ipv6(uint8_t frame[FRAME_MAX], const struct lp_mac *mac, const uint8_t *ipv6)
{
	/* the solicited-node group of the address (RFC 4291, section 2.7.1) */
	const uint8_t *end = ipv6 + LP_IPV6_ADDRESS - 3;
	const uint8_t to[sizeof(mac->b)] = {0x33, 0x33, 0xff, end[0], end[1], end[2]};
	const uint8_t group[LP_IPV6_ADDRESS] = {0xff, 2, [11] = 1, 0xff, end[0], end[1], end[2]};
	uint8_t *ip = frame + LP_ETH_HEADER, *nd = ip + LP_IPV6_HEADER;
	memset(frame, 0, FRAME_MAX);
	memcpy(frame, to, sizeof(to));
	memcpy(frame + sizeof(to), mac->b, sizeof(mac->b));
	lp_put16(frame + LP_ETH_TYPE, LP_ETHERTYPE_IPV6);
	ip[0] = 0x60;
	lp_put16(ip + LP_IPV6_LENGTH, LP_ND_OPTIONS);
	ip[LP_IPV6_NEXT] = LP_IP_ICMPV6;
	ip[LP_IPV6_HOP_LIMIT] = LP_ND_HOP_LIMIT;
	memcpy(ip + LP_IPV6_DESTINATION, group, sizeof(group));
	nd[0] = LP_ND_NEIGHBOUR_SOLICITATION;
	memcpy(nd + LP_ND_TARGET, ipv6, LP_IPV6_ADDRESS);
	lp_put16(nd + LP_ICMP_CHECKSUM, lp_checksum_transport(ip, LP_IP_ICMPV6, nd, LP_ND_OPTIONS));
	return FRAME_MAX;
}

/* The MAC that asks is nobody's, and always the same in one run: switches take answers to the port, and not to
 * the gateway's computer. */
static struct lp_mac asker_of(const struct lp_siphash_key *secret)
{
	uint64_t hash = lp_siphash(secret, "asker", sizeof("asker"));
	struct lp_mac mac = {{0x02, 0x1a}}; /* locally administered */
	memcpy(mac.b + 2, &hash, sizeof(mac.b) - 2);
	return mac;
}

void lp_tunnel_ask_lan(struct lp_tunnel *t, lp_time now)
{
	uint8_t frame[FRAME_MAX];
	struct lp_lan_report silent;
	if (now < t->ask_at)
		return;
	const struct lp_mac asker = asker_of(&t->config.flow_secret);
	t->ask_at = lp_tunnel_list_lan(t, &t->ask_next, LP_TUNNEL_LAN_SILENT, now, &silent);
	for (size_t i = 0; i < silent.ipv4_count; i++)
		t->port->ops->write(t->port, frame, ask_ipv4(frame, &asker, silent.ipv4[i]));
	for (size_t i = 0; i < silent.ipv6_count; i++)
		t->port->ops->write(t->port, frame, ask_ipv6(frame, &asker, silent.ipv6[i]));
}
