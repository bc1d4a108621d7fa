// SPDX-License-Identifier: BSD-2-Clause
/* The ioctls of both devices, with arguments that are mostly right, and often just not. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

#define DEVICES	  0x0a000000u
#define RUNS_MOST 12

/* Mostly below the limit, else anything. */
static uint32_t mostly_below(struct fuzz_random *random, uint32_t limit)
{
	return fuzz_once_in(random, 12) ? (uint32_t)fuzz_value(random) : fuzz_below(random, limit);
}

static uint32_t any_vcpu(struct fuzz_random *random)
{
	return mostly_below(random, FUZZ_VCPUS);
}

static int any_file(struct fuzz_thread *thread)
{
	return thread->process->file[fuzz_below(&thread->random, FUZZ_FILES)];
}

static int any_event(struct fuzz_thread *thread)
{
	if (fuzz_once_in(&thread->random, 12))
		return (int)fuzz_value(&thread->random);
	return thread->process->event[fuzz_below(&thread->random, FUZZ_EVENTS)];
}

/* Puts a file in a place of the process, and closes what was there. */
static void keep_file(struct fuzz_thread *thread, int file)
{
	_Atomic int *place = &thread->process->file[fuzz_below(&thread->random, FUZZ_FILES)];
	int old = atomic_exchange(place, file);

	if (old >= 0)
		close(old);
}

static int control(unsigned long request, unsigned int number)
{
	struct vmm_name name = { 0 };
	int file = open(VMM_CTL_PATH, O_RDWR | O_CLOEXEC);
	int result;

	if (file < 0)
		return -1;
	snprintf(name.name, sizeof(name.name), "fuzz%u", number);
	result = ioctl(file, request, &name);
	close(file);
	return result;
}

int fuzz_destroy_vm(unsigned int number)
{
	return control(VMMCTL_DESTROY, number);
}

int fuzz_destroy(struct fuzz_thread *thread)
{
	return fuzz_destroy_vm(fuzz_below(&thread->random, thread->process->vms));
}

static int open_vm(unsigned int number)
{
	char path[64];

	snprintf(path, sizeof(path), VMM_VM_DIR "/fuzz%u", number);
	return open(path, O_RDWR | O_CLOEXEC);
}

int fuzz_open(struct fuzz_thread *thread)
{
	int file = open_vm(fuzz_below(&thread->random, thread->process->vms));

	if (file >= 0)
		keep_file(thread, file);
	return file;
}

int fuzz_close(struct fuzz_thread *thread)
{
	keep_file(thread, -1);
	return 0;
}

/* Memory, vCPUs and a program. Others are at the same VM by then: nothing need succeed. */
static void furnish(struct fuzz_thread *thread, int file)
{
	struct vmm_memseg ram = { .ipa = FUZZ_RAM, .size = FUZZ_RAM_SIZE };
	void *page;

	ioctl(file, VMM_SET_MEMSEG, &ram);
	for (unsigned long vcpu = 0; vcpu < FUZZ_VCPUS; vcpu++)
		ioctl(file, VMM_VCPU_CREATE, vcpu);
	page = mmap(NULL, FUZZ_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, (off_t)FUZZ_RAM);
	if (page == MAP_FAILED)
		return;
	fuzz_write_guest_at(thread, page);
	munmap(page, FUZZ_PAGE);
	for (uint32_t vcpu = 0; vcpu < FUZZ_VCPUS; vcpu++) {
		struct vmm_vcpu_on on = { .vcpu = vcpu, .entry = FUZZ_RAM, .context = vcpu };

		ioctl(file, VMM_VCPU_ON, &on);
	}
}

int fuzz_create(struct fuzz_thread *thread)
{
	unsigned int number = fuzz_below(&thread->random, thread->process->vms);
	int result = control(VMMCTL_CREATE, number);
	int file;

	if (result < 0)
		return result;
	file = open_vm(number);
	if (file >= 0) {
		furnish(thread, file);
		keep_file(thread, file);
	}
	return 0;
}

int fuzz_set_memseg(struct fuzz_thread *thread)
{
	struct fuzz_random *random = &thread->random;
	struct vmm_memseg memseg = {
		.index = mostly_below(random, VMM_MAX_MEMSEGS),
		.flags = mostly_below(random, 4),
		.ipa = fuzz_value(random),
		.size = fuzz_value(random),
	};

	if (fuzz_once_in(random, 2)) {
		memseg.ipa = 0x50000000 + fuzz_below(random, 64) * UINT64_C(0x1ff000);
		memseg.size = FUZZ_PAGE * (uint64_t)fuzz_below(random, 4096);
	}
	return ioctl(any_file(thread), VMM_SET_MEMSEG, &memseg);
}

int fuzz_set_memseg_flags(struct fuzz_thread *thread)
{
	struct vmm_memseg memseg = {
		.index = mostly_below(&thread->random, VMM_MAX_MEMSEGS),
		.flags = mostly_below(&thread->random, 4),
	};

	return ioctl(any_file(thread), VMM_SET_MEMSEG_FLAGS, &memseg);
}

int fuzz_get_memseg(struct fuzz_thread *thread)
{
	struct vmm_memseg memseg = { .index = mostly_below(&thread->random, VMM_MAX_MEMSEGS) };

	return ioctl(any_file(thread), VMM_GET_MEMSEG, &memseg);
}

int fuzz_vcpu_create(struct fuzz_thread *thread)
{
	unsigned long vcpu = fuzz_once_in(&thread->random, 4) ? fuzz_value(&thread->random)
							      : fuzz_below(&thread->random, 8);

	return ioctl(any_file(thread), VMM_VCPU_CREATE, vcpu);
}

int fuzz_vcpu_on(struct fuzz_thread *thread)
{
	struct fuzz_random *random = &thread->random;
	struct vmm_vcpu_on on = {
		.vcpu = any_vcpu(random),
		.flags = fuzz_once_in(random, 8) ? mostly_below(random, 2) : 0,
		.entry = fuzz_once_in(random, 4) ? fuzz_value(random) : FUZZ_RAM,
		.context = fuzz_value(random),
	};

	return ioctl(any_file(thread), VMM_VCPU_ON, &on);
}

int fuzz_vcpu_off(struct fuzz_thread *thread)
{
	return ioctl(any_file(thread), VMM_VCPU_OFF, (unsigned long)any_vcpu(&thread->random));
}

/* From the start of its program, if it is not in VMM_RUN and was not running another one. */
static void restart(struct fuzz_thread *thread, int file, uint32_t vcpu)
{
	struct vmm_vcpu_on on = {
		.vcpu = vcpu,
		.entry = FUZZ_RAM,
		.context = fuzz_value(&thread->random),
	};

	if (fuzz_once_in(&thread->random, 4))
		ioctl(file, VMM_REINIT, 0ul);
	if (fuzz_once_in(&thread->random, 2))
		ioctl(file, VMM_VCPU_OFF, (unsigned long)vcpu);
	ioctl(file, VMM_VCPU_ON, &on);
}

/* Several times, as a thread of bhyve does, until it is refused. */
int fuzz_run(struct fuzz_thread *thread)
{
	uint32_t vcpu = any_vcpu(&thread->random);
	int file = any_file(thread);
	int result = 0;

	if (fuzz_once_in(&thread->random, 2))
		restart(thread, file, vcpu);
	for (uint32_t left = fuzz_below(&thread->random, RUNS_MOST) + 1; left && !result; left--) {
		result = ioctl(file, VMM_RUN, (unsigned long)vcpu);
		if (!result)
			atomic_fetch_add(&fuzz_counts->runs, 1);
	}
	return result;
}

static struct vmm_reg_access any_register(struct fuzz_random *random)
{
	struct vmm_reg_access access = {
		.vcpu = any_vcpu(random),
		.reg = mostly_below(random, VMM_REG_COUNT),
		.value = fuzz_value(random),
	};

	/* not what hangs QEMU before 8.2: see guest.c */
	if (access.reg >= VMM_REG_CNTV_CTL_EL0 && access.reg <= VMM_REG_CNTVOFF_EL2)
		access.value &= INT32_MAX;
	return access;
}

int fuzz_get_reg(struct fuzz_thread *thread)
{
	struct vmm_reg_access access = any_register(&thread->random);

	return ioctl(any_file(thread), VMM_GET_REG, &access);
}

int fuzz_set_reg(struct fuzz_thread *thread)
{
	struct vmm_reg_access access = any_register(&thread->random);

	return ioctl(any_file(thread), VMM_SET_REG, &access);
}

int fuzz_irq_line(struct fuzz_thread *thread)
{
	struct fuzz_random *random = &thread->random;
	struct vmm_irq_line line = {
		.intid = 16 + mostly_below(random, VMM_SPI_LAST - 15),
		.level = mostly_below(random, 2),
		.vcpu = fuzz_once_in(random, 2) ? any_vcpu(random) : 0,
		.pad = fuzz_once_in(random, 20),
	};

	return ioctl(any_file(thread), VMM_IRQ_LINE, &line);
}

int fuzz_irqfd(struct fuzz_thread *thread)
{
	struct fuzz_random *random = &thread->random;
	struct vmm_irqfd binding = {
		.fd = any_event(thread),
		.intid = VMM_SPI_FIRST + mostly_below(random, 40),
		.flags = mostly_below(random, 2),
		.pad = fuzz_once_in(random, 20),
	};

	return ioctl(any_file(thread), VMM_IRQFD, &binding);
}

int fuzz_ioeventfd(struct fuzz_thread *thread)
{
	struct fuzz_random *random = &thread->random;
	struct vmm_ioeventfd binding = {
		.ipa = DEVICES + 4 * (uint64_t)fuzz_below(random, 64),
		.data = fuzz_once_in(random, 2) ? fuzz_value(random) : fuzz_below(random, 4),
		.len = 1u << fuzz_below(random, 4),
		.flags = mostly_below(random, 4),
		.fd = any_event(thread),
		.pad = fuzz_once_in(random, 20),
	};

	if (fuzz_once_in(random, 8))
		binding.ipa = fuzz_value(random);
	if (fuzz_once_in(random, 12))
		binding.len = (uint32_t)fuzz_value(random);
	return ioctl(any_file(thread), VMM_IOEVENTFD, &binding);
}

/* Signals an eventfd, or puts another in its place, bound or not. */
int fuzz_event(struct fuzz_thread *thread)
{
	struct fuzz_random *random = &thread->random;
	_Atomic int *place = &thread->process->event[fuzz_below(random, FUZZ_EVENTS)];
	uint64_t value = fuzz_once_in(random, 8) ? fuzz_value(random) : 1;
	int event;

	if (!fuzz_once_in(random, 4))
		return (int)write(*place, &value, sizeof(value));
	event = eventfd(fuzz_below(random, 3),
			EFD_NONBLOCK | EFD_CLOEXEC | (fuzz_once_in(random, 2) ? EFD_SEMAPHORE : 0));
	event = atomic_exchange(place, event);
	return event < 0 ? 0 : close(event);
}

int fuzz_get_stats(struct fuzz_thread *thread)
{
	struct vmm_stats stats = { .vcpu = any_vcpu(&thread->random) };

	return ioctl(any_file(thread), VMM_GET_STATS, &stats);
}

int fuzz_suspend(struct fuzz_thread *thread)
{
	return ioctl(any_file(thread), VMM_SUSPEND,
		     (unsigned long)mostly_below(&thread->random, VMM_SUSPEND_HALT + 1));
}

int fuzz_reinit(struct fuzz_thread *thread)
{
	return ioctl(any_file(thread), VMM_REINIT,
		     fuzz_once_in(&thread->random, 2)
			     ? 0ul
			     : (unsigned long)mostly_below(&thread->random, VMM_SUSPEND_HALT + 1));
}

static int blob(struct fuzz_thread *thread, unsigned long request)
{
	static char bytes[VMM_BLOB_MAX + FUZZ_PAGE];
	struct fuzz_random *random = &thread->random;
	struct vmm_blob argument = {
		.data = fuzz_once_in(random, 8) ? fuzz_value(random) : (uintptr_t)bytes,
		.size = mostly_below(random, VMM_BLOB_MAX + 2),
		.pad = fuzz_once_in(random, 20),
	};

	return ioctl(any_file(thread), request, &argument);
}

int fuzz_set_blob(struct fuzz_thread *thread)
{
	return blob(thread, VMM_SET_BLOB);
}

int fuzz_get_blob(struct fuzz_thread *thread)
{
	return blob(thread, VMM_GET_BLOB);
}

int fuzz_info(struct fuzz_thread *thread)
{
	struct vmm_info info;

	return ioctl(any_file(thread), VMM_INFO, &info);
}

/* Any number, any size, any bytes, any address: on a VM's device or on the one that makes them. */
int fuzz_any_ioctl(struct fuzz_thread *thread)
{
	struct fuzz_random *random = &thread->random;
	uint64_t bytes[128];
	uint64_t request = _IOC(fuzz_below(random, 4), VMM_IOC, fuzz_below(random, 0x40),
				fuzz_below(random, sizeof(bytes)));
	uint64_t argument = (uintptr_t)bytes;
	int ctl, result;

	for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++)
		bytes[i] = fuzz_value(random);
	if (fuzz_once_in(random, 8))
		request = fuzz_random(random);
	if (fuzz_once_in(random, 2))
		argument = fuzz_value(random);
	if (!fuzz_once_in(random, 4))
		return ioctl(any_file(thread), request, argument);
	ctl = open(VMM_CTL_PATH, O_RDWR | O_CLOEXEC);
	result = ioctl(ctl, request, argument);
	close(ctl);
	return result;
}
