/* linux_lan.h - a LAN for tests of the gateway's frame ports, in a network namespace that vanishes
 * with the test.
 *
 * lan0 <-> host0 is a cable: lan0 is the gateway's interface, host0 that of a host on the LAN. */
#ifndef LANPARTY_TEST_LINUX_LAN_H
#define LANPARTY_TEST_LINUX_LAN_H

#include <arpa/inet.h>
#include <linux/virtio_net.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "lanparty/edge/exit.h"
#include "lanparty/edge/linux/fd_port.h"

#define BROADCAST     0xff, 0xff, 0xff, 0xff, 0xff, 0xff
#define STATION       0x02, 0x11, 0x22, 0x33, 0x44, 0x55 /* on the LAN */
#define OTHER         0x02, 0x11, 0x22, 0x33, 0x44, 0x66 /* on the LAN, too */
#define MEMBER        0x02, 0x00, 0x5e, 0x00, 0x01, 0x01
#define MEMBER_TEXT   "02:00:5e:00:01:01"
#define TEST_TYPE     0x81, 0x37 /* passes the port, and no stack answers it */
#define ARRIVES_IN_MS 1000
#define SEEN_MAX      512

struct seen_frame {
	size_t len;
	uint8_t bytes[2048];
};

/* The frames that a port has returned. */
struct seen {
	size_t count;
	struct seen_frame frames[SEEN_MAX];
};

void run(const char *command);

void write_text(const char *path, const char *text);

/* For cmocka's group set-up. A test skips itself while in_namespace is false. */
extern bool in_namespace;

/* What a test has opened, so that a failing test leaves nothing open. */
extern struct lp_port *open_now;

/* Opens a port of the gateway in a room with one other member, which is `member`. */
extern const struct lp_mac member;
struct lp_port *open_up(
	struct lp_port *(*open)(const char *, enum lp_exit *), const char *interface);

void close_port(void);

/* For a test's own write or sendmsg: true if expect_one_try_per_wake_up finds the open port full. Sets errno
 * then. */
bool is_refused(int fd);

/* Writes more frames to the open port than it has space for, and counts the system calls. */
void expect_one_try_per_wake_up(struct lp_port *port);

int enter_namespace(void **state);

/* Waits until the kernel has noticed the carrier, which takes up to a second. An interface and a bridge
 * drop frames before. */
void await_link(const char *name);
int lay_cable(void **state);

int pull_cable(void **state);

#define LAN_TEST(function) cmocka_unit_test_setup_teardown(function, lay_cable, pull_cable)

/* Opens a packet socket of a host on the LAN. with_header: sent frames start with a
 * virtio_net_hdr. */
int open_host(const char *interface, bool with_header);

/* Opens a UDP socket of this computer to a port of the member, 192.0.2.2. */
int connect_to_member(void);

void see(void *context, const uint8_t *frame, size_t len);

/* Reads until want frames have arrived or a timeout ends. Returns the number of frames that the
 * port returned. */
size_t read_port(struct lp_port *port, struct seen *seen, size_t want);

void send_frame(int host, const void *frame, size_t len);

/* Sends one frame that always arrives after those under test, so that the test need not wait for
 * silence. */
void expect_only_the_marker(struct lp_port *port, int host, struct seen *seen);

/* Sends a frame with a priority tag to the port, which must return it without the tag. */
void expect_no_tag(struct lp_port *port);

/* Drops this process's privileges for good, then uses the port. */
bool works_as_nobody(struct lp_port *port);

/* Receives the next frame of this type. False: none arrived. */
bool host_gets(int host, const void *frame, size_t len);

/* Checks the transport checksum of a frame whose IPv4 header has no options: 0xffff if it is
 * right. */
uint32_t transport_sum(const uint8_t *frame, size_t len);

/* True if a line of the command's output contains the text. */
bool output_has(const char *command, const char *text);

#endif
