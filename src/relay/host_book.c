#include "host_book.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lanparty/base/hex.h"
#include "lanparty/quic/crypto.h"
#include "lanparty/quic/host_key.h"

#define LOCKED   " locked"
#define ISOLATED " isolated"
#define BAN      "ban"
#define MEMBER   "member"
#define HEAD     "# Rooms that belong to a host key. lanparty-relay replaces this file.\n"

void host_book_clear(struct host_book *book)
{
	for (size_t i = 0; i < book->count; i++)
		free(book->list[i]);
	free(book->list);
	*book = (struct host_book){NULL, 0};
}

bool host_book_id(const uint8_t room_key[LP_ROOM_KEY_SIZE], uint8_t ret_id[HOST_BOOK_ID])
{
	return lp_derive(room_key, LP_ROOM_KEY_SIZE, "lanparty/1 hosted room", ret_id);
}

/* The first entry that does not come before the ID. */
static size_t place_of(const struct host_book *book, const uint8_t id[HOST_BOOK_ID])
{
	size_t from = 0, to = book->count;
	while (from < to) {
		size_t middle = (from + to) / 2;
		if (memcmp(book->list[middle]->id, id, HOST_BOOK_ID) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static struct host_entry *find(const struct host_book *book, const uint8_t id[HOST_BOOK_ID])
{
	size_t at = place_of(book, id);
	bool found = at < book->count && memcmp(book->list[at]->id, id, HOST_BOOK_ID) == 0;
	return found ? book->list[at] : NULL;
}

const struct host_entry *host_book_find(
	const struct host_book *book, const uint8_t id[HOST_BOOK_ID])
{
	return find(book, id);
}

static bool make_space(struct host_book *book, uint32_t day)
{
	size_t oldest = 0;
	if (book->count < HOST_BOOK_ROOMS)
		return true;
	for (size_t i = 1; i < book->count; i++)
		if (book->list[i]->day < book->list[oldest]->day)
			oldest = i;
	if (book->list[oldest]->day >= day)
		return false;
	free(book->list[oldest]);
	book->count--;
	memmove(book->list + oldest, book->list + oldest + 1,
		(book->count - oldest) * sizeof(*book->list));
	return true;
}

static struct host_entry *add(struct host_book *book, const uint8_t id[HOST_BOOK_ID], uint32_t day)
{
	if (!book->list)
		book->list = calloc(HOST_BOOK_ROOMS, sizeof(*book->list));
	struct host_entry *entry = book->list ? calloc(1, sizeof(*entry)) : NULL;
	if (!entry || !make_space(book, day)) {
		free(entry);
		return NULL;
	}
	size_t at = place_of(book, id);
	memmove(book->list + at + 1, book->list + at, (book->count - at) * sizeof(*book->list));
	book->list[at] = entry;
	book->count++;
	memcpy(entry->id, id, HOST_BOOK_ID);
	return entry;
}

static bool is_same_list(
	const struct lp_hosted_member *a, const struct lp_hosted_member *b, size_t count)
{
	bool same = true;
	for (size_t i = 0; i < count; i++)
		same = same && lp_mac_equal(&a[i].mac, &b[i].mac) &&
		       memcmp(a[i].id, b[i].id, sizeof(a[i].id)) == 0 &&
		       memcmp(a[i].address, b[i].address, sizeof(a[i].address)) == 0 &&
		       strcmp(a[i].name, b[i].name) == 0;
	return same;
}

static bool is_same(const struct lp_hosted *a, const struct lp_hosted *b)
{
	return memcmp(a->key, b->key, sizeof(a->key)) == 0 && a->locked == b->locked &&
	       a->isolated == b->isolated && a->ban_count == b->ban_count &&
	       a->member_count == b->member_count && is_same_list(a->bans, b->bans, a->ban_count) &&
	       is_same_list(a->members, b->members, a->member_count);
}

bool host_book_keep(struct host_book *book, const uint8_t id[HOST_BOOK_ID],
	const struct lp_hosted *hosted, uint32_t day, bool *ret_changed)
{
	struct host_entry *entry = find(book, id);
	bool is_new = !entry;
	if (is_new)
		entry = add(book, id, day);
	if (!entry)
		return false;
	*ret_changed = is_new || entry->day != day || !is_same(&entry->hosted, hosted);
	entry->day = day;
	entry->hosted = *hosted;
	return true;
}

/* ---- text */

static void put_hex(FILE *out, const uint8_t *bytes, size_t len)
{
	char text[2 * LP_HOST_KEY_SIZE + 1]; /* the longest of all fields */
	fputs(lp_hex_write(bytes, len, text), out);
}

static void write_member(FILE *out, const char *word, const struct lp_hosted_member *who)
{
	fprintf(out, "%s ", word);
	put_hex(out, who->mac.b, sizeof(who->mac.b));
	fputc(' ', out);
	put_hex(out, who->id, sizeof(who->id));
	fputc(' ', out);
	put_hex(out, who->address, sizeof(who->address));
	fprintf(out, " %s\n", who->name);
}

static void write_entry(FILE *out, const struct host_entry *entry)
{
	const struct lp_hosted *h = &entry->hosted;
	fputs("room ", out);
	put_hex(out, entry->id, HOST_BOOK_ID);
	fputs(" key ", out);
	put_hex(out, entry->hosted.key, LP_HOST_KEY_SIZE);
	fprintf(out, " day %" PRIu32 "%s%s\n", entry->day, h->locked ? LOCKED : "",
		h->isolated ? ISOLATED : "");
	for (size_t i = 0; i < h->ban_count; i++)
		write_member(out, BAN, &h->bans[i]);
	for (size_t i = 0; i < h->member_count; i++)
		write_member(out, MEMBER, &h->members[i]);
}

char *host_book_write(const struct host_book *book, size_t *ret_len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_len);
	if (!out)
		return NULL;
	fputs(HEAD, out);
	for (size_t i = 0; i < book->count; i++)
		write_entry(out, book->list[i]);
	bool good = !ferror(out);
	if (fclose(out) == 0 && good)
		return text;
	free(text);
	return NULL;
}

static bool skip(const char **at, const char *word)
{
	size_t len = strlen(word);
	if (strncmp(*at, word, len) != 0)
		return false;
	*at += len;
	return true;
}

static bool read_hex(const char **at, uint8_t *ret_bytes, size_t len)
{
	bool good = lp_hex_read(*at, len, ret_bytes);
	if (good)
		*at += 2 * len;
	return good;
}

static bool read_number(const char **at, uint32_t *ret_number)
{
	uint64_t number = 0;
	const char *from = *at;
	for (; **at >= '0' && **at <= '9' && number <= UINT32_MAX; ++*at)
		number = 10 * number + (uint64_t)(**at - '0');
	*ret_number = (uint32_t)number;
	return *at > from && number <= UINT32_MAX;
}

/* The rest of the line is the name, which has no line break. */
static bool read_member(const char **at, const char *word, struct lp_hosted_member *ret_who)
{
	struct lp_hosted_member who = {.mac = {{0}}};
	if (!skip(at, word) || !skip(at, " ") || !read_hex(at, who.mac.b, sizeof(who.mac.b)) ||
		!skip(at, " ") || !read_hex(at, who.id, sizeof(who.id)) || !skip(at, " ") ||
		!read_hex(at, who.address, sizeof(who.address)) || !skip(at, " "))
		return false;
	size_t len = strcspn(*at, "\n");
	lp_name_copy(who.name, sizeof(who.name), *at, len);
	*at += len;
	*ret_who = who;
	return true;
}

static struct lp_hosted_member *add_member(struct lp_hosted_member *list, size_t *count, size_t max)
{
	return *count < max ? &list[(*count)++] : NULL;
}

/* A line that begins with neither word belongs to the next room. */
static bool read_members(const char **at, size_t *line, struct lp_hosted *h)
{
	bool good = true;
	while (good && (*at)[0] == '\n' && ((*at)[1] == BAN[0] || (*at)[1] == MEMBER[0])) {
		bool bans = *++*at == BAN[0];
		struct lp_hosted_member *who =
			bans ? add_member(h->bans, &h->ban_count, LP_HOSTED_BANS)
			     : add_member(h->members, &h->member_count, LP_HOSTED_MEMBERS);
		++*line;
		good = who && read_member(at, bans ? BAN : MEMBER, who);
	}
	return good;
}

static bool read_room(struct host_book *book, const char **at, size_t *line, uint32_t day)
{
	struct host_entry e = {.day = 0};
	bool ignored;
	if (!skip(at, "room ") || !read_hex(at, e.id, HOST_BOOK_ID) || !skip(at, " key ") ||
		!read_hex(at, e.hosted.key, LP_HOST_KEY_SIZE) || !skip(at, " day ") ||
		!read_number(at, &e.day) || find(book, e.id))
		return false;
	e.hosted.locked = skip(at, LOCKED);
	e.hosted.isolated = skip(at, ISOLATED);
	if (!read_members(at, line, &e.hosted))
		return false;
	lp_host_print(e.hosted.key, e.hosted.print);
	/* A day that is yet to come stays: this computer's clock can be the wrong one, until it is set. */
	return (e.day < day && day - e.day > HOST_BOOK_DAYS) ||
	       host_book_keep(book, e.id, &e.hosted, e.day, &ignored);
}

size_t host_book_read(struct host_book *book, const char *text, uint32_t day)
{
	const char *at = text;
	for (size_t line = 1; *at; line++) {
		if (*at == '#')
			at += strcspn(at, "\n");
		else if (!read_room(book, &at, &line, day))
			return line;
		if (*at++ != '\n')
			return line;
	}
	return 0;
}
