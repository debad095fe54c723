/* quic_room_inner.h - what the files of quic_room share. */
#ifndef LANPARTY_TESTS_QUIC_ROOM_INNER_H
#define LANPARTY_TESTS_QUIC_ROOM_INNER_H

#include "quic_room.h"

extern const struct lp_quic_handler room_relay_handler;
extern const struct lp_quic_handler room_player_handler;
extern const struct lp_port_ops room_port_ops;

/* Executes all actions of the hub. */
void room_relay_actions(struct room *r);

/* A path between two hosts, given by the last byte of their addresses. */
struct lp_path room_path(size_t local, size_t remote);

/* Executes all actions of a player's tunnel. */
void room_player_actions(struct player *p);

#endif
