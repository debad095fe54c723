/* Row H1: who answers when the gateway's setup asks for a DHCP server. */
#include "linux_lan.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <signal.h>
#include <sys/wait.h>

#include "dhcp_ask.h"
#include "lanparty/base/bytes.h"

#define UDP   (LP_ETH_HEADER + 20) /* offset in a frame */
#define DHCP  (UDP + 8)
#define XID   4 /* in a message */
#define FLAGS 10

static struct lp_dhcp_heard heard;

static bool ask(void)
{
	struct lp_interface lan;
	assert_int_equal(lp_netlink_find("lan0", &lan), 0);
	heard = (struct lp_dhcp_heard){.lan = false};
	return lp_dhcp_ask(&lan, &heard);
}

/* What a host of the LAN sends back to each request. */
enum answer { RIGHT, WRONG };

/* Of another transaction; a request; from a client's port. */
static void send_wrong(int host, uint8_t *frame, size_t len)
{
	frame[DHCP + XID] ^= 1;
	send(host, frame, len, 0);
	frame[DHCP + XID] ^= 1;
	frame[DHCP] = 1;
	send(host, frame, len, 0);
	frame[DHCP] = 2;
	lp_put16(frame + UDP, 68);
	send(host, frame, len, 0);
}

static void answer_as_host(enum answer how)
{
	static const uint8_t ends[12] = {BROADCAST, STATION};
	uint8_t frame[2000];
	int host = open_host("host0", false);
	for (;;) {
		ssize_t n = recv(host, frame, sizeof(frame), 0);
		if (n < DHCP + 240 || frame[DHCP] != 1 || frame[UDP - 11] != 17 ||
			lp_get16(frame + UDP + 2) != 67)
			continue;
		memcpy(frame, ends, sizeof(ends));
		frame[DHCP] = 2;
		lp_put16(frame + UDP, 67);
		lp_put16(frame + UDP + 2, 68);
		if (how == WRONG)
			send_wrong(host, frame, (size_t)n);
		else
			send(host, frame, (size_t)n, 0);
	}
}

/* A server of this computer: an ordinary UDP socket, which sees what IP brings. */
static void answer_as_own(enum answer how)
{
	uint8_t in[2000];
	int fd = socket(AF_INET, SOCK_DGRAM, 0), on = 1;
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(67)};
	struct sockaddr_in all = {.sin_family = AF_INET,
		.sin_port = htons(68),
		.sin_addr.s_addr = htonl(INADDR_BROADCAST)};
	(void)how;
	setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lan0", sizeof("lan0"));
	bind(fd, (const struct sockaddr *)(const void *)&at, sizeof(at));
	for (;;) {
		ssize_t n = recv(fd, in, sizeof(in), 0);
		/* What is not a broadcast it would send to this computer's own MAC. */
		if (n < 240 || in[0] != 1 || !(in[FLAGS] & 0x80))
			continue;
		in[0] = 2;
		sendto(fd, in, (size_t)n, 0, (const struct sockaddr *)(const void *)&all,
			sizeof(all));
	}
}

typedef void run_answer(enum answer how);

static pid_t start(run_answer *run_it, enum answer how)
{
	pid_t child = fork();
	if (child == 0) {
		alarm(20);
		run_it(how);
		_exit(0);
	}
	usleep(100000);
	return child;
}

static void end(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void nobody_answers(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	assert_true(ask());
	assert_false(heard.lan);
	assert_false(heard.own);
}

static void a_host_of_the_lan_answers(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	pid_t child = start(answer_as_host, RIGHT);
	assert_true(ask());
	end(child);
	assert_true(heard.lan);
	assert_false(heard.own);
}

static void other_frames_are_no_answer(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	pid_t child = start(answer_as_host, WRONG);
	assert_true(ask());
	end(child);
	assert_false(heard.lan);
	assert_false(heard.own);
}

static void a_server_of_this_computer_is_another_thing(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	run("ip address add 192.0.2.9/24 dev lan0");
	pid_t own = start(answer_as_own, RIGHT);
	assert_true(ask());
	assert_false(heard.lan);
	assert_true(heard.own);
	pid_t host = start(answer_as_host, RIGHT);
	assert_true(ask());
	end(host);
	end(own);
	assert_true(heard.lan);
}

static void what_cannot_be_sent_is_told(void **state)
{
	(void)state;
	if (!in_namespace)
		skip();
	run("ip link set lan0 down");
	heard.lan = true;
	assert_false(ask());
	assert_int_equal(errno, ENETDOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LAN_TEST(nobody_answers),
		LAN_TEST(a_host_of_the_lan_answers),
		LAN_TEST(other_frames_are_no_answer),
		LAN_TEST(a_server_of_this_computer_is_another_thing),
		LAN_TEST(what_cannot_be_sent_is_told),
	};
	return cmocka_run_group_tests(tests, enter_namespace, NULL);
}
