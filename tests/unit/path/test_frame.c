#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lanparty/path/frame.h"

static void a_pool_is_bounded(void **state)
{
	struct lp_pool *pool = lp_pool_new(3);
	struct lp_frame *frames[3];

	(void)state;
	assert_non_null(pool);
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < 3; i++) {
			assert_int_equal(lp_pool_free_count(pool), 3 - i);
			frames[i] = lp_pool_take(pool);
			assert_non_null(frames[i]);
			assert_int_equal(frames[i]->references, 1);
			assert_int_equal(frames[i]->len, 0);
			frames[i]->len = 60;
		}
		assert_ptr_not_equal(frames[0], frames[1]);
		assert_ptr_not_equal(frames[1], frames[2]);
		assert_null(lp_pool_take(pool));
		for (size_t i = 0; i < 3; i++)
			lp_frame_drop(pool, frames[i]);
	}
	assert_int_equal(lp_pool_free_count(pool), 3);
	lp_pool_free(pool);
}

static void the_last_reference_returns_the_frame(void **state)
{
	struct lp_pool *pool = lp_pool_new(1);
	struct lp_frame *frame;

	(void)state;
	assert_non_null(pool);
	frame = lp_pool_take(pool);
	assert_ptr_equal(lp_frame_hold(frame), frame);
	lp_frame_drop(pool, frame);
	assert_null(lp_pool_take(pool));
	lp_frame_drop(pool, frame);
	assert_ptr_equal(lp_pool_take(pool), frame);
	lp_frame_drop(pool, frame);
	lp_pool_free(pool);
}

static void an_impossible_pool_size_is_refused(void **state)
{
	(void)state;
	assert_null(lp_pool_new(SIZE_MAX / sizeof(struct lp_frame) + 1));
	lp_pool_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pool_is_bounded),
		cmocka_unit_test(the_last_reference_returns_the_frame),
		cmocka_unit_test(an_impossible_pool_size_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
