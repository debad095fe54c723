/* Row H7: answers of games. The input is a UDP packet's two ports and its data. Whatever its bytes are, what is
 * shown of them is short, clean text. */
#include "fuzz_frame.h"
#include "lanparty/base/bytes.h"
#include "lanparty/base/name.h"
#include "lanparty/packet/games.h"

#define DATA_MAX 1400

static void check_text(const char *text, size_t most)
{
	char again[LP_GAME_SHOWN];
	REQUIRE(strlen(text) <= most);
	lp_name_copy(again, sizeof(again), text, strlen(text));
	REQUIRE(strcmp(again, text) == 0);
}

static void check(const struct lp_view *view)
{
	struct lp_game game;
	char shown[LP_GAME_SHOWN];
	memset(&game, 0xee, sizeof(game));
	if (!lp_game_read(view, &game)) {
		REQUIRE(game.port == 0xeeee);
		return;
	}
	check_text(game.title, LP_GAME_TITLE);
	check_text(game.name, LP_GAME_NAME);
	check_text(game.map, LP_GAME_MAP);
	REQUIRE(game.title[0] && game.port != 0);
	check_text(lp_game_format(&game, shown), LP_GAME_SHOWN - 1);
	REQUIRE(strncmp(shown, game.title, strlen(game.title)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t head[] = {0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 0, 0,
		0, 0, 0, 64, 17, 0, 0, 10, 1, 2, 3, 10, 1, 2, 4};
	if (size < 4 || size > 4 + DATA_MAX)
		return 0;
	size_t len = size - 4;
	uint8_t *frame = malloc(sizeof(head) + 8 + len);
	struct lp_view view;
	if (!frame)
		return 0;
	memcpy(frame, head, sizeof(head));
	lp_put16(frame + 16, 28 + len);
	memcpy(frame + 34, data, 4);
	lp_put16(frame + 38, 8 + len);
	lp_put16(frame + 40, 0);
	if (len > 0)
		memcpy(frame + 42, data + 4, len);
	lp_view_of(frame, 42 + len, &view);
	check(&view);
	free(frame);
	return 0;
}
