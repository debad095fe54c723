#include "memory.h"

#include <stdbool.h>
#include <stdlib.h>

#include "state.h"

/* ngtcp2 puts a small head before each buffer. It allocates nothing else of that size. */
#define HEAD_MAX 64

static bool is_reordering(size_t size)
{
	return size >= LP_REORDER_CHUNK && size <= LP_REORDER_CHUNK + HEAD_MAX;
}

static void *on_malloc(size_t size, void *user)
{
	struct lp_quic_conn *conn = user;
	size_t at = 0;
	if (!is_reordering(size))
		return malloc(size);
	while (at < LP_REORDER_BUFFERS && conn->reordered[at])
		at++;
	conn->too_early = at == LP_REORDER_BUFFERS;
	if (conn->too_early)
		return NULL;
	conn->reordered[at] = malloc(size);
	return conn->reordered[at];
}

static void on_free(void *bytes, void *user)
{
	struct lp_quic_conn *conn = user;
	for (size_t i = 0; bytes && i < LP_REORDER_BUFFERS; i++)
		if (conn->reordered[i] == bytes)
			conn->reordered[i] = NULL;
	free(bytes);
}

static void *on_calloc(size_t count, size_t size, void *user)
{
	(void)user;
	return calloc(count, size);
}

static void *on_realloc(void *bytes, size_t size, void *user)
{
	(void)user;
	return realloc(bytes, size);
}

const ngtcp2_mem *lp_memory_of(struct lp_quic_conn *conn)
{
	conn->memory = (ngtcp2_mem){conn, on_malloc, on_free, on_calloc, on_realloc};
	return &conn->memory;
}
