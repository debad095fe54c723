#include "stay.h"

#include <stdio.h>
#include <string.h>

#define NOTICE_TIME (10 * LP_SECOND)

void stay_begin(struct stay *s, const struct lp_peer_options *options)
{
	memset(s, 0, sizeof(*s));
	s->relay = options->relay;
	memcpy(s->name, options->name, sizeof(s->name));
	s->state = STAY_CONNECTING;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static int compare(const struct stay_member *a, const struct stay_member *b)
{
	if (a->role != b->role)
		return a->role == LP_ROLE_GATEWAY ? -1 : 1;
	for (size_t i = 0;; i++) {
		unsigned char x = (unsigned char)lower(a->name[i]);
		unsigned char y = (unsigned char)lower(b->name[i]);
		if (x != y)
			return x < y ? -1 : 1;
		if (!x)
			return a->peer < b->peer ? -1 : a->peer > b->peer;
	}
}

static struct stay_member *find(struct stay *s, uint16_t peer)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->members[i].peer == peer)
			return &s->members[i];
	return NULL;
}

static void take_out(struct stay *s, uint16_t peer)
{
	struct stay_member *m = find(s, peer);
	if (!m)
		return;
	size_t after = s->count - (size_t)(m - s->members) - 1;
	memmove(m, m + 1, after * sizeof(*m));
	s->count--;
}

static void put_in(struct stay *s, uint16_t peer, enum lp_role role, const char *name)
{
	struct stay_member member = {.peer = peer, .role = role};
	snprintf(member.name, sizeof(member.name), "%s", name);
	take_out(s, peer);
	if (s->count == LP_MAX_MEMBERS)
		return;
	size_t at = s->count++;
	for (; at > 0 && compare(&member, &s->members[at - 1]) < 0; at--)
		s->members[at] = s->members[at - 1];
	s->members[at] = member;
}

static size_t count_others(const struct stay *s)
{
	size_t count = 0;
	for (size_t i = 0; i < s->count; i++)
		count += s->members[i].role == LP_ROLE_CLIENT && s->members[i].peer != s->self;
	return count;
}

static void set_status(struct stay *s, const char *sentence)
{
	snprintf(s->status, sizeof(s->status), "%s", sentence);
}

static void describe_room(struct stay *s)
{
	char text[WORDS_MAX];
	const char *beside = s->notice[0] ? s->notice : s->warning;
	words_room(count_others(s), s->gateway, text);
	snprintf(s->status, sizeof(s->status), "%s%s%s", text, beside[0] ? "\n" : "", beside);
}

static void forget_room(struct stay *s)
{
	s->count = 0;
	s->gateway = false;
	s->in.rate = s->out.rate = 0;
	s->measured = 0;
}

void stay_leave(struct stay *s)
{
	s->state = STAY_LEAVING;
	s->failed = false;
	set_status(s, s->entered ? "Leaving the room \xe2\x80\xa6" : "Cancelling \xe2\x80\xa6");
}

void stay_fault(struct stay *s, const char *sentence)
{
	s->state = STAY_NONE;
	s->failed = true;
	s->problem = ADAPTER_GOOD;
	set_status(s, sentence);
}

void stay_notice(struct stay *s, const char *sentence, lp_time now)
{
	snprintf(s->notice, sizeof(s->notice), "%s", sentence);
	s->notice_end = now + NOTICE_TIME;
	if (s->state == STAY_JOINED)
		describe_room(s);
}

static void on_disconnected(struct stay *s, const struct lp_tunnel_action *a, const char *sentence)
{
	forget_room(s);
	if (s->state == STAY_LEAVING)
		return;
	s->failed = true;
	s->state = a->final ? STAY_NONE : STAY_TRYING_AGAIN;
	if (!s->rejected) /* otherwise the relay gave a better reason */
		set_status(s, sentence);
}

/* Its place in the list follows from the name. */
static void on_renamed(struct stay *s, uint16_t peer, const char *name)
{
	const struct stay_member *found = find(s, peer);
	if (!found)
		return;
	const struct stay_member member = *found;
	put_in(s, peer, member.role, name);
	find(s, peer)->rtt = member.rtt;
}

static void on_action(struct stay *s, const struct lp_tunnel_action *a, const char *sentence)
{
	struct stay_member *member;
	switch (a->kind) {
	case LP_TUNNEL_JOINED:
		if (s->state != STAY_LEAVING)
			s->state = STAY_JOINED;
		s->failed = s->rejected = false;
		s->entered = true;
		s->self = a->welcome.peer;
		s->gateway = a->welcome.gateway_connected;
		put_in(s, s->self, LP_ROLE_CLIENT, s->name);
		break;
	case LP_TUNNEL_REJECTED:
		s->rejected = s->failed = true;
		set_status(s, sentence);
		break;
	case LP_TUNNEL_PEER_JOINED:
		put_in(s, a->member.peer, a->member.role, a->member.name);
		s->gateway = s->gateway || a->member.role == LP_ROLE_GATEWAY;
		break;
	case LP_TUNNEL_PEER_LEFT:
		take_out(s, a->peer_left.peer);
		s->gateway = s->gateway && a->member.role != LP_ROLE_GATEWAY;
		break;
	case LP_TUNNEL_PEER_STATUS:
		member = find(s, a->peer_status.peer);
		if (member)
			member->rtt = a->peer_status.rtt_us * (LP_MILLISECOND / 1000);
		break;
	case LP_TUNNEL_RENAMED:
		on_renamed(s, a->member.peer ? a->member.peer : s->self, a->member.name);
		break;
	case LP_TUNNEL_DISCONNECTED:
		on_disconnected(s, a, sentence);
		break;
	default:
		break;
	}
}

static void count_flow(struct stay_flow *flow, uint64_t bytes, double seconds)
{
	flow->rate = seconds > 0 ? (double)(bytes - flow->bytes) / seconds : 0;
	flow->bytes = bytes;
}

static void on_traffic(struct stay *s, const struct session_event *event, lp_time now)
{
	struct stay_member *self = find(s, s->self);
	double seconds = s->measured ? (double)(now - s->measured) / LP_SECOND : 0;
	count_flow(&s->in, event->stats.rx_bytes, seconds);
	count_flow(&s->out, event->stats.tx_bytes, seconds);
	s->measured = now;
	if (self && event->rtt)
		self->rtt = event->rtt;
}

static void on_over(struct stay *s, const struct session_event *event, const char *sentence)
{
	if (!s->failed) /* otherwise an earlier event described the fault */
		set_status(s, sentence);
	s->failed = s->failed || event->text[0];
	s->state = STAY_NONE;
	s->over = true;
	s->address[0] = s->warning[0] = 0;
	forget_room(s);
}

/* True if the event belongs into the log. state and failed are from before the event; changed: the
 * status changed. */
static bool is_news(
	const struct session_event *event, enum stay_state state, bool failed, bool changed)
{
	bool ends =
		event->kind == SESSION_ACTION && (event->action.kind == LP_TUNNEL_DISCONNECTED ||
							 event->action.kind == LP_TUNNEL_REJECTED);
	if (event->kind == SESSION_CONNECTING)
		return state == STAY_CONNECTING;
	if (event->kind == SESSION_OVER)
		return !failed;
	if (ends)
		return changed; /* repeated attempts are logged once */
	return state != STAY_LEAVING;
}

static void apply(struct stay *s, const struct session_event *event, lp_time now, const char *told)
{
	enum stay_state before = s->state;
	switch (event->kind) {
	case SESSION_CONNECTING:
		/* the reason of a failure stays visible */
		if (!s->failed && s->state != STAY_LEAVING)
			set_status(s, told);
		break;
	case SESSION_NO_ADAPTER:
		s->problem = event->problem;
		s->failed = true;
		set_status(s, told);
		break;
	case SESSION_ACTION:
		on_action(s, &event->action, told);
		break;
	case SESSION_TRAFFIC:
		on_traffic(s, event, now);
		break;
	case SESSION_ADDRESS:
		words_address(event->text, s->address);
		break;
	case SESSION_WARNING:
		snprintf(s->warning, sizeof(s->warning), "%s", told);
		s->notice[0] = 0;
		break;
	case SESSION_MOVED: /* it is for the log */
		break;
	case SESSION_OVER:
		on_over(s, event, told);
		break;
	}
	if (s->state != before || now >= s->notice_end)
		s->notice[0] = 0;
	if (s->state == STAY_JOINED)
		describe_room(s);
}

void stay_event(
	struct stay *s, const struct session_event *event, lp_time now, char told[WORDS_MAX])
{
	enum stay_state state = s->state;
	bool failed = s->failed;
	char before[sizeof(s->status)];
	memcpy(before, s->status, sizeof(before));
	words_event(event, &s->relay, told);
	if (event->kind == SESSION_OVER && !event->text[0] && !s->entered)
		strcpy(told, "You have not joined the room.");
	apply(s, event, now, told);
	if (!is_news(event, state, failed, strcmp(before, s->status) != 0))
		told[0] = 0;
}

lp_time stay_ping(const struct stay *s, const struct stay_member *member)
{
	lp_time own = 0;
	if (member->peer == s->self || !member->rtt)
		return member->rtt;
	for (size_t i = 0; i < s->count; i++)
		if (s->members[i].peer == s->self)
			own = s->members[i].rtt;
	return own ? own + member->rtt : 0;
}
