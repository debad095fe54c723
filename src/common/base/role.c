#include "lanparty/base/role.h"

const char *lp_role_text(enum lp_role role)
{
	switch (role) {
	case LP_ROLE_CLIENT:
		return "client";
	case LP_ROLE_GATEWAY:
		return "gateway";
	}
	return "unknown";
}
