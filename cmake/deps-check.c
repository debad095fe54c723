/* Links only with an ngtcp2 that has the functions of cmake/deps/patches. */
#include <stddef.h>
#include <ngtcp2/ngtcp2.h>

int main(void)
{
	ngtcp2_conn_set_ack_delay_policy(NULL, NULL);
	ngtcp2_conn_set_random_loss(NULL, NULL);
	ngtcp2_conn_set_max_pto(NULL, 0);
	ngtcp2_conn_set_retire_delay(NULL, 0);
	return ngtcp2_conn_has_more(NULL, 0) + ngtcp2_conn_is_quiet(NULL, 0) +
	       (int)ngtcp2_conn_get_adjusted_rtt(NULL);
}
