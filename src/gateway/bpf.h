/* bpf.h - the classic BPF program of a frame port: the kernel drops what no member of the room can
 * get, so that a busy LAN costs the gateway nothing. */
#ifndef LANPARTY_GATEWAY_BPF_H
#define LANPARTY_GATEWAY_BPF_H

#include <linux/filter.h>
#include <stddef.h>

#include "lanparty/packet/eth.h"

#define LP_BPF_MEMBERS 64 /* with more, every unicast frame passes: the port looks itself */
#define LP_BPF_MAX     (20 + 10 * LP_BPF_MEMBERS)

/* Passes frames to groups and to members; never frames from members (a loop), LLC frames (spanning
 * tree), EAPOL, LLDP, slow protocols, and groups that bridges keep to themselves. Returns how many
 * instructions were written. */
size_t lp_bpf_build(
	const struct lp_mac *members, size_t count, struct sock_filter ret_program[LP_BPF_MAX]);

/* Builds it for these members and attaches it to a packet socket, or to a TAP. */
bool lp_bpf_attach_socket(int fd, const struct lp_mac *members, size_t count);
bool lp_bpf_attach_tap(int fd, const struct lp_mac *members, size_t count);

#endif
