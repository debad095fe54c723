/* acts.c - the words for what a host does (row H3). */
#include "lanparty/wire/control.h"

const char *lp_act_word(enum lp_act act)
{
	switch (act) {
#define WORD(name, number, word)                                                                   \
	case LP_ACT_##name:                                                                        \
		return word;
		LP_ACT_LIST(WORD)
#undef WORD
	}
	return lp_act_word(LP_ACT_NONE);
}

const char *lp_acted_text(enum lp_acted acted)
{
	switch (acted) {
#define TEXT(name, number, word, text)                                                             \
	case LP_ACTED_##name:                                                                      \
		return text;
		LP_ACTED_LIST(TEXT)
#undef TEXT
	}
	return lp_acted_text(LP_ACTED_UNKNOWN);
}

bool lp_acted_is_done(enum lp_acted acted)
{
	return acted == LP_ACTED_DONE || acted == LP_ACTED_NOT_KEPT;
}
