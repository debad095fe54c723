#include "endpoints.h"

#include <arpa/inet.h>
#include <string.h>

static bool is_same_name(const struct lp_host *a, const struct lp_host *b)
{
	struct in6_addr x, y;
	return strcmp(a->name, b->name) == 0 ||
	       (inet_pton(AF_INET6, a->name, &x) == 1 && inet_pton(AF_INET6, b->name, &y) == 1 &&
		       memcmp(&x, &y, sizeof(x)) == 0);
}

bool endpoints_have(const struct lp_host *list, size_t count, const struct lp_host *host)
{
	bool found = false;
	for (size_t i = 0; i < count && !found; i++)
		found = list[i].port == host->port && is_same_name(&list[i], host);
	return found;
}

void endpoints_take_port(struct lp_host *name, const struct lp_host *given, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_same_name(&given[i], name))
			name->port = given[i].port;
}

size_t endpoints_missing(const struct lp_host *list, size_t count, const struct lp_host *given,
	size_t given_count, struct lp_host *ret_missing)
{
	size_t n = 0;
	for (size_t i = 0; i < given_count; i++)
		if (!endpoints_have(list, count, &given[i]))
			ret_missing[n++] = given[i];
	return n;
}
