/* cids.h - finds the connection that a connection ID belongs to.
 *
 * A hash table with chains. QUIC peers choose some of the IDs, so the hash has a secret key: nobody
 * can choose IDs that collide. The table never grows after lp_cids_init. */
#ifndef LANPARTY_QUIC_CIDS_H
#define LANPARTY_QUIC_CIDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ngtcp2/ngtcp2.h>

struct lp_quic_conn;

#define LP_CID_SIZE          8  /* bytes of each ID that we choose for ourselves */
#define LP_INITIAL_DCID_SIZE 16 /* bytes of the first ID that a client chooses for its server */

struct lp_cid_entry {
	struct lp_cid_entry *next;         /* in the same bucket */
	struct lp_cid_entry *next_of_conn; /* of the same connection */
	struct lp_quic_conn *conn;
	size_t bucket;
	uint8_t len;
	uint8_t bytes[NGTCP2_MAX_CIDLEN];
};

#define LP_CID_WORDS (NGTCP2_MAX_CIDLEN / 4)
struct lp_cids {
	struct lp_cid_entry **buckets;
	unsigned bits; /* 2^bits buckets */
	size_t count;  /* entries */
	uint64_t key[LP_CID_WORDS + 2];
};

/* Makes an empty table for about `expected` IDs. False without memory or random bytes;
 * lp_cids_clear is allowed then, too. */
bool lp_cids_init(struct lp_cids *cids, size_t expected);
/* Frees the table. The entries must have been removed with their connections before. */
void lp_cids_clear(struct lp_cids *cids);
/* The connection with that ID; NULL when there is none. */
struct lp_quic_conn *lp_cids_find(const struct lp_cids *cids, const uint8_t *bytes, size_t len);
/* Adds an ID of conn. False without memory, and for an ID that is known already, empty, or longer
 * than NGTCP2_MAX_CIDLEN. */
bool lp_cids_add(struct lp_cids *cids, struct lp_quic_conn *conn, const uint8_t *bytes, size_t len);
/* Removes an ID of conn. Nothing happens when conn has no such ID. */
void lp_cids_remove(
	struct lp_cids *cids, struct lp_quic_conn *conn, const uint8_t *bytes, size_t len);
/* Removes all IDs of conn. */
void lp_cids_remove_all(struct lp_cids *cids, struct lp_quic_conn *conn);

#endif
