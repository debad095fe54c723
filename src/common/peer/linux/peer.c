#include "lanparty/peer/linux/peer.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lanparty/base/wipe.h"
#include "lanparty/peer/link.h"
#include "lanparty/peer/linux/acts.h"
#include "lanparty/edge/linux/fd_port.h"
#include "lanparty/edge/linux/loop.h"
#include "lanparty/edge/linux/netlink.h"
#include "lanparty/edge/linux/notify.h"
#include "lanparty/edge/linux/resolve.h"
#include "lanparty/edge/log.h"
#include "lanparty/peer/proxy.h"
#include "lanparty/peer/tell.h"
#include "ways.h"

#define PORT_WAIT (6 * LP_SECOND) /* for an interface that was deleted to come back */
#define LOOK      LP_SECOND       /* interval at which to check that the interface still exists */
#define ALONE     (3 * LP_SECOND) /* after a join: until then the relay has named all members */
#define DESCRIPTORS                                                                                \
	(5 + LP_LINK_WAYS +                                                                        \
		LP_LINK_LOOKUPS) /* signals, port, networks, commands, the program's fd */

struct peer {
	const struct lp_peer_config *config;
	struct lp_link *link;
	struct lp_ways ways; /* the link's sockets */
	struct lp_waiter waiter;
	struct lp_guard guard;
	struct lp_acts acts;
	struct lp_report report;
	int resolving[LP_LINK_LOOKUPS], signals; /* descriptors that it waits for */
	struct lp_teller teller;
	bool at_once;
	bool joined;      /* once; before, what an earlier run kept is not ours to forget */
	bool portless;    /* the frame port's interface was deleted */
	lp_time port_end; /* with portless: waits for another one until then; LP_NEVER: given up */
	lp_time look_at;
	lp_time leave_at;
	lp_time beat_at;  /* when the service manager wants to hear that the program runs */
	lp_time alone_at; /* when to say that nobody else is in the room; LP_NEVER: not, or said */
	lp_time now;
};

static void stop_look_up(struct peer *p, size_t endpoint)
{
	if (p->resolving[endpoint] >= 0)
		close(p->resolving[endpoint]);
	p->resolving[endpoint] = -1;
}

static void stop_look_ups(void *context)
{
	for (size_t i = 0; i < LP_LINK_LOOKUPS; i++)
		stop_look_up(context, i);
}

static bool look_up(void *context, size_t endpoint)
{
	struct peer *p = context;
	struct lp_host host;
	lp_proxy_host(p->config->options, endpoint, &host);
	stop_look_up(p, endpoint);
	int fd = p->resolving[endpoint] = lp_resolve(host.name, host.port);
	return fd >= 0 && lp_waiter_add(&p->waiter, fd);
}

static void take_addresses(struct peer *p, size_t endpoint)
{
	struct lp_addresses found;
	struct lp_host host;
	if (!lp_resolve_take(p->resolving[endpoint], &found))
		return; /* what was readable was an earlier look-up, whose descriptor had this number */
	if (!found.more)
		p->resolving[endpoint] = -1;
	lp_proxy_host(p->config->options, endpoint, &host);
	if (p->config->checks && found.count > 0 && !found.more)
		lp_event(stdout, "resolved", "name=%s addresses=%zu", host.name, found.count);
	lp_link_on_addresses(p->link, endpoint, &found, p->now);
}

static void close_socket(void *context, unsigned way)
{
	struct peer *p = context;
	lp_ways_close(&p->ways, way);
}

static bool open_socket(
	void *context, unsigned way, const struct lp_entry *entry, struct lp_address *ret_local)
{
	struct peer *p = context;
	return lp_ways_open(&p->ways, way, entry, ret_local);
}

static bool takes(void *context, unsigned way)
{
	struct peer *p = context;
	return lp_ways_take(&p->ways, way);
}

static uint8_t *slot(void *context, unsigned way)
{
	struct peer *p = context;
	return lp_ways_slot(&p->ways, way);
}

static void put(void *context, unsigned way, const struct lp_path *path, size_t len)
{
	struct peer *p = context;
	lp_ways_put(&p->ways, way, path, len);
}

static void flush(void *context, unsigned way)
{
	struct peer *p = context;
	lp_ways_flush(&p->ways, way);
}

/* A mistyped code leads into an empty room. */
static void expect_others(struct peer *p, const struct lp_tunnel_action *action)
{
	bool waits = !p->config->once && !p->joined;
	if (action->kind == LP_TUNNEL_JOINED && waits && !action->welcome.gateway_connected)
		p->alone_at = p->now + ALONE;
	else if (action->kind == LP_TUNNEL_PEER_JOINED || action->kind == LP_TUNNEL_DISCONNECTED)
		p->alone_at = LP_NEVER;
}

static void tell_alone(struct peer *p)
{
	if (p->now < p->alone_at)
		return;
	p->alone_at = LP_NEVER;
	lp_log(LP_LOG_INFO, "alone", "hint=%s", LP_TELL_ALONE);
}

static void tell(void *context, const struct lp_tunnel_action *action)
{
	struct peer *p = context;
	const struct lp_peer_config *c = p->config;
	expect_others(p, action);
	p->joined = p->joined || action->kind == LP_TUNNEL_JOINED;
	if (action->kind == LP_TUNNEL_JOINED)
		lp_notify("STATUS=" LP_STATUS_JOINED);
	else if (action->kind == LP_TUNNEL_DISCONNECTED)
		lp_notify("STATUS=Connecting");
	if (action->kind == LP_TUNNEL_JOINED)
		lp_resume_file_keep(c->resume, action->welcome.resume_token);
	if (action->kind == LP_TUNNEL_JOINED && c->ways)
		lp_room_memory_keep_way(c->ways, lp_link_entry(p->link));
	if (action->kind == LP_TUNNEL_HOST && action->news == LP_HOST_RIGHT && c->hosts)
		lp_room_memory_keep_host(c->hosts, action->host);
	lp_report_told(&p->report, action, p->now);
	lp_acts_told(&p->acts, action);
	if (c->once)
		lp_once_told(c->once, action, p->now);
	p->teller.stream = lp_link_entry(p->link)->stream;
	if (!c->once || (action->final && !c->once->over))
		lp_tell(&p->teller, action);
	if (c->told)
		c->told(c->context, action, p->now);
}

static void moved(void *context)
{
	struct peer *p = context;
	if (p->config->ways)
		lp_room_memory_keep_way(p->config->ways, lp_link_entry(p->link));
}

static const struct lp_link_ops ops = {
	.look_up = look_up,
	.stop_look_ups = stop_look_ups,
	.open = open_socket,
	.close = close_socket,
	.takes = takes,
	.slot = slot,
	.put = put,
	.flush = flush,
	.tell = tell,
	.moved = moved,
};

static void on_frame(void *context, const uint8_t *frame, size_t len)
{
	struct peer *p = context;
	lp_link_on_frame(p->link, frame, len, p->now);
}

static void stop(struct peer *p)
{
	const struct lp_peer_config *c = p->config;
	p->teller.stopping = true;
	lp_notify("STOPPING=1");
	p->leave_at = p->now + (c->leaving ? c->leaving(c->context) : 0);
}

static void take_signals(struct peer *p)
{
	const struct lp_peer_config *c = p->config;
	int number;
	while ((number = lp_signals_next(p->signals))) {
		if (number == SIGCHLD) {
			if (c->child)
				c->child(c->context);
		} else if (p->teller.stopping) {
			p->at_once = true;
		} else {
			stop(p);
		}
	}
}

static void take_commands(struct peer *p)
{
	lp_acts_read(&p->acts, p->link, p->now);
	if (p->acts.leaves && !p->teller.stopping)
		stop(p);
}

/* True if the descriptor is one of the link's: a socket, or a look-up. */
static bool read_for_link(struct peer *p, int fd)
{
	if (lp_ways_read(&p->ways, fd))
		return true;
	for (size_t i = 0; i < LP_LINK_LOOKUPS; i++) {
		if (fd != p->resolving[i])
			continue;
		take_addresses(p, i);
		return true;
	}
	return false;
}

static void read_from(struct peer *p, int fd)
{
	const struct lp_peer_config *c = p->config;
	if (read_for_link(p, fd))
		return;
	if (fd == p->signals)
		take_signals(p);
	else if (fd == lp_port_fd(c->port))
		c->port->ops->read(c->port, on_frame, p);
	else if (fd == p->guard.fd)
		lp_guard_read(&p->guard, p->now);
	else if (p->acts.local && fd == lp_local_fd(p->acts.local))
		take_commands(p);
	else if (fd == c->fd)
		c->readable(c->context);
}

static void give_port_up(struct peer *p)
{
	p->port_end = LP_NEVER;
	lp_log(LP_LOG_ERROR, "interface_gone", "reason=%s",
		"the network interface is gone: start again when there is one");
	lp_link_leave(p->link, p->now);
}

/* A descriptor without its interface would stay readable forever. */
static void lose_port(struct peer *p, const struct lp_fd_port *port)
{
	lp_waiter_remove(&p->waiter, port->fd);
	p->portless = true;
	p->port_end = LP_NEVER;
	if (p->teller.stopping)
		return;
	if (!port->reopen) {
		give_port_up(p);
		return;
	}
	p->port_end = p->now + PORT_WAIT;
	lp_log(LP_LOG_WARNING, "interface_gone", "reason=%s",
		"the network interface was deleted: waiting some seconds for it to come back");
}

/* Row K6: an interface that is made anew is used again. */
static void await_port(struct peer *p, struct lp_fd_port *port)
{
	if (p->port_end == LP_NEVER)
		return; /* given up */
	if (port->reopen(&port->port) && lp_waiter_add(&p->waiter, port->fd)) {
		p->portless = false;
		lp_log(LP_LOG_INFO, "interface_back", "hint=%s", "the gateway goes on with it");
	} else if (p->now >= p->port_end) {
		give_port_up(p);
	}
}

static void watch_port(struct peer *p)
{
	struct lp_fd_port *port = (struct lp_fd_port *)(void *)p->config->port;
	bool look = p->now >= p->look_at;
	if (look)
		p->look_at = p->now + LOOK;
	if (p->portless) {
		if (look)
			await_port(p, port);
	} else if (port->gone || (look && port->needs > 0 && lp_netlink_is_deleted(port->needs))) {
		/* A packet socket does not tell when its interface was down before, and a bridge
		 * port does not tell of the bridge. */
		lose_port(p, port);
	}
}

static void look_at_networks(struct peer *p)
{
	lp_guard_look(&p->guard, p->link);
	lp_ways_on_networks(&p->ways);
}

/* Row K5: interfaces, addresses or routes of this computer are others now. */
static void take_change(struct peer *p)
{
	const struct lp_peer_config *c = p->config;
	p->guard.news_at = LP_NEVER;
	look_at_networks(p);
	lp_link_on_uplink(p->link, p->now);
	if (!c->changed)
		return;
	c->changed(c->context);
	read_from(p, lp_port_fd(c->port)); /* what the port has to say about it */
}

static lp_time next_deadline(struct peer *p)
{
	const struct lp_peer_config *c = p->config;
	lp_time deadline = lp_sooner(lp_link_deadline(p->link), p->leave_at);
	deadline = lp_sooner(deadline, lp_sooner(p->guard.news_at, p->guard.look_at));
	deadline = lp_sooner(deadline, p->beat_at);
	if (c->once)
		deadline = lp_sooner(deadline, c->once->at);
	deadline = lp_sooner(deadline, p->alone_at);
	if (p->portless && p->port_end != LP_NEVER)
		deadline = lp_sooner(deadline, p->look_at);
	return c->on_time ? lp_sooner(deadline, c->on_time(c->context, p->now)) : deadline;
}

static void beat(struct peer *p)
{
	unsigned interval = lp_notify_interval();
	if (p->now < p->beat_at)
		return;
	if (interval)
		lp_notify("WATCHDOG=1");
	p->beat_at = interval ? p->now + interval * LP_SECOND : LP_NEVER;
}

static void watch_protected(struct peer *p)
{
	const struct lp_peer_config *c = p->config;
	if (!c->protects)
		return;
	struct lp_protected protected;
	bool moved;
	if (c->protects(c->context, &protected, &moved))
		lp_link_on_protected(p->link, &protected, moved, p->now);
}

static void wait_and_read(struct peer *p)
{
	int ready[DESCRIPTORS];
	size_t count = lp_wait(&p->waiter, next_deadline(p), ready, DESCRIPTORS);
	p->now = p->ways.now = lp_clock();
	lp_port_wake(p->config->port);
	for (size_t i = 0; i < count; i++)
		read_from(p, ready[i]);
	watch_port(p);
	if (p->now >= p->guard.news_at)
		take_change(p);
	else if (p->now >= p->guard.look_at)
		look_at_networks(p);
	watch_protected(p);
}

static void loop(struct peer *p)
{
	p->now = p->ways.now = lp_clock();
	lp_link_start(p->link, p->now);
	if (p->config->once)
		lp_once_begin(p->config->once, p->now);
	lp_link_send(p->link, p->now);
	lp_notify("READY=1");
	while (!p->at_once && !lp_link_is_over(p->link)) {
		wait_and_read(p);
		beat(p);
		if (p->now >= p->leave_at) {
			p->leave_at = LP_NEVER;
			lp_link_leave(p->link, p->now);
		}
		if (p->config->once)
			lp_once_on_time(p->config->once, p->link, p->now);
		lp_link_on_time(p->link, p->now);
		lp_link_send(p->link, p->now);
		tell_alone(p);
		lp_report_on_time(&p->report, p->now);
	}
}

/* The invite comes from the host: it tells of a new key. */
static void choose_host(const struct lp_peer_config *c, uint8_t host[LP_HOST_PRINT])
{
	const uint8_t *given = c->options->host, *kept = c->host;
	bool is_given = lp_host_is_known(given);
	if (is_given && lp_host_is_known(kept) && memcmp(given, kept, LP_HOST_PRINT) != 0)
		lp_log(LP_LOG_WARNING, "host_key_given", "hint=%s",
			"the invite names another host key than the one that this computer knows "
			"of the room: it counts from now on");
	memcpy(host, is_given ? given : kept, LP_HOST_PRINT);
}

static bool open_all(struct peer *p)
{
	const int wanted[] = {
		SIGINT, SIGTERM, SIGCHLD, lp_signal_is_ignored(SIGHUP) ? 0 : SIGHUP, 0};
	const struct lp_peer_config *c = p->config;
	struct lp_link_config link = {
		.options = c->options,
		.role = c->role,
		.mac = c->mac,
		.protected = c->protected,
		.keep_default_route = c->keep_default_route,
		.stations = c->stations,
		.checks = c->checks,
		.waits_for_name = !c->checks,
		.streams = true,
		.remembered = c->remembered,
		.port = c->port,
		.ops = &ops,
		.context = p,
	};
	memcpy(link.resume_token, c->resume_token, sizeof(link.resume_token));
	lp_resume_member_id(c->options->room_key, link.member_id);
	choose_host(c, link.host);
	p->link = lp_link_open(&link);
	lp_zero(link.resume_token, sizeof(link.resume_token));
	p->signals = lp_signals_open(wanted);
	lp_guard_open(&p->guard, c->tap);
	p->ways.link = p->link;
	p->report = (struct lp_report){
		.link = p->link, .options = c->options, .role = c->role, .port = c->interface};
	p->acts.report = &p->report;
	p->acts.local = c->local && lp_local_fd(c->local) >= 0 ? c->local : NULL;
	return p->link && lp_waiter_add(&p->waiter, p->signals) &&
	       lp_waiter_add(&p->waiter, lp_port_fd(c->port)) &&
	       (!p->acts.local || lp_waiter_add(&p->waiter, lp_local_fd(p->acts.local))) &&
	       (p->guard.fd < 0 || lp_waiter_add(&p->waiter, p->guard.fd)) &&
	       (!c->readable || c->fd < 0 || lp_waiter_add(&p->waiter, c->fd));
}

/* The handshake is all of it: with an answer, the certificate and the version were right, too. */
static void tell_checked(const struct peer *p)
{
	const struct lp_peer_options *o = p->config->options;
	char address[LP_ADDRESS_TEXT];
	lp_event(stdout, "answered", "address=%s rtt_ms=%.1f over=%s",
		lp_address_format(lp_link_remote(p->link), address),
		(double)lp_link_last_end(p->link)->rtt / (double)LP_MILLISECOND,
		lp_tell_over(lp_link_entry(p->link)->stream));
	lp_event(stdout, "certificate", "trusted_by=%s",
		o->pin_count > 0 ? "pin" : "certificate_authority");
	lp_event(stdout, "protocol", "version=%u", LP_PROTOCOL_VERSION);
}

static int exit_code(const struct peer *p)
{
	if (p->config->once && p->config->once->over)
		return p->config->once->code;
	if (p->config->checks || p->config->once)
		return p->teller.stopping ? LP_EXIT_UNAVAILABLE : (int)lp_link_exit(p->link);
	return p->teller.stopping ? LP_EXIT_OK
	       : p->portless      ? LP_EXIT_NO_INTERFACE
				  : (int)lp_link_exit(p->link);
}

static void close_all(struct peer *p)
{
	stop_look_ups(p);
	lp_acts_end(&p->acts);
	if (p->signals >= 0)
		close(p->signals);
	lp_guard_close(&p->guard);
	lp_ways_close_all(&p->ways);
	lp_waiter_close(&p->waiter);
	lp_link_close(p->link);
}

int lp_peer_run(const struct lp_peer_config *config)
{
	struct peer *p = calloc(1, sizeof(*p));
	int code = LP_EXIT_INTERNAL;
	if (!p) {
		lp_log(LP_LOG_ERROR, "start_failed", "reason=%s", "out of memory");
		return code;
	}
	p->config = config;
	p->ways.options = config->options;
	p->ways.waiter = &p->waiter;
	p->ways.guard = &p->guard;
	memset(p->resolving, 0xff, sizeof(p->resolving)); /* -1: none */
	p->signals = p->guard.fd = -1;
	lp_waiter_open(&p->waiter);
	p->leave_at = p->alone_at = LP_NEVER;
	p->teller.role = config->role;
	if (open_all(p)) {
		loop(p);
		if (!p->at_once && p->joined && lp_link_has_left(p->link))
			lp_resume_file_forget(config->resume);
		code = exit_code(p);
		if (config->checks && code == LP_EXIT_OK)
			tell_checked(p);
	} else {
		lp_log(LP_LOG_ERROR, "start_failed", "reason=%s hint=%s",
			"out of memory or of open files, or the TLS library cannot start",
			"raise the limit of open files (ulimit -n), or end other programs");
	}
	close_all(p);
	free(p);
	return code;
}
