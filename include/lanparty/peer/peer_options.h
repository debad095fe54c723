/* peer_options.h - the options that gateway and Linux client share: which relay, whom to trust,
 * which room. */
#ifndef LANPARTY_PEER_OPTIONS_H
#define LANPARTY_PEER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/edge/exit.h"
#include "lanparty/wire/code.h"
#include "lanparty/wire/control.h"
#include "lanparty/packet/filter.h"
#include "lanparty/edge/log.h"
#include "lanparty/edge/options.h"

#define LP_PEER_POSITIONAL "lanparty://HOST:PORT/CODE?pin=sha256:HEX"
#define LP_PEER_OPTIONS    12 /* what lp_peer_options_add adds */

struct lp_peer_options {
	/* As they were given. */
	struct lp_texts cert_files;
	const char *room, *room_file, *name_given, *server_name_given;
	/* What came out. */
	struct lp_host relay; /* name "": not given */
	char server_name[LP_HOST_MAX + 1];
	uint8_t pins[LP_MAX_PINS][LP_PIN_SIZE];
	size_t pin_count;
	uint8_t room_key[LP_ROOM_KEY_SIZE];
	char name[LP_NAME_MAX + 1];
	uint64_t datagram_budget; /* 0: not given */
	struct lp_filter filter;
	enum lp_log_level log_level;
	enum lp_log_format log_format;
};

/* Adds them to a program's own options: the new count. */
size_t lp_peer_options_add(struct lp_peer_options *values, struct lp_option *table, size_t count);
/* After lp_options_read: sets up the log, reads what was named (invite, certificates, room file),
 * and checks that it is enough. False, said on stderr, with an exit code. The code itself is wiped;
 * the key stays: lp_zero the values in the end. */
bool lp_peer_options_finish(
	struct lp_peer_options *values, struct lp_options *options, int *ret_exit);
/* The same without a room, for a program that asks for it later: sets up the log, reads the
 * certificates and finds the names. No relay is no mistake. */
bool lp_peer_options_prepare(
	struct lp_peer_options *values, struct lp_options *options, int *ret_exit);

/* Relay, pins and server name are those of the invite from now on. */
void lp_peer_options_use_invite(struct lp_peer_options *values, const struct lp_invite *invite);
/* Derives the room's key, and wipes the code. False when the TLS library has no SHA-256. */
bool lp_peer_options_use_code(struct lp_peer_options *values, struct lp_code *code);

#endif
