/* bytes.h - big-endian integers and bytes in a caller's buffer: single fields without bounds checks, and
 * reader and writer with bounds checks.
 *
 * Reader and writer stay failed after the first step out of bounds: a failed reader returns zeroes,
 * a failed writer writes nothing. Perform all steps, then check `failed` once. */
#ifndef LANPARTY_BASE_BYTES_H
#define LANPARTY_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The largest value of a QUIC variable-length integer (RFC 9000, section 16). */
#define LP_VARINT_MAX ((UINT64_C(1) << 62) - 1)

/* One field. The caller has checked that it lies within its buffer. */
static inline uint16_t lp_get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t lp_get32(const uint8_t *at)
{
	return (uint32_t)lp_get16(at) << 16 | lp_get16(at + 2);
}

/* Writes the low 16 bits of v. */
static inline void lp_put16(uint8_t *at, size_t v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

static inline void lp_put32(uint8_t *at, uint32_t v)
{
	lp_put16(at, v >> 16);
	lp_put16(at + 2, v & 0xffff);
}

struct lp_reader {
	const uint8_t *at;
	const uint8_t *end; /* at <= end */
	bool failed;
};

struct lp_writer {
	uint8_t *at;
	uint8_t *end; /* at <= end */
	bool failed;
};

struct lp_reader lp_reader_of(const void *bytes, size_t len);
/* Number of bytes left; 0 when failed. */
size_t lp_reader_left(const struct lp_reader *r);
uint8_t lp_read_u8(struct lp_reader *r);
uint16_t lp_read_u16(struct lp_reader *r);
uint32_t lp_read_u32(struct lp_reader *r);
uint64_t lp_read_varint(struct lp_reader *r);
/* Returns a pointer to the next len bytes and skips them. NULL: out of bounds. */
const uint8_t *lp_read_bytes(struct lp_reader *r, size_t len);

struct lp_writer lp_writer_of(void *bytes, size_t cap);
void lp_write_u8(struct lp_writer *w, uint8_t v);
void lp_write_u16(struct lp_writer *w, uint16_t v);
void lp_write_u32(struct lp_writer *w, uint32_t v);
/* Writes the shortest form. Fails for v > LP_VARINT_MAX. */
void lp_write_varint(struct lp_writer *w, uint64_t v);
void lp_write_bytes(struct lp_writer *w, const void *bytes, size_t len);

/* Size of the shortest form of v in bytes: 1, 2, 4 or 8. v must not exceed LP_VARINT_MAX. */
size_t lp_varint_size(uint64_t v);

/* Not for secrets: it ends at the first byte that is not 0. */
bool lp_is_zero(const void *bytes, size_t n);
/* Compares n bytes in a time that depends on n alone. */
bool lp_equal_secret(const void *a, const void *b, size_t n);

#endif
