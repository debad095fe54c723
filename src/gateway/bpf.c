#include "bpf.h"

#include <errno.h>
#include <linux/if_tun.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "lanparty/base/bytes.h"

#define PASS UINT32_MAX
#define DROP 0

#define DESTINATION 0

struct program {
	struct sock_filter *at;
	size_t len;
};

static void emit(struct program *p, uint16_t code, uint32_t k, uint8_t yes, uint8_t no)
{
	p->at[p->len++] = (struct sock_filter)BPF_JUMP(code, k, yes, no);
}

static void load(struct program *p, uint16_t size, uint32_t offset)
{
	emit(p, BPF_LD | BPF_ABS | size, offset, 0, 0);
}

static void answer(struct program *p, uint32_t k)
{
	emit(p, BPF_RET | BPF_K, k, 0, 0);
}

/* Passes frames whose destination is a member's MAC. The low four bytes are compared first because they
 * differ most. */
static void emit_members(struct program *p, const struct lp_mac *members, size_t count)
{
	load(p, BPF_W, DESTINATION + 2);
	for (size_t i = 0; i < count; i++) {
		const uint8_t *b = members[i].b;
		emit(p, BPF_JMP | BPF_JEQ, lp_get32(b + 2), 0, 4);
		load(p, BPF_H, DESTINATION);
		emit(p, BPF_JMP | BPF_JEQ, lp_get16(b), 0, 1);
		answer(p, PASS);
		load(p, BPF_W, DESTINATION + 2);
	}
}

/* Drops frames to the reserved groups of IEEE 802.1Q, 01:80:c2:00:00:00 to 0f. */
static void emit_reserved_groups(struct program *p)
{
	load(p, BPF_W, DESTINATION);
	emit(p, BPF_JMP | BPF_JEQ, 0x0180c200, 0, 4);
	load(p, BPF_H, DESTINATION + 4);
	emit(p, BPF_ALU | BPF_AND, 0xfff0, 0, 0);
	emit(p, BPF_JMP | BPF_JEQ, 0, 0, 1);
	answer(p, DROP);
}

/* All ARP passes: the LAN's answers to the gateway's own questions (tunnel/ask.h) are for no member. */
static void emit_types(struct program *p)
{
	load(p, BPF_H, LP_ETH_TYPE);
	emit(p, BPF_JMP | BPF_JEQ, LP_ETHERTYPE_ARP, 0, 1);
	answer(p, PASS);
	emit(p, BPF_JMP | BPF_JEQ, LP_ETHERTYPE_EAPOL, 2, 0);
	emit(p, BPF_JMP | BPF_JEQ, LP_ETHERTYPE_LLDP, 1, 0);
	emit(p, BPF_JMP | BPF_JEQ, LP_ETHERTYPE_SLOW, 0, 1);
	answer(p, DROP);
}

size_t lp_bpf_build(
	const struct lp_mac *members, size_t count, struct sock_filter ret_program[LP_BPF_MAX])
{
	struct program p = {.at = ret_program};

	emit_types(&p);
	emit_reserved_groups(&p);
	if (count <= LP_BPF_MEMBERS) {
		load(&p, BPF_B, DESTINATION);
		emit(&p, BPF_JMP | BPF_JSET, 1, 0, 1);
		answer(&p, PASS);
		emit_members(&p, members, count);
		answer(&p, DROP);
	} else {
		answer(&p, PASS);
	}
	return p.len;
}

static struct sock_fprog build(
	const struct lp_mac *members, size_t count, struct sock_filter code[LP_BPF_MAX])
{
	return (struct sock_fprog){
		.len = (unsigned short)lp_bpf_build(members, count, code),
		.filter = code,
	};
}

bool lp_bpf_attach_socket(int fd, const struct lp_mac *members, size_t count)
{
	struct sock_filter code[LP_BPF_MAX];
	struct sock_fprog program = build(members, count, code);
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0)
		return true;
	int error = errno;
	setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &(int){0}, sizeof(int));
	errno = error;
	return false;
}

bool lp_bpf_attach_tap(int fd, const struct lp_mac *members, size_t count)
{
	struct sock_filter code[LP_BPF_MAX];
	struct sock_fprog program = build(members, count, code);
	if (ioctl(fd, TUNATTACHFILTER, &program) == 0)
		return true;
	int error = errno;
	ioctl(fd, TUNDETACHFILTER, NULL);
	errno = error;
	return false;
}
