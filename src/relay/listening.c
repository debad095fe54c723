#include "listening.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lanparty/edge/linux/loop.h"
#include "lanparty/edge/linux/tcp.h"
#include "lanparty/edge/log.h"
#include "lanparty/edge/output.h"

bool listening_open_udp(struct listening *const *workers, size_t count,
	const struct lp_listen *listen, enum lp_exit *ret_exit)
{
	struct lp_udp *group[LP_UDP_GROUP_MAX];
	if (!lp_udp_listen_group(listen, count, group, ret_exit))
		return false;
	for (size_t k = 0; k < count; k++)
		workers[k]->sockets[workers[k]->socket_count++] = group[k];
	return true;
}

static const char *hint_for(int error)
{
	switch (error) {
	case EADDRINUSE:
		return "another program, such as a web server, has this TCP port, so members whose "
		       "network blocks UDP cannot join: give one of the two another address or "
		       "port, or accept it with --no-tcp";
	case EACCES:
	case EPERM:
		return "the system forbids this TCP port, so members whose network blocks UDP "
		       "cannot join: start the relay as root, which it gives up, or accept it "
		       "with --no-tcp";
	case EMFILE:
	case ENFILE:
		return LP_HINT_DESCRIPTORS;
	default:
		return "members whose network blocks UDP cannot join";
	}
}

static void open_beside(
	struct listening *const *workers, size_t count, const struct lp_udp *udp, bool dual)
{
	int group[LP_UDP_GROUP_MAX];
	struct lp_address at;
	char text[LP_ADDRESS_TEXT];
	lp_udp_local(udp, &at);
	if (lp_tcp_listen_group(&at, dual && at.sa.sa_family == AF_INET6, count, group)) {
		for (size_t k = 0; k < count; k++)
			workers[k]->listeners[workers[k]->listener_count++] = group[k];
		return;
	}
	lp_log(LP_LOG_WARNING, "tcp_listen_failed", "address=%s error=%s hint=%s",
		lp_address_format(&at, text), strerror(errno), hint_for(errno));
}

void listening_open_tcp(
	struct listening *const *workers, size_t count, const struct lp_listen *listen)
{
	for (size_t i = 0; i < workers[0]->socket_count; i++)
		open_beside(workers, count, workers[0]->sockets[i], listen[i].dual);
}

void listening_lacks_descriptors(void)
{
	lp_log(LP_LOG_WARNING, "tcp_listen_failed", "error=%s hint=%s", strerror(EMFILE),
		hint_for(EMFILE));
}

static void say_udp(const struct lp_udp *udp)
{
	struct lp_address bound;
	char text[LP_ADDRESS_TEXT];
	lp_udp_local(udp, &bound);
	lp_address_format(&bound, text);
	if (lp_log_get_format() == LP_LOG_JSON)
		lp_event(stdout, "listening", "address=%s", text);
	else
		printf("listening on %s/udp\n", text);
}

static void say_tcp(int listener)
{
	struct lp_address bound = {.len = sizeof(bound.in6)};
	char text[LP_ADDRESS_TEXT];
	getsockname(listener, &bound.sa, &bound.len);
	lp_address_format(&bound, text);
	if (lp_log_get_format() == LP_LOG_JSON)
		lp_event(stdout, "listening", "address=%s protocol=%s", text, "tcp");
	else
		printf("listening on %s/tcp\n", text);
}

bool listening_say(const struct listening *one)
{
	for (size_t i = 0; i < one->socket_count; i++)
		say_udp(one->sockets[i]);
	for (size_t i = 0; i < one->listener_count; i++)
		say_tcp(one->listeners[i]);
	return lp_output_good();
}

void listening_close(struct listening *l)
{
	for (size_t i = 0; i < l->socket_count; i++)
		lp_udp_close(l->sockets[i]);
	for (size_t i = 0; i < l->listener_count; i++)
		close(l->listeners[i]);
}
