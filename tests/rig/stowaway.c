/* stowaway RELAY DER CODE KEY: a guest tries to get in with another pass than the host gave it, or to stay
 * (row H3).
 *
 * CODE and KEY, the host key (PEM), make the passes; the guest has nothing but them. Prints one line for each
 * attempt: a word, and what came of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lanparty/edge/linux/loop.h"
#include "lanparty/quic/crypto.h"
#include "rig.h"

#define SHORT   3   /* seconds of a pass that ends while the guest is there */
#define FLIPPED 7   /* every how many bytes of a pass one is changed */
#define MARGIN  500 /* milliseconds by which a guest can leave late */

static struct rig *rig;
static struct lp_host_key key;
static uint16_t steer;
static struct lp_hello hello;

/* A guest of the room, with a pass that ends in so many seconds. */
static void begin(const struct lp_host_key *host, int64_t seconds)
{
	lp_host_print(host->public_half, hello.guest_host);
	if (!lp_guest_sign(host, steer, (uint32_t)(time(NULL) + seconds), hello.guest_pass) ||
		!lp_guest_room_key(hello.guest_host, hello.guest_pass, hello.room_key))
		exit(EXIT_FAILURE);
	hello.role = LP_ROLE_CLIENT;
	hello.mac.b[5]++;
}

static void try_hello(const char *word)
{
	rig_steer(rig, lp_guest_steer(hello.guest_pass));
	struct rig_peer *peer = rig_peer_new(rig, &hello);
	rig_join(peer);
	printf("%s %s\n", word,
		peer->state == RIG_REJECTED ? lp_reject_word(peer->reject)
		: peer->state == RIG_JOINED ? "joined"
					    : "silent");
	rig_peer_free(peer);
}

static void try_passes(void)
{
	struct lp_host_key own;
	if (!lp_host_key_make(&own))
		exit(EXIT_FAILURE);
	begin(&key, 3600);
	try_hello("good");
	begin(&key, -1);
	try_hello("ended");
	begin(&own, 3600);
	try_hello("other_host");
	lp_host_print(key.public_half, hello.guest_host);
	try_hello("self_signed");
	begin(&key, 3600);
	hello.role = LP_ROLE_GATEWAY;
	try_hello("gateway");
	steer++;
	begin(&key, 3600);
	try_hello("other_room");
	steer--;
	hello.guest_pass[1]--;
	try_hello("renamed_room");
	for (size_t i = 2; i < LP_GUEST_PASS; i += FLIPPED) {
		begin(&key, 3600);
		hello.guest_pass[i] ^= 1;
		try_hello("changed");
	}
}

static bool is_over(void *context)
{
	const struct rig_peer *peer = context;
	return peer->state == RIG_CLOSED;
}

/* Stays until it is removed, and tries to come back. */
static void try_to_stay(void)
{
	begin(&key, SHORT);
	rig_steer(rig, steer);
	struct rig_peer *peer = rig_enter(rig, &hello);
	if (!peer) {
		printf("short refused\n");
		return;
	}
	uint32_t room = peer->welcome.room;
	memcpy(hello.resume_token, peer->welcome.resume_token, LP_TOKEN_SIZE);
	lp_time start = lp_clock();
	rig_run(rig, (SHORT + 5) * LP_SECOND, is_over, peer);
	bool in_time = lp_clock() - start < SHORT * LP_SECOND + MARGIN * LP_MILLISECOND;
	printf("short %s\n", peer->state != RIG_CLOSED ? "stays" : in_time ? "ends" : "late");
	rig_peer_free(peer);
	try_hello("again");
	memset(hello.guest_host, 0, sizeof(hello.guest_host));
	rig_steer(rig, lp_room_steer(hello.room_key));
	peer = rig_peer_new(
		rig, &hello); /* with the resume token, and what is in place of the room's key */
	printf("without_pass %s\n", !rig_join(peer)              ? "refused"
				    : peer->welcome.room == room ? "joined"
								 : "elsewhere");
	rig_peer_free(peer);
}

int main(int argc, char **argv)
{
	if (argc != 5) {
		fprintf(stderr, "usage: stowaway RELAY DER CODE KEY\n");
		return EXIT_FAILURE;
	}
	rig = rig_open(argv[1], argv[2]);
	rig_read_key(argv[4], &key);
	rig_hello(&hello, LP_ROLE_CLIENT, argv[3], 200);
	steer = lp_room_steer(hello.room_key);
	try_passes();
	try_to_stay();
	rig_close(rig);
	return EXIT_SUCCESS;
}
