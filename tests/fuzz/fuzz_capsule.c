/* A stream of capsules. The first byte of the input says in which pieces it arrives. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lanparty/carrier/capsule.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check(int holds)
{
	if (!holds)
		abort();
}

/* What came out of one reading: each payload, and what all of them were. */
struct result {
	size_t count, bytes;
	uint64_t hash;
	enum lp_capsule_fault fault;
};

static void on_payload(void *context, const uint8_t *payload, size_t len)
{
	struct result *result = context;
	uint8_t capsule[LP_CAPSULE_HEAD_MAX];
	check(len > 0 && len <= LP_PAYLOAD_MAX);
	check(lp_capsule_head(capsule, len) <= LP_CAPSULE_HEAD_MAX);
	result->count++;
	result->bytes += len;
	result->hash = result->hash * 31 + len;
	for (size_t i = 0; i < len; i++)
		result->hash = result->hash * 31 + payload[i];
}

static struct result read_in_pieces(const uint8_t *bytes, size_t len, size_t piece)
{
	struct lp_capsule_reader *reader = calloc(1, sizeof *reader);
	struct result result = {0};
	check(reader != NULL);
	for (size_t at = 0; at < len && result.fault == LP_CAPSULE_GOOD; at += piece)
		result.fault = lp_capsule_read(reader, bytes + at,
			piece < len - at ? piece : len - at, on_payload, &result);
	check(reader->have <= LP_PAYLOAD_MAX && reader->left <= LP_CAPSULE_SKIP_MAX);
	free(reader);
	return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	if (len == 0)
		return 0;
	struct result whole = read_in_pieces(bytes + 1, len - 1, len);
	struct result pieces = read_in_pieces(bytes + 1, len - 1, 1 + bytes[0] % 16);
	check(whole.bytes + 3 * whole.count <= len - 1);
	check(pieces.fault == whole.fault && pieces.count == whole.count);
	check(pieces.hash == whole.hash && pieces.bytes == whole.bytes);
	return 0;
}
