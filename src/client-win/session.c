#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lanparty/base/wipe.h"
#include "lanparty/quic/crypto.h"
#include "lanparty/peer/link.h"
#include "lanparty/peer/proxy.h"
#include "lanparty/peer/tell.h"
#include "lanparty/edge/log.h"
#include "membership.h"
#include "netfix.h"
#include "room_address.h"
#include "sockets.h"
#include "tap.h"
#include "wide.h"
#include "lanparty/edge/windows/resolve.h"

#define PIPE_PREFIX      "\\\\.\\pipe\\"
#define TRAFFIC_EVERY    LP_SECOND
#define LOOK_AGAIN       (2 * LP_SECOND)
#define DRAIN_AT_THE_END (200 * LP_MILLISECOND)

/* A request of another thread. It is posted to the loop, at most once at a time. */
struct wish {
	struct lp_io io; /* first member */
	struct session *session;
	void (*grant)(struct session *s);
	volatile LONG posted;
};

struct session {
	struct lp_port port; /* the tunnel's port: its first up changes the network settings */
	struct lp_peer_options options;
	char adapter_wanted[ADAPTER_NAME];
	struct lp_mac mac;
	session_tell *tell;
	void *context;

	HANDLE loop;
	struct lp_port *tap;
	bool is_adapter;
	struct adapter adapter;
	struct netfix *netfix;
	size_t mtu; /* the MTU that netfix was started with */
	struct room_address address;
	struct lp_link *link;
	struct sockets sockets;
	struct question {
		struct session *session;
		struct lp_resolve *look_up; /* NULL: none goes on */
	} questions[LP_LINK_LOOKUPS];
	struct wish leave, wake;
	bool stopping, at_once;
	bool joined; /* once; before, what an earlier run kept is not ours to forget */
	lp_time now, traffic_at;
	struct lp_own_list own; /* the networks of this computer, as Windows has told last */
	bool own_told;          /* that something is missing in it */
	lp_time look_at;        /* when to look again after a failure */
	struct session_event event;
};

/* ---- events */

static struct session_event *event(struct session *s, enum session_kind kind)
{
	memset(&s->event, 0, sizeof(s->event));
	s->event.kind = kind;
	return &s->event;
}

static void tell(struct session *s)
{
	s->tell(s->context, &s->event);
}

static void tell_text(struct session *s, enum session_kind kind, const char *text)
{
	snprintf(event(s, kind)->text, SESSION_TEXT, "%s", text);
	tell(s);
}

static void tell_traffic(struct session *s)
{
	struct session_event *e = event(s, SESSION_TRAFFIC);
	e->stats = *lp_tunnel_stats(lp_link_tunnel(s->link));
	e->rtt = lp_link_rtt(s->link);
	tell(s);
}

/* ---- requests of other threads */

static void on_wish(struct lp_io *io, DWORD error, DWORD bytes)
{
	struct wish *w = (struct wish *)io;
	(void)error;
	(void)bytes;
	InterlockedExchange(&w->posted, 0);
	w->session->now = lp_clock();
	w->grant(w->session);
}

static void post(struct wish *w)
{
	if (InterlockedExchange(&w->posted, 1) == 0)
		lp_loop_post(w->session->loop, &w->io, 0);
}

static void grant_leave(struct session *s)
{
	s->at_once = s->stopping;
	s->stopping = true;
	if (s->link)
		lp_link_leave(s->link, s->now);
}

/* Keeps the sockets out of the room. */
static void pin(struct session *s)
{
	sockets_pin(&s->sockets);
}

/* Tells the link which networks the room must not take (row N5). What is known stays while Windows does not
 * answer. */
static void list_networks(struct session *s)
{
	struct lp_own_list own;
	bool whole = false, read = netfix_own(s->is_adapter ? s->adapter.guid : NULL, &own, &whole);
	s->look_at = read ? LP_NEVER : s->now + LOOK_AGAIN;
	if (read)
		s->own = own;
	if (!whole && !s->own_told)
		lp_log(LP_LOG_WARNING, "networks_not_listed", "count=%u hint=%s",
			(unsigned)s->own.count, LP_TELL_UNLISTED);
	s->own_told = s->own_told || !whole;
	lp_link_set_own(s->link, &s->own);
}

static void grant_wake(struct session *s)
{
	if (!s->link)
		return;
	list_networks(s);
	pin(s);
	lp_link_on_uplink(s->link, s->now);
}

void session_leave(struct session *s)
{
	post(&s->leave);
}

void session_wake(struct session *s)
{
	post(&s->wake);
}

static void follow_address(struct session *s)
{
	char text[LP_OFFER_TEXT];
	if (!room_address_follow(&s->address, s->netfix, text))
		return;
	lp_log(LP_LOG_WARNING, "offer_refused", "text=%s", text);
	tell_text(s, SESSION_WARNING, text);
}

/* ---- netfix: its reports arrive on its thread and are passed on through the loop */

struct report {
	struct lp_io io; /* first member */
	struct session *session;
	struct netfix_report report;
};

static void on_report(struct lp_io *io, DWORD error, DWORD bytes)
{
	struct report *r = (struct report *)io;
	struct session *s = r->session;
	(void)error;
	(void)bytes;
	switch (r->report.kind) {
	case NETFIX_ADDRESS:
		lp_address_plan_lease(&s->address.plan, r->report.leased, lp_clock());
		follow_address(s);
		tell_text(s, SESSION_ADDRESS, r->report.text);
		break;
	case NETFIX_WARNING:
		tell_text(s, SESSION_WARNING, r->report.text);
		break;
	case NETFIX_NETWORK:
		grant_wake(s);
	}
	free(r);
}

static void take_report(void *context, const struct netfix_report *report)
{
	struct session *s = context;
	struct report *r = calloc(1, sizeof(*r));
	if (!r)
		return;
	r->io.done = on_report;
	r->session = s;
	r->report = *report;
	if (!lp_loop_post(s->loop, &r->io, 0))
		free(r);
}

/* ---- the tunnel's port */

static bool port_write(struct lp_port *port, const uint8_t *frame, size_t len)
{
	struct session *s = (struct session *)port;
	return s->tap->ops->write(s->tap, frame, len);
}

/* Settings are changed before the medium goes up, because a lease must not bring a default
 * route. */
static bool port_up(struct lp_port *port, size_t mtu)
{
	struct session *s = (struct session *)port;
	if (s->is_adapter && (!s->netfix || s->mtu != mtu)) {
		tap_media_off(s->tap);
		netfix_stop(s->netfix);
		s->netfix = netfix_start(
			&s->adapter, (unsigned)mtu, (struct netfix_listener){take_report, s});
		s->mtu = mtu;
		room_address_forget(&s->address);
	}
	return s->tap->ops->up(s->tap, mtu);
}

static void port_down(struct lp_port *port)
{
	struct session *s = (struct session *)port;
	s->tap->ops->down(s->tap);
}

static void port_members(struct lp_port *port, const struct lp_mac *macs, size_t count)
{
	(void)port;
	(void)macs;
	(void)count;
}

static const struct lp_port_ops port_ops = {
	.write = port_write,
	.up = port_up,
	.down = port_down,
	.members = port_members,
};

/* ---- system calls for the link */

static void on_answer(void *context, const struct lp_addresses *found)
{
	struct question *q = context;
	struct session *s = q->session;
	q->look_up = NULL; /* this call frees it */
	s->now = lp_clock();
	lp_link_on_addresses(s->link, (size_t)(q - s->questions), found, s->now);
}

static void stop_look_up(struct question *q)
{
	if (q->look_up)
		lp_resolve_forget(q->look_up);
	q->look_up = NULL;
}

static void stop_look_ups(void *context)
{
	struct session *s = context;
	for (size_t i = 0; i < LP_LINK_LOOKUPS; i++)
		stop_look_up(&s->questions[i]);
}

static bool look_up(void *context, size_t endpoint)
{
	struct session *s = context;
	struct question *q = &s->questions[endpoint];
	struct lp_host host;
	lp_proxy_host(&s->options, endpoint, &host);
	stop_look_up(q);
	if (endpoint == 0) {
		event(s, SESSION_CONNECTING);
		tell(s);
	}
	q->session = s;
	q->look_up = lp_resolve(s->loop, host.name, host.port, on_answer, q);
	return q->look_up != NULL;
}

static void close_socket(void *context, unsigned way)
{
	struct session *s = context;
	sockets_close(&s->sockets, way);
}

static bool open_socket(
	void *context, unsigned way, const struct lp_entry *entry, struct lp_address *ret_local)
{
	struct session *s = context;
	s->sockets.now = s->now;
	if (!sockets_open(&s->sockets, way, entry, ret_local))
		return false;
	list_networks(s);
	pin(s);
	return true;
}

static bool takes(void *context, unsigned way)
{
	struct session *s = context;
	return sockets_take(&s->sockets, way);
}

static uint8_t *slot(void *context, unsigned way)
{
	struct session *s = context;
	(void)way;
	return s->sockets.packet;
}

static void put(void *context, unsigned way, const struct lp_path *path, size_t len)
{
	struct session *s = context;
	sockets_put(&s->sockets, way, path, len);
}

static void flush(void *context, unsigned way)
{
	struct session *s = context; /* each UDP packet has left at once */
	s->sockets.now = s->now;
	sockets_flush(&s->sockets, way);
}

static void tell_warning(struct session *s, const struct lp_tunnel_action *action)
{
	struct session_event *e = event(s, SESSION_WARNING);
	bool offer = action->kind == LP_TUNNEL_OFFER, host = action->kind == LP_TUNNEL_HOST;
	_Static_assert(LP_OFFER_TEXT <= SESSION_TEXT && LP_LIMIT_TEXT <= SESSION_TEXT &&
			       LP_HOST_TEXT <= SESSION_TEXT,
		"sentences fit");
	if (offer)
		lp_tell_offer(&action->offer, e->text);
	else if (host)
		lp_tell_host(action->news, e->text);
	else
		lp_tell_limit(action->limit, action->rate, e->text);
	lp_log(LP_LOG_WARNING,
		offer  ? "offer_refused"
		: host ? "host"
		       : "limited",
		"text=%s", e->text);
	tell(s);
}

static void tell_action(void *context, const struct lp_tunnel_action *action)
{
	struct session *s = context;
	const struct lp_link_end *last = lp_link_last_end(s->link);
	bool host = action->kind == LP_TUNNEL_HOST;
	if (host && action->news == LP_HOST_RIGHT) {
		membership_keep_host(s->options.room_key, action->host);
		return;
	}
	if (host || action->kind == LP_TUNNEL_OFFER || action->kind == LP_TUNNEL_LIMITED) {
		tell_warning(s, action);
		return;
	}
	room_address_action(&s->address, action, s->now);
	follow_address(s);
	struct session_event *e = event(s, SESSION_ACTION);
	e->action = *action;
	session_take_end(e, last);
	if (action->kind == LP_TUNNEL_JOINED) {
		s->joined = true;
		e->stream = lp_link_entry(s->link)->stream;
		membership_keep(s->options.room_key, action->welcome.resume_token);
		membership_keep_way(&s->options, lp_link_entry(s->link));
		lp_zero(e->action.welcome.resume_token, LP_TOKEN_SIZE);
		s->traffic_at = s->now;
	}
	if (action->kind == LP_TUNNEL_DISCONNECTED)
		s->traffic_at = LP_NEVER;
	tell(s);
}

/* The next stay begins with the way that the connection has moved to. */
static void moved(void *context)
{
	struct session *s = context;
	membership_keep_way(&s->options, lp_link_entry(s->link));
	if (!lp_link_entry(s->link)->stream)
		tell_text(s, SESSION_MOVED, "");
}

static const struct lp_link_ops link_ops = {
	.look_up = look_up,
	.stop_look_ups = stop_look_ups,
	.open = open_socket,
	.close = close_socket,
	.takes = takes,
	.slot = slot,
	.put = put,
	.flush = flush,
	.tell = tell_action,
	.moved = moved,
};

/* ---- the loop */

static void on_frame(void *context, const uint8_t *frame, size_t len)
{
	struct session *s = context;
	lp_link_on_frame(s->link, frame, len, s->now);
}

static void loop(struct session *s)
{
	s->now = lp_clock();
	lp_link_start(s->link, s->now);
	lp_link_send(s->link, s->now);
	while (!s->at_once && !lp_link_is_over(s->link) && !tap_is_broken(s->tap)) {
		lp_time deadline =
			lp_sooner(lp_sooner(s->look_at, s->traffic_at), s->address.plan.deadline);
		lp_loop_wait(s->loop, lp_sooner(lp_link_deadline(s->link), deadline));
		s->now = s->sockets.now = lp_clock();
		sockets_receive(&s->sockets);
		s->tap->ops->read(s->tap, on_frame, s);
		lp_link_on_time(s->link, s->now);
		lp_address_plan_on_time(&s->address.plan, s->now);
		follow_address(s);
		if (s->now >= s->look_at)
			list_networks(s);
		if (s->now >= s->traffic_at) {
			tell_traffic(s);
			s->traffic_at = s->now + TRAFFIC_EVERY;
		}
		lp_link_send(s->link, s->now);
	}
}

/* ---- start and end */

static HANDLE open_pipe(struct session *s, struct lp_mac *ret_mac)
{
	HANDLE handle = tap_open_pipe(s->adapter_wanted);
	*ret_mac = s->mac;
	if (lp_mac_is_zero(ret_mac) && lp_random(ret_mac->b, sizeof(ret_mac->b)))
		/* locally administered, unicast */
		ret_mac->b[0] = (uint8_t)((ret_mac->b[0] & 0xfc) | 0x02);
	if (handle == INVALID_HANDLE_VALUE) {
		struct session_event *e = event(s, SESSION_NO_ADAPTER);
		e->problem = ADAPTER_NOT_FOUND;
		snprintf(e->text, sizeof(e->text),
			"The pipe %.200s cannot be opened (error %lu): start its other side first.",
			s->adapter_wanted, GetLastError());
		tell(s);
	}
	return handle;
}

static HANDLE open_adapter(struct session *s, struct lp_mac *ret_mac)
{
	struct session_event *e = event(s, SESSION_NO_ADAPTER);
	struct adapter_choice choice;
	HANDLE handle = adapter_open(s->adapter_wanted[0] ? s->adapter_wanted : NULL,
		lp_mac_is_zero(&s->mac) ? NULL : &s->mac, &choice);
	e->problem = choice.problem;
	snprintf(e->text, sizeof(e->text), "%s", choice.reason);
	if (handle == INVALID_HANDLE_VALUE) {
		tell(s);
		return handle;
	}
	s->adapter = choice.adapter;
	*ret_mac = choice.opened.mac;
	return handle;
}

/* Returns an exit code. */
static enum lp_exit open_all(struct session *s)
{
	struct lp_link_config link = {
		.options = &s->options,
		.role = LP_ROLE_CLIENT,
		.streams = true,
		.port = &s->port,
		.ops = &link_ops,
		.context = s,
	};
	s->is_adapter = _strnicmp(s->adapter_wanted, PIPE_PREFIX, sizeof(PIPE_PREFIX) - 1) != 0;
	HANDLE handle = s->is_adapter ? open_adapter(s, &link.mac) : open_pipe(s, &link.mac);
	if (handle == INVALID_HANDLE_VALUE)
		return s->event.problem == ADAPTER_NO_RIGHTS ? LP_EXIT_NO_PERMISSION
							     : LP_EXIT_NO_INTERFACE;
	s->tap = tap_open(handle, s->is_adapter, s->loop);
	if (!s->tap)
		return LP_EXIT_OS;
	membership_load(s->options.room_key, link.resume_token);
	membership_id(s->options.room_key, link.member_id);
	membership_load_way(&s->options, &link.remembered);
	if (lp_host_is_known(s->options.host))
		memcpy(link.host, s->options.host, sizeof(link.host));
	else
		membership_load_host(s->options.room_key, link.host);
	s->link = lp_link_open(&link);
	s->sockets.loop = s->loop;
	s->sockets.options = &s->options;
	s->sockets.link = s->link;
	s->sockets.adapter = s->is_adapter ? s->adapter.guid : NULL;
	lp_zero(link.resume_token, sizeof(link.resume_token));
	return s->link ? LP_EXIT_OK : LP_EXIT_INTERNAL;
}

static void close_all(struct session *s)
{
	for (unsigned i = 0; i < LP_LINK_WAYS; i++)
		close_socket(s, i);
	stop_look_ups(s);
	/* The medium goes down first, so that the LAN never sees the network's original
	 * settings. */
	if (s->tap)
		s->tap->ops->close(s->tap);
	s->tap = NULL;
	netfix_stop(s->netfix);
	s->netfix = NULL;
	/* Pending operations still use this memory, so wait for them. */
	lp_time end = lp_clock() + DRAIN_AT_THE_END;
	while (lp_loop_wait(s->loop, lp_sooner(end, lp_clock() + 20 * LP_MILLISECOND)) > 0 &&
		lp_clock() < end)
		continue;
	lp_link_close(s->link);
	s->link = NULL;
}

int session_run(struct session *s)
{
	enum lp_exit code = open_all(s);
	char why[SESSION_TEXT] = "";
	if (code == LP_EXIT_OK) {
		loop(s);
		if (!s->at_once && s->joined && lp_link_has_left(s->link))
			membership_forget();
		code = s->stopping ? LP_EXIT_OK : lp_link_exit(s->link);
		if (!s->stopping && tap_is_broken(s->tap)) {
			code = LP_EXIT_NO_INTERFACE;
			snprintf(why, sizeof(why),
				"The network adapter was removed or disabled. Join "
				"again when it is back.");
		}
	} else if (code == LP_EXIT_OS || code == LP_EXIT_INTERNAL) {
		snprintf(why, sizeof(why),
			"Windows is out of memory. Close programs, then join again.");
	}
	close_all(s);
	event(s, SESSION_OVER)->exit = code;
	snprintf(s->event.text, sizeof(s->event.text), "%s", why);
	tell(s);
	return (int)code;
}

struct session *session_new(
	const struct session_config *config, session_tell *teller, void *context)
{
	struct session *s = calloc(1, sizeof(*s));
	if (!s || !(s->loop = lp_loop_open())) {
		free(s);
		return NULL;
	}
	s->port.ops = &port_ops;
	s->options = *config->options;
	s->mac = config->mac;
	if (config->adapter)
		snprintf(s->adapter_wanted, sizeof(s->adapter_wanted), "%s", config->adapter);
	s->tell = teller;
	s->context = context;
	s->traffic_at = s->look_at = LP_NEVER;
	room_address_init(&s->address);
	s->leave = (struct wish){{.done = on_wish}, s, grant_leave, 0};
	s->wake = (struct wish){{.done = on_wish}, s, grant_wake, 0};
	return s;
}

void session_free(struct session *s)
{
	if (!s)
		return;
	lp_loop_close(s->loop);
	lp_zero(&s->options, sizeof(s->options));
	free(s);
}
