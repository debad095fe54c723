/* peer_options.h - the options that the gateway and the clients share: the relay, how to verify it,
 * and the room. */
#ifndef LANPARTY_PEER_OPTIONS_H
#define LANPARTY_PEER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/carrier/carrier.h"
#include "lanparty/edge/exit.h"
#include "lanparty/wire/code.h"
#include "lanparty/wire/control.h"
#include "lanparty/packet/filter.h"
#include "lanparty/edge/log.h"
#include "lanparty/edge/options.h"
#include "lanparty/quic/host_key.h"

#define LP_PEER_POSITIONAL "lanparty://HOST:PORT/CODE?pin=sha256:HEX"
#define LP_ENDPOINTS       (1 + LP_MAX_ALSO)
#define LP_PEER_OPTIONS    17 /* number of options that lp_peer_options_add adds */

struct lp_peer_options {
	/* As given. */
	struct lp_texts cert_files;
	const char *room, *room_file, *name_given, *server_name_given, *user, *host_key_file;
	const char *proxy_given;
	bool no_tcp;        /* the relay is reached over UDP alone */
	bool needs_no_room; /* set by the program: without a room, room_key stays zero */
	/* Results. */
	struct lp_host relay_address; /* where to connect instead; name "": at the relay itself */
	struct lp_host relay;         /* name "": not given */
	struct lp_host also[LP_MAX_ALSO]; /* where the same relay is too */
	size_t also_count;
	struct lp_carrier_proxy proxy; /* of TCP; host "": there is none */
	const char *no_proxy; /* of the environment: hosts that it does not lead to; NULL: none */
	char server_name[LP_HOST_MAX + 1];
	uint8_t pins[LP_MAX_PINS][LP_PIN_SIZE];
	size_t pin_count;
	uint8_t room_key[LP_ROOM_KEY_SIZE];
	struct lp_host_key host_key;       /* of --host-key */
	uint8_t host[LP_HOST_PRINT];       /* fingerprint of the room's host key; zero: not given */
	struct lp_code token;              /* of the invite; text "": none */
	uint8_t opening[LP_ROOM_KEY_SIZE]; /* made from it; zero: none */
	uint8_t guest[LP_GUEST_PASS];      /* of a guest's invite (row H3); zero: none */
	char name[LP_NAME_MAX + 1];
	uint64_t datagram_budget; /* bytes; 0: not given */
	struct lp_filter filter;
	enum lp_log_level log_level;
	enum lp_log_format log_format;
};

/* Adds the shared options to a program's own table of count options. Returns the new count. */
size_t lp_peer_options_add(struct lp_peer_options *values, struct lp_option *table, size_t count);
/* Call it after lp_options_read: sets up the log, reads the named sources (invite, certificates,
 * room file) and checks that they are complete. False: the error was printed to stderr, and
 * *ret_exit is set. The room code is wiped. The room key stays in values, so wipe values with
 * lp_zero at the end. */
bool lp_peer_options_finish(
	struct lp_peer_options *values, struct lp_options *options, int *ret_exit);
/* Like lp_peer_options_finish, but for a program that asks for the room later: sets up the log,
 * reads the certificates and takes the names. A missing relay is no error. */
bool lp_peer_options_prepare(
	struct lp_peer_options *values, struct lp_options *options, int *ret_exit);

/* Like lp_peer_options_finish, but keeps the room code: writes relay, pins and code as an invite, which the
 * caller wipes, and derives no room key. */
bool lp_peer_options_invite(struct lp_peer_options *values, struct lp_options *options,
	struct lp_invite *ret_invite, int *ret_exit);

/* Reads the host key, if a file is named, and its fingerprint. lp_peer_options_finish does that too. */
bool lp_peer_options_read_host_key(
	struct lp_peer_options *values, const struct lp_options *options, int *ret_exit);

#ifndef _WIN32
/* From now on a child process begins with these values wiped: only this program needs the room key. values
 * must stay where they are. False: out of memory. */
bool lp_peer_options_keep_from_children(struct lp_peer_options *values);
#endif

/* Where members connect to: at most LP_ENDPOINTS, the first of them at 0. */
size_t lp_peer_endpoints(const struct lp_peer_options *values);
const struct lp_host *lp_peer_endpoint(const struct lp_peer_options *values, size_t number);

/* Takes relay, pins, server name, host and a guest's pass from the invite. */
void lp_peer_options_use_invite(struct lp_peer_options *values, const struct lp_invite *invite);
/* Derives the room key, from a guest's pass if there is one, and wipes the code. False: the TLS library has no
 * SHA-256. */
bool lp_peer_options_use_code(struct lp_peer_options *values, struct lp_code *code);
/* The first two bytes of the connection IDs of the room. */
uint16_t lp_peer_options_steer(const struct lp_peer_options *values);

#endif
