#include "path.h"

#include <stdint.h>
#include <string.h>

void lp_path_to_ngtcp2(const struct lp_path *path, ngtcp2_path *ret_path)
{
	ret_path->local.addr = (struct sockaddr *)(uintptr_t)&path->local.sa;
	ret_path->local.addrlen = path->local.len;
	ret_path->remote.addr = (struct sockaddr *)(uintptr_t)&path->remote.sa;
	ret_path->remote.addrlen = path->remote.len;
	ret_path->user_data = NULL;
}

void lp_path_from_ngtcp2(const ngtcp2_path *path, struct lp_path *ret_path)
{
	memset(ret_path, 0, sizeof *ret_path);
	memcpy(&ret_path->local, path->local.addr, (size_t)path->local.addrlen);
	memcpy(&ret_path->remote, path->remote.addr, (size_t)path->remote.addrlen);
	ret_path->local.len = path->local.addrlen;
	ret_path->remote.len = path->remote.addrlen;
}
