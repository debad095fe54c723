#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lanparty/base/siphash.h"

#define COUNTING {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)}

/* Results of the reference implementation for the message 0, 1, 2 ... of len bytes. The first three
 * use a zero key. */
static const struct {
	struct lp_siphash_key key;
	size_t len;
	uint64_t hash;
} vectors[] = {
	{{0, 0}, 0, UINT64_C(0xd1fba762150c532c)},
	{{0, 0}, 1, UINT64_C(0x68a914128e01e473)},
	{{0, 0}, 2, UINT64_C(0x10bac45c41e3669)},
	{COUNTING, 0, UINT64_C(0xabac0158050fc4dc)},
	{COUNTING, 1, UINT64_C(0xc9f49bf37d57ca93)},
	{COUNTING, 7, UINT64_C(0xd3927d989bb11140)},
	{COUNTING, 8, UINT64_C(0x369095118d299a8e)},
	{COUNTING, 9, UINT64_C(0x25a48eb36c063de4)},
	{COUNTING, 15, UINT64_C(0xd320d86d2a519956)},
	{COUNTING, 16, UINT64_C(0xcc4fdd1a7d908b66)},
	{COUNTING, 31, UINT64_C(0x2370dd1f8c21d1bc)},
	{COUNTING, 32, UINT64_C(0x81157b6c16a7b60d)},
	{COUNTING, 40, UINT64_C(0xc1d2363299e41531)},
	{COUNTING, 55, UINT64_C(0xa27abf3670a7e980)},
	{COUNTING, 63, UINT64_C(0x9d199062b7bbb3a8)},
};

static void it_is_siphash_1_3(void **state)
{
	uint8_t message[64];

	(void)state;
	for (size_t i = 0; i < sizeof(message); i++)
		message[i] = (uint8_t)i;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		uint64_t hash = lp_siphash(&vectors[i].key, message, vectors[i].len);
		if (hash != vectors[i].hash)
			fail_msg("%zu bytes: %llx", vectors[i].len, (unsigned long long)hash);
	}
}

static void words_are_hashed_like_their_bytes(void **state)
{
	static const uint8_t bytes[] = {1, 0, 0, 0, 0, 0, 0, 2, 3, 0, 0, 0, 0, 0, 0, 4, 5, 0, 0, 6};
	static const uint64_t words[] = {
		UINT64_C(0x0200000000000001), UINT64_C(0x0400000000000003)};

	(void)state;
	for (size_t count = 0; count <= 2; count++) {
		uint8_t message[sizeof(bytes)];
		memcpy(message, bytes, count * 8);
		memcpy(message + count * 8, bytes + 16, 4);
		assert_true(lp_siphash_words(
				    &(struct lp_siphash_key)COUNTING, words, count, 0x06000005) ==
			    lp_siphash(&(struct lp_siphash_key)COUNTING, message, count * 8 + 4));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_siphash_1_3),
		cmocka_unit_test(words_are_hashed_like_their_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
