/* intruder RELAY DER CODE KEY: a member that has not the host key tries all that a host can do (rows N4, H3).
 *
 * KEY is the host key (PEM): with it, the intruder makes proofs for other connections and roles, as somebody
 * who has seen them would have. Prints one line for each attempt: a word, and what the relay answered. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lanparty/quic/crypto.h"
#include "rig.h"

#define ACTS  24 /* also numbers that nobody knows yet */
#define PEERS 8

static struct rig *rig;
static const char *code;
static struct lp_host_key key;

static const char *outcome(const struct rig_peer *peer)
{
	switch (peer->state) {
	case RIG_REJECTED:
		return lp_reject_word(peer->reject);
	case RIG_CLOSED:
		return "closed";
	case RIG_JOINED:
		return "joined";
	default:
		return "silent";
	}
}

/* A proof for another connection than the one that it is used on. */
static void make_proof(
	const struct lp_hello *hello, enum lp_role role, uint8_t ret_proof[LP_HOST_PROOF_SIZE])
{
	struct rig_peer *other = rig_peer_new(rig, NULL);
	rig_join(other);
	const struct lp_host_claim claim = {lp_quic_binding(other->conn), hello->room_key, role};
	if (!lp_host_prove(&key, &claim, ret_proof))
		exit(EXIT_FAILURE);
	rig_peer_free(other);
}

static void try_hello(const char *word, struct lp_hello *hello)
{
	struct rig_peer *peer = rig_peer_new(rig, hello);
	rig_join(peer);
	printf("%s %s\n", word, outcome(peer));
	rig_peer_free(peer);
}

static void try_gateways(void)
{
	struct lp_hello hello;
	rig_hello(&hello, LP_ROLE_GATEWAY, code, 0);
	try_hello("no_proof", &hello);
	memcpy(hello.host_key, key.public_half, LP_HOST_KEY_SIZE);
	try_hello("empty_proof", &hello);
	lp_random(hello.host_proof, LP_HOST_PROOF_SIZE);
	try_hello("random_proof", &hello);
	make_proof(&hello, LP_ROLE_GATEWAY, hello.host_proof);
	try_hello("stolen_proof", &hello);
	lp_random(hello.host_key, LP_HOST_KEY_SIZE);
	try_hello("random_key", &hello);
}

static bool is_closed(void *context)
{
	const struct rig_peer *peer = context;
	return peer->state == RIG_CLOSED;
}

/* As a player, with a proof that is good elsewhere. */
static void try_act(uint64_t number)
{
	struct lp_hello hello;
	uint8_t bytes[64];
	rig_hello(&hello, LP_ROLE_CLIENT, code, (uint8_t)(100 + number));
	hello.capabilities = LP_CAPS_KNOWN;
	memcpy(hello.host_key, key.public_half, LP_HOST_KEY_SIZE);
	make_proof(&hello, LP_ROLE_CLIENT, hello.host_proof);
	struct rig_peer *peer = rig_enter(rig, &hello);
	if (!peer) {
		printf("act refused\n");
		return;
	}
	for (uint8_t about = 1; about <= PEERS && peer->state == RIG_JOINED; about++) {
		struct lp_control m = {.type = LP_HOST_ACT,
			.act = {.id = 1, .act = (enum lp_act)number, .peer = about, .name = "x"}};
		size_t len = lp_control_encode(&m, bytes, sizeof(bytes));
		lp_quic_send_message(peer->conn, bytes, len);
	}
	rig_run(rig, 3 * LP_SECOND, is_closed, peer);
	printf("act %s\n", outcome(peer));
	rig_peer_free(peer);
}

int main(int argc, char **argv)
{
	if (argc != 5) {
		fprintf(stderr, "usage: intruder RELAY DER CODE KEY\n");
		return EXIT_FAILURE;
	}
	rig = rig_open(argv[1], argv[2]);
	code = argv[3];
	rig_read_key(argv[4], &key);
	try_gateways();
	for (uint64_t i = 0; i < ACTS; i++)
		try_act(i);
	rig_close(rig);
	return EXIT_SUCCESS;
}
