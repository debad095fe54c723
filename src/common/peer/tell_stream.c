#include <stdio.h>

#include "lanparty/edge/address.h"
#include "lanparty/peer/proxy.h"
#include "lanparty/peer/tell.h"

#define FORBIDDEN   403
#define GATEWAY_BAD 502 /* and those after it: the proxy has tried */
#define GATEWAY_OUT 504

const char *lp_tell_over(bool stream)
{
	return stream ? "tcp" : "udp";
}

/* Who the TCP connection leads to. */
struct party {
	char name[LP_HOST_SHOWN + 16];
	char relay[LP_HOST_SHOWN];
	bool proxy, has_password;
};

static void name_party(
	const struct lp_peer_options *o, const struct lp_stream_ending *e, struct party *p)
{
	char address[LP_ADDRESS_TEXT], host[LP_HOST_SHOWN];
	struct lp_host proxy = {.port = o->proxy.port};
	lp_host_format(lp_peer_endpoint(o, e->endpoint), p->relay);
	p->proxy = lp_proxy_leads_to(o, e->endpoint);
	p->has_password = o->proxy.authorization[0];
	snprintf(proxy.name, sizeof(proxy.name), "%s", o->proxy.host);
	if (p->proxy)
		snprintf(p->name, sizeof(p->name), "the proxy %s", lp_host_format(&proxy, host));
	else
		snprintf(p->name, sizeof(p->name), "%s", lp_address_format(e->remote, address));
}

static const char *advice_for(const struct party *p)
{
	return p->proxy ? "compare its address with your network's settings"
			: "ask the host whether the relay runs, or use another network";
}

/* UDP has failed too, and its failure says more, if it says anything. */
static void tell_no_tcp(const struct party *p, enum lp_send_failure failure, char *text, size_t cap)
{
	const char *advice = advice_for(p);
	switch (failure) {
	case LP_SEND_REFUSED:
		snprintf(text, cap, "nothing listens at %.200s over TCP: %s", p->name, advice);
		break;
	case LP_SEND_NO_ROUTE:
	case LP_SEND_NO_FAMILY:
		snprintf(text, cap, "this computer has no route to %.200s: check its network",
			p->name);
		break;
	case LP_SEND_FORBIDDEN:
		snprintf(text, cap,
			"a firewall of this computer forbids TCP to %.200s: allow it, or UDP",
			p->name);
		break;
	case LP_SEND_REJECTED:
	case LP_SEND_UNREACHABLE:
		snprintf(text, cap, "the network says that TCP cannot reach %.200s: %s", p->name,
			advice);
		break;
	default:
		snprintf(text, cap, "%.200s does not answer over TCP: %s", p->name, advice);
	}
}

static void tell_proxy(const struct party *p, unsigned status, char *text, size_t cap)
{
	if (status >= GATEWAY_BAD && status <= GATEWAY_OUT)
		snprintf(text, cap,
			"%.100s does not reach the relay %.100s (HTTP status %u): compare its "
			"address with the invite, and ask the host whether it runs",
			p->name, p->relay, status);
	else
		snprintf(text, cap,
			"%.100s refuses a connection to the relay %.100s (HTTP status %u%s): ask "
			"who runs the proxy to allow it, or use another network",
			p->name, p->relay, status, status == FORBIDDEN ? ", forbidden" : "");
}

static void tell_password(const struct party *p, char *text, size_t cap)
{
	if (p->has_password)
		snprintf(text, cap,
			"%.200s does not take this user and password: correct them in --proxy",
			p->name);
	else
		snprintf(text, cap,
			"%.200s wants a user and a password: give them with --proxy "
			"http://USER:PASSWORD@HOST:PORT",
			p->name);
}

/* A hotspot shows its page for whatever is asked until somebody logs in. */
static void tell_other(const struct party *p, unsigned status, char *text, size_t cap)
{
	char what[40] = "something else";
	if (status)
		snprintf(what, sizeof(what), "a web page (HTTP status %u)", status);
	snprintf(text, cap,
		"UDP does not get through, and over TCP %s answers in place of the relay %.100s: "
		"open "
		"a web page in a browser, because this network can want you to log in first; else "
		"ask the host whether another web server uses the relay's port",
		what, p->relay);
}

void lp_tell_mute_stream(const struct lp_address *remote, char *text, size_t cap)
{
	char address[LP_ADDRESS_TEXT];
	snprintf(text, cap,
		"the TCP connection to %s is open, but the relay does not answer through it: ask "
		"the "
		"host whether the relay runs, or use another network",
		lp_address_format(remote, address));
}

void lp_tell_stream(const struct lp_peer_options *options, const struct lp_stream_ending *ending,
	char *text, size_t cap)
{
	const struct lp_stream_failure *f = ending->failure;
	struct party p;
	name_party(options, ending, &p);
	switch (f->end) {
	case LP_STREAM_NO_TCP:
		tell_no_tcp(&p, f->failure, text, cap);
		break;
	case LP_STREAM_SLOW:
		snprintf(text, cap, "%.200s does not answer in time over TCP: %s", p.name,
			advice_for(&p));
		break;
	case LP_STREAM_PROXY:
		tell_proxy(&p, f->status, text, cap);
		break;
	case LP_STREAM_PASSWORD:
		tell_password(&p, text, cap);
		break;
	case LP_STREAM_NOT_LANPARTY:
		tell_other(&p, f->status, text, cap);
		break;
	case LP_STREAM_MEMORY:
		snprintf(text, cap, "out of memory");
		break;
	default:
		snprintf(text, cap,
			"the TCP connection to %.200s was closed: most likely this network or the "
			"relay has cut it",
			p.name);
	}
}
