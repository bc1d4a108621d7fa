/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtual machine for tests of devices: memory, interrupt lines and configuration, without a
 * driver. Link with bhyve/config.c bhyve/config_file.c bhyve/mmio.c bhyve/mevent.c.
 */
#ifndef TEST_UNIT_FAKE_VM_H
#define TEST_UNIT_FAKE_VM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Guest memory: FAKE_RAM_SIZE bytes from IPA FAKE_RAM. */
#define FAKE_RAM      0x40000000u
#define FAKE_RAM_SIZE (32u << 20)

/* A fresh machine: zeroed memory, lines low, nothing configured, no region registered. */
void fake_vm_start(void);
void fake_vm_stop(void);

/* Host address of an IPA in guest memory. */
void *fake_ram(uint64_t ipa);

/* The level of an interrupt line, and how often it went from low to high. */
bool fake_irq_level(uint32_t intid);
unsigned fake_irq_edges(uint32_t intid);

/* Register accesses as a vCPU makes them; nobody there fails the test. */
uint64_t fake_read(uint64_t ipa, unsigned size);
void fake_write(uint64_t ipa, unsigned size, uint64_t value);

/* Runs the I/O loop until done() is true; false after 5 s. */
bool fake_wait(bool (*done)(void *arg), void *arg);

/* Runs what the I/O loop has to do at once. */
void fake_settle(void);

/* What the device said to the user with report() last. */
extern char fake_report[512];

/* How the machine was ended last, VMM_SUSPEND_*, and how often. */
struct fake_suspends {
	uint32_t how;
	unsigned count;
};
extern struct fake_suspends fake_suspends;

/* A new file of size bytes under /tmp that is gone after fake_vm_stop(); its path. */
const char *fake_file(uint64_t size);

#endif
