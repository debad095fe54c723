/* comeback PORT PIN COUNT: how long COUNT members need to be back after their relay was killed.
 *
 * The members (peer/link.h), in rooms of ten, join the relay at this UDP port of this computer. "ready" says
 * that all have joined. Whoever runs it kills the relay and writes a line, which "waiting" answers, starts it
 * again and writes another one. The answer is how long after the second line the members were back, in
 * milliseconds. Exit status 0: all were. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "lanparty/edge/linux/loop.h"
#include "lanparty/peer/link.h"
#include "lanparty/wire/code.h"
#include "null_port.h"

#define MEMBERS_MAX 4096
#define ROOM_SIZE   10
#define PATIENCE    (60 * LP_SECOND)
#define EVENTS      256

struct member {
	struct lp_link *link;
	struct lp_peer_options options;
	struct lp_port port;
	int fd;
	bool asked;
	lp_time joined_at; /* 0: is not in the room */
	uint8_t packet[LP_QUIC_PACKET_MAX];
};

static struct member *members[MEMBERS_MAX];
static size_t count;
static struct lp_address relay_address;
static int set;
static bool told; /* a line was read */
static lp_time now;

static bool look_up(void *context, size_t endpoint)
{
	struct member *m = context;
	(void)endpoint;
	m->asked = true;
	return true;
}

static void stop_look_ups(void *context)
{
	struct member *m = context;
	m->asked = false;
}

static void close_socket(void *context, unsigned way)
{
	struct member *m = context;
	close(m->fd);
	m->fd = -1;
	(void)way;
}

/* Its relay has one address: one way at a time. */
static bool open_socket(
	void *context, unsigned way, const struct lp_entry *entry, struct lp_address *ret_local)
{
	struct member *m = context;
	(void)way;
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = m};
	m->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	*ret_local = entry->address;
	ret_local->in.sin_port = htons(1);
	return m->fd >= 0 && epoll_ctl(set, EPOLL_CTL_ADD, m->fd, &event) == 0;
}

static uint8_t *slot(void *context, unsigned way)
{
	(void)way;
	struct member *m = context;
	return m->packet;
}

static void put(void *context, unsigned way, const struct lp_path *path, size_t len)
{
	(void)way;
	struct member *m = context;
	(void)!sendto(m->fd, m->packet, len, 0, &path->remote.sa, path->remote.len);
}

static void flush(void *context, unsigned way)
{
	(void)way;
	(void)context;
}

static void tell(void *context, const struct lp_tunnel_action *action)
{
	struct member *m = context;
	if (action->kind == LP_TUNNEL_JOINED)
		m->joined_at = now;
	else if (action->kind == LP_TUNNEL_DISCONNECTED)
		m->joined_at = 0;
}

static const struct lp_link_ops ops = {
	.look_up = look_up,
	.stop_look_ups = stop_look_ups,
	.open = open_socket,
	.close = close_socket,
	.slot = slot,
	.put = put,
	.flush = flush,
	.tell = tell,
};

static struct member *start_member(size_t number, const uint8_t pin[32])
{
	struct member *m = calloc(1, sizeof(*m));
	struct lp_link_config config = {.role = LP_ROLE_CLIENT, .ops = &ops, .context = m};
	if (!m)
		exit(1);
	m->fd = -1;
	m->port.ops = &null_port_ops;
	m->options.pin_count = 1;
	memcpy(m->options.pins[0], pin, 32);
	uint32_t room = (uint32_t)(number / ROOM_SIZE) + 1;
	memcpy(m->options.room_key, &room, sizeof(room));
	config.options = &m->options;
	config.port = &m->port;
	config.mac = (struct lp_mac){{2, 0, 0, 0, (uint8_t)(number >> 8), (uint8_t)number}};
	m->link = lp_link_open(&config);
	if (!m->link)
		exit(1);
	lp_link_start(m->link, now);
	return m;
}

static void serve(struct member *m, bool readable)
{
	uint8_t bytes[2048];
	ssize_t len;
	while (readable && (len = recv(m->fd, bytes, sizeof(bytes), 0)) > 0)
		lp_link_on_packet(m->link, &relay_address, bytes, (size_t)len, now);
	if (m->asked) {
		const struct lp_addresses found = {.list = {relay_address}, .count = 1};
		m->asked = false;
		lp_link_on_addresses(m->link, 0, &found, now);
	}
	lp_link_on_time(m->link, now);
	lp_link_send(m->link, now);
}

/* One wake-up. */
static void turn(void)
{
	struct epoll_event events[EVENTS];
	char byte;
	int ready = epoll_wait(set, events, EVENTS, 1);
	now = lp_clock();
	for (int i = 0; i < ready; i++)
		if (events[i].data.ptr)
			serve(events[i].data.ptr, true);
		else
			told = read(STDIN_FILENO, &byte, 1) == 1 && byte == '\n';
	for (size_t i = 0; i < count; i++)
		if (members[i]->asked || now >= lp_link_deadline(members[i]->link))
			serve(members[i], false);
}

static size_t joined(void)
{
	size_t n = 0;
	for (size_t i = 0; i < count; i++)
		n += members[i]->joined_at != 0;
	return n;
}

static bool all_join(void)
{
	lp_time end = now + PATIENCE;
	while (joined() < count && now < end)
		turn();
	return joined() == count;
}

static int by_time(const void *a, const void *b)
{
	const lp_time *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

static unsigned in_ms(lp_time t)
{
	return (unsigned)(t / LP_MILLISECOND);
}

static void report(lp_time since)
{
	static lp_time after[MEMBERS_MAX];
	for (size_t i = 0; i < count; i++)
		after[i] = members[i]->joined_at > since ? members[i]->joined_at - since : 0;
	qsort(after, count, sizeof(after[0]), by_time);
	printf("members=%zu p50=%u p95=%u p99=%u last=%u\n", count, in_ms(after[count / 2]),
		in_ms(after[count * 95 / 100]), in_ms(after[count * 99 / 100]),
		in_ms(after[count - 1]));
}

static void say(const char *word)
{
	puts(word);
	fflush(stdout);
}

static void wait_for_word(void)
{
	for (told = false; !told;)
		turn();
}

int main(int argc, char **argv)
{
	uint8_t pin[LP_PIN_SIZE];
	struct epoll_event input = {.events = EPOLLIN};
	size_t wanted = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
	if (wanted < 1 || wanted > MEMBERS_MAX || lp_pin_parse(argv[2], pin) != LP_OK) {
		fprintf(stderr, "usage: comeback PORT PIN COUNT\n");
		return 2;
	}
	lp_allow_descriptors(wanted + 64);
	relay_address.len = sizeof(relay_address.in);
	relay_address.in = (struct sockaddr_in){.sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(argv[1])),
		.sin_addr = {htonl(INADDR_LOOPBACK)}};
	set = epoll_create1(EPOLL_CLOEXEC);
	epoll_ctl(set, EPOLL_CTL_ADD, STDIN_FILENO, &input);
	now = lp_clock();
	while (count < wanted) {
		members[count] = start_member(count, pin);
		count++;
		turn();
	}
	if (!all_join())
		return 1;
	say("ready");
	wait_for_word();
	for (size_t i = 0; i < count; i++)
		members[i]->joined_at = 0;
	say("waiting");
	wait_for_word();
	lp_time since = now;
	if (!all_join())
		return 1;
	report(since);
	return 0;
}
