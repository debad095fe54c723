#include "cids.h"

#include <stdlib.h>
#include <string.h>

#include "lanparty/quic/crypto.h"
#include "state.h"

#define LP_CIDS_BITS_MIN 6
#define LP_CIDS_BITS_MAX 20

bool lp_cids_init(struct lp_cids *cids, size_t expected)
{
	memset(cids, 0, sizeof *cids);
	cids->bits = LP_CIDS_BITS_MIN;
	while (cids->bits < LP_CIDS_BITS_MAX && (size_t)1 << cids->bits < expected)
		cids->bits++;
	cids->buckets = calloc((size_t)1 << cids->bits, sizeof *cids->buckets);
	return cids->buckets && lp_random(cids->key, sizeof cids->key);
}

void lp_cids_clear(struct lp_cids *cids)
{
	free(cids->buckets);
	cids->buckets = NULL;
}

/* Multiply and add over 32-bit words: for a random key, the upper 32 bits are 2-universal (Dietzfelbinger
 * 1996), so that nobody can choose IDs that collide. */
static size_t bucket_of(const struct lp_cids *cids, const uint8_t *bytes, size_t len)
{
	uint32_t words[LP_CID_WORDS] = {0};
	memcpy(words, bytes, len);
	uint64_t sum = cids->key[0] + cids->key[1] * len;
	for (size_t i = 0; i < LP_CID_WORDS; i++)
		sum += cids->key[i + 2] * words[i];
	return (size_t)(sum >> (64 - cids->bits));
}

static struct lp_cid_entry **find(const struct lp_cids *cids, const uint8_t *bytes, size_t len)
{
	struct lp_cid_entry **at = &cids->buckets[bucket_of(cids, bytes, len)];
	while (*at && ((*at)->len != len || memcmp((*at)->bytes, bytes, len) != 0))
		at = &(*at)->next;
	return at;
}

struct lp_quic_conn *lp_cids_find(const struct lp_cids *cids, const uint8_t *bytes, size_t len)
{
	if (len == 0 || len > NGTCP2_MAX_CIDLEN)
		return NULL;
	struct lp_cid_entry *entry = *find(cids, bytes, len);
	return entry ? entry->conn : NULL;
}

bool lp_cids_add(struct lp_cids *cids, struct lp_quic_conn *conn, const uint8_t *bytes, size_t len)
{
	if (len == 0 || len > NGTCP2_MAX_CIDLEN || *find(cids, bytes, len))
		return false;
	struct lp_cid_entry *entry = calloc(1, sizeof *entry);
	if (!entry)
		return false;
	entry->conn = conn;
	entry->len = (uint8_t)len;
	memcpy(entry->bytes, bytes, len);
	entry->bucket = bucket_of(cids, bytes, len);
	entry->next = cids->buckets[entry->bucket];
	cids->buckets[entry->bucket] = entry;
	entry->next_of_conn = conn->cids;
	conn->cids = entry;
	cids->count++;
	return true;
}

static void drop(struct lp_cids *cids, struct lp_cid_entry *entry)
{
	struct lp_cid_entry **at = &cids->buckets[entry->bucket];
	while (*at != entry)
		at = &(*at)->next;
	*at = entry->next;
	free(entry);
	cids->count--;
}

void lp_cids_remove(
	struct lp_cids *cids, struct lp_quic_conn *conn, const uint8_t *bytes, size_t len)
{
	struct lp_cid_entry **at = &conn->cids;
	while (*at && ((*at)->len != len || memcmp((*at)->bytes, bytes, len) != 0))
		at = &(*at)->next_of_conn;
	struct lp_cid_entry *entry = *at;
	if (!entry)
		return;
	*at = entry->next_of_conn;
	drop(cids, entry);
}

void lp_cids_remove_all(struct lp_cids *cids, struct lp_quic_conn *conn)
{
	while (conn->cids) {
		struct lp_cid_entry *entry = conn->cids;
		conn->cids = entry->next_of_conn;
		drop(cids, entry);
	}
}
