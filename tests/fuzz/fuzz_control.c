/* Bytes of a stream: control messages and names. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lanparty/wire/control.h"

#define MESSAGE_MAX (LP_CONTROL_HEAD + LP_CONTROL_MAX)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check(int holds)
{
	if (!holds)
		abort();
}

/* A truncated message is incomplete, and bytes after a message do not change it. */
static void check_cut(const uint8_t *bytes, size_t used)
{
	struct lp_control m;
	size_t again = 0;
	check(lp_control_decode(bytes, used - 1, &m, &again) == LP_MORE);
	check(lp_control_decode(bytes, used / 2, &m, &again) == LP_MORE);
	check(lp_control_decode(bytes, used, &m, &again) != LP_MORE && again == used);
}

/* A decoded message encodes to bytes that decode to the same message. */
static void check_round_trip(const struct lp_control *m)
{
	uint8_t first[MESSAGE_MAX], second[MESSAGE_MAX];
	struct lp_control again;
	size_t used = 0;
	size_t len = lp_control_encode(m, first, sizeof(first));
	check(len > 0 && len <= sizeof(first));
	check(lp_control_encode(m, second, len - 1) == 0);
	check(lp_control_decode(first, len, &again, &used) == LP_OK && used == len);
	check(again.type == m->type);
	check(lp_control_encode(&again, second, sizeof(second)) == len);
	check(memcmp(first, second, len) == 0);
}

static void check_name(const uint8_t *bytes, size_t len)
{
	char name[LP_NAME_MAX + 1], again[LP_NAME_MAX + 1];
	lp_name_copy(name, sizeof(name), (const char *)bytes, len);
	check(memchr(name, 0, sizeof(name)) && strlen(name) <= len);
	lp_name_copy(again, sizeof(again), name, strlen(name));
	check(strcmp(name, again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct lp_control m;
	size_t used = 0;
	enum lp_status status = lp_control_decode(bytes, len, &m, &used);
	check(used <= len);
	if (status == LP_OK || status == LP_UNSUPPORTED)
		check_cut(bytes, used);
	if (status == LP_OK)
		check_round_trip(&m);
	if (status == LP_MORE)
		check(len < MESSAGE_MAX);
	check_name(bytes, len);
	return 0;
}
