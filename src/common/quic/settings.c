#include "settings.h"

#include "state.h"

#define LP_ACTIVE_CIDS        4
#define LP_DATAGRAM_FRAME_MAX 65535 /* any that fits a packet (RFC 9221, section 3) */
/* The round trip before the first measurement. RFC 9002, section 6.2.2 suggests 333 ms. With 100 ms,
 * 95 % of joins over a link that loses 30 % of the packets take at most 1.2 s instead of 3 s. */
#define LP_INITIAL_RTT   (100 * LP_MILLISECOND)
#define LP_ACK_THRESHOLD 16 /* packets per acknowledgement (RFC 9000, section 13.2.2) */

/* doc/decisions/29-congestion-control.md; tools/bench congestion compares builds with others. */
#ifndef LP_CONGESTION
#define LP_CONGESTION NGTCP2_CC_ALGO_CUBIC
#endif
#ifndef LP_RANDOM_LOSS
#define LP_RANDOM_LOSS 4 /* percent of losses that are not taken for congestion */
#endif

/* Tried in this order: Ethernet with IPv4, with IPv6, PPPoE with IPv6, and what tunnels leave. ngtcp2
 * skips the sizes that are not larger than one that is known to pass. */
static const uint16_t mtu_probes[LP_PROBES] = {LP_QUIC_PACKET_MAX, 1452, 1432, 1392, 1352, 1280};

void lp_fill_settings(const struct lp_quic *q, ngtcp2_settings *settings, uint16_t *probes)
{
	ngtcp2_settings_default(settings);
	settings->initial_ts = q->now;
	settings->initial_rtt = LP_INITIAL_RTT;
	settings->cc_algo = LP_CONGESTION;
	settings->handshake_timeout = q->config.handshake_timeout;
	settings->ack_thresh = LP_ACK_THRESHOLD;
	settings->max_tx_udp_payload_size = q->config.max_packet;
	size_t count = 0;
	for (size_t i = 0; i < LP_PROBES; i++)
		if (mtu_probes[i] <= q->config.max_packet)
			probes[count++] = mtu_probes[i];
	if (count == 0)
		settings->no_pmtud = 1;
	settings->pmtud_probes = probes;
	settings->pmtud_probeslen = count;
}

void lp_apply_policies(ngtcp2_conn *nc)
{
	static const ngtcp2_ack_delay_policy acks = {
		.min_delay = 5 * LP_MILLISECOND,
		.timer_slack = 4 * LP_MILLISECOND,
		.few_pkts = 3,
		.few_bytes = 1200,
	};
	static const ngtcp2_random_loss losses = {
		.pkts = 256,
		.percent = LP_RANDOM_LOSS,
		.queueing_delay = 10 * LP_MILLISECOND,
	};
	ngtcp2_conn_set_ack_delay_policy(nc, &acks);
	ngtcp2_conn_set_random_loss(nc, &losses);
	ngtcp2_conn_set_max_pto(nc, LP_QUIC_PROBE_MAX);
	ngtcp2_conn_set_retire_delay(nc, LP_QUIC_LATE_MAX);
}

void lp_fill_params(const struct lp_quic *q, ngtcp2_transport_params *params, bool server)
{
	ngtcp2_transport_params_default(params);
	uint64_t window = server ? LP_INCOMING_WINDOW : LP_QUIC_STREAM_WINDOW;
	params->initial_max_stream_data_bidi_local = window;
	params->initial_max_stream_data_bidi_remote = window;
	params->initial_max_stream_data_uni = window;
	params->initial_max_data = server ? window : 4 * window;
	params->initial_max_streams_bidi = server ? 1 : 0;
	params->initial_max_streams_uni = server ? LP_INCOMING_MAX : LP_UNI_STREAMS_OF_SERVER;
	params->active_connection_id_limit = LP_ACTIVE_CIDS;
	params->max_idle_timeout = q->config.idle_timeout;
	params->max_datagram_frame_size = LP_DATAGRAM_FRAME_MAX;
}
