#include "lanparty/room/hub.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lanparty/base/wipe.h"
#include "hub_private.h"

#define ACTIONS_FIRST 16

const char lp_hub_no_memory[] = "the relay is out of memory";

/* All that the hub has without sessions and actions. */
static void free_parts(struct lp_hub *hub)
{
	lp_rooms_free(hub->rooms);
	lp_early_clear(&hub->early);
	lp_pool_free(hub->pool);
	lp_zero_free(hub->actions, hub->action_cap * sizeof(*hub->actions));
	free(hub);
}

struct lp_hub *lp_hub_new(const struct lp_hub_config *config)
{
	struct lp_hub *hub = calloc(1, sizeof(*hub));
	if (!hub)
		return NULL;
	hub->config = *config;
	hub->deadline = LP_NEVER;
	if (!config->random(&hub->flow_secret, sizeof(hub->flow_secret)))
		hub->flow_secret = (struct lp_siphash_key){0}; /* nobody will join either */
	hub->config.rooms.secret = hub->flow_secret;
	hub->rooms = lp_rooms_new(&hub->config.rooms);
	hub->pool = lp_pool_new(config->frames);
	lp_early_init(&hub->early, hub->pool, lp_hub_pass_early);
	hub->actions = calloc(ACTIONS_FIRST, sizeof(*hub->actions));
	hub->action_cap = hub->actions ? ACTIONS_FIRST : 0;
	if (!hub->rooms || !hub->pool || !hub->actions) {
		free_parts(hub);
		return NULL;
	}
	return hub;
}

void lp_hub_retire(struct lp_hub *hub, struct lp_session *s)
{
	lp_sender_clear(&s->sender);
	lp_hub_add_counters(&hub->counters, s);
	lp_receiver_close(&s->receiver);
	lp_inbox_clear(&s->inbox);
	if (s->prev)
		s->prev->next = s->next;
	else
		hub->sessions = s->next;
	if (s->next)
		s->next->prev = s->prev;
	hub->counters.sessions--;
	s->retired = true;
	if (!s->actions)
		free(s);
}

void lp_hub_free(struct lp_hub *hub)
{
	if (!hub)
		return;
	struct lp_hub_action action;
	for (struct lp_session *s = hub->sessions, *next; s; s = next) {
		next = s->next;
		lp_hub_retire(hub, s);
	}
	while (lp_hub_next(hub, &action)) {
	}
	free_parts(hub);
}

static bool grow_actions(struct lp_hub *hub)
{
	size_t cap = 2 * hub->action_cap;
	struct lp_hub_action *ring = malloc(cap * sizeof(*ring));
	if (!ring)
		return false;
	for (size_t i = 0; i < hub->action_count; i++)
		ring[i] = hub->actions[(hub->action_head + i) % hub->action_cap];
	lp_zero_free(hub->actions, hub->action_cap * sizeof(*ring)); /* resume tokens */
	hub->actions = ring;
	hub->action_cap = cap;
	hub->action_head = 0;
	return true;
}

struct lp_hub_action *lp_hub_add_action(
	struct lp_hub *hub, enum lp_hub_kind kind, struct lp_session *session)
{
	if (hub->action_count == hub->action_cap && !grow_actions(hub)) {
		bool needed =
			kind == LP_HUB_CLOSE || kind == LP_HUB_REPLY || kind == LP_HUB_MESSAGE;
		session->starved = session->starved || needed;
		hub->starved = hub->starved || needed;
		return NULL;
	}
	size_t at = (hub->action_head + hub->action_count++) % hub->action_cap;
	struct lp_hub_action *action = &hub->actions[at];
	memset(action, 0, sizeof(*action));
	action->kind = kind;
	action->session = session;
	action->source = session->source.of[LP_SOURCE_NET];
	action->address = session->address;
	session->actions++;
	action->text = "";
	if (session->member) {
		action->room = session->room;
		action->peer = session->member->peer;
		action->role = session->member->role;
	}
	return action;
}

/* Of what waits for a session whose connection is gone, only what the log wants to know. */
static bool take_action(struct lp_hub *hub, struct lp_hub_action *ret_action)
{
	while (hub->action_count) {
		*ret_action = hub->actions[hub->action_head];
		hub->action_head = (hub->action_head + 1) % hub->action_cap;
		hub->action_count--;
		struct lp_session *s = ret_action->session;
		s->actions--;
		if (!s->retired && s->state != SESSION_SILENT)
			return true;
		ret_action->session = NULL;
		if (s->retired && !s->actions)
			free(s);
		if (ret_action->kind == LP_HUB_LEFT || ret_action->kind == LP_HUB_REJECTED)
			return true;
	}
	return false;
}

void lp_hub_send(struct lp_hub *hub, enum lp_hub_kind kind, struct lp_session *to,
	const struct lp_control *message)
{
	struct lp_hub_action *action =
		to->state == SESSION_SILENT ? NULL : lp_hub_add_action(hub, kind, to);
	if (!action)
		return;
	action->len = lp_control_encode(message, action->bytes, sizeof(action->bytes));
	assert(action->len);
}

/* Drops the frames that wait for a member that has left the room: it must not receive them any more. */
static void forget_member(struct lp_hub *hub, struct lp_session *s)
{
	lp_sender_clear(&s->sender);
	lp_receiver_close(&s->receiver);
	lp_member_free(s->member);
	s->member = NULL;
	hub->counters.members--;
	hub->counters.leaves++;
}

/* Removes the session's member from its room and tells those who stay (rows R7, C3). */
static void leave_room(struct lp_hub *hub, struct lp_session *s, enum lp_leave_reason reason)
{
	struct lp_member *m = s->member;
	if (!m)
		return;
	struct lp_room *room = m->room;
	struct lp_hub_action *log = lp_hub_add_action(hub, LP_HUB_LEFT, s);
	bool last = !room || lp_rooms_leave(hub->rooms, m, hub->now);
	if (log) {
		log->leave = reason;
		log->room_closed = last;
	}
	size_t count = 0;
	struct lp_member *const *members = NULL;
	if (!last)
		members = lp_room_members(room, &count);
	for (size_t i = 0; i < count; i++) {
		struct lp_session *to = lp_hub_session_of(members[i]);
		struct lp_control message = {.type = LP_PEER_LEFT,
			.peer_left = {
				.sequence = ++to->sequence, .peer = m->peer, .reason = reason}};
		lp_hub_send(hub, LP_HUB_MESSAGE, to, &message);
	}
	forget_member(hub, s);
}

void lp_hub_close_session(
	struct lp_hub *hub, struct lp_session *s, enum lp_leave_reason reason, const char *text)
{
	if (s->state == SESSION_ENDING && s->deadline == LP_NEVER)
		return;
	leave_room(hub, s, reason);
	s->state = SESSION_ENDING;
	s->deadline = LP_NEVER;
	struct lp_hub_action *action = lp_hub_add_action(hub, LP_HUB_CLOSE, s);
	if (action) {
		action->leave = reason;
		action->text = text;
	}
}

/* One session that has missed something; the actions have just been done. False: there is none. */
static bool close_starved(struct lp_hub *hub)
{
	struct lp_session *s = hub->starved ? hub->sessions : NULL;
	while (s && !s->starved)
		s = s->next;
	hub->starved = s != NULL;
	if (!s)
		return false;
	s->starved = false;
	if (s->state == SESSION_ENDING && s->deadline == LP_NEVER) {
		struct lp_hub_action *action =
			lp_hub_add_action(hub, LP_HUB_CLOSE, s); /* that was it */
		if (action) {
			action->leave = LP_LEAVE_OTHER;
			action->text = lp_hub_no_memory;
		}
	} else {
		lp_hub_close_session(hub, s, LP_LEAVE_OTHER, lp_hub_no_memory);
	}
	return true;
}

bool lp_hub_next(struct lp_hub *hub, struct lp_hub_action *ret_action)
{
	do {
		if (take_action(hub, ret_action))
			return true;
	} while (close_starved(hub));
	return false;
}

void lp_hub_protocol_error(struct lp_hub *hub, struct lp_session *session, const char *text)
{
	lp_hub_close_session(hub, session, LP_LEAVE_PROTOCOL_ERROR, text);
}

void lp_hub_set_deadline(struct lp_hub *hub, struct lp_session *s, lp_time at)
{
	s->deadline = at;
	if (at < hub->deadline)
		hub->deadline = at;
}

struct lp_session *lp_hub_open(struct lp_hub *hub, void *user, const struct lp_source *source,
	size_t datagram_max, lp_time now)
{
	hub->now = now;
	struct lp_session *s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->hub = hub;
	s->user = user;
	s->source = *source;
	lp_sender_init(&s->sender, hub->pool, s->traffic.copy_drops);
	s->sender.path_max = datagram_max;
	s->sender.path_changed = lp_hub_path_changed;
	s->sender.owner = s;
	lp_receiver_init(&s->receiver, hub->pool, lp_hub_deliver, s);
	s->inbox.limit = LP_HUB_STREAMS_MAX;
	s->inbox.bytes_max = LP_CONTROL_HEAD + LP_CONTROL_MAX;
	s->next = hub->sessions;
	if (s->next)
		s->next->prev = s;
	hub->sessions = s;
	hub->counters.sessions++;
	s->wanted = LP_NEVER;
	lp_hub_set_deadline(hub, s, now + LP_HUB_HELLO_TIMEOUT);
	return s;
}

void lp_hub_set_address(struct lp_session *session, const struct lp_address *address)
{
	session->address = *address;
}

struct lp_datagram_source *lp_session_source(struct lp_session *session)
{
	return &session->sender.source;
}

struct lp_datagram_sink *lp_session_sink(struct lp_session *session)
{
	return &session->receiver.sink;
}

void *lp_session_user(const struct lp_session *session)
{
	return session->user;
}

const struct lp_member *lp_session_member(const struct lp_session *session)
{
	return session->member;
}

/* Its frames are late by now, and it cannot be spoken to. */
static void fall_silent(struct lp_hub *hub, struct lp_session *s, lp_time now)
{
	lp_sender_clear(&s->sender);
	lp_receiver_close(&s->receiver);
	lp_inbox_clear(&s->inbox);
	lp_member_set_path(s->member, 0);
	s->user = NULL;
	s->starved = false; /* it hears of everything when it comes back */
	s->state = SESSION_SILENT;
	/* No longer than it was there: a peer chooses how soon its connection times out. */
	lp_time age = now - s->member->since;
	lp_hub_set_deadline(hub, s, now + (age < LP_HUB_GRACE ? age : LP_HUB_GRACE));
}

void lp_hub_on_closed(
	struct lp_hub *hub, struct lp_session *session, enum lp_leave_reason reason, lp_time now)
{
	hub->now = now;
	if (session->state == SESSION_JOINED && reason == LP_LEAVE_TIMED_OUT) {
		fall_silent(hub, session, now);
		return;
	}
	leave_room(hub, session, reason);
	lp_hub_retire(hub, session);
}

void lp_hub_send_status(
	struct lp_hub *hub, struct lp_session *to, const struct lp_session *about, bool new_lan)
{
	struct lp_control message = {.type = LP_PEER_STATUS,
		.peer_status = {.sequence = ++to->sequence,
			.peer = about->member->peer,
			.rtt_us = about->rtt_us,
			.loss_permille = about->loss_permille,
			.loops = about->member->loops,
			.conflict = about->member->is_station,
			.new_lan = new_lan}};
	if (about == to) {
		message.peer_status.byte_rate = to->member->bytes.rate;
		message.peer_status.byte_burst = lp_bucket_burst(&to->member->bytes);
	}
	if (about->member->renamed)
		memcpy(message.peer_status.name, about->member->name, sizeof(about->member->name));
	lp_hub_send(hub, LP_HUB_MESSAGE, to, &message);
}

/* Anybody can be the gateway: it must not fill the members' queues, nor have them ask for leases all the
 * time. */
void lp_hub_note_new_lan(struct lp_hub *hub, struct lp_session *gateway, lp_time now)
{
	struct lp_told *told = &gateway->told;
	size_t count;
	told->new_lan = now < told->next_new_lan;
	if (told->new_lan) {
		hub->deadline = lp_sooner(hub->deadline, told->next_new_lan);
		return;
	}
	told->next_new_lan = now + LP_HUB_NEW_LAN_INTERVAL;
	struct lp_member *const *members = lp_room_members(gateway->member->room, &count);
	for (size_t i = 0; i < count; i++)
		if (members[i] != gateway->member)
			lp_hub_send_status(hub, lp_hub_session_of(members[i]), gateway, true);
}

/* needed: in a room that is too large to tell everybody, the gateway and the member itself still hear of a loop
 * or a conflict, because host and player must act. */
static void tell_status(struct lp_hub *hub, struct lp_session *about, bool needed)
{
	size_t count;
	struct lp_member *const *members = lp_room_members(about->member->room, &count);
	bool all = count <= LP_HUB_STATUS_MEMBERS;
	for (size_t i = 0; i < count; i++) {
		bool concerned = members[i]->role == LP_ROLE_GATEWAY || members[i] == about->member;
		if (all || (needed && concerned))
			lp_hub_send_status(hub, lp_hub_session_of(members[i]), about, false);
	}
	about->told_rtt_us = about->rtt_us;
	about->told_loss_permille = about->loss_permille;
}

static void note_loop(struct lp_hub *hub, struct lp_session *s, bool loops, lp_time now)
{
	struct lp_member *m = s->member;
	if (m->loops == loops || m->role != LP_ROLE_CLIENT || now < s->told.next_loop)
		return;
	s->told.next_loop = now + LP_HUB_STATS_INTERVAL; /* nor can it fill the log with this */
	m->loops = loops;
	struct lp_hub_action *log = lp_hub_add_action(hub, LP_HUB_LOOP, s);
	if (log)
		log->begins = loops;
	tell_status(hub, s, true);
}

/* Rows N1, K4. A gateway cannot fill the log with it either. */
static void note_conflict(struct lp_hub *hub, struct lp_session *s, lp_time now)
{
	if (s->told.conflict == s->member->is_station || now < s->told.next_conflict)
		return;
	s->told.next_conflict = now + LP_HUB_STATS_INTERVAL;
	s->told.conflict = s->member->is_station;
	struct lp_hub_action *log = lp_hub_add_action(hub, LP_HUB_CONFLICT, s);
	if (log)
		log->begins = s->told.conflict;
	tell_status(hub, s, true);
}

void lp_hub_note_conflicts(struct lp_hub *hub, const struct lp_room *room, lp_time now)
{
	size_t count;
	struct lp_member *const *members = lp_room_members(room, &count);
	for (size_t i = 0; i < count; i++)
		note_conflict(hub, lp_hub_session_of(members[i]), now);
}

static void on_lan(
	struct lp_hub *hub, struct lp_session *s, const struct lp_lan_report *report, lp_time now)
{
	if (lp_room_learn(s->member->room, report, now))
		lp_hub_note_new_lan(hub, s, now);
	lp_hub_note_conflicts(hub, s->member->room, now);
}

static void on_stats(
	struct lp_hub *hub, struct lp_session *s, const struct lp_stats *stats, lp_time now)
{
	s->stats = *stats;
	note_loop(hub, s, stats->loops, now);
	if (now < s->told.next_stats)
		return; /* the log is not the peer's to fill */
	s->told.next_stats = now + LP_HUB_STATS_INTERVAL;
	struct lp_hub_action *log = lp_hub_add_action(hub, LP_HUB_STATS, s);
	if (log)
		log->stats = &s->stats;
}

static void on_message(
	struct lp_hub *hub, struct lp_session *s, const struct lp_control *message, lp_time now)
{
	lp_member_confirm(s->member);
	if (message->type == LP_STATS)
		on_stats(hub, s, &message->stats, now);
	else if (message->type == LP_DISCONNECT)
		lp_hub_close_session(hub, s, message->disconnect.reason, "as you asked");
	else if (message->type == LP_LAN && s->member->role == LP_ROLE_GATEWAY)
		on_lan(hub, s, &message->lan, now);
	else if (message->type == LP_HOST_ACT && s->member->host)
		lp_hub_on_act(hub, s, &message->act, now);
	else
		lp_hub_protocol_error(hub, s, "a control message that is not its to send");
}

static void on_hello_stream(
	struct lp_hub *hub, struct lp_session *s, const struct lp_piece *piece, lp_time now)
{
	struct lp_control message;
	if (s->state != SESSION_HELLO) {
		if (piece->len)
			lp_hub_protocol_error(hub, s, "more than one hello");
		return;
	}
	enum lp_status status = lp_inbox_add(&s->inbox, piece, false, &message);
	if (status == LP_MORE)
		return;
	if (status == LP_OK && message.type == LP_HELLO)
		lp_hub_on_hello(hub, s, &message.hello, now);
	else
		lp_hub_reject(hub, s,
			&(struct lp_reject){.reason = status == LP_NO_MEMORY ? LP_REJECT_OTHER
									     : LP_REJECT_MALFORMED},
			now);
	lp_zero(&message, sizeof(message)); /* the room's key */
}

void lp_hub_on_stream(
	struct lp_hub *hub, struct lp_session *session, const struct lp_piece *piece, lp_time now)
{
	struct lp_control message;
	hub->now = now;
	if (session->state == SESSION_ENDING)
		return;
	if (piece->stream == LP_STREAM_HELLO) {
		on_hello_stream(hub, session, piece, now);
		return;
	}
	if (session->state != SESSION_JOINED ||
		(piece->stream & LP_STREAM_KIND) != LP_STREAM_OF_MEMBER) {
		lp_hub_protocol_error(hub, session, "a stream that has no place here");
		return;
	}
	enum lp_status status = lp_inbox_add(&session->inbox, piece, true, &message);
	if (status == LP_OK)
		on_message(hub, session, &message, now);
	else if (status == LP_NO_MEMORY)
		lp_hub_close_session(hub, session, LP_LEAVE_OTHER, lp_hub_no_memory);
	else if (status != LP_MORE)
		lp_hub_protocol_error(hub, session, lp_status_text(status));
}

void lp_hub_on_quality(struct lp_session *session, uint32_t rtt_us, uint32_t loss_permille)
{
	session->rtt_us = rtt_us;
	session->loss_permille = loss_permille;
}

/* Worth telling: a tenth and a millisecond more or less, or any other loss. */
static bool quality_changed(const struct lp_session *s)
{
	uint32_t now = s->rtt_us, told = s->told_rtt_us;
	uint32_t apart = now > told ? now - told : told - now;
	return (now && apart > told / 10 + 1000) || (now && !told) ||
	       s->loss_permille != s->told_loss_permille;
}

lp_time lp_hub_deadline(const struct lp_hub *hub)
{
	lp_time status = hub->counters.members ? hub->next_status : LP_NEVER;
	return status < hub->deadline ? status : hub->deadline;
}

void lp_hub_on_time(struct lp_hub *hub, lp_time now)
{
	bool status = now >= hub->next_status, host = status && now >= hub->next_host;
	hub->now = now;
	if (now < hub->deadline && !status)
		return;
	if (status)
		hub->next_status = now + LP_HUB_STATUS_INTERVAL;
	if (host)
		hub->next_host = now + LP_HUB_HOST_INTERVAL;
	lp_hub_expire_early(hub, now);
	hub->deadline = LP_NEVER;
	for (struct lp_session *s = hub->sessions, *next; s; s = next) {
		next = s->next;
		if (s->deadline <= now && s->state == SESSION_SILENT) {
			leave_room(hub, s, LP_LEAVE_TIMED_OUT);
			lp_hub_retire(hub, s);
			continue;
		}
		if (s->deadline <= now && s->state == SESSION_HELLO)
			lp_hub_close_session(hub, s, LP_LEAVE_TIMED_OUT, "no hello in time");
		else if (s->deadline <= now && s->state == SESSION_JOINED)
			lp_hub_close_session(
				hub, s, LP_LEAVE_OTHER, lp_reject_text(LP_REJECT_GUEST_EXPIRED));
		else if (s->deadline <= now)
			lp_hub_close_session(hub, s, LP_LEAVE_REJECTED, "rejected");
		else if (s->deadline < hub->deadline)
			hub->deadline = s->deadline;
		if (s->member && s->told.new_lan)
			lp_hub_note_new_lan(hub, s, now);
		if (!status)
			continue;
		lp_receiver_expire(&s->receiver, now);
		lp_sender_expire(&s->sender, now);
		lp_session_measure(s, now);
		if (s->state == SESSION_JOINED && quality_changed(s))
			tell_status(hub, s, false);
		if (s->member && s->member->role == LP_ROLE_GATEWAY)
			lp_neighbours_protect_again(lp_room_neighbours(s->member->room), now);
		if (s->member && s->member->host && host)
			lp_room_keep_host(s->member->room);
		if (s->member) {
			lp_member_mark_station(s->member, now);
			note_conflict(hub, s, now);
		}
	}
}

void lp_hub_shutdown(struct lp_hub *hub)
{
	for (struct lp_session *s = hub->sessions, *next; s; s = next) {
		next = s->next;
		bool silent = s->state == SESSION_SILENT;
		/* Nobody is told of anybody: all go at once. */
		if (s->member) {
			lp_rooms_leave(hub->rooms, s->member, hub->now);
			forget_member(hub, s);
		}
		if (silent)
			lp_hub_retire(hub, s);
		else
			lp_hub_close_session(
				hub, s, LP_LEAVE_SHUTDOWN, "the relay is shutting down");
	}
}
