#include "prove.h"

#include "lanparty/edge/log.h"

void lp_prove_host(struct lp_tunnel *tunnel, const struct lp_peer_options *options,
	enum lp_role role, const struct lp_quic_conn *conn)
{
	const struct lp_host_key *key = &options->host_key;
	const struct lp_host_claim claim = {lp_quic_binding(conn), options->room_key, role};
	uint8_t proof[LP_HOST_PROOF_SIZE];
	if (!key->known)
		return;
	if (lp_host_prove(key, &claim, proof))
		lp_tunnel_prove(tunnel, key->public_half, proof);
	else
		lp_log(LP_LOG_WARNING, "host_not_proven", "reason=%s",
			"the system has no random numbers, or no memory");
}
