// SPDX-License-Identifier: BSD-2-Clause
/* What is done to mappings of a VM's memory: touched, changed, given back, reached in other ways.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "fuzz.h"

static __thread sigjmp_buf after_fault;
static __thread volatile sig_atomic_t may_fault;

static void on_fault(int number)
{
	if (may_fault)
		siglongjmp(after_fault, 1);
	signal(number, SIG_DFL);
}

void fuzz_catch_faults(void)
{
	struct sigaction action = { .sa_handler = on_fault, .sa_flags = SA_NODEFER };

	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
}

void fuzz_write_guest_at(struct fuzz_thread *thread, void *page)
{
	if (sigsetjmp(after_fault, 1) == 0) {
		may_fault = 1;
		fuzz_write_guest(&thread->random, page);
	}
	may_fault = 0;
}

static unsigned int any_map(struct fuzz_thread *thread)
{
	return fuzz_below(&thread->random, FUZZ_MAPS);
}

/* Another thread may take it away at any time. */
static void *map_at(struct fuzz_thread *thread, unsigned int place, size_t *size)
{
	*size = thread->process->map_size[place];
	return (void *)thread->process->map[place];
}

static uint64_t any_offset(struct fuzz_random *random)
{
	switch (fuzz_below(random, 8)) {
	case 0:
		return fuzz_value(random) & ~(uint64_t)(FUZZ_PAGE - 1);
	case 1:
	case 2:
		return VMM_MMAP_VCPU(fuzz_below(random, FUZZ_VCPUS + 1));
	default:
		return FUZZ_RAM +
		       FUZZ_PAGE * (uint64_t)fuzz_below(random, FUZZ_RAM_SIZE / FUZZ_PAGE);
	}
}

static size_t any_size(struct fuzz_random *random)
{
	if (fuzz_once_in(random, 8))
		return fuzz_value(random);
	return FUZZ_PAGE * (size_t)(fuzz_once_in(random, 2) ? 1 : 1 + fuzz_below(random, 2048));
}

int fuzz_map(struct fuzz_thread *thread)
{
	struct fuzz_random *random = &thread->random;
	unsigned int place = any_map(thread);
	int file = thread->process->file[fuzz_below(random, FUZZ_FILES)];
	size_t size = any_size(random), old_size;
	int protection = PROT_READ | (fuzz_once_in(random, 8) ? 0 : PROT_WRITE) |
			 (fuzz_once_in(random, 8) ? PROT_EXEC : 0);
	void *map = mmap(NULL, size, protection, fuzz_once_in(random, 8) ? MAP_PRIVATE : MAP_SHARED,
			 file, (off_t)any_offset(random));
	uintptr_t old;

	if (map == MAP_FAILED)
		return -1;
	old_size = atomic_exchange(&thread->process->map_size[place], size);
	old = atomic_exchange(&thread->process->map[place], (uintptr_t)map);
	return old ? munmap((void *)old, old_size) : 0;
}

int fuzz_unmap(struct fuzz_thread *thread)
{
	unsigned int place = any_map(thread);
	size_t size = thread->process->map_size[place];
	uintptr_t map = atomic_exchange(&thread->process->map[place], 0);

	return map ? munmap((void *)map, size) : 0;
}

int fuzz_touch(struct fuzz_thread *thread)
{
	struct fuzz_random *random = &thread->random;
	size_t size;
	volatile uint8_t *map = map_at(thread, any_map(thread), &size);

	if (!map || !size)
		return 0;
	if (fuzz_once_in(random, 4) && size >= FUZZ_PAGE)
		fuzz_write_guest_at(thread, (void *)(uintptr_t)map);
	if (sigsetjmp(after_fault, 1) == 0) {
		may_fault = 1;
		map[fuzz_random(random) % size] += 1;
	}
	may_fault = 0;
	return 0;
}

static int remap(struct fuzz_thread *thread, unsigned int place, void *map, size_t size)
{
	void *moved =
		mremap(map, size, size * (1 + fuzz_below(&thread->random, 2)), MREMAP_MAYMOVE);

	if (moved == MAP_FAILED)
		return -1;
	thread->process->map[place] = (uintptr_t)moved;
	return 0;
}

int fuzz_change_map(struct fuzz_thread *thread)
{
	struct fuzz_random *random = &thread->random;
	unsigned int place = any_map(thread);
	size_t size;
	uint8_t *map = map_at(thread, place, &size);

	if (!map)
		return 0;
	switch (fuzz_below(random, 6)) {
	case 0: /* a hole */
		return munmap(map + (size / 2 & ~(size_t)(FUZZ_PAGE - 1)), FUZZ_PAGE);
	case 1:
		return madvise(map, size, (int)fuzz_below(random, 26));
	case 2:
		return mprotect(map, size, (int)fuzz_below(random, 8));
	case 3:
		return remap(thread, place, map, size);
	case 4:
		return mlock(map, size < 16 * FUZZ_PAGE ? size : 16 * FUZZ_PAGE);
	default:
		return msync(map, size, (int)fuzz_below(random, 8));
	}
}

/* Pages that a pipe holds may outlive the mapping, the VM and the driver's interest in them. */
int fuzz_splice(struct fuzz_thread *thread)
{
	unsigned int place = any_map(thread);
	struct iovec pages = { .iov_len = 4 * FUZZ_PAGE };
	size_t size;
	char byte;
	int ends[2];
	int result;

	pages.iov_base = map_at(thread, place, &size);
	if (!pages.iov_base || pipe2(ends, O_NONBLOCK | O_CLOEXEC))
		return 0;
	result = (int)vmsplice(ends[1], &pages, 1, fuzz_below(&thread->random, 16));
	if (fuzz_once_in(&thread->random, 2))
		fuzz_unmap(thread);
	if (result > 0 && read(ends[0], &byte, 1) != 1)
		result = -1;
	close(ends[0]);
	close(ends[1]);
	return result;
}

/* As a debugger does. */
int fuzz_through_proc(struct fuzz_thread *thread)
{
	size_t size;
	void *map = map_at(thread, any_map(thread), &size);
	uint64_t bytes = fuzz_value(&thread->random);
	int file, result;

	if (!map)
		return 0;
	file = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	if (file < 0)
		return -1;
	result = (int)pwrite(file, &bytes, sizeof(bytes), (off_t)(uintptr_t)map);
	close(file);
	if (result < 0 && errno == EIO)
		errno = EFAULT; /* what /proc calls an address where nothing is */
	return result;
}
