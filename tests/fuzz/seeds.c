/* seeds FOLDER: writes the seeds of fuzz_filter, fuzz_view, fuzz_overlay, fuzz_offer and fuzz_sender into
 * FOLDER/filter, FOLDER/view, FOLDER/overlay, FOLDER/offer and FOLDER/sender, which must exist. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evasion.h"
#include "frames.h"
#include "lanparty/wire/overlay.h"

#define FILTER_SEEDS   48
#define VIEW_SEEDS     48
#define FRAMES_A_SEED  4
#define SEED_FRAME_MAX 400 /* longer frames are left out, because the start matters */

static const struct evasion_context addresses = {
	.client = {{0x02, 0, 0x5e, 0x10, 0, 1}},
	.victim = {{0x02, 0, 0x5e, 0x10, 0, 2}},
	.station = {{0x00, 0x1b, 0x21, 0x10, 0, 3}},
	.client_ipv4 = 0x0a000001,
	.victim_ipv4 = 0x0a000002,
	.station_ipv4 = 0x0a000003,
};

static FILE *open_seed(const char *folder, const char *corpus, size_t number)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s/seed-%02zu", folder, corpus, number);
	FILE *file = fopen(path, "wb");
	if (!file) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	return file;
}

static void write_piece(FILE *file, const uint8_t *bytes, size_t len)
{
	fputc((int)(len >> 8), file);
	fputc((int)(len & 255), file);
	fwrite(bytes, 1, len, file);
}

static void filter_seeds(const char *folder)
{
	struct evasion_frame *frames = calloc(EVASION_FRAMES_MAX, sizeof(*frames));

	if (!frames)
		exit(EXIT_FAILURE);
	size_t count = evasion_frames(&addresses, frames, EVASION_FRAMES_MAX);
	for (size_t seed = 0; seed < FILTER_SEEDS; seed++) {
		size_t start = seed * count / FILTER_SEEDS;
		/* this attack needs two frames, which random input hardly ever has */
		for (size_t i = 0; seed == 0 && i < count; i++) {
			if (strcmp(frames[i].name, EVASION_REWRITTEN) == 0)
				start = i;
		}
		FILE *file = open_seed(folder, "filter", seed);
		fputc(frames[start].from_gateway, file);
		for (size_t i = start; i < count && i < start + FRAMES_A_SEED; i++) {
			if (frames[i].len <= SEED_FRAME_MAX)
				write_piece(file, frames[i].bytes, frames[i].len);
		}
		fclose(file);
	}
	free(frames);
}

/* One frame each. */
static void view_seeds(const char *folder)
{
	struct evasion_frame *frames = calloc(EVASION_FRAMES_MAX, sizeof(*frames));
	uint8_t syn[FRAME_CAP], lease[FRAME_CAP];

	if (!frames)
		exit(EXIT_FAILURE);
	size_t count = evasion_frames(&addresses, frames, EVASION_FRAMES_MAX);
	for (size_t seed = 0; seed < VIEW_SEEDS; seed++) {
		const struct evasion_frame *frame = &frames[seed * count / VIEW_SEEDS];
		FILE *file = open_seed(folder, "view", seed);
		fwrite(frame->bytes, 1, frame->len < SEED_FRAME_MAX ? frame->len : SEED_FRAME_MAX,
			file);
		fclose(file);
	}
	free(frames);
	size_t len = frame_syn(syn, player_mac(2), player_mac(1), 1, 2, 1460);
	FILE *file = open_seed(folder, "view", VIEW_SEEDS);
	fwrite(syn, 1, len, file);
	fclose(file);
	len = frame_dhcp_ack(lease, player_mac(1), host_mac(1), 1, 2, player_mac(1));
	file = open_seed(folder, "view", VIEW_SEEDS + 1);
	fwrite(lease, 1, len, file);
	fclose(file);
}

static void overlay_seeds(const char *folder)
{
	static const enum lp_overlay_type orders[][2] = {
		{LP_OVERLAY_WHOLE, LP_OVERLAY_WHOLE},
		{LP_OVERLAY_FIRST, LP_OVERLAY_SECOND},
		{LP_OVERLAY_SECOND, LP_OVERLAY_FIRST},
		{LP_OVERLAY_FIRST, LP_OVERLAY_FIRST},
		{LP_OVERLAY_NUMBERED, LP_OVERLAY_NUMBERED},
		{LP_OVERLAY_NUMBERED, LP_OVERLAY_FIRST},
	};
	static const uint16_t lens[] = {14, 61};

	for (size_t seed = 0; seed < 12; seed++) {
		FILE *file = open_seed(folder, "overlay", seed);
		uint16_t len = lens[seed % 2];
		for (size_t i = 0; i < 2; i++) {
			uint8_t bytes[LP_OVERLAY_FRAGMENT_HEADER + 61] = {0};
			struct lp_overlay o = {.type = orders[seed / 2][i],
				.peer = 1,
				.room = 2,
				.frame_id = 3,
				.frame_len = len};
			size_t rest = len;
			if (o.type == LP_OVERLAY_FIRST)
				rest = (len + 1u) / 2;
			else if (o.type == LP_OVERLAY_SECOND)
				rest = len / 2;
			write_piece(file, bytes, lp_overlay_encode(&o, bytes) + rest);
		}
		fclose(file);
	}
}

static void offer_seeds(const char *folder)
{
	static const uint32_t masks[] = {
		0, 0xff000000, 0xffff0000, 0xffffff00, 0xffffffff, 0xffff00ff};
	static const uint8_t routes[] = {3, 4, 10, 0, 0, 1, 121, 5, 0, 10, 0, 0, 1, 52, 1, 3};
	static const uint8_t options[] = {1, 1, 2, 0, 0, 0, 0, 1, 3, 4, 64, 0xc0, 0, 0, 0, 9, 0, 0,
		0, 9, 0, 0, 0, 0, 0xfd, 0x77, [40] = 25, 3, [64] = 24, 1, [72] = 5, 1, [79] = 0};
	uint8_t frame[FRAME_CAP];
	size_t count = sizeof(masks) / sizeof(masks[0]);

	for (size_t seed = 0; seed < count; seed++) {
		const struct frame_lease lease = {.client = player_mac(1),
			.server_mac = host_mac(1),
			.server = 0x0a000001,
			.address = 0xc0a80132,
			.mask = masks[seed],
			.options = routes,
			.options_len = sizeof(routes)};
		FILE *file = open_seed(folder, "offer", seed);
		fwrite(frame, 1, frame_dhcp_reply(frame, &lease), file);
		fclose(file);
	}
	for (size_t size = 0; size <= sizeof(options); size += 40) {
		FILE *file = open_seed(folder, "offer", count++);
		fwrite(frame, 1, frame_router_options(frame, host_mac(1), options, size), file);
		fclose(file);
	}
}

/* Stories of one sender: see fuzz_sender.c for what the bytes mean. */
static void sender_seeds(const char *folder)
{
	enum {
		PUSH = 0,
		SEND = 3,
		PEEK = 5,
		ACKED = 6,
		LOST = 7,
		WAIT = 9,
		HOLD = 10,
		CLEAR = 251
	};
	static const uint8_t stories[][40] = {
		/* TCP, sent unfragmented, lost, retransmitted, acknowledged */
		{3, PUSH, 200, 1, 255, SEND, 255, 8, LOST, 0, SEND, 255, 8, ACKED, 1},
		/* lost until it is dropped, the last time as fragments */
		{3, PUSH, 200, 1, 255, SEND, 255, 8, LOST, 0, SEND, 255, 8, LOST, 1, SEND, 255, 8,
			LOST, 2, SEND, 255, 9, SEND, 255, 8},
		/* a path that shrinks: fragments, then too small for them */
		{3, PUSH, 250, 1, 255, SEND, 255, 8, LOST, 0, SEND, 130, 8, SEND, 20, 8, PUSH, 250,
			2, 255, SEND, 130, 8, SEND, 130, 8},
		/* two flows, bulk that waits, is dropped as late, a full queue */
		{1, PUSH, 255, 2, 3, PUSH, 255, 2, 3, PUSH, 255, 2, 3, PUSH, 10, 4, 3, SEND, 255, 0,
			WAIT, 250, SEND, 255, 10, WAIT, 250, SEND, 255, 15},
		/* few buffers, no reports, everything cleared */
		{3, PUSH, 100, 1, 255, SEND, 255, 8, HOLD, 40, PUSH, 100, 1, 255, SEND, 255, 8,
			WAIT + 120, 255, PEEK, 255, 8, CLEAR},
	};

	for (size_t seed = 0; seed < sizeof(stories) / sizeof(stories[0]); seed++) {
		FILE *file = open_seed(folder, "sender", seed);
		fwrite(stories[seed], 1, sizeof(stories[seed]), file);
		fclose(file);
	}
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: seeds FOLDER\n");
		return EXIT_FAILURE;
	}
	filter_seeds(argv[1]);
	view_seeds(argv[1]);
	overlay_seeds(argv[1]);
	offer_seeds(argv[1]);
	sender_seeds(argv[1]);
	return EXIT_SUCCESS;
}
