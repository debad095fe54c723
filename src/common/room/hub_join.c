/* hub_join.c - a hello comes: who joins, who continues a membership, who is refused (rows R1-R8, K1-K3). */
#include <string.h>

#include "hub_private.h"
#include "lanparty/base/bytes.h"
#include "lanparty/base/wipe.h"

static void tell_joined(struct lp_hub *hub, struct lp_session *to, const struct lp_member *who)
{
	struct lp_control message = {.type = LP_PEER_JOINED,
		.peer_joined = {.sequence = ++to->sequence,
			.peer = who->peer,
			.role = who->role,
			.mac = who->mac}};
	memcpy(message.peer_joined.name, who->name, sizeof(who->name));
	if (who->host)
		memcpy(message.peer_joined.host, lp_room_hosted(who->room)->print, LP_HOST_PRINT);
	lp_hub_send(hub, LP_HUB_MESSAGE, to, &message);
}

/* The newcomer hears of all who are there, and of their loops and conflicts, its own too: a gateway must write
 * nothing of them. They hear of it when it is new (rows C2, C4, K1). */
static void announce(struct lp_hub *hub, struct lp_session *s, bool resumed)
{
	size_t count;
	struct lp_member *const *members = lp_room_members(s->member->room, &count);
	for (size_t i = 0; i < count; i++) {
		struct lp_session *other = lp_hub_session_of(members[i]);
		if (other != s) {
			tell_joined(hub, s, members[i]);
			if (!resumed)
				tell_joined(hub, other, s->member);
			other->told_rtt_us = 0; /* so that the newcomer hears of it */
		}
		if (other->member->loops || other->told.conflict)
			lp_hub_send_status(hub, s, other, false);
	}
}

static void welcome(struct lp_hub *hub, struct lp_session *s, bool resumed, lp_time now)
{
	struct lp_member *m = s->member;
	struct lp_control message = {.type = LP_WELCOME,
		.welcome = {.version = LP_PROTOCOL_VERSION,
			.room = lp_room_id(m->room),
			.peer = m->peer,
			.mtu = lp_room_mtu(m->room),
			.gateway_connected = lp_room_gateway(m->room) != NULL,
			.keep_alive_ms = hub->config.keep_alive_ms,
			.idle_timeout_ms = hub->config.idle_timeout_ms,
			.capabilities = m->capabilities,
			.sequence = s->sequence,
			.resumed = resumed,
			.byte_rate = m->bytes.rate,
			.byte_burst = lp_bucket_burst(&m->bytes),
			.group_rate = m->broadcast.rate,
			.group_burst = lp_bucket_burst(&m->broadcast)}};
	memcpy(message.welcome.resume_token, m->resume_token, LP_TOKEN_SIZE);
	memcpy(message.welcome.host, lp_room_hosted(m->room)->print, LP_HOST_PRINT);
	if (m->role == LP_ROLE_CLIENT && m->capabilities & LP_CAP_ADDRESS)
		message.welcome.ipv4 = lp_member_assign(m, now);
	if (message.welcome.ipv4)
		message.welcome.prefix = LP_ROOM_PREFIX;
	lp_hub_send(hub, LP_HUB_REPLY, s, &message);
}

/* Without a text in what: the reason's own. */
void lp_hub_reject(
	struct lp_hub *hub, struct lp_session *s, const struct lp_reject *what, lp_time now)
{
	struct lp_control message = {.type = LP_REJECT, .reject = *what};
	enum lp_reject_reason reason = what->reason;
	if (!what->text[0])
		strncpy(message.reject.text,
			reason == LP_REJECT_OTHER ? lp_hub_no_memory : lp_reject_text(reason),
			LP_TEXT_MAX);
	lp_hub_send(hub, LP_HUB_REPLY, s, &message);
	struct lp_hub_action *log = lp_hub_add_action(hub, LP_HUB_REJECTED, s);
	if (log)
		log->reject = reason;
	hub->counters.rejects++;
	/* Not closed yet: the reply must arrive. A peer that does not go by itself is made to. */
	s->state = SESSION_ENDING;
	lp_hub_set_deadline(hub, s, now + LP_HUB_HELLO_TIMEOUT);
}

/* True, with the reply, when the room is another worker's. */
static bool is_misdirected(
	struct lp_hub *hub, struct lp_session *s, const struct lp_hello *hello, lp_time now)
{
	if (hub->config.workers <= 1)
		return false;
	uint16_t steer = lp_host_is_known(hello->guest_host) ? lp_guest_steer(hello->guest_pass)
							     : hub->config.steer(hello->room_key);
	if (steer % hub->config.workers == hub->config.worker)
		return false;
	lp_hub_reject(
		hub, s, &(struct lp_reject){.reason = LP_REJECT_WRONG_WORKER, .steer = steer}, now);
	return true;
}

/* Row K3: the place is another's, perhaps the newcomer's own last run, which had no time to leave. It is
 * asked to wait until the other is heard of, or times out. */
static void refuse_place(struct lp_session *holder, struct lp_reject *reject, lp_time now)
{
	if (holder->state == SESSION_JOINED) {
		bool heard = holder->hub->config.heard(holder->user) > holder->wanted;
		bool waits = now - holder->wanted < LP_HUB_WANTED;
		holder->wanted = heard && waits ? LP_NEVER : now;
		if (heard && waits)
			return;
	}
	reject->reason = reject->reason == LP_REJECT_GATEWAY_PRESENT ? LP_REJECT_GATEWAY_SILENT
								     : LP_REJECT_MAC_SILENT;
}

/* The session continues the membership of old (row K1), whose connection can still be there. */
static void take_over(struct lp_hub *hub, struct lp_session *s, struct lp_session *old)
{
	if (s->member->capabilities & LP_CAP_RESUME)
		s->sequence = old->sequence;
	s->told = old->told;
	old->member = NULL;
	lp_sender_clear(&old->sender);
	lp_receiver_close(&old->receiver);
	if (old->state == SESSION_SILENT)
		lp_hub_retire(hub, old);
	else
		lp_hub_close_session(hub, old, LP_LEAVE_REPLACED, "the same peer has joined again");
}

static void enter_room(
	struct lp_hub *hub, struct lp_session *s, const struct lp_joined *joined, lp_time now)
{
	struct lp_member *m = joined->member;
	struct lp_session *old = joined->resumed ? lp_hub_session_of(m) : NULL;
	s->member = m;
	s->room = lp_room_id(m->room);
	m->user = s;
	s->state = SESSION_JOINED;
	lp_sender_open(&s->sender, m->datagram_budget, m->capabilities);
	lp_receiver_open(&s->receiver, s->room, m->peer, m->capabilities);
	if (old) {
		take_over(hub, s, old);
	} else {
		hub->counters.members++;
		hub->counters.joins++;
	}
	welcome(hub, s, joined->resumed, now);
	announce(hub, s, joined->resumed);
	if (joined->new_lan)
		lp_hub_note_new_lan(hub, s, now);
	lp_hub_add_action(hub, joined->resumed ? LP_HUB_RESUMED : LP_HUB_JOINED, s);
}

void lp_hub_remove_member(struct lp_hub *hub, struct lp_session *s, const char *text)
{
	bool silent = s->state == SESSION_SILENT;
	lp_hub_close_session(hub, s, LP_LEAVE_OTHER, text);
	if (silent)
		lp_hub_retire(hub, s);
}

/* A computer has all addresses of an IPv6 /64. */
static void take_address(const struct lp_address *from, uint8_t ret_address[LP_HOSTED_ADDRESS])
{
	if (from->len == 0)
		return;
	const struct lp_prefix prefix = lp_address_prefix(from);
	memcpy(ret_address, prefix.address, LP_HOSTED_ADDRESS);
	if (!lp_prefix_is_ipv4(&prefix))
		memset(ret_address + 8, 0, 8);
}

/* Row N4. */
static void judge_proof(struct lp_hub *hub, struct lp_session *s, struct lp_join *join,
	uint8_t print[LP_HOST_PRINT])
{
	const struct lp_hello *hello = join->hello;
	if (!hub->config.proves || lp_is_zero(hello->host_key, sizeof(hello->host_key)) ||
		!lp_rooms_may_prove(hub->rooms, join) || !hub->config.proves(s->user, hello, print))
		return;
	join->print = print;
	struct lp_member *unproven = lp_rooms_unproven(hub->rooms, join);
	if (unproven)
		lp_hub_remove_member(hub, lp_hub_session_of(unproven),
			"a gateway with the room's host key has come: name the key's file with "
			"--host-key");
}

void lp_hub_permit(struct lp_hub *hub, struct lp_room_list *list, lp_time now)
{
	hub->now = now;
	lp_rooms_permit(hub->rooms, list);
	for (struct lp_session *s = hub->sessions, *next; s; s = next) {
		next = s->next;
		if (!s->member)
			continue;
		if (!lp_room_is_permitted(s->member->room))
			lp_hub_remove_member(hub, s, "the relay's operator has removed this room");
		else if (lp_member_limit(s->member, s->member->room, now))
			lp_hub_send_status(hub, s, s, false);
	}
}

void lp_hub_on_hello(struct lp_hub *hub, struct lp_session *s, struct lp_hello *hello, lp_time now)
{
	struct lp_join join = {.hello = hello,
		.source = s->source,
		.path_datagram = s->sender.path_max,
		.now = now};
	struct lp_joined joined;
	uint8_t print[LP_HOST_PRINT];
	lp_time end;
	if (is_misdirected(hub, s, hello, now) || !lp_hub_admit(hub, s, hello, now, &end))
		return;
	if (!hub->config.random(join.token, sizeof(join.token))) {
		lp_hub_reject(hub, s,
			&(struct lp_reject){.reason = LP_REJECT_OTHER,
				.text = "the relay has no random numbers"},
			now);
		return;
	}
	take_address(&s->address, join.address);
	judge_proof(hub, s, &join, print);
	bool good = lp_rooms_join(hub->rooms, &join, &joined);
	if (joined.gave_way)
		/* Row N6: the newcomer has the room of this member, which was alone there. */
		lp_hub_remove_member(hub, lp_hub_session_of(joined.gave_way),
			"the relay needed the room of a lone and silent member");
	if (good) {
		enter_room(hub, s, &joined, now);
		lp_hub_set_deadline(hub, s, end);
		lp_hub_note_conflicts(hub, s->member->room, now);
	} else {
		struct lp_reject why = {.reason = joined.reason};
		if (joined.member && (why.reason == LP_REJECT_MAC_IN_USE ||
					     why.reason == LP_REJECT_GATEWAY_PRESENT))
			refuse_place(lp_hub_session_of(joined.member), &why, now);
		lp_hub_reject(hub, s, &why, now);
	}
	lp_zero(&join, sizeof(join)); /* the token */
}
