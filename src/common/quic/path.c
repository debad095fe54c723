#include "path.h"

#include <stdint.h>
#include <string.h>

void lp_path_to_ngtcp2(const struct lp_path *path, ngtcp2_path *ret_path)
{
	ret_path->local.addr = (struct sockaddr *)(uintptr_t)&path->local.sa;
	ret_path->local.addrlen = path->local_len;
	ret_path->remote.addr = (struct sockaddr *)(uintptr_t)&path->remote.sa;
	ret_path->remote.addrlen = path->remote_len;
	ret_path->user_data = NULL;
}

void lp_path_from_ngtcp2(const ngtcp2_path *path, struct lp_path *ret_path)
{
	memset(ret_path, 0, sizeof *ret_path);
	memcpy(&ret_path->local, path->local.addr, (size_t)path->local.addrlen);
	memcpy(&ret_path->remote, path->remote.addr, (size_t)path->remote.addrlen);
	ret_path->local_len = path->local.addrlen;
	ret_path->remote_len = path->remote.addrlen;
}

bool lp_path_same_address(const union lp_sockaddr *a, const union lp_sockaddr *b)
{
	if (a->sa.sa_family != b->sa.sa_family)
		return false;
	if (a->sa.sa_family == AF_INET)
		return a->in.sin_port == b->in.sin_port &&
		       a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
	return a->in6.sin6_port == b->in6.sin6_port &&
	       memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr, sizeof a->in6.sin6_addr) == 0;
}
