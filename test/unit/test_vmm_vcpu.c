// SPDX-License-Identifier: BSD-2-Clause
/* vmm/core/vcpu.c, exit.c, access.c: the run loop, with guests that are functions of the test. */
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
#include "aarch32.h"
#include "stage2.h"
#include "vm_fixture.h"

#include <pthread.h>
#include <sched.h>

#define ESR_DABT    ((uint64_t)EC_DABT_LOWER << ESR_EC_SHIFT | ESR_IL)
#define ESR_IABT    ((uint64_t)EC_IABT_LOWER << ESR_EC_SHIFT | ESR_IL)
#define FSC_LEVEL3  7
/* Of the wait at EL2, at the fake host's 62.5 MHz */
#define LIMIT_US    VCPU_WAIT_US_MAX
#define LIMIT_TICKS (LIMIT_US * 125 / 2)

/* An access with a valid syndrome: size in log2. */
#define SYNDROME(size, rt, extra)                                                            \
	(ESR_DABT | ISS_DABT_ISV | (uint64_t)(size) << 22 | (uint64_t)(rt) << 16 | (extra) | \
	 FSC_TRANSLATION | 3)

static struct vcpu *vcpu;
static struct hyp_vcpu *hyp;
static struct vmm_run *page;

static int setup_running(void **state)
{
	setup_vm(state);
	vcpu = vm_vcpu(vm, 0);
	hyp = vcpu->hyp;
	page = vcpu->run;
	return power_on(vcpu, RAM, 0);
}

static int run(void)
{
	return vcpu_run(vcpu, me);
}

/* What a script of exits does next: guests of several steps count them. */
static unsigned int step;

static uint64_t guest_off(struct hyp_vcpu *self)
{
	self->x[0] = 0x84000008;
	self->pc += 4;
	return HYP_EXIT_HVC;
}

static uint64_t abort_at(struct hyp_vcpu *self, uint64_t esr, uint64_t ipa)
{
	self->exit.esr = esr;
	self->exit.ipa = ipa;
	self->exit.far = ipa;
	return HYP_EXIT_ABORT;
}

static uint64_t exit_esr, exit_ipa;

/* Aborts once as the test says, then powers off. */
static uint64_t guest_abort(struct hyp_vcpu *self)
{
	return step++ ? guest_off(self) : abort_at(self, exit_esr, exit_ipa);
}

static void start_abort(uint64_t esr, uint64_t ipa)
{
	step = 0;
	exit_esr = esr;
	exit_ipa = ipa;
	fixture.guest = guest_abort;
}

static void expect_mmio(uint64_t ipa, unsigned int size, bool write, uint64_t data)
{
	assert_int_equal(run(), 0);
	assert_int_equal(page->exit_reason, VMM_EXIT_MMIO);
	assert_int_equal(page->mmio.ipa, ipa);
	assert_int_equal(page->mmio.size, size);
	assert_int_equal(page->mmio.write, write);
	if (write)
		assert_int_equal(page->mmio.data, data);
	else
		page->mmio.data = data;
}

static void expect_off(void)
{
	assert_int_equal(run(), 0);
	assert_int_equal(page->exit_reason, VMM_EXIT_HVC);
	assert_int_equal(page->hvc.arg[0], 0x84000008);
	vcpu->pending = VCPU_PENDING_NONE; /* no results: the registers stay as they are */
}

static void load(unsigned int size, uint64_t extra, uint64_t data, uint64_t wanted)
{
	uint64_t pc = hyp->pc;

	start_abort(SYNDROME(size, 5, extra), DEVICE + 8);
	hyp->x[5] = UINT64_MAX;
	expect_mmio(DEVICE + 8, 1u << size, false, data);
	assert_int_equal(page->pc, pc);
	assert_int_equal(hyp->pc, pc);
	expect_off();
	assert_int_equal(hyp->x[5], wanted);
	assert_int_equal(hyp->pc, pc + 8);
}

static void loads_are_extended_as_the_instruction_says(void **state)
{
	(void)state;
	load(0, 0, 0x1ff, 0xff);
	load(0, ISS_DABT_SSE, 0x80, 0xffffff80);
	load(0, ISS_DABT_SSE | ISS_DABT_SF, 0x80, 0xffffffffffffff80);
	load(1, ISS_DABT_SSE | ISS_DABT_SF, 0x7fff, 0x7fff);
	load(2, 0, UINT64_MAX, 0xffffffff);
	load(2, ISS_DABT_SSE | ISS_DABT_SF, 0x80000000, 0xffffffff80000000);
	load(3, ISS_DABT_SF, UINT64_MAX, UINT64_MAX);
}

static void stores_give_the_registers_low_bytes(void **state)
{
	(void)state;
	hyp->x[7] = 0x1122334455667788;
	start_abort(SYNDROME(1, 7, ISS_DABT_WNR), DEVICE);
	expect_mmio(DEVICE, 2, true, 0x7788);
	expect_off();
	start_abort(SYNDROME(3, 31, ISS_DABT_WNR), DEVICE);
	expect_mmio(DEVICE, 8, true, 0); /* the zero register */
	expect_off();
	hyp->x[30] = 30;
	start_abort(SYNDROME(3, 31, ISS_DABT_SF), DEVICE);
	expect_mmio(DEVICE, 8, false, 99);
	expect_off();
	assert_int_equal(hyp->x[30], 30);
	assert_int_equal(hyp->stats[VMM_STAT_MMIO_USER], 3);
}

static void memory_is_mapped_and_the_guest_goes_on(void **state)
{
	(void)state;
	start_abort(SYNDROME(3, 1, ISS_DABT_WNR), RAM + 0x3000);
	expect_off();
	assert_int_equal(hyp->pc, RAM + 4);
	start_abort(ESR_IABT | FSC_LEVEL3, RAM + VMM_BLOCK_SIZE);
	expect_off();
	assert_int_equal(hyp->stats[VMM_STAT_PAGE_FAULTS], 2);
	assert_int_equal(memory_resident(&vm->memory), 2 * VMM_BLOCK_SIZE);
	fake_host_vm_pages(0);
	start_abort(SYNDROME(3, 1, 0), RAM + 2 * VMM_BLOCK_SIZE);
	assert_int_equal(run(), -ENOMEM);
	fake_host_vm_pages(-1);
	start_abort(SYNDROME(3, 1, 0), RAM + 2 * VMM_BLOCK_SIZE);
	expect_off();
}

static void writes_to_read_only_memory_go_to_user_space(void **state)
{
	(void)state;
	assert_int_equal(add_ram(0, 4 << 20, VMM_MEM_READONLY), 0);
	hyp->x[1] = 0xd0;
	start_abort(SYNDROME(0, 1, ISS_DABT_WNR), 0x100);
	expect_mmio(0x100, 1, true, 0xd0);
	expect_off();
	assert_int_equal(memory_resident(&vm->memory), 0);
	start_abort(SYNDROME(0, 1, 0), 0x100);
	expect_off();
	assert_int_equal(memory_resident(&vm->memory), VMM_BLOCK_SIZE);
	start_abort(SYNDROME(0, 1, ISS_DABT_WNR | ISS_DABT_CM), 0x200000); /* cache maintenance */
	expect_off();
	assert_int_equal(memory_resident(&vm->memory), 2 * VMM_BLOCK_SIZE);
}

static void accesses_to_read_only_memory_that_is_mapped_do_not_loop(void **state)
{
	uint64_t pc;

	(void)state;
	assert_int_equal(add_ram(0, 4 << 20, VMM_MEM_READONLY), 0);
	start_abort(SYNDROME(0, 1, 0), 0x100);
	expect_off();
	pc = hyp->pc;
	start_abort(ESR_DABT | ISS_DABT_WNR | ISS_DABT_CM | FSC_PERMISSION, 0x100);
	expect_off();			   /* DC IVAC wants the right to write: stepped over */
	assert_int_equal(hyp->pc, pc + 8); /* with the call that ends the run */
	start_abort(ESR_DABT | ISS_DABT_WNR | ISS_ABT_S1PTW | FSC_LEVEL3, VMM_BLOCK_SIZE);
	expect_off(); /* the walk for a store reads its tables */
	assert_int_equal(memory_resident(&vm->memory), 2 * VMM_BLOCK_SIZE);
	assert_int_equal(hyp->inject, 0);
	start_abort(ESR_DABT | ISS_DABT_WNR | ISS_ABT_S1PTW | FSC_PERMISSION, VMM_BLOCK_SIZE);
	expect_off();
	assert_int_equal(hyp->inject, HYP_INJECT_DATA_ABORT);
}

static void set_flags(uint32_t flags)
{
	struct vmm_memseg segment = { .index = vm->memory.count - 1, .flags = flags };

	assert_int_equal(vm_set_memseg_flags(vm, &segment), 0);
}

static void trapped_memory_is_a_device_until_it_is_memory_again(void **state)
{
	pa_t pa;

	(void)state;
	assert_int_equal(add_ram(0, 4 << 20, VMM_MEM_READONLY), 0);
	start_abort(SYNDROME(0, 1, 0), 0x100);
	expect_off();
	assert_true(stage2_lookup(vm->stage2, ipa_from(0x100), &pa, NULL));
	set_flags(VMM_MEM_READONLY | VMM_MEM_TRAP);
	assert_false(stage2_lookup(vm->stage2, ipa_from(0x100), &pa, NULL));
	start_abort(SYNDROME(0, 1, 0), 0x100);
	expect_mmio(0x100, 1, false, 0);
	expect_off();
	start_abort(ESR_IABT | FSC_LEVEL3, 0x100);
	expect_off();
	assert_int_equal(hyp->inject, HYP_INJECT_INSTRUCTION_ABORT);
	assert_int_equal(memory_fault(&vm->memory, 0x100), 0); /* a vCPU that looked too early */
	assert_false(stage2_lookup(vm->stage2, ipa_from(0x100), &pa, NULL));
	set_flags(VMM_MEM_READONLY);
	start_abort(SYNDROME(0, 1, 0), 0x100);
	expect_off();
	assert_true(stage2_lookup(vm->stage2, ipa_from(0x100), &pa, NULL));
	assert_int_equal(memory_resident(&vm->memory), VMM_BLOCK_SIZE);
}

static void what_is_neither_memory_nor_an_access_aborts_in_the_guest(void **state)
{
	(void)state;
	start_abort(ESR_IABT | FSC_LEVEL3, DEVICE);
	expect_off();
	assert_int_equal(hyp->inject, HYP_INJECT_INSTRUCTION_ABORT);
	assert_int_equal(hyp->inject_far, DEVICE);
	hyp->inject = 0;
	start_abort(ESR_DABT | ISS_ABT_S1PTW | FSC_LEVEL3, DEVICE);
	expect_off();
	assert_int_equal(hyp->inject, HYP_INJECT_DATA_ABORT);
	hyp->inject = 0;
	start_abort(ESR_DABT | ISS_DABT_ISV | FSC_EXTERNAL, RAM);
	expect_off();
	assert_int_equal(hyp->inject, HYP_INJECT_DATA_ABORT);
	hyp->inject = 0;
	start_abort(ESR_DABT | ISS_DABT_WNR | ISS_DABT_CM | FSC_LEVEL3, DEVICE);
	expect_off(); /* maintenance of a device: stepped over */
	assert_int_equal(hyp->inject, 0);
}

static void user_space_may_answer_with_an_abort(void **state)
{
	uint64_t pc = hyp->pc;

	(void)state;
	start_abort(SYNDROME(2, 1, 0), DEVICE);
	expect_mmio(DEVICE, 4, false, 0);
	page->mmio.abort = 1;
	expect_off();
	assert_int_equal(hyp->inject, HYP_INJECT_DATA_ABORT);
	assert_int_equal(hyp->inject_far, DEVICE);
	assert_int_equal(hyp->pc, pc + 4); /* only the HVC's */
}

static uint32_t instruction;

/* Aborts without a syndrome, at the address in x2 plus "exit_ipa". */
static uint64_t guest_instruction(struct hyp_vcpu *self)
{
	if (step++)
		return guest_off(self);
	self->exit.esr = ESR_DABT | FSC_LEVEL3;
	self->exit.far = exit_ipa | UINT64_C(0x12) << 56; /* a tagged address */
	self->exit.ipa = exit_ipa;
	self->exit.par = host_pa(&instruction).value & ~(VMM_PAGE_SIZE - 1);
	self->pc = host_pa(&instruction).value;
	return HYP_EXIT_ABORT;
}

static void start_instruction(uint32_t word, uint64_t ipa)
{
	step = 0;
	instruction = word;
	exit_ipa = ipa;
	fixture.guest = guest_instruction;
	hyp->inject = 0;
	hyp->x[2] = DEVICE;
}

static void pairs_are_two_accesses_and_write_back(void **state)
{
	(void)state;
	start_instruction(0xa8c10c41, DEVICE); /* ldp x1, x3, [x2], #16 */
	expect_mmio(DEVICE, 8, false, 11);
	expect_mmio(DEVICE + 8, 8, false, 33);
	assert_int_equal(hyp->x[2], DEVICE); /* nothing has changed until all is done */
	expect_off();
	assert_int_equal(hyp->x[1], 11);
	assert_int_equal(hyp->x[3], 33);
	assert_int_equal(hyp->x[2], DEVICE + 16);
	start_instruction(0x29810c41, DEVICE + 8); /* stp w1, w3, [x2, #8]! */
	hyp->x[1] = UINT64_MAX;
	expect_mmio(DEVICE + 8, 4, true, 0xffffffff);
	expect_mmio(DEVICE + 12, 4, true, 33);
	expect_off();
	assert_int_equal(hyp->x[2], DEVICE + 8);
	start_instruction(0x69400c41, DEVICE); /* ldpsw x1, x3, [x2] */
	expect_mmio(DEVICE, 4, false, 0x80000000);
	expect_mmio(DEVICE + 4, 4, false, 1);
	expect_off();
	assert_int_equal(hyp->x[1], 0xffffffff80000000);
	assert_int_equal(hyp->x[3], 1);
	assert_int_equal(hyp->stats[VMM_STAT_MMIO_DECODED], 3);
}

static void vector_registers_are_moved_in_halves(void **state)
{
	(void)state;
	start_instruction(0x3dc00041, DEVICE); /* ldr q1, [x2] */
	expect_mmio(DEVICE, 8, false, 5);
	expect_mmio(DEVICE + 8, 8, false, 6);
	expect_off();
	assert_int_equal(hyp->fp.v[2], 5);
	assert_int_equal(hyp->fp.v[3], 6);
	start_instruction(0xad000c41, DEVICE); /* stp q1, q3, [x2] */
	hyp->fp.v[6] = 7;
	hyp->fp.v[7] = 8;
	expect_mmio(DEVICE, 8, true, 5);
	expect_mmio(DEVICE + 8, 8, true, 6);
	expect_mmio(DEVICE + 16, 8, true, 7);
	expect_mmio(DEVICE + 24, 8, true, 8);
	expect_off();
	start_instruction(0x3d400041, DEVICE); /* ldr b1, [x2]: the rest is cleared */
	expect_mmio(DEVICE, 1, false, 0xabc);
	expect_off();
	assert_int_equal(hyp->fp.v[2], 0xbc);
	assert_int_equal(hyp->fp.v[3], 0);
}

static void atomics_read_compute_and_write(void **state)
{
	(void)state;
	start_instruction(0xb8240041, DEVICE); /* ldadd w4, w1, [x2] */
	hyp->x[4] = 3;
	expect_mmio(DEVICE, 4, false, UINT32_MAX);
	expect_mmio(DEVICE, 4, true, 2);
	expect_off();
	assert_int_equal(hyp->x[1], UINT32_MAX);
	start_instruction(0xc8a47c41, DEVICE); /* cas x4, x1, [x2]: equal */
	hyp->x[4] = 7;
	hyp->x[1] = 9;
	expect_mmio(DEVICE, 8, false, 7);
	expect_mmio(DEVICE, 8, true, 9);
	expect_off();
	start_instruction(0xc8a47c41, DEVICE); /* not equal: no write */
	expect_mmio(DEVICE, 8, false, 8);
	expect_off();
	assert_int_equal(hyp->x[4], 8);
	start_instruction(0xc8047c41, DEVICE); /* stxr w4, x1, [x2] */
	expect_mmio(DEVICE, 8, true, 9);
	expect_off();
	assert_int_equal(hyp->x[4], 0);
}

static void zeroing_covers_the_whole_block(void **state)
{
	(void)state;
	start_instruction(0xd50b7422, DEVICE + 0x4a); /* dc zva, x2 */
	hyp->x[2] = DEVICE + 0x4a;
	for (unsigned int at = 0x40; at < 0x80; at += 8)
		expect_mmio(DEVICE + at, 8, true, 0);
	expect_off();
}

static void the_stack_pointer_is_that_of_the_mode(void **state)
{
	(void)state;
	start_instruction(0xa9bf0fe1, DEVICE + 0x10); /* stp x1, x3, [sp, #-16]! */
	hyp->sys[HYP_SP_EL1] = DEVICE + 0x20;
	hyp->sys[HYP_SP_EL0] = DEVICE + 0x120;
	hyp->x[1] = 1;
	expect_mmio(DEVICE + 0x10, 8, true, 1);
	expect_mmio(DEVICE + 0x18, 8, true, hyp->x[3]);
	expect_off();
	assert_int_equal(hyp->sys[HYP_SP_EL1], DEVICE + 0x10);
	start_instruction(0xf94003e1, DEVICE + 0x120); /* ldr x1, [sp] */
	hyp->pstate = PSR_MODE_EL1T;
	expect_mmio(DEVICE + 0x120, 8, false, 77);
	expect_off();
	assert_int_equal(hyp->x[1], 77);
}

static void expect_injected(uint32_t word, uint64_t ipa)
{
	start_instruction(word, ipa);
	expect_off();
	assert_int_equal(hyp->inject, HYP_INJECT_DATA_ABORT);
}

static void what_cannot_be_decoded_aborts_in_the_guest(void **state)
{
	(void)state;
	expect_injected(0x4c407041, DEVICE);	       /* ld1: not known */
	expect_injected(0xf9400041, DEVICE + 0x100);   /* the address is not what faulted */
	start_instruction(0xa9400c41, DEVICE + 0xff8); /* a pair across the page's end */
	hyp->x[2] = DEVICE + 0xff8;
	expect_off();
	assert_int_equal(hyp->inject, HYP_INJECT_DATA_ABORT);
	start_instruction(0xf9400041, DEVICE);
	hyp->pstate |= PSR_MODE32;
	expect_off();
	assert_int_equal(hyp->inject, HYP_INJECT_DATA_ABORT);
}

/* AArch32, in Supervisor mode. */
static void start_instruction32(uint32_t word, uint64_t ipa)
{
	start_instruction(word, ipa);
	hyp->pstate = AARCH32_MODE_SVC;
}

static void aarch32_has_multiple_transfers_of_its_mode(void **state)
{
	uint64_t pc = host_pa(&instruction).value;

	(void)state;
	start_instruction32(0xe8b2400a, DEVICE); /* ldm r2!, {r1, r3, lr} */
	expect_mmio(DEVICE, 4, false, 11);
	expect_mmio(DEVICE + 4, 4, false, 33);
	assert_int_equal(hyp->x[2], DEVICE);
	expect_mmio(DEVICE + 8, 4, false, 0xfffffff0);
	assert_int_equal(run(), 0);
	assert_int_equal(hyp->x[1], 11);
	assert_int_equal(hyp->x[3], 33);
	assert_int_equal(hyp->x[18], 0xfffffff0);
	assert_int_equal(hyp->x[2], DEVICE + 12);
	assert_int_equal((uint32_t)hyp->pc, (uint32_t)pc + 8); /* with the HVC's */
	start_instruction32(0xe52de004, DEVICE + 4);	       /* push {lr} */
	hyp->x[19] = DEVICE + 8;
	expect_mmio(DEVICE + 4, 4, true, 0xfffffff0);
	assert_int_equal(run(), 0);
	assert_int_equal(hyp->x[19], DEVICE + 4);
	start_instruction32(0xe892400a, DEVICE + 0x100); /* it is not what faulted */
	expect_off();
	assert_int_equal(hyp->inject, HYP_INJECT_DATA_ABORT);
}

/* See aarch32_x(). */
static void syndrome_of_aarch32_may_name_a_register_of_the_mode(void **state)
{
	(void)state;
	start_abort(SYNDROME(2, 14, 0), DEVICE);
	hyp->pstate = AARCH32_MODE_SVC;
	expect_mmio(DEVICE, 4, false, 77);
	expect_off();
	assert_int_equal(hyp->x[18], 77);
	start_abort(SYNDROME(2, 19, ISS_DABT_WNR), DEVICE);
	hyp->pstate = AARCH32_MODE_SVC;
	hyp->x[19] = 99;
	expect_mmio(DEVICE, 4, true, 99);
	expect_off();
}

static uint64_t guest_untranslated(struct hyp_vcpu *self)
{
	uint64_t why = guest_instruction(self);

	self->exit.par |= PAR_F;
	return why;
}

static void an_instruction_that_is_not_mapped_any_more_aborts(void **state)
{
	(void)state;
	start_instruction(0xf9400041, DEVICE);
	fixture.guest = guest_untranslated;
	expect_off();
	assert_int_equal(hyp->inject, HYP_INJECT_DATA_ABORT);
}

static void decoded_accesses_to_the_vgic_are_done_at_el2(void **state)
{
	(void)state;
	start_instruction(0x29400c41, VM_GICD_BASE); /* ldp w1, w3, [x2] */
	hyp->x[2] = VM_GICD_BASE;
	expect_off();
	assert_int_equal(fixture.vgic_accesses, 2);
	assert_int_equal(fixture.vgic_ipa, VM_GICD_BASE + 4);
	assert_int_equal(fixture.vgic_how, 4);
	assert_int_equal(hyp->x[3], 0x1234);
	start_instruction(0xb8004441, VM_GICR_BASE); /* str w1, [x2], #4 */
	hyp->x[2] = VM_GICR_BASE;
	hyp->x[1] = 99;
	expect_off();
	assert_int_equal(fixture.vgic_how, 4 | 1 << 8);
	assert_int_equal(fixture.vgic_value, 99);
}

static void a_doorbell_does_not_reach_user_space(void **state)
{
	static struct fake_event event; /* the VM keeps it until the test's teardown */
	struct doorbell doorbell = { .ipa = DEVICE + 0x50, .size = 4, .event = &event };

	(void)state;
	assert_int_equal(vm_add_doorbell(vm, &doorbell), 0);
	start_abort(SYNDROME(2, 1, ISS_DABT_WNR), DEVICE + 0x50);
	expect_off();
	assert_int_equal(event.signals, 1);
	assert_int_equal(hyp->stats[VMM_STAT_MMIO_DOORBELL], 1);
	start_abort(SYNDROME(2, 1, 0), DEVICE + 0x50); /* reads do */
	expect_mmio(DEVICE + 0x50, 4, false, 0);
	expect_off();
	assert_int_equal(event.signals, 1);
}

static uint64_t guest_call(struct hyp_vcpu *self)
{
	unsigned int i;

	for (i = 0; i < 8; i++)
		self->x[i] = 100 + i;
	self->pc += 4;
	return HYP_EXIT_HVC;
}

static void hypercalls_go_to_user_space_and_back(void **state)
{
	uint64_t pc = hyp->pc;
	unsigned int i;

	(void)state;
	fixture.guest = guest_call;
	assert_int_equal(run(), 0);
	assert_int_equal(page->exit_reason, VMM_EXIT_HVC);
	assert_int_equal(page->pc, pc);
	for (i = 0; i < 8; i++)
		assert_int_equal(page->hvc.arg[i], 100 + i);
	page->hvc.ret[0] = 1;
	page->hvc.ret[3] = 4;
	hyp->x[4] = 1000;
	fixture.guest = guest_abort;
	start_abort(SYNDROME(3, 9, 0), DEVICE);
	expect_mmio(DEVICE, 8, false, 0);
	assert_int_equal(hyp->x[0], 1);
	assert_int_equal(hyp->x[3], 4);
	assert_int_equal(hyp->x[4], 1000);
}

static void an_exit_that_its_owner_did_not_finish_is_repeated(void **state)
{
	static const char other;
	uint64_t pc = hyp->pc;
	struct vmm_info info;

	(void)state;
	fixture.guest = guest_call;
	assert_int_equal(run(), 0);
	vm_disown(vm, &other); /* has nothing to do with it */
	assert_int_equal(hyp->pc, pc + 4);
	assert_int_equal(vm_info(vm, &info), 0);
	assert_int_equal(info.runner_pid, 42);
	vm_disown(vm, me);
	assert_int_equal(hyp->pc, pc);
	assert_int_equal(vm_info(vm, &info), 0);
	assert_int_equal(info.runner_pid, 0);
	start_abort(SYNDROME(3, 9, 0), DEVICE);
	hyp->x[9] = 7;
	expect_mmio(DEVICE, 8, false, 1);
	page->exit_reason = VMM_EXIT_NONE;
	step = 0; /* the guest does it again, for another runner */
	assert_int_equal(vcpu_run(vcpu, &other), 0);
	assert_int_equal(page->exit_reason, VMM_EXIT_MMIO);
	assert_int_equal(hyp->x[9], 7);
	assert_int_equal(hyp->pc, pc);
}

/* WFI once, then off. */
static uint64_t guest_wfi(struct hyp_vcpu *self)
{
	if (step++)
		return guest_off(self);
	self->pc += 4;
	return HYP_EXIT_WFI;
}

static void start_wfi(void)
{
	step = 0;
	fixture.guest = guest_wfi;
	fake_host_set_counter(1000);
	hyp->stats[VMM_STAT_WFI_SLEEPS] = 0;
}

static void wfi_sleeps_until_the_first_timer(void **state)
{
	(void)state;
	start_wfi();
	vm->hyp->cntvoff = 500;
	hyp->cntv_ctl = CNT_CTL_ENABLE;
	hyp->cntv_cval = 5000;
	hyp->cntp_ctl = CNT_CTL_ENABLE;
	hyp->cntp_cval = 9000;
	expect_off();
	assert_int_equal(host_counter(), 5500);
	start_wfi();
	hyp->cntv_ctl = CNT_CTL_ENABLE | CNT_CTL_IMASK;
	expect_off();
	assert_int_equal(host_counter(), 9000);
	assert_int_equal(hyp->stats[VMM_STAT_WFI_SLEEPS], 1);
	assert_int_equal(hyp->state, HYP_STATE_OUTSIDE);
}

static void wfi_sleeps_with_an_expired_timer_whose_interrupt_is_masked(void **state)
{
	(void)state;
	start_wfi();
	hyp->cntp_ctl = CNT_CTL_ENABLE;
	hyp->cntp_cval = 999; /* over, which EL2 has seen */
	hyp->bank.line = 1u << VM_PPI_PTIMER;
	hyp->cntv_ctl = CNT_CTL_ENABLE;
	hyp->cntv_cval = 5000;
	expect_off();
	assert_int_equal(host_counter(), vm->hyp->cntvoff + 5000);
	assert_int_equal(hyp->stats[VMM_STAT_WFI_SLEEPS], 1);
	hyp->bank.line = 0;
}

/* The virtual counter reaches the value when the physical one has wrapped: never. */
static void wfi_does_not_wait_for_a_timer_at_the_end_of_time(void **state)
{
	(void)state;
	start_wfi();
	vm->hyp->cntvoff = 500;
	hyp->cntv_ctl = CNT_CTL_ENABLE;
	hyp->cntv_cval = UINT64_MAX - 100;
	hyp->cntp_ctl = CNT_CTL_ENABLE;
	hyp->cntp_cval = 9000;
	expect_off();
	assert_int_equal(host_counter(), 9000);
	start_wfi();
	hyp->cntv_ctl = 0;
	hyp->cntv_cval = 2000;
	expect_off();
	assert_int_equal(host_counter(), 9000);
}

static void wfi_does_not_sleep_when_there_is_something_to_do(void **state)
{
	(void)state;
	start_wfi();
	hyp->cntp_ctl = CNT_CTL_ENABLE;
	hyp->cntp_cval = 999; /* over */
	expect_off();
	assert_int_equal(host_counter(), 1000);
	start_wfi();
	hyp->cntp_ctl = 0;
	hyp->exit.no_block = 1;
	expect_off();
	start_wfi();
	hyp->exit.no_block = 0;
	hyp->wake = 1; /* an interrupt came between the exit and the sleep */
	expect_off();
	assert_int_equal(host_counter(), 1000);
}

static void a_signal_ends_the_run(void **state)
{
	(void)state;
	fixture.guest = guest_off;
	fake_host_set_signal(true);
	assert_int_equal(run(), -EINTR);
	assert_int_equal(fixture.entries, 0);
	fake_host_set_signal(false);
	expect_off();
}

static uint64_t guest_irqs(struct hyp_vcpu *self)
{
	if (step++ == 3)
		return guest_off(self);
	fake_host_vm_attention();
	return HYP_EXIT_IRQ;
}

static void host_interrupts_do_not_reach_user_space(void **state)
{
	(void)state;
	step = 0;
	fixture.guest = guest_irqs;
	hyp->cntp_ctl = 0;
	hyp->exit.no_block = 1;
	expect_off();
	assert_int_equal(fixture.entries, 4);
}

/* Waits at EL2 at first; the host's interrupt ends that, and the next WFI is for the host. */
static uint64_t guest_idles(struct hyp_vcpu *self)
{
	switch (step++) {
	case 0:
		assert_int_equal(self->wait_ticks, LIMIT_TICKS / 64);
		assert_false(self->hcr & HCR_TWE);
		assert_int_equal(self->spin_ticks, 0);
		self->waited = 1;
		return HYP_EXIT_IRQ;
	case 1:
		assert_int_equal(self->wait_ticks, 0);
		return HYP_EXIT_WFI;
	case 2:
		assert_int_equal(self->wait_ticks, LIMIT_TICKS / 64);
		assert_false(self->hcr & HCR_TWE);
		fake_host_vm_cpu_is_ours(false);
		return HYP_EXIT_IRQ;
	default:
		assert_int_equal(self->wait_ticks, 0);
		assert_true(self->hcr & HCR_TWE);
		assert_int_equal(self->spin_ticks, LIMIT_TICKS);
		return guest_off(self);
	}
}

static void a_guest_waits_at_el2_until_the_host_has_something_to_do(void **state)
{
	(void)state;
	step = 0;
	fixture.guest = guest_idles;
	hyp->cntp_ctl = 0;
	hyp->exit.no_block = 1;
	vcpu_set_wait_limit(LIMIT_US);
	vcpu_set_spin_limit(LIMIT_US);
	vcpu->wait_ticks = LIMIT_TICKS / 64;
	fake_host_vm_cpu_is_ours(true);
	expect_off();
	assert_int_equal(fixture.entries, 4);
	vcpu_set_spin_limit(VCPU_SPIN_US_MAX + 1);
	assert_int_equal(vcpu_spin_ticks, VCPU_SPIN_US_MAX * (uint64_t)LIMIT_TICKS / LIMIT_US);
	vcpu_set_spin_limit(0);
	assert_int_equal(vcpu_spin_ticks, 0);
}

/* One WFI that sleeps for that many ticks. */
static uint32_t wait_after_sleep_of(uint64_t ticks)
{
	start_wfi();
	hyp->exit.no_block = 0;
	hyp->cntv_ctl = 0;
	hyp->cntp_ctl = CNT_CTL_ENABLE;
	hyp->cntp_cval = host_counter() + ticks;
	expect_off();
	hyp->cntp_ctl = 0;
	return vcpu->wait_ticks;
}

static void the_wait_grows_while_it_pays_and_is_none_for_an_idle_guest(void **state)
{
	(void)state;
	vcpu_set_wait_limit(LIMIT_US);
	vcpu->wait_ticks = 0;
	assert_int_equal(wait_after_sleep_of(LIMIT_TICKS + 1), 0);
	assert_int_equal(wait_after_sleep_of(LIMIT_TICKS), LIMIT_TICKS / 64);
	assert_int_equal(wait_after_sleep_of(100), LIMIT_TICKS / 64 * 2);
	vcpu->wait_ticks = LIMIT_TICKS / 2 + 1;
	assert_int_equal(wait_after_sleep_of(100), LIMIT_TICKS);
	assert_int_equal(wait_after_sleep_of(1), 0);
	vcpu_set_wait_limit(VCPU_WAIT_US_MAX + 1);
	assert_int_equal(wait_after_sleep_of(LIMIT_TICKS + 1), 0);
	vcpu_set_wait_limit(0);
	assert_int_equal(wait_after_sleep_of(1), 0);
	vcpu_set_wait_limit(LIMIT_US);
}

static uint64_t guest_wfe(struct hyp_vcpu *self)
{
	if (step++)
		return guest_off(self);
	return HYP_EXIT_WFE;
}

static uint64_t guest_is_preempted(struct hyp_vcpu *self)
{
	if (step++)
		return guest_off(self);
	fake_host_set_run_delay(host_run_delay_ns() + 7000);
	return HYP_EXIT_IRQ;
}

static uint64_t stolen_time(void)
{
	uint64_t ns = UINT64_MAX;

	assert_int_equal(vcpu_get_reg(vcpu, VMM_REG_STOLEN_TIME, &ns), 0);
	return ns;
}

static void time_without_a_cpu_is_stolen_from_the_guest(void **state)
{
	uint64_t before;

	(void)state;
	fixture.guest = guest_off;
	expect_off();
	before = stolen_time();
	fixture.guest = guest_is_preempted;
	step = 0;
	expect_off();
	assert_int_equal(stolen_time(), before + 7000);
	assert_int_equal(vm->pvtime[0].stolen_ns, before + 7000);
	assert_int_equal(vm->pvtime[0].revision | vm->pvtime[0].attributes, 0);
	assert_int_equal(vcpu_set_reg(vcpu, VMM_REG_STOLEN_TIME, 5), 0);
	step = 0;
	expect_off();
	assert_int_equal(stolen_time(), 7005);
	assert_int_equal(vm_suspend(vm, VMM_SUSPEND_RESET), 0);
	assert_int_equal(vm_reinit(vm, 0), 0);
	assert_int_equal(stolen_time(), 0);
	assert_int_equal(power_on(vcpu, RAM, 0), 0);
}

static void stolen_time_is_mapped_when_it_is_read_and_cannot_be_written(void **state)
{
	pa_t pa;

	(void)state;
	assert_int_equal(vm->hyp->pvtime, VM_PVTIME_BASE);
	start_abort(SYNDROME(3, 5, ISS_DABT_WNR), VM_PVTIME_BASE + 8);
	expect_mmio(VM_PVTIME_BASE + 8, 8, true, hyp->x[5]);
	expect_off();
	start_abort(SYNDROME(3, 5, ISS_DABT_SF), VM_PVTIME_BASE + 8);
	expect_off();
	assert_true(stage2_lookup(vm->stage2, ipa_from(VM_PVTIME_BASE), &pa, NULL));
	assert_ptr_equal(host_va(pa), vm->pvtime);
	/* a second vCPU that looked at the same time */
	start_abort(SYNDROME(3, 5, ISS_DABT_SF), VM_PVTIME_BASE + 8);
	expect_off();
	/* mapping it again would not help */
	start_abort((SYNDROME(3, 5, ISS_DABT_SF) & ~UINT64_C(0x3f)) | FSC_PERMISSION | 3,
		    VM_PVTIME_BASE + 8);
	expect_mmio(VM_PVTIME_BASE + 8, 8, false, 0);
	expect_off();
}

/* vCPU 1 as if a thread had it in the run loop, and did not run just now. */
static void expect_yield(struct vcpu *other, enum hyp_run_state its_state, uint32_t its_wake,
			 bool expected)
{
	static char thread;

	if (!other->thread)
		host_thread_hold(&thread);
	other->thread = &thread;
	other->in_run = VCPU_RUNNING;
	other->on = true;
	other->hyp->state = its_state;
	other->hyp->wake = its_wake;
	hyp->stats[VMM_STAT_YIELDS] = 0;
	vm->yielded_to = 0;
	fake_host_accept_yield(true);
	fixture.guest = guest_wfe;
	step = 0;
	expect_off();
	assert_ptr_equal(fake_host_yielded_to(), expected ? &thread : NULL);
	assert_int_equal(hyp->stats[VMM_STAT_YIELDS], expected);
	assert_int_equal(vm->yielded_to, expected);
	other->on = false;
	other->in_run = VCPU_FREE;
	other->hyp->state = HYP_STATE_OUTSIDE;
	other->hyp->wake = 0;
}

static void wfe_gives_the_cpu_to_a_vcpu_that_is_ready_to_run(void **state)
{
	(void)state;
	assert_int_equal(vm_create_vcpu(vm, 1), 0);
	expect_yield(vm_vcpu(vm, 1), HYP_STATE_OUTSIDE, 0, true);
	expect_yield(vm_vcpu(vm, 1), HYP_STATE_BLOCKED, 1, true);
	expect_yield(vm_vcpu(vm, 1), HYP_STATE_BLOCKED, 0, false);
}

/* One that spins itself helps nobody, as far as is known: every other time. */
static void wfe_gives_the_cpu_to_one_that_spins_every_other_time(void **state)
{
	struct vcpu *other;

	(void)state;
	assert_int_equal(vm_create_vcpu(vm, 1), 0);
	other = vm_vcpu(vm, 1);
	other->spinning = true;
	expect_yield(other, HYP_STATE_OUTSIDE, 0, false);
	expect_yield(other, HYP_STATE_OUTSIDE, 0, true);
	expect_yield(other, HYP_STATE_OUTSIDE, 0, false);
	other->spinning = false;
	expect_yield(other, HYP_STATE_OUTSIDE, 0, true);
	assert_false(vcpu->spinning);
}

static void wfe_goes_on_when_nobody_waits_for_the_cpu(void **state)
{
	static const enum hyp_run_state busy[] = { HYP_STATE_GUEST, HYP_STATE_BLOCKED };
	struct vcpu *other;
	static char thread;

	(void)state;
	assert_int_equal(vm_create_vcpu(vm, 1), 0);
	other = vm_vcpu(vm, 1);
	if (!other->thread)
		host_thread_hold(&thread);
	other->thread = &thread;
	other->on = true;
	hyp->stats[VMM_STAT_YIELDS] = 0;
	fixture.guest = guest_wfe;
	for (unsigned int i = 0; i < 3; i++) {
		other->in_run = i < 2 ? VCPU_RUNNING : VCPU_FREE;
		other->hyp->state = i < 2 ? busy[i] : HYP_STATE_OUTSIDE;
		fake_host_accept_yield(true);
		step = 0;
		expect_off();
		assert_int_equal(hyp->stats[VMM_STAT_YIELDS], 0);
	}
	other->on = false;
}

static void *run_in_thread(void *result)
{
	fixture.guest = guest_off;
	*(int *)result = run();
	return NULL;
}

static void a_vcpu_knows_its_thread_and_holds_no_other(void **state)
{
	pthread_t thread;
	const void *first;
	int held, result = 1;

	(void)state;
	fixture.guest = guest_off;
	expect_off();
	first = vcpu->thread;
	held = fake_host_threads_held();
	assert_ptr_equal(first, host_thread());
	vcpu->on = true;
	assert_int_equal(pthread_create(&thread, NULL, run_in_thread, &result), 0);
	pthread_join(thread, NULL);
	assert_ptr_not_equal(vcpu->thread, first);
	assert_int_equal(fake_host_threads_held(), held);
}

static uint64_t guest_wakes(struct hyp_vcpu *self)
{
	if (step++)
		return guest_off(self);
	self->exit.wake = 2;
	return HYP_EXIT_WAKE;
}

/* A thread that runs vCPU "index" once. */
struct thread {
	pthread_t thread;
	unsigned int index, cpu;
	int result;
};

static void *thread_main(void *argument)
{
	struct thread *thread = argument;

	fake_host_set_cpu(thread->cpu);
	thread->result = vcpu_run(vm_vcpu(vm, thread->index), me);
	return NULL;
}

static void thread_start(struct thread *thread, unsigned int index)
{
	thread->index = index;
	thread->cpu = index + 1;
	assert_int_equal(pthread_create(&thread->thread, NULL, thread_main, thread), 0);
}

static int thread_join(struct thread *thread)
{
	pthread_join(thread->thread, NULL);
	return thread->result;
}

/* Runs until somebody wants it out. */
static uint64_t guest_spin(struct hyp_vcpu *self)
{
	while (!HOST_READ(self->request)) {
		HOST_WRITE(self->x[9], self->x[9] + 1);
		sched_yield();
	}
	return HYP_EXIT_REQUEST;
}

static void wait_until_spinning(const struct hyp_vcpu *self)
{
	while (HOST_READ(self->state) != HYP_STATE_GUEST)
		sched_yield();
}

static void a_second_thread_is_refused(void **state)
{
	struct vmm_info info;
	struct thread thread;

	(void)state;
	fixture.guest = guest_spin;
	thread_start(&thread, 0);
	wait_until_spinning(hyp);
	assert_int_equal(run(), -EBUSY);
	assert_int_equal(vcpu_power_off(vcpu), -EBUSY);
	assert_int_equal(vcpu_set_reg(vcpu, VMM_REG_PC, 0), -EBUSY);
	assert_int_equal(power_on(vcpu, 0, 0), -EALREADY);
	assert_int_equal(vm_reinit(vm, VMM_SUSPEND_NONE), -EBUSY);
	assert_int_equal(vm_info(vm, &info), 0);
	assert_int_equal(info.state, VMM_STATE_RUNNING);
	assert_int_equal(info.vcpus_running, 1);
	assert_int_equal(vm_suspend(vm, VMM_SUSPEND_HALT), 0);
	assert_int_equal(thread_join(&thread), 0);
	assert_int_equal(page->exit_reason, VMM_EXIT_SUSPENDED);
	assert_int_equal(page->suspended.how, VMM_SUSPEND_HALT);
}

static void *set_registers(void *argument)
{
	const bool *stop = argument;

	while (!__atomic_load_n(stop, __ATOMIC_SEQ_CST)) {
		int error = vcpu_set_reg(vcpu, 5, 1);

		assert_true(error == 0 || error == -EBUSY);
	}
	return NULL;
}

/* VMM_RUN fails with EBUSY because of another VMM_RUN, and of nothing else. */
static void who_sets_registers_does_not_keep_the_guest_from_running(void **state)
{
	bool stop = false;
	pthread_t thread;

	(void)state;
	fixture.guest = guest_off;
	assert_int_equal(pthread_create(&thread, NULL, set_registers, &stop), 0);
	for (unsigned int i = 0; i < 3000; i++)
		assert_int_equal(run(), 0);
	__atomic_store_n(&stop, true, __ATOMIC_SEQ_CST);
	pthread_join(thread, NULL);
}

/* As vm_reinit() has it, with vm.lock. */
static void a_run_waits_for_a_reset(void **state)
{
	struct thread thread;

	(void)state;
	fixture.guest = guest_off;
	host_mutex_lock(&vm->lock);
	assert_true(vcpu_claim(vcpu, VCPU_RESETTING));
	thread_start(&thread, 0);
	assert_int_equal(fixture.entries, 0);
	vcpu_unclaim(vcpu);
	host_mutex_unlock(&vm->lock);
	assert_int_equal(thread_join(&thread), 0);
	assert_int_equal(fixture.entries, 1);
}

static void registers_of_a_vcpu_that_nobody_runs_can_be_set(void **state)
{
	uint64_t value;

	(void)state;
	assert_int_equal(vcpu_set_reg(vcpu, 5, 77), 0);
	assert_int_equal(vcpu_get_reg(vcpu, 5, &value), 0);
	assert_int_equal(value, 77);
	assert_int_equal(vcpu_power_off(vcpu), 0);
	assert_int_equal(vcpu->in_run, VCPU_FREE);
	assert_int_equal(vcpu->holders, 0);
}

static void only_a_vcpu_in_the_guest_is_kicked(void **state)
{
	(void)state;
	vcpu_interrupt(vcpu);
	assert_int_equal(fixture.kicks, 0);
	assert_int_equal(hyp->request, 1);
	hyp->cpu = host_pa(el2_cpu_block(2)).value;
	hyp->state = HYP_STATE_GUEST;
	vcpu_interrupt(vcpu);
	assert_int_equal(fixture.kicks, 1);
	assert_int_equal(fake_host_kicks(2), 0);
	fixture.kick_result = 1; /* EL2 has no interrupt for it */
	vcpu_interrupt(vcpu);
	assert_int_equal(fake_host_kicks(2), 1);
	hyp->state = HYP_STATE_OUTSIDE;
}

static void registers_are_read_while_the_guest_runs(void **state)
{
	struct thread thread;
	uint64_t before, after;
	unsigned int i;

	(void)state;
	fixture.guest = guest_spin;
	thread_start(&thread, 0);
	wait_until_spinning(hyp);
	assert_int_equal(vcpu_get_reg(vcpu, 9, &before), 0);
	for (i = 0; i < 500; i++)
		assert_int_equal(vcpu_get_reg(vcpu, 9, &after), 0);
	wait_until_spinning(hyp); /* it goes on by itself */
	assert_int_equal(vm_suspend(vm, VMM_SUSPEND_HALT), 0);
	assert_int_equal(thread_join(&thread), 0);
	assert_true(after >= before);
}

static void a_powered_off_vcpu_waits_to_be_powered_on(void **state)
{
	struct hyp_vcpu *second = vm_vcpu(vm, 1)->hyp;
	struct thread thread;

	(void)state;
	fixture.guest = guest_off;
	thread_start(&thread, 1);
	while (!HOST_READ(vm_vcpu(vm, 1)->in_run))
		sched_yield();
	assert_int_equal(power_on(vm_vcpu(vm, 1), RAM + 0x100, 5), 0);
	assert_int_equal(thread_join(&thread), 0);
	assert_int_equal(second->pc, RAM + 0x104);
	assert_int_equal(vcpu_power_off(vm_vcpu(vm, 1)), 0);
	assert_false(vm_vcpu(vm, 1)->on);
}

static void suspend_and_destroy_reach_everybody(void **state)
{
	struct thread threads[2];

	(void)state;
	fixture.guest = guest_spin;
	thread_start(&threads[0], 0);
	thread_start(&threads[1], 1); /* powered off */
	wait_until_spinning(hyp);
	while (!HOST_READ(vm_vcpu(vm, 1)->in_run))
		sched_yield();
	vm_get(vm);
	vm_destroy(vm);
	assert_int_equal(thread_join(&threads[0]), -ENODEV);
	assert_int_equal(thread_join(&threads[1]), -ENODEV);
	assert_int_equal(run(), -ENODEV);
	assert_int_equal(power_on(vcpu, 0, 0), -ENODEV);
	assert_int_equal(vcpu_get_reg(vcpu, 0, &(uint64_t){ 0 }), -ENODEV);
	vm_put(vm);
	assert_int_equal(vm_create("vm", &vm), 0); /* for the teardown */
}

/* EL2 of another CPU has put it on that CPU's list, and the interrupt for that is still on its way.
 */
static void a_destroyed_vcpu_is_on_no_list_of_a_cpu(void **state)
{
	struct hyp_cpu *cpu = el2_cpu_block(2);

	(void)state;
	hyp->wake_queued = 1;
	hyp->wake_next = 0;
	cpu->wake_list = hyp->self;
	vm_destroy(vm);
	assert_int_equal(cpu->wake_list, 0);
	assert_int_equal(vm_create("vm", &vm), 0); /* for the teardown */
}

static void a_vcpu_that_el2_names_is_woken(void **state)
{
	struct hyp_vcpu *second = vm_vcpu(vm, 1)->hyp;
	struct thread thread;

	(void)state;
	fixture.guest = guest_wfi;
	step = 0;
	assert_int_equal(power_on(vm_vcpu(vm, 1), RAM, 0), 0);
	thread_start(&thread, 1);
	while (HOST_READ(second->state) != HYP_STATE_BLOCKED)
		sched_yield();
	step = 0;
	fixture.guest = guest_wakes;
	HOST_WRITE(second->wake, 1); /* EL2 does, before it names it */
	expect_off();
	assert_int_equal(thread_join(&thread), 0);
	assert_int_equal(hyp->exit.wake, 0);
}

static uint64_t guest_crashes(struct hyp_vcpu *self)
{
	struct hyp_cpu *cpu = el2_cpu_block(host_cpu());

	(void)self;
	cpu->crash.valid = 1;
	cpu->crash.esr = 0x96000000;
	return HYP_EXIT_CRASH;
}

static void a_fault_at_el2_ends_the_vm_and_nothing_else(void **state)
{
	struct vmm_irq_line line = { .intid = 40 };

	(void)state;
	fixture.guest = guest_crashes;
	assert_int_equal(run(), 0);
	assert_int_equal(page->exit_reason, VMM_EXIT_ERROR);
	assert_non_null(strstr(fake_host_log(), "running vCPU 00 of vm"));
	assert_int_equal(run(), 0);
	assert_int_equal(page->exit_reason, VMM_EXIT_ERROR);
	assert_int_equal(fixture.entries, 1);
	assert_int_equal(vm_irq_line(vm, &line), 0); /* EL2 does not see the VM any more */
	assert_int_equal(fixture.irqs, 0);
	assert_int_equal(vm_reinit(vm, VMM_SUSPEND_NONE), -EIO);
}

static uint64_t serror_esr;

/* Takes an SError once, then powers off. */
static uint64_t guest_serror(struct hyp_vcpu *self)
{
	if (step++)
		return guest_off(self);
	self->exit.esr = serror_esr;
	return HYP_EXIT_SERROR;
}

static void start_serror(uint64_t iss)
{
	step = 0;
	serror_esr = (uint64_t)0x2f << ESR_EC_SHIFT | ESR_IL | iss;
	fixture.guest = guest_serror;
}

static uint64_t iss_aet(unsigned int aet)
{
	return ISS_SERROR_DFSC | (uint64_t)aet << 10;
}

static void a_guest_goes_on_after_an_error_that_the_hardware_has_contained(void **state)
{
	(void)state;
	start_serror(iss_aet(AET_CORRECTED));
	expect_off();
	start_serror(iss_aet(AET_RESTARTABLE));
	expect_off();
	assert_int_equal(fake_host_uncontained(), 0);
	assert_null(strstr(fake_host_log(), "SError"));
}

static void an_error_that_is_not_contained_ends_the_host(void **state)
{
	(void)state;
	start_serror(iss_aet(AET_UNCONTAINABLE));
	run();
	assert_int_equal(fake_host_uncontained(), serror_esr);
}

/* 1: unrecoverable, 3: recoverable by software; IDS, or another code: by nobody's rules */
static void any_other_serror_ends_the_vm_alone(void **state)
{
	const uint64_t iss[] = { iss_aet(1), iss_aet(3), ISS_SERROR_IDS | iss_aet(0), 0 };

	for (unsigned int i = 0; i < sizeof(iss) / sizeof(iss[0]); i++) {
		start_serror(iss[i]);
		assert_int_equal(run(), 0);
		assert_int_equal(page->exit_reason, VMM_EXIT_ERROR);
		assert_int_equal(fake_host_uncontained(), 0);
		assert_non_null(strstr(fake_host_log(), "SError"));
		assert_int_equal(teardown_vm(state), 0);
		assert_int_equal(setup_running(state), 0);
	}
}

static void a_guest_is_not_entered_on_a_cpu_that_is_not_ours(void **state)
{
	(void)state;
	fixture.guest = guest_off;
	fake_host_set_cpu(3);
	el2_cpu_offline();
	fake_host_set_signal(true);
	assert_int_equal(run(), -EINTR);
	fake_host_set_signal(false);
	assert_int_equal(fixture.entries, 0);
	fake_host_set_cpu(0);
	expect_off();
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup_running, teardown_vm)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(loads_are_extended_as_the_instruction_says),
		TEST(stores_give_the_registers_low_bytes),
		TEST(memory_is_mapped_and_the_guest_goes_on),
		TEST(writes_to_read_only_memory_go_to_user_space),
		TEST(accesses_to_read_only_memory_that_is_mapped_do_not_loop),
		TEST(trapped_memory_is_a_device_until_it_is_memory_again),
		TEST(what_is_neither_memory_nor_an_access_aborts_in_the_guest),
		TEST(user_space_may_answer_with_an_abort),
		TEST(pairs_are_two_accesses_and_write_back),
		TEST(vector_registers_are_moved_in_halves),
		TEST(atomics_read_compute_and_write),
		TEST(zeroing_covers_the_whole_block),
		TEST(the_stack_pointer_is_that_of_the_mode),
		TEST(what_cannot_be_decoded_aborts_in_the_guest),
		TEST(aarch32_has_multiple_transfers_of_its_mode),
		TEST(syndrome_of_aarch32_may_name_a_register_of_the_mode),
		TEST(an_instruction_that_is_not_mapped_any_more_aborts),
		TEST(decoded_accesses_to_the_vgic_are_done_at_el2),
		TEST(a_doorbell_does_not_reach_user_space),
		TEST(hypercalls_go_to_user_space_and_back),
		TEST(an_exit_that_its_owner_did_not_finish_is_repeated),
		TEST(wfi_sleeps_until_the_first_timer),
		TEST(wfi_sleeps_with_an_expired_timer_whose_interrupt_is_masked),
		TEST(wfi_does_not_wait_for_a_timer_at_the_end_of_time),
		TEST(wfi_does_not_sleep_when_there_is_something_to_do),
		TEST(a_signal_ends_the_run),
		TEST(host_interrupts_do_not_reach_user_space),
		TEST(a_guest_waits_at_el2_until_the_host_has_something_to_do),
		TEST(the_wait_grows_while_it_pays_and_is_none_for_an_idle_guest),
		TEST(time_without_a_cpu_is_stolen_from_the_guest),
		TEST(stolen_time_is_mapped_when_it_is_read_and_cannot_be_written),
		TEST(wfe_gives_the_cpu_to_a_vcpu_that_is_ready_to_run),
		TEST(wfe_gives_the_cpu_to_one_that_spins_every_other_time),
		TEST(wfe_goes_on_when_nobody_waits_for_the_cpu),
		TEST(a_vcpu_knows_its_thread_and_holds_no_other),
		TEST(a_second_thread_is_refused),
		TEST(who_sets_registers_does_not_keep_the_guest_from_running),
		TEST(a_run_waits_for_a_reset),
		TEST(registers_of_a_vcpu_that_nobody_runs_can_be_set),
		TEST(only_a_vcpu_in_the_guest_is_kicked),
		TEST(registers_are_read_while_the_guest_runs),
		TEST(a_powered_off_vcpu_waits_to_be_powered_on),
		TEST(suspend_and_destroy_reach_everybody),
		TEST(a_destroyed_vcpu_is_on_no_list_of_a_cpu),
		TEST(a_vcpu_that_el2_names_is_woken),
		TEST(a_fault_at_el2_ends_the_vm_and_nothing_else),
		TEST(a_guest_goes_on_after_an_error_that_the_hardware_has_contained),
		TEST(an_error_that_is_not_contained_ends_the_host),
		TEST(any_other_serror_ends_the_vm_alone),
		TEST(a_guest_is_not_entered_on_a_cpu_that_is_not_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
