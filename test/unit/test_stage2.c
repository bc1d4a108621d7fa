// SPDX-License-Identifier: BSD-2-Clause
/* vmm/core/stage2.c and vmid.c. */
/* sources: vmm/core/stage2.c vmm/core/vmid.c vmm/core/pgtable.c vmm/core/el2.c */
/* sources: vmm/core/el2_map.c vmm/core/el2_crash.c test/unit/fake_el2.c test/unit/fake_host.c */
/* sources: vmm/core/el2_check.c */
/* cflags: -Ivmm/core */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake_el2.h"
#include "stage2.h"
#include "table_walk.h"

#define IPA	    UINT64_C(0x40000000)
#define OUTPUT	    UINT64_C(0x880000000)
#define VMS	    300
#define VMIDS_8_BIT 255

static struct stage2 vms[VMS];

static int setup(void **state)
{
	(void)state;
	fake_el2_reset();
	fake_el2_start();
	for (unsigned int i = 0; i < VMS; i++)
		assert_int_equal(stage2_init(&vms[i]), 0);
	fake_el2.tlbi_all = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < VMS; i++)
		stage2_destroy(&vms[i]);
	fake_el2_stop();
	return fake_host_allocations() ? -1 : 0;
}

static uint64_t enter_on(unsigned int vm, unsigned int cpu)
{
	unsigned long flags;
	uint64_t vttbr;

	fake_host_set_cpu(cpu);
	flags = host_irq_save();
	vttbr = stage2_vttbr(&vms[vm]);
	host_irq_restore(flags);
	fake_host_set_cpu(0);
	return vttbr >> 48;
}

static uint64_t descriptor_of(uint64_t ipa)
{
	struct walk_result result;

	assert_true(table_walk(host_pa(vms[0].table.root).value, 1, 40, ipa, &result));
	return result.descriptor;
}

static void vtcr_says_how_the_tables_are_walked(void **state)
{
	(void)state;
	/* Arm ARM D17.2.158: T0SZ 24, SL0 1 (level 1), write-back, inner shareable, PS 40 bits,
	 * RES1. */
	assert_int_equal(vms[0].vtcr,
			 24 | 1 << 6 | 1 << 8 | 1 << 10 | 3 << 12 | 2 << 16 | UINT64_C(1) << 31);
	assert_int_equal(stage2_limit(), UINT64_C(1) << 40);
}

static void access_rights_become_descriptor_bits(void **state)
{
	static const struct {
		unsigned int access;
		uint64_t bits;
	} cases[] = {
		{ STAGE2_RWX, 0x7ff },
		{ STAGE2_READ | STAGE2_EXECUTE, 0x77f },
		{ STAGE2_READ | STAGE2_WRITE, 0x7ff | UINT64_C(1) << 54 },
		{ STAGE2_READ | STAGE2_WRITE | STAGE2_DEVICE, 0x7c7 | UINT64_C(1) << 54 },
		{ 0, 0x73f | UINT64_C(1) << 54 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(stage2_map_page(&vms[0], ipa_from(IPA), pa_from(OUTPUT),
						 cases[i].access),
				 0);
		assert_int_equal(descriptor_of(IPA), OUTPUT | cases[i].bits);
	}
}

static void block_must_be_aligned(void **state)
{
	(void)state;
	assert_int_equal(stage2_map_block(&vms[0], ipa_from(IPA), pa_from(OUTPUT), STAGE2_RWX), 0);
	assert_int_equal(descriptor_of(IPA), OUTPUT | 0x7fd);
	assert_int_equal(stage2_map_block(&vms[0], ipa_from(IPA + 4096), pa_from(OUTPUT),
					  STAGE2_RWX),
			 -EINVAL);
	assert_int_equal(stage2_map_block(&vms[0], ipa_from(IPA), pa_from(OUTPUT + 4096),
					  STAGE2_RWX),
			 -EINVAL);
}

static void lookup_finds_what_was_mapped(void **state)
{
	uint64_t size;
	pa_t pa;

	(void)state;
	assert_int_equal(stage2_map_block(&vms[0], ipa_from(IPA), pa_from(OUTPUT), STAGE2_RWX), 0);
	assert_true(stage2_lookup(&vms[0], ipa_from(IPA + 0x1234), &pa, &size));
	assert_int_equal(pa.value, OUTPUT + 0x1234);
	assert_int_equal(size, VMM_BLOCK_SIZE);
	assert_false(stage2_lookup(&vms[0], ipa_from(0), &pa, NULL));
}

static void write_protection_goes_and_comes(void **state)
{
	const uint64_t writable = UINT64_C(1) << 7;

	(void)state;
	assert_int_equal(stage2_map_page(&vms[0], ipa_from(IPA), pa_from(OUTPUT), STAGE2_RWX), 0);
	assert_int_equal(stage2_protect(&vms[0], ipa_from(IPA), 4096, false, true), 0);
	assert_false(descriptor_of(IPA) & writable);
	assert_int_equal(stage2_protect(&vms[0], ipa_from(IPA), 4096, true, true), 0);
	assert_true(descriptor_of(IPA) & writable);
}

static void vm_that_never_ran_has_nothing_to_invalidate(void **state)
{
	(void)state;
	assert_int_equal(stage2_map_page(&vms[0], ipa_from(IPA), pa_from(OUTPUT), STAGE2_RWX), 0);
	assert_int_equal(stage2_unmap(&vms[0], ipa_from(IPA), 4096), 0);
	assert_int_equal(fake_el2.tlbi_ipa, 0);
}

/* Who changes the tables at that moment finds no VMID to invalidate, and the guest must not walk
 * what was there before. */
static void first_vmid_is_published_before_the_tables_are_walked(void **state)
{
	unsigned int before = fake_host_barriers();

	(void)state;
	enter_on(0, 0);
	assert_int_equal(fake_host_barriers(), before + 1);
	enter_on(0, 0);
	assert_int_equal(fake_host_barriers(), before + 1); /* later entries do not pay for it */
}

static void unmap_invalidates_the_addresses_of_the_vmid(void **state)
{
	uint64_t vmid;

	(void)state;
	/* The neighbour keeps the table alive, so that there is one invalidation. */
	assert_int_equal(stage2_map(&vms[0], ipa_from(IPA), pa_from(OUTPUT), 8192, STAGE2_RWX), 0);
	vmid = enter_on(0, 1);
	assert_int_equal(stage2_unmap(&vms[0], ipa_from(IPA), 4096), 0);
	assert_int_equal(fake_el2.tlbi_ipa, 1);
	assert_int_equal(fake_el2.vttbr, host_pa(vms[0].table.root).value | vmid << 48);
	assert_int_equal(fake_el2.ipa, IPA);
	assert_int_equal(fake_el2.size, 4096);
}

static void destruction_invalidates_the_whole_vmid(void **state)
{
	(void)state;
	enter_on(0, 0);
	stage2_destroy(&vms[0]);
	assert_int_equal(fake_el2.tlbi_ipa, 1);
	assert_int_equal(fake_el2.size, 0);
	stage2_destroy(&vms[0]); /* and once more hurts nobody */
	assert_int_equal(fake_el2.tlbi_ipa, 1);
}

static void vmid_stays_on_every_cpu_and_differs_between_vms(void **state)
{
	uint64_t first = enter_on(0, 0);

	(void)state;
	assert_int_not_equal(first, 0);
	assert_int_not_equal(enter_on(1, 1), first);
	assert_int_equal(enter_on(0, 2), first);
	assert_int_equal(enter_on(0, 0), first);
}

static void all_vmids_are_used_before_anything_is_flushed(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < VMIDS_8_BIT; i++)
		enter_on(i, 0);
	assert_int_equal(fake_el2.tlbi_all, 0);
	enter_on(VMIDS_8_BIT, 0);
	assert_int_equal(fake_el2.tlbi_all, 1);
}

static void vm_on_a_cpu_keeps_its_vmid_over_a_new_generation(void **state)
{
	uint64_t running = enter_on(0, 1);

	(void)state;
	for (unsigned int i = 1; i < VMS; i++)
		assert_int_not_equal(enter_on(i, 0), running);
	assert_int_equal(fake_el2.tlbi_all, 1);
	assert_int_equal(enter_on(0, 1), running);
	assert_int_equal(enter_on(0, 2), running);
}

static void vm_on_a_cpu_keeps_its_vmid_over_many_generations(void **state)
{
	uint64_t running = enter_on(0, 1);

	(void)state;
	for (unsigned int round = 0; round < 5; round++) {
		for (unsigned int i = 1; i < VMS; i++)
			assert_int_not_equal(enter_on(i, 0), running);
	}
	assert_true(fake_el2.tlbi_all > 3);
	assert_int_equal(enter_on(0, 1), running);
}

/* A VMID must not mean two VMs between two flushes, nor two VMs that are on CPUs across one. */
static uint64_t used[256];	       /* VM + 1 of each VMID since the last flush */
static unsigned int on_cpu[FAKE_CPUS]; /* VM + 1 */
static uint64_t vmid_on_cpu[FAKE_CPUS];

static void forget_flushed(void)
{
	memset(used, 0, sizeof(used));
	for (unsigned int cpu = 0; cpu < FAKE_CPUS; cpu++) {
		if (on_cpu[cpu])
			used[vmid_on_cpu[cpu]] = on_cpu[cpu];
	}
}

static void no_two_vms_share_a_vmid_whatever_the_order(void **state)
{
	(void)state;
	srandom(2);
	memset(used, 0, sizeof(used));
	memset(on_cpu, 0, sizeof(on_cpu));
	fake_el2.on_tlbi_all = forget_flushed;
	for (unsigned int round = 0; round < 20000; round++) {
		unsigned int cpu = random() % FAKE_CPUS;
		unsigned int vm = random() % VMS;
		uint64_t vmid;

		/* The CPU has left its VM, but entries of it may be in its TLB until a flush. */
		vmid = enter_on(vm, cpu);
		assert_in_range(vmid, 1, VMIDS_8_BIT);
		assert_true(used[vmid] == 0 || used[vmid] == vm + 1);
		used[vmid] = vm + 1;
		on_cpu[cpu] = vm + 1;
		vmid_on_cpu[cpu] = vmid;
	}
	assert_true(fake_el2.tlbi_all > 10);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(vtcr_says_how_the_tables_are_walked),
		TEST(access_rights_become_descriptor_bits),
		TEST(block_must_be_aligned),
		TEST(lookup_finds_what_was_mapped),
		TEST(write_protection_goes_and_comes),
		TEST(vm_that_never_ran_has_nothing_to_invalidate),
		TEST(first_vmid_is_published_before_the_tables_are_walked),
		TEST(unmap_invalidates_the_addresses_of_the_vmid),
		TEST(destruction_invalidates_the_whole_vmid),
		TEST(vmid_stays_on_every_cpu_and_differs_between_vms),
		TEST(all_vmids_are_used_before_anything_is_flushed),
		TEST(vm_on_a_cpu_keeps_its_vmid_over_a_new_generation),
		TEST(vm_on_a_cpu_keeps_its_vmid_over_many_generations),
		TEST(no_two_vms_share_a_vmid_whatever_the_order),
	};

	return cmocka_run_group_tests_name("stage2", tests, NULL, NULL);
}
