/* bpf.h - the classic BPF program of a frame port.
 *
 * The kernel drops frames that no member of the room can receive, so that a busy LAN costs the gateway
 * little. It is an optimisation: the tunnel decides which frames are for members. */
#ifndef LANPARTY_GATEWAY_BPF_H
#define LANPARTY_GATEWAY_BPF_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>

#include "lanparty/packet/eth.h"

#define LP_BPF_MEMBERS 64                        /* in a larger room every unicast frame passes */
#define LP_BPF_MAX     (20 + 5 * LP_BPF_MEMBERS) /* instructions */

/* Writes a program that passes frames to groups and to members. It drops EAPOL, LLDP, slow
 * protocols, and groups that bridges do not forward (spanning tree). Returns the number of instructions. */
size_t lp_bpf_build(
	const struct lp_mac *members, size_t count, struct sock_filter ret_program[LP_BPF_MAX]);

/* Builds the program for these members and attaches it to a packet socket, or to a TAP, in place of the
 * one before. False with errno set: the kernel refused, and now has no filter. */
bool lp_bpf_attach_socket(int fd, const struct lp_mac *members, size_t count);
bool lp_bpf_attach_tap(int fd, const struct lp_mac *members, size_t count);

#endif
