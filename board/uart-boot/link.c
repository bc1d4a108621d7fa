// SPDX-License-Identifier: BSD-2-Clause
#include "board/uart-boot/link.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

int64_t link_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int set_raw(int fd)
{
	struct termios mode;

	if (tcgetattr(fd, &mode) != 0)
		return -errno;
	cfmakeraw(&mode);
	/* Breaks and errors arrive as \377 \0 byte, so that a reset is not taken for zeros; \377 as
	 * \377 \377. */
	mode.c_iflag = INPCK | PARMRK;
	mode.c_cflag &= ~(tcflag_t)(CSTOPB | CRTSCTS | PARENB | CSIZE);
	mode.c_cflag |= CS8 | CREAD | CLOCAL;
	mode.c_cc[VMIN] = 0;
	mode.c_cc[VTIME] = 0;
	cfsetspeed(&mode, B115200);
	return tcsetattr(fd, TCSANOW, &mode) == 0 ? 0 : -errno;
}

static const struct {
	uint32_t baud;
	speed_t code;
} speeds[] = {
	{ 115200, B115200 }, { 230400, B230400 }, { 460800, B460800 },	 { 500000, B500000 },
	{ 576000, B576000 }, { 921600, B921600 }, { 1000000, B1000000 },
};

bool link_has_speed(uint32_t baud)
{
	for (size_t i = 0; i < sizeof(speeds) / sizeof(speeds[0]); i++) {
		if (speeds[i].baud == baud)
			return true;
	}
	return false;
}

int link_set_speed(struct link *link, uint32_t baud, struct board_error *error)
{
	struct termios mode, now;
	speed_t code = B0;

	for (size_t i = 0; i < sizeof(speeds) / sizeof(speeds[0]); i++) {
		if (speeds[i].baud == baud)
			code = speeds[i].code;
	}
	if (tcgetattr(link->fd, &mode) != 0)
		return board_fail(error, EIO, "the serial line is gone; is the cable plugged in?");
	/* What the driver did not take, it gives back as something else. */
	if (code == B0 || cfsetspeed(&mode, code) != 0 ||
	    tcsetattr(link->fd, TCSADRAIN, &mode) != 0 || tcgetattr(link->fd, &now) != 0 ||
	    cfgetospeed(&now) != code)
		return board_fail(error, ENOTSUP,
				  "the serial adapter of this PC does not do %u Bd; take a lower "
				  "--baud, or none",
				  baud);
	return 0;
}

static int open_tty(struct link *link, const char *device, struct board_error *error)
{
	int result;

	link->fd = open(device, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (link->fd < 0)
		return board_fail(error, errno, "%s: %s%s", device, strerror(errno),
				  errno == EACCES ? "; add yourself to the group dialout" : "");
	if (!isatty(link->fd))
		return board_fail(error, ENOTTY, "%s: not a serial line", device);
	if (flock(link->fd, LOCK_EX | LOCK_NB) != 0 || ioctl(link->fd, TIOCEXCL) != 0)
		return board_fail(error, EBUSY, "%s: another program has it open; close that first",
				  device);
	result = set_raw(link->fd);
	if (result != 0)
		return board_fail(error, -result, "%s: cannot set 115200 8N1: %s", device,
				  strerror(-result));
	return 0;
}

int link_open(struct link *link, const char *device, struct board_error *error)
{
	int result;

	memset(link, 0, sizeof(*link));
	result = open_tty(link, device, error);
	if (result != 0)
		link_close(link);
	else
		link_flush(link);
	return result;
}

void link_close(struct link *link)
{
	if (link->fd >= 0) {
		ioctl(link->fd, TIOCNXCL);
		close(link->fd);
	}
	link->fd = -1;
}

/* Wait for events until deadline. Returns 0, -ETIMEDOUT or -EIO. */
static int wait_for(struct link *link, short events, int64_t deadline)
{
	for (;;) {
		struct pollfd poll_fd = { .fd = link->fd, .events = events };
		int64_t left = deadline - link_now();
		int ready;

		/* A board that talks without end does not stretch the deadline. */
		if (left < 0)
			return -ETIMEDOUT;
		ready = poll(&poll_fd, 1, (int)left);
		if (ready > 0 && (poll_fd.revents & events) != 0)
			return 0;
		if (ready > 0)
			return -EIO;
		if (ready < 0 && errno != EINTR)
			return -EIO;
	}
}

static int fill(struct link *link, int64_t deadline)
{
	int result = wait_for(link, POLLIN, deadline);
	ssize_t got;

	if (result != 0)
		return result;
	got = read(link->fd, link->buffer, sizeof(link->buffer));
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	/* Ready, but nothing there: the line has been hung up. */
	if (got <= 0)
		return -EIO;
	link->at = 0;
	link->filled = (size_t)got;
	return 0;
}

/* Undo PARMRK. Returns the byte, or -1 where there is none (yet). */
static int unmark(struct link *link, uint8_t byte)
{
	switch (link->marked) {
	case 0:
		if (byte != 0xff)
			return byte;
		link->marked = 1;
		return -1;
	case 1:
		link->marked = byte == 0 ? 2 : 0;
		return byte == 0 ? -1 : byte;
	default:
		link->marked = 0;
		return -1;
	}
}

int link_read(struct link *link, int64_t deadline)
{
	for (;;) {
		while (link->at < link->filled) {
			int byte = unmark(link, link->buffer[link->at++]);

			if (byte >= 0)
				return byte;
		}
		int result = fill(link, deadline);

		if (result != 0)
			return result;
	}
}

int link_write(struct link *link, const uint8_t *bytes, size_t size, int64_t deadline)
{
	while (size > 0) {
		int result = wait_for(link, POLLOUT, deadline);
		ssize_t put;

		if (result != 0)
			return result;
		put = write(link->fd, bytes, size);
		if (put < 0 && errno != EAGAIN && errno != EINTR)
			return -EIO;
		if (put > 0) {
			bytes += put;
			size -= (size_t)put;
		}
	}
	return 0;
}

size_t link_queued(struct link *link)
{
	int queued = 0;

	return ioctl(link->fd, TIOCOUTQ, &queued) == 0 && queued > 0 ? (size_t)queued : 0;
}

void link_drain(struct link *link)
{
	tcdrain(link->fd);
}

void link_flush_output(struct link *link)
{
	tcflush(link->fd, TCOFLUSH);
}

void link_flush(struct link *link)
{
	tcflush(link->fd, TCIFLUSH);
	link->at = link->filled = 0;
	link->marked = 0;
}
