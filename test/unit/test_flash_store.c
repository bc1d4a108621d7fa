// SPDX-License-Identifier: BSD-2-Clause
/*
 * The file of the flash's variables: what it takes, and that a change is there as a whole or not at
 * all, wherever the process is killed or the power goes.
 *
 * sources: bhyve/backend/flash_store.c
 * libs: -lz -Wl,--wrap=pwrite,--wrap=ftruncate,--wrap=fsync,--wrap=fdatasync,--wrap=fallocate
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "bhyve/backend/flash_store.h"
#include "bhyve/report.h"

#define BLOCK  0x4000u /* four pages: enough for a change of several, and quick */
#define BLOCKS 3u
#define SIZE   (BLOCK * BLOCKS)
#define MAX    (BLOCK * 8)
#define ROOM   (SIZE + 8192)

static char path[] = "/tmp/test_flash_store.XXXXXX";
static char err[512];
static struct flash_store *store;

/*
 * The system: `calls` counts what would change the file; call number `fatal` is cut short after
 * `part` bytes, and from then on the process is dead (or, with `full`, the disk is full). `disk` is
 * what a power cut leaves: what was synced, and of each later write the pages that `luck` says.
 */
static struct {
	unsigned calls, fatal;
	size_t part;
	bool full;
	bool volatile_store;
	bool dead;
	uint32_t luck;
	uint8_t disk[ROOM];
	size_t disk_size;
} system_;

ssize_t __real_pwrite(int fd, const void *buf, size_t len, off_t offset);
int __real_ftruncate(int fd, off_t size);
ssize_t __wrap_pwrite(int fd, const void *buf, size_t len, off_t offset);
int __wrap_ftruncate(int fd, off_t size);
int __wrap_fsync(int fd);
int __wrap_fdatasync(int fd);
int __wrap_fallocate(int fd, int mode, off_t offset, off_t len);

static unsigned reports;

void report(const char *format, ...)
{
	(void)format;
	reports++;
}

static int dead(void)
{
	errno = system_.full ? ENOSPC : EIO;
	return -1;
}

/* Whether this call is the last of the process. */
static bool dies(void)
{
	if (!system_.dead && ++system_.calls == system_.fatal)
		return system_.dead = true;
	return false;
}

static bool lucky(void)
{
	system_.luck = system_.luck * 1103515245 + 12345;
	return system_.luck >> 16 & 1;
}

/* What of a write reaches the disk without a sync. */
static void write_back(const void *buf, size_t len, off_t offset)
{
	size_t end = (size_t)offset + len;

	if (system_.volatile_store)
		return;
	assert_true(end <= ROOM);
	for (size_t at = (size_t)offset; at < end;) {
		size_t next = (at / 4096 + 1) * 4096 < end ? (at / 4096 + 1) * 4096 : end;

		if (lucky()) {
			memcpy(system_.disk + at, (const char *)buf + (at - (size_t)offset),
			       next - at);
			if (system_.disk_size < next)
				system_.disk_size = next;
		}
		at = next;
	}
}

ssize_t __wrap_pwrite(int fd, const void *buf, size_t len, off_t offset)
{
	if (system_.dead)
		return dead();
	if (dies())
		len = system_.part < len ? system_.part : len;
	if (len == 0)
		return dead();
	write_back(buf, len, offset);
	return __real_pwrite(fd, buf, len, offset);
}

int __wrap_ftruncate(int fd, off_t size)
{
	if (system_.dead || dies())
		return dead();
	if (lucky())
		system_.disk_size = (size_t)size;
	return __real_ftruncate(fd, size);
}

static int synced(int fd)
{
	struct stat st;

	if (system_.dead || dies())
		return dead();
	assert_int_equal(fstat(fd, &st), 0);
	system_.disk_size = (size_t)st.st_size;
	assert_int_equal(pread(fd, system_.disk, ROOM, 0), st.st_size);
	return 0;
}

int __wrap_fsync(int fd)
{
	return synced(fd);
}

int __wrap_fdatasync(int fd)
{
	return synced(fd);
}

int __wrap_fallocate(int fd, int mode, off_t offset, off_t len)
{
	(void)fd;
	(void)mode;
	(void)offset;
	(void)len;
	return system_.dead ? dead() : 0;
}

static uint8_t pattern(uint32_t offset)
{
	return (uint8_t)(offset * 7 + offset / 4096);
}

static void make_file(size_t size)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	for (uint32_t i = 0; i < size; i++)
		putc(pattern(i), file);
	assert_int_equal(fclose(file), 0);
	for (uint32_t i = 0; i < size && i < ROOM; i++)
		system_.disk[i] = pattern(i);
	system_.disk_size = size;
}

static int open_store(const char *file)
{
	return flash_store_open(file, BLOCK, MAX, &store, err, sizeof(err));
}

static void close_store(void)
{
	flash_store_close(store);
	store = NULL;
}

static int setup(void **state)
{
	(void)state;
	memset(&system_, 0, sizeof(system_));
	make_file(SIZE);
	return 0;
}

static size_t file_size(void)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return (size_t)st.st_size;
}

static void refused(int error, const char *text)
{
	assert_int_equal(open_store(path), error);
	if (!strstr(err, text))
		fail_msg("\"%s\" does not say \"%s\"", err, text);
}

static void changes_are_read_back_and_kept(void **state)
{
	uint8_t bytes[8];

	(void)state;
	assert_int_equal(open_store(path), 0);
	assert_int_equal(flash_store_size(store), SIZE);
	assert_int_equal(flash_store_write(store, 100, "variable", 8), 0);
	assert_int_equal(flash_store_erase(store, BLOCK, BLOCK), 0);
	close_store();
	assert_int_equal(file_size(), SIZE);
	assert_int_equal(open_store(path), 0);
	assert_int_equal(flash_store_read(store, 100, bytes, 8), 0);
	assert_memory_equal(bytes, "variable", 8);
	assert_int_equal(flash_store_read(store, BLOCK - 1, bytes, 2), 0);
	assert_int_equal(bytes[0], pattern(BLOCK - 1));
	assert_int_equal(bytes[1], 0xff);
	assert_int_equal(flash_store_read(store, 2 * BLOCK - 1, bytes, 2), 0);
	assert_int_equal(bytes[0], 0xff);
	assert_int_equal(bytes[1], pattern(2 * BLOCK));
	close_store();
}

static void a_store_without_a_file_is_erased_and_forgets(void **state)
{
	uint32_t word = 0;

	(void)state;
	system_.volatile_store = true;
	assert_int_equal(open_store(NULL), 0);
	assert_int_equal(flash_store_size(store), 4 * BLOCK);
	assert_int_equal(flash_store_read(store, 4 * BLOCK - 4, &word, 4), 0);
	assert_int_equal(word, UINT32_MAX);
	assert_int_equal(flash_store_write(store, 0, "abcd", 4), 0);
	assert_int_equal(flash_store_read(store, 0, &word, 4), 0);
	assert_memory_equal(&word, "abcd", 4);
	close_store();
}

static void files_that_are_none_are_refused(void **state)
{
	(void)state;
	assert_int_equal(open_store("/nowhere/vars.fd"), -ENOENT);
	assert_non_null(strstr(err, "/nowhere/vars.fd: no such file; copy a template"));
	assert_int_equal(open_store("/dev/null"), -EINVAL);
	assert_non_null(strstr(err, "not a regular file"));
	assert_int_equal(open_store("/tmp"), -EISDIR);
	make_file(0);
	refused(-EINVAL, "0 bytes are no size for flash");
	make_file(BLOCK - 1);
	refused(-EINVAL, "no size for flash");
	make_file(SIZE + 100);
	refused(-EINVAL, "no size for flash");
	make_file(MAX + BLOCK);
	refused(-EINVAL, "no size for flash");
	make_file(MAX);
	assert_int_equal(open_store(path), 0);
	close_store();
}

static void a_qcow2_image_is_refused(void **state)
{
	FILE *file = fopen(path, "r+b");

	(void)state;
	assert_non_null(file);
	assert_int_equal(fwrite("QFI\xfb", 1, 4, file), 4);
	assert_int_equal(fclose(file), 0);
	refused(-EINVAL, "is a qcow2 image; convert it with qemu-img convert -O raw");
}

static void a_file_that_cannot_be_written_is_refused(void **state)
{
	(void)state;
	if (geteuid() == 0)
		skip(); /* nothing is read-only for root */
	assert_int_equal(chmod(path, 0444), 0);
	refused(-EACCES, "is read-only");
	assert_int_equal(chmod(path, 0644), 0);
}

static void a_file_is_one_machines(void **state)
{
	struct flash_store *first;

	(void)state;
	assert_int_equal(open_store(path), 0);
	first = store;
	refused(-EBUSY, "is in use by another process");
	flash_store_close(first);
	assert_int_equal(open_store(path), 0);
	close_store();
}

static void a_full_disk_changes_nothing(void **state)
{
	uint8_t byte;

	(void)state;
	assert_int_equal(open_store(path), 0);
	system_.full = system_.dead = true;
	reports = 0;
	assert_int_equal(flash_store_write(store, 0, "xy", 2), -ENOSPC);
	assert_int_equal(flash_store_erase(store, 0, BLOCK), -ENOSPC);
	assert_int_equal(reports, 1);
	assert_int_equal(flash_store_read(store, 0, &byte, 1), 0);
	assert_int_equal(byte, pattern(0));
	system_.dead = false;
	assert_int_equal(flash_store_write(store, 0, "xy", 2), 0);
	close_store();
	assert_int_equal(file_size(), SIZE);
}

/* The changes that are tried: within a page, across two, and of a block. */
static const struct change {
	uint32_t offset, len;
	bool erase;
} changes[] = {
	{ BLOCK + 8, 64, false },
	{ BLOCK + 4096 - 32, 64, false },
	{ BLOCK + 4096 - 1000, FLASH_STORE_WRITE_MAX, false },
	{ BLOCK, BLOCK, true },
};

static int make_change(const struct change *change)
{
	uint8_t bytes[FLASH_STORE_WRITE_MAX];

	memset(bytes, 0x5a, sizeof(bytes));
	if (change->erase)
		return flash_store_erase(store, change->offset, change->len);
	return flash_store_write(store, change->offset, bytes, change->len);
}

/* Opens the file as it was left; whether the change is in it, all of it or nothing. */
static bool is_changed(const struct change *change)
{
	uint8_t bytes[SIZE], wanted = change->erase ? 0xff : 0x5a;
	unsigned changed = 0;

	memset(&system_, 0, sizeof(system_));
	if (open_store(path))
		fail_msg("%s", err);
	assert_int_equal(file_size(), SIZE);
	assert_int_equal(flash_store_read(store, 0, bytes, SIZE), 0);
	close_store();
	for (uint32_t i = 0; i < SIZE; i++) {
		if (i - change->offset < change->len && bytes[i] == wanted)
			changed++;
		else
			assert_int_equal(bytes[i], pattern(i));
	}
	if (changed < change->len / 2) /* some bytes are the same before and after */
		return false;
	assert_int_equal(changed, change->len);
	return true;
}

/* Makes the change in a process that dies at its call number `fatal`; false: it did not get that
 * far. */
static bool die_at(const struct change *change, unsigned fatal, size_t part, int *result)
{
	bool died;

	setup(NULL);
	assert_int_equal(open_store(path), 0);
	system_.fatal = fatal;
	system_.part = part;
	*result = make_change(change);
	died = system_.dead;
	system_.dead = true; /* closing writes nothing more */
	close_store();
	return died;
}

/* A write within a page cannot be cut in two by a kill, one of several pages can at their borders.
 */
static void a_kill_at_any_moment_leaves_old_or_new(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		unsigned fatal = 1, old = 0, new = 0;
		int result;

		while (die_at(&changes[i], fatal++, 0, &result)) {
			bool changed = is_changed(&changes[i]);

			assert_true(result != 0 || changed);
			old += !changed;
			new += changed;
		}
		assert_int_equal(result, 0);
		assert_true(is_changed(&changes[i]));
		assert_true(old > 0 && (i == 0 || new > 0));
	}
}

static void a_record_that_is_there_in_part_counts_for_nothing(void **state)
{
	int result;

	(void)state;
	for (size_t part = 1; part < 24; part++) {
		assert_true(die_at(&changes[3], 1, part, &result));
		assert_true(result != 0);
		assert_false(is_changed(&changes[3]));
	}
	assert_true(die_at(&changes[2], 1, 1000, &result));
	assert_false(is_changed(&changes[2]));
}

/* The power goes at each call in turn; of what was not synced, any pages may be on the disk. */
static void a_power_cut_at_any_moment_leaves_old_or_new(void **state)
{
	unsigned cuts = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		for (uint32_t luck = 0; luck < 40; luck++) {
			for (unsigned fatal = 1, died = 1; died; fatal++, cuts++) {
				FILE *file;

				setup(NULL);
				system_.luck = luck;
				assert_int_equal(open_store(path), 0);
				system_.fatal = fatal;
				make_change(&changes[i]);
				died = system_.dead;
				system_.dead = true;
				close_store();
				file = fopen(path, "wb");
				assert_non_null(file);
				assert_int_equal(fwrite(system_.disk, 1, system_.disk_size, file),
						 system_.disk_size);
				assert_int_equal(fclose(file), 0);
				is_changed(&changes[i]);
			}
		}
	}
	assert_true(cuts > 400);
}

static void an_old_record_does_not_undo_what_came_later(void **state)
{
	uint8_t byte;

	(void)state;
	assert_int_equal(open_store(path), 0);
	assert_int_equal(flash_store_erase(store, 0, BLOCK), 0);
	assert_int_equal(flash_store_write(store, 0, "z", 1), 0);
	assert_int_equal(flash_store_sync(store), 0);
	system_.dead = true;
	close_store();
	memset(&system_, 0, sizeof(system_));
	assert_int_equal(open_store(path), 0);
	assert_int_equal(flash_store_read(store, 0, &byte, 1), 0);
	assert_int_equal(byte, 'z');
	close_store();
}

static int make_path(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_path(void **state)
{
	(void)state;
	return unlink(path);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(changes_are_read_back_and_kept),
		TEST(a_store_without_a_file_is_erased_and_forgets),
		TEST(files_that_are_none_are_refused),
		TEST(a_qcow2_image_is_refused),
		TEST(a_file_that_cannot_be_written_is_refused),
		TEST(a_file_is_one_machines),
		TEST(a_full_disk_changes_nothing),
		TEST(a_kill_at_any_moment_leaves_old_or_new),
		TEST(a_record_that_is_there_in_part_counts_for_nothing),
		TEST(a_power_cut_at_any_moment_leaves_old_or_new),
		TEST(an_old_record_does_not_undo_what_came_later),
	};

	return cmocka_run_group_tests(tests, make_path, remove_path);
}
