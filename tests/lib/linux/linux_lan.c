#include "linux_lan.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>

static bool try_run(const char *command)
{
	return system(command) == 0; /* NOLINT: the commands are the test's own */
}

void run(const char *command)
{
	if (!try_run(command))
		fail_msg("failed: %s", command);
}

void write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");
	if (f) { /* a kernel without IPv6 has no such file */
		fputs(text, f);
		fclose(f);
	}
}

bool in_namespace;

struct lp_port *open_now;

const struct lp_mac member = {{MEMBER}};

struct lp_port *open_up(
	struct lp_port *(*open)(const char *, enum lp_exit *), const char *interface)
{
	enum lp_exit ended;
	open_now = open(interface, &ended);
	assert_non_null(open_now);
	assert_true(open_now->ops->up(open_now, 1500));
	open_now->ops->members(open_now, &member, 1);
	return open_now;
}

static struct {
	bool counts;
	size_t calls, space;
} written;

bool is_refused(int fd)
{
	if (!written.counts || !open_now || fd != lp_port_fd(open_now) ||
		written.calls++ < written.space)
		return false;
	errno = EAGAIN;
	return true;
}

void expect_one_try_per_wake_up(struct lp_port *port)
{
	const uint8_t frame[60] = {BROADCAST, MEMBER, TEST_TYPE, 'f'};
	written.counts = true;
	written.calls = 0;
	written.space = 2;
	for (size_t i = 0; i < 10; i++)
		assert_int_equal(port->ops->write(port, frame, sizeof(frame)), i < 2);
	assert_int_equal(written.calls, 3);
	lp_port_wake(port);
	assert_false(port->ops->write(port, frame, sizeof(frame)));
	assert_int_equal(written.calls, 4);
	written.space = 10;
	lp_port_wake(port);
	assert_true(port->ops->write(port, frame, sizeof(frame)));
	assert_true(port->ops->write(port, frame, sizeof(frame)));
	written.counts = false;
}

void close_port(void)
{
	if (open_now)
		open_now->ops->close(open_now);
	open_now = NULL;
}

int enter_namespace(void **state)
{
	(void)state;
	if (unshare(CLONE_NEWNET) != 0) {
		if (geteuid() == 0) {
			print_message(
				"root has no network namespace of its own: errno %d\n", errno);
			return -1;
		}
		print_message(
			"skipped: this test needs root, for a network namespace of its own\n");
		return 0;
	}
	in_namespace = true;
	write_text("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
	write_text("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
	/* host0 answers for its own address only */
	write_text("/proc/sys/net/ipv4/conf/all/arp_ignore", "1");
	run("ip link set lo up");
	return 0;
}

void await_link(const char *name)
{
	char command[256];
	snprintf(command, sizeof(command),
		"for i in $(seq 100); do ip link show dev %s | grep -q 'state UP' && exit 0; "
		"sleep 0.05; done; exit 1",
		name);
	run(command);
}

int lay_cable(void **state)
{
	(void)state;
	if (!in_namespace)
		return 0;
	run("ip link add lan0 type veth peer name host0 && ip link set lan0 up && "
	    "ip link set host0 up");
	await_link("lan0");
	await_link("host0");
	return 0;
}

int pull_cable(void **state)
{
	(void)state;
	close_port();
	if (in_namespace)
		run("ip link del lan0");
	return 0;
}

int open_host(const char *interface, bool with_header)
{
	const struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(interface),
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(
		setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &(int){1}, sizeof(int)), 0);
	if (with_header)
		assert_int_equal(
			setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &(int){1}, sizeof(int)), 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* IGMP to 224.0.0.22: a bridge reports the groups that it has joined itself, some time after its start. */
static bool is_report_of_the_kernel(const uint8_t *frame, size_t len)
{
	static const uint8_t reports[6] = {0x01, 0x00, 0x5e, 0, 0, 22};
	return len > 23 && memcmp(frame, reports, sizeof(reports)) == 0 &&
	       frame[23] == IPPROTO_IGMP;
}

int connect_to_member(void)
{
	const struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(27015),
		.sin_addr.s_addr = htonl(0xc0000202),
	};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

void see(void *context, const uint8_t *frame, size_t len)
{
	struct seen *seen = context;
	if (is_report_of_the_kernel(frame, len))
		return;
	struct seen_frame *f = &seen->frames[seen->count++];
	assert_true(seen->count < SEEN_MAX);
	assert_true(len <= sizeof(f->bytes));
	memcpy(f->bytes, frame, len);
	f->len = len;
}

size_t read_port(struct lp_port *port, struct seen *seen, size_t want)
{
	struct pollfd p = {.fd = lp_port_fd(port), .events = POLLIN};
	seen->count = 0;
	while (seen->count < want && poll(&p, 1, ARRIVES_IN_MS) > 0)
		port->ops->read(port, see, seen);
	return seen->count;
}

void send_frame(int host, const void *frame, size_t len)
{
	assert_int_equal(send(host, frame, len, 0), len);
}

void expect_only_the_marker(struct lp_port *port, int host, struct seen *seen)
{
	static const uint8_t marker[60] = {BROADCAST, STATION, TEST_TYPE, 'm'};
	send_frame(host, marker, sizeof(marker));
	assert_int_equal(read_port(port, seen, 1), 1);
	assert_int_equal(seen->frames[0].len, sizeof(marker));
	assert_memory_equal(seen->frames[0].bytes, marker, sizeof(marker));
}

void expect_no_tag(struct lp_port *port)
{
	static const uint8_t tagged[64] = {
		BROADCAST, STATION, 0x81, 0x00, 0xa0, 0x00, TEST_TYPE, 'p'};
	static const uint8_t plain[60] = {BROADCAST, STATION, TEST_TYPE, 'p'};
	static struct seen seen;
	int host = open_host("host0", false);
	send_frame(host, tagged, sizeof(tagged));
	assert_int_equal(read_port(port, &seen, 1), 1);
	assert_int_equal(seen.frames[0].len, sizeof(plain));
	assert_memory_equal(seen.frames[0].bytes, plain, sizeof(plain));
	close(host);
}

bool works_as_nobody(struct lp_port *port)
{
	static const uint8_t frame[60] = {BROADCAST, OTHER, TEST_TYPE};
	if (setgid(65534) != 0 || setuid(65534) != 0 || !port->ops->up(port, 1500))
		return false;
	port->ops->members(port, &member, 1);
	return port->ops->write(port, frame, sizeof(frame));
}

bool host_gets(int host, const void *frame, size_t len)
{
	uint8_t got[2048];
	struct pollfd p = {.fd = host, .events = POLLIN};
	while (poll(&p, 1, ARRIVES_IN_MS) > 0) {
		ssize_t n = recv(host, got, sizeof(got), 0);
		if (n == (ssize_t)len && memcmp(got, frame, len) == 0)
			return true;
	}
	return false;
}

uint32_t transport_sum(const uint8_t *frame, size_t len)
{
	size_t size = (size_t)(frame[16] << 8 | frame[17]) - 20;
	uint32_t sum = frame[23] + (uint32_t)size;
	assert_true(34 + size <= len);
	for (size_t i = 0; i < 8; i++)
		sum += i % 2 ? frame[26 + i] : (uint32_t)frame[26 + i] << 8;
	for (size_t i = 0; i < size; i++)
		sum += i % 2 ? frame[34 + i] : (uint32_t)frame[34 + i] << 8;
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

bool output_has(const char *command, const char *text)
{
	char line[1024];
	bool found = false;
	FILE *f = popen(command, "re"); /* NOLINT: the commands are the test's own */
	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		found |= strstr(line, text) != NULL;
	pclose(f);
	return found;
}
