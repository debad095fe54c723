#include "dhcp_dir.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dhcp_news.h"

#define NAME "%s/lanparty-"

/* dhclient gets the options that it asks for, and no others. */
static const char dhclient_config[] = "request subnet-mask, broadcast-address;\n"
				      "timeout 15;\nretry 3;\ninitial-interval 2;\n";

/* The script alone configures the interface: several processes of dhcpcd would leave parts of that behind
 * when they are killed. On the command line, --release would end a dhcpcd that runs already. reboot 0:
 * asks for a lease of this LAN, and not for the last one again. noarp, nodelay: 5 s less; relay and gateway
 * keep two members from one address, and the DHCP server asks before it offers one. */
static const char dhcpcd_config[] =
	"noconfigure\nnogateway\nnoipv4ll\nnoarp\nnodelay\nrelease\nreboot 0\ntimeout 0\n";

void dhcp_dir_remove(const char *dir)
{
	DIR *files = opendir(dir);
	int fd = files ? dirfd(files) : -1;
	const struct dirent *file;
	while (fd >= 0 && (file = readdir(files)))
		unlinkat(fd, file->d_name, 0); /* not . and .. */
	if (files)
		closedir(files);
	rmdir(dir);
}

static bool is_left(const char *dir)
{
	struct stat st;
	return lstat(dir, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	       dhcp_news_is_deaf(dir);
}

static void sweep(const char *parent)
{
	char pattern[PATH_MAX];
	glob_t found = {0};
	snprintf(pattern, sizeof(pattern), NAME "??????", parent);
	if (glob(pattern, GLOB_NOSORT, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc; i++)
			if (is_left(found.gl_pathv[i]))
				dhcp_dir_remove(found.gl_pathv[i]);
	globfree(&found);
}

static bool make(char dir[DHCP_DIR])
{
	const char *parents[] = {getenv("RUNTIME_DIRECTORY"), "/run", "/tmp"};
	for (size_t i = 0; i < sizeof(parents) / sizeof(parents[0]); i++) {
		if (!parents[i])
			continue;
		sweep(parents[i]);
		int len = snprintf(dir, DHCP_DIR, NAME "XXXXXX", parents[i]);
		if (len > 0 && len < DHCP_DIR && mkdtemp(dir))
			return true;
	}
	dir[0] = 0;
	return false;
}

static bool write_config(const char *dir, const char *name, const char *text)
{
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	FILE *file = fopen(path, "we");
	if (!file)
		return false;
	bool good = fputs(text, file) >= 0;
	return fclose(file) == 0 && good;
}

static bool fill(const char *dir)
{
	char path[PATH_MAX], self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (len < 0)
		return false;
	self[len] = 0;
	snprintf(path, sizeof(path), "%s/" DHCP_SCRIPT, dir);
	return symlink(self, path) == 0 &&
	       write_config(dir, DHCP_DHCLIENT_CONFIG, dhclient_config) &&
	       write_config(dir, DHCP_DHCPCD_CONFIG, dhcpcd_config);
}

/* The socket comes first: it shows others that the folder is in use. */
int dhcp_dir_make(char dir[DHCP_DIR])
{
	int news = make(dir) ? dhcp_news_open(dir) : -1;
	if (news < 0 || fill(dir))
		return news;
	int error = errno;
	close(news);
	errno = error;
	return -1;
}
