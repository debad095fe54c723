#include "lanparty/base/status.h"

#include <stddef.h>

const char *lp_status_text(enum lp_status status)
{
	static const char *const texts[] = {
#define TEXT(name, text) [LP_##name] = text,
		LP_STATUS_LIST(TEXT)
#undef TEXT
	};

	return (size_t)status < sizeof(texts) / sizeof(texts[0]) ? texts[status] : "unknown status";
}
