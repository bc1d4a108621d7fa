// SPDX-License-Identifier: BSD-2-Clause
/*
 * virtio-blk (virtio 1.2, 5.2), with image files under /tmp.
 */
/* sources: bhyve/device/virtio_blk.c bhyve/device/virtio_blk_options.c bhyve/device/option.c */
/* sources: bhyve/device/iov.c bhyve/device/virtio_mmio.c bhyve/device/virtqueue.c */
/* sources: bhyve/backend/block.c bhyve/backend/block_image.c bhyve/backend/block_ring.c */
/* sources: test/unit/fake_vm.c */
/* sources: test/unit/virtio_driver.c bhyve/mevent.c bhyve/mmio.c bhyve/config.c */
/* sources: bhyve/config_file.c */
/* libs: -luring -Wl,--wrap=posix_memalign -Wl,--wrap=block_submit */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/virtio_blk.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bhyve/backend/block.h"
#include "bhyve/config.h"
#include "bhyve/device/option.h"
#include "bhyve/mmio.h"
#include "virtio_driver.h"

#define SLOT	  0u
#define DISK	  (1u << 20)
#define SECTORS	  (DISK / 512)
#define HEADER	  DRIVER_BUFFER_IPA
#define STATUS	  (DRIVER_BUFFER_IPA + 0x100u)
#define DATA	  (DRIVER_BUFFER_IPA + 0x10000u)
#define RANGE	  (DRIVER_BUFFER_IPA + 0x200u)
#define UNTOUCHED 0xaa

#define WRITE	  VRING_DESC_F_WRITE
#define NEXT	  VRING_DESC_F_NEXT

static struct device *disk;
static const char *image;
static uint16_t requests;

static void open_disk(void)
{
	char err[512];

	if (virtio_blk_device.create(SLOT, &disk, err, sizeof(err))) {
		fprintf(stderr, "%s\n", err);
		abort();
	}
	requests = 0;
}

static void close_disk(void)
{
	if (disk)
		disk->ops->destroy(disk);
	disk = NULL;
}

/* Opens the disk once more, as options differ. */
static void reopen(const char *key, const char *value)
{
	char name[64];

	close_disk();
	snprintf(name, sizeof(name), "slot.%u.%s", SLOT, key);
	config_set(name, value);
	mmio_clear();
	open_disk();
}

static int setup(void **state)
{
	(void)state;
	fake_vm_start();
	image = fake_file(DISK);
	config_set("slot.0.path", image);
	open_disk();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	close_disk();
	fake_vm_stop();
	return 0;
}

static void read_image(void *buf, size_t len, off_t offset)
{
	int fd = open(image, O_RDONLY);

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, buf, len, offset), len);
	close(fd);
}

static void write_image(const void *buf, size_t len, off_t offset)
{
	int fd = open(image, O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, buf, len, offset), len);
	close(fd);
}

/* The last request that the device gave to the back end. */
static struct block_request submitted;

void __real_block_submit(struct block *block, struct block_request *request);
void __wrap_block_submit(struct block *block, struct block_request *request);
void __wrap_block_submit(struct block *block, struct block_request *request)
{
	submitted = *request;
	__real_block_submit(block, request);
}

static void put_header(uint32_t type, uint64_t sector)
{
	struct virtio_blk_outhdr *header = fake_ram(HEADER);

	*header = (struct virtio_blk_outhdr){ .type = type, .sector = sector };
	*(uint8_t *)fake_ram(STATUS) = UNTOUCHED;
}

/* Offers the chain that begins at descriptor 0 and waits for it; the status. */
static uint8_t finish(void)
{
	driver_offer(0, 0);
	driver_kick(SLOT, 0);
	assert_true(driver_wait_used(0, ++requests));
	return *(uint8_t *)fake_ram(STATUS);
}

static uint8_t request(uint32_t type, uint64_t sector, uint64_t data, uint32_t len, unsigned flags)
{
	put_header(type, sector);
	driver_put(0, 0, HEADER, 16, NEXT, len ? 1 : 2);
	driver_put(0, 1, data, len, NEXT | flags, 2);
	driver_put(0, 2, STATUS, 1, WRITE, 0);
	return finish();
}

static uint32_t used_length(void)
{
	return driver_used(0)->ring[(requests - 1) % DRIVER_QUEUE_SIZE].len;
}

static uint8_t range_request(uint32_t type, uint64_t sector, uint32_t count, uint32_t flags)
{
	struct virtio_blk_discard_write_zeroes *range = fake_ram(RANGE);

	range->sector = sector;
	range->num_sectors = count;
	range->flags = flags;
	return request(type, 0, RANGE, sizeof(*range), 0);
}

static void start(void)
{
	driver_start(SLOT, driver_offered(SLOT) & ~(1ULL << VIRTIO_RING_F_EVENT_IDX), 1);
}

/* ---- requests ---- */

static void capacity_is_the_files_length(void **state)
{
	(void)state;
	assert_int_equal(fake_read(VIRTIO_MMIO_BASE(SLOT) + 0x100, 8), SECTORS);
	assert_int_equal(fake_read(VIRTIO_MMIO_BASE(SLOT) + 0x100 +
					   offsetof(struct virtio_blk_config, blk_size),
				   4),
			 512);
}

static void sectors_written_are_in_the_file(void **state)
{
	uint8_t bytes[1024];

	(void)state;
	start();
	memset(fake_ram(DATA), 0x5a, 1024);
	assert_int_equal(request(VIRTIO_BLK_T_OUT, 7, DATA, 1024, 0), VIRTIO_BLK_S_OK);
	assert_int_equal(used_length(), 1);
	read_image(bytes, sizeof(bytes), 7 * 512);
	assert_memory_equal(bytes, fake_ram(DATA), sizeof(bytes));
}

static void sectors_read_are_those_of_the_file(void **state)
{
	char text[512] = "sector nine";

	(void)state;
	write_image(text, sizeof(text), 9 * 512);
	start();
	assert_int_equal(request(VIRTIO_BLK_T_IN, 9, DATA, 512, WRITE), VIRTIO_BLK_S_OK);
	assert_memory_equal(fake_ram(DATA), text, 512);
	assert_int_equal(used_length(), 513);
}

/* 5.2.6.3, 2.7.4: a device must not care how a request is cut into buffers. */
static void header_data_and_status_may_be_cut_anywhere(void **state)
{
	char text[1024];

	(void)state;
	memset(text, 'z', sizeof(text));
	write_image(text, sizeof(text), 0);
	start();
	put_header(VIRTIO_BLK_T_IN, 0);
	driver_put(0, 0, HEADER, 3, NEXT, 1);
	driver_put(0, 1, HEADER + 3, 13, NEXT, 2);
	driver_put(0, 2, DATA, 1000, NEXT | WRITE, 3);
	/* the rest of the data and the status byte in one buffer */
	driver_put(0, 3, STATUS - 24, 25, WRITE, 0);
	assert_int_equal(finish(), VIRTIO_BLK_S_OK);
	assert_memory_equal(fake_ram(DATA), text, 1000);
	assert_memory_equal(fake_ram(STATUS - 24), text, 24);
}

static void header_and_data_may_share_a_buffer(void **state)
{
	uint8_t bytes[512];

	(void)state;
	start();
	put_header(VIRTIO_BLK_T_OUT, 2);
	memset(fake_ram(HEADER + 16), 'w', 512);
	driver_put(0, 0, HEADER, 16 + 512, NEXT, 1);
	driver_put(0, 1, STATUS + 0x1000, 1, WRITE, 0);
	*(uint8_t *)fake_ram(STATUS + 0x1000) = UNTOUCHED;
	driver_offer(0, 0);
	driver_kick(SLOT, 0);
	assert_true(driver_wait_used(0, ++requests));
	assert_int_equal(*(uint8_t *)fake_ram(STATUS + 0x1000), VIRTIO_BLK_S_OK);
	read_image(bytes, sizeof(bytes), 2 * 512);
	assert_int_equal(bytes[0], 'w');
	assert_int_equal(bytes[511], 'w');
}

static void requests_past_the_end_fail(void **state)
{
	(void)state;
	start();
	assert_int_equal(request(VIRTIO_BLK_T_IN, SECTORS - 1, DATA, 1024, WRITE),
			 VIRTIO_BLK_S_IOERR);
	assert_int_equal(request(VIRTIO_BLK_T_IN, SECTORS, DATA, 512, WRITE), VIRTIO_BLK_S_IOERR);
	assert_int_equal(request(VIRTIO_BLK_T_OUT, UINT64_MAX, DATA, 512, 0), VIRTIO_BLK_S_IOERR);
	assert_int_equal(request(VIRTIO_BLK_T_OUT, UINT64_MAX / 512 + 1, DATA, 512, 0),
			 VIRTIO_BLK_S_IOERR);
	assert_int_equal(request(VIRTIO_BLK_T_IN, SECTORS - 1, DATA, 512, WRITE), VIRTIO_BLK_S_OK);
}

static void data_that_is_no_whole_sector_fails(void **state)
{
	(void)state;
	start();
	assert_int_equal(request(VIRTIO_BLK_T_IN, 0, DATA, 511, WRITE), VIRTIO_BLK_S_IOERR);
	assert_int_equal(request(VIRTIO_BLK_T_OUT, 0, DATA, 513, 0), VIRTIO_BLK_S_IOERR);
	assert_int_equal(request(VIRTIO_BLK_T_IN, 0, DATA, 0, WRITE), VIRTIO_BLK_S_IOERR);
}

static void read_of_a_file_that_shrank_fails(void **state)
{
	(void)state;
	start();
	assert_int_equal(truncate(image, 512), 0);
	assert_int_equal(request(VIRTIO_BLK_T_IN, 4, DATA, 512, WRITE), VIRTIO_BLK_S_IOERR);
	assert_int_equal(request(VIRTIO_BLK_T_IN, 0, DATA, 1024, WRITE), VIRTIO_BLK_S_IOERR);
}

/* On the host, where somebody can do something; the guest's own mistakes are not worth a line. */
static void failed_request_is_reported_once(void **state)
{
	char wanted[128];

	(void)state;
	start();
	assert_int_equal(request(VIRTIO_BLK_T_IN, SECTORS, DATA, 512, WRITE), VIRTIO_BLK_S_IOERR);
	assert_string_equal(fake_report, "");
	assert_int_equal(truncate(image, 512), 0);
	assert_int_equal(request(VIRTIO_BLK_T_IN, 4, DATA, 512, WRITE), VIRTIO_BLK_S_IOERR);
	snprintf(wanted, sizeof(wanted), "slot %u: %s: a read at byte 2048 failed: ", SLOT, image);
	assert_memory_equal(fake_report, wanted, strlen(wanted));
	assert_non_null(strstr(fake_report, "the file is shorter than it was"));
	fake_report[0] = '\0';
	assert_int_equal(request(VIRTIO_BLK_T_IN, 4, DATA, 512, WRITE), VIRTIO_BLK_S_IOERR);
	assert_string_equal(fake_report, "");
}

static void full_host_is_reported(void **state)
{
	struct rlimit before, limit;

	(void)state;
	start();
	/* a file that may not grow: EFBIG, as ENOSPC on a full disk */
	assert_int_equal(truncate(image, 0), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = 1024;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(request(VIRTIO_BLK_T_OUT, 4, DATA, 512, 0), VIRTIO_BLK_S_IOERR);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_non_null(strstr(fake_report, "a write at byte 2048 failed: File too large"));
}

static void flush_succeeds(void **state)
{
	(void)state;
	start();
	assert_int_equal(request(VIRTIO_BLK_T_FLUSH, 0, 0, 0, 0), VIRTIO_BLK_S_OK);
}

static void unknown_request_is_unsupported(void **state)
{
	(void)state;
	start();
	assert_int_equal(request(99, 0, DATA, 512, WRITE), VIRTIO_BLK_S_UNSUPP);
}

static void identification_is_the_serial_number(void **state)
{
	(void)state;
	reopen("serial", "SN-12345");
	start();
	assert_int_equal(request(VIRTIO_BLK_T_GET_ID, 0, DATA, 20, WRITE), VIRTIO_BLK_S_OK);
	assert_string_equal(fake_ram(DATA), "SN-12345");
}

static void disk_without_a_serial_number_keeps_the_one_it_was_given(void **state)
{
	char first[20];

	(void)state;
	start();
	assert_int_equal(request(VIRTIO_BLK_T_GET_ID, 0, DATA, 20, WRITE), VIRTIO_BLK_S_OK);
	memcpy(first, fake_ram(DATA), 20);
	assert_memory_equal(first, "BHYVE-", 6);
	reopen("nodelete", "false");
	start();
	assert_int_equal(request(VIRTIO_BLK_T_GET_ID, 0, DATA, 20, WRITE), VIRTIO_BLK_S_OK);
	assert_memory_equal(fake_ram(DATA), first, 20);
}

static uint64_t counter(enum vm_device_stat_id stat)
{
	return disk->stats[stat];
}

static void requests_bytes_and_errors_are_counted(void **state)
{
	(void)state;
	start();
	assert_int_equal(request(VIRTIO_BLK_T_OUT, 0, DATA, 1024, 0), VIRTIO_BLK_S_OK);
	assert_int_equal(request(VIRTIO_BLK_T_IN, 0, DATA, 512, WRITE), VIRTIO_BLK_S_OK);
	assert_int_equal(request(VIRTIO_BLK_T_IN, 0, DATA, 2048, WRITE), VIRTIO_BLK_S_OK);
	assert_int_equal(request(VIRTIO_BLK_T_IN, DISK / 512, DATA, 512, WRITE),
			 VIRTIO_BLK_S_IOERR);
	assert_int_equal(request(VIRTIO_BLK_T_FLUSH, 0, 0, 0, 0), VIRTIO_BLK_S_OK);
	assert_int_equal(counter(VM_DEVICE_STAT_WRITE_REQUESTS), 1);
	assert_int_equal(counter(VM_DEVICE_STAT_WRITE_BYTES), 1024);
	assert_int_equal(counter(VM_DEVICE_STAT_WRITE_ERRORS), 0);
	assert_int_equal(counter(VM_DEVICE_STAT_READ_REQUESTS), 3);
	assert_int_equal(counter(VM_DEVICE_STAT_READ_BYTES), 2560);
	assert_int_equal(counter(VM_DEVICE_STAT_READ_ERRORS), 1);
	assert_int_equal(counter(VM_DEVICE_STAT_FLUSH_REQUESTS), 1);
}

static void zeroed_bytes_are_counted(void **state)
{
	(void)state;
	start();
	assert_int_equal(range_request(VIRTIO_BLK_T_WRITE_ZEROES, 8, 16, 0), VIRTIO_BLK_S_OK);
	assert_int_equal(range_request(VIRTIO_BLK_T_WRITE_ZEROES, DISK / 512, 1, 0),
			 VIRTIO_BLK_S_IOERR);
	assert_int_equal(counter(VM_DEVICE_STAT_DISCARD_REQUESTS), 2);
	assert_int_equal(counter(VM_DEVICE_STAT_DISCARD_BYTES), 16 * 512);
	assert_int_equal(counter(VM_DEVICE_STAT_DISCARD_ERRORS), 1);
}

static void discarded_range_is_freed(void **state)
{
	struct stat before;
	struct stat after;
	char *text = malloc(DISK);

	(void)state;
	memset(text, 'd', DISK);
	write_image(text, DISK, 0);
	free(text);
	start();
	assert_int_equal(stat(image, &before), 0);
	assert_int_equal(range_request(VIRTIO_BLK_T_DISCARD, 128, 1024, 0), VIRTIO_BLK_S_OK);
	assert_int_equal(stat(image, &after), 0);
	assert_true(after.st_blocks < before.st_blocks);
	assert_int_equal(after.st_size, before.st_size);
}

static void zeroed_range_reads_as_zeros(void **state)
{
	static const uint32_t flags[] = { 0, VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP };
	uint8_t bytes[2048];

	(void)state;
	start();
	for (int i = 0; i < 2; i++) {
		memset(bytes, 'o', sizeof(bytes));
		write_image(bytes, sizeof(bytes), 0);
		assert_int_equal(range_request(VIRTIO_BLK_T_WRITE_ZEROES, 1, 2, flags[i]),
				 VIRTIO_BLK_S_OK);
		read_image(bytes, sizeof(bytes), 0);
		assert_int_equal(bytes[511], 'o');
		for (int at = 512; at < 1536; at++)
			assert_int_equal(bytes[at], 0);
		assert_int_equal(bytes[1536], 'o');
	}
}

static void bad_ranges_fail(void **state)
{
	(void)state;
	start();
	assert_int_equal(range_request(VIRTIO_BLK_T_DISCARD, SECTORS - 1, 2, 0),
			 VIRTIO_BLK_S_IOERR);
	assert_int_equal(range_request(VIRTIO_BLK_T_DISCARD, 0, 0, 0), VIRTIO_BLK_S_IOERR);
	assert_int_equal(range_request(VIRTIO_BLK_T_DISCARD, UINT64_MAX, UINT32_MAX, 0),
			 VIRTIO_BLK_S_IOERR);
	assert_int_equal(range_request(VIRTIO_BLK_T_DISCARD, 0, 8, 1), VIRTIO_BLK_S_UNSUPP);
	assert_int_equal(range_request(VIRTIO_BLK_T_WRITE_ZEROES, 0, 8, 2), VIRTIO_BLK_S_UNSUPP);
	assert_int_equal(request(VIRTIO_BLK_T_DISCARD, 0, RANGE, 32, 0), VIRTIO_BLK_S_IOERR);
	assert_int_equal(request(VIRTIO_BLK_T_DISCARD, 0, RANGE, 4, 0), VIRTIO_BLK_S_IOERR);
}

static void read_only_disk_refuses_changes(void **state)
{
	(void)state;
	assert_int_equal(chmod(image, 0400), 0);
	reopen("ro", "true");
	assert_true(driver_offered(SLOT) & 1ULL << VIRTIO_BLK_F_RO);
	assert_false(driver_offered(SLOT) & 1ULL << VIRTIO_BLK_F_DISCARD);
	start();
	assert_int_equal(request(VIRTIO_BLK_T_OUT, 0, DATA, 512, 0), VIRTIO_BLK_S_IOERR);
	assert_int_equal(range_request(VIRTIO_BLK_T_DISCARD, 0, 8, 0), VIRTIO_BLK_S_UNSUPP);
	assert_int_equal(request(VIRTIO_BLK_T_IN, 0, DATA, 512, WRITE), VIRTIO_BLK_S_OK);
}

static void many_requests_run_side_by_side(void **state)
{
	unsigned count = DRIVER_QUEUE_SIZE / 2;

	(void)state;
	start();
	for (unsigned i = 0; i < count; i++) {
		struct virtio_blk_outhdr *header = fake_ram(HEADER + 0x1000 * i);

		/* header and data in one buffer, the status in the other */
		*header = (struct virtio_blk_outhdr){ .type = VIRTIO_BLK_T_OUT, .sector = i };
		memset(fake_ram(HEADER + 0x1000 * i + 16), (int)('a' + i), 512);
		*(uint8_t *)fake_ram(DATA + 0x1000 * i) = UNTOUCHED;
		driver_put(0, 2 * i, HEADER + 0x1000 * i, 528, NEXT, 2 * i + 1);
		driver_put(0, 2 * i + 1, DATA + 0x1000 * i, 1, WRITE, 0);
		driver_offer(0, 2 * i);
	}
	driver_kick(SLOT, 0);
	assert_true(driver_wait_used(0, (uint16_t)count));
	for (unsigned i = 0; i < count; i++) {
		uint8_t bytes[512];

		assert_int_equal(*(uint8_t *)fake_ram(DATA + 0x1000 * i), VIRTIO_BLK_S_OK);
		read_image(bytes, sizeof(bytes), (off_t)(512 * i));
		assert_int_equal(bytes[0], 'a' + i);
		assert_int_equal(bytes[511], 'a' + i);
	}
}

static void reset_waits_for_requests_in_flight(void **state)
{
	(void)state;
	start();
	memset(fake_ram(DATA), 0, 65536);
	put_header(VIRTIO_BLK_T_IN, 0);
	driver_put(0, 0, HEADER, 16, NEXT, 1);
	driver_put(0, 1, DATA, 65536, NEXT | WRITE, 2);
	driver_put(0, 2, STATUS, 1, WRITE, 0);
	driver_offer(0, 0);
	driver_kick(SLOT, 0);
	fake_settle();
	driver_set(SLOT, VIRTIO_MMIO_STATUS, 0);
	/* From here on memory is the driver's again. */
	memset(fake_ram(DATA), 0x77, 65536);
	*(uint8_t *)fake_ram(STATUS) = 0x77;
	fake_settle();
	assert_int_equal(*(uint8_t *)fake_ram(STATUS), 0x77);
	assert_int_equal(*(uint8_t *)fake_ram(DATA), 0x77);
	assert_int_equal(*(uint8_t *)fake_ram(DATA + 65535), 0x77);
}

static void cache_mode_can_be_changed_by_the_driver(void **state)
{
	uint64_t wce = VIRTIO_MMIO_BASE(SLOT) + 0x100 + offsetof(struct virtio_blk_config, wce);

	(void)state;
	start();
	assert_int_equal(fake_read(wce, 1), 1);
	fake_write(wce, 1, 0);
	assert_int_equal(fake_read(wce, 1), 0);
	assert_int_equal(request(VIRTIO_BLK_T_OUT, 0, DATA, 512, 0), VIRTIO_BLK_S_OK);
	driver_set(SLOT, VIRTIO_MMIO_STATUS, 0);
	assert_int_equal(fake_read(wce, 1), 1);
}

static void expect_durable(bool durable)
{
	assert_int_equal(request(VIRTIO_BLK_T_OUT, 0, DATA, 512, 0), VIRTIO_BLK_S_OK);
	assert_int_equal(submitted.op, BLOCK_WRITE);
	assert_int_equal(submitted.durable, durable);
	assert_int_equal(range_request(VIRTIO_BLK_T_WRITE_ZEROES, 1, 2, 0), VIRTIO_BLK_S_OK);
	assert_int_equal(submitted.op, BLOCK_ZERO);
	assert_int_equal(submitted.durable, durable);
	assert_int_equal(request(VIRTIO_BLK_T_IN, 0, DATA, 512, WRITE), VIRTIO_BLK_S_OK);
	assert_false(submitted.durable);
}

static void start_without(uint64_t features)
{
	driver_start(SLOT, driver_offered(SLOT) & ~(features | 1ULL << VIRTIO_RING_F_EVENT_IDX), 1);
	requests = 0;
}

/* 5.2.5.2, 5.2.6.2: in write-through mode, and for drivers that cannot flush. */
static void writes_are_durable_unless_the_driver_can_flush_them(void **state)
{
	const uint64_t flush = 1ULL << VIRTIO_BLK_F_FLUSH, wce = 1ULL << VIRTIO_BLK_F_CONFIG_WCE;

	(void)state;
	start();
	expect_durable(false);
	fake_write(VIRTIO_MMIO_BASE(SLOT) + 0x100 + offsetof(struct virtio_blk_config, wce), 1, 0);
	expect_durable(true);
	start_without(wce);
	expect_durable(false);
	start_without(wce | flush);
	expect_durable(true);
}

static void direct_io_works_with_any_buffer(void **state)
{
	char text[1024];

	(void)state;
	memset(text, 'q', sizeof(text));
	write_image(text, sizeof(text), 0);
	reopen("nocache", "true");
	start();
	assert_int_equal(request(VIRTIO_BLK_T_IN, 0, DATA + 3, 1024, WRITE), VIRTIO_BLK_S_OK);
	assert_memory_equal(fake_ram(DATA + 3), text, 1024);
	memset(fake_ram(DATA + 5), 'p', 512);
	assert_int_equal(request(VIRTIO_BLK_T_OUT, 1, DATA + 5, 512, 0), VIRTIO_BLK_S_OK);
	read_image(text, 1024, 0);
	assert_int_equal(text[511], 'q');
	assert_int_equal(text[512], 'p');
	assert_int_equal(text[1023], 'p');
}

/* The most that was asked for at a time. */
static size_t most_allocated;

int __real_posix_memalign(void **memory, size_t alignment, size_t size);
int __wrap_posix_memalign(void **memory, size_t alignment, size_t size);
int __wrap_posix_memalign(void **memory, size_t alignment, size_t size)
{
	if (size > most_allocated)
		most_allocated = size;
	return __real_posix_memalign(memory, alignment, size);
}

static void fill_noise(uint8_t *at, size_t size, unsigned seed)
{
	for (size_t i = 0; i < size; i++)
		at[i] = (uint8_t)((i * 2654435761u + seed) >> 13);
}

static void direct_io_with_any_buffer_takes_little_memory_whatever_its_length(void **state)
{
	uint32_t length = DISK - 512;
	uint8_t *there = malloc(length);

	(void)state;
	reopen("nocache", "true");
	start();
	most_allocated = 0;
	fill_noise(fake_ram(DATA + 1), length, 1);
	assert_int_equal(request(VIRTIO_BLK_T_OUT, 1, DATA + 1, length, 0), VIRTIO_BLK_S_OK);
	read_image(there, length, 512);
	assert_memory_equal(there, fake_ram(DATA + 1), length);
	fill_noise(there, length, 2);
	write_image(there, length, 0);
	assert_int_equal(request(VIRTIO_BLK_T_IN, 0, DATA + 1, length, WRITE), VIRTIO_BLK_S_OK);
	assert_memory_equal(there, fake_ram(DATA + 1), length);
	assert_in_range(most_allocated, 1, 128 * 1024);
	free(there);
}

/* ---- hostile requests ---- */

static void chain_without_a_status_byte_asks_for_a_reset(void **state)
{
	(void)state;
	start();
	put_header(VIRTIO_BLK_T_OUT, 0);
	driver_put(0, 0, HEADER, 16, NEXT, 1);
	driver_put(0, 1, DATA, 512, 0, 0);
	driver_offer(0, 0);
	driver_kick(SLOT, 0);
	assert_true(driver_needs_reset(SLOT));
}

static void chain_with_half_a_header_asks_for_a_reset(void **state)
{
	(void)state;
	start();
	driver_put(0, 0, HEADER, 8, NEXT, 1);
	driver_put(0, 1, STATUS, 1, WRITE, 0);
	driver_offer(0, 0);
	driver_kick(SLOT, 0);
	assert_true(driver_needs_reset(SLOT));
}

static void read_into_readable_buffers_fails(void **state)
{
	(void)state;
	start();
	assert_int_equal(request(VIRTIO_BLK_T_IN, 0, DATA, 512, 0), VIRTIO_BLK_S_IOERR);
	assert_int_equal(request(VIRTIO_BLK_T_OUT, 0, DATA, 512, WRITE), VIRTIO_BLK_S_IOERR);
	assert_int_equal(used_length(), 1);
}

/* ---- images that are none ---- */

static void expect_refusal(int expected, const char *pattern)
{
	struct device *second = NULL;
	char err[1024] = "";

	close_disk();
	assert_int_equal(virtio_blk_device.create(SLOT, &second, err, sizeof(err)), expected);
	assert_null(strchr(err, '\n'));
	if (!strstr(err, pattern))
		fail_msg("\"%s\" does not say \"%s\"", err, pattern);
	if (strncmp(err, "slot 0: ", 8) != 0)
		fail_msg("\"%s\" does not name the slot", err);
}

static void missing_image_is_refused(void **state)
{
	(void)state;
	config_set("slot.0.path", "/nonexistent/disk.img");
	expect_refusal(-ENOENT, "/nonexistent/disk.img: no such file; ");
}

static void disk_without_an_image_is_refused(void **state)
{
	(void)state;
	config_clear();
	expect_refusal(-EINVAL, "-s 0,virtio-blk,FILE");
}

static void empty_image_is_refused(void **state)
{
	(void)state;
	assert_int_equal(truncate(image, 0), 0);
	expect_refusal(-EINVAL, "is empty; ");
}

static void image_of_odd_length_is_refused(void **state)
{
	(void)state;
	assert_int_equal(truncate(image, 1000), 0);
	expect_refusal(-EINVAL, "its length of 1000 bytes is no multiple of 512; ");
}

static void directory_is_refused(void **state)
{
	(void)state;
	config_set("slot.0.path", "/tmp");
	expect_refusal(-EISDIR, "/tmp: is a directory; ");
}

static void character_device_is_refused(void **state)
{
	(void)state;
	config_set("slot.0.path", "/dev/null");
	expect_refusal(-EINVAL, "is neither a file nor a block device; ");
}

static void other_formats_are_refused(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
		const char *says;
	} formats[] = {
		{ "QFI\xfb", 4, "not a raw image (qcow2 header); convert it with qemu-img" },
		{ "KDMV", 4, "(VMDK header)" },
		{ "vhdxfile", 8, "(VHDX header)" },
		{ "\x1f\x8b\x08", 3, "(gzip header); unpack it with gunzip" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		write_image(formats[i].bytes, formats[i].length, 0);
		expect_refusal(-EINVAL, formats[i].says);
	}
}

static void compressed_image_of_odd_length_is_called_compressed(void **state)
{
	(void)state;
	write_image("\x28\xb5\x2f\xfd", 4, 0);
	assert_int_equal(truncate(image, 1001), 0);
	expect_refusal(-EINVAL, "(zstd header); unpack it with unzstd");
}

static void image_in_use_is_refused(void **state)
{
	struct device *second = NULL;
	char err[1024];

	(void)state;
	config_set("slot.1.path", image);
	assert_int_equal(virtio_blk_device.create(1, &second, err, sizeof(err)), -EBUSY);
	assert_non_null(strstr(err, "is in use by another process; "));
}

static void read_only_images_are_shared(void **state)
{
	struct device *second = NULL;
	char err[1024];

	(void)state;
	reopen("ro", "true");
	config_set("slot.1.path", image);
	config_set("slot.1.ro", "true");
	assert_int_equal(virtio_blk_device.create(1, &second, err, sizeof(err)), 0);
	second->ops->destroy(second);
}

static void options_that_are_wrong_are_refused(void **state)
{
	static const struct {
		const char *key;
		const char *value;
		const char *says;
	} wrong[] = {
		{ "slot.0.ro", "maybe", "ro=maybe: must be true or false" },
		{ "slot.0.sectorsize", "513", "sectorsize=513: must be" },
		{ "slot.0.sectorsize", "4096/512", "sectorsize=4096/512: must be" },
		{ "slot.0.sectorsize", "512/4096x", "must be LOGICAL" },
		{ "slot.0.sectorsize", "", "must be LOGICAL" },
		{ "slot.0.sectorsize", "8192", "no sectors larger than a page; give 4096 at most" },
		{ "slot.0.sectorsize", "65536/65536", "larger than a page" },
		{ "slot.0.serial", "123456789012345678901", "longer than 20 characters" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		config_clear();
		config_set("slot.0.path", image);
		config_set(wrong[i].key, wrong[i].value);
		expect_refusal(-EINVAL, wrong[i].says);
	}
}

/* 5.2.5: what is behind the old end is there once the driver has been told. */
static void grown_file_is_shown_to_the_driver(void **state)
{
	uint64_t capacity = VIRTIO_MMIO_BASE(SLOT) + 0x100;
	char err[256];

	(void)state;
	start();
	assert_int_equal(truncate(image, 2 * DISK), 0);
	assert_int_equal(request(VIRTIO_BLK_T_IN, SECTORS, DATA, 512, WRITE), VIRTIO_BLK_S_IOERR);
	assert_int_equal(driver_get(SLOT, VIRTIO_MMIO_CONFIG_GENERATION), 0);
	assert_int_equal(disk->ops->resize(disk, err, sizeof(err)), 0);
	assert_int_equal(driver_get(SLOT, VIRTIO_MMIO_INTERRUPT_STATUS) & VIRTIO_MMIO_INT_CONFIG,
			 VIRTIO_MMIO_INT_CONFIG);
	assert_int_equal(driver_get(SLOT, VIRTIO_MMIO_CONFIG_GENERATION), 1);
	assert_int_equal(fake_read(capacity, 8), 2 * SECTORS);
	assert_int_equal(request(VIRTIO_BLK_T_IN, 2 * SECTORS - 1, DATA, 512, WRITE),
			 VIRTIO_BLK_S_OK);
	/* nothing new is no news */
	assert_int_equal(disk->ops->resize(disk, err, sizeof(err)), 0);
	assert_int_equal(driver_get(SLOT, VIRTIO_MMIO_CONFIG_GENERATION), 1);
}

static void disk_does_not_shrink(void **state)
{
	char err[256];

	(void)state;
	start();
	assert_int_equal(truncate(image, DISK - 512), 0);
	assert_int_equal(disk->ops->resize(disk, err, sizeof(err)), -EINVAL);
	assert_non_null(strstr(err, "a guest's disk can only grow"));
	assert_int_equal(truncate(image, DISK + 1), 0);
	assert_int_equal(disk->ops->resize(disk, err, sizeof(err)), -EINVAL);
	assert_non_null(strstr(err, "no multiple of 512"));
	assert_int_equal(fake_read(VIRTIO_MMIO_BASE(SLOT) + 0x100, 8), SECTORS);
	assert_int_equal(truncate(image, DISK), 0);
	reopen("sectorsize", "4096");
	assert_int_equal(truncate(image, DISK + 512), 0);
	assert_int_equal(disk->ops->resize(disk, err, sizeof(err)), -EINVAL);
	assert_non_null(strstr(err, "no multiple of its sector size of 4096"));
}

static void sector_sizes_are_shown_to_the_driver(void **state)
{
	uint64_t config = VIRTIO_MMIO_BASE(SLOT) + 0x100;

	(void)state;
	reopen("sectorsize", "512/4096");
	assert_int_equal(fake_read(config + offsetof(struct virtio_blk_config, blk_size), 4), 512);
	assert_int_equal(
		fake_read(config + offsetof(struct virtio_blk_config, physical_block_exp), 1), 3);
	reopen("sectorsize", "4096/65536");
	assert_int_equal(
		fake_read(config + offsetof(struct virtio_blk_config, physical_block_exp), 1), 4);
	reopen("sectorsize", "4096");
	assert_int_equal(fake_read(config + offsetof(struct virtio_blk_config, blk_size), 4), 4096);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(capacity_is_the_files_length),
		TEST(sectors_written_are_in_the_file),
		TEST(sectors_read_are_those_of_the_file),
		TEST(header_data_and_status_may_be_cut_anywhere),
		TEST(header_and_data_may_share_a_buffer),
		TEST(requests_past_the_end_fail),
		TEST(data_that_is_no_whole_sector_fails),
		TEST(read_of_a_file_that_shrank_fails),
		TEST(failed_request_is_reported_once),
		TEST(full_host_is_reported),
		TEST(flush_succeeds),
		TEST(unknown_request_is_unsupported),
		TEST(identification_is_the_serial_number),
		TEST(disk_without_a_serial_number_keeps_the_one_it_was_given),
		TEST(requests_bytes_and_errors_are_counted),
		TEST(zeroed_bytes_are_counted),
		TEST(discarded_range_is_freed),
		TEST(zeroed_range_reads_as_zeros),
		TEST(bad_ranges_fail),
		TEST(read_only_disk_refuses_changes),
		TEST(many_requests_run_side_by_side),
		TEST(reset_waits_for_requests_in_flight),
		TEST(cache_mode_can_be_changed_by_the_driver),
		TEST(writes_are_durable_unless_the_driver_can_flush_them),
		TEST(direct_io_works_with_any_buffer),
		TEST(direct_io_with_any_buffer_takes_little_memory_whatever_its_length),
		TEST(chain_without_a_status_byte_asks_for_a_reset),
		TEST(chain_with_half_a_header_asks_for_a_reset),
		TEST(read_into_readable_buffers_fails),
		TEST(missing_image_is_refused),
		TEST(disk_without_an_image_is_refused),
		TEST(empty_image_is_refused),
		TEST(image_of_odd_length_is_refused),
		TEST(directory_is_refused),
		TEST(character_device_is_refused),
		TEST(other_formats_are_refused),
		TEST(compressed_image_of_odd_length_is_called_compressed),
		TEST(image_in_use_is_refused),
		TEST(read_only_images_are_shared),
		TEST(options_that_are_wrong_are_refused),
		TEST(grown_file_is_shown_to_the_driver),
		TEST(disk_does_not_shrink),
		TEST(sector_sizes_are_shown_to_the_driver),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
