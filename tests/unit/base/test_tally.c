#include "lanparty/base/tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* Sources whose networks have these numbers. */
static const struct lp_source home = {false, {1, 2, 3, 4}}, next_door = {false, {11, 2, 3, 4}},
			      abroad = {false, {21, 22, 23, 24}};

static void N6_one_source_gets_two_thirds_and_others_the_rest(void **state)
{
	(void)state;
	struct lp_tally t;
	assert_true(lp_tally_init(&t, 9));
	for (uint32_t i = 0; i < 6; i++) {
		assert_true(lp_tally_has_share(&t, &home));
		lp_tally_add(&t, &home);
		assert_int_equal(lp_tally_most(&t, &home), i + 1);
	}
	assert_false(lp_tally_has_share(&t, &home));
	assert_false(lp_tally_has_share(&t, &next_door)); /* of the same networks */
	assert_int_equal(lp_tally_most(&t, &abroad), 0);
	for (int i = 0; i < 2; i++) {
		assert_true(lp_tally_has_share(&t, &abroad));
		lp_tally_add(&t, &abroad);
	}
	assert_false(lp_tally_has_share(&t, &abroad));
	/* What ends is free again. */
	lp_tally_remove(&t, &home);
	assert_int_equal(t.all, 7);
	assert_true(lp_tally_has_share(&t, &abroad));
	assert_false(lp_tally_has_share(&t, &home));
	lp_tally_clear(&t);
}

static void a_full_tally_has_no_share_for_anybody(void **state)
{
	(void)state;
	struct lp_tally t;
	assert_true(lp_tally_init(&t, 1));
	assert_true(lp_tally_has_share(&t, &home));
	lp_tally_add(&t, &home);
	assert_false(lp_tally_has_share(&t, &abroad));
	lp_tally_clear(&t);
	assert_true(lp_tally_init(&t, 0));
	assert_false(lp_tally_has_share(&t, &home));
	lp_tally_clear(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(N6_one_source_gets_two_thirds_and_others_the_rest),
		cmocka_unit_test(a_full_tally_has_no_share_for_anybody),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
