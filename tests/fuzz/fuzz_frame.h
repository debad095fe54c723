/* fuzz_frame.h - for targets whose input is one frame. */
#ifndef LANPARTY_TESTS_FUZZ_FRAME_H
#define LANPARTY_TESTS_FUZZ_FRAME_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lanparty/packet/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition)                                                                         \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s\n", #condition);                                       \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* Calls check with a copy that check can change, in an exact allocation, so that a sanitizer reports an
 * overread. */
static inline int fuzz_frame(
	const uint8_t *data, size_t size, void (*check)(uint8_t *frame, const struct lp_view *view))
{
	uint8_t *frame = malloc(size > 0 ? size : 1);
	struct lp_view view;
	if (!frame)
		return 0;
	if (size > 0)
		memcpy(frame, data, size);
	lp_view_of(frame, size, &view);
	check(frame, &view);
	free(frame);
	return 0;
}

#endif
