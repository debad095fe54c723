#include "stream_unit.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lanparty/edge/linux/tcp.h"
#include "lanparty/quic/identity.h"

static struct lp_identity *identity;
const uint8_t packet[PACKET_SIZE] = {0x40, 0, 5, 'h', 'e', 'l', 'l', 'o'};

static bool on_payload(void *context, const struct lp_path *path, const uint8_t *bytes, size_t len)
{
	struct relay *r = context;
	r->count++;
	r->path = *path;
	r->last_len = len;
	memcpy(r->last, bytes, len);
	return !r->is_junk;
}

static void on_given(void *context, struct stream *stream)
{
	struct relay *r = context;
	assert_null(r->given);
	r->given = stream;
}

struct streams_config config_of(struct relay *r)
{
	return (struct streams_config){.listeners = &r->listener,
		.listener_count = 1,
		.max = 32,
		.max_opening = 16,
		.idle = IDLE,
		.workers = 1,
		.key = {1, 2},
		.sink = on_payload,
		.give = on_given,
		.context = r};
}

void listen_somewhere(struct relay *r)
{
	memset(r, 0, sizeof(*r));
	r->at.len = sizeof(r->at.in);
	r->at.in.sin_family = AF_INET;
	r->now = 1000 * LP_SECOND;
	assert_true(lp_tcp_listen_group(&r->at, false, 1, &r->listener));
	getsockname(r->listener, &r->at.sa, &r->at.len);
}

void open_relay(struct relay *r, const struct streams_config *config)
{
	r->streams = streams_open(config, identity);
	assert_non_null(r->streams);
}

void start_relay(struct relay *r)
{
	listen_somewhere(r);
	const struct streams_config config = config_of(r);
	open_relay(r, &config);
}

void stop_relay(struct relay *r)
{
	streams_close(r->streams);
	close(r->listener);
}

struct streams_counters counters(const struct relay *r)
{
	struct streams_counters c;
	streams_get_counters(r->streams, &c);
	return c;
}

int connect_from(const struct relay *r, uint8_t host)
{
	struct sockaddr_in from = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 256u * host)};
	struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = r->at.in.sin_port};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		fail_msg("no socket");
		return -1;
	}
	assert_int_equal(bind(fd, (const void *)&from, sizeof(from)), 0);
	assert_true(connect(fd, (const void *)&to, sizeof(to)) == 0 || errno == EINPROGRESS);
	return fd;
}

static void arrives(void *context, const uint8_t *bytes, size_t len)
{
	struct client *c = context;
	c->count++;
	c->len = len;
	c->first = bytes[0];
}

void client_turn(struct client *c, bool reads)
{
	static uint8_t buffer[65536];
	size_t len;
	const uint8_t *bytes;
	if (c->ended)
		return;
	if (reads)
		switch (lp_tcp_read(c->fd, buffer, sizeof(buffer), &len)) {
		case LP_TCP_DONE:
			lp_carrier_read(c->carrier, buffer, len, arrives, c);
			break;
		case LP_TCP_BLOCKED:
			break;
		default:
			c->ended = true;
		}
	while ((bytes = lp_carrier_pending(c->carrier, &len)) && len > 0 &&
		lp_tcp_write(c->fd, bytes, len, &len) == LP_TCP_DONE)
		lp_carrier_sent(c->carrier, len);
}

void relay_turn(struct relay *r)
{
	struct pollfd p = {.fd = streams_fd(r->streams), .events = POLLIN};
	if (poll(&p, 1, 1) > 0)
		streams_on_ready(r->streams, r->now);
	streams_on_time(r->streams, r->now);
	streams_flush(r->streams);
}

void open_client(const struct relay *r, struct client *c, uint8_t host)
{
	static const struct lp_carrier_target target = {
		.server_name = "relay.test", .host = "relay.test", .port = 443};
	memset(c, 0, sizeof(*c));
	c->fd = connect_from(r, host);
	c->carrier = lp_carrier_connect(&target);
	assert_non_null(c->carrier);
}

void join_relay(struct relay *r, struct client *c, uint8_t host)
{
	open_client(r, c, host);
	for (int i = 0; i < ROUNDS && lp_carrier_state(c->carrier) != LP_CARRIER_OPEN; i++) {
		relay_turn(r);
		client_turn(c, true);
	}
	assert_int_equal(lp_carrier_state(c->carrier), LP_CARRIER_OPEN);
}

void close_client(struct client *c)
{
	close(c->fd);
	lp_carrier_free(c->carrier);
}

void say_packet(struct relay *r, struct client *c)
{
	size_t before = r->count;
	assert_true(lp_carrier_put(c->carrier, packet, sizeof(packet)));
	for (int i = 0; i < ROUNDS && r->count == before && !r->given; i++) {
		client_turn(c, true);
		relay_turn(r);
	}
}

bool is_closed(struct relay *r, int fd)
{
	char byte[4096];
	for (int i = 0; i < ROUNDS; i++) {
		ssize_t n = recv(fd, byte, sizeof(byte), 0);
		if (n == 0 || (n < 0 && errno != EAGAIN))
			return true;
		relay_turn(r);
	}
	return false;
}

bool stays_open(struct relay *r, int fd)
{
	char byte;
	for (int i = 0; i < 20; i++)
		relay_turn(r);
	return recv(fd, &byte, 1, MSG_PEEK) != 0 && errno == EAGAIN;
}

int make_identity(void **state)
{
	(void)state;
	identity = lp_identity_new("relay.test", (int64_t)time(NULL));
	return identity ? 0 : -1;
}

int free_identity(void **state)
{
	(void)state;
	lp_identity_free(identity);
	return 0;
}
