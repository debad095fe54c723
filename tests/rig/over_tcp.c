/* over_tcp LISTEN RELAY: takes UDP packets at LISTEN and carries those of each address in a TCP connection of
 * its own to RELAY, and back. So every program that speaks to a relay over UDP can speak to one over TCP.
 *
 * It prints "ready", then a line for each connection that opens or ends. SIGUSR1 makes it deaf: it reads
 * nothing more from TCP. SIGUSR2 makes it hear again. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lanparty/carrier/carrier.h"
#include "lanparty/edge/linux/loop.h"
#include "lanparty/edge/linux/tcp.h"
#include "lanparty/edge/linux/udp.h"

#define WAYS_MAX  4096
#define EARLY_MAX 8 /* packets that wait until a connection is open */
#define READY     16

struct way {
	int fd;
	struct lp_carrier *carrier;
	struct lp_path path; /* of the UDP packets */
	bool watched, said;
	size_t early;
	uint16_t lens[EARLY_MAX];
	uint8_t bytes[EARLY_MAX][LP_PAYLOAD_MAX];
};

static struct lp_udp *udp;
static struct lp_waiter waiter;
static struct lp_address relay;
static struct way *ways[WAYS_MAX];
static size_t way_count;
static bool deaf;

static void fail(const char *what)
{
	fprintf(stderr, "over_tcp: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void on_payload(void *context, const uint8_t *payload, size_t len)
{
	struct way *way = context;
	memcpy(lp_udp_slot(udp), payload, len);
	lp_udp_put(udp, &way->path, len);
}

static void end(struct way *way)
{
	unsigned status;
	printf("ended fault=%d", (int)lp_carrier_fault(way->carrier, &status));
	printf(" status=%u\n", status);
	for (size_t i = 0; i < way_count; i++)
		if (ways[i] == way)
			ways[i] = ways[--way_count];
	close(way->fd);
	lp_carrier_free(way->carrier);
	free(way);
}

/* False: it has ended. */
static bool settle(struct way *way)
{
	size_t len, sent;
	const uint8_t *bytes;
	enum lp_tcp_result result = LP_TCP_DONE;
	bool open = lp_carrier_state(way->carrier) == LP_CARRIER_OPEN;
	if (open && !way->said)
		printf("open\n");
	way->said = way->said || open;
	for (size_t i = 0; open && i < way->early; i++)
		lp_carrier_put(way->carrier, way->bytes[i], way->lens[i]);
	if (open)
		way->early = 0;
	while (result == LP_TCP_DONE && (bytes = lp_carrier_pending(way->carrier, &len)) && len) {
		result = lp_tcp_write(way->fd, bytes, len, &sent);
		if (result == LP_TCP_DONE)
			lp_carrier_sent(way->carrier, sent);
	}
	enum lp_carrier_state state = lp_carrier_state(way->carrier);
	if (result == LP_TCP_FAILED || state == LP_CARRIER_FAILED ||
		(state == LP_CARRIER_CLOSING && result == LP_TCP_DONE)) {
		end(way);
		return false;
	}
	lp_waiter_watch(&waiter, way->fd, result == LP_TCP_BLOCKED);
	return true;
}

static void hear(struct way *way)
{
	static uint8_t buffer[65536];
	size_t len;
	enum lp_tcp_result result = lp_tcp_read(way->fd, buffer, sizeof(buffer), &len);
	if (result == LP_TCP_DONE)
		lp_carrier_read(way->carrier, buffer, len, on_payload, way);
	else if (result == LP_TCP_ENDED || result == LP_TCP_FAILED)
		end(way);
	if (result == LP_TCP_DONE || result == LP_TCP_BLOCKED)
		settle(way);
}

static struct way *way_of(const struct lp_path *path)
{
	static const struct lp_carrier_target target = {
		.server_name = "relay.test", .host = "relay.test", .port = 443};
	for (size_t i = 0; i < way_count; i++)
		if (lp_address_equal(&ways[i]->path.remote, &path->remote))
			return ways[i];
	struct way *way = calloc(1, sizeof(*way));
	if (!way || way_count == WAYS_MAX)
		fail("too many addresses");
	way->path = *path;
	way->fd = lp_tcp_connect(&relay, 0);
	way->carrier = lp_carrier_connect(&target);
	if (way->fd < 0 || !way->carrier || !lp_waiter_add(&waiter, way->fd))
		fail("cannot connect");
	lp_waiter_watch(&waiter, way->fd, true);
	return ways[way_count++] = way;
}

static void on_packet(void *context, const struct lp_path *path, const uint8_t *bytes, size_t len)
{
	(void)context;
	struct way *way = way_of(path);
	if (len > LP_PAYLOAD_MAX)
		return;
	if (lp_carrier_state(way->carrier) == LP_CARRIER_OPEN) {
		lp_carrier_put(way->carrier, bytes, len);
		settle(way);
	} else if (way->early < EARLY_MAX) {
		way->lens[way->early] = (uint16_t)len;
		memcpy(way->bytes[way->early++], bytes, len);
	}
}

static void on_ready(int fd, int signals)
{
	int number;
	if (fd == signals)
		while ((number = lp_signals_next(signals)))
			deaf = number == SIGUSR1;
	if (fd == lp_udp_fd(udp))
		lp_udp_receive(udp, on_packet, NULL);
	for (size_t i = 0; i < way_count; i++)
		if (ways[i]->fd == fd && lp_tcp_connected(fd) != EINPROGRESS) {
			if (deaf)
				settle(ways[i]);
			else
				hear(ways[i]);
			return;
		}
}

int main(int argc, char **argv)
{
	static const int wanted[] = {SIGUSR1, SIGUSR2, 0};
	struct lp_listen listen, to;
	enum lp_exit code;
	if (argc != 3 || !lp_listen_parse(argv[1], &listen) || !lp_listen_parse(argv[2], &to))
		fail("usage: over_tcp LISTEN RELAY");
	relay = to.address;
	int signals = lp_signals_open(wanted), ready[READY];
	udp = lp_udp_listen(&listen, false, &code);
	lp_waiter_open(&waiter);
	if (!udp || !lp_waiter_add(&waiter, lp_udp_fd(udp)) || !lp_waiter_add(&waiter, signals))
		fail("cannot start");
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("ready\n");
	for (;;) {
		size_t count = lp_wait(&waiter, LP_NEVER, ready, READY);
		for (size_t i = 0; i < count; i++)
			on_ready(ready[i], signals);
		lp_udp_flush(udp);
		if (deaf) /* what waits in the sockets would wake it all the time */
			usleep(1000);
	}
}
