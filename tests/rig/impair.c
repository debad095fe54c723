/* impair LISTEN TARGET [NAME=VALUE...]: a bad path for UDP. It forwards what arrives at LISTEN to TARGET,
 * from a socket for each sender, and the answers back. Names and values:
 *
 *   loss=N burst=N   N per thousand are lost, in bursts of N packets on average (1); burst=0: each by
 *                    itself, whatever happens to others
 *   reorder=N        N per thousand are held for 1 to 20 ms longer than others
 *   duplicate=N      N per thousand arrive twice
 *   corrupt=N        N per thousand have a wrong bit
 *   delay=MS         all are held for so long, in each direction
 *   jitter=MS        each is held for 0 to so much longer
 *   seed=N           of the random numbers (1)
 *
 * A line of such settings on stdin changes them at once. The line "rebind" gives each sender a new socket, as
 * a NAT does that has forgotten it. After each line, and at the end of stdin, one JSON object tells what has
 * happened since the last one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dice.h"
#include "lanparty/edge/linux/loop.h"
#include "udp_socket.h"

#define SENDERS 16
#define HELD    8192
#define MAX_LEN 2048
#define LATEST  (20 * LP_MILLISECOND) /* what reordering adds, at most */
#define READY   (SENDERS + 2)

static struct {
	unsigned loss, burst, reorder, duplicate, corrupt, delay, jitter;
	uint64_t seed;
} set = {.burst = 1, .seed = 1};

static struct sender {
	struct lp_address address;
	int fd; /* toward the target */
	bool losing;
} senders[SENDERS];
static size_t sender_count;

static struct held {
	lp_time due;
	size_t sender, len;
	bool back; /* to the sender */
	uint8_t bytes[];
} *held[HELD]; /* in the order of arrival */
static size_t held_count;

static int front; /* where senders send to */
static struct lp_listen target;
static struct lp_waiter waiter;
static uint64_t arrived, lost, doubled, delayed, late, damaged, full;

static void fail(const char *what)
{
	fprintf(stderr, "impair: %s\n", what);
	exit(2);
}

static bool change(char *setting)
{
	const struct {
		const char *name;
		unsigned *value;
	} names[] = {{"loss", &set.loss}, {"burst", &set.burst}, {"reorder", &set.reorder},
		{"duplicate", &set.duplicate}, {"corrupt", &set.corrupt}, {"delay", &set.delay},
		{"jitter", &set.jitter}};
	char *equals = strchr(setting, '='), *end;
	if (!equals)
		return false;
	*equals = 0;
	unsigned long value = strtoul(equals + 1, &end, 10);
	if (end == equals + 1 || *end)
		return false;
	if (strcmp(setting, "seed") == 0) {
		set.seed = value;
		return true;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcmp(setting, names[i].name) == 0) {
			*names[i].value = (unsigned)value;
			return true;
		}
	}
	return false;
}

static void open_sender(struct sender *s)
{
	s->fd = udp_open(&target.address, false, SOCK_NONBLOCK);
	if (!lp_waiter_add(&waiter, s->fd))
		fail("out of descriptors");
}

static size_t sender_of(const struct lp_address *from)
{
	for (size_t i = 0; i < sender_count; i++) {
		if (lp_address_equal(&senders[i].address, from))
			return i;
	}
	static size_t next; /* the oldest one gives its place up */
	size_t at = next++ % SENDERS;
	if (sender_count < SENDERS)
		sender_count++;
	else
		close(senders[at].fd);
	senders[at].address = *from;
	open_sender(&senders[at]);
	return at;
}

static void rebind(void)
{
	for (size_t i = 0; i < sender_count; i++) {
		close(senders[i].fd);
		open_sender(&senders[i]);
	}
}

/* Gilbert's model: once packets are lost, the next one is as well with a probability that gives the bursts
 * their length. */
static bool is_lost(struct sender *s)
{
	if (set.loss >= 1000)
		return true;
	if (set.burst == 0)
		return dice_chance(&set.seed, set.loss);
	unsigned ends = 1000 / set.burst;
	unsigned starts = set.loss * ends / (1000 - set.loss);
	s->losing = s->losing ? !dice_chance(&set.seed, ends) : dice_chance(&set.seed, starts);
	return s->losing;
}

static void hold(size_t sender, bool back, const uint8_t *bytes, size_t len)
{
	if (held_count == HELD) {
		full++;
		return;
	}
	struct held *h = malloc(sizeof(*h) + len);
	if (!h)
		fail("out of memory");
	held[held_count++] = h;
	h->due = lp_clock() + set.delay * LP_MILLISECOND;
	if (set.jitter > 0)
		h->due += dice_roll(&set.seed) % (set.jitter * LP_MILLISECOND);
	delayed += set.delay > 0;
	if (dice_chance(&set.seed, set.reorder)) {
		h->due += LP_MILLISECOND + dice_roll(&set.seed) % (LATEST - LP_MILLISECOND);
		late++;
	}
	h->sender = sender;
	h->back = back;
	h->len = len;
	memcpy(h->bytes, bytes, len);
	if (len > 0 && dice_chance(&set.seed, set.corrupt)) {
		h->bytes[dice_below(&set.seed, len)] ^= (uint8_t)(1u << dice_below(&set.seed, 8));
		damaged++;
	}
}

static void packet(size_t sender, bool back, const uint8_t *bytes, size_t len)
{
	arrived++;
	if (is_lost(&senders[sender])) {
		lost++;
		return;
	}
	hold(sender, back, bytes, len);
	if (dice_chance(&set.seed, set.duplicate)) {
		doubled++;
		hold(sender, back, bytes, len);
	}
}

static void take_all(void)
{
	uint8_t bytes[MAX_LEN];
	struct lp_address from = {.len = sizeof(from.in6)};
	ssize_t len;
	while ((len = recvfrom(front, bytes, MAX_LEN, 0, &from.sa, &from.len)) >= 0) {
		packet(sender_of(&from), false, bytes, (size_t)len);
		from.len = sizeof(from.in6);
	}
	for (size_t i = 0; i < sender_count; i++) {
		while ((len = recv(senders[i].fd, bytes, MAX_LEN, 0)) >= 0)
			packet(i, true, bytes, (size_t)len);
	}
}

/* Sends what is due. Returns when the next one is. */
static lp_time release(void)
{
	lp_time now = lp_clock(), next = LP_NEVER;
	for (size_t i = 0; i < held_count;) {
		struct held *h = held[i];
		const struct sender *s = &senders[h->sender];
		if (h->due > now) {
			next = h->due < next ? h->due : next;
			i++;
			continue;
		}
		if (h->back)
			sendto(front, h->bytes, h->len, 0, &s->address.sa, s->address.len);
		else
			send(s->fd, h->bytes, h->len, 0);
		free(h);
		held_count--;
		memmove(&held[i], &held[i + 1], (held_count - i) * sizeof(*held));
	}
	return next;
}

static void take_line(char *line)
{
	for (char *word = strtok(line, " \n"); word; word = strtok(NULL, " \n")) {
		if (strcmp(word, "rebind") == 0)
			rebind();
		else if (!change(word))
			fail("not a setting");
	}
}

static void print_counts(void)
{
	printf("{\"arrived\":%llu,\"lost\":%llu,\"duplicated\":%llu,\"delayed\":%llu,\"late\":%llu,"
	       "\"damaged\":%llu,"
	       "\"full\":%llu}\n",
		(unsigned long long)arrived, (unsigned long long)lost, (unsigned long long)doubled,
		(unsigned long long)delayed, (unsigned long long)late, (unsigned long long)damaged,
		(unsigned long long)full);
	fflush(stdout);
	arrived = lost = doubled = delayed = late = damaged = full = 0;
}

int main(int argc, char **argv)
{
	char line[256];
	int ready[READY];
	if (argc < 3 || !lp_listen_parse(argv[2], &target)) {
		fprintf(stderr, "usage: impair LISTEN TARGET [NAME=VALUE...]\n");
		return 2;
	}
	for (int i = 3; i < argc; i++) {
		if (!change(argv[i]))
			fail("not a setting");
	}
	front = udp_open_text(argv[1], true, SOCK_NONBLOCK);
	lp_waiter_open(&waiter);
	if (!lp_waiter_add(&waiter, front) || !lp_waiter_add(&waiter, STDIN_FILENO))
		fail("out of descriptors");
	setvbuf(stdin, NULL, _IONBF, 0); /* so that a line that waits is readable */
	printf("forwarding\n");
	fflush(stdout);
	for (lp_time next = LP_NEVER;; next = release()) {
		size_t count = lp_wait(&waiter, next, ready, READY);
		for (size_t i = 0; i < count; i++) {
			if (ready[i] != STDIN_FILENO)
				continue;
			bool more = fgets(line, sizeof(line), stdin) != NULL;
			if (more)
				take_line(line);
			print_counts(); /* whoever reads them knows that the line has taken effect */
			if (!more)
				return 0;
		}
		take_all();
	}
}
