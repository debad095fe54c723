#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/room/neighbours.h"

#define IP(a, b, c, d)                                                                             \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

static const struct lp_siphash_key secret = {1, 2};

/* The deeds of IPv6 are about 2001:db8::ipv4. */
enum deed { CLAIM, USE, LEASE, PROTECT, FORGET, CLAIM6, PROTECT6 };

struct step {
	lp_time at; /* seconds */
	enum deed deed;
	uint16_t owner;
	uint32_t ipv4;
	bool good;
	const char *story;
};

struct ipv6 {
	uint8_t b[16];
};

static struct ipv6 ipv6_of(uint32_t last)
{
	return (struct ipv6){{0x20, 1, 0x0d, 0xb8, [12] = (uint8_t)(last >> 24),
		(uint8_t)(last >> 16), (uint8_t)(last >> 8), (uint8_t)last}};
}

static void play(const struct step *steps, size_t count)
{
	struct lp_neighbours *n = lp_neighbours_new(&secret);

	assert_non_null(n);
	for (size_t i = 0; i < count; i++) {
		const struct step *s = &steps[i];
		lp_time now = s->at * LP_SECOND;
		bool good = true;
		if (s->deed == CLAIM)
			good = lp_neighbours_claim(n, s->owner, s->ipv4, now);
		else if (s->deed == USE)
			good = lp_neighbours_use(n, s->owner, s->ipv4, now);
		else if (s->deed == LEASE)
			lp_neighbours_lease(n, s->owner, s->ipv4, now);
		else if (s->deed == PROTECT)
			good = lp_neighbours_protect(n, s->ipv4);
		else if (s->deed == CLAIM6)
			good = lp_neighbours_claim_ipv6(n, s->owner, ipv6_of(s->ipv4).b, now);
		else if (s->deed == PROTECT6)
			good = lp_neighbours_protect_ipv6(n, ipv6_of(s->ipv4).b);
		else
			lp_neighbours_forget(n, s->owner);
		if (good != s->good)
			fail_msg("%s", s->story);
	}
	lp_neighbours_free(n);
}

#define PLAY(steps) play(steps, sizeof(steps) / sizeof((steps)[0]))

static void an_address_belongs_to_its_first_user(void **state)
{
	static const struct step steps[] = {
		{0, CLAIM, 1, IP(10, 0, 0, 1), true, "nobody had it"},
		{0, CLAIM, 2, IP(10, 0, 0, 1), false, "it is taken"},
		{59, CLAIM, 1, IP(10, 0, 0, 1), true, "it is in use"},
		{60, CLAIM, 2, IP(10, 0, 0, 1), false, "the last use counts, not the first"},
		{119, CLAIM, 2, IP(10, 0, 0, 1), true, "a minute of silence frees it"},
		{119, CLAIM, 1, IP(10, 0, 0, 1), false, "and it has changed hands"},
		{119, FORGET, 2, 0, true, ""},
		{119, CLAIM, 1, IP(10, 0, 0, 1), true, "whoever leaves leaves it free"},
	};

	(void)state;
	PLAY(steps);
}

static void the_LAN_is_served_when_it_is_first(void **state)
{
	static const struct step steps[] = {
		{0, CLAIM, 1, IP(10, 0, 0, 1), true, "nobody had it"},
		{0, CLAIM, LP_OWNER_LAN, IP(10, 0, 0, 1), false, "a member was first"},
		{0, CLAIM, 1, IP(10, 0, 0, 1), true, "and keeps it"},
		{60, CLAIM, LP_OWNER_LAN, IP(10, 0, 0, 1), true, "as long as it uses it"},
		{60, CLAIM, 1, IP(10, 0, 0, 1), false, "it is the LAN's now"},
		{60, CLAIM, LP_OWNER_LAN, IP(10, 0, 0, 2), true, "the LAN has many addresses"},
		{60, CLAIM, 1, IP(10, 0, 0, 3), true,
			"the peer has lost its first and may have another"},
		{60, FORGET, LP_OWNER_LAN, 0, true, ""},
		{60, CLAIM, 2, IP(10, 0, 0, 2), true, "without a gateway there is no LAN"},
		{60, CLAIM, 2, IP(10, 0, 0, 3), false, "but peers keep theirs"},
	};

	(void)state;
	PLAY(steps);
}

/* K5 */
static void a_member_has_two_addresses_at_most(void **state)
{
	static const struct step steps[] = {
		{0, CLAIM, 1, 0, true, "a probe claims nothing"},
		{0, CLAIM, 1, IP(169, 254, 0, 1), true, "a link-local address"},
		{0, CLAIM, 1, IP(10, 0, 0, 1), true, "does not count"},
		{1, CLAIM, 1, IP(10, 0, 0, 2), true, "the player changes it by hand"},
		{1, CLAIM, 2, IP(10, 0, 0, 1), false, "and still has the first"},
		{2, USE, 1, IP(10, 0, 0, 1), true, "which he uses"},
		{3, CLAIM, 1, IP(169, 253, 0, 1), true, "169.253 is not link-local: a third one"},
		{3, CLAIM, 2, IP(10, 0, 0, 1), false, "the one that was used later stays"},
		{3, CLAIM, 2, IP(10, 0, 0, 2), true, "the other has given way"},
		{3, CLAIM, 1, IP(10, 0, 0, 2), false, "and has changed hands"},
		{3, CLAIM, 2, IP(169, 253, 0, 1), false, "what was refused cost nothing"},
		{3, CLAIM, 1, IP(169, 254, 9, 9), true, "another link-local address"},
		{3, CLAIM, 2, IP(169, 254, 9, 9), false, "link-local ones are taken too"},
		{3, CLAIM, 2, 0, true, "0 is everybody's"},
		{63, CLAIM, 1, IP(10, 0, 0, 2), true, "a minute of silence frees all"},
	};

	(void)state;
	PLAY(steps);
}

static void packets_use_an_address_but_claim_none(void **state)
{
	static const struct step steps[] = {
		{0, PROTECT, 0, IP(10, 0, 0, 9), true, ""},
		{0, USE, 1, 0, true, "0 is everybody's"},
		{0, USE, 1, IP(10, 0, 0, 1), true, "nobody holds it and the peer has none"},
		{0, USE, 2, IP(10, 0, 0, 1), true, "that was not remembered"},
		{0, USE, 1, IP(10, 0, 0, 9), false, "a protected one"},
		{0, CLAIM, 1, IP(10, 0, 0, 1), true, ""},
		{0, USE, 1, IP(10, 0, 0, 2), false, "nobody holds it, but the peer has one"},
		{0, USE, 1, IP(169, 254, 0, 1), true, "a link-local address"},
		{0, USE, 2, IP(10, 0, 0, 1), false, "another peer's"},
		{30, USE, 1, IP(10, 0, 0, 1), true, "its own"},
		{89, USE, 2, IP(10, 0, 0, 1), false, "which the use has refreshed"},
		{90, USE, 2, IP(10, 0, 0, 1), true, "a minute of silence frees it"},
	};

	(void)state;
	PLAY(steps);
}

static void a_lease_gives_a_member_its_address(void **state)
{
	static const struct step steps[] = {
		{0, CLAIM, 1, IP(10, 0, 0, 1), true, "an address of its own choice"},
		{0, CLAIM, 2, IP(10, 0, 0, 2), true, ""},
		{0, LEASE, 1, IP(10, 0, 0, 2), true, ""},
		{0, CLAIM, 1, IP(10, 0, 0, 2), true, "the server has said so"},
		{0, CLAIM, 2, IP(10, 0, 0, 2), false, "whoever used it before"},
		{1, CLAIM, 1, IP(10, 0, 0, 1), true, "the old one works still"},
		{2, LEASE, 1, IP(10, 0, 0, 3), true, ""},
		{2, CLAIM, 2, IP(10, 0, 0, 2), true, "the oldest of three has given way"},
		{2, CLAIM, 2, IP(10, 0, 0, 1), false, "the others have not"},
		{2, CLAIM, 2, IP(10, 0, 0, 3), false, "nor has the lease"},
		{3, CLAIM, 4, IP(10, 0, 0, 4), true, ""},
		{4, CLAIM, 4, IP(10, 0, 0, 5), true, ""},
		{5, CLAIM, LP_OWNER_LAN, IP(10, 0, 0, 6), true, ""},
		{5, LEASE, 4, IP(10, 0, 0, 6), true, "one that the LAN had"},
		{5, CLAIM, 5, IP(10, 0, 0, 4), true, "the oldest gives way to it too"},
		{5, CLAIM, 5, IP(10, 0, 0, 5), false, "the other does not"},
		{5, CLAIM, 5, IP(10, 0, 0, 6), false, "nor does the lease"},
	};

	(void)state;
	PLAY(steps);
}

/* K5: a player who is silent for a minute has his lease still. */
static void a_lease_is_its_members_for_hours(void **state)
{
	static const lp_time ttl = LP_NEIGHBOUR_TTL / LP_SECOND;
	const struct step steps[] = {
		{0, LEASE, 1, IP(10, 0, 0, 1), true, ""},
		{60, CLAIM, 2, IP(10, 0, 0, 1), false, "a minute of silence does not free it"},
		{60, CLAIM, LP_OWNER_LAN, IP(10, 0, 0, 1), false, "for the LAN either"},
		{ttl - 1, USE, 1, IP(10, 0, 0, 1), true, ""},
		{2 * ttl - 2, CLAIM, 2, IP(10, 0, 0, 1), false, "the last use counts"},
		{2 * ttl - 2, LEASE, 1, IP(10, 0, 0, 2), true, "another lease"},
		{2 * ttl - 2, CLAIM, 2, IP(10, 0, 0, 1), true, "ends the one before"},
		{2 * ttl - 2, LEASE, 1, IP(10, 0, 0, 2), true, "it is renewed"},
		{3 * ttl - 3, CLAIM, 2, IP(10, 0, 0, 2), false, "for hours again"},
		{3 * ttl - 2, CLAIM, 2, IP(10, 0, 0, 2), true, "until it was not used for so long"},
	};

	(void)state;
	PLAY(steps);
}

/* Whoever has the code can be the gateway, and answer for the DHCP server. */
static void leases_take_two_addresses_of_others_and_then_one_per_minute(void **state)
{
	static const struct step steps[] = {
		{0, CLAIM, 1, IP(10, 0, 0, 1), true, ""},
		{0, CLAIM, 2, IP(10, 0, 0, 2), true, ""},
		{0, CLAIM, 3, IP(10, 0, 0, 3), true, ""},
		{0, LEASE, 4, IP(10, 0, 0, 1), true, ""},
		{0, LEASE, 4, IP(10, 0, 0, 2), true, ""},
		{0, LEASE, 4, IP(10, 0, 0, 3), true, ""},
		{0, CLAIM, 1, IP(10, 0, 0, 1), false, "the first"},
		{0, CLAIM, 2, IP(10, 0, 0, 2), false, "the second"},
		{0, CLAIM, 3, IP(10, 0, 0, 3), true, "but not the third"},
		{59, CLAIM, 3, IP(10, 0, 0, 3), true, ""},
		{59, LEASE, 4, IP(10, 0, 0, 3), true, "not yet"},
		{59, CLAIM, 3, IP(10, 0, 0, 3), true, ""},
		{60, LEASE, 4, IP(10, 0, 0, 3), true, ""},
		{60, CLAIM, 3, IP(10, 0, 0, 3), false, "now"},
	};

	(void)state;
	PLAY(steps);
}

/* K5: each of two members has the address that the other one's new lease is for, and may not take it. */
static void leases_that_change_places_wait_for_a_minute_at_most(void **state)
{
	static const struct step steps[] = {
		{0, LEASE, 1, IP(10, 0, 0, 1), true, ""},
		{0, LEASE, 2, IP(10, 0, 0, 2), true, ""},
		{0, CLAIM, 8, IP(10, 0, 0, 8), true, ""},
		{0, CLAIM, 9, IP(10, 0, 0, 9), true, ""},
		{0, LEASE, 3, IP(10, 0, 0, 8), true, "there was something else to take"},
		{0, LEASE, 3, IP(10, 0, 0, 9), true, ""},
		{0, LEASE, 1, IP(10, 0, 0, 2), true, ""},
		{0, LEASE, 2, IP(10, 0, 0, 1), true, ""},
		{59, CLAIM, 1, IP(10, 0, 0, 2), false, "the other one has it"},
		{60, CLAIM, 1, IP(10, 0, 0, 2), true, "its lease has ended all the same"},
		{60, CLAIM, 2, IP(10, 0, 0, 1), true, ""},
	};

	(void)state;
	PLAY(steps);
}

/* K5 */
static void leases_end_with_their_LAN(void **state)
{
	static const struct step steps[] = {
		{0, LEASE, 1, IP(10, 0, 0, 1), true, ""},
		{9, USE, 1, IP(10, 0, 0, 1), true, ""},
		{10, FORGET, LP_OWNER_LAN, 0, true, ""},
		{68, CLAIM, LP_OWNER_LAN, IP(10, 0, 0, 1), false, "as without a lease"},
		{69, CLAIM, LP_OWNER_LAN, IP(10, 0, 0, 1), true, "for a minute"},
	};

	(void)state;
	PLAY(steps);
}

/* Owners 1 and 257 have one chain. */
static void addresses_of_two_members_do_not_mix(void **state)
{
	static const struct step steps[] = {
		{0, CLAIM, 1, IP(10, 0, 0, 1), true, ""},
		{0, CLAIM, 257, IP(10, 0, 1, 1), true, ""},
		{0, CLAIM, 1, IP(10, 0, 0, 2), true, ""},
		{0, CLAIM, 257, IP(10, 0, 1, 2), true, ""},
		{1, CLAIM, 1, IP(10, 0, 0, 3), true, "a third"},
		{1, CLAIM, 2, IP(10, 0, 1, 1), false, "displaces none of the other's"},
		{1, USE, 3, IP(10, 0, 9, 9), true, "who has none"},
		{1, FORGET, 1, 0, true, ""},
		{1, CLAIM, 2, IP(10, 0, 1, 2), false, "nor does its end"},
		{1, CLAIM, 2, IP(10, 0, 0, 3), true, "which frees its own"},
		{1, FORGET, 257, 0, true, ""},
		{1, CLAIM, 3, IP(10, 0, 1, 1), true, ""},
		{1, CLAIM, 3, IP(10, 0, 1, 2), true, ""},
	};

	(void)state;
	PLAY(steps);
}

static void a_lease_gives_no_address_of_the_LANs(void **state)
{
	static const struct step steps[] = {
		{0, CLAIM, 1, IP(10, 0, 0, 1), true, "an address of its own choice"},
		{0, CLAIM, 2, IP(10, 0, 0, 2), true, ""},
		{0, LEASE, 1, IP(10, 0, 0, 2), true, ""},
		{0, CLAIM, 1, IP(10, 0, 0, 2), true, "the server has said so"},
		{0, CLAIM, 2, IP(10, 0, 0, 2), false, "whoever used it before"},
		{0, PROTECT, 0, IP(10, 0, 0, 9), true, ""},
		{0, LEASE, 1, IP(10, 0, 0, 9), true, ""},
		{0, CLAIM, 1, IP(10, 0, 0, 9), false, "nobody leases the router's address"},
		{0, CLAIM, 1, IP(10, 0, 0, 2), true, "such a lease changes nothing"},
		{0, CLAIM, LP_OWNER_LAN, IP(10, 0, 0, 5), true, ""},
		{0, USE, LP_OWNER_LAN, IP(10, 0, 0, 7), true, "the LAN may have any number"},
		{0, LEASE, LP_OWNER_LAN, IP(10, 0, 0, 6), true, ""},
		{0, CLAIM, 3, IP(10, 0, 0, 5), false, "the LAN has no one address to move from"},
		{0, CLAIM, 1, IP(169, 254, 0, 1), true, ""},
		{0, LEASE, 1, IP(10, 0, 0, 2), true, ""},
		{0, CLAIM, 3, IP(169, 254, 0, 1), false, "a lease leaves link-local ones alone"},
		{0, LEASE, 1, 0, true, ""},
		{0, CLAIM, 2, IP(10, 0, 0, 2), false, "nor does one of nothing"},
	};

	(void)state;
	PLAY(steps);
}

static void protected_addresses_belong_to_the_LAN_permanently(void **state)
{
	static const struct step steps[] = {
		{0, CLAIM, 1, IP(10, 0, 0, 1), true, "before the gateway came"},
		{0, PROTECT, 0, IP(10, 0, 0, 1), true, ""},
		{0, CLAIM, 1, IP(10, 0, 0, 1), false, "it is the router's"},
		{0, CLAIM, LP_OWNER_LAN, IP(10, 0, 0, 1), true, "which may use it"},
		{0, USE, LP_OWNER_LAN, IP(10, 0, 0, 1), true, "and send from it"},
		{0, USE, 1, IP(10, 0, 0, 1), false, "as nobody else may"},
		{9999, CLAIM, 1, IP(10, 0, 0, 1), false, "even when it was silent for long"},
		{9999, PROTECT, 0, 2, true, "the second"},
		{9999, PROTECT, 0, 3, true, "the third"},
		{9999, PROTECT, 0, 4, true, "the fourth"},
		{9999, PROTECT, 0, 5, true, "the fifth"},
		{9999, PROTECT, 0, 6, true, "the sixth"},
		{9999, PROTECT, 0, 7, true, "the seventh"},
		{9999, PROTECT, 0, 8, true, "the last"},
		{9999, PROTECT, 0, 9, false, "one more than LP_MAX_PROTECTED"},
		{9999, PROTECT, 0, 8, true, "one that is there already needs no place"},
		{9999, CLAIM, 1, 8, false, "the last one is protected"},
		{9999, FORGET, LP_OWNER_LAN, 0, true, ""},
		{9999, CLAIM, 1, IP(10, 0, 0, 1), true, "the gateway has left"},
		{9999, PROTECT, 0, 9, true, "there is room again"},
	};

	(void)state;
	PLAY(steps);
}

static void K5_an_expired_address_can_be_used_again_unless_somebody_has_it(void **state)
{
	const struct step steps[] = {
		{0, CLAIM, 1, IP(10, 0, 0, 1), true, ""},
		{0, LEASE, 1, IP(10, 0, 0, 2), true, ""},
		{61, USE, 1, IP(10, 0, 0, 1), true, "the one beside the lease"},
		{61, USE, 1, IP(10, 0, 0, 3), false, "it never had this one"},
		{61, CLAIM, 2, IP(10, 0, 0, 1), false, "it is in use"},
		{121, CLAIM, 2, IP(10, 0, 0, 1), true, "it is not any more"},
		{181, USE, 1, IP(10, 0, 0, 1), false, "somebody has had it since"},
		{182, USE, 2, IP(10, 0, 0, 1), true, "the last that had it"},
	};
	(void)state;
	PLAY(steps);
}

static void N2_an_expired_address_that_is_used_again_displaces_the_oldest(void **state)
{
	const struct step steps[] = {
		{0, CLAIM, 1, IP(10, 0, 0, 1), true, ""},
		{61, CLAIM, 1, IP(10, 0, 0, 2), true, "the first has expired"},
		{62, CLAIM, 1, IP(10, 0, 0, 3), true, "these are two"},
		{63, USE, 1, IP(10, 0, 0, 1), true, "and the first is back"},
		{63, CLAIM, 2, IP(10, 0, 0, 3), false, "beside the newer one"},
		{63, CLAIM, 2, IP(10, 0, 0, 2), true, "the older one made way"},
	};
	(void)state;
	PLAY(steps);
}

static void N2_an_ipv6_address_belongs_to_its_first_user(void **state)
{
	static const lp_time ttl = LP_NEIGHBOUR_TTL / LP_SECOND;
	const struct step steps[] = {
		{0, CLAIM6, 1, 1, true, "nobody had it"},
		{0, CLAIM6, 2, 1, false, "it is taken"},
		{0, CLAIM6, 1, 2, true, "a member has several"},
		{0, CLAIM, 1, IP(10, 0, 0, 1), true, "beside its IPv4 address"},
		{0, CLAIM, 1, IP(10, 0, 0, 2), true, "and a second one"},
		{0, CLAIM, 1, IP(10, 0, 0, 3), true, "a third one displaces none of IPv6"},
		{ttl - 1, CLAIM6, 2, 1, false, "its silence does not free it soon"},
		{ttl - 1, CLAIM6, 1, 1, true, ""},
		{ttl, CLAIM6, 2, 1, false, "the last use counts"},
		{ttl, CLAIM6, 2, 2, true, "not used for hours"},
		{ttl, CLAIM6, LP_OWNER_LAN, 1, false, "the LAN does not take it over"},
		{ttl, FORGET, 2, 0, true, ""},
		{ttl, CLAIM6, 1, 2, true, "whoever leaves leaves it free"},
		{ttl, PROTECT6, 0, 2, true, ""},
		{ttl, CLAIM6, 1, 2, false, "it is the router's"},
		{ttl, CLAIM6, LP_OWNER_LAN, 2, true, "which can use it"},
		{9 * ttl, CLAIM6, 1, 2, false, "always"},
		{9 * ttl, FORGET, LP_OWNER_LAN, 0, true, ""},
		{9 * ttl, CLAIM6, 1, 2, true, "the gateway has left"},
	};

	(void)state;
	PLAY(steps);
}

static void N2_the_lan_has_so_many_protected_ipv6_addresses(void **state)
{
	struct lp_neighbours *n = lp_neighbours_new(&secret);

	(void)state;
	assert_non_null(n);
	for (uint32_t i = 1; i <= LP_PROTECTED_IPV6; i++)
		assert_true(lp_neighbours_protect_ipv6(n, ipv6_of(i).b));
	assert_false(lp_neighbours_protect_ipv6(n, ipv6_of(LP_PROTECTED_IPV6 + 1).b));
	assert_true(lp_neighbours_protect_ipv6(n, ipv6_of(1).b));
	assert_false(lp_neighbours_claim_ipv6(n, 1, ipv6_of(LP_PROTECTED_IPV6).b, 0));
	lp_neighbours_protect_only(n, &(struct lp_protected){.ipv6 = {{0}, {1, 2}}});
	assert_true(lp_neighbours_claim_ipv6(n, 1, ipv6_of(1).b, 0));
	assert_false(lp_neighbours_claim_ipv6(n, 1, (const uint8_t[16]){1, 2}, 0));
	assert_true(lp_neighbours_claim_ipv6(n, 2, (const uint8_t[16]){0}, 0));
	lp_neighbours_free(n);
}

static void N2_nobody_and_groups_have_no_owner(void **state)
{
	struct lp_neighbours *n = lp_neighbours_new(&secret);
	uint8_t mapped[16] = {[10] = 0xff, 0xff, 10, 0, 0, 1};
	uint8_t group[16] = {0xff, 2, [15] = 1};

	(void)state;
	assert_non_null(n);
	assert_true(lp_neighbours_claim_ipv6(n, 1, (const uint8_t[16]){0}, 0));
	assert_true(lp_neighbours_claim_ipv6(n, 2, (const uint8_t[16]){0}, 0));
	assert_false(lp_neighbours_claim_ipv6(n, 1, group, 0));
	/* an IPv4 address is not the same as one that looks like it */
	assert_true(lp_neighbours_claim(n, 1, IP(10, 0, 0, 1), 0));
	assert_true(lp_neighbours_claim_ipv6(n, 2, mapped, 0));
	assert_false(lp_neighbours_claim(n, 2, IP(10, 0, 0, 1), 0));
	memset(group, 0xff, 12);
	memcpy(group + 12, mapped + 12, 4);
	assert_false(lp_neighbours_claim_ipv6(n, 1, group, 0));
	lp_neighbours_free(n);
}

static void N2_of_a_members_addresses_the_one_used_last_gives_way(void **state)
{
	struct lp_neighbours *n = lp_neighbours_new(&secret);
	lp_time now = 0;

	(void)state;
	assert_non_null(n);
	for (uint32_t i = 0; i < LP_NEIGHBOUR_ADDRESSES; i++)
		assert_true(lp_neighbours_claim_ipv6(n, 1, ipv6_of(i).b, ++now));
	for (uint32_t i = 0; i < LP_NEIGHBOUR_ADDRESSES; i++)
		assert_false(lp_neighbours_claim_ipv6(n, 2, ipv6_of(i).b, now));
	assert_true(lp_neighbours_claim_ipv6(n, 1, ipv6_of(0).b, ++now));
	assert_true(lp_neighbours_claim(n, 1, IP(10, 0, 0, 1), now));
	assert_true(lp_neighbours_claim_ipv6(n, 1, ipv6_of(99).b, ++now));
	assert_false(lp_neighbours_claim_ipv6(n, 2, ipv6_of(99).b, now));
	assert_false(lp_neighbours_claim_ipv6(n, 2, ipv6_of(0).b, now));
	assert_false(lp_neighbours_claim(n, 2, IP(10, 0, 0, 1), now));
	assert_true(lp_neighbours_claim_ipv6(n, 2, ipv6_of(1).b, now));
	lp_neighbours_free(n);
}

static void N2_a_flood_of_ipv6_addresses_displaces_nobody_elses(void **state)
{
	struct lp_neighbours *n = lp_neighbours_new(&secret);

	(void)state;
	assert_non_null(n);
	for (uint32_t i = 0; i < 256; i++) {
		assert_true(lp_neighbours_claim_ipv6(n, (uint16_t)(i + 2), ipv6_of(i).b, 0));
		assert_true(lp_neighbours_claim(n, (uint16_t)(i + 2), IP(10, 0, 0, i), 0));
		assert_true(lp_neighbours_claim_ipv6(n, LP_OWNER_LAN, ipv6_of(1000 + i).b, 0));
	}
	for (uint32_t i = 0; i < 20000; i++)
		(void)lp_neighbours_claim_ipv6(n, 1, ipv6_of(2000 + i).b, 1);
	for (uint32_t i = 0; i < 256; i++) {
		assert_false(lp_neighbours_claim_ipv6(n, 1, ipv6_of(i).b, 2));
		assert_false(lp_neighbours_claim(n, 1, IP(10, 0, 0, i), 2));
		assert_false(lp_neighbours_claim_ipv6(n, 1, ipv6_of(1000 + i).b, 2));
	}
	lp_neighbours_free(n);
}

static void link_local_floods_displace_only_link_local_addresses(void **state)
{
	struct lp_neighbours *n = lp_neighbours_new(&secret);

	(void)state;
	assert_non_null(n);
	for (uint32_t i = 0; i < 256; i++)
		assert_true(lp_neighbours_claim(n, (uint16_t)(i + 2), IP(10, 0, 0, i), 0));
	for (uint32_t i = 0; i < 65536; i++)
		assert_true(lp_neighbours_claim(n, 1, IP(169, 254, 0, 0) + i, LP_SECOND));
	for (uint32_t i = 0; i < 256; i++)
		assert_false(lp_neighbours_claim(n, 1, IP(10, 0, 0, i), 2 * LP_SECOND));
	/* and they give way to others */
	for (uint32_t i = 0; i < 256; i++) {
		uint16_t owner = (uint16_t)(i + 300);
		assert_true(lp_neighbours_claim(n, owner, IP(10, 0, 1, i), 2 * LP_SECOND));
		assert_false(lp_neighbours_claim(n, 1, IP(10, 0, 1, i), 2 * LP_SECOND));
	}
	lp_neighbours_free(n);
}

static void a_LAN_larger_than_the_table_forgets_the_oldest(void **state)
{
	struct lp_neighbours *n = lp_neighbours_new(&secret);

	(void)state;
	assert_non_null(n);
	for (uint32_t i = 0; i < 65536; i++) {
		struct lp_mac mac = {{2, 0, 0, 0, (uint8_t)(i >> 8), (uint8_t)i}};
		lp_neighbours_see(n, &mac, i);
		assert_true(lp_neighbours_on_lan(n, &mac, i));
		assert_true(lp_neighbours_claim(n, LP_OWNER_LAN, IP(10, 1, 0, 0) + i, i));
		assert_false(lp_neighbours_claim(n, 1, IP(10, 1, 0, 0) + i, i));
	}
	size_t known = 0;
	for (uint32_t i = 65536 - LP_NEIGHBOURS_MACS; i < 65536; i++) {
		struct lp_mac mac = {{2, 0, 0, 0, (uint8_t)(i >> 8), (uint8_t)i}};
		known += lp_neighbours_on_lan(n, &mac, 65536);
	}
	/* the sets fill evenly */
	assert_true(known > LP_NEIGHBOURS_MACS / 2);
	lp_neighbours_free(n);
}

/* Somebody in the LAN could make the room forget a station, to take its MAC. */
static void nobody_chooses_macs_that_displace_a_station(void **state)
{
	struct lp_neighbours *n[2];
	const struct lp_siphash_key another = {3, 4};
	const struct lp_mac station = {{2, 0, 0, 0, 0, 1}};
	size_t displaced = 0, again = 0;

	(void)state;
	n[0] = lp_neighbours_new(&secret);
	n[1] = lp_neighbours_new(&another);
	assert_true(n[0] && n[1]);
	for (uint32_t i = 0; i < 20000; i++) { /* those that share its set in one room */
		struct lp_mac mac = {{6, 0, 0, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}};
		for (size_t k = 0; k < 2; k++)
			if (!lp_neighbours_on_lan(n[k], &station, i))
				lp_neighbours_see(n[k], &station, i);
		lp_neighbours_see(n[0], &mac, i + 1);
		if (lp_neighbours_on_lan(n[0], &station, i + 1))
			continue;
		displaced++;
		lp_neighbours_see(n[1], &mac, i + 1);
		again += !lp_neighbours_on_lan(n[1], &station, i + 1);
	}
	assert_true(displaced > 10);
	assert_int_equal(again, 0); /* do not in another */
	lp_neighbours_free(n[0]);
	lp_neighbours_free(n[1]);
}

static void a_small_LAN_fits_completely(void **state)
{
	struct lp_neighbours *n = lp_neighbours_new(&secret);
	size_t known = 0;

	(void)state;
	assert_non_null(n);
	for (uint8_t i = 0; i < 254; i++)
		lp_neighbours_see(n, &(struct lp_mac){{0, 0x1b, 0x21, i, i, 1}}, 0);
	for (uint8_t i = 0; i < 254; i++)
		known += lp_neighbours_on_lan(n, &(struct lp_mac){{0, 0x1b, 0x21, i, i, 1}}, 0);
	assert_true(known >= 250);
	lp_neighbours_free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_belongs_to_its_first_user),
		cmocka_unit_test(the_LAN_is_served_when_it_is_first),
		cmocka_unit_test(a_member_has_two_addresses_at_most),
		cmocka_unit_test(a_lease_gives_a_member_its_address),
		cmocka_unit_test(packets_use_an_address_but_claim_none),
		cmocka_unit_test(a_lease_is_its_members_for_hours),
		cmocka_unit_test(leases_that_change_places_wait_for_a_minute_at_most),
		cmocka_unit_test(leases_end_with_their_LAN),
		cmocka_unit_test(leases_take_two_addresses_of_others_and_then_one_per_minute),
		cmocka_unit_test(addresses_of_two_members_do_not_mix),
		cmocka_unit_test(a_lease_gives_no_address_of_the_LANs),
		cmocka_unit_test(protected_addresses_belong_to_the_LAN_permanently),
		cmocka_unit_test(K5_an_expired_address_can_be_used_again_unless_somebody_has_it),
		cmocka_unit_test(N2_an_expired_address_that_is_used_again_displaces_the_oldest),
		cmocka_unit_test(N2_an_ipv6_address_belongs_to_its_first_user),
		cmocka_unit_test(N2_the_lan_has_so_many_protected_ipv6_addresses),
		cmocka_unit_test(N2_nobody_and_groups_have_no_owner),
		cmocka_unit_test(N2_of_a_members_addresses_the_one_used_last_gives_way),
		cmocka_unit_test(N2_a_flood_of_ipv6_addresses_displaces_nobody_elses),
		cmocka_unit_test(link_local_floods_displace_only_link_local_addresses),
		cmocka_unit_test(a_LAN_larger_than_the_table_forgets_the_oldest),
		cmocka_unit_test(nobody_chooses_macs_that_displace_a_station),
		cmocka_unit_test(a_small_LAN_fits_completely),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
