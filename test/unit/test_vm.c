// SPDX-License-Identifier: BSD-2-Clause
/* vmm/core/vm.c, memory.c, doorbell.c, irq.c. */
/* sources: vmm/core/vm.c vmm/core/vcpu.c vmm/core/wait.c vmm/core/exit.c vmm/core/regs.c */
/* sources: vmm/core/pvtime.c */
/* sources: vmm/core/access.c vmm/core/access32.c vmm/core/decode32.c vmm/core/decode32_thumb.c */
/* sources: vmm/core/decode.c vmm/core/memory.c vmm/core/doorbell.c vmm/core/irq.c */
/* sources: vmm/core/stage2.c vmm/core/vmid.c vmm/core/pgtable.c vmm/core/el2.c vmm/core/el2_map.c
 */
/* sources: vmm/core/el2_crash.c test/unit/fake_el2.c test/unit/fake_host.c test/unit/fake_host_vm.c
 */
/* sources: vmm/core/el2_check.c */
/* cflags: -Ivmm/core */
#include "vm_fixture.h"

#include "stage2.h"

#define GIB (UINT64_C(1) << 30)

static void names_are_letters_digits_and_a_few_signs(void **state)
{
	char longest[VMM_NAME_MAX + 2];

	(void)state;
	memset(longest, 'x', sizeof(longest));
	longest[VMM_NAME_MAX + 1] = 0;
	assert_false(vm_name_valid(longest));
	longest[VMM_NAME_MAX] = 0;
	assert_true(vm_name_valid(longest));
	assert_true(vm_name_valid("a.B_c-9+"));
	assert_false(vm_name_valid(""));
	assert_false(vm_name_valid(".."));
	assert_false(vm_name_valid("a/b"));
	assert_false(vm_name_valid("a b"));
	assert_false(vm_name_valid("\xc3\xa4"));
}

static void a_name_is_taken_until_its_vm_is_destroyed(void **state)
{
	struct vm *first, *second;

	(void)state;
	assert_int_equal(vm_create("a", &first), 0);
	assert_int_equal(vm_create("a", &second), -EEXIST);
	assert_int_equal(vm_create("b", &second), 0);
	assert_ptr_equal(vm_find("a"), first);
	vm_destroy(first);
	assert_null(vm_find("a"));
	assert_ptr_equal(vm_find("b"), second);
	assert_int_equal(vm_create("a", &first), 0);
	vm_destroy(first);
	vm_destroy(second);
}

static void a_vm_that_is_unlisted_is_not_found_and_runs_until_it_is_ended(void **state)
{
	struct vm *first, *second;
	struct vmm_info info;

	(void)state;
	assert_int_equal(vm_create("a", &first), 0);
	vm_get(first);
	vm_unlist(first);
	assert_null(vm_find("a"));
	assert_int_equal(vm_create("a", &second), 0);
	assert_int_equal(vm_info(first, &info), 0);
	vm_end(first);
	assert_int_equal(vm_info(first, &info), -ENODEV);
	assert_ptr_equal(vm_find("a"), second);
	vm_put(first);
	vm_destroy(second);
}

static void creation_without_memory_leaves_nothing(void **state)
{
	struct vm *created;
	long allocations = 0;
	size_t before = fake_host_allocations();
	int error;

	(void)state;
	do {
		fake_host_fail_after(allocations++);
		error = vm_create("a", &created);
		fake_host_fail_after(-1);
		if (error) {
			assert_int_equal(error, -ENOMEM);
			assert_null(vm_find("a"));
		}
	} while (error);
	assert_true(allocations > 4);
	vm_destroy(created);
	assert_int_equal(fake_host_allocations(), before);
}

static void vcpu_creation_without_memory_leaves_nothing(void **state)
{
	long allocations = 0;
	struct vm *created;
	int error;

	(void)state;
	assert_int_equal(vm_create("a", &created), 0);
	do {
		fake_host_fail_after(allocations++);
		error = vm_create_vcpu(created, 3);
		fake_host_fail_after(-1);
		assert_true(!error || error == -ENOMEM);
		assert_true(!error == (vm_vcpu(created, 3) != NULL));
	} while (error);
	assert_int_equal(created->hyp->vcpu_count, 4);
	assert_int_equal(created->hyp->vcpu[3], vm_vcpu(created, 3)->hyp_pa.value);
	vm_destroy(created);
}

static void memory_outlives_destroy_as_long_as_it_is_referenced(void **state)
{
	unsigned int count = 1;
	struct vmm_info info;
	pa_t pa;

	(void)state;
	assert_int_equal(vm_create("vm", &vm), 0);
	assert_int_equal(add_ram(RAM, RAM_SIZE, 0), 0);
	vm_get(vm);
	vm_destroy(vm);
	assert_int_equal(memory_page(&vm->memory, RAM, &pa, &count), 0);
	memset(host_va(pa), 1, VMM_PAGE_SIZE);
	assert_int_equal(vm_info(vm, &info), -ENODEV);
	assert_int_equal(add_ram(GIB * 4, 4096, 0), -ENODEV);
	assert_int_equal(vm_create_vcpu(vm, 0), -ENODEV);
	assert_int_equal(vm_suspend(vm, VMM_SUSPEND_RESET), -ENODEV);
	assert_int_equal(vm_reinit(vm, VMM_SUSPEND_NONE), -ENODEV);
	assert_int_equal(vm_irq_line(vm, &(struct vmm_irq_line){ .intid = 40 }), -ENODEV);
	vm_put(vm);
}

static void segments_are_checked(void **state)
{
	(void)state;
	assert_int_equal(add_ram(1, 4096, 0), -EINVAL);
	assert_int_equal(add_ram(0, 1, 0), -EINVAL);
	assert_int_equal(add_ram(0, 0, 0), -EINVAL);
	assert_int_equal(add_ram(0, 4096, 4), -EINVAL);
	assert_int_equal(add_ram(stage2_limit(), 4096, 0), -EINVAL);
	assert_int_equal(add_ram(UINT64_MAX - 4095, 4096, 0), -EINVAL);
	assert_int_equal(add_ram(4096, UINT64_MAX - 4095, 0), -EINVAL);
	assert_int_equal(add_ram(RAM - 4096, 8192, 0), -EEXIST);
	assert_int_equal(add_ram(RAM + RAM_SIZE - 4096, 8192, 0), -EEXIST);
	assert_int_equal(add_ram(VM_GICD_BASE, 4096, 0), -EEXIST);
	assert_int_equal(add_ram(VM_GICR_BASE + VM_GICR_SIZE - 4096, 4096, 0), -EEXIST);
	assert_int_equal(add_ram(VM_GICR_BASE + VM_GICR_SIZE, 4096, 0), 0);
	assert_int_equal(add_ram(GIB * 8, GIB * 4 - RAM_SIZE, 0), -ENOMEM);
	assert_int_equal(add_ram(GIB * 8, GIB * 4 - RAM_SIZE - 4096, 0), 0);
	assert_int_equal(add_ram(RAM + RAM_SIZE, 4096, 0), -ENOMEM);
}

static void segments_come_back_by_number(void **state)
{
	struct vmm_memseg segment = { .index = 0 };
	unsigned int i;

	(void)state;
	for (i = 1; i < VMM_MAX_MEMSEGS; i++)
		assert_int_equal(add_ram(i * 8192, 4096, VMM_MEM_READONLY), 0);
	assert_int_equal(add_ram(0x100000, 4096, 0), -ENOSPC);
	assert_int_equal(vm_get_memseg(vm, &segment), 0);
	assert_int_equal(segment.ipa, RAM);
	assert_int_equal(segment.size, RAM_SIZE);
	segment.index = 3;
	assert_int_equal(vm_get_memseg(vm, &segment), 0);
	assert_int_equal(segment.ipa, 3 * 8192);
	assert_int_equal(segment.flags, VMM_MEM_READONLY);
	segment.index = VMM_MAX_MEMSEGS;
	assert_int_equal(vm_get_memseg(vm, &segment), -ENOENT);
	segment = (struct vmm_memseg){ .index = VMM_MAX_MEMSEGS };
	assert_int_equal(vm_set_memseg_flags(vm, &segment), -ENOENT);
	segment = (struct vmm_memseg){ .index = 1, .flags = 4 };
	assert_int_equal(vm_set_memseg_flags(vm, &segment), -EINVAL);
	segment = (struct vmm_memseg){ .index = 1, .ipa = 4096 };
	assert_int_equal(vm_set_memseg_flags(vm, &segment), -EINVAL);
	segment = (struct vmm_memseg){ .index = 1, .flags = VMM_MEM_TRAP };
	assert_int_equal(vm_set_memseg_flags(vm, &segment), 0);
	assert_int_equal(vm_get_memseg(vm, &segment), 0);
	assert_int_equal(segment.flags, VMM_MEM_TRAP);
}

static uint64_t mapped_size(uint64_t ipa)
{
	uint64_t size = 0;
	pa_t pa;

	return stage2_lookup(vm->stage2, ipa_from(ipa), &pa, &size) ? size : 0;
}

static void a_touch_maps_a_whole_block(void **state)
{
	struct vmm_info info;

	(void)state;
	assert_int_equal(memory_fault(&vm->memory, RAM + VMM_BLOCK_SIZE + 0x1234), 0);
	assert_int_equal(mapped_size(RAM + VMM_BLOCK_SIZE), VMM_BLOCK_SIZE);
	assert_int_equal(mapped_size(RAM), 0);
	assert_int_equal(fake_host_vm_cleaned(), VMM_BLOCK_SIZE);
	assert_int_equal(memory_fault(&vm->memory, RAM + VMM_BLOCK_SIZE), 0);
	assert_int_equal(fake_host_vm_cleaned(), VMM_BLOCK_SIZE);
	assert_int_equal(vm_info(vm, &info), 0);
	assert_int_equal(info.memory_resident, VMM_BLOCK_SIZE);
	assert_int_equal(info.memory_size, RAM_SIZE);
	assert_int_equal(memory_fault(&vm->memory, RAM - 1), -EFAULT);
	assert_int_equal(memory_fault(&vm->memory, RAM + RAM_SIZE), -EFAULT);
}

static void without_blocks_memory_comes_in_pages(void **state)
{
	(void)state;
	fake_host_vm_blocks(false);
	assert_int_equal(memory_fault(&vm->memory, RAM + 0x1234), 0);
	assert_int_equal(mapped_size(RAM + 0x1000), VMM_PAGE_SIZE);
	assert_int_equal(mapped_size(RAM), 0);
	assert_int_equal(memory_resident(&vm->memory), VMM_PAGE_SIZE);
	fake_host_vm_blocks(true); /* a chunk that has pages goes on with pages */
	assert_int_equal(memory_fault(&vm->memory, RAM), 0);
	assert_int_equal(mapped_size(RAM), VMM_PAGE_SIZE);
	assert_int_equal(memory_resident(&vm->memory), 2 * VMM_PAGE_SIZE);
}

static void the_ends_of_an_unaligned_segment_are_pages(void **state)
{
	uint64_t start = 2 * GIB + 0x1000, size = 2 * VMM_BLOCK_SIZE;

	(void)state;
	assert_int_equal(add_ram(start, size, 0), 0);
	assert_int_equal(memory_fault(&vm->memory, start), 0);
	assert_int_equal(mapped_size(start), VMM_PAGE_SIZE);
	assert_int_equal(memory_fault(&vm->memory, 2 * GIB + VMM_BLOCK_SIZE), 0);
	assert_int_equal(mapped_size(2 * GIB + VMM_BLOCK_SIZE), VMM_BLOCK_SIZE);
	assert_int_equal(memory_fault(&vm->memory, start + size - 1), 0);
	assert_int_equal(mapped_size(start + size - 0x1000), VMM_PAGE_SIZE);
}

static void without_memory_a_touch_fails_and_can_be_repeated(void **state)
{
	(void)state;
	fake_host_vm_pages(0);
	assert_int_equal(memory_fault(&vm->memory, RAM), -ENOMEM);
	assert_false(fake_host_vm_insisted());
	assert_int_equal(memory_resident(&vm->memory), 0);
	fake_host_vm_pages(-1);
	assert_int_equal(memory_fault(&vm->memory, RAM), 0);
}

static void a_process_that_touches_memory_makes_the_host_find_some(void **state)
{
	unsigned int count = 1;
	pa_t pa;

	(void)state;
	fake_host_vm_blocks(false);
	assert_int_equal(memory_page(&vm->memory, RAM, &pa, &count), 0);
	assert_true(fake_host_vm_insisted());
}

static void a_process_gets_contiguous_pages_of_a_block(void **state)
{
	unsigned int count = 32;
	pa_t first, second;

	(void)state;
	assert_int_equal(memory_page(&vm->memory, RAM + 0x5000, &first, &count), 0);
	assert_int_equal(count, 32);
	assert_int_equal(memory_page(&vm->memory, RAM + VMM_BLOCK_SIZE - 0x2000, &second, &count),
			 0);
	assert_int_equal(count, 2);
	assert_int_equal(second.value - first.value, VMM_BLOCK_SIZE - 0x7000);
	fake_host_vm_blocks(false);
	count = 32;
	assert_int_equal(memory_page(&vm->memory, RAM + VMM_BLOCK_SIZE, &first, &count), 0);
	assert_int_equal(count, 1);
	assert_int_equal(memory_page(&vm->memory, RAM + RAM_SIZE, &first, &count), -EFAULT);
	assert_int_equal(mapped_size(RAM), 0); /* the guest has not touched it */
}

static void guest_and_process_see_the_same_page(void **state)
{
	unsigned int count = 1;
	pa_t process, guest;

	(void)state;
	assert_int_equal(memory_page(&vm->memory, RAM + 0x5000, &process, &count), 0);
	assert_int_equal(memory_fault(&vm->memory, RAM + 0x5000), 0);
	assert_true(stage2_lookup(vm->stage2, ipa_from(RAM + 0x5000), &guest, NULL));
	assert_int_equal(process.value, guest.value);
}

static void monitors_are_given_before_vcpus_where_all_cpus_have_them(void **state)
{
	struct vm *fresh;

	(void)state;
	assert_int_equal(vm_create("fresh", &fresh), 0);
	assert_int_equal(vm_set_features(fresh, VMM_FEATURE_PMU << 1), -EINVAL);
	assert_int_equal(vm_set_features(fresh, VMM_FEATURE_PMU), -EOPNOTSUPP);
	for (unsigned int cpu = 0; cpu < FAKE_CPUS; cpu++)
		el2_cpu_block(cpu)->pmu_version = cpu != 1;
	assert_int_equal(vm_set_features(fresh, VMM_FEATURE_PMU), -EOPNOTSUPP);
	el2_cpu_block(1)->pmu_version = 1;
	assert_int_equal(vm_set_features(fresh, VMM_FEATURE_PMU), 0);
	assert_int_equal(vm_create_vcpu(fresh, 0), 0);
	assert_int_equal(vm_vcpu(fresh, 0)->hyp->pmu, HYP_PMU_OFFERED);
	assert_int_equal(vm_set_features(fresh, 0), -EBUSY);
	assert_int_equal(vm_set_features(fresh, VMM_FEATURE_PMU), 0);
	assert_int_equal(vm_vcpu(vm, 0)->hyp->pmu, 0);
	vm_destroy(fresh);
}

static void vcpus_are_numbered_below_sixteen(void **state)
{
	struct vmm_info info;

	(void)state;
	assert_int_equal(vm_create_vcpu(vm, 16), -EINVAL);
	assert_int_equal(vm_create_vcpu(vm, UINT64_MAX), -EINVAL);
	assert_int_equal(vm_create_vcpu(vm, 0), 0); /* exists */
	assert_int_equal(vm_create_vcpu(vm, 15), 0);
	assert_null(vm_vcpu(vm, 7));
	assert_null(vm_vcpu(vm, UINT64_MAX));
	assert_int_equal(vm_info(vm, &info), 0);
	assert_int_equal(info.vcpus_created, 0x8003);
	assert_int_equal(info.vcpus_on, 0);
	assert_int_equal(info.state, VMM_STATE_IDLE);
	assert_int_equal(vm_vcpu(vm, 15)->hyp->vmpidr, 0x8000000f);
	assert_true(info.overhead >= 8 * VMM_PAGE_SIZE);
}

static void the_reset_state_is_the_architectures(void **state)
{
	const struct hyp_vcpu *hyp = vm_vcpu(vm, 1)->hyp;
	unsigned int i;

	(void)state;
	assert_int_equal(power_on(vm_vcpu(vm, 1), RAM + 8, 77), 0);
	assert_int_equal(hyp->pc, RAM + 8);
	assert_int_equal(hyp->x[0], 77);
	assert_int_equal(hyp->pstate, 0x3c5);
	assert_int_equal(hyp->sys[HYP_SCTLR_EL1], 0x30d00800);
	assert_int_equal(hyp->gicr_waker, 6);
	assert_int_equal(hyp->bank.edge, 0xffff);
	assert_int_equal(hyp->index, 1);
	assert_int_equal(hyp->vm, vm->hyp_pa.value);
	assert_int_equal(vm->hyp->vtcr, el2_vtcr());
	for (i = 0; i < sizeof(vm->hyp->owner); i++)
		assert_int_equal(vm->hyp->owner[i], 0xff);
}

static void lines_are_those_of_devices(void **state)
{
	struct vmm_irq_line line = { .intid = 40, .level = 1 };

	(void)state;
	assert_int_equal(vm_irq_line(vm, &line), 0);
	assert_int_equal(fixture.irq_intid, 40);
	assert_int_equal(fixture.irq_level, 1);
	line.vcpu = 1;
	assert_int_equal(vm_irq_line(vm, &line), -EINVAL);
	line.intid = 20;
	assert_int_equal(vm_irq_line(vm, &line), 0);
	assert_int_equal(fixture.irq_vcpu, 1);
	line.vcpu = 2;
	assert_int_equal(vm_irq_line(vm, &line), -ENOENT);
	line.vcpu = 16;
	assert_int_equal(vm_irq_line(vm, &line), -EINVAL);
	line = (struct vmm_irq_line){ .intid = 15 };
	assert_int_equal(vm_irq_line(vm, &line), -EINVAL);
	line.intid = VMM_SPI_LAST + 1;
	assert_int_equal(vm_irq_line(vm, &line), -EINVAL);
	line = (struct vmm_irq_line){ .intid = 40, .level = 2 };
	assert_int_equal(vm_irq_line(vm, &line), -EINVAL);
	assert_int_equal(fixture.irqs, 2);
}

static void a_line_is_set_from_another_cpu_when_this_one_is_not_ours(void **state)
{
	struct vmm_irq_line line = { .intid = 40, .level = 1 };

	(void)state;
	fake_host_set_cpu(2);
	el2_cpu_offline();
	assert_int_equal(vm_irq_line_atomic(vm, &line), -EAGAIN);
	assert_int_equal(fixture.irqs, 0);
	assert_int_equal(vm_irq_line(vm, &line), 0);
	assert_int_equal(fixture.irqs, 1);
	fake_host_set_cpu(0);
}

static void an_interrupt_kicks_through_the_host_if_el2_says_so(void **state)
{
	struct vmm_irq_line line = { .intid = 40, .level = 1 };
	struct hyp_vcpu *hyp = vm_vcpu(vm, 1)->hyp;

	(void)state;
	fixture.irq_wake = 2;
	assert_int_equal(vm_irq_line(vm, &line), 0);
	assert_int_equal(fake_host_kicks(3), 0);
	hyp->cpu = host_pa(el2_cpu_block(3)).value;
	hyp->state = HYP_STATE_GUEST;
	assert_int_equal(vm_irq_line(vm, &line), 0);
	assert_int_equal(fake_host_kicks(3), 1);
	hyp->state = HYP_STATE_OUTSIDE;
}

static struct fake_event events[3];

static struct doorbell doorbell(uint64_t ipa, uint32_t size, unsigned int event)
{
	return (struct doorbell){
		.ipa = ipa, .size = size, .event = &events[event], .owner = &events[event]
	};
}

static void doorbells_ring_for_their_address_size_and_value(void **state)
{
	struct doorbell any = doorbell(DEVICE, 4, 0), five = doorbell(DEVICE + 8, 2, 1);

	(void)state;
	memset(events, 0, sizeof(events));
	five.match = true;
	five.data = 5;
	assert_false(doorbell_ring(&vm->doorbells, DEVICE, 4, 0));
	assert_int_equal(vm_add_doorbell(vm, &five), 0);
	assert_int_equal(vm_add_doorbell(vm, &any), 0);
	assert_int_equal(vm_add_doorbell(vm, &any), -EEXIST);
	assert_true(doorbell_ring(&vm->doorbells, DEVICE, 4, 99));
	assert_false(doorbell_ring(&vm->doorbells, DEVICE, 8, 99));
	assert_false(doorbell_ring(&vm->doorbells, DEVICE + 4, 4, 99));
	assert_false(doorbell_ring(&vm->doorbells, DEVICE + 8, 2, 6));
	assert_true(doorbell_ring(&vm->doorbells, DEVICE + 8, 2, 5));
	assert_int_equal(events[0].signals, 1);
	assert_int_equal(events[1].signals, 1);
	assert_int_equal(vm_remove_doorbell(vm, &any), 0);
	assert_int_equal(vm_remove_doorbell(vm, &any), -ENOENT);
	assert_int_equal(events[0].puts, 1);
	assert_false(doorbell_ring(&vm->doorbells, DEVICE, 4, 99));
	five.event = &events[0];
	assert_int_equal(vm_remove_doorbell(vm, &five), -ENOENT); /* another's */
}

static void doorbells_are_limited_and_go_with_their_owner(void **state)
{
	struct doorbell one;
	unsigned int i;

	(void)state;
	memset(events, 0, sizeof(events));
	for (i = 0; i < DOORBELL_MAX; i++) {
		one = doorbell(DEVICE + ((i * 37) % DOORBELL_MAX) * 8, 4, i % 2);
		assert_int_equal(vm_add_doorbell(vm, &one), 0);
	}
	one = doorbell(0, 4, 2);
	assert_int_equal(vm_add_doorbell(vm, &one), -ENOSPC);
	vm_disown(vm, &events[0]);
	assert_int_equal(events[0].puts, DOORBELL_MAX / 2);
	for (i = 0; i < DOORBELL_MAX; i++)
		doorbell_ring(&vm->doorbells, DEVICE + i * 8, 4, 0);
	assert_int_equal(events[0].signals, 0);
	assert_int_equal(events[1].signals, DOORBELL_MAX / 2);
}

/* One signal of an event must not be the work of many. */
static void an_event_drives_one_line_of_a_vm_and_a_vm_has_a_limited_number(void **state)
{
	static char event[VM_IRQ_EVENTS + 1];
	unsigned int i;

	(void)state;
	for (i = 0; i < VM_IRQ_EVENTS; i++)
		assert_int_equal(vm_bind_irq_event(vm, &event[i]), 0);
	assert_int_equal(vm_bind_irq_event(vm, &event[7]), -EEXIST);
	assert_int_equal(vm_bind_irq_event(vm, &event[VM_IRQ_EVENTS]), -ENOSPC);
	vm_unbind_irq_event(vm, &event[7]);
	assert_int_equal(vm_bind_irq_event(vm, &event[VM_IRQ_EVENTS]), 0);
	assert_int_equal(vm_bind_irq_event(vm, &event[8]), -EEXIST);
	vm_unbind_irq_event(vm, &event[7]); /* it is not bound */
	assert_int_equal(vm_bind_irq_event(vm, &event[7]), -ENOSPC);
}

static void a_blob_is_kept(void **state)
{
	char *blob = host_zalloc_large(8, false), back[8];
	uint32_t size = 4;

	(void)state;
	memcpy(blob, "abcdefg", 8);
	assert_int_equal(vm_set_blob(vm, blob, 8), 0);
	assert_int_equal(vm_get_blob(vm, back, &size), -ENOSPC);
	assert_int_equal(size, 8);
	assert_int_equal(vm_get_blob(vm, back, &size), 0);
	assert_string_equal(back, "abcdefg");
	assert_int_equal(vm_set_blob(vm, NULL, 0), 0);
	assert_int_equal(vm_get_blob(vm, back, &size), 0);
	assert_int_equal(size, 0);
}

static void reinit_goes_back_to_the_start_and_keeps_memory(void **state)
{
	struct vcpu *vcpu = vm_vcpu(vm, 0);
	unsigned int count = 1;
	struct vmm_info info;
	pa_t pa, again;

	(void)state;
	assert_int_equal(memory_page(&vm->memory, RAM, &pa, &count), 0);
	assert_int_equal(memory_fault(&vm->memory, RAM), 0);
	assert_int_equal(power_on(vcpu, RAM, 0), 0);
	vcpu->hyp->bank.enabled = 1;
	vcpu->hyp->cntv_ctl = 1;
	vm->hyp->gicd_ctlr = 3;
	fake_host_set_counter(5000);
	assert_int_equal(vm_suspend(vm, VMM_SUSPEND_RESET), 0);
	assert_int_equal(vm_suspend(vm, VMM_SUSPEND_RESET), -EALREADY);
	assert_int_equal(vm_info(vm, &info), 0);
	assert_int_equal(info.state, VMM_STATE_SUSPENDED);
	assert_int_equal(info.suspend_how, VMM_SUSPEND_RESET);
	assert_int_equal(vm_reinit(vm, VMM_SUSPEND_NONE), 0);
	assert_int_equal(vm_info(vm, &info), 0);
	assert_int_equal(info.state, VMM_STATE_IDLE);
	assert_int_equal(info.vcpus_on, 0);
	assert_int_equal(vcpu->hyp->bank.enabled, 0);
	assert_int_equal(vcpu->hyp->cntv_ctl, 0);
	assert_int_equal(vm->hyp->gicd_ctlr, 0);
	assert_int_equal(vm->hyp->cntvoff, 5000);
	assert_int_equal(mapped_size(RAM), 0);
	assert_int_equal(memory_page(&vm->memory, RAM, &again, &count), 0);
	assert_int_equal(fake_host_vm_cleaned(), VMM_BLOCK_SIZE);
	assert_int_equal(memory_fault(&vm->memory, RAM), 0); /* what was loaded meanwhile is seen */
	assert_int_equal(fake_host_vm_cleaned(), 2 * VMM_BLOCK_SIZE);
	assert_int_equal(pa.value, again.value);
	assert_int_equal(vm_irq_line(vm, &(struct vmm_irq_line){ .intid = 40 }), 0);
	assert_int_equal(fixture.irqs, 1);
}

static void suspend_and_reinit_check_their_arguments(void **state)
{
	(void)state;
	assert_int_equal(vm_suspend(vm, 0), -EINVAL);
	assert_int_equal(vm_suspend(vm, 4), -EINVAL);
	assert_int_equal(vm_suspend(vm, UINT64_C(1) << 32 | 1), -EINVAL);
	assert_true(vcpu_claim(vm_vcpu(vm, 1), VCPU_RUNNING));
	assert_int_equal(vm_reinit(vm, VMM_SUSPEND_NONE), -EBUSY);
	assert_true(
		vcpu_claim(vm_vcpu(vm, 0), VCPU_RUNNING)); /* it gave back what it had claimed */
	vcpu_unclaim(vm_vcpu(vm, 0));
	vcpu_unclaim(vm_vcpu(vm, 1));
	assert_int_equal(vm_reinit(vm, VMM_SUSPEND_NONE), 0);
}

/* A guest that resets itself in a loop, and a bhyve that starts it again each time. */
static void a_power_off_is_not_lost_in_a_reset(void **state)
{
	struct vmm_info info;

	(void)state;
	assert_int_equal(vm_suspend(vm, VMM_SUSPEND_RESET), 0);
	assert_int_equal(vm_suspend(vm, VMM_SUSPEND_POWEROFF), 0);
	assert_int_equal(vm_suspend(vm, VMM_SUSPEND_HALT), -EALREADY);
	assert_int_equal(vm_suspend(vm, VMM_SUSPEND_RESET), -EALREADY);
	assert_int_equal(vm_reinit(vm, VMM_SUSPEND_RESET), -ECANCELED);
	assert_int_equal(vm_info(vm, &info), 0);
	assert_int_equal(info.suspend_how, VMM_SUSPEND_POWEROFF);
	assert_int_equal(vm_reinit(vm, VMM_SUSPEND_POWEROFF), 0);
	assert_int_equal(vm_suspend(vm, VMM_SUSPEND_RESET), 0);
	assert_int_equal(vm_reinit(vm, VMM_SUSPEND_RESET), 0);
	assert_int_equal(vm_reinit(vm, VMM_SUSPEND_RESET), -ECANCELED);
	assert_int_equal(vm_reinit(vm, VMM_SUSPEND_HALT + 1), -EINVAL);
}

static void registers_are_reached_by_number(void **state)
{
	struct vcpu *vcpu = vm_vcpu(vm, 0);
	uint64_t value;
	uint32_t reg;

	(void)state;
	for (reg = 0; reg < VMM_REG_COUNT; reg++) {
		if (reg == VMM_REG_MPIDR_EL1)
			continue;
		assert_int_equal(vcpu_set_reg(vcpu, reg, 1000 + reg), 0);
	}
	for (reg = 0; reg < VMM_REG_COUNT; reg++) {
		assert_int_equal(vcpu_get_reg(vcpu, reg, &value), 0);
		assert_int_equal(value, reg == VMM_REG_MPIDR_EL1 ? 0x80000000 : 1000 + reg);
	}
	assert_int_equal(vcpu->hyp->x[30], 1030);
	assert_int_equal(vcpu->hyp->sys[HYP_TTBR1_EL1], 1000 + VMM_REG_TTBR1_EL1);
	assert_int_equal(vm->hyp->cntvoff, 1000 + VMM_REG_CNTVOFF_EL2);
	assert_int_equal(vcpu_get_reg(vcpu, VMM_REG_COUNT, &value), -EINVAL);
	assert_int_equal(vcpu_set_reg(vcpu, UINT32_MAX, 0), -EINVAL);
	assert_int_equal(vcpu_set_reg(vcpu, VMM_REG_MPIDR_EL1, 0), -EPERM);
	assert_true(vcpu_claim(vm_vcpu(vm, 1), VCPU_RUNNING));
	assert_int_equal(vcpu_set_reg(vcpu, VMM_REG_CNTVOFF_EL2, 0), -EBUSY);
	assert_int_equal(vcpu_set_reg(vm_vcpu(vm, 1), VMM_REG_PC, 0), -EBUSY);
	vcpu_unclaim(vm_vcpu(vm, 1));
}

#define WITH_VM(test) cmocka_unit_test_setup_teardown(test, setup_vm, teardown_vm)
#define WITHOUT(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITHOUT(names_are_letters_digits_and_a_few_signs),
		WITHOUT(a_name_is_taken_until_its_vm_is_destroyed),
		WITHOUT(a_vm_that_is_unlisted_is_not_found_and_runs_until_it_is_ended),
		WITHOUT(creation_without_memory_leaves_nothing),
		WITHOUT(vcpu_creation_without_memory_leaves_nothing),
		WITHOUT(memory_outlives_destroy_as_long_as_it_is_referenced),
		WITH_VM(segments_are_checked),
		WITH_VM(segments_come_back_by_number),
		WITH_VM(a_touch_maps_a_whole_block),
		WITH_VM(without_blocks_memory_comes_in_pages),
		WITH_VM(the_ends_of_an_unaligned_segment_are_pages),
		WITH_VM(without_memory_a_touch_fails_and_can_be_repeated),
		WITH_VM(a_process_that_touches_memory_makes_the_host_find_some),
		WITH_VM(a_process_gets_contiguous_pages_of_a_block),
		WITH_VM(guest_and_process_see_the_same_page),
		WITH_VM(monitors_are_given_before_vcpus_where_all_cpus_have_them),
		WITH_VM(vcpus_are_numbered_below_sixteen),
		WITH_VM(the_reset_state_is_the_architectures),
		WITH_VM(lines_are_those_of_devices),
		WITH_VM(a_line_is_set_from_another_cpu_when_this_one_is_not_ours),
		WITH_VM(an_interrupt_kicks_through_the_host_if_el2_says_so),
		WITH_VM(doorbells_ring_for_their_address_size_and_value),
		WITH_VM(doorbells_are_limited_and_go_with_their_owner),
		WITH_VM(an_event_drives_one_line_of_a_vm_and_a_vm_has_a_limited_number),
		WITH_VM(a_blob_is_kept),
		WITH_VM(reinit_goes_back_to_the_start_and_keeps_memory),
		WITH_VM(suspend_and_reinit_check_their_arguments),
		WITH_VM(a_power_off_is_not_lost_in_a_reset),
		WITH_VM(registers_are_reached_by_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
