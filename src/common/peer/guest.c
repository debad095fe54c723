#include "lanparty/peer/guest.h"

#include <string.h>
#include <time.h>

#include "lanparty/base/wipe.h"
#include "lanparty/edge/built.h"
#include "lanparty/quic/crypto.h"

#define MINUTE 60
#define DAY    86400

static uint64_t unit_of(const char *text)
{
	static const struct {
		const char *name;
		uint64_t seconds;
	} units[] = {{"m", MINUTE}, {"h", 3600}, {"d", DAY}};
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(text, units[i].name) == 0)
			return units[i].seconds;
	return 0;
}

static bool parse_duration(const char *text, void *value)
{
	uint64_t number = 0;
	const char *at = text;
	for (; *at >= '0' && *at <= '9' && number <= LP_GUEST_DAYS * DAY; at++)
		number = 10 * number + (uint64_t)(*at - '0');
	uint64_t seconds = number * unit_of(at);
	if (seconds < MINUTE || seconds > LP_GUEST_DAYS * DAY)
		return false;
	*(uint64_t *)value = seconds;
	return true;
}

struct lp_option lp_guest_option(uint64_t *seconds)
{
	return (struct lp_option){.name = "guest",
		.argument = "DURATION",
		.kind = LP_OPTION_PARSED,
		.help = "invite: make an invite for guests, which is good for DURATION: 30m, 8h\n"
			"or 3d; needs --host-key. Players are removed when it ends",
		.value = seconds,
		.parse = parse_duration,
		.expects = "minutes, hours or days such as 30m, 8h or 3d, at most 366d,"};
}

bool lp_guest_option_fits(const struct lp_options *options, int *ret_exit)
{
	bool fits = lp_options_has_command(options, "invite") ||
		    !lp_options_was_given(options, "guest");
	if (!fits)
		*ret_exit = lp_options_wrong(
			options, "--guest: only the command invite makes an invite for guests");
	return fits;
}

/* What opens the room without an end goes. */
static bool make_pass(const struct lp_host_key *key, uint64_t seconds, struct lp_invite *invite)
{
	uint8_t room_key[LP_ROOM_KEY_SIZE];
	uint64_t end = (uint64_t)time(NULL) + seconds;
	bool good = !lp_clock_is_behind() && end <= UINT32_MAX &&
		    lp_room_key(&invite->code, room_key) &&
		    lp_guest_sign(key, lp_room_steer(room_key), (uint32_t)end, invite->guest);
	lp_zero(room_key, sizeof(room_key));
	lp_zero(&invite->code, sizeof(invite->code));
	lp_zero(&invite->token, sizeof(invite->token));
	return good;
}

bool lp_guest_invite(struct lp_peer_options *values, const struct lp_options *options,
	uint64_t seconds, struct lp_invite *invite, int *ret_exit)
{
	if (!lp_peer_options_read_host_key(values, options, ret_exit))
		return false;
	memcpy(invite->host, values->host, sizeof(invite->host));
	if (seconds == 0)
		return true;
	if (!values->host_key.known) {
		*ret_exit = lp_options_wrong(options,
			"--guest: only the room's host can make an invite for guests: name the "
			"file of its key with --host-key, which 'lanparty-gateway setup' makes");
		return false;
	}
	if (make_pass(&values->host_key, seconds, invite))
		return true;
	*ret_exit = LP_EXIT_OS;
	lp_log(LP_LOG_ERROR, "invite_failed", "reason=%s",
		"the system has no random numbers, or its clock is wrong");
	return false;
}
