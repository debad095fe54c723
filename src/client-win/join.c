#include "join.h"

#include <stdio.h>
#include <string.h>

#include "lanparty/base/wipe.h"
#include "words.h"

#define SCHEME "lanparty:"

enum kind {
	NOTHING,
	INVITE,
	BAD_INVITE,
	CODE,
	BAD_CODE,
	MISTYPED, /* a code, or an invite's */
};

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Mail programs break lines and put <> around links. White space is not part of an invite and means
 * nothing in a room code. */
static void tidy(const char *typed, char tidied[JOIN_TYPED])
{
	size_t len = 0;
	for (; *typed && len + 1 < JOIN_TYPED; typed++)
		if (!is_space(*typed) && *typed != '<' && *typed != '>' && *typed != '"')
			tidied[len++] = *typed;
	tidied[len] = 0;
}

static bool begins_with(const char *text, const char *prefix)
{
	for (; *prefix; text++, prefix++) {
		char c = *text >= 'A' && *text <= 'Z' ? (char)(*text - 'A' + 'a') : *text;
		if (c != *prefix)
			return false;
	}
	return true;
}

static enum kind kind_of(enum lp_status status, enum kind good, enum kind bad)
{
	return status == LP_OK ? good : status == LP_MISTYPED ? MISTYPED : bad;
}

/* A room code is stored in invite->code too; then the rest of the invite is unset. */
static enum kind read_typed(const char *typed, struct lp_invite *invite)
{
	char tidied[JOIN_TYPED];
	enum kind kind = NOTHING;
	memset(invite, 0, sizeof(*invite));
	tidy(typed, tidied);
	if (begins_with(tidied, SCHEME) || strchr(tidied, '/'))
		kind = kind_of(lp_invite_parse(tidied, invite), INVITE, BAD_INVITE);
	else if (tidied[0])
		kind = kind_of(lp_code_parse(tidied, &invite->code), CODE, BAD_CODE);
	if (kind == INVITE && !invite->code.text[0] && !lp_guest_is_known(invite->guest))
		kind = BAD_INVITE; /* the relay's own: players need a room */
	lp_zero(tidied, sizeof(tidied));
	return kind;
}

bool join_is_invite(const char *typed)
{
	struct lp_invite invite;
	bool good = strlen(typed) < JOIN_TYPED && read_typed(typed, &invite) == INVITE;
	lp_zero(&invite, sizeof(invite));
	return good;
}

static void say(char sentence[JOIN_SENTENCE], const char *text)
{
	snprintf(sentence, JOIN_SENTENCE, "%s", text);
}

static const char no_relay[] = "This is a room code, but the relay is not known here yet. Ask "
			       "your host for the whole invite: it begins with lanparty://";
static const char mistyped[] =
	"This room code has a typing error. Compare it with the one that your host "
	"sent, or copy that one and paste it here.";
static const char incomplete[] =
	"This invite is not complete. Copy the whole of it: it begins with lanparty:// and is one "
	"long word.";

static void hint_of_code(const struct lp_code *code, const struct lp_peer_options *known,
	char sentence[JOIN_SENTENCE])
{
	char relay[WORDS_RELAY];
	size_t len = strlen(code->text);
	words_relay(&known->relay, relay);
	if (!known->relay.name[0])
		say(sentence, "A room code. The relay is unknown: paste the whole invite instead.");
	else if (code->chosen && len > 10 && len < 22 && len != LP_CODE_CHARS)
		snprintf(sentence, JOIN_SENTENCE,
			"A code of %zu characters for the relay %s. Most have %d: compare it.", len,
			relay, LP_CODE_CHARS);
	else
		snprintf(sentence, JOIN_SENTENCE, "A room code for the relay %s", relay);
}

void join_hint(const char *typed, const struct lp_peer_options *known, bool again,
	char sentence[JOIN_SENTENCE])
{
	struct lp_invite invite;
	char relay[WORDS_RELAY];
	switch (read_typed(typed, &invite)) {
	case INVITE:
		snprintf(sentence, JOIN_SENTENCE, "An invite to the relay %s",
			words_relay(&invite.relay, relay));
		break;
	case BAD_INVITE:
		say(sentence, "This invite is not complete yet");
		break;
	case MISTYPED:
		say(sentence, "This room code is not complete yet, or has a typing error");
		break;
	case CODE:
		hint_of_code(&invite.code, known, sentence);
		break;
	case NOTHING:
	case BAD_CODE:
		if (again)
			say(sentence, "Join goes back to the room that you have left.");
		else if (known->relay.name[0])
			snprintf(sentence, JOIN_SENTENCE,
				"The room's code is enough: the relay is %s.",
				words_relay(&known->relay, relay));
		else
			say(sentence, "Your host sends it to you. It begins with lanparty://");
	}
	lp_zero(&invite, sizeof(invite));
}

/* Names the first character that cannot be part of a room code, or the wrong length. */
static void explain_code(const char *typed, char sentence[JOIN_SENTENCE])
{
	char tidied[JOIN_TYPED];
	size_t count = 0, bad = 0;
	tidy(typed, tidied);
	for (size_t i = 0; tidied[i] && !bad; i++) {
		char c = tidied[i];
		bool digit = c >= '0' && c <= '9';
		bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
		count += digit || letter;
		if (digit || letter || c == '-')
			continue;
		/* its continuation bytes in UTF-8 */
		for (bad = 1; (tidied[i + bad] & 0xc0) == 0x80;)
			bad++;
		snprintf(sentence, JOIN_SENTENCE,
			"\xe2\x80\x9c%.*s\xe2\x80\x9d cannot be in a room code: it has letters "
			"from A to Z and digits only. Compare it with the one that your host sent.",
			(int)bad, tidied + i);
	}
	if (!bad && count < LP_CODE_MIN)
		snprintf(sentence, JOIN_SENTENCE,
			"This room code is too short. Most have %d letters and digits: compare it "
			"with the one that your host sent.",
			LP_CODE_CHARS);
	else if (!bad)
		snprintf(sentence, JOIN_SENTENCE,
			"This room code is too long: none has more than %d letters and digits. "
			"Compare it with the one that your host sent.",
			LP_CODE_MAX);
	lp_zero(tidied, sizeof(tidied));
}

/* Adds the player's name and the room's key to the options. */
static bool complete(struct lp_peer_options *options, const char *name, struct lp_code *code,
	char sentence[JOIN_SENTENCE])
{
	if (!options->relay.name[0]) {
		say(sentence, no_relay);
		return false;
	}
	char own[sizeof(options->name)];
	lp_name_copy(own, sizeof(own), name, strlen(name));
	if (own[strspn(own, " ")])
		memcpy(options->name, own, sizeof(own));
	if (lp_peer_options_use_code(options, code))
		return true;
	say(sentence, "Windows refused the cryptography that lanparty needs. Restart the "
		      "computer.");
	return false;
}

static void forget_host(struct lp_peer_options *options)
{
	memset(options->host, 0, sizeof(options->host));
	memset(options->guest, 0, sizeof(options->guest));
}

bool join_options(const char *typed, const char *name, const struct lp_peer_options *known,
	struct lp_peer_options *ret_options, char sentence[JOIN_SENTENCE])
{
	struct lp_peer_options options = *known;
	struct lp_invite invite;
	enum kind kind = read_typed(typed, &invite);
	bool good = false;
	switch (kind) {
	case NOTHING:
		say(sentence,
			known->relay.name[0]
				? "Type the room's code, or paste the invite that your host sent."
				: "Paste the invite that your host sent. It begins with "
				  "lanparty://");
		break;
	case BAD_INVITE:
		say(sentence, incomplete);
		break;
	case BAD_CODE:
		explain_code(typed, sentence);
		break;
	case MISTYPED:
		say(sentence, mistyped);
		break;
	case INVITE:
	case CODE:
		if (kind == INVITE)
			lp_peer_options_use_invite(&options, &invite);
		else /* another room of the same relay */
			forget_host(&options);
		good = complete(&options, name, &invite.code, sentence);
	}
	if (good)
		*ret_options = options;
	lp_zero(&options, sizeof(options));
	lp_zero(&invite, sizeof(invite));
	return good;
}
