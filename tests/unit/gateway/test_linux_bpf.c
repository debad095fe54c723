#include "bpf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define BROADCAST 0xff, 0xff, 0xff, 0xff, 0xff, 0xff
#define STATION   0x02, 0x11, 0x22, 0x33, 0x44, 0x55 /* on the LAN */
#define MEMBER(n) 0x02, 0x00, 0x5e, 0x00, 0x01, n

/* True if the kernel's filter passes the frame. The filter is attached to a socket that accepts any
 * bytes. */
static bool passes(const struct lp_mac *members, size_t count, const uint8_t *frame, size_t len)
{
	int ends[2];
	uint8_t got[64];
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
	assert_true(lp_bpf_attach_socket(ends[1], members, count));
	(void)!send(ends[0], frame, len, MSG_DONTWAIT);
	ssize_t n = recv(ends[1], got, sizeof(got), MSG_DONTWAIT);
	close(ends[0]);
	close(ends[1]);
	if (n >= 0)
		assert_int_equal(n, len);
	return n >= 0;
}

/* Members 0, 1, 2 ... */
static void make_members(struct lp_mac *members, size_t count)
{
	for (size_t i = 0; i < count; i++)
		members[i] = (struct lp_mac){{MEMBER((uint8_t)i)}};
}

/* A room of three members. */
static const struct {
	uint8_t frame[16];
	bool passes;
	const char *story;
} frames[] = {
	{{BROADCAST, STATION, 0x08, 0x06}, true, "an ARP request"},
	{{0x01, 0x00, 0x5e, 0, 0, 22, STATION, 0x08, 0x00}, true, "an IGMP report"},
	{{0x33, 0x33, 0, 0, 0, 22, STATION, 0x86, 0xdd}, true, "an MLD report"},
	{{MEMBER(0), STATION, 0x08, 0x00}, true, "to the first member"},
	{{MEMBER(1), STATION, 0x08, 0x00}, true, "to the second member"},
	{{MEMBER(2), STATION, 0x86, 0xdd}, true, "to the last member"},
	{{MEMBER(3), STATION, 0x08, 0x00}, false, "to one that is no member"},
	{{0x06, 0x00, 0x5e, 0x00, 0x01, 1, STATION, 0x08, 0x00}, false,
		"like a member but for the first byte"},
	{{STATION, 0x02, 0, 0, 0, 0, 9, 0x08, 0x00}, false, "LAN to LAN"},
	{{STATION, 0x02, 0, 0, 0, 0, 9, 0x08, 0x06}, true,
		"an answer to a question of the gateway"},
	{{BROADCAST, MEMBER(0), 0x08, 0x06}, true, "a member's MAC: a loop or a conflict"},
	{{MEMBER(0), MEMBER(1), 0x08, 0x00}, true, "from member to member, likewise"},
	{{0x01, 0x80, 0xc2, 0, 0, 0x00, STATION, 0x08, 0x00}, false, "to the bridges"},
	{{0x01, 0x80, 0xc2, 0, 0, 0x0f, STATION, 0x08, 0x00}, false, "to the last reserved group"},
	{{0x01, 0x80, 0xc2, 0, 0, 0x10, STATION, 0x08, 0x00}, true,
		"to the group behind the reserved ones"},
	{{0x01, 0x80, 0xc2, 0, 1, 0x00, STATION, 0x08, 0x00}, true, "reserved groups end in 00:0x"},
	{{BROADCAST, STATION, 0x00, 0x26}, true, "a length: the filter's options decide"},
	{{MEMBER(3), STATION, 0x00, 0x26}, false, "the same to one that is no member"},
	{{BROADCAST, STATION, 0x06, 0x00}, true, "the smallest ethertype"},
	{{BROADCAST, STATION, 0x88, 0x8e}, false, "EAPOL"},
	{{BROADCAST, STATION, 0x88, 0xcc}, false, "LLDP"},
	{{BROADCAST, STATION, 0x88, 0x09}, false, "a slow protocol"},
	{{BROADCAST, STATION, 0x81, 0x37}, true, "IPX: the filter's options decide"},
};

static void the_kernel_drops_frames_for_no_member(void **state)
{
	(void)state;
	struct lp_mac members[3];
	make_members(members, COUNT(members));
	for (size_t i = 0; i < COUNT(frames); i++) {
		if (passes(members, COUNT(members), frames[i].frame, sizeof(frames[i].frame)) !=
			frames[i].passes)
			fail_msg("%s: passes is not %d", frames[i].story, frames[i].passes);
	}
}

static void a_frame_too_short_for_a_header_never_passes(void **state)
{
	(void)state;
	const uint8_t frame[LP_ETH_HEADER] = {BROADCAST, STATION, 0x08, 0x06};
	for (size_t len = 1; len < sizeof(frame); len++)
		assert_false(passes(NULL, 0, frame, len));
	assert_true(passes(NULL, 0, frame, sizeof(frame)));
}

static void a_room_without_members_receives_group_frames_only(void **state)
{
	(void)state;
	const uint8_t unicast[LP_ETH_HEADER] = {MEMBER(0), STATION, 0x08, 0x00};
	const uint8_t group[LP_ETH_HEADER] = {BROADCAST, STATION, 0x08, 0x00};
	assert_false(passes(NULL, 0, unicast, sizeof(unicast)));
	assert_true(passes(NULL, 0, group, sizeof(group)));
}

static void the_kernel_filters_for_a_full_list_of_members(void **state)
{
	(void)state;
	struct lp_mac members[LP_BPF_MEMBERS];
	struct sock_filter program[LP_BPF_MAX];
	make_members(members, COUNT(members));
	assert_true(lp_bpf_build(members, COUNT(members), program) <= LP_BPF_MAX);
	for (size_t i = 0; i <= COUNT(members); i++) {
		uint8_t to[LP_ETH_HEADER] = {MEMBER((uint8_t)i), STATION, 0x08, 0x00};
		bool member = i < COUNT(members);
		assert_int_equal(passes(members, COUNT(members), to, sizeof(to)), member);
	}
}

static void beyond_the_kernels_limit_every_unicast_frame_passes(void **state)
{
	(void)state;
	struct lp_mac members[LP_BPF_MEMBERS + 1];
	make_members(members, COUNT(members));
	const uint8_t foreign[LP_ETH_HEADER] = {STATION, STATION, 0x08, 0x00};
	const uint8_t lldp[LP_ETH_HEADER] = {BROADCAST, STATION, 0x88, 0xcc};
	assert_true(passes(members, COUNT(members), foreign, sizeof(foreign)));
	assert_false(passes(members, COUNT(members), lldp, sizeof(lldp)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernel_drops_frames_for_no_member),
		cmocka_unit_test(a_frame_too_short_for_a_header_never_passes),
		cmocka_unit_test(a_room_without_members_receives_group_frames_only),
		cmocka_unit_test(the_kernel_filters_for_a_full_list_of_members),
		cmocka_unit_test(beyond_the_kernels_limit_every_unicast_frame_passes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
