/* path.h - addresses of a path, in ngtcp2's form and in ours. */
#ifndef LANPARTY_QUIC_PATH_H
#define LANPARTY_QUIC_PATH_H

#include <stdbool.h>

#include <ngtcp2/ngtcp2.h>

#include "lanparty/quic/quic.h"

/* *ret_path points into *path and must not outlive it. ngtcp2 reads through it only. */
void lp_path_to_ngtcp2(const struct lp_path *path, ngtcp2_path *ret_path);
/* Copies both addresses. */
void lp_path_from_ngtcp2(const ngtcp2_path *path, struct lp_path *ret_path);

#endif
