#include "offload.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lanparty/edge/log.h"

#define FEATURES_MAX 128 /* the kernel has some 65 */
#define BLOCKS_MAX   (FEATURES_MAX / 32)
#define NAMES_TEXT   256

/* Merged frames are longer than the MTU, and merged UDP packets cannot be split again. rx-vlan-hw-parse:
 * without it no driver removes a VLAN tag unseen. */
static const char *const unwanted[] = {
	"rx-gro",
	"rx-gro-hw",
	"rx-gro-list",
	"rx-udp-gro-forwarding",
	"rx-lro",
	"rx-vlan-hw-parse",
};

/* Which features were on, one bit each, as the kernel numbers them. */
struct features {
	int fd;
	int index;
	uint32_t blocks;
	uint32_t on[BLOCKS_MAX];
	char names[NAMES_TEXT];
};

static bool ethtool(int fd, int index, void *command)
{
	struct ifreq request = {.ifr_data = command};
	/* The name of now: the interface can have been renamed. */
	return if_indextoname((unsigned)index, request.ifr_name) &&
	       ioctl(fd, SIOCETHTOOL, &request) == 0;
}

static uint32_t count_features(const struct features *f)
{
	_Alignas(struct ethtool_sset_info)
		uint8_t bytes[sizeof(struct ethtool_sset_info) + 4] = {0};
	struct ethtool_sset_info *info = (void *)bytes;
	uint32_t count;
	info->cmd = ETHTOOL_GSSET_INFO;
	info->sset_mask = UINT64_C(1) << ETH_SS_FEATURES;
	if (!ethtool(f->fd, f->index, info) || info->sset_mask == 0)
		return 0;
	memcpy(&count, bytes + sizeof(*info), sizeof(count));
	return count < FEATURES_MAX ? count : FEATURES_MAX;
}

static bool is_unwanted(const char *name)
{
	for (size_t i = 0; i < sizeof(unwanted) / sizeof(unwanted[0]); i++) {
		if (strncmp(name, unwanted[i], ETH_GSTRING_LEN) == 0)
			return true;
	}
	return false;
}

/* Fills f->on with the unwanted features that are on and can be changed. */
static bool find_unwanted(struct features *f)
{
	uint32_t count = count_features(f);
	struct ethtool_gstrings *strings =
		calloc(1, sizeof(*strings) + (size_t)count * ETH_GSTRING_LEN);
	struct ethtool_gfeatures *now =
		calloc(1, sizeof(*now) + BLOCKS_MAX * sizeof(now->features[0]));
	bool found = false;
	if (!strings || !now)
		goto done;
	strings->cmd = ETHTOOL_GSTRINGS;
	strings->string_set = ETH_SS_FEATURES;
	strings->len = count;
	now->cmd = ETHTOOL_GFEATURES;
	now->size = f->blocks = (count + 31) / 32;
	if (count == 0 || !ethtool(f->fd, f->index, strings) || !ethtool(f->fd, f->index, now))
		goto done;
	for (uint32_t i = 0; i < count; i++) {
		const char *name = (const char *)strings->data + (size_t)i * ETH_GSTRING_LEN;
		uint32_t bit = UINT32_C(1) << i % 32;
		const struct ethtool_get_features_block *block = &now->features[i / 32];
		if (!(block->requested & block->available & bit) || !is_unwanted(name))
			continue;
		size_t len = strlen(f->names);
		snprintf(f->names + len, sizeof(f->names) - len, "%s%.*s", len > 0 ? " " : "",
			ETH_GSTRING_LEN, name);
		f->on[i / 32] |= bit;
		found = true;
	}
done:
	free(strings);
	free(now);
	return found;
}

static bool set_features(const struct features *f, bool on)
{
	_Alignas(struct ethtool_sfeatures)
		uint8_t bytes[sizeof(struct ethtool_sfeatures) +
			      BLOCKS_MAX * sizeof(struct ethtool_set_features_block)] = {0};
	struct ethtool_sfeatures *set = (void *)bytes;
	set->cmd = ETHTOOL_SFEATURES;
	set->size = f->blocks;
	for (uint32_t i = 0; i < f->blocks; i++) {
		set->features[i].valid = f->on[i];
		set->features[i].requested = on ? f->on[i] : 0;
	}
	return ethtool(f->fd, f->index, set);
}

/* In the child: when the gateway ends, the features become as they were. */
static bool restore(const void *context, int gateway)
{
	const struct features *f = context;
	char byte;
	ssize_t n;
	do
		n = read(gateway, &byte, 1);
	while (n > 0 || (n < 0 && errno == EINTR));
	return set_features(f, true) || errno == ENXIO ||
	       errno == ENODEV; /* the interface is gone */
}

static bool start_keeper(const struct features *f, struct lp_child *ret_keeper)
{
	const struct lp_child_task task = {.name = "lanparty-keeper",
		.kept = CAP_NET_ADMIN,
		.program = LP_SANDBOX_MEMBER,
		.fd = f->fd,
		.run = restore,
		.context = f};
	return lp_child_start(&task, ret_keeper);
}

void lp_offload_disable(const struct lp_interface *interface, struct lp_child *ret_keeper)
{
	struct features f = {.index = interface->index};
	*ret_keeper = (struct lp_child){.socket = -1};
	f.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	/* The keeper starts first, so that every change is undone whatever happens next. */
	if (f.fd >= 0 && find_unwanted(&f)) {
		if (start_keeper(&f, ret_keeper) && set_features(&f, false))
			lp_log(LP_LOG_INFO, "offload_disabled", "interface=%s features=%s until=%s",
				interface->name, f.names, "the gateway ends");
		else
			lp_log(LP_LOG_WARNING, "offload_failed",
				"interface=%s features=%s reason=%s hint=%s", interface->name,
				f.names, strerror(errno), "turn them off with ethtool -K");
	}
	if (f.fd >= 0)
		close(f.fd);
}

void lp_offload_look(struct lp_child *keeper)
{
	if (!lp_child_has_ended(keeper))
		return;
	lp_child_end(keeper);
	lp_log(LP_LOG_WARNING, "offload_not_restored", "reason=%s hint=%s",
		"the process that was to do so has ended",
		"the interface's features stay off when the gateway ends: turn them on with "
		"ethtool -K");
}

void lp_offload_restore(struct lp_child *keeper)
{
	if (keeper->pid > 0 && !lp_child_end(keeper))
		lp_log(LP_LOG_WARNING, "offload_not_restored", "hint=%s",
			"look at the interface's features with ethtool -k");
}
