/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The generic watchdog of Arm's Base System Architecture (DEN0094, appendix "Generic watchdog",
 * revision 1; before, SBSA DEN0029): an interrupt when the guest has not refreshed it in time, and
 * after the same time again the end of the machine.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bhyve/counter.h"
#include "bhyve/device.h"
#include "bhyve/device/failure.h"
#include "bhyve/guest_memory.h"
#include "bhyve/mevent.h"
#include "bhyve/mmio.h"
#include "bhyve/report.h"
#include "lib/vmmapi/vmmapi.h"

/* Control frame; the refresh frame has WRR at 0. Both have W_IIDR. */
#define WCS	     0x000
#define WOR	     0x008
#define WOR_HIGH     0x00c
#define WCV	     0x010
#define WCV_HIGH     0x014
#define WRR	     0x000
#define W_IIDR	     0xfcc

#define WCS_EN	     (1u << 0)
#define WCS_WS0	     (1u << 1)
#define WCS_WS1	     (1u << 2)
#define WOR_MASK     ((1ULL << 48) - 1)
/* Architecture revision 1, implementer Arm (JEP106). */
#define IIDR	     (1u << 16 | 0x43bu)

#define NSEC_PER_SEC 1000000000.0

struct watchdog {
	struct device device;
	pthread_mutex_t lock;
	struct mevent_timer *timer;
	uint32_t how;	  /* what is done when it expires, failure.h */
	uint32_t wcs;	  /* WCS_* */
	uint64_t offset;  /* WOR, in ticks */
	uint64_t compare; /* WCV, in ticks of counter_now() */
	bool line;
};

/* Ticks that the guest's counter is behind counter_now(). */
static uint64_t counter_offset(void)
{
	uint64_t offset = 0;

	vm_get_register(guest_vm(), 0, VMM_REG_CNTVOFF_EL2, &offset);
	return offset;
}

static bool is_waiting(const struct watchdog *watchdog)
{
	return (watchdog->wcs & WCS_EN) && !(watchdog->wcs & WCS_WS1);
}

/* Sets interrupt line and timer as the registers want them. */
static void update(struct watchdog *watchdog)
{
	uint64_t now = counter_now();
	double left = watchdog->compare > now ? (double)(watchdog->compare - now) : 0;
	bool level = watchdog->wcs & WCS_WS0;

	if (level != watchdog->line)
		guest_irq(WATCHDOG_INTID, level);
	watchdog->line = level;
	left = left / counter_hz() * NSEC_PER_SEC;
	/* as good as never: 48 bits of ticks are days, but a WCV may be anything */
	if (!is_waiting(watchdog) || left > 1e18)
		mevent_timer_set(watchdog->timer, 0);
	else
		mevent_timer_set(watchdog->timer, mevent_now() + (int64_t)left + 1);
}

static void load_compare(struct watchdog *watchdog)
{
	watchdog->compare = counter_now() + watchdog->offset;
}

/* An explicit refresh: a write of WRR, WOR or WCS. */
static void refresh(struct watchdog *watchdog)
{
	watchdog->wcs &= WCS_EN;
	load_compare(watchdog);
	update(watchdog);
}

/* The time is over: the interrupt, and then the end. */
static void expire(struct watchdog *watchdog)
{
	if (!(watchdog->wcs & WCS_WS0)) {
		watchdog->wcs |= WCS_WS0;
		load_compare(watchdog);
		return;
	}
	watchdog->wcs |= WCS_WS1;
	report("the guest's watchdog expired%s",
	       watchdog->how == VMM_SUSPEND_RESET ? ": it is reset" : "");
	failure_act(watchdog->how);
}

/* The I/O loop. */
static void timer_due(void *arg)
{
	struct watchdog *watchdog = arg;

	pthread_mutex_lock(&watchdog->lock);
	if (is_waiting(watchdog) && counter_now() >= watchdog->compare)
		expire(watchdog);
	update(watchdog);
	pthread_mutex_unlock(&watchdog->lock);
}

static uint32_t read_control(const struct watchdog *watchdog, uint64_t offset)
{
	switch (offset) {
	case WCS:
		return watchdog->wcs;
	case WOR:
		return (uint32_t)watchdog->offset;
	case WOR_HIGH:
		return (uint32_t)(watchdog->offset >> 32);
	case WCV:
		return (uint32_t)(watchdog->compare - counter_offset());
	case WCV_HIGH:
		return (uint32_t)((watchdog->compare - counter_offset()) >> 32);
	case W_IIDR:
		return IIDR;
	default:
		return 0;
	}
}

static uint64_t with_low(uint64_t number, uint32_t low)
{
	return (number & ~0xffffffffULL) | low;
}

static uint64_t with_high(uint64_t number, uint32_t high)
{
	return (uint32_t)number | (uint64_t)high << 32;
}

static void write_control(struct watchdog *watchdog, uint64_t offset, uint32_t value)
{
	uint64_t behind;

	switch (offset) {
	case WCS:
		watchdog->wcs = value & WCS_EN;
		refresh(watchdog);
		break;
	case WOR:
		watchdog->offset = with_low(watchdog->offset, value);
		refresh(watchdog);
		break;
	case WOR_HIGH:
		watchdog->offset = with_high(watchdog->offset, value) & WOR_MASK;
		refresh(watchdog);
		break;
	case WCV:
		behind = counter_offset();
		watchdog->compare = with_low(watchdog->compare - behind, value) + behind;
		update(watchdog);
		break;
	case WCV_HIGH:
		behind = counter_offset();
		watchdog->compare = with_high(watchdog->compare - behind, value) + behind;
		update(watchdog);
		break;
	}
}

/* Registers are words: other accesses read as zero, and write nothing. */
static bool is_word(uint64_t offset, unsigned size)
{
	return size == sizeof(uint32_t) && offset % sizeof(uint32_t) == 0;
}

static int control_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
	struct watchdog *watchdog = opaque;

	pthread_mutex_lock(&watchdog->lock);
	*value = is_word(offset, size) ? read_control(watchdog, offset) : 0;
	pthread_mutex_unlock(&watchdog->lock);
	return 0;
}

static int control_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	struct watchdog *watchdog = opaque;

	pthread_mutex_lock(&watchdog->lock);
	if (is_word(offset, size))
		write_control(watchdog, offset, (uint32_t)value);
	pthread_mutex_unlock(&watchdog->lock);
	return 0;
}

static int refresh_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
	(void)opaque;
	*value = offset == W_IIDR && size == sizeof(uint32_t) ? IIDR : 0;
	return 0;
}

static int refresh_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	struct watchdog *watchdog = opaque;

	(void)value;
	if (offset != WRR || size != sizeof(uint32_t))
		return 0;
	pthread_mutex_lock(&watchdog->lock);
	refresh(watchdog);
	pthread_mutex_unlock(&watchdog->lock);
	return 0;
}

static const struct mmio_ops control_mmio = { .read = control_read, .write = control_write };
static const struct mmio_ops refresh_mmio = { .read = refresh_read, .write = refresh_write };

static void watchdog_reset(struct device *device)
{
	struct watchdog *watchdog = (struct watchdog *)device;

	pthread_mutex_lock(&watchdog->lock);
	watchdog->wcs = 0;
	watchdog->offset = 0;
	update(watchdog);
	pthread_mutex_unlock(&watchdog->lock);
}

static void watchdog_destroy(struct device *device)
{
	struct watchdog *watchdog = (struct watchdog *)device;

	mevent_timer_destroy(watchdog->timer);
	pthread_mutex_destroy(&watchdog->lock);
	free(watchdog);
}

static const struct device_ops watchdog_ops = {
	.name = "watchdog",
	.summary = "generic watchdog",
	.reset = watchdog_reset,
	.destroy = watchdog_destroy,
};

static int attach(struct watchdog *watchdog)
{
	int error;

	watchdog->timer = mevent_timer_create(timer_due, watchdog);
	if (!watchdog->timer)
		return -ENOMEM;
	error = mmio_register("watchdog", WATCHDOG_CONTROL_BASE, WATCHDOG_FRAME_SIZE, &control_mmio,
			      watchdog);
	if (error)
		return error;
	return mmio_register("watchdog", WATCHDOG_REFRESH_BASE, WATCHDOG_FRAME_SIZE, &refresh_mmio,
			     watchdog);
}

int watchdog_create(struct device **out, char *err, size_t errlen)
{
	struct watchdog *watchdog = calloc(1, sizeof(*watchdog));
	int error;

	if (!watchdog) {
		snprintf(err, errlen, "watchdog: no memory");
		return -ENOMEM;
	}
	watchdog->device.ops = &watchdog_ops;
	pthread_mutex_init(&watchdog->lock, NULL);
	error = failure_action("watchdog.action", VMM_SUSPEND_RESET, &watchdog->how, err, errlen);
	if (!error) {
		error = attach(watchdog);
		if (error)
			snprintf(err, errlen, "watchdog: cannot be attached: %s", strerror(-error));
	}
	if (error)
		watchdog_destroy(&watchdog->device);
	else
		*out = &watchdog->device;
	return error;
}
