#include "dhcp_clients.h"

#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#define SCRIPT "%s/" DHCP_SCRIPT
#define UDHCPC                                                                                     \
	"udhcpc", "-f", "-R", "-t", "4", "-T", "2", "-A", "3", "-o", "-O", "subnet", "-i", "%i",   \
		"-s", SCRIPT
#define DHCLIENT                                                                                   \
	"dhclient", "-4", "-d", "-cf", "%s/" DHCP_DHCLIENT_CONFIG, "-sf", SCRIPT, "-lf",           \
		"%s/" DHCP_LEASES, "-pf", "%s/" DHCP_PID, "%i"
#define DHCLIENT_RELEASE                                                                           \
	"dhclient", "-4", "-r", "-d", "-cf", "%s/" DHCP_DHCLIENT_CONFIG, "-sf", SCRIPT, "-lf",     \
		"%s/" DHCP_LEASES, "--no-pid", "%i"

const struct dhcp_client dhcp_clients[DHCP_CLIENTS] = {
	{"/usr/sbin/udhcpc", {UDHCPC}, {0}},
	{"/sbin/udhcpc", {UDHCPC}, {0}},
	{"/usr/sbin/dhclient", {DHCLIENT}, {DHCLIENT_RELEASE}},
	{"/sbin/dhclient", {DHCLIENT}, {DHCLIENT_RELEASE}},
	{"/usr/sbin/dhcpcd",
		{"dhcpcd", "-4", "-B", "-f", "%s/" DHCP_DHCPCD_CONFIG, "--script", SCRIPT, "%i"},
		{0}},
	{"/usr/bin/busybox", {"busybox", UDHCPC}, {0}},
};

static bool is_installed(size_t client, struct stat *ret_file)
{
	const char *path = dhcp_clients[client].path;
	return access(path, X_OK) == 0 && stat(path, ret_file) == 0;
}

/* A program can have several names: one that fails is not tried again by another. */
size_t dhcp_clients_installed(size_t ret_indices[DHCP_CLIENTS])
{
	struct stat files[DHCP_CLIENTS];
	size_t count = 0;
	for (size_t i = 0; i < DHCP_CLIENTS; i++) {
		size_t same = 0;
		if (!is_installed(i, &files[count]))
			continue;
		while (files[same].st_dev != files[count].st_dev ||
			files[same].st_ino != files[count].st_ino)
			same++;
		if (same == count)
			ret_indices[count++] = i;
	}
	return count;
}
