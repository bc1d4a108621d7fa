// SPDX-License-Identifier: BSD-2-Clause
/* vmm/core/el2.c, el2_map.c, el2_crash.c and el2_check.c. */
/* sources: vmm/core/el2.c vmm/core/el2_map.c vmm/core/el2_crash.c vmm/core/el2_check.c */
/* sources: vmm/core/vmid.c vmm/core/pgtable.c test/unit/fake_el2.c test/unit/fake_host.c */
/* cflags: -Ivmm/core */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "arm64.h"
#include "el2_check.h"
#include "fake_el2.h"
#include "table_walk.h"

#define XN	 (UINT64_C(1) << 54)
#define READONLY (UINT64_C(1) << 7)
#define PAGE	 VMM_PAGE_SIZE

static int setup(void **state)
{
	(void)state;
	fake_el2_reset();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_el2_stop();
	return fake_host_allocations() ? -1 : 0;
}

static bool walk(uint64_t address, struct walk_result *result)
{
	return table_walk(el2_cpu_block(0)->ttbr0_el2, 0, 48, address, result);
}

static bool is_mapped(uint64_t address)
{
	struct walk_result result;

	return walk(address, &result);
}

static uint64_t rights(uint64_t address)
{
	struct walk_result result;

	assert_true(walk(address, &result));
	assert_int_equal(result.output, address);
	return result.descriptor & (XN | READONLY);
}

/* Pages that EL2 can reach, by kind. */
struct census {
	unsigned int text, rodata, data, device, both;
};

static void count_leaf(uint64_t descriptor, struct census *census)
{
	bool executable = !(descriptor & XN), writable = !(descriptor & READONLY);

	if ((descriptor >> 2 & 7) == 1)
		census->device++;
	else if (executable)
		census->text++;
	else if (writable)
		census->data++;
	else
		census->rodata++;
	census->both += executable && writable;
}

static void take_census(const uint64_t *table, unsigned int level, struct census *census)
{
	for (unsigned int i = 0; i < 512; i++) {
		if (!(table[i] & 1))
			continue;
		if (level < 3) {
			assert_true(table[i] & 2);
			take_census(host_va(pa_from(table[i] & UINT64_C(0xfffffffff000))),
				    level + 1, census);
		} else {
			count_leaf(table[i], census);
		}
	}
}

static void el2_reaches_exactly_what_it_needs_and_nothing_writable_is_executable(void **state)
{
	struct census census = { 0 };

	(void)state;
	fake_el2_start();
	take_census(host_va(pa_from(el2_cpu_block(0)->ttbr0_el2)), 0, &census);
	assert_int_equal(census.text, 2);
	assert_int_equal(census.rodata, 1);
	assert_int_equal(census.data, 2 + 3 * FAKE_CPUS);
	assert_int_equal(census.device, 32 * FAKE_CPUS);
	assert_int_equal(census.both, 0);
}

static void image_is_mapped_where_it_was_copied(void **state)
{
	uint64_t image;

	(void)state;
	fake_el2_start();
	image = el2_code();
	assert_int_equal(rights(image), READONLY);
	assert_int_equal(rights(image + 0x2000), READONLY | XN);
	assert_int_equal(rights(image + 0x3000), XN);
	assert_int_equal(rights(image + 0x4000), XN);
	assert_memory_equal(host_va(pa_from(el2_code())), &fake_image, 0x3010);
	assert_memory_equal((char *)host_va(pa_from(el2_code())) + 0x3010, &fake_machine.config,
			    sizeof(fake_machine.config));
	assert_int_equal(*((char *)host_va(pa_from(el2_code())) + 0x4fff), 0);
}

/* A CPU that is taken reads all this before its caches are on. */
static void image_is_written_back_before_it_is_executed(void **state)
{
	(void)state;
	fake_el2_start();
	assert_true(fake_host_is_executable(host_va(pa_from(el2_code())), fake_image.header.end));
}

static bool is_tree_clean(const uint64_t *table, unsigned int level)
{
	bool clean = fake_host_is_clean(table, PAGE);

	for (unsigned int i = 0; i < 512 && level < 3; i++)
		if (table[i] & 1)
			clean &= is_tree_clean(
				host_va(pa_from(table[i] & UINT64_C(0xfffffffff000))), level + 1);
	return clean;
}

static void tables_of_el2_are_written_back_when_they_change(void **state)
{
	const uint64_t *root;
	void *page;

	(void)state;
	fake_el2_start();
	root = host_va(pa_from(el2_cpu_block(0)->ttbr0_el2));
	assert_true(is_tree_clean(root, 0));
	page = host_alloc_pages(0, false);
	assert_int_equal(el2_share(host_pa(page), PAGE), 0);
	assert_true(is_tree_clean(root, 0));
	el2_unshare(host_pa(page), PAGE);
	assert_true(is_tree_clean(root, 0));
	host_free_pages(page, 0);
}

static void stack_of_each_cpu_ends_at_a_guard_page(void **state)
{
	(void)state;
	fake_el2_start();
	for (unsigned int cpu = 0; cpu < FAKE_CPUS; cpu++) {
		uint64_t block = host_pa(el2_cpu_block(cpu)).value;

		assert_int_equal(block % HYP_CPU_BLOCK_SIZE, 0);
		assert_int_equal(rights(block), XN);
		assert_false(is_mapped(block + HYP_CPU_GUARD_OFFSET));
		assert_int_equal(rights(block + HYP_CPU_GUARD_OFFSET + PAGE), XN);
		assert_int_equal(rights(block + HYP_CPU_STACK_TOP - 16), XN);
	}
}

static void redistributor_of_each_cpu_is_device_memory(void **state)
{
	(void)state;
	fake_el2_start();
	for (unsigned int cpu = 0; cpu < FAKE_CPUS; cpu++) {
		struct walk_result result;
		uint64_t frame = fake_machine.gicr[cpu].value;

		assert_int_equal(el2_cpu_block(cpu)->gicr, frame);
		assert_int_equal(el2_cpu_block(cpu)->mpidr, fake_machine.mpidr[cpu]);
		assert_int_equal(el2_cpu_block(cpu)->number, cpu);
		assert_true(walk(frame + 0x1ffff, &result));
		assert_int_equal(
			el2_cpu_block(cpu)->mair_el2 >> (8 * (result.descriptor >> 2 & 7)) & 0xff,
			0x04);
	}
}

static void registers_are_as_the_architecture_wants_them(void **state)
{
	(void)state;
	fake_el2_start();
	/* Arm ARM D17.2.118: RES1 bits and M, C, SA, I, WXN. */
	assert_int_equal(el2_cpu_block(0)->sctlr_el2, 0x30c50830 | 1 | 4 | 8 | 0x1000 | 0x80000);
	/* D17.2.131: T0SZ 16, write-back, inner shareable, 4 KiB, PS 40 bits, RES1 bits 23 and 31.
	 */
	assert_int_equal(el2_cpu_block(0)->tcr_el2,
			 16 | 1 << 8 | 1 << 10 | 3 << 12 | 2 << 16 | 1 << 23 | UINT64_C(1) << 31);
}

static void machines_of_other_sizes_get_other_registers(void **state)
{
	static const struct {
		uint64_t mmfr0, mmfr1;
		unsigned int ipa_bits, vmid_bits, t0sz, sl0, ps;
	} cases[] = {
		{ 0x0, 0x00, 32, 8, 32, 0, 0 },	 { 0x1, 0x00, 36, 8, 28, 1, 1 },
		{ 0x2, 0x20, 40, 16, 24, 1, 2 }, { 0x4, 0x20, 40, 16, 24, 1, 4 },
		{ 0x5, 0x00, 40, 8, 24, 1, 5 },	 { 0x6, 0x20, 40, 16, 24, 1, 5 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fake_machine.id_aa64mmfr0 = cases[i].mmfr0;
		fake_machine.id_aa64mmfr1 = cases[i].mmfr1;
		assert_int_equal(el2_start(&fake_machine), 0);
		assert_int_equal(el2_ipa_bits(), cases[i].ipa_bits);
		assert_int_equal(el2_vmid_bits(), cases[i].vmid_bits);
		assert_int_equal(el2_vtcr() & 0x3f, cases[i].t0sz);
		assert_int_equal(el2_vtcr() >> 6 & 3, cases[i].sl0);
		assert_int_equal(el2_vtcr() >> 16 & 7, cases[i].ps);
		assert_int_equal(el2_vtcr() >> 19 & 1, cases[i].vmid_bits == 16);
		assert_int_equal(el2_cpu_block(0)->tcr_el2 >> 16 & 7, cases[i].ps);
		el2_stop();
	}
}

static void expect_refused(const char *reason)
{
	assert_int_equal(el2_check_machine(&fake_machine), -ENODEV);
	assert_non_null(strstr(fake_host_log(), reason));
}

static void machine_without_the_granule_is_refused(void **state)
{
	(void)state;
	fake_machine.id_aa64mmfr0 = 0xf0000002;
	expect_refused("the CPUs have no translation granule of 4 KiB\n");
	fake_machine.id_aa64mmfr0 = UINT64_C(0x10000000002);
	expect_refused("the CPUs have no translation granule of 4 KiB\n");
}

static void kernel_with_other_pages_is_refused(void **state)
{
	(void)state;
	fake_machine.page_size = 16384;
	expect_refused("the kernel has pages of 16 KiB; vmm needs one with pages of 4 KiB\n");
	fake_machine.page_size = 65536;
	expect_refused("the kernel has pages of 64 KiB; vmm needs one with pages of 4 KiB\n");
}

static void memory_beyond_48_bits_is_refused_and_not_a_kernel_that_could_use_it(void **state)
{
	(void)state;
	fake_machine.memory_end = UINT64_C(1) << 48;
	assert_int_equal(el2_check_machine(&fake_machine), 0);
	fake_machine.memory_end++;
	expect_refused("the machine has memory up to address 0x1000000000001;");
}

static void machine_without_system_registers_of_the_gic_is_refused(void **state)
{
	(void)state;
	fake_machine.id_aa64pfr0 &= ~UINT64_C(0xf000000);
	expect_refused("GICv3: the CPUs have no system registers for it\n");
}

static void all_that_is_in_the_way_is_said_at_once(void **state)
{
	(void)state;
	fake_machine.id_aa64mmfr0 = 0xf0000002;
	fake_machine.page_size = 65536;
	fake_machine.memory_end = UINT64_MAX;
	fake_machine.id_aa64pfr0 &= ~UINT64_C(0xf000000);
	expect_refused("no translation granule of 4 KiB\n");
	expect_refused("pages of 64 KiB;");
	expect_refused("memory up to address 0xffffffffffffffff;");
	expect_refused("GICv3: the CPUs have no system registers for it\n");
}

/* The CPU is entered, looked at, and given back. */
static void expect_cpu_refused(unsigned int cpu, const char *reason)
{
	unsigned int left = fake_el2.left;

	fake_host_set_cpu(cpu);
	assert_int_equal(el2_cpu_online(), -ENODEV);
	assert_false(el2_cpu_ready());
	assert_int_equal(fake_el2.left, left + 1);
	assert_int_equal(fake_el2.owner[cpu], FAKE_STUB);
	assert_non_null(strstr(fake_host_log(), reason));
}

static void cpu_with_more_priorities_than_are_kept_is_refused(void **state)
{
	(void)state;
	assert_int_equal(el2_start(&fake_machine), 0);
	fake_el2.ich_vtr[0] = 0xb0b80003;
	expect_cpu_refused(0, "CPU 0: its GIC has virtual interrupts of 6 bits of priority");
	fake_el2.ich_vtr[1] = 0x98b80003;
	expect_cpu_refused(1, "CPU 1: its GIC has virtual interrupts of 7 bits of priority");
}

static void cpus_with_other_cache_lines_than_the_first_are_refused(void **state)
{
	static const uint64_t ctr[] = { 0x84448003, 0x84438004 };

	(void)state;
	assert_int_equal(el2_start(&fake_machine), 0);
	fake_host_set_cpu(2);
	assert_int_equal(el2_cpu_online(), 0);
	for (size_t i = 0; i < sizeof(ctr) / sizeof(ctr[0]); i++) {
		fake_el2.ctr[0] = ctr[i];
		expect_cpu_refused(0, "CPU 0: its cache lines have not the size of those of CPU 2");
	}
	fake_el2.dczid[1] = 3;
	expect_cpu_refused(1, "CPU 1: its cache lines have not the size of those of CPU 2");
	fake_el2.ctr[3] = 0x9444c004; /* Cortex-A72: another policy, larger write-back granule */
	fake_host_set_cpu(3);
	assert_int_equal(el2_cpu_online(), 0);
}

/* The first says what guests are offered, those that are there at the start may take from it. */
static void a_cpu_that_comes_late_must_have_what_guests_are_offered(void **state)
{
	(void)state;
	assert_int_equal(el2_start(&fake_machine), 0);
	assert_int_equal(el2_cpu_online(), 0);
	fake_host_set_cpu(1);
	assert_int_equal(el2_cpu_online(), 0);
	el2_settle();
	fake_host_set_cpu(2);
	assert_int_equal(el2_cpu_online(), 0);
	fake_el2.lacks_features[3] = 1;
	expect_cpu_refused(3, "CPU 3: lacks features that guests have been offered");
	assert_int_equal(fake_el2.rule[0], HYP_CPU_FIRST);
	assert_int_equal(fake_el2.rule[1], HYP_CPU_EARLY);
	assert_int_equal(fake_el2.rule[2], HYP_CPU_LATE);
	fake_host_set_cpu(0);
	el2_cpu_offline();
	assert_int_equal(el2_cpu_online(), 0);
	assert_int_equal(fake_el2.rule[0], HYP_CPU_LATE);
}

static void a_first_cpu_that_was_refused_says_nothing(void **state)
{
	(void)state;
	assert_int_equal(el2_start(&fake_machine), 0);
	fake_el2.ich_vtr[0] = 0xb0b80003;
	expect_cpu_refused(0, "CPU 0: ");
	fake_host_set_cpu(1);
	assert_int_equal(el2_cpu_online(), 0);
	assert_int_equal(fake_el2.rule[1], HYP_CPU_FIRST);
}

static int32_t firmware(unsigned int cpu, uint32_t function)
{
	if (function == SMCCC_ARCH_WORKAROUND_1)
		return cpu == 1 ? 0 : 1;
	return function == SMCCC_ARCH_WORKAROUND_3 && cpu == 1 ? 0 : -1;
}

static void el2_is_told_what_firmware_answers_on_each_cpu(void **state)
{
	(void)state;
	fake_host_set_firmware(firmware);
	fake_el2_start();
	assert_int_equal(fake_el2.firmware[0][HYP_WORKAROUND_1], 1);
	assert_int_equal(fake_el2.firmware[0][HYP_WORKAROUND_2], -1);
	assert_int_equal(fake_el2.firmware[0][HYP_WORKAROUND_3], -1);
	assert_int_equal(fake_el2.firmware[1][HYP_WORKAROUND_1], 0);
	assert_int_equal(fake_el2.firmware[1][HYP_WORKAROUND_3], 0);
}

static void image_that_is_none_is_refused(void **state)
{
	const struct hyp_image good = fake_image.header;
	struct hyp_image bad[12];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		bad[i] = good;
	bad[0].magic++;
	bad[1].entry = good.rodata;
	bad[2].rodata += 8;
	bad[3].data += 8;
	bad[4].end += 8;
	bad[5].rodata = good.data + PAGE;
	bad[6].data = good.end;
	bad[7].end = FAKE_IMAGE_FILE - PAGE; /* shorter than the file */
	bad[8].config = good.data - 16;
	bad[9].config = good.end - 8;
	bad[10].config += 4;
	bad[11].end = UINT64_C(1) << 40;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		fake_image.header = bad[i];
		assert_int_equal(el2_start(&fake_machine), -EINVAL);
		assert_int_equal(fake_host_allocations(), 0);
	}
	fake_image.header = good;
	fake_machine.image_size = sizeof(struct hyp_image) - 1;
	assert_int_equal(el2_start(&fake_machine), -EINVAL);
}

static void start_without_memory_leaves_nothing_behind(void **state)
{
	int error = -ENOMEM;

	(void)state;
	for (long allocations = 0; error; allocations++) {
		assert_in_range(allocations, 0, 1000);
		fake_host_fail_after(allocations);
		error = el2_start(&fake_machine);
		assert_true(error == 0 || error == -ENOMEM);
		assert_int_equal(el2_started(), !error);
		if (error)
			assert_int_equal(fake_host_allocations(), 0);
	}
	fake_host_fail_after(-1);
}

static void cpu_is_entered_through_the_stub(void **state)
{
	(void)state;
	assert_int_equal(el2_start(&fake_machine), 0);
	fake_host_set_cpu(2);
	assert_false(el2_cpu_ready());
	assert_int_equal(el2_cpu_online(), 0);
	assert_true(el2_cpu_ready());
	assert_int_equal(fake_el2.entry, el2_code() + 0x40);
	assert_int_equal(fake_el2.block, host_pa(el2_cpu_block(2)).value);
	assert_int_equal(el2_cpu_count(), 1);
}

static void translations_of_an_earlier_life_are_forgotten(void **state)
{
	(void)state;
	fake_el2_start();
	assert_int_equal(fake_el2.tlbi_all, FAKE_CPUS);
	assert_int_equal(fake_el2.tlbi_el2, FAKE_CPUS);
}

static void cpu_is_taken_once_and_given_back_once(void **state)
{
	(void)state;
	fake_el2_start();
	assert_int_equal(el2_cpu_online(), 0);
	assert_int_equal(fake_el2.entered, FAKE_CPUS);
	el2_cpu_offline();
	el2_cpu_offline();
	assert_int_equal(fake_el2.left, 1);
	assert_false(el2_cpu_ready());
	assert_int_equal(fake_el2.owner[0], FAKE_STUB);
	assert_int_equal(el2_cpu_online(), 0);
	assert_int_equal(fake_el2.owner[0], FAKE_OURS);
}

static void kvm_at_el2_is_busy_and_left_alone(void **state)
{
	(void)state;
	assert_int_equal(el2_start(&fake_machine), 0);
	fake_el2.owner[0] = FAKE_KVM;
	assert_int_equal(el2_cpu_online(), -EBUSY);
	assert_int_equal(fake_el2.owner[0], FAKE_KVM);
	el2_cpu_offline();
	assert_int_equal(fake_el2.entered + fake_el2.left, 0);
}

static void our_image_of_another_life_is_busy(void **state)
{
	(void)state;
	assert_int_equal(el2_start(&fake_machine), 0);
	fake_el2.owner[0] = FAKE_OURS;
	assert_int_equal(el2_cpu_online(), -EBUSY);
	fake_el2.owner[0] = FAKE_STUB;
}

static void image_that_does_not_answer_is_noticed(void **state)
{
	(void)state;
	assert_int_equal(el2_start(&fake_machine), 0);
	fake_el2.break_on_entry = true;
	assert_int_equal(el2_cpu_online(), -EPROTO);
	assert_false(el2_cpu_ready());
}

static void cpu_without_redistributor_is_not_taken(void **state)
{
	static const pa_t gicr[FAKE_CPUS] = { { 0x80a0000 } };

	(void)state;
	fake_machine.gicr = gicr;
	assert_int_equal(el2_start(&fake_machine), 0);
	fake_host_set_cpu(1);
	assert_int_equal(el2_cpu_online(), -ENODEV);
	assert_null(el2_cpu_block(1));
	assert_null(el2_cpu_block(FAKE_CPUS));
	assert_int_equal(fake_el2.entered, 0);
}

static void call_on_a_cpu_that_is_not_ours_is_not_made(void **state)
{
	uint64_t result = 1;

	(void)state;
	fake_el2_start();
	el2_cpu_offline();
	assert_int_equal(el2_call_here(HYP_CALL_VERSION, 0, 0, 0, 0, &result), -EAGAIN);
	assert_int_equal(result, 1);
}

static void call_is_made_on_another_cpu_if_need_be(void **state)
{
	uint64_t result = 0;

	(void)state;
	fake_el2_start();
	assert_int_equal(el2_call(HYP_CALL_VERSION, 0, 0, 0, 0, &result), 0);
	assert_int_equal(fake_el2.last_cpu, 0);
	el2_cpu_offline();
	assert_int_equal(el2_call(HYP_CALL_VERSION, 0, 0, 0, 0, &result), 0);
	assert_int_equal(result, (uint32_t)HYP_MAGIC);
	assert_int_equal(fake_el2.last_cpu, 1);
	assert_int_equal(host_cpu(), 0);
}

static void call_with_no_cpu_of_ours_says_so(void **state)
{
	(void)state;
	assert_int_equal(el2_call(HYP_CALL_VERSION, 0, 0, 0, 0, NULL), -ENODEV);
	assert_int_equal(el2_start(&fake_machine), 0);
	assert_int_equal(el2_call(HYP_CALL_VERSION, 0, 0, 0, 0, NULL), -ENODEV);
}

static void shared_pages_are_data_until_they_are_unshared(void **state)
{
	void *pages;
	uint64_t pa;

	(void)state;
	fake_el2_start();
	pages = host_alloc_pages(1, false);
	pa = host_pa(pages).value;
	assert_false(is_mapped(pa));
	assert_int_equal(el2_share(pa_from(pa), 2 * PAGE), 0);
	assert_int_equal(rights(pa), XN);
	assert_int_equal(rights(pa + PAGE), XN);
	fake_el2.tlbi_el2 = 0;
	el2_unshare(pa_from(pa), 2 * PAGE);
	assert_false(is_mapped(pa));
	assert_false(is_mapped(pa + PAGE));
	assert_true(fake_el2.tlbi_el2 > 0);
	host_free_pages(pages, 1);
}

static void sharing_says_what_cannot_be(void **state)
{
	(void)state;
	fake_el2_start();
	assert_int_equal(el2_share(pa_from(0x1234), PAGE), -EINVAL);
	assert_int_equal(el2_share(pa_from(UINT64_C(1) << 48), PAGE), -EINVAL);
	fake_host_fail_after(0);
	assert_int_equal(el2_share(pa_from(0x10000000000), PAGE), -ENOMEM);
	fake_host_fail_after(-1);
}

static void fault_at_el2_is_reported_once_with_its_step(void **state)
{
	struct hyp_crash *crash;

	(void)state;
	fake_el2_start();
	assert_false(el2_crash_report(1, "running vCPU 0 of vm0"));
	crash = &el2_cpu_block(1)->crash;
	*crash = (struct hyp_crash){ .valid = 1,
				     .esr = 0x96000045,
				     .far = 0x1234abcd,
				     .elr = el2_code() + 0x1f4,
				     .x = { 7, 0xfeed } };
	assert_true(el2_crash_report(1, "running vCPU 0 of vm0"));
	assert_non_null(strstr(fake_host_log(),
			       "fault at EL2 on CPU 1 while running vCPU 0 of vm0: "
			       "synchronous exception, data abort\n"));
	assert_non_null(strstr(fake_host_log(), "esr 0000000096000045 far 000000001234abcd"));
	assert_non_null(strstr(fake_host_log(), "(image + 0x1f4)"));
	assert_non_null(strstr(fake_host_log(), "000000000000feed"));
	assert_false(el2_crash_report(1, "running vCPU 0 of vm0"));
	assert_false(el2_crash_report(FAKE_CPUS, "running vCPU 0 of vm0"));
}

/* Nobody is asked to go, and what EL2 addresses is where the host has it. */
static void a_host_at_el2_calls_a_part_of_itself(void **state)
{
	void *page = host_alloc_pages(0, false);

	(void)state;
	fake_machine.host_at_el2 = true;
	fake_el2_start();
	assert_int_equal(fake_el2.entered, 0);
	assert_int_equal(el2_cpu_count(), FAKE_CPUS);
	assert_int_equal(el2_cpu_block(1)->gicr, fake_machine.gicr_host[1]);
	assert_int_equal(fake_el2.rule[0], HYP_CPU_FIRST);
	assert_int_equal(fake_el2.tlbi_all, FAKE_CPUS);
	assert_int_equal(el2_address(host_pa(page)), (uintptr_t)page);
	assert_ptr_equal(el2_object((uintptr_t)page), page);
	el2_cpu_offline();
	assert_int_equal(fake_el2.left, 0);
	assert_int_equal(el2_call_here(HYP_CALL_VERSION, 0, 0, 0, 0, NULL), -EAGAIN);
	host_free_pages(page, 0);
}

static void a_host_below_el2_has_objects_by_physical_address(void **state)
{
	void *page = host_alloc_pages(0, false);

	(void)state;
	fake_el2_start();
	assert_int_equal(el2_address(host_pa(page)), host_pa(page).value);
	assert_ptr_equal(el2_object(host_pa(page).value), page);
	host_free_pages(page, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(el2_reaches_exactly_what_it_needs_and_nothing_writable_is_executable),
		TEST(image_is_mapped_where_it_was_copied),
		TEST(image_is_written_back_before_it_is_executed),
		TEST(tables_of_el2_are_written_back_when_they_change),
		TEST(stack_of_each_cpu_ends_at_a_guard_page),
		TEST(redistributor_of_each_cpu_is_device_memory),
		TEST(registers_are_as_the_architecture_wants_them),
		TEST(machines_of_other_sizes_get_other_registers),
		TEST(machine_without_the_granule_is_refused),
		TEST(kernel_with_other_pages_is_refused),
		TEST(memory_beyond_48_bits_is_refused_and_not_a_kernel_that_could_use_it),
		TEST(machine_without_system_registers_of_the_gic_is_refused),
		TEST(all_that_is_in_the_way_is_said_at_once),
		TEST(cpu_with_more_priorities_than_are_kept_is_refused),
		TEST(cpus_with_other_cache_lines_than_the_first_are_refused),
		TEST(a_cpu_that_comes_late_must_have_what_guests_are_offered),
		TEST(a_first_cpu_that_was_refused_says_nothing),
		TEST(el2_is_told_what_firmware_answers_on_each_cpu),
		TEST(image_that_is_none_is_refused),
		TEST(start_without_memory_leaves_nothing_behind),
		TEST(cpu_is_entered_through_the_stub),
		TEST(translations_of_an_earlier_life_are_forgotten),
		TEST(cpu_is_taken_once_and_given_back_once),
		TEST(kvm_at_el2_is_busy_and_left_alone),
		TEST(our_image_of_another_life_is_busy),
		TEST(image_that_does_not_answer_is_noticed),
		TEST(cpu_without_redistributor_is_not_taken),
		TEST(call_on_a_cpu_that_is_not_ours_is_not_made),
		TEST(call_is_made_on_another_cpu_if_need_be),
		TEST(call_with_no_cpu_of_ours_says_so),
		TEST(shared_pages_are_data_until_they_are_unshared),
		TEST(sharing_says_what_cannot_be),
		TEST(fault_at_el2_is_reported_once_with_its_step),
		TEST(a_host_at_el2_calls_a_part_of_itself),
		TEST(a_host_below_el2_has_objects_by_physical_address),
	};

	return cmocka_run_group_tests_name("el2", tests, NULL, NULL);
}
