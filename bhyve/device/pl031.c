// SPDX-License-Identifier: BSD-2-Clause
/*
 * PL031 real time clock (Arm PrimeCell Real Time Clock PL031 technical reference manual, DDI 0224):
 * seconds since 1970, with an alarm.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bhyve/config.h"
#include "bhyve/device.h"
#include "bhyve/guest_memory.h"
#include "bhyve/mevent.h"
#include "bhyve/mmio.h"

/* Registers, 3.2. */
#define RTCDR	      0x000
#define RTCMR	      0x004
#define RTCLR	      0x008
#define RTCCR	      0x00c
#define RTCIMSC	      0x010
#define RTCRIS	      0x014
#define RTCMIS	      0x018
#define RTCICR	      0x01c
#define PERIPH_ID0    0xfe0

#define RTC_INTERRUPT 0x1u
#define RTC_START     0x1u

#define NSEC_PER_SEC  1000000000LL

struct pl031 {
	struct device device;
	pthread_mutex_t lock;
	struct mevent_timer *alarm;
	uint32_t offset; /* seconds that the guest's clock is ahead of the host's, modulo 2^32 */
	uint32_t match;
	uint32_t imsc;
	uint32_t ris;
	bool line;
};

/* RTCPeriphID0-3, RTCPCellID0-3: part 0x031, designer 0x41 (Arm), revision 1. */
static const uint8_t identification[] = { 0x31, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

/* The host's clock, in seconds; *to_next is the nanoseconds until it steps. */
static uint32_t host_seconds(int64_t *to_next)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	*to_next = NSEC_PER_SEC - now.tv_nsec;
	return (uint32_t)now.tv_sec;
}

static uint32_t guest_seconds(const struct pl031 *rtc)
{
	int64_t to_next;

	return host_seconds(&to_next) + rtc->offset;
}

static void update_line(struct pl031 *rtc)
{
	bool level = (rtc->ris & rtc->imsc) != 0;

	if (level == rtc->line)
		return;
	rtc->line = level;
	guest_irq(PL031_INTID, level);
}

/* Sets the timer for the moment at which the counter reaches the match register. */
static void set_alarm(struct pl031 *rtc)
{
	int64_t to_next;
	uint32_t now = host_seconds(&to_next) + rtc->offset;
	uint32_t left = rtc->match - now;

	if (left == 0) {
		rtc->ris = RTC_INTERRUPT;
		mevent_timer_set(rtc->alarm, 0);
		return;
	}
	mevent_timer_set(rtc->alarm, mevent_now() + to_next + (int64_t)(left - 1) * NSEC_PER_SEC);
}

/* The I/O loop: time to look. The host's clock may have been set since: then wait on. */
static void alarm_due(void *arg)
{
	struct pl031 *rtc = arg;

	pthread_mutex_lock(&rtc->lock);
	set_alarm(rtc);
	update_line(rtc);
	pthread_mutex_unlock(&rtc->lock);
}

static uint32_t read_register(const struct pl031 *rtc, uint64_t offset)
{
	switch (offset) {
	case RTCDR:
		return guest_seconds(rtc);
	case RTCMR:
		return rtc->match;
	case RTCLR:
		return guest_seconds(rtc);
	case RTCCR:
		return RTC_START;
	case RTCIMSC:
		return rtc->imsc;
	case RTCRIS:
		return rtc->ris;
	case RTCMIS:
		return rtc->ris & rtc->imsc;
	default:
		if (offset >= PERIPH_ID0 && offset < PL031_SIZE)
			return identification[(offset - PERIPH_ID0) / 4];
		return 0;
	}
}

static void write_register(struct pl031 *rtc, uint64_t offset, uint32_t value)
{
	switch (offset) {
	case RTCMR:
		rtc->match = value;
		set_alarm(rtc);
		break;
	case RTCLR:
		rtc->offset += value - guest_seconds(rtc);
		set_alarm(rtc);
		break;
	case RTCIMSC:
		rtc->imsc = value & RTC_INTERRUPT;
		break;
	case RTCICR:
		rtc->ris &= ~value;
		break;
	default: /* the clock runs from the start and does not stop (RTCCR) */
		break;
	}
}

static int rtc_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
	struct pl031 *rtc = opaque;
	uint32_t bits;

	pthread_mutex_lock(&rtc->lock);
	bits = offset % 4 ? 0 : read_register(rtc, offset);
	pthread_mutex_unlock(&rtc->lock);
	*value = size < 4 ? bits & ((1u << (size * 8)) - 1) : bits;
	return 0;
}

static int rtc_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	struct pl031 *rtc = opaque;

	if (offset % 4 || size < 4)
		return 0;
	pthread_mutex_lock(&rtc->lock);
	write_register(rtc, offset, (uint32_t)value);
	update_line(rtc);
	pthread_mutex_unlock(&rtc->lock);
	return 0;
}

static const struct mmio_ops rtc_mmio = { .read = rtc_read, .write = rtc_write };

/* The time that the guest set survives a reset, as on a machine with a battery. */
static void rtc_reset(struct device *device)
{
	struct pl031 *rtc = (struct pl031 *)device;

	pthread_mutex_lock(&rtc->lock);
	rtc->match = 0;
	rtc->imsc = 0;
	rtc->ris = 0;
	mevent_timer_set(rtc->alarm, 0);
	update_line(rtc);
	pthread_mutex_unlock(&rtc->lock);
}

static void rtc_destroy(struct device *device)
{
	struct pl031 *rtc = (struct pl031 *)device;

	mevent_timer_destroy(rtc->alarm);
	pthread_mutex_destroy(&rtc->lock);
	free(rtc);
}

static const struct device_ops pl031_ops = {
	.name = "pl031",
	.summary = "real time clock",
	.reset = rtc_reset,
	.destroy = rtc_destroy,
};

/* `rtc.use_localtime`: the clock shows local time, not UTC. */
static int rtc_setup(struct pl031 *rtc, char *err, size_t errlen)
{
	bool local = false;
	time_t now = time(NULL);
	struct tm tm;
	int error;

	if (config_bool("rtc.use_localtime", false, &local)) {
		snprintf(err, errlen, "rtc.use_localtime=%s: must be true or false",
			 config_get("rtc.use_localtime"));
		return -EINVAL;
	}
	if (local && localtime_r(&now, &tm))
		rtc->offset = (uint32_t)tm.tm_gmtoff;
	rtc->alarm = mevent_timer_create(alarm_due, rtc);
	error = rtc->alarm ? mmio_register("pl031", PL031_BASE, PL031_SIZE, &rtc_mmio, rtc)
			   : -ENOMEM;
	if (error)
		snprintf(err, errlen, "pl031: cannot be attached: %s", strerror(-error));
	return error;
}

int pl031_create(struct device **out, char *err, size_t errlen)
{
	struct pl031 *rtc = calloc(1, sizeof(*rtc));
	int error;

	if (!rtc) {
		snprintf(err, errlen, "pl031: no memory");
		return -ENOMEM;
	}
	rtc->device.ops = &pl031_ops;
	pthread_mutex_init(&rtc->lock, NULL);
	error = rtc_setup(rtc, err, errlen);
	if (error)
		rtc_destroy(&rtc->device);
	else
		*out = &rtc->device;
	return error;
}
