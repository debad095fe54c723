/* games.h - who hosts a game (row H7): recognises the answers with which games are found on a LAN.
 *
 * One table has them all (games.c); game_answers.c reads them. What the host has written into an answer is
 * cleaned and cut here, so that it can be shown. An answer is a claim: anybody can send one. The module never
 * judges whether a frame passes, and it never allocates. */
#ifndef LANPARTY_PACKET_GAMES_H
#define LANPARTY_PACKET_GAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "lanparty/packet/view.h"

/* Bytes of UTF-8. */
#define LP_GAME_TITLE 32
#define LP_GAME_NAME  64
#define LP_GAME_MAP   32
#define LP_GAME_SHOWN (LP_GAME_TITLE + LP_GAME_NAME + LP_GAME_MAP + 8)

struct lp_game {
	char title[LP_GAME_TITLE + 1]; /* which game it is; never "" */
	char name[LP_GAME_NAME + 1];   /* what the host calls it; "": nothing */
	char map[LP_GAME_MAP + 1];     /* map, mode or level; "": the answer has none */
	uint16_t port;                 /* where players connect, at the frame's source address */
};

/* Reads the answer in a frame. A frame without one costs a comparison of its first byte and of its ports.
 * False: it has none; nothing was written. */
bool lp_game_read(const struct lp_view *view, struct lp_game *ret_game);

/* "Title: name (map)", without what the answer lacks. Returns text. */
const char *lp_game_format(const struct lp_game *game, char text[LP_GAME_SHOWN]);

#endif
