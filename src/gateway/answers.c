#include "answers.h"

#include <string.h>

#include "lanparty/base/bytes.h"
#include "lanparty/packet/view.h"

#define ND_TARGET 8 /* RFC 4861, section 4.3 */

/* What one member asks for: the same question again has the same bytes. */
struct question {
	struct lp_mac from;
	uint8_t about[LP_IPV6_ADDRESS]; /* an address of IP or Ethernet; zero: a lease */
};

static bool copy_address(
	const uint8_t *sender, const uint8_t *target, size_t size, uint8_t *ret_about)
{
	static const uint8_t none[LP_IPV6_ADDRESS];
	memcpy(ret_about, target, size);
	return memcmp(sender, none, size) != 0 && memcmp(sender, target, size) != 0;
}

/* Not RFC 5227's probes and announcements, which nobody answers where the address is free. */
static bool is_arp_question(const struct lp_view *v, struct question *q)
{
	const uint8_t *arp = v->frame + LP_ETH_HEADER;
	return v->len >= LP_ETH_HEADER + LP_ARP_SIZE &&
	       lp_get16(arp + LP_ARP_OPERATION) == LP_ARP_REQUEST &&
	       copy_address(
		       arp + LP_ARP_SENDER_IP, arp + LP_ARP_TARGET_IP, LP_IPV4_ADDRESS, q->about);
}

/* RFC 4862: one from the unspecified address asks whether its own address is free. */
static bool is_neighbour_question(const struct lp_view *v, struct question *q)
{
	const uint8_t *icmp = lp_view_transport(v);
	return v->protocol == LP_IP_ICMPV6 && v->transport_header > 0 &&
	       v->transport_len >= ND_TARGET + LP_IPV6_ADDRESS &&
	       icmp[0] == LP_ND_NEIGHBOUR_SOLICITATION &&
	       copy_address(lp_view_addresses(v), icmp + ND_TARGET, LP_IPV6_ADDRESS, q->about);
}

static bool is_question(const uint8_t *frame, size_t len, struct question *ret_question)
{
	struct lp_view v;
	struct question q = {{{0}}, {0}};
	lp_view_of(frame, len, &v);
	q.from = v.eth.src;
	bool asks = v.destination_port == LP_PORT_DHCP_SERVER;
	if (!lp_mac_is_group(&v.eth.dst)) {
		memcpy(q.about, v.eth.dst.b, sizeof(v.eth.dst.b));
		asks = true;
	} else if (v.eth.type == LP_ETHERTYPE_ARP) {
		asks = is_arp_question(&v, &q);
	} else if (v.version == 6) {
		asks = is_neighbour_question(&v, &q);
	}
	*ret_question = q;
	return asks;
}

/* FNV-1a. A question that is taken for another one is counted too early, once. */
static uint32_t hash_of(const struct question *q)
{
	const uint8_t *bytes = (const uint8_t *)q;
	uint32_t hash = 2166136261u;
	for (size_t i = 0; i < sizeof(*q); i++)
		hash = (hash ^ bytes[i]) * 16777619u;
	return hash ? hash : 1;
}

/* What is asked again was answered by nobody, neither in the LAN nor in the room. */
static bool is_asked_again(struct lp_answers *a, const struct question *q, lp_time now)
{
	uint32_t hash = hash_of(q);
	struct lp_question *last = &a->questions[hash % LP_ANSWERS_QUESTIONS];
	bool again = last->hash == hash && now < last->at + LP_ANSWERS_AGAIN;
	*last = (struct lp_question){hash, now};
	return again;
}

void lp_answers_reset(struct lp_answers *a)
{
	*a = (struct lp_answers){.not_before = a->not_before};
}

void lp_answers_note(struct lp_answers *a, const uint8_t *frame, size_t len, lp_time now)
{
	struct question question;
	if (a->asked == LP_ANSWERS_LATER_ASKED || !is_question(frame, len, &question) ||
		!is_asked_again(a, &question, now))
		return;
	if (a->asked++ == 0)
		a->since = now;
}

void lp_answers_come(struct lp_answers *a)
{
	*a = (struct lp_answers){.answered = true, .not_before = a->not_before};
}

bool lp_answers_are_missing(struct lp_answers *a, lp_time now)
{
	unsigned asked = a->answered ? LP_ANSWERS_LATER_ASKED : LP_ANSWERS_FIRST_ASKED;
	lp_time wait = a->answered ? LP_ANSWERS_LATER_TIME : LP_ANSWERS_FIRST_TIME;
	if (a->told || a->asked < asked || now < a->since + wait || now < a->not_before)
		return false;
	a->told = true;
	a->not_before = now + LP_ANSWERS_PAUSE;
	return true;
}
