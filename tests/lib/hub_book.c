#include "hub_book.h"

#include <string.h>

#include "hub_peers.h"

struct hub_book hub_book;

static bool find(void *context, const uint8_t room_key[LP_ROOM_KEY_SIZE], struct lp_hosted *ret)
{
	const struct hub_book *book = context;
	(void)room_key;
	if (book->keeps > 0)
		*ret = book->kept;
	return !book->is_lost;
}

static bool keep(
	void *context, const uint8_t room_key[LP_ROOM_KEY_SIZE], const struct lp_hosted *hosted)
{
	struct hub_book *book = context;
	(void)room_key;
	if (book->is_full)
		return false;
	book->kept = *hosted;
	book->keeps++;
	return true;
}

static bool proves(void *user, const struct lp_hello *hello, uint8_t ret_print[LP_HOST_PRINT])
{
	(void)user;
	hub_book.proofs++;
	memcpy(ret_print, hello->host_key, LP_HOST_PRINT);
	return memcmp(hello->host_key, hello->host_proof, LP_HOST_KEY_SIZE) == 0;
}

struct lp_hub_config hub_book_config(void)
{
	struct lp_hub_config config = relay_config();
	config.rooms.book = (struct lp_host_book){find, keep, &hub_book};
	config.proves = proves;
	return config;
}

void hub_book_clear(void)
{
	hub_book = (struct hub_book){.keeps = 0};
}
