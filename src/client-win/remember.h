/* remember.h - what the next start shall know without being told: relay, how to know it, the
 * player's name; never the room's code. In the player's own folder, in the format of --config
 * files. */
#ifndef LANPARTY_CLIENT_REMEMBER_H
#define LANPARTY_CLIENT_REMEMBER_H

#include <stdbool.h>
#include <stddef.h>

#include "peer_options.h"

#define REMEMBER_TEXT 1024

/* %APPDATA%\lanparty\lanparty.ini, UTF-8. False when there is no such folder, or cap is too
 * small. */
bool remember_path(char *path, size_t cap);
/* What is written of the options. */
const char *remember_text(const struct lp_peer_options *options, char text[REMEMBER_TEXT]);
/* Writes it, or nothing at all: a reader finds the old or the new one whole. False, logged, when
 * that is not possible; nothing depends on it. */
bool remember(const struct lp_peer_options *options);

#endif
