#include "lanparty/tunnel/tunnel.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lanparty/base/wipe.h"
#include "lanparty/wire/inbox.h"
#include "tunnel_private.h"

/* For frames that wait and frames that are kept until acknowledged: while no more than a third of them is
 * taken, the sender's share is LP_SENDER_FRAMES. A buffer that was never used costs no memory. */
#define POOL_FRAMES (6 * LP_SENDER_FRAMES)

/* Actions that always find room: those that end a connection or begin one. Of each there is one at
 * most between two drains of a program that drains after each event. */
#define ACTIONS_RESERVED 4
#define ACTIONS_FIRST    16

struct lp_tunnel *lp_tunnel_new(const struct lp_tunnel_config *config, struct lp_port *port)
{
	struct lp_tunnel *t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	t->config = *config;
	t->config.name = NULL;
	t->port = port;
	if (config->name)
		lp_name_copy(t->name, sizeof(t->name), config->name, strlen(config->name));
	if (!t->config.datagram_budget || t->config.datagram_budget > LP_DATAGRAM_MAX)
		t->config.datagram_budget = LP_DATAGRAM_MAX;
	if (!t->config.mtu || t->config.mtu > LP_ETH_MTU)
		t->config.mtu = LP_ETH_MTU;
	memcpy(t->welcome.resume_token, config->resume_token, LP_TOKEN_SIZE);
	memcpy(t->host, config->host, LP_HOST_PRINT);
	lp_zero(t->config.resume_token, LP_TOKEN_SIZE);
	t->lan = config->protected;
	t->ask_at = config->role == LP_ROLE_GATEWAY ? 0 : LP_NEVER;
	t->deadline = t->games_at = LP_NEVER;
	t->random = config->seed | 1;
	t->inbox.limit = LP_TUNNEL_STREAMS;
	t->pool = lp_pool_new(POOL_FRAMES);
	lp_early_init(&t->early, t->pool, lp_tunnel_pass_early);
	t->neighbours = lp_neighbours_new(&t->config.flow_secret);
	t->actions = calloc(ACTIONS_FIRST, sizeof(*t->actions));
	t->action_cap = t->actions ? ACTIONS_FIRST : 0;
	if (!t->pool || !t->neighbours || !t->actions) {
		lp_tunnel_free(t);
		return NULL;
	}
	lp_neighbours_trust_lan(t->neighbours);
	lp_sender_init(&t->sender, t->pool, t->stats.tx_drops);
	lp_receiver_init(&t->receiver, t->pool, lp_tunnel_deliver, t);
	lp_filter_source_init(&t->self, config->role, &config->mac);
	lp_bucket_init(&t->fresh, 1, LP_TUNNEL_FRESH * LP_TUNNEL_FRESH_SECONDS, 0);
	return t;
}

/* Forgets everything that belongs to one membership. */
static void forget_room(struct lp_tunnel *t)
{
	for (size_t i = 0; i < t->member_count; i++) {
		lp_neighbours_forget(t->neighbours, t->members[i]->joined.peer);
		free(t->members[i]);
	}
	t->member_count = 0;
	for (size_t i = 0; i < t->waiting_event_count; i++)
		free(t->waiting_events[i]);
	t->waiting_event_count = 0;
	t->sequence = 0;
	lp_inbox_clear(&t->inbox);
	lp_sender_clear(&t->sender);
	lp_receiver_close(&t->receiver);
	lp_early_clear(&t->early);
}

void lp_tunnel_free(struct lp_tunnel *t)
{
	if (!t)
		return;
	if (t->pool && t->neighbours)
		forget_room(t);
	lp_neighbours_free(t->neighbours);
	if (t->pool)
		lp_pool_free(t->pool);
	free(t->members);
	/* The actions can contain a hello, with the room's key. */
	lp_zero_free(t->actions, t->action_cap * sizeof(*t->actions));
	lp_zero_free(t, sizeof(*t));
}

/* Not realloc: the old list is wiped. */
static bool grow_actions(struct lp_tunnel *t)
{
	size_t cap = 2 * t->action_cap;
	struct lp_tunnel_action *list = malloc(cap * sizeof(*list));
	if (!list)
		return false;
	memcpy(list, t->actions, t->action_count * sizeof(*list));
	lp_zero_free(t->actions, t->action_cap * sizeof(*list));
	t->actions = list;
	t->action_cap = cap;
	return true;
}

static bool is_reserved(enum lp_tunnel_kind kind)
{
	return kind == LP_TUNNEL_CONNECT || kind == LP_TUNNEL_CLOSE || kind == LP_TUNNEL_REJECTED ||
	       kind == LP_TUNNEL_DISCONNECTED;
}

/* Statistics and a member's status come again. Offers are refused and limits kept, told or not. */
static bool is_needed(enum lp_tunnel_kind kind)
{
	return kind != LP_TUNNEL_MESSAGE && kind != LP_TUNNEL_PEER_STATUS &&
	       kind != LP_TUNNEL_OFFER && kind != LP_TUNNEL_LOOP && kind != LP_TUNNEL_CONFLICT &&
	       kind != LP_TUNNEL_LIMITED && kind != LP_TUNNEL_GAME && kind != LP_TUNNEL_OLD;
}

struct lp_datagram_source *lp_tunnel_source(struct lp_tunnel *t)
{
	return &t->sender.source;
}

struct lp_datagram_sink *lp_tunnel_sink(struct lp_tunnel *t)
{
	return &t->receiver.sink;
}

struct lp_tunnel_action *lp_tunnel_add_action(struct lp_tunnel *t, enum lp_tunnel_kind kind)
{
	bool reserved = is_reserved(kind);
	size_t left = t->action_cap - t->action_count;
	if (left <= (reserved ? 0 : ACTIONS_RESERVED) && !grow_actions(t) && !(reserved && left)) {
		t->starved = t->starved || is_needed(kind);
		return NULL;
	}
	struct lp_tunnel_action *action = &t->actions[t->action_count++];
	memset(action, 0, sizeof(*action));
	action->kind = kind;
	return action;
}

bool lp_tunnel_next(struct lp_tunnel *t, struct lp_tunnel_action *ret_action)
{
	if (t->action_next == t->action_count) {
		t->action_next = t->action_count = 0;
		return false;
	}
	struct lp_tunnel_action *action = &t->actions[t->action_next++];
	*ret_action = *action;
	if (action->kind == LP_TUNNEL_HELLO)
		lp_zero(action->bytes, sizeof(action->bytes)); /* the room's key */
	if (action->kind == LP_TUNNEL_JOINED)
		lp_zero(action->welcome.resume_token, LP_TOKEN_SIZE);
	return true;
}

void lp_tunnel_send_control(
	struct lp_tunnel *t, enum lp_tunnel_kind kind, const struct lp_control *message)
{
	struct lp_tunnel_action *action = lp_tunnel_add_action(t, kind);
	if (!action)
		return;
	action->len = lp_control_encode(message, action->bytes, sizeof(action->bytes));
	assert(action->len);
}

static void add_close(struct lp_tunnel *t, enum lp_leave_reason reason, const char *text)
{
	struct lp_tunnel_action *action = lp_tunnel_add_action(t, LP_TUNNEL_CLOSE);
	if (!action)
		return;
	action->leave = reason;
	strncpy(action->text, text, LP_TUNNEL_TEXT);
}

/* xorshift64*: only spreads reconnects, nothing secret. */
static uint64_t next_random(struct lp_tunnel *t)
{
	t->random ^= t->random >> 12;
	t->random ^= t->random << 25;
	t->random ^= t->random >> 27;
	return t->random * UINT64_C(0x2545f4914f6cdd1d);
}

void lp_tunnel_start(struct lp_tunnel *t, lp_time now)
{
	t->state = TUNNEL_CONNECTING;
	t->started = now;
	t->deadline = LP_NEVER;
	struct lp_tunnel_action *action = lp_tunnel_add_action(t, LP_TUNNEL_CONNECT);
	if (action) {
		action->steered = t->steered;
		action->steer = t->steer;
	}
}

/* No frame passes any more, either way. */
static void close_room(struct lp_tunnel *t)
{
	lp_receiver_close(&t->receiver);
	t->port->ops->down(t->port);
}

void lp_tunnel_leave(struct lp_tunnel *t, lp_time now)
{
	if (t->state == TUNNEL_JOINED) {
		struct lp_control bye = {
			.type = LP_DISCONNECT, .disconnect = {.reason = LP_LEAVE_NORMAL}};
		lp_tunnel_send_control(t, LP_TUNNEL_MESSAGE, &bye);
		close_room(t);
		t->state = TUNNEL_LEAVING;
		t->deadline = now + LP_TUNNEL_LEAVE_TIMEOUT;
		return;
	}
	if (t->state == TUNNEL_LEAVING || t->state == TUNNEL_OVER)
		return;
	if (t->state == TUNNEL_CONNECTING || t->state == TUNNEL_HELLO)
		add_close(t, LP_LEAVE_NORMAL, "leaving");
	t->state = TUNNEL_OVER;
	t->deadline = LP_NEVER;
}

bool lp_tunnel_is_over(const struct lp_tunnel *t)
{
	return t->state == TUNNEL_OVER;
}

/* The relay breaks the protocol, or the room is lost: closes the connection; a new one can follow. */
static void give_up(struct lp_tunnel *t, enum lp_leave_reason reason, const char *text)
{
	if (t->state == TUNNEL_GIVING_UP || t->state == TUNNEL_OVER)
		return;
	if (t->state == TUNNEL_JOINED)
		close_room(t);
	t->state = TUNNEL_GIVING_UP;
	t->deadline = LP_NEVER;
	lp_name_copy(t->reason, sizeof(t->reason), text, strlen(text));
	add_close(t, reason, text);
}

/* What the relay sent could not be taken. text is what it means when it is no lack of memory. */
static void give_up_for(struct lp_tunnel *t, enum lp_status status, const char *text)
{
	if (status == LP_NO_MEMORY)
		give_up(t, LP_LEAVE_OTHER, lp_status_text(status));
	else
		give_up(t, LP_LEAVE_PROTOCOL_ERROR, text);
}

/* Actions were lost for lack of memory: the next attempt starts from the beginning. */
static void give_up_starved(struct lp_tunnel *t)
{
	bool starved = t->starved;
	t->starved = false;
	if (starved && (t->state == TUNNEL_HELLO || t->state == TUNNEL_JOINED))
		give_up(t, LP_LEAVE_OTHER, lp_status_text(LP_NO_MEMORY));
}

void lp_tunnel_on_connected(struct lp_tunnel *t, lp_time now)
{
	if (t->state != TUNNEL_CONNECTING)
		return;
	struct lp_control message = {.type = LP_HELLO,
		.hello = {.version_min = LP_PROTOCOL_VERSION,
			.version_max = LP_PROTOCOL_VERSION,
			.role = t->config.role,
			.datagram_budget = t->config.datagram_budget,
			.mtu = t->config.mtu,
			.capabilities = LP_CAPS_KNOWN}};
	struct lp_hello *hello = &message.hello;
	memcpy(hello->room_key, t->config.room_key, LP_ROOM_KEY_SIZE);
	memcpy(hello->opening, t->config.opening, LP_ROOM_KEY_SIZE);
	if (t->config.role == LP_ROLE_CLIENT)
		hello->mac = t->config.mac;
	memcpy(hello->name, t->name, sizeof(hello->name));
	strncpy(hello->software, "lanparty " LANPARTY_VERSION, LP_SOFTWARE_MAX);
	memcpy(hello->resume_token, t->welcome.resume_token, LP_TOKEN_SIZE);
	hello->protected = t->config.protected;
	memcpy(hello->member_id, t->config.member_id, LP_MEMBER_ID);
	memcpy(hello->host_key, t->host_key, LP_HOST_KEY_SIZE);
	memcpy(hello->host_proof, t->host_proof, LP_HOST_PROOF_SIZE);
	memcpy(hello->guest_pass, t->config.guest, LP_GUEST_PASS);
	if (lp_guest_is_known(t->config.guest))
		memcpy(hello->guest_host, t->config.host, LP_HOST_PRINT);
	hello->fresh = !t->once_joined || t->moved;
	t->untold = false;
	t->state = TUNNEL_HELLO;
	t->deadline = now + LP_TUNNEL_WELCOME_TIMEOUT;
	lp_tunnel_send_control(t, LP_TUNNEL_HELLO, &message);
	lp_zero(&message, sizeof(message));
	give_up_starved(t);
}

static void set_joined_deadline(struct lp_tunnel *t)
{
	t->deadline =
		lp_sooner(lp_sooner(t->lan_at, t->ask_at), lp_sooner(t->stats_at, t->games_at));
	if (t->stats.loops && t->loop_until < t->deadline)
		t->deadline = t->loop_until;
}

static void tend_lan(struct lp_tunnel *t, lp_time now)
{
	lp_tunnel_tell_lan(t, now);
	lp_tunnel_ask_lan(t, now);
	set_joined_deadline(t);
}

static const char no_sense[] = "the relay's events make no sense";

/* The relay is not trusted with ways of this computer (row N5), nor with addresses of the internet. */
static bool is_room_address(uint32_t ipv4, unsigned prefix)
{
	if (ipv4 >> 24 != 10 || prefix < LP_OFFER_IPV4_LEAST || prefix > 30)
		return false;
	uint32_t hosts = UINT32_MAX >> prefix;
	return (ipv4 & hosts) != 0 && (ipv4 & hosts) != hosts;
}

static void judge_address(
	const struct lp_tunnel *t, struct lp_welcome *welcome, struct lp_offer *offer)
{
	struct lp_prefix address = lp_prefix_ipv4(welcome->ipv4, welcome->prefix);
	if (t->config.role != LP_ROLE_CLIENT || !is_room_address(welcome->ipv4, welcome->prefix) ||
		!lp_offer_judge(&address, &t->own, offer))
		welcome->ipv4 = 0;
	if (offer->narrowed)
		welcome->prefix = 32;
}

static void on_welcome(struct lp_tunnel *t, const struct lp_welcome *welcome, lp_time now)
{
	if (welcome->version != LP_PROTOCOL_VERSION || welcome->mtu < LP_MTU_MIN ||
		welcome->mtu > t->config.mtu) {
		give_up(t, LP_LEAVE_PROTOCOL_ERROR, "the relay's welcome makes no sense");
		return;
	}
	if (!lp_tunnel_take_host(t, welcome->host)) {
		t->final = !t->once_joined;
		give_up(t, LP_LEAVE_NORMAL, lp_tunnel_other_host);
		return;
	}
	if (!welcome->resumed)
		lp_tunnel_forget_stay(t);
	t->welcome = *welcome;
	if (!t->port->ops->up(t->port, welcome->mtu)) {
		t->once_joined = false;
		t->final = true;
		give_up(t, LP_LEAVE_NORMAL, "the network interface could not be set up");
		return;
	}
	t->state = TUNNEL_JOINED;
	t->once_joined = true;
	t->moved = t->moved && t->untold; /* since the HELLO, which said so */
	t->attempts = 0;
	t->waits = false;
	t->sequence = welcome->sequence;
	lp_sender_open(&t->sender, t->config.datagram_budget, welcome->capabilities);
	lp_tunnel_keep_limits(t, now);
	lp_receiver_open(&t->receiver, welcome->room, 0, welcome->capabilities);
	t->stats_at = now + LP_TUNNEL_STATS_INTERVAL;
	t->stats.loops = t->conflict = false;
	t->loop_until = 0;
	lp_tunnel_tell_lan_anew(t, now);
	lp_neighbours_protect_only(t->neighbours, &t->config.protected);
	lp_tunnel_members_changed(t);
	struct lp_tunnel_action *action = lp_tunnel_add_action(t, LP_TUNNEL_JOINED);
	if (action) {
		action->welcome = *welcome;
		judge_address(t, &action->welcome, &action->offer);
	}
	lp_tunnel_tell_protected(t);
	tend_lan(t, now);
	enum lp_status status = lp_tunnel_take_waiting_events(t, now);
	if (status != LP_OK)
		give_up_for(t, status, no_sense);
}

/* The room is another worker's, as it is when the relay hashes in a way that we do not know: its hint
 * is good for the next connections too. A relay that sends us round in circles has refused us. */
static bool follow(struct lp_tunnel *t, const struct lp_reject *reject)
{
	if (reject->reason != LP_REJECT_WRONG_WORKER || t->redirects == LP_TUNNEL_REDIRECTS)
		return false;
	t->redirects++;
	t->redirected = true;
	t->steered = true;
	t->steer = reject->steer;
	give_up(t, LP_LEAVE_NORMAL, lp_reject_text(reject->reason));
	return true;
}

static void on_reject(struct lp_tunnel *t, const struct lp_reject *reject)
{
	if (follow(t, reject))
		return;
	bool waited = t->waits;
	t->refused = true;
	t->waits = reject->reason == LP_REJECT_MAC_SILENT ||
		   reject->reason == LP_REJECT_GATEWAY_SILENT || reject->reason == LP_REJECT_BUSY ||
		   reject->reason == LP_REJECT_GUEST_WAITS;
	t->final = (!t->once_joined && !t->waits) || reject->reason == LP_REJECT_VERSION ||
		   reject->reason == LP_REJECT_REMOVED || reject->reason == LP_REJECT_GUEST_EXPIRED;
	struct lp_tunnel_action *action =
		waited && t->waits ? NULL : lp_tunnel_add_action(t, LP_TUNNEL_REJECTED);
	if (action) {
		action->final = t->final;
		action->reject = *reject;
	}
	give_up(t, LP_LEAVE_NORMAL,
		reject->text[0] ? reject->text : lp_reject_text(reject->reason));
}

static void on_reply(struct lp_tunnel *t, const struct lp_control *message, lp_time now)
{
	if (t->state == TUNNEL_HELLO && message->type == LP_WELCOME)
		on_welcome(t, &message->welcome, now);
	else if (t->state == TUNNEL_HELLO && message->type == LP_REJECT)
		on_reject(t, &message->reject);
	else
		give_up(t, LP_LEAVE_PROTOCOL_ERROR, "the relay sent a message out of turn");
}

static void on_event(struct lp_tunnel *t, const struct lp_control *message, lp_time now)
{
	if (message->type == LP_DISCONNECT) {
		const struct lp_disconnect *d = &message->disconnect;
		give_up(t, d->reason, d->text[0] ? d->text : lp_leave_word(d->reason));
		return;
	}
	enum lp_status status = lp_tunnel_event(t, message, now);
	if (status != LP_OK)
		give_up_for(t, status, no_sense);
}

void lp_tunnel_on_stream(struct lp_tunnel *t, const struct lp_piece *piece, lp_time now)
{
	struct lp_control message;
	bool reply = piece->stream == LP_STREAM_HELLO;
	if (t->state != TUNNEL_HELLO && t->state != TUNNEL_JOINED)
		return;
	if (reply && !piece->len && t->state == TUNNEL_JOINED)
		return; /* the end of the stream that brought the welcome */
	if (!reply && (piece->stream & LP_STREAM_KIND) != LP_STREAM_OF_RELAY)
		return;
	enum lp_status status = lp_inbox_add(&t->inbox, piece, !reply, &message);
	if (status == LP_MORE || (status == LP_UNSUPPORTED && !reply))
		return; /* a newer relay's events are not ours to judge */
	if (status != LP_OK)
		give_up_for(t, status, lp_status_text(status));
	else if (reply)
		on_reply(t, &message, now);
	else
		on_event(t, &message, now);
	if (t->port_is_old)
		lp_tunnel_tell_port(t, now);
	give_up_starved(t);
}

/* A random time from a quarter of `most` on: peers of a relay that restarts come back spread out. */
static lp_time spread(struct lp_tunnel *t, lp_time most)
{
	return most / 4 + next_random(t) % (most - most / 4);
}

/* From the start of one attempt to the start of the next there are at first 0.2 to 0.8 s, twice as long each
 * time, and 1 to 4 s in the end. An attempt that has lasted about that long itself is followed by the next one
 * 0.2 to 0.8 s after its end. */
static lp_time retry_wait(struct lp_tunnel *t, lp_time now)
{
	lp_time most = LP_TUNNEL_RETRY_MAX, least = 4 * LP_TUNNEL_RETRY_MIN;
	lp_time spent = now > t->started ? now - t->started : 0;
	if (t->waits)
		return LP_TUNNEL_RETRY_SILENT;
	if (t->attempts < 6 && least << t->attempts < most)
		most = least << t->attempts;
	t->attempts++;
	lp_time wait = spread(t, most);
	return wait >= spent + LP_TUNNEL_RETRY_MIN ? wait - spent : spread(t, least);
}

void lp_tunnel_hurry(struct lp_tunnel *t, lp_time now)
{
	if (t->state == TUNNEL_WAITING && !t->waits)
		t->deadline = now;
}

void lp_tunnel_drop_until(struct lp_tunnel *t, lp_time until)
{
	t->late_until = until;
}

static void closed(struct lp_tunnel *t, bool final, bool restarted, const char *reason, lp_time now)
{
	if (t->state == TUNNEL_OVER || t->state == TUNNEL_WAITING || t->state == TUNNEL_IDLE)
		return; /* no connection of ours */
	if (t->state == TUNNEL_JOINED)
		close_room(t);
	bool own = t->state == TUNNEL_GIVING_UP;
	bool at_once =
		restarted && t->state == TUNNEL_JOINED && now >= t->started + LP_TUNNEL_RESTART_MIN;
	t->waits = t->waits && t->refused;
	t->refused = false;
	bool over = own ? t->final : final && !t->once_joined;
	over = over || t->state == TUNNEL_LEAVING;
	forget_room(t);
	if (t->redirected) {
		t->redirected = false;
		lp_tunnel_start(t, now);
		return;
	}
	t->redirects = 0;
	t->state = over ? TUNNEL_OVER : TUNNEL_WAITING;
	lp_time wait = over || at_once ? 0 : retry_wait(t, now);
	t->deadline = over ? LP_NEVER : now + wait;
	bool said = own && t->waits && !over;
	struct lp_tunnel_action *action =
		said ? NULL : lp_tunnel_add_action(t, LP_TUNNEL_DISCONNECTED);
	if (action) {
		action->final = over;
		action->retry_in = wait;
		const char *text = own ? t->reason : reason;
		lp_name_copy(action->text, sizeof(action->text), text, strlen(text));
	}
	lp_tunnel_members_changed(t);
	lp_tunnel_tell_port(t, now);
	t->final = false;
}

void lp_tunnel_on_closed(struct lp_tunnel *t, bool final, const char *reason, lp_time now)
{
	closed(t, final, false, reason, now);
}

void lp_tunnel_on_restart(struct lp_tunnel *t, const char *reason, lp_time now)
{
	closed(t, false, true, reason, now);
}

lp_time lp_tunnel_deadline(const struct lp_tunnel *t)
{
	lp_time ready = lp_sender_ready_at(&t->sender);
	return ready < t->deadline ? ready : t->deadline;
}

static void tell_stats(struct lp_tunnel *t, lp_time now)
{
	struct lp_control message = {.type = LP_STATS, .stats = t->stats};
	lp_tunnel_send_control(t, LP_TUNNEL_MESSAGE, &message);
	t->stats_at = now + LP_TUNNEL_STATS_INTERVAL;
}

static void tell_loop(struct lp_tunnel *t, lp_time now)
{
	bool loops = now < t->loop_until;
	if (loops == t->stats.loops)
		return;
	struct lp_tunnel_action *action = lp_tunnel_add_action(t, LP_TUNNEL_LOOP);
	if (action)
		action->begins = loops;
	t->stats.loops = loops;
	tell_stats(t, now);
}

void lp_tunnel_on_time(struct lp_tunnel *t, lp_time now)
{
	lp_tunnel_release_bulk(t, now);
	if (now < t->deadline)
		return;
	t->deadline = LP_NEVER;
	if (t->state == TUNNEL_WAITING) {
		lp_tunnel_start(t, now);
	} else if (t->state == TUNNEL_HELLO) {
		give_up(t, LP_LEAVE_TIMED_OUT, "the relay did not answer the hello");
	} else if (t->state == TUNNEL_LEAVING) {
		t->state = TUNNEL_OVER;
		add_close(t, LP_LEAVE_NORMAL, "leaving");
	} else if (t->state == TUNNEL_JOINED) {
		tell_loop(t, now);
		if (now >= t->stats_at)
			tell_stats(t, now);
		lp_tunnel_tell_port(t, now);
		lp_tunnel_tell_games(t, now);
		lp_tunnel_tell_old(t);
		tend_lan(t, now);
	}
}

bool lp_tunnel_is_joined(const struct lp_tunnel *t)
{
	return t->state == TUNNEL_JOINED;
}

const struct lp_stats *lp_tunnel_stats(const struct lp_tunnel *t)
{
	return &t->stats;
}
