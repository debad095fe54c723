/* hub_join.c - a hello comes: who joins, who continues a membership, who is refused (rows R1-R8, K1-K3). */
#include <string.h>

#include "hub_private.h"
#include "lanparty/base/wipe.h"

static void tell_joined(struct lp_hub *hub, struct lp_session *to, const struct lp_member *who)
{
	struct lp_control message = {.type = LP_PEER_JOINED,
		.peer_joined = {.sequence = ++to->sequence,
			.peer = who->peer,
			.role = who->role,
			.mac = who->mac}};
	memcpy(message.peer_joined.name, who->name, sizeof(who->name));
	lp_hub_send(hub, LP_HUB_MESSAGE, to, &message);
}

/* The newcomer hears of all who are there; they hear of it when it is new (rows C2, C4, K1). */
static void announce(struct lp_hub *hub, struct lp_session *s, bool resumed)
{
	size_t count;
	struct lp_member *const *members = lp_room_members(s->member->room, &count);
	for (size_t i = 0; i < count; i++) {
		if (members[i] == s->member)
			continue;
		tell_joined(hub, s, members[i]);
		if (!resumed)
			tell_joined(hub, lp_hub_session_of(members[i]), s->member);
		lp_hub_session_of(members[i])->told_rtt_us =
			0; /* so that the newcomer hears of it */
	}
}

static void welcome(struct lp_hub *hub, struct lp_session *s, bool resumed)
{
	const struct lp_member *m = s->member;
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
			.resumed = resumed}};
	memcpy(message.welcome.resume_token, m->resume_token, LP_TOKEN_SIZE);
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
	uint16_t steer = hub->config.steer(hello->room_key);
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
	old->member = NULL;
	lp_sender_clear(&old->sender);
	lp_receiver_close(&old->receiver);
	if (old->state == SESSION_SILENT)
		lp_hub_retire(hub, old);
	else
		lp_hub_close_session(hub, old, LP_LEAVE_REPLACED, "the same peer has joined again");
}

static void enter_room(struct lp_hub *hub, struct lp_session *s, const struct lp_joined *joined)
{
	struct lp_member *m = joined->member;
	struct lp_session *old = joined->resumed ? lp_hub_session_of(m) : NULL;
	s->member = m;
	s->room = lp_room_id(m->room);
	m->user = s;
	s->state = SESSION_JOINED;
	s->deadline = LP_NEVER;
	lp_sender_open(&s->sender, m->datagram_budget, m->capabilities);
	lp_receiver_open(&s->receiver, s->room, m->peer, m->capabilities);
	if (old) {
		take_over(hub, s, old);
	} else {
		hub->counters.members++;
		hub->counters.joins++;
	}
	welcome(hub, s, joined->resumed);
	announce(hub, s, joined->resumed);
	lp_hub_add_action(hub, joined->resumed ? LP_HUB_RESUMED : LP_HUB_JOINED, s);
}

/* Row N6: the newcomer has the room of the session's member, which was alone there. */
static void give_way(struct lp_hub *hub, struct lp_session *s)
{
	bool silent = s->state == SESSION_SILENT;
	lp_hub_close_session(
		hub, s, LP_LEAVE_OTHER, "the relay needed the room of a lone and silent member");
	if (silent)
		lp_hub_retire(hub, s);
}

void lp_hub_on_hello(
	struct lp_hub *hub, struct lp_session *s, const struct lp_hello *hello, lp_time now)
{
	struct lp_join join = {.hello = hello,
		.source = s->source,
		.path_datagram = s->sender.path_max,
		.now = now};
	struct lp_joined joined;
	if (is_misdirected(hub, s, hello, now))
		return;
	if (!hub->config.random(join.token, sizeof(join.token))) {
		lp_hub_reject(hub, s,
			&(struct lp_reject){.reason = LP_REJECT_OTHER,
				.text = "the relay has no random numbers"},
			now);
		return;
	}
	bool good = lp_rooms_join(hub->rooms, &join, &joined);
	if (joined.gave_way)
		give_way(hub, lp_hub_session_of(joined.gave_way));
	if (good) {
		enter_room(hub, s, &joined);
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
