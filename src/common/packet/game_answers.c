/* game_answers.c - reads the answers of games.h, one reader for each kind. */
#include <string.h>

#include "games_private.h"

#define PAIRS_MAX           128 /* keys of one answer that are looked at */
#define CUBE_ATTRIBUTES_MAX 32

static bool is_text(struct lp_span s, const char *text)
{
	return s.at && s.len == strlen(text) && memcmp(s.at, text, s.len) == 0;
}

/* The next text and the byte that ends it, which is skipped. Fails when there is no such byte. */
static struct lp_span take_until(struct lp_reader *r, char end)
{
	size_t left = lp_reader_left(r);
	const uint8_t *at = r->at, *found = left > 0 ? memchr(at, end, left) : NULL;
	if (!found) {
		r->failed = true;
		return (struct lp_span){0};
	}
	size_t len = (size_t)(found - at);
	lp_read_bytes(r, len + 1);
	return (struct lp_span){at, len};
}

static struct lp_span take_text(struct lp_reader *r)
{
	return take_until(r, '\0');
}

static struct lp_span rest_of(const struct lp_reader *r)
{
	return (struct lp_span){r->at, lp_reader_left(r)};
}

static uint16_t take_little16(struct lp_reader *r)
{
	uint16_t low = lp_read_u8(r);
	return (uint16_t)(low | lp_read_u8(r) << 8);
}

/* Decimal digits and nothing else, or 0. */
static uint16_t number_of(struct lp_span s)
{
	unsigned number = 0;
	if (s.len > 5)
		return 0;
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] < '0' || s.at[i] > '9')
			return 0;
		number = number * 10 + (unsigned)(s.at[i] - '0');
	}
	return number <= UINT16_MAX ? (uint16_t)number : 0;
}

/* What an answer says the game is; else the title stays. */
static void set_title(struct lp_game *game, struct lp_span text)
{
	char title[sizeof(game->title)];
	lp_game_text(text, title, sizeof(title));
	if (title[0])
		memcpy(game->title, title, sizeof(title));
}

static void set_name(struct lp_game *game, struct lp_span text)
{
	lp_game_text(text, game->name, sizeof(game->name));
}

static void set_map(struct lp_game *game, struct lp_span text)
{
	lp_game_text(text, game->map, sizeof(game->map));
}

/* Minecraft: [MOTD]name[/MOTD][AD]port[/AD]; the port can follow an address. */

static struct lp_span between(struct lp_span s, const char *from, const char *to)
{
	size_t before = strlen(from), after = strlen(to), begin = SIZE_MAX;
	for (size_t at = 0; at < s.len; at++) {
		size_t left = s.len - at;
		if (begin == SIZE_MAX && left >= before && memcmp(s.at + at, from, before) == 0)
			begin = at + before;
		else if (begin != SIZE_MAX && at >= begin && left >= after &&
			 memcmp(s.at + at, to, after) == 0)
			return (struct lp_span){s.at + begin, at - begin};
	}
	return (struct lp_span){0};
}

bool lp_answer_minecraft(struct lp_answer *a, struct lp_game *game)
{
	struct lp_span all = {a->bytes, a->len};
	struct lp_span name = between(all, "[MOTD]", "[/MOTD]"),
		       port = between(all, "[AD]", "[/AD]");
	if (!name.at || !port.at)
		return false;
	for (size_t i = port.len; i > 0; i--) {
		if (port.at[i - 1] != ':')
			continue;
		port = (struct lp_span){port.at + i, port.len - i};
		break;
	}
	set_name(game, name);
	game->port = number_of(port);
	return true;
}

/* Bedrock: RakNet's pong: time, GUID, magic, then MCPE;name;protocol;version;players;most;GUID;map;... */
bool lp_answer_bedrock(struct lp_answer *a, struct lp_game *game)
{
	static const uint8_t raknet[] = {0, 0xff, 0xff, 0, 0xfe, 0xfe, 0xfe, 0xfe, 0xfd, 0xfd, 0xfd,
		0xfd, 0x12, 0x34, 0x56, 0x78};
	struct lp_span fields[8];
	lp_read_bytes(&a->rest, 16);
	const uint8_t *magic = lp_read_bytes(&a->rest, sizeof(raknet));
	if (!magic || memcmp(magic, raknet, sizeof(raknet)) != 0)
		return false;
	lp_read_u16(&a->rest);
	for (size_t i = 0; i < 8; i++)
		fields[i] = take_until(&a->rest, ';');
	if (!is_text(fields[0], "MCPE") && !is_text(fields[0], "MCEE"))
		return false;
	set_name(game, fields[1]);
	set_map(game, fields[7]);
	return true;
}

/* Valve's A2S_INFO. */

static void skip_until_port(struct lp_reader *r, struct lp_game *game)
{
	lp_read_bytes(r, 9); /* id, players, most, bots, kind, system, password, cheats */
	take_text(r);        /* version */
	uint8_t more = lp_read_u8(r);
	uint16_t port = more & 0x80 ? take_little16(r) : 0;
	if (!r->failed && port != 0)
		game->port = port;
}

bool lp_answer_source(struct lp_answer *a, struct lp_game *game)
{
	lp_read_u8(&a->rest); /* protocol */
	struct lp_span name = take_text(&a->rest), map = take_text(&a->rest);
	struct lp_span folder = take_text(&a->rest), title = take_text(&a->rest);
	if (lp_reader_left(&a->rest) < 9)
		return false;
	set_title(game, folder);
	set_title(game, title);
	set_name(game, name);
	set_map(game, map);
	struct lp_reader more = a->rest; /* older servers end early */
	skip_until_port(&more, game);
	return true;
}

/* Its form before 2008: address, name, map, folder, title. */
bool lp_answer_goldsrc(struct lp_answer *a, struct lp_game *game)
{
	take_text(&a->rest);
	set_name(game, take_text(&a->rest));
	set_map(game, take_text(&a->rest));
	set_title(game, take_text(&a->rest));
	set_title(game, take_text(&a->rest));
	return lp_reader_left(&a->rest) >= 3; /* players, most, protocol */
}

/* id's games, and GameSpy: \key\value\key\value. */

static struct lp_span take_word(struct lp_reader *r)
{
	const uint8_t *at = r->at;
	while (lp_reader_left(r) > 0 && *r->at != '\\' && *r->at != '\n' && *r->at != '\0')
		lp_read_u8(r);
	return (struct lp_span){at, (size_t)(r->at - at)};
}

static bool take_backslash(struct lp_reader *r)
{
	if (lp_reader_left(r) == 0 || *r->at != '\\')
		return false;
	lp_read_u8(r);
	return true;
}

/* What is looked for, best first. */
enum key { GAMENAME, GAME, GAMEDIR, HOSTNAME, SV_HOSTNAME, MAPNAME, MAP, MAPTITLE, HOSTPORT, KEYS };

/* Each key's first value; at is NULL where there is none. */
struct pairs {
	struct lp_span values[KEYS];
};

static void keep_value(struct pairs *p, struct lp_span word, struct lp_span value)
{
	static const char *const keys[KEYS] = {"gamename", "game", "*gamedir", "hostname",
		"sv_hostname", "mapname", "map", "maptitle", "hostport"};
	for (size_t i = 0; i < KEYS; i++)
		if (!p->values[i].at && is_text(word, keys[i]))
			p->values[i] = value;
}

/* All in one pass: the answer can be anybody's. */
static struct pairs take_pairs(struct lp_reader r)
{
	struct pairs pairs = {.values = {{0}}};
	take_backslash(&r);
	for (size_t i = 0; i < PAIRS_MAX; i++) {
		struct lp_span word = take_word(&r);
		if (!take_backslash(&r))
			break;
		struct lp_span value = take_word(&r);
		keep_value(&pairs, word, value);
		if (!take_backslash(&r))
			break;
	}
	return pairs;
}

/* The first of these that says something; else the last one. */
static struct lp_span best_of(const struct pairs *p, enum key first, enum key last)
{
	size_t i = first;
	while (i < last && p->values[i].len == 0)
		i++;
	return p->values[i];
}

static bool use_pairs(const struct pairs *p, struct lp_game *game)
{
	struct lp_span name = best_of(p, HOSTNAME, SV_HOSTNAME),
		       map = best_of(p, MAPNAME, MAPTITLE);
	set_title(game, best_of(p, GAMENAME, GAMEDIR));
	set_name(game, name);
	set_map(game, map);
	return name.at || map.at;
}

bool lp_answer_pairs(struct lp_answer *a, struct lp_game *game)
{
	const struct pairs pairs = take_pairs(a->rest);
	return use_pairs(&pairs, game);
}

bool lp_answer_gamespy(struct lp_answer *a, struct lp_game *game)
{
	const struct pairs pairs = take_pairs(a->rest);
	uint16_t port = number_of(pairs.values[HOSTPORT]);
	if (!pairs.values[GAMENAME].at && !pairs.values[HOSTPORT].at)
		return false;
	if (port != 0)
		game->port = port;
	return use_pairs(&pairs, game);
}

/* Quake II: "            name      map  1/ 8\n" */

static struct lp_span cut_last(struct lp_span *s)
{
	while (s->len > 0 && (s->at[s->len - 1] == ' ' || s->at[s->len - 1] == '\n'))
		s->len--;
	size_t end = s->len;
	while (s->len > 0 && s->at[s->len - 1] != ' ')
		s->len--;
	return (struct lp_span){s->at + s->len, end - s->len};
}

bool lp_answer_info(struct lp_answer *a, struct lp_game *game)
{
	struct lp_span text = rest_of(&a->rest);
	struct lp_span most = cut_last(&text);
	if (most.len > 0 && !memchr(most.at, '/', most.len))
		cut_last(&text); /* " 1/ 8": the slash belongs to the number before */
	struct lp_span map = cut_last(&text);
	if (map.len == 0)
		return false;
	set_map(game, map);
	set_name(game, text);
	return true;
}

/* Quake: a control packet of this length, CCREP_SERVER_INFO: address, name, map, players, most, protocol. */
bool lp_answer_quake(struct lp_answer *a, struct lp_game *game)
{
	if (lp_read_u16(&a->rest) != a->len || lp_read_u8(&a->rest) != 0x83)
		return false;
	take_text(&a->rest);
	set_name(game, take_text(&a->rest));
	set_map(game, take_text(&a->rest));
	return lp_reader_left(&a->rest) == 3;
}

/* Teeworlds 0.6, and DDNet with its own header: token, version, name, map. */
bool lp_answer_teeworlds(struct lp_answer *a, struct lp_game *game)
{
	struct lp_span token = take_text(&a->rest);
	take_text(&a->rest);
	set_name(game, take_text(&a->rest));
	set_map(game, take_text(&a->rest));
	return token.len > 0 && token.len < 12;
}

/* Teeworlds 0.7: a packed number, then version, name, host, map. */
bool lp_answer_teeworlds7(struct lp_answer *a, struct lp_game *game)
{
	if (a->bytes[0] != 0x21) /* without a connection, version 1 */
		return false;
	while (lp_read_u8(&a->rest) & 0x80)
		;
	take_text(&a->rest);
	set_name(game, take_text(&a->rest));
	take_text(&a->rest);
	set_map(game, take_text(&a->rest));
	return true;
}

/* OpenTTD: its length, and a type. From version 12 on, nothing follows: players ask by TCP. */
bool lp_answer_openttd(struct lp_answer *a, struct lp_game *game)
{
	struct lp_reader head = lp_reader_of(a->bytes, a->len);
	(void)game;
	return take_little16(&head) == a->len;
}

/* Armagetron: 16-bit words. A text's bytes are swapped in each word. */

static void take_swapped(struct lp_reader *r, char *text, size_t cap)
{
	char plain[128];
	uint16_t len = lp_read_u16(r);
	size_t used = 0;
	for (size_t i = 0; i < len && !r->failed; i += 2) {
		uint16_t word = lp_read_u16(r);
		char pair[] = {(char)(word & 0xff), (char)(word >> 8)};
		for (size_t k = 0; k < 2 && used < sizeof(plain); k++)
			plain[used++] = pair[k];
	}
	while (used > 0 && plain[used - 1] == '\0')
		used--;
	lp_game_text((struct lp_span){(const uint8_t *)plain, used}, text, cap);
}

static uint32_t take_words(struct lp_reader *r)
{
	uint32_t low = lp_read_u16(r);
	return low | (uint32_t)lp_read_u16(r) << 16;
}

bool lp_answer_armagetron(struct lp_answer *a, struct lp_game *game)
{
	char host[sizeof(game->name)];
	lp_read_u16(&a->rest); /* number of the message */
	size_t words = lp_read_u16(&a->rest);
	if (2 * words > lp_reader_left(&a->rest))
		return false;
	uint32_t port = take_words(&a->rest);
	take_swapped(&a->rest, host, sizeof(host));
	take_swapped(&a->rest, game->name, sizeof(game->name));
	if (port > 0 && port <= UINT16_MAX)
		game->port = (uint16_t)port;
	return true;
}

/* Cube 2: numbers of one, three or five bytes; texts of numbers. */

static int32_t take_cube(struct lp_reader *r)
{
	int8_t first = (int8_t)lp_read_u8(r);
	if (first == -128)
		return (int16_t)take_little16(r);
	if (first != -127)
		return first;
	uint32_t low = take_little16(r);
	return (int32_t)(low | (uint32_t)take_little16(r) << 16);
}

/* Characters are Cube's own; those of ASCII are ASCII's. */
static void take_cube_text(struct lp_reader *r, char *text, size_t cap)
{
	uint8_t plain[128];
	size_t used = 0;
	int32_t c;
	while ((c = take_cube(r)) != 0 && !r->failed)
		if (used < sizeof(plain))
			plain[used++] = c > 0 && c < 0x7f ? (uint8_t)c : '?';
	lp_game_text((struct lp_span){plain, used}, text, cap);
}

/* The question comes back, then players, attributes, map and name. The answer's port is the game's and one. */
bool lp_answer_cube(struct lp_answer *a, struct lp_game *game)
{
	if (take_cube(&a->rest) == 0) /* another kind of question */
		return false;
	int32_t players = take_cube(&a->rest), attributes = take_cube(&a->rest);
	if (players < 0 || attributes < 1 || attributes > CUBE_ATTRIBUTES_MAX)
		return false;
	for (int32_t i = 0; i < attributes; i++)
		take_cube(&a->rest);
	take_cube_text(&a->rest, game->map, sizeof(game->map));
	take_cube_text(&a->rest, game->name, sizeof(game->name));
	game->port = (uint16_t)(a->from - 1);
	return true;
}

/* SuperTuxKart: version, name, most, players, port, four bytes, track. */
bool lp_answer_supertuxkart(struct lp_answer *a, struct lp_game *game)
{
	lp_read_u8(&a->rest); /* the version's last byte */
	size_t len = lp_read_u8(&a->rest);
	set_name(game, (struct lp_span){lp_read_bytes(&a->rest, len), len});
	uint8_t most = lp_read_u8(&a->rest);
	lp_read_u8(&a->rest);
	game->port = lp_read_u16(&a->rest);
	lp_read_bytes(&a->rest, 4);
	len = lp_read_u8(&a->rest);
	struct lp_span track = {lp_read_bytes(&a->rest, len), len};
	if (a->rest.failed || most == 0)
		return false;
	set_map(game, track);
	return true;
}

/* BZFlag: length, type, version; address and port of the server. It says no name. */
bool lp_answer_bzflag(struct lp_answer *a, struct lp_game *game)
{
	if (a->len < 4 || lp_get16(a->bytes) != a->len - 4)
		return false;
	lp_read_bytes(&a->rest, 4 + 4);
	uint16_t port = lp_read_u16(&a->rest);
	if (port != 0)
		game->port = port;
	return true;
}

/* Freeciv, to its multicast group: version 2; host, port, version, state, players, people, words. */
bool lp_answer_freeciv(struct lp_answer *a, struct lp_game *game)
{
	struct lp_span host = take_text(&a->rest);
	game->port = number_of(take_text(&a->rest));
	take_text(&a->rest);
	set_map(game, take_text(&a->rest));
	take_text(&a->rest);
	take_text(&a->rest);
	struct lp_span words = take_text(&a->rest);
	set_name(game, words.len > 0 && !is_text(words, "-") ? words : host);
	return true;
}

/* Chocolate Doom and its kin: program, state, players, most, mode, mission; name. */
bool lp_answer_doom(struct lp_answer *a, struct lp_game *game)
{
	set_title(game, take_text(&a->rest));
	lp_read_bytes(&a->rest, 5);
	set_name(game, take_text(&a->rest));
	return true;
}

/* Warcraft III: length, product, version, counter, key, name ... port; little-endian. */
bool lp_answer_warcraft(struct lp_answer *a, struct lp_game *game)
{
	if (take_little16(&a->rest) != a->len)
		return false;
	const uint8_t *product = lp_read_bytes(&a->rest, 4);
	if (!product || (memcmp(product, "3RAW", 4) != 0 && memcmp(product, "PX3W", 4) != 0))
		return false;
	lp_read_bytes(&a->rest, 12);
	set_name(game, take_text(&a->rest));
	if (lp_reader_left(&a->rest) < 2)
		return false;
	game->port = (uint16_t)(a->bytes[a->len - 2] | a->bytes[a->len - 1] << 8);
	return true;
}
