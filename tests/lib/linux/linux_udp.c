#include "linux_udp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

struct lp_udp *server_at(const char *text, struct lp_address *ret_address)
{
	struct lp_listen listen;
	enum lp_exit code = LP_EXIT_OK;
	assert_true(lp_listen_parse(text, &listen));
	struct lp_udp *u = lp_udp_listen(&listen, false, &code);
	assert_non_null(u);
	lp_udp_local(u, ret_address);
	return u;
}
