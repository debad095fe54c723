/* Who hosts a game (row H7): answers of real servers, and answers made by hand where Debian has no server.
 *
 * tests/games/answers has what real servers sent: tools/games --capture made it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "frames.h"
#include "lanparty/packet/games.h"

#define ANSWERS        SOURCE_DIR "/tests/games/answers"
#define DATA_MAX       1400
#define AS_BYTES(text) (const uint8_t *)(text), sizeof(text) - 1

/* A frame whose UDP packet has these ports and this data. */
static struct lp_view view_of(
	uint8_t frame[FRAME_CAP], uint16_t from, uint16_t to, const uint8_t *data, size_t len)
{
	static const uint8_t head[] = {
		0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 10, 1, 2, 3, 10, 1, 2, 4};
	struct lp_view view;
	memset(frame, 0, FRAME_CAP);
	frame[5] = 1;
	frame[11] = 2;
	frame[12] = 8;
	memcpy(frame + 14, head, sizeof(head));
	lp_put16(frame + 16, 28 + len);
	lp_put16(frame + 34, from);
	lp_put16(frame + 36, to);
	lp_put16(frame + 38, 8 + len);
	memcpy(frame + 42, data, len);
	lp_view_of(frame, 42 + len, &view);
	return view;
}

static bool reads(
	uint16_t from, uint16_t to, const uint8_t *data, size_t len, struct lp_game *ret_game)
{
	uint8_t frame[FRAME_CAP];
	struct lp_view view = view_of(frame, from, to, data, len);
	return lp_game_read(&view, ret_game);
}

struct row {
	const char *title, *name, *map;
	uint16_t port, from, to;
	const uint8_t *data;
	size_t len;
};

#define Q      "\xff\xff\xff\xff"
#define RAKNET "\0\xff\xff\0\xfe\xfe\xfe\xfe\xfd\xfd\xfd\xfd\x12\x34\x56\x78"
#define BEDROCK                                                                                    \
	"MCPE;Zoe's \xc2\xa7"                                                                      \
	"cisland;800;1.21;1;10;13253860892328930865;Bedrock level;Survival;1;19132;19133;"

static const struct row rows[] = {
	{"Minecraft", "Zoe - New World", "", 54321, 4445, 4445,
		AS_BYTES("[MOTD]Zoe - \xc2\xa7"
			 "6New World[/MOTD][AD]54321[/AD]")},
	{"Minecraft", "Old", "", 25565, 4445, 4445,
		AS_BYTES("[MOTD]Old[/MOTD][AD]10.1.2.3:25565[/AD]")},
	{"Minecraft Bedrock", "Zoe's island", "Bedrock level", 19132, 19132, 50000,
		AS_BYTES("\x1c"
			 "12345678"
			 "87654321" RAKNET "\0\x55" BEDROCK)},
	{"Team Fortress", "A Source server", "ctf_2fort", 27016, 27015, 40000,
		AS_BYTES(Q "I\x11"
			   "A Source server\0ctf_2fort\0tf\0Team Fortress\0\xb8\x01\x02\x18\0dl\0\1"
			   "1.2.3\0\x80\x88\x69")},
	{"Team Fortress", "Old Source", "ctf", 27015, 27015, 40000,
		AS_BYTES(Q "I\7Old Source\0ctf\0tf\0Team Fortress\0\xb8\x01\x02\x18\0dl\0\1"
			   "1.0\0")},
	{"Counter-Strike", "HL", "de_dust2", 27015, 27015, 40000,
		AS_BYTES(Q "m10.1.2.3:27015\0HL\0de_dust2\0cstrike\0Counter-Strike\0\1\x10\x2f")},
	{"Quake II", "Base of Zoe", "q2dm1", 27910, 27910, 40000,
		AS_BYTES(Q "info\n     Base of Zoe    q2dm1  1/ 8\n")},
	{"Quake II", "full", "q2dm1", 27910, 27910, 40000, AS_BYTES(Q "info\nfull q2dm1 16/16\n")},
	{"baseq2", "Base", "q2dm1", 27910, 27910, 40000,
		AS_BYTES(Q "print\n\\mapname\\q2dm1\\gamename\\baseq2\\hostname\\Base\n3 20 "
			   "\"Zoe\"\n")},
	{"Quake III", "red blue", "q3dm17", 27960, 27960, 40000,
		AS_BYTES(Q "statusResponse\n\\sv_hostname\\^1red ^x00fblue\\mapname\\q3dm17\n0 50 "
			   "\"Zoe\"\n")},
	{"Quake III", "first", "q3dm1", 27960, 27960, 40000,
		AS_BYTES(Q "statusResponse\n\\map\\no\\hostname\\\\sv_hostname\\first"
			   "\\sv_hostname\\second\\mapname\\q3dm1\\maptitle\\no\n")},
	{"ut", "Zoe's UT", "DM-Deck16", 7777, 7778, 40000,
		AS_BYTES("\\gamename\\ut\\hostname\\Zoe's "
			 "UT\\hostport\\7777\\mapname\\DM-Deck16\\final\\")},
	{"Quake", "Zoe's base", "e1m1", 26000, 26000, 40000,
		AS_BYTES("\x80\0\0\x27\x83"
			 "10.1.2.3:26000\0Zoe's base\0e1m1\0\1\x08\3")},
	{"Armagetron Advanced", "Zoe place", "", 4540, 4534, 40000,
		AS_BYTES("\0\x33\0\0\0\x0a\x11\xbc\0\0\0\2x\0"
			 "\0\x0a"
			 "oZ"
			 " e"
			 "lp"
			 "ca"
			 "\0e"
			 "\0\0")},
	{"Warcraft III", "Local Game (Zoe)", "", 6112, 6112, 6112,
		AS_BYTES("\xf7\x30\x37\0PX3W\x1b\0\0\0\1\0\0\0\7\0\0\0Local Game "
			 "(Zoe)\0\0\1\2\0\1\0\0\0\1\0\0\0\4\0\0\0\xe0\x17")},
};

static void H7_an_answer_gives_title_name_map_and_port(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		struct lp_game game;
		if (!reads(r->from, r->to, r->data, r->len, &game))
			fail_msg("row %zu, %s: not read", i, r->title);
		assert_string_equal(game.title, r->title);
		assert_string_equal(game.name, r->name);
		assert_string_equal(game.map, r->map);
		assert_int_equal(game.port, r->port);
	}
}

/* Cut anywhere, an answer is none, or has the port that it had; and nothing behind it is read. */
static void H7_an_answer_that_is_cut_off_is_read_within_its_bounds(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t len = 0; len < rows[i].len; len++) {
			uint8_t frame[FRAME_CAP];
			struct lp_view whole =
				view_of(frame, rows[i].from, rows[i].to, rows[i].data, len);
			uint8_t *exact = malloc(whole.len);
			struct lp_game game;
			assert_non_null(exact);
			memcpy(exact, frame, whole.len);
			lp_view_of(exact, whole.len, &whole);
			if (lp_game_read(&whole, &game))
				assert_int_not_equal(game.port, 0);
			free(exact);
		}
}

static size_t unhex(const char *text, uint8_t bytes[DATA_MAX])
{
	size_t len = 0;
	for (unsigned byte; len < DATA_MAX && sscanf(text, "%2x", &byte) == 1; text += 2)
		bytes[len++] = (uint8_t)byte;
	return len;
}

/* A line: server, ports from and to, port of the game, title, name, map, data in hex; tabs between them. */
static void H7_real_servers_are_recognised(void **state)
{
	(void)state;
	static char line[2 * DATA_MAX + 400], server[64], title[80], name[80], map[80],
		hex[2 * DATA_MAX + 1];
	FILE *file = fopen(ANSWERS, "r");
	size_t count = 0;
	if (!file)
		fail_msg("cannot read %s", ANSWERS);
	while (fgets(line, sizeof(line), file)) {
		unsigned from, to, port;
		uint8_t data[DATA_MAX];
		struct lp_game game;
		if (line[0] == '#')
			continue;
		if (sscanf(line,
			    "%63[^\t]\t%u\t%u\t%u\t%79[^\t]\t%79[^\t]\t%79[^\t]\t%2800[0-9a-f]",
			    server, &from, &to, &port, title, name, map, hex) != 8)
			fail_msg("cannot read: %s", line);
		size_t len = unhex(hex, data);
		if (!reads((uint16_t)from, (uint16_t)to, data, len, &game))
			fail_msg("%s: not read", server);
		assert_string_equal(game.title, title);
		assert_string_equal(game.name[0] ? game.name : "-", name);
		assert_string_equal(game.map[0] ? game.map : "-", map);
		assert_int_equal(game.port, port);
		count++;
	}
	fclose(file);
	assert_true(count >= 12);
}

/* Questions, and the games themselves, are no answers. */
static void H7_other_packets_are_no_answers(void **state)
{
	(void)state;
	static const struct row others[] = {
		{"a question", "", "", 0, 40000, 27015, AS_BYTES(Q "TSource Engine Query\0")},
		{"another", "", "", 0, 40000, 27960, AS_BYTES(Q "getinfo xxx")},
		{"in the game", "", "", 0, 27960, 40000,
			AS_BYTES("\1\0\0\0\xff\xff\xff\xffinfoResponse\n")},
		{"no text", "", "", 0, 27960, 40000, AS_BYTES(Q "infoResponse\n")},
		{"another port", "", "", 0, 4445, 4446, AS_BYTES("[MOTD]a[/MOTD][AD]1[/AD]")},
		{"no port", "", "", 0, 4445, 4445, AS_BYTES("[MOTD]a[/MOTD][AD]x[/AD]")},
		{"port 0", "", "", 0, 4445, 4445, AS_BYTES("[MOTD]a[/MOTD][AD]0[/AD]")},
		{"port 65537", "", "", 0, 4445, 4445, AS_BYTES("[MOTD]a[/MOTD][AD]65537[/AD]")},
		{"cut off", "", "", 0, 4555, 4556,
			AS_BYTES("\2host\0"
				 "5556\0"
				 "3.0")},
		{"another control packet", "", "", 0, 26000, 40000,
			AS_BYTES("\x80\0\0\x0e\x82"
				 "a\0b\0c\0\1\2\3")},
		{"longer than it says", "", "", 0, 6112, 6112,
			AS_BYTES("\xf7\x30\x19\0PX3W\x1b\0\0\0\1\0\0\0\7\0\0\0Zoe\0\xe0\x17")},
		{"port 65536", "", "", 0, 4445, 4445, AS_BYTES("[MOTD]a[/MOTD][AD]65536[/AD]")},
		{"nothing", "", "", 0, 27960, 40000, AS_BYTES("")},
		{"another product", "", "", 0, 6112, 6112,
			AS_BYTES("\xf7\x30\x1b\0PXES\x1b\0\0\0\1\0\0\0\7\0\0\0Zoe\0\xe0\x17")},
		{"a path", "", "", 0, 500, 40000, AS_BYTES("\\\\server\\share")},
	};
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct lp_game game;
		if (reads(others[i].from, others[i].to, others[i].data, others[i].len, &game))
			fail_msg("%s is taken for %s", others[i].title, game.title);
	}
}

/* It is shown in lists and logs, whoever wrote it. */
static void H7_text_is_cleaned_and_cut(void **state)
{
	(void)state;
	struct lp_game game;
	char shown[LP_GAME_SHOWN];
	assert_true(reads(4445, 4445,
		AS_BYTES("[MOTD]  a\nb\x1b[31m\xe2\x80\xae"
			 "c \xff[/MOTD][AD]1[/AD]"),
		&game));
	assert_string_equal(game.name, "ab[31mc");
	assert_string_equal(lp_game_format(&game, shown), "Minecraft: ab[31mc");

	uint8_t data[600] = "[MOTD]";
	memset(data + 6, 'x', 500);
	memcpy(data + 506, "[/MOTD][AD]1[/AD]", 17);
	assert_true(reads(4445, 4445, data, 523, &game));
	assert_int_equal(strlen(game.name), LP_GAME_NAME);

	memset(game.title, 't', LP_GAME_TITLE);
	memset(game.map, 'm', LP_GAME_MAP);
	game.title[LP_GAME_TITLE] = game.map[LP_GAME_MAP] = '\0';
	lp_game_format(&game, shown);
	assert_int_equal(shown[strlen(shown) - 1], ')'); /* whole */
}

/* Every byte of text can be the last of the packet. */
static void H7_colours_end_within_the_text(void **state)
{
	(void)state;
	static const char *const texts[][2] = {
		{"a^", "a^"},
		{"a^1", "a"},
		{"a^x12", "a^x12"},
		{"a^x12f", "a"},
		{"a^x12g", "a^x12g"},
		{"a\f", "a"},
		{"a\fx", "a"},
		{"a0x12345", "a0x12345"},
		{"a0x123456", "a"},
		{"a0xRESETT", "a0xRESETT"},
		{"a\xc2\xa7", "a§"},
		{"a\xc2\xa7"
		 "c",
			"a"},
		{"^^11", "^1"},
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char data[100];
		struct lp_game game;
		int len = snprintf(
			data, sizeof(data), Q "statusResponse\n\\hostname\\%s", texts[i][0]);
		assert_true(reads(27960, 40000, (const uint8_t *)data, (size_t)len, &game));
		assert_string_equal(game.name, texts[i][1]);
	}
}

static void H7_fragments_and_other_protocols_are_left_alone(void **state)
{
	(void)state;
	uint8_t frame[FRAME_CAP];
	struct lp_game game;
	struct lp_view view = view_of(frame, rows[0].from, rows[0].to, rows[0].data, rows[0].len);
	assert_true(lp_game_read(&view, &game));
	frame[20] = 0x20; /* more fragments */
	lp_view_of(frame, view.len, &view);
	assert_false(lp_game_read(&view, &game));
	frame[20] = 0;
	frame[23] = 6;
	lp_view_of(frame, view.len, &view);
	assert_false(lp_game_read(&view, &game));
	lp_view_of(frame, 10, &view);
	assert_false(lp_game_read(&view, &game));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(H7_an_answer_gives_title_name_map_and_port),
		cmocka_unit_test(H7_an_answer_that_is_cut_off_is_read_within_its_bounds),
		cmocka_unit_test(H7_real_servers_are_recognised),
		cmocka_unit_test(H7_other_packets_are_no_answers),
		cmocka_unit_test(H7_text_is_cleaned_and_cut),
		cmocka_unit_test(H7_colours_end_within_the_text),
		cmocka_unit_test(H7_fragments_and_other_protocols_are_left_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
