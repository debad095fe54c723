#include "lanparty/base/bytes.h"

#include <string.h>

struct lp_reader lp_reader_of(const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	/* NULL + 0 is undefined, and an empty message can be NULL. */
	return (struct lp_reader){.at = at, .end = len > 0 ? at + len : at};
}

size_t lp_reader_left(const struct lp_reader *r)
{
	return r->failed ? 0 : (size_t)(r->end - r->at);
}

const uint8_t *lp_read_bytes(struct lp_reader *r, size_t len)
{
	if (r->failed || len > lp_reader_left(r)) {
		r->failed = true;
		return NULL;
	}
	const uint8_t *bytes = r->at;
	if (len > 0)
		r->at += len;
	return bytes;
}

static uint64_t read_big_endian(struct lp_reader *r, size_t size)
{
	const uint8_t *bytes = lp_read_bytes(r, size);
	uint64_t v = 0;
	for (size_t i = 0; bytes && i < size; i++)
		v = v << 8 | bytes[i];
	return v;
}

uint8_t lp_read_u8(struct lp_reader *r)
{
	return (uint8_t)read_big_endian(r, 1);
}

uint16_t lp_read_u16(struct lp_reader *r)
{
	return (uint16_t)read_big_endian(r, 2);
}

uint32_t lp_read_u32(struct lp_reader *r)
{
	return (uint32_t)read_big_endian(r, 4);
}

/* The two highest bits of the first byte give the length: 1, 2, 4 or 8 bytes. */
uint64_t lp_read_varint(struct lp_reader *r)
{
	static const uint64_t values[] = {0x3f, 0x3fff, 0x3fffffff, LP_VARINT_MAX};
	size_t form = lp_reader_left(r) > 0 ? *r->at >> 6 : 0;
	return read_big_endian(r, (size_t)1 << form) & values[form];
}

struct lp_writer lp_writer_of(void *bytes, size_t cap)
{
	uint8_t *at = bytes;
	return (struct lp_writer){.at = at, .end = cap > 0 ? at + cap : at};
}

/* Space for len bytes; false when there is none. */
static bool reserve(struct lp_writer *w, size_t len, uint8_t **ret_bytes)
{
	if (w->failed || len > (size_t)(w->end - w->at)) {
		w->failed = true;
		return false;
	}
	*ret_bytes = w->at;
	if (len > 0)
		w->at += len;
	return true;
}

static void write_big_endian(struct lp_writer *w, uint64_t v, size_t size)
{
	uint8_t *bytes;
	if (!reserve(w, size, &bytes))
		return;
	for (size_t i = size; i > 0; i--) {
		bytes[i - 1] = (uint8_t)v;
		v >>= 8;
	}
}

void lp_write_u8(struct lp_writer *w, uint8_t v)
{
	write_big_endian(w, v, 1);
}

void lp_write_u16(struct lp_writer *w, uint16_t v)
{
	write_big_endian(w, v, 2);
}

void lp_write_u32(struct lp_writer *w, uint32_t v)
{
	write_big_endian(w, v, 4);
}

void lp_write_varint(struct lp_writer *w, uint64_t v)
{
	if (v > LP_VARINT_MAX) {
		w->failed = true;
		return;
	}
	switch (lp_varint_size(v)) {
	case 1:
		write_big_endian(w, v, 1);
		break;
	case 2:
		write_big_endian(w, v | UINT64_C(1) << 14, 2);
		break;
	case 4:
		write_big_endian(w, v | UINT64_C(2) << 30, 4);
		break;
	default:
		write_big_endian(w, v | UINT64_C(3) << 62, 8);
		break;
	}
}

void lp_write_bytes(struct lp_writer *w, const void *bytes, size_t len)
{
	uint8_t *to;
	if (reserve(w, len, &to) && len > 0)
		memcpy(to, bytes, len);
}

size_t lp_varint_size(uint64_t v)
{
	return v < 1u << 6 ? 1 : v < 1u << 14 ? 2 : v < 1u << 30 ? 4 : 8;
}

bool lp_is_zero(const void *bytes, size_t n)
{
	const uint8_t *at = bytes;
	while (n > 0 && *at == 0)
		at++, n--;
	return n == 0;
}

bool lp_equal_secret(const void *a, const void *b, size_t n)
{
	/* volatile, so that the compiler cannot stop at the first difference */
	const volatile uint8_t *x = a, *y = b;
	uint8_t difference = 0;
	for (size_t i = 0; i < n; i++)
		difference |= (uint8_t)(x[i] ^ y[i]);
	return difference == 0;
}
