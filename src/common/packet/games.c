#include "lanparty/packet/games.h"

#include <stdio.h>
#include <string.h>

#include "games_private.h"
#include "lanparty/base/name.h"

#define RAW 256 /* bytes of a text that count; none that fits is longer, but for its colours */

#define CONNECTIONLESS "\xff\xff\xff\xff" /* Quake's mark, and that of many others */

/* A way to answer. Ports are UDP ports; 0: any. */
struct way {
	const char *title;
	uint16_t from, from_last; /* of the sender */
	uint16_t to;
	uint8_t magic_at, magic_len;
	const char *magic;
	lp_answer_reader *read;
};

#define MAGIC(at, text) .magic_at = (at), .magic_len = sizeof(text) - 1, .magic = (text)

/* The reader of each must be sure: many games send anything at all. A way whose first byte is not fixed, or is
 * common, needs a port (can_be_answer). */
static const struct way ways[] = {
	{"Minecraft", 0, 0, 4445, MAGIC(0, "[MOTD]"), lp_answer_minecraft},
	{"Minecraft Bedrock", 0, 0, 0, MAGIC(0, "\x1c"), lp_answer_bedrock},
	{"Source", 0, 0, 0, MAGIC(0, CONNECTIONLESS "I"), lp_answer_source},
	{"GoldSource", 0, 0, 0, MAGIC(0, CONNECTIONLESS "m"), lp_answer_goldsrc},
	{"Quake III", 0, 0, 0, MAGIC(0, CONNECTIONLESS "infoResponse\n"), lp_answer_pairs},
	{"Quake III", 0, 0, 0, MAGIC(0, CONNECTIONLESS "statusResponse\n"), lp_answer_pairs},
	{"Quake II", 0, 0, 0, MAGIC(0, CONNECTIONLESS "print\n\\"), lp_answer_pairs},
	{"Quake II", 0, 0, 0, MAGIC(0, CONNECTIONLESS "info\n"), lp_answer_info},
	{"QuakeWorld", 0, 0, 0, MAGIC(0, CONNECTIONLESS "n\\"), lp_answer_pairs},
	{"Quake", 0, 0, 0, MAGIC(0, "\x80\x00"), lp_answer_quake},
	{"Teeworlds", 0, 0, 0, MAGIC(6, CONNECTIONLESS "inf3"), lp_answer_teeworlds},
	{"DDNet", 0, 0, 0, MAGIC(6, CONNECTIONLESS "iext"), lp_answer_teeworlds},
	{"Teeworlds", 0, 0, 0, MAGIC(9, CONNECTIONLESS "inf3"), lp_answer_teeworlds7},
	{"OpenTTD", 3979, 3979, 0, MAGIC(2, "\x01"), lp_answer_openttd},
	{"Armagetron Advanced", 4534, 4559, 0, MAGIC(0, "\x00\x33"), lp_answer_armagetron},
	{"Sauerbraten", 28786, 28786, 0, MAGIC(0, ""), lp_answer_cube},
	{"Red Eclipse", 28802, 28802, 0, MAGIC(0, ""), lp_answer_cube},
	{"SuperTuxKart", 2757, 2757, 0, MAGIC(0, "\x00\x00\x00"), lp_answer_supertuxkart},
	{"BZFlag", 5154, 5154, 0,
		MAGIC(2, "\x03\x03"
			 "BZFS"),
		lp_answer_bzflag},
	{"Freeciv", 0, 0, 4556, MAGIC(0, "\x02"), lp_answer_freeciv},
	{"Doom", 2342, 2342, 0, MAGIC(0, "\x00\x0e"), lp_answer_doom},
	{"Warcraft III", 6112, 6112, 0, MAGIC(0, "\xf7\x30"), lp_answer_warcraft},
	{"GameSpy", 0, 0, 0, MAGIC(0, "\\"), lp_answer_gamespy},
};

/* Most packets end here: it must be quick. Each of `ways` has one of these first bytes or ports. */
static bool can_be_answer(const struct lp_view *v, uint8_t first)
{
	switch (first) {
	case 0xff:
	case '[':
	case '\\':
	case 'x':
	case 0x1c:
	case 0x21:
	case 0x80:
	case 0xf7:
		return true;
	default:
		break;
	}
	switch (v->source_port) {
	case 2342:
	case 2757:
	case 3979:
	case 5154:
	case 28786:
	case 28802:
		return true;
	default:
		return (v->source_port >= 4534 && v->source_port <= 4559) ||
		       v->destination_port == 4556;
	}
}

static bool fits(const struct way *w, const struct lp_view *v, const uint8_t *bytes)
{
	size_t head = (size_t)w->magic_at + w->magic_len;
	return (!w->from || (v->source_port >= w->from && v->source_port <= w->from_last)) &&
	       (!w->to || v->destination_port == w->to) && v->data_len >= head &&
	       memcmp(bytes + w->magic_at, w->magic, w->magic_len) == 0;
}

static bool read_way(
	const struct way *w, const struct lp_view *v, const uint8_t *bytes, struct lp_game *game)
{
	size_t head = (size_t)w->magic_at + w->magic_len;
	struct lp_answer a = {.title = w->title,
		.bytes = bytes,
		.len = v->data_len,
		.rest = lp_reader_of(bytes + head, v->data_len - head),
		.from = v->source_port};
	*game = (struct lp_game){.port = v->source_port};
	memcpy(game->title, w->title, strlen(w->title));
	return w->read(&a, game) && !a.rest.failed && game->port != 0;
}

bool lp_game_read(const struct lp_view *view, struct lp_game *ret_game)
{
	if (view->protocol != LP_IP_UDP || view->transport_header != LP_UDP_HEADER ||
		view->is_fragmented || view->data_len == 0)
		return false;
	const uint8_t *bytes = lp_view_transport(view) + LP_UDP_HEADER;
	if (!can_be_answer(view, bytes[0]))
		return false;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct lp_game game;
		if (!fits(&ways[i], view, bytes) || !read_way(&ways[i], view, bytes, &game))
			continue;
		*ret_game = game;
		return true;
	}
	return false;
}

static bool is_hex(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool are_hex(const uint8_t *at, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!is_hex(at[i]))
			return false;
	return true;
}

/* Bytes of the colour code that text begins with; 0: none. */
static size_t colour_at(const uint8_t *at, size_t left)
{
	if (left >= 2 && at[0] == '^' && at[1] >= '0' && at[1] <= '9')
		return 2;
	if (left >= 5 && at[0] == '^' && at[1] == 'x' && are_hex(at + 2, 3)) /* DarkPlaces */
		return 5;
	if (left >= 3 && at[0] == 0xc2 && at[1] == 0xa7) /* Minecraft's section sign */
		return 3;
	if (left >= 2 && at[0] == '\f') /* Cube */
		return 2;
	if (left >= 8 && at[0] == '0' && at[1] == 'x' && are_hex(at + 2, 6)) /* Armagetron */
		return 8;
	return 0;
}

void lp_game_text(struct lp_span text, char *ret_text, size_t cap)
{
	char plain[RAW];
	size_t used = 0, end = text.at ? text.len : 0;
	for (size_t at = 0; at < end && used < sizeof(plain);) {
		size_t colour = colour_at(text.at + at, end - at);
		bool leading = used == 0 && text.at[at] == ' ';
		if (colour == 0 && !leading)
			plain[used++] = (char)text.at[at];
		at += colour > 0 ? colour : 1;
	}
	lp_name_copy(ret_text, cap, plain, used);
	size_t len = strlen(ret_text);
	while (len > 0 && ret_text[len - 1] == ' ')
		len--;
	ret_text[len] = '\0';
}

const char *lp_game_format(const struct lp_game *game, char text[LP_GAME_SHOWN])
{
	bool named = game->name[0], mapped = game->map[0];
	snprintf(text, LP_GAME_SHOWN, "%s%s%s%s%s%s", game->title, named ? ": " : "", game->name,
		mapped ? " (" : "", game->map, mapped ? ")" : "");
	return text;
}
