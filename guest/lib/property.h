/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Properties: each is a function that is run on the boot CPU, with the GIC reset, the timers off
 * and interrupts masked. Its name is a sentence that holds. The results are printed as TAP ("ok 3
 * level_interrupt_is_resampled_after_eoi").
 */
#ifndef GUEST_PROPERTY_H
#define GUEST_PROPERTY_H

#include "arch.h"
#include "console.h"
#include "cpu.h"
#include "exception.h"
#include "gic.h"
#include "mmu.h"

struct property {
	const char *name;
	void (*run)(void);
	unsigned int cpus; /* skipped on a machine with fewer */
	unsigned int pad;
};

#define PROPERTY_CPUS(name_, cpus_)                                                            \
	static void name_(void);                                                               \
	static const struct property property_##name_                                          \
		__attribute__((used, section(".properties"),                                   \
			       aligned(8))) = { .name = #name_, .run = name_, .cpus = cpus_ }; \
	static void name_(void)
#define PROPERTY(name_) PROPERTY_CPUS(name_, 1)

/* A condition that must hold; else the property fails and its function returns. Boot CPU only. */
#define CHECK(condition)                                               \
	do {                                                           \
		if (!(condition)) {                                    \
			property_fail(__FILE__, __LINE__, #condition); \
			return;                                        \
		}                                                      \
	} while (0)
#define CHECK_EQUAL(actual, expected)                                                         \
	do {                                                                                  \
		uint64_t actual_ = (uint64_t)(actual), expected_ = (uint64_t)(expected);      \
		if (actual_ != expected_) {                                                   \
			property_fail_equal(__FILE__, __LINE__, #actual, actual_, expected_); \
			return;                                                               \
		}                                                                             \
	} while (0)
/* Ends the property without a verdict. */
#define SKIP(reason)                   \
	do {                           \
		property_skip(reason); \
		return;                \
	} while (0)
/* Where QEMU's CPU or devices, run without our hypervisor, do otherwise than the architecture says,
 * or cannot tell. */
#define SKIP_ON_QEMU(reason)                   \
	do {                                   \
		if (on_plain_qemu())           \
			SKIP("QEMU: " reason); \
	} while (0)

void property_fail(const char *file, int line, const char *condition);
void property_fail_equal(const char *file, int line, const char *what, uint64_t actual,
			 uint64_t expected);
void property_skip(const char *reason);
/* Ends the whole image, for what leaves no way on. */
_Noreturn void property_abandon(const char *why);

/* Whether "reference=qemu" is on the kernel command line. */
bool on_plain_qemu(void);

/* What cpu_count() was when the image started. */
extern unsigned int cpus_at_boot;

/* RAM as the device tree's memory node has it. */
uint64_t ram_base(void);
uint64_t ram_size(void);

/* The end of this image; RAM from here on belongs to nobody but the device tree. */
extern char bss_end[];
/* Where a property may write: 2 MiB-aligned, behind the image and the device tree. */
uint64_t free_ram(void);

#endif
