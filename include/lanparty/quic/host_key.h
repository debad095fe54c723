/* host_key.h - the key pair of a room's host (row N4): ECDSA with P-256 and SHA-256.
 *
 * Who holds the private half is the room's host. A proof is a signature for one connection, so that nobody who
 * sees it can use it anywhere else. A guest's pass is a signature for whoever has it. It reads no files. */
#ifndef LANPARTY_QUIC_HOST_KEY_H
#define LANPARTY_QUIC_HOST_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanparty/quic/quic.h"
#include "lanparty/wire/control.h"

#define LP_HOST_SECRET_SIZE 32
#define LP_HOST_PEM_MAX     1024

/* Wipe it after use. */
struct lp_host_key {
	uint8_t secret[LP_HOST_SECRET_SIZE];
	uint8_t public_half[LP_HOST_KEY_SIZE]; /* x and y, 32 bytes each */
	bool known;                            /* false: there is none */
};

/* Makes a new pair. False: the system has no random numbers, or no memory. */
bool lp_host_key_make(struct lp_host_key *ret_key);
/* Writes the pair as PEM (PKCS#8) with a NUL at the end. False: it does not fit cap, or memory is missing. */
bool lp_host_key_format(const struct lp_host_key *key, char *pem, size_t cap);
/* Reads PEM (PKCS#8 or SEC 1). Returns NULL, or a sentence that says what is wrong with it. */
const char *lp_host_key_parse(const char *pem, size_t len, struct lp_host_key *ret_key);

/* The fingerprint by which members know the key: SHA-256 of its SubjectPublicKeyInfo in DER. */
void lp_host_print(const uint8_t public_half[LP_HOST_KEY_SIZE], uint8_t ret_print[LP_HOST_PRINT]);

/* What a proof says: who wants to join which room through which connection. All is borrowed. */
struct lp_host_claim {
	const uint8_t *binding; /* lp_quic_binding */
	const uint8_t *room_key;
	enum lp_role role;
};
/* False: the system has no random numbers, or no memory. */
bool lp_host_prove(const struct lp_host_key *key, const struct lp_host_claim *claim,
	uint8_t ret_proof[LP_HOST_PROOF_SIZE]);
/* True if the holder of the private half has made the proof, for this claim. */
bool lp_host_proves(const uint8_t public_half[LP_HOST_KEY_SIZE], const struct lp_host_claim *claim,
	const uint8_t proof[LP_HOST_PROOF_SIZE]);

/* Signs the pass of a guest (row H3): for the room of this steer, until end, in seconds since 1970 began.
 * False: as above. */
bool lp_guest_sign(const struct lp_host_key *key, uint16_t steer, uint32_t end,
	uint8_t ret_pass[LP_GUEST_PASS]);
/* True if the holder of the private half has signed the pass, however old it is. */
bool lp_guest_is_signed(
	const uint8_t public_half[LP_HOST_KEY_SIZE], const uint8_t pass[LP_GUEST_PASS]);
/* What a guest has in place of the room's key: it opens nothing, and is the same with each pass of this room.
 * False: no memory. */
bool lp_guest_room_key(const uint8_t print[LP_HOST_PRINT], const uint8_t pass[LP_GUEST_PASS],
	uint8_t ret_key[LP_ROOM_KEY_SIZE]);

#endif
