/* The figures of paths and frames (row H4). */
#include "lanparty/edge/figures.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "lanparty/edge/json.h"

static void H4_losses_are_told_in_percent(void **state)
{
	(void)state;
	assert_true(lp_figures_loss(0, 0) == 0);
	assert_true(lp_figures_loss(1, 3) == 25);
	assert_true(lp_figures_loss(7, 0) == 100);
	assert_true(lp_figures_ms(1500 * LP_MILLISECOND / 1000) == 1.5);
}

static void H4_frames_that_were_dropped_are_told_by_reason(void **state)
{
	(void)state;
	const uint64_t drops[LP_DROP_COUNT] = {
		[LP_DROP_NONE] = 9, [LP_DROP_LLC] = 2, [LP_DROP_COUNT - 1] = UINT64_MAX};
	char line[128], json[128];
	struct lp_text t;
	snprintf(line, sizeof(line), "dropped   %s 2, %s 18446744073709551615\n",
		lp_drop_text(LP_DROP_LLC), lp_drop_text(LP_DROP_COUNT - 1));
	snprintf(json, sizeof(json), "{\"%s\":2,\"%s\":18446744073709551615}",
		lp_drop_text(LP_DROP_LLC), lp_drop_text(LP_DROP_COUNT - 1));
	lp_text_init(&t, 1000);
	lp_figures_text_drops(&t, "dropped", 10, drops);
	assert_string_equal(lp_text_get(&t), line);
	lp_text_clear(&t);
	lp_figures_json_drops(&t, NULL, drops);
	assert_string_equal(lp_text_get(&t), json);
	lp_text_clear(&t);
	lp_figures_json_way(&t, NULL, 1, 2, 3);
	lp_json_close(&t, '}');
	assert_string_equal(lp_text_get(&t), "{\"frames\":1,\"bytes\":2,\"bytes_per_second\":3}");
	lp_text_clear(&t);
}

static void H4_nothing_is_told_when_nothing_was_dropped(void **state)
{
	(void)state;
	const uint64_t drops[LP_DROP_COUNT] = {[LP_DROP_NONE] = 9};
	struct lp_text t;
	lp_text_init(&t, 1000);
	lp_figures_text_drops(&t, "dropped", 10, drops);
	assert_string_equal(lp_text_get(&t), "");
	lp_text_clear(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(H4_losses_are_told_in_percent),
		cmocka_unit_test(H4_frames_that_were_dropped_are_told_by_reason),
		cmocka_unit_test(H4_nothing_is_told_when_nothing_was_dropped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
