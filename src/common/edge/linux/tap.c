#include "lanparty/edge/linux/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lanparty/edge/linux/netlink.h"

static int create(const char *name, struct lp_tap *t)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	struct lp_interface made;
	size_t len = strlen(name);
	if (len >= sizeof(request.ifr_name))
		return EINVAL;
	memcpy(request.ifr_name, name, len);
	if (ioctl(t->fd, TUNSETIFF, &request) != 0)
		return errno;
	int error = lp_netlink_find(request.ifr_name, &made);
	if (error != 0)
		return error;
	memcpy(t->name, made.name, sizeof(t->name));
	t->index = made.index;
	return 0;
}

int lp_tap_open(const char *name, struct lp_tap *ret_tap)
{
	struct lp_tap t = {.fd = open(LP_TAP_DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC)};
	if (t.fd < 0)
		return errno;
	int error = create(name, &t);
	if (error != 0)
		close(t.fd);
	else
		*ret_tap = t;
	return error;
}

bool lp_tap_read(struct lp_fd_port *port, uint8_t *frame, size_t cap, size_t *ret_len)
{
	ssize_t len = read(port->fd, frame, cap);
	if (len < 0) {
		if (errno == EBADFD)
			port->gone = true; /* for good: others can have noticed it before */
		return false;
	}
	*ret_len = (size_t)len;
	return true;
}

bool lp_tap_write(struct lp_fd_port *port, const uint8_t *frame, size_t len)
{
	if (port->full) {
		errno = EAGAIN;
		return false;
	}
	ssize_t written = write(port->fd, frame, len);
	port->full = written < 0 && errno == EAGAIN;
	return written == (ssize_t)len;
}

bool lp_tap_set_carrier(int fd, bool carrier)
{
	unsigned value = carrier;
	return ioctl(fd, TUNSETCARRIER, &value) == 0;
}
