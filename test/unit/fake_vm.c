// SPDX-License-Identifier: BSD-2-Clause
/*
 * A virtual machine for tests, see fake_vm.h.
 */
#include "fake_vm.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bhyve/config.h"
#include "bhyve/guest_memory.h"
#include "bhyve/mevent.h"
#include "bhyve/mmio.h"
#include "bhyve/report.h"
#include "vmmapi.h"

#define INTIDS	  288

#define FILES_MAX 8

char fake_report[512];
struct fake_suspends fake_suspends;

static uint8_t *ram;
static bool level[INTIDS];
static unsigned edges[INTIDS];
static char files[FILES_MAX][64];
static unsigned file_count;

void *guest_memory(uint64_t ipa, uint64_t len)
{
	if (ipa < FAKE_RAM || ipa - FAKE_RAM > FAKE_RAM_SIZE ||
	    len > FAKE_RAM_SIZE - (ipa - FAKE_RAM))
		return NULL;
	return ram + (ipa - FAKE_RAM);
}

struct vmctx *guest_vm(void)
{
	return NULL;
}

int vm_ioeventfd(struct vmctx *vm, int fd, uint64_t ipa, uint32_t len, uint64_t data,
		 uint32_t flags)
{
	(void)vm, (void)fd, (void)ipa, (void)len, (void)data, (void)flags;
	return 0;
}

int vm_suspend(struct vmctx *vm, uint32_t how)
{
	(void)vm;
	fake_suspends.how = how;
	fake_suspends.count++;
	return 0;
}

int guest_irq(uint32_t intid, bool up)
{
	if (intid >= INTIDS)
		abort();
	edges[intid] += up && !level[intid];
	level[intid] = up;
	return 0;
}

void report(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(fake_report, sizeof(fake_report), format, args);
	va_end(args);
}

void report_raw(bool raw)
{
	(void)raw;
}

void *fake_ram(uint64_t ipa)
{
	return guest_memory(ipa, 0);
}

bool fake_irq_level(uint32_t intid)
{
	return level[intid];
}

unsigned fake_irq_edges(uint32_t intid)
{
	return edges[intid];
}

uint64_t fake_read(uint64_t ipa, unsigned size)
{
	uint64_t value = 0;

	if (mmio_access(ipa, false, size, &value)) {
		fprintf(stderr, "nobody answers at %#llx\n", (unsigned long long)ipa);
		abort();
	}
	return value;
}

void fake_write(uint64_t ipa, unsigned size, uint64_t value)
{
	if (mmio_access(ipa, true, size, &value)) {
		fprintf(stderr, "nobody answers at %#llx\n", (unsigned long long)ipa);
		abort();
	}
}

bool fake_wait(bool (*done)(void *arg), void *arg)
{
	int64_t deadline = mevent_now() + 5000000000LL;

	while (!done(arg)) {
		if (mevent_now() > deadline || mevent_poll(100))
			return false;
	}
	return true;
}

void fake_settle(void)
{
	for (int i = 0; i < 8; i++)
		mevent_poll(0);
}

const char *fake_file(uint64_t size)
{
	char *path = files[file_count++];
	int fd;

	strcpy(path, "/tmp/bhyve-test-XXXXXX");
	fd = mkstemp(path);
	if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
		abort();
	close(fd);
	return path;
}

void fake_vm_start(void)
{
	fake_suspends = (struct fake_suspends){ 0 };
	/* Guest memory ends where ASan's red zone begins. */
	ram = aligned_alloc(4096, FAKE_RAM_SIZE);
	if (!ram || mevent_init())
		abort();
	memset(ram, 0, FAKE_RAM_SIZE);
	memset(level, 0, sizeof(level));
	memset(edges, 0, sizeof(edges));
	fake_report[0] = '\0';
	config_clear();
	mmio_clear();
	config_set("name", "test");
}

void fake_vm_stop(void)
{
	while (file_count > 0)
		unlink(files[--file_count]);
	config_clear();
	mmio_clear();
	mevent_fini();
	free(ram);
	ram = NULL;
}
