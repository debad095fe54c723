/* workers_run RELAY DER: members of four rooms, two each, exchange frames through a relay with
 * several workers while their ports change, while a flood forces Retry, and while members connect
 * to the wrong worker. Prints "ready" when all of that worked, and then expects the relay to tell
 * all of them that it shuts down.
 *
 * workers_run RELAY DER joins: only joins with one member per room. Exit status 3: the certificate
 * turned all of them away.
 *
 * workers_run RELAY DER stay: the members stay until the last has joined. Prints how many rooms
 * there were. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lanparty/quic/crypto.h"
#include "rig.h"

#define ROOMS     4
#define MEMBERS   2 /* per room */
#define ROUNDS    40
#define MOVES     3
#define FLOOD     200 /* the relay accepts at most 66 without a Retry; the check wants 100 with one */
#define FRAME_LEN 200
#define TRIES     10
#define PATIENCE  (LP_SECOND / 5)
#define TURNS     1500 /* about a minute */

static const char *relay, *der;

/* Each has its own socket, as real members do. */
struct player {
	struct rig *rig;
	struct rig_peer *peer;
};
static struct player players[ROOMS][MEMBERS];
static uint64_t frames, again;

static void wrong(const char *what, size_t room)
{
	fprintf(stderr, "workers_run: room %zu: %s\n", room, what);
	exit(1);
}

/* The rooms cover all workers, of two as of three: their hashes are 0, 1, 2 and 5 modulo 6. */
static void hello_of(struct lp_hello *hello, size_t room, uint8_t number)
{
	static const unsigned wanted[ROOMS] = {0, 1, 2, 5};
	char code[32];
	unsigned i = 0;
	do {
		snprintf(code, sizeof(code), "workers-room-%u", i++);
		rig_hello(hello, LP_ROLE_CLIENT, code, number);
	} while (lp_room_steer(hello->room_key) % 6 != wanted[room]);
}

static struct player try(size_t room, uint8_t number, const uint16_t *steer)
{
	struct lp_hello hello;
	struct player p = {.rig = rig_open(relay, der)};
	hello_of(&hello, room, number);
	if (steer)
		rig_steer(p.rig, *steer);
	p.peer = rig_peer_new(p.rig, &hello);
	rig_join(p.peer);
	return p;
}

static struct player join(size_t room, uint8_t number)
{
	struct player p = try(room, number, NULL);
	if (p.peer->state != RIG_JOINED)
		wrong(p.peer->why.text[0] ? p.peer->why.text : "could not join", room);
	return p;
}

static void leave(struct player *p)
{
	rig_peer_free(p->peer);
	rig_run(p->rig, LP_MILLISECOND, NULL, NULL);
	rig_close(p->rig);
}

static bool heard(void *context)
{
	struct rig_peer *peer = context;
	return peer->received > *(uint64_t *)peer->user || peer->state != RIG_JOINED;
}

static void send_to(struct player *from, const struct player *to)
{
	uint8_t frame[FRAME_LEN] = {2, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0x08, 0x06, 0, 1, 8, 0, 6,
		4, 0, 1, 2, 0, 0, 0, 0, 0, 192, 168, 1, 0, 0, 0, 0, 0, 0, 0, 192, 168, 1, 0};
	memcpy(frame, to->peer->hello.mac.b, 6);
	memcpy(frame + 6, from->peer->hello.mac.b, 6);
	memcpy(frame + 22, from->peer->hello.mac.b, 6);
	frame[31] = from->peer->hello.mac.b[5];
	frame[41] = to->peer->hello.mac.b[5];
	rig_send_frame(from->peer, frame, sizeof(frame));
	rig_run(from->rig, LP_MILLISECOND / 2, NULL, NULL);
}

/* Sends one frame to the other member of the room. QUIC DATAGRAMs can be lost, connections must
 * not. */
static void ping(size_t room, struct player *from, struct player *to)
{
	uint64_t before = to->peer->received;
	to->peer->user = &before;
	frames++;
	for (int i = 0; i < TRIES; i++, again++) {
		send_to(from, to);
		if (rig_run(to->rig, i ? PATIENCE : PATIENCE / 10, heard, to->peer))
			break;
	}
	if (to->peer->received <= before || from->peer->state != RIG_JOINED)
		wrong("a member was lost", room);
}

static void talk(void)
{
	for (int round = 0; round < ROUNDS; round++)
		for (size_t room = 0; room < ROOMS; room++) {
			ping(room, &players[room][0], &players[room][1]);
			ping(room, &players[room][1], &players[room][0]);
		}
}

/* Nobody can know the new ports before something was sent from them. The first packets to arrive
 * can be lost, because they are sent to a port that no longer exists. */
static void move(void)
{
	for (size_t room = 0; room < ROOMS; room++)
		for (size_t i = 0; i < MEMBERS; i++)
			rig_rebind(players[room][i].rig);
	for (size_t room = 0; room < ROOMS; room++)
		for (size_t i = 0; i < MEMBERS; i++)
			send_to(&players[room][i], &players[room][!i]);
}

/* Members join while very many handshakes are started and abandoned. */
static void join_in_a_flood(void)
{
	struct player flood[FLOOD];
	for (size_t i = 0; i < FLOOD; i++) {
		flood[i].rig = rig_open(relay, der);
		rig_steer(flood[i].rig, (uint16_t)i);
		flood[i].peer = rig_peer_new(flood[i].rig, NULL);
	}
	/* At once: the relay forgets a handshake after 5 seconds, and lets another one begin. */
	for (size_t i = 0; i < FLOOD; i++)
		rig_run(flood[i].rig, 0, NULL, NULL); /* sends, and reads nothing */
	for (size_t room = 0; room < ROOMS; room++) {
		struct player third = join(room, 9);
		ping(room, &third, &players[room][0]);
		ping(room, &players[room][1], &third);
		leave(&third);
	}
	for (size_t i = 0; i < FLOOD; i++) {
		lp_quic_set_user(flood[i].peer->conn, NULL);
		flood[i].peer->conn = NULL;
		rig_peer_free(flood[i].peer);
		rig_close(flood[i].rig);
	}
}

/* A member that hashes differently is told where its room is, and then finds it. */
static void come_to_the_wrong_worker(void)
{
	for (size_t room = 0; room < ROOMS; room++) {
		struct lp_hello hello;
		hello_of(&hello, room, 0);
		uint16_t right = lp_room_steer(hello.room_key);
		/* another worker of 2, and of 3 */
		for (uint16_t apart = 1; apart < 6; apart += 4) {
			uint16_t steer = (uint16_t)(right + apart);
			struct player p = try(room, 8, &steer);
			if (p.peer->state != RIG_REJECTED ||
				p.peer->reject != LP_REJECT_WRONG_WORKER || p.peer->steer != right)
				wrong("the wrong worker did not send it on", room);
			steer = p.peer->steer;
			leave(&p);
			p = try(room, 8, &steer);
			if (p.peer->state != RIG_JOINED)
				wrong("the hint does not lead there", room);
			ping(room, &p, &players[room][0]);
			leave(&p);
		}
	}
}

static bool is_told(void *context)
{
	const struct rig_peer *peer = context;
	return peer->state == RIG_CLOSED;
}

/* Runs all in turn, so that each stays alive. */
static void wait_for_the_end(void)
{
	size_t told = 0;
	for (int turn = 0; turn < TURNS && told < ROOMS * MEMBERS; turn++) {
		told = 0;
		for (size_t room = 0; room < ROOMS; room++)
			for (size_t i = 0; i < MEMBERS; i++)
				told += rig_run(players[room][i].rig, 5 * LP_MILLISECOND, is_told,
					players[room][i].peer);
	}
	for (size_t room = 0; room < ROOMS; room++)
		for (size_t i = 0; i < MEMBERS; i++) {
			const struct rig_peer *peer = players[room][i].peer;
			if (peer->state != RIG_CLOSED || !peer->why.application ||
				peer->why.code != LP_LEAVE_SHUTDOWN)
				wrong("was not told of the shutdown", room);
		}
}

static int joins(bool stay)
{
	struct player p[ROOMS];
	size_t joined = 0, refused = 0, no_room = 0;
	for (size_t room = 0; room < ROOMS; room++) {
		p[room] = try(room, 7, NULL);
		const struct rig_peer *peer = p[room].peer;
		joined += peer->state == RIG_JOINED;
		refused += peer->state == RIG_CLOSED && peer->why.end == LP_QUIC_END_PIN;
		no_room += peer->state == RIG_REJECTED && peer->reject == LP_REJECT_TOO_MANY_ROOMS;
		if (!stay)
			leave(&p[room]);
	}
	for (size_t room = 0; stay && room < ROOMS; room++)
		leave(&p[room]);
	printf("joined: %zu, turned away by the certificate: %zu, no room left: %zu\n", joined,
		refused, no_room);
	return joined + (stay ? no_room : 0) == ROOMS ? 0 : refused == ROOMS ? 3 : 1;
}

int main(int argc, char **argv)
{
	if (argc < 3 || argc > 4) {
		fprintf(stderr, "usage: workers_run RELAY DER [joins | stay]\n");
		return 2;
	}
	relay = argv[1];
	der = argv[2];
	if (argc == 4)
		return joins(strcmp(argv[3], "stay") == 0);
	for (size_t room = 0; room < ROOMS; room++)
		for (uint8_t i = 0; i < MEMBERS; i++)
			players[room][i] = join(room, (uint8_t)(i + 1));
	talk();
	for (int i = 0; i < MOVES; i++) {
		move();
		talk();
	}
	join_in_a_flood();
	come_to_the_wrong_worker();
	talk();
	printf("frames: %llu, sent again: %llu\nready\n", (unsigned long long)frames,
		(unsigned long long)again);
	fflush(stdout);
	wait_for_the_end();
	printf("all were told\n");
	return 0;
}
