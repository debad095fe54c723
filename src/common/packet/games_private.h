/* games_private.h - what the two files of games.h share: games.c has the table and cleans text, game_answers.c
 * reads the answers. */
#ifndef LANPARTY_GAMES_PRIVATE_H
#define LANPARTY_GAMES_PRIVATE_H

#include "lanparty/base/bytes.h"
#include "lanparty/packet/games.h"

/* A UDP packet's data, and what the table says of it. */
struct lp_answer {
	const char *title;    /* the table's */
	const uint8_t *bytes; /* all of the data */
	size_t len;
	struct lp_reader rest; /* what follows the magic */
	uint16_t from;         /* its source port */
};

/* A piece of an answer. */
struct lp_span {
	const uint8_t *at; /* NULL: it is not there */
	size_t len;
};

/* Reads an answer of one game. game: title and port are the table's title and `from`; the rest is empty.
 * False: it is no answer after all; game is of no use then. */
typedef bool lp_answer_reader(struct lp_answer *a, struct lp_game *game);

lp_answer_reader lp_answer_armagetron, lp_answer_bedrock, lp_answer_bzflag, lp_answer_cube,
	lp_answer_doom, lp_answer_freeciv, lp_answer_gamespy, lp_answer_goldsrc, lp_answer_info,
	lp_answer_minecraft, lp_answer_openttd, lp_answer_pairs, lp_answer_quake, lp_answer_source,
	lp_answer_supertuxkart, lp_answer_teeworlds, lp_answer_teeworlds7, lp_answer_warcraft;

/* Cleans text for people into cap bytes: no control characters, none of the colour codes of Quake, Minecraft,
 * Armagetron and Cube, no spaces at the ends. */
void lp_game_text(struct lp_span text, char *ret_text, size_t cap);

#endif
