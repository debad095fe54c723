#include "lanparty/edge/linux/udp_set.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "lanparty/edge/linux/udp_group.h"
#include "lanparty/edge/log.h"
#include "linux_udp.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* P1 */
static const struct {
	const char *text, *shown;
	bool dual;
} listens[] = {
	{"443", "[::]:443", true},
	{"443/udp", "[::]:443", true},
	{"0/udp", "[::]:0", true},
	{"0.0.0.0:443", "0.0.0.0:443", false},
	{"192.0.2.1:65535", "192.0.2.1:65535", false},
	{"[::]:443", "[::]:443", false},
	{"[2001:db8::1]:7", "[2001:db8::1]:7", false},
};
static const char *const not_listens[] = {"", ":", "443x", "443/tcp", "/udp", "65536/udp", "-1/udp",
	"4 3/udp", "192.0.2.1", "192.0.2.1:", ":443", "192.0.2.1:65536", "192.0.2.1:443/udp",
	"[::1]", "[::1]443", "[::1:443", "::1:443", "[]:443", "[192.0.2.1]:443",
	"relay.example:443", "192.0.2.1:99999999999999999999",
	"[1111:1111:1111:1111:1111:1111:1111:1111:1111:1111]:443", "]:443", "[:443", "[]"};

static void listen_addresses_are_parsed_as_P1_says(void **state)
{
	(void)state;
	char text[LP_ADDRESS_TEXT];
	struct lp_listen listen;
	for (size_t i = 0; i < COUNT(listens); i++) {
		if (!lp_listen_parse(listens[i].text, &listen))
			fail_msg("%s was refused", listens[i].text);
		assert_string_equal(lp_address_format(&listen.address, text), listens[i].shown);
		assert_int_equal(listen.dual, listens[i].dual);
	}
	for (size_t i = 0; i < COUNT(not_listens); i++) {
		if (lp_listen_parse(not_listens[i], &listen))
			fail_msg("%s was taken", not_listens[i]);
	}
}

#define HEARD_MAX 2000
struct heard {
	size_t count, bytes;
	size_t lens[HEARD_MAX];
	uint8_t first[HEARD_MAX];
	struct lp_address local, remote;
};

static void hear(void *context, const struct lp_path *path, const uint8_t *bytes, size_t len)
{
	struct heard *h = context;
	assert_true(h->count < HEARD_MAX);
	h->lens[h->count] = len;
	h->first[h->count] = bytes[0];
	h->count++;
	h->bytes += len;
	h->local = path->local;
	h->remote = path->remote;
}

/* Everything that has come; waits for the first. */
static void hear_all(struct lp_udp *u, struct heard *h)
{
	memset(h, 0, sizeof(*h));
	struct pollfd fd = {.fd = lp_udp_fd(u), .events = POLLIN};
	while (poll(&fd, 1, h->count ? 20 : 200) > 0)
		lp_udp_receive(u, hear, h);
}

static void say(struct lp_udp *u, const struct lp_address *local, const struct lp_address *remote,
	uint8_t first, size_t len)
{
	uint8_t *slot = lp_udp_slot(u);
	memset(slot, first, len);
	const struct lp_path path = {*local, *remote};
	lp_udp_put(u, &path, len);
}

static struct lp_udp *client_of(int family)
{
	enum lp_exit code = LP_EXIT_OK;
	struct lp_udp *u = lp_udp_client(family, &code);
	assert_non_null(u);
	return u;
}

static struct lp_address v4(const char *ip, const struct lp_address *with_port_of)
{
	struct lp_address a = {.len = sizeof(a.in)};
	a.in.sin_family = AF_INET;
	inet_pton(AF_INET, ip, &a.in.sin_addr);
	a.in.sin_port = with_port_of->sa.sa_family == AF_INET6 ? with_port_of->in6.sin6_port
							       : with_port_of->in.sin_port;
	return a;
}

static const struct lp_address nowhere;

static void a_reply_leaves_from_the_address_that_was_asked(const char *listen)
{
	struct lp_address bound;
	struct lp_udp *server = server_at(listen, &bound), *client = client_of(AF_INET);
	struct lp_address asked = v4("127.0.0.7", &bound);
	static struct heard h;
	say(client, &nowhere, &asked, 1, 100);
	lp_udp_flush(client);
	hear_all(server, &h);
	assert_int_equal(h.count, 1);
	assert_true(lp_address_equal(&h.local, &asked));
	assert_int_equal(h.remote.sa.sa_family, AF_INET);

	say(server, &h.local, &h.remote, 2, 200);
	lp_udp_flush(server);
	hear_all(client, &h);
	assert_int_equal(h.count, 1);
	assert_int_equal(h.lens[0], 200);
	assert_true(lp_address_equal(&h.remote, &asked));
	struct lp_address own;
	lp_udp_local(client, &own);
	assert_true(lp_address_equal(&h.local, &own));
	lp_udp_close(server);
	lp_udp_close(client);
}

static void replies_leave_from_the_requested_address(void **state)
{
	(void)state;
	a_reply_leaves_from_the_address_that_was_asked("0.0.0.0:0");
}

/* P1 */
static void a_dual_stack_socket_shows_ipv4_as_ipv4(void **state)
{
	(void)state;
	a_reply_leaves_from_the_address_that_was_asked("0/udp");
}

static void skip_without_ipv6(void)
{
	const struct sockaddr_in6 loopback = {
		.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool is_there = bind(fd, (const struct sockaddr *)&loopback, sizeof(loopback)) == 0;
	close(fd);
	if (!is_there)
		skip();
}

static void ipv6_works_as_well(void **state)
{
	(void)state;
	skip_without_ipv6();
	struct lp_address bound;
	struct lp_udp *server = server_at("0/udp", &bound), *client = client_of(AF_INET6);
	assert_int_equal(bound.sa.sa_family, AF_INET6);
	struct lp_address asked = bound;
	asked.in6.sin6_addr = in6addr_loopback;
	static struct heard h;
	say(client, &nowhere, &asked, 1, 100);
	lp_udp_flush(client);
	hear_all(server, &h);
	assert_int_equal(h.count, 1);
	assert_true(lp_address_equal(&h.local, &asked));
	say(server, &h.local, &h.remote, 2, 200);
	lp_udp_flush(server);
	hear_all(client, &h);
	assert_int_equal(h.count, 1);
	assert_true(lp_address_equal(&h.remote, &asked));
	lp_udp_close(server);
	lp_udp_close(client);
}

/* A batch larger than the arena, of all sizes, arrives packet by packet in order. */
static void packets_keep_their_boundaries(void **state)
{
	(void)state;
	struct lp_address bound;
	struct lp_udp *server = server_at("127.0.0.1:0", &bound), *client = client_of(AF_INET);
	static struct heard h;
	static const size_t sizes[] = {
		1472, 1472, 1472, 700, 1200, 1200, 1, 1, 2, 1400, 1400, 1400};
	size_t n = LP_UDP_BATCH + 100;
	for (size_t i = 0; i < n; i++)
		say(client, &nowhere, &bound, (uint8_t)i, sizes[i % COUNT(sizes)]);
	lp_udp_flush(client);
	hear_all(server, &h);
	assert_int_equal(h.count, n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(h.lens[i], sizes[i % COUNT(sizes)]);
		assert_int_equal(h.first[i], (uint8_t)i);
	}
	struct lp_udp_counters counters;
	lp_udp_get_counters(client, &counters);
	assert_int_equal(counters.packets_out, n);
	assert_int_equal(counters.dropped, 0);
	assert_true(counters.syscalls_out <= 4);
	lp_udp_get_counters(server, &counters);
	assert_int_equal(counters.packets_in, n);
	lp_udp_close(server);
	lp_udp_close(client);
}

/* The middle ones cannot be sent at all: no route to a class E address, and too big a packet for
 * IPv4. The rest arrives. */
static void a_failing_destination_does_not_delay_the_others(void **state)
{
	(void)state;
	struct lp_address bound;
	struct lp_udp *server = server_at("127.0.0.1:0", &bound), *client = client_of(AF_INET);
	struct lp_address broadcast =
		v4("255.255.255.255", &bound); /* EACCES without SO_BROADCAST */
	static struct heard h;
	for (size_t i = 0; i < 10; i++) {
		say(client, &nowhere, &bound, 1, 10);
		say(client, &nowhere, &broadcast, 1, 10);
		say(client, &nowhere, &broadcast, 1, 10);
	}
	lp_udp_flush(client);
	hear_all(server, &h);
	assert_int_equal(h.count, 10);
	struct lp_udp_counters counters;
	lp_udp_get_counters(client, &counters);
	assert_int_equal(counters.packets_out, 10);
	assert_int_equal(counters.dropped, 20);
	lp_udp_close(server);
	lp_udp_close(client);
}

static void an_absent_receiver_does_not_stop_the_socket(void **state)
{
	(void)state;
	struct lp_address bound;
	struct lp_udp *server = server_at("127.0.0.1:0", &bound), *client = client_of(AF_INET);
	static struct heard h;
	lp_udp_close(server);
	for (int i = 0; i < 3; i++) {
		say(client, &nowhere, &bound, 1, 10);
		lp_udp_flush(client);
		assert_false(lp_udp_receive(client, hear, &h));
	}
	lp_udp_close(client);
}

static void empty_packets_and_too_long_ones_are_skipped(void **state)
{
	(void)state;
	struct lp_address bound;
	struct lp_udp *server = server_at("127.0.0.1:0", &bound);
	static struct heard h;
	static uint8_t big[LP_UDP_PACKET_MAX + 1] = {1};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	static const size_t sizes[] = {0, 5, 0, 0, sizeof(big), 7, 0, LP_UDP_PACKET_MAX};
	for (size_t i = 0; i < COUNT(sizes); i++)
		sendto(fd, big, sizes[i], 0, &bound.sa, bound.len);
	hear_all(server, &h);
	assert_int_equal(h.count, 3);
	assert_int_equal(h.lens[0], 5);
	assert_int_equal(h.lens[1], 7);
	assert_int_equal(h.lens[2], LP_UDP_PACKET_MAX);
	struct lp_udp_counters counters;
	lp_udp_get_counters(server, &counters);
	assert_int_equal(counters.ignored, 5);
	close(fd);
	lp_udp_close(server);
}

/* A flood is taken in bounded batches, and all of it. */
static void a_batch_is_bounded(void **state)
{
	(void)state;
	struct lp_address bound;
	struct lp_udp *server = server_at("127.0.0.1:0", &bound);
	static struct heard h;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	for (size_t i = 0; i < 100; i++)
		sendto(fd, "x", 1, 0, &bound.sa, bound.len);
	memset(&h, 0, sizeof(h));
	assert_true(lp_udp_receive(server, hear, &h));
	assert_int_equal(h.count, 64);
	assert_false(lp_udp_receive(server, hear, &h));
	assert_int_equal(h.count, 100);
	close(fd);
	lp_udp_close(server);
}

static void each_reason_not_to_listen_has_its_exit_code(void **state)
{
	(void)state;
	struct lp_address bound;
	struct lp_udp *server = server_at("127.0.0.1:0", &bound);
	struct lp_listen listen = {.address = bound};
	enum lp_exit code = LP_EXIT_OK;
	assert_null(lp_udp_listen(&listen, false, &code));
	assert_int_equal(code, LP_EXIT_UNAVAILABLE);
	lp_udp_close(server);
}

static void assert_bound(const char *text)
{
	struct lp_listen listen;
	struct lp_address bound;
	struct lp_udp *server = server_at(text, &bound);
	assert_true(lp_listen_parse(text, &listen));
	assert_true(lp_address_equal(&bound, &listen.address));
	lp_udp_close(server);
}

static void K6_an_address_that_is_not_there_yet_is_bound(void **state)
{
	(void)state;
	assert_bound("192.0.2.1:9999");
	skip_without_ipv6();
	assert_bound("[2001:db8::1]:9999");
}

static void several_sockets_can_share_an_address(void **state)
{
	(void)state;
	struct lp_listen listen;
	enum lp_exit code = LP_EXIT_OK;
	assert_true(lp_listen_parse("127.0.0.1:0", &listen));
	struct lp_udp *first = lp_udp_listen(&listen, true, &code);
	assert_non_null(first);
	lp_udp_local(first, &listen.address);
	struct lp_udp *second = lp_udp_listen(&listen, true, &code);
	assert_non_null(second);
	lp_udp_close(first);
	lp_udp_close(second);
}

#define GROUP 3

static void open_group_at(const char *text, struct lp_udp **group, struct lp_address *ret_address)
{
	struct lp_listen listen;
	enum lp_exit code = LP_EXIT_OK;
	assert_true(lp_udp_can_group());
	assert_true(lp_listen_parse(text, &listen));
	assert_true(lp_udp_listen_group(&listen, GROUP, group, &code));
	lp_udp_local(group[0], ret_address);
	for (size_t i = 1; i < GROUP; i++) {
		struct lp_address other;
		lp_udp_local(group[i], &other);
		assert_true(lp_address_equal(&other, ret_address));
	}
}

static void close_group(struct lp_udp **group)
{
	for (size_t i = 0; i < GROUP; i++)
		lp_udp_close(group[i]);
}

/* Each row from many ports: the bytes alone decide. */
static void a_packet_reaches_the_socket_that_its_id_names(void **state)
{
	(void)state;
	static const struct {
		uint8_t bytes[10];
		size_t len, index;
		const char *why;
	} rows[] = {
		{{0x40, 0, 0, 9, 9}, 5, 0, "short, 0"},
		{{0x40, 0, 1, 9, 9}, 5, 1, "short, 1"},
		{{0x7f, 0, 2, 9, 9}, 5, 2, "short, 2"},
		{{0x40, 1, 0}, 3, 1, "short, 256: the first byte is the high one"},
		{{0x40, 0xff, 0xff}, 3, 0, "short, 65535"},
		{{0xc0, 0, 0, 0, 1, 8, 0, 0, 9, 9}, 10, 0, "long, 0"},
		{{0xc0, 0, 0, 0, 1, 8, 0, 2, 9, 9}, 10, 2, "long, 2"},
		{{0xc0, 0, 0, 0, 1, 8, 1, 0}, 8, 1, "long, 256"},
		{{0x80, 0, 2, 0, 1, 8, 0, 1}, 8, 1, "long, without the fixed bit"},
		{{0xc0, 0, 1, 0, 1, 8, 1}, 7, 0, "long, cut off"},
		{{0xc0, 0, 1}, 3, 0, "long, without an id"},
		{{0x40, 1}, 2, 0, "short, cut off"},
		{{0x40}, 1, 0, "one byte"},
	};
	static const char *const places[] = {"127.0.0.1:0", "0/udp"};
	for (size_t place = 0; place < COUNT(places); place++) {
		struct lp_udp *group[GROUP];
		struct lp_address bound;
		open_group_at(places[place], group, &bound);
		const struct lp_path path = {.remote = v4("127.0.0.1", &bound)};
		for (size_t i = 0; i < COUNT(rows); i++) {
			for (int port = 0; port < 8; port++) {
				struct lp_udp *client = client_of(AF_INET);
				memcpy(lp_udp_slot(client), rows[i].bytes, rows[i].len);
				lp_udp_put(client, &path, rows[i].len);
				lp_udp_flush(client);
				lp_udp_close(client);
			}
			for (size_t k = 0; k < GROUP; k++) {
				static struct heard h;
				memset(&h, 0, sizeof(h));
				lp_udp_receive(group[k], hear, &h);
				if (h.count != (k == rows[i].index ? 8 : 0))
					fail_msg("%s: %zu of 8 at %zu", rows[i].why, h.count, k);
			}
		}
		close_group(group);
	}
}

static void a_group_shares_its_address_with_nobody_else(void **state)
{
	(void)state;
	struct lp_udp *group[GROUP], *other[GROUP] = {NULL};
	struct lp_listen listen = {.dual = false};
	enum lp_exit code = LP_EXIT_OK;
	open_group_at("127.0.0.1:0", group, &listen.address);
	assert_null(lp_udp_listen(&listen, false, &code));
	assert_int_equal(code, LP_EXIT_UNAVAILABLE);
	for (size_t count = 1; count <= GROUP; count++) {
		code = LP_EXIT_OK;
		assert_false(lp_udp_listen_group(&listen, count, other, &code));
		assert_int_equal(code, LP_EXIT_UNAVAILABLE);
		assert_null(other[0]);
	}
	close_group(group);
	assert_true(lp_udp_listen_group(&listen, 1, other, &code));
	code = LP_EXIT_OK;
	assert_false(lp_udp_listen_group(&listen, GROUP, group, &code));
	assert_int_equal(code, LP_EXIT_UNAVAILABLE);
	lp_udp_close(other[0]);
	assert_true(lp_udp_listen_group(&listen, GROUP, group, &code));
	close_group(group);
}

/* ---- a full socket. Loopback never fills a socket's buffer, so the linker's --wrap plays it. */

static struct {
	unsigned takes;  /* messages before the socket is full; UINT_MAX: it is never full */
	int first_error; /* of the next call, once; 0: none */
	uint64_t calls;
} socket_buffer = {.takes = UINT_MAX};

int __wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags);
int __real_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __real_sendmsg(int fd, const struct msghdr *message, int flags);

static bool buffer_refuses(void)
{
	socket_buffer.calls++;
	errno = socket_buffer.first_error ? socket_buffer.first_error : EAGAIN;
	bool refused = socket_buffer.first_error || !socket_buffer.takes;
	socket_buffer.first_error = 0;
	return refused;
}

int __wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
	if (buffer_refuses())
		return -1;
	if (count > socket_buffer.takes)
		count = socket_buffer.takes;
	int sent = __real_sendmmsg(fd, messages, count, flags);
	if (sent > 0 && socket_buffer.takes != UINT_MAX)
		socket_buffer.takes -= (unsigned)sent;
	return sent;
}

ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
	if (buffer_refuses())
		return -1;
	if (socket_buffer.takes != UINT_MAX)
		socket_buffer.takes--;
	return __real_sendmsg(fd, message, flags);
}

static void a_full_socket_costs_one_failing_call(void **state)
{
	(void)state;
	static const struct {
		const char *why;
		unsigned takes;
		int first_error;
		bool alike; /* packets of one length make one message */
		uint64_t calls, sent, dropped;
	} rows[] = {
		{"full at once", 0, 0, false, 1, 0, 40},
		{"full after 5 messages", 5, 0, false, 2, 5, 35},
		{"full at once, one message", 0, 0, true, 1, 0, 40},
		{"full among packets that are sent singly", 7, EIO, true, 9, 7, 33},
		{"one destination fails, then it is full", 0, ENETUNREACH, false, 2, 0, 40},
		{"one destination fails", UINT_MAX, ENETUNREACH, false, 2, 39, 1},
	};
	struct lp_address bound;
	struct lp_udp *server = server_at("127.0.0.1:0", &bound);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_udp *client = client_of(AF_INET);
		struct lp_udp_counters c;
		for (size_t n = 0; n < 40; n++) /* growing: no two can be one message */
			say(client, &nowhere, &bound, 1, rows[i].alike ? 100 : 100 + n);
		socket_buffer.takes = rows[i].takes;
		socket_buffer.first_error = rows[i].first_error;
		socket_buffer.calls = 0;
		lp_udp_flush(client);
		socket_buffer.takes = UINT_MAX;
		lp_udp_get_counters(client, &c);
		if (c.syscalls_out != rows[i].calls || socket_buffer.calls != rows[i].calls ||
			c.packets_out != rows[i].sent || c.dropped != rows[i].dropped)
			fail_msg("%s: %d calls, %d sent, %d dropped", rows[i].why,
				(int)c.syscalls_out, (int)c.packets_out, (int)c.dropped);
		say(client, &nowhere, &bound, 1, 100); /* later there is room again */
		lp_udp_flush(client);
		lp_udp_get_counters(client, &c);
		assert_int_equal(c.packets_out, rows[i].sent + 1);
		lp_udp_close(client);
	}
	lp_udp_close(server);
}

/* Two sockets share a port, and a third has another one. */
static void a_set_answers_from_the_socket_that_was_asked(void **state)
{
	(void)state;
	struct lp_address bound[3];
	char same_port[32];
	struct lp_udp *servers[3] = {server_at("127.0.0.1:0", &bound[0])};
	snprintf(same_port, sizeof(same_port), "127.0.0.2:%u", ntohs(bound[0].in.sin_port));
	servers[1] = server_at(same_port, &bound[1]);
	servers[2] = server_at("127.0.0.1:0", &bound[2]);
	for (size_t count = 1; count <= COUNT(servers); count++) {
		static struct lp_udp_set set;
		lp_udp_set_take(&set, servers, count);
		const struct lp_outlet outlet = lp_udp_set_outlet(&set);
		for (size_t i = 0; i < count; i++) {
			static struct heard h;
			struct lp_udp *client = client_of(AF_INET);
			say(client, &nowhere, &bound[i], 1, 100);
			lp_udp_flush(client);
			hear_all(servers[i], &h);
			assert_int_equal(h.count, 1);
			const struct lp_path back = {h.local, h.remote};
			memset(outlet.slot(outlet.context), 7, 50);
			outlet.put(outlet.context, &back, 50);
			lp_udp_set_flush(&set);
			hear_all(client, &h);
			assert_int_equal(h.count, 1);
			assert_int_equal(h.first[0], 7);
			assert_true(lp_address_equal(&h.remote, &bound[i]));
			assert_ptr_equal(lp_udp_set_find(&set, lp_udp_fd(servers[i])), servers[i]);
			assert_null(lp_udp_set_find(&set, lp_udp_fd(client)));
			lp_udp_close(client);
		}
	}
	for (size_t i = 0; i < COUNT(servers); i++)
		lp_udp_close(servers[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_set_answers_from_the_socket_that_was_asked),
		cmocka_unit_test(listen_addresses_are_parsed_as_P1_says),
		cmocka_unit_test(replies_leave_from_the_requested_address),
		cmocka_unit_test(a_dual_stack_socket_shows_ipv4_as_ipv4),
		cmocka_unit_test(ipv6_works_as_well),
		cmocka_unit_test(packets_keep_their_boundaries),
		cmocka_unit_test(a_failing_destination_does_not_delay_the_others),
		cmocka_unit_test(an_absent_receiver_does_not_stop_the_socket),
		cmocka_unit_test(empty_packets_and_too_long_ones_are_skipped),
		cmocka_unit_test(a_batch_is_bounded),
		cmocka_unit_test(each_reason_not_to_listen_has_its_exit_code),
		cmocka_unit_test(K6_an_address_that_is_not_there_yet_is_bound),
		cmocka_unit_test(several_sockets_can_share_an_address),
		cmocka_unit_test(a_packet_reaches_the_socket_that_its_id_names),
		cmocka_unit_test(a_group_shares_its_address_with_nobody_else),
		cmocka_unit_test(a_full_socket_costs_one_failing_call),
	};
	lp_log_set(LP_LOG_ERROR, LP_LOG_TEXT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
