#include "answers.h"

#include <string.h>

/* What one member asks for: the same question again has the same bytes. */
struct question {
	struct lp_mac from;
	uint8_t about[LP_IPV6_ADDRESS]; /* an address of IP or Ethernet; zero: a lease */
};

static void ask_about(struct question *q, uint32_t ipv4, const uint8_t *ipv6)
{
	if (ipv6)
		memcpy(q->about, ipv6, LP_IPV6_ADDRESS);
	else
		memcpy(q->about, &ipv4, sizeof(ipv4));
}

/* Whether an address is free is no question here: nobody answers when it is. */
static bool is_question(
	const struct lp_view *v, const struct lp_filter_facts *facts, struct question *ret_question)
{
	*ret_question = (struct question){.from = v->eth.src};
	if (!lp_mac_is_group(&v->eth.dst)) {
		memcpy(ret_question->about, v->eth.dst.b, sizeof(v->eth.dst.b));
		return true;
	}
	ask_about(ret_question, facts->asked_ipv4, facts->asked_ipv6);
	return v->destination_port == LP_PORT_DHCP_SERVER || facts->asked_ipv4 || facts->asked_ipv6;
}

/* The question that a frame to one member answers. */
static bool is_answer(
	const struct lp_view *v, const struct lp_filter_facts *facts, struct question *ret_question)
{
	*ret_question = (struct question){.from = v->eth.dst};
	if (facts->is_answer)
		ask_about(ret_question, facts->claim_ipv4, facts->target_ipv6);
	return v->source_port == LP_PORT_DHCP_SERVER || facts->is_answer;
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
	bool same = last->hash == hash;
	bool again = same && now < last->at + LP_ANSWERS_AGAIN;
	*last = (struct lp_question){hash, (same ? last->again : 0) + again, now};
	return again;
}

void lp_answers_reset(struct lp_answers *a)
{
	*a = (struct lp_answers){.not_before = a->not_before};
}

void lp_answers_note(struct lp_answers *a, const struct lp_view *view,
	const struct lp_filter_facts *facts, lp_time now)
{
	struct question question;
	if (a->asked == LP_ANSWERS_LATER_ASKED || !is_question(view, facts, &question) ||
		!is_asked_again(a, &question, now))
		return;
	if (a->asked++ == 0)
		a->since = now;
}

void lp_answers_own(
	struct lp_answers *a, const struct lp_view *view, const struct lp_filter_facts *facts)
{
	struct question question;
	if (a->asked == 0 || !is_answer(view, facts, &question))
		return;
	uint32_t hash = hash_of(&question);
	struct lp_question *last = &a->questions[hash % LP_ANSWERS_QUESTIONS];
	if (last->hash != hash)
		return;
	a->asked -= last->again < a->asked ? last->again : a->asked;
	last->again = 0;
}

void lp_answers_come(struct lp_answers *a)
{
	if (!a->answered || a->asked > 0)
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
