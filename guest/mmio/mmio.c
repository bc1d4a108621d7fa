// SPDX-License-Identifier: BSD-2-Clause
/*
 * Loads and stores to devices, in all forms that the instruction set has. The PL031's match
 * register keeps 32 bits (DDI 0224, 3.2); the PL011's IBRD and FBRD are two neighbours (DDI
 * 0183, 3.3.5); GICD_TYPER and GICD_IIDR are two neighbours that EL2 itself answers.
 */
#include "property.h"

#define RTC	   UINT64_C(0x09010000)
#define RTCMR	   (RTC + 0x004)
#define RTCCR	   (RTC + 0x00c) /* reads 1 */
#define RTC_ID	   (RTC + 0xfe0)
#define VALUE	   UINT32_C(0x89abcdef)
#define VIRTIO	   UINT64_C(0x0a000000)
#define VIRTIO_ID  UINT32_C(0x74726976)
#define IBRD_VALUE 0x1234
#define FBRD_VALUE 0x2a

uint64_t load_b(uint64_t), load_h(uint64_t), load_w(uint64_t), load_x(uint64_t);
uint64_t load_sb_w(uint64_t), load_sb_x(uint64_t), load_sh_w(uint64_t), load_sh_x(uint64_t),
	load_sw(uint64_t);
uint64_t load_unscaled(uint64_t), load_acquire(uint64_t), load_unprivileged(uint64_t);
uint64_t load_exclusive(uint64_t), load_to_zero(uint64_t);
void store_b(uint64_t, uint64_t), store_h(uint64_t, uint64_t), store_w(uint64_t, uint64_t);
void store_x(uint64_t, uint64_t), store_zero(uint64_t), store_unscaled(uint64_t, uint64_t);
void store_release(uint64_t, uint64_t), store_pair(uint64_t, uint64_t, uint64_t);
void prefetch(uint64_t), clean_line(uint64_t), zero_block(uint64_t);
void load_post(uint64_t *, uint64_t), load_pre(uint64_t *, uint64_t),
	load_pre_down(uint64_t *, uint64_t);
void store_post(uint64_t *, uint64_t, uint64_t), store_pre(uint64_t *, uint64_t, uint64_t);
void load_pair(uint64_t *, uint64_t), load_pair_signed(uint64_t *, uint64_t);
void load_pair_post(uint64_t *, uint64_t), load_register_offset(uint64_t *, uint64_t);
void load_with_sp_el0(uint64_t *, uint64_t);
void load_fp_b(uint64_t *, uint64_t), load_fp_h(uint64_t *, uint64_t),
	load_fp_s(uint64_t *, uint64_t);
void load_fp_d(uint64_t *, uint64_t), load_fp_q(uint64_t *, uint64_t),
	load_fp_pair(uint64_t *, uint64_t);
void load_fp_post(uint64_t *, uint64_t);
void store_fp_s(uint64_t, uint64_t), store_fp_pair(uint64_t, uint64_t, uint64_t);
uint64_t add_exclusive(uint64_t, uint64_t);
uint64_t registers_survive(uint64_t, uint64_t);

static uint64_t result[4] __attribute__((aligned(16)));

static void match(uint32_t value)
{
	write32(RTCMR, value);
}

static uint32_t matched(void)
{
	return read32(RTCMR);
}

PROPERTY(device_register_keeps_a_word)
{
	match(VALUE);
	CHECK_EQUAL(matched(), VALUE);
	match(0);
	CHECK_EQUAL(matched(), 0);
}

PROPERTY(loads_of_each_size_are_zero_extended)
{
	match(VALUE);
	CHECK_EQUAL(load_b(RTCMR), 0xef);
	CHECK_EQUAL(load_h(RTCMR), 0xcdef);
	CHECK_EQUAL(load_w(RTCMR), VALUE);
}

PROPERTY(loads_of_each_size_are_sign_extended)
{
	match(VALUE);
	CHECK_EQUAL(load_sb_w(RTCMR), 0xffffffef);
	CHECK_EQUAL(load_sb_x(RTCMR), UINT64_C(0xffffffffffffffef));
	CHECK_EQUAL(load_sh_w(RTCMR), 0xffffcdef);
	CHECK_EQUAL(load_sh_x(RTCMR), UINT64_C(0xffffffffffffcdef));
	CHECK_EQUAL(load_sw(RTCMR), UINT64_C(0xffffffff89abcdef));
	match(0x7654321);
	CHECK_EQUAL(load_sb_x(RTCMR), 0x21);
	CHECK_EQUAL(load_sh_w(RTCMR), 0x4321);
	CHECK_EQUAL(load_sw(RTCMR), 0x7654321);
}

PROPERTY(doubleword_access_reaches_two_neighbouring_words)
{
	CHECK_EQUAL(load_x(RTC_ID), UINT64_C(0x0000001000000031));
	CHECK_EQUAL(load_x(GICR_TYPER(0)),
		    read32(GICR_TYPER(0)) | (uint64_t)read32(GICR_TYPER(0) + 4) << 32);
	match(VALUE);
	store_x(RTC, UINT64_C(0x0123456700000000)); /* RTCDR is read-only, RTCMR behind it is not */
	CHECK_EQUAL(matched(), 0x01234567);
}

PROPERTY(stores_of_each_size_arrive)
{
	match(0);
	store_b(PL011_IBRD, 0xffffff7f);
	CHECK_EQUAL(read32(PL011_IBRD), 0x7f);
	store_h(PL011_IBRD, 0xffff1234);
	CHECK_EQUAL(read32(PL011_IBRD), 0x1234);
	store_w(RTCMR, UINT64_C(0xffffffff76543210));
	CHECK_EQUAL(matched(), 0x76543210);
	store_x(GICD_IROUTER(100), UINT64_C(0x0000000100000002));
	CHECK_EQUAL(read64(GICD_IROUTER(100)), UINT64_C(0x0000000100000002));
	store_b(GICD + IPRIORITYR + 100, 0xfffffff8);
	CHECK_EQUAL(read32(GICD + IPRIORITYR + 100), 0xa0a0a0f8);
}

PROPERTY(load_to_the_zero_register_changes_nothing)
{
	CHECK_EQUAL(load_to_zero(RTCCR), UINT64_MAX);
	CHECK_EQUAL(load_to_zero(GICD_TYPER), UINT64_MAX);
}

PROPERTY(store_of_the_zero_register_writes_zero)
{
	match(VALUE);
	store_zero(RTCMR);
	CHECK_EQUAL(matched(), 0);
}

PROPERTY(unscaled_ordered_and_unprivileged_loads_work)
{
	match(VALUE);
	CHECK_EQUAL(load_unscaled(RTCMR), VALUE);
	CHECK_EQUAL(load_acquire(RTCMR), VALUE);
	/* LDTR is as from EL0: by the alias that EL0 may use */
	CHECK_EQUAL(load_unprivileged(RTCMR + ALIAS_USER), VALUE);
	store_unscaled(RTCMR, 1);
	CHECK_EQUAL(matched(), 1);
	store_release(RTCMR, 2);
	CHECK_EQUAL(matched(), 2);
}

PROPERTY(register_offset_is_extended_and_shifted)
{
	match(VALUE);
	load_register_offset(result, RTCMR + 4);
	CHECK_EQUAL(result[0], VALUE);
	CHECK_EQUAL(result[1], read32(RTCCR));
}

PROPERTY(post_indexed_load_moves_the_base_behind)
{
	match(VALUE);
	load_post(result, RTCMR);
	CHECK_EQUAL(result[0], VALUE);
	CHECK_EQUAL(result[1], RTCMR + 4);
}

PROPERTY(pre_indexed_load_moves_the_base_before)
{
	match(VALUE);
	load_pre(result, RTCMR - 4);
	CHECK_EQUAL(result[0], VALUE);
	CHECK_EQUAL(result[1], RTCMR);
	load_pre_down(result, RTCMR + 4);
	CHECK_EQUAL(result[0], UINT64_C(0xffffffffffffffef));
	CHECK_EQUAL(result[1], RTCMR);
}

PROPERTY(indexed_stores_write_and_move_the_base)
{
	store_post(result, RTCMR, VALUE);
	CHECK_EQUAL(matched(), VALUE);
	CHECK_EQUAL(result[1], RTCMR - 8);
	store_pre(result, PL011_IBRD - 4, 0xffff0042);
	CHECK_EQUAL(read32(PL011_IBRD), 0x42);
	CHECK_EQUAL(result[1], PL011_IBRD);
}

PROPERTY(base_may_be_the_stack_pointer)
{
	load_with_sp_el0(result, RTC_ID);
	CHECK_EQUAL(result[0], 0x31);
	CHECK_EQUAL(result[1], RTC_ID + 16);
}

PROPERTY(load_pair_reads_both_words)
{
	write32(PL011_IBRD, IBRD_VALUE);
	write32(PL011_FBRD, FBRD_VALUE);
	load_pair(result, PL011_IBRD);
	CHECK_EQUAL(result[0], IBRD_VALUE);
	CHECK_EQUAL(result[1], FBRD_VALUE);
	load_pair_post(result, PL011_IBRD);
	CHECK_EQUAL(result[0], IBRD_VALUE);
	CHECK_EQUAL(result[1], FBRD_VALUE);
	CHECK_EQUAL(result[2], PL011_IBRD + 8);
}

PROPERTY(load_pair_signed_extends_both_words)
{
	match(VALUE);
	load_pair_signed(result, RTCMR - 4);
	CHECK_EQUAL(result[1], UINT64_C(0xffffffff89abcdef));
	CHECK_EQUAL(result[0], (uint64_t)(int64_t)(int32_t)result[0]);
}

PROPERTY(store_pair_writes_both_words)
{
	store_pair(PL011_IBRD, 0x4321, 0x15);
	CHECK_EQUAL(read32(PL011_IBRD), 0x4321);
	CHECK_EQUAL(read32(PL011_FBRD), 0x15);
}

PROPERTY(pairs_work_on_the_gic)
{
	load_pair(result, GICD_TYPER);
	CHECK_EQUAL(result[0], read32(GICD_TYPER));
	CHECK_EQUAL(result[1], read32(GICD_IIDR));
	store_pair(GICD + IPRIORITYR + 100, 0x10203040, 0x50607080);
	CHECK_EQUAL(read32(GICD + IPRIORITYR + 100), 0x10203040);
	CHECK_EQUAL(read32(GICD + IPRIORITYR + 104), 0x50607080);
}

PROPERTY(simd_loads_clear_the_rest_of_the_register)
{
	match(VALUE);
	load_fp_s(result, RTCMR);
	CHECK_EQUAL(result[0], VALUE);
	CHECK_EQUAL(result[1], 0);
	load_fp_b(result, RTCMR);
	CHECK_EQUAL(result[0], 0xef);
	CHECK_EQUAL(result[1], 0);
	load_fp_h(result, RTCMR);
	CHECK_EQUAL(result[0], 0xcdef);
	load_fp_post(result, RTCMR);
	CHECK_EQUAL(result[0], VALUE);
	CHECK_EQUAL(result[2], UINT64_MAX);
}

PROPERTY(simd_loads_of_pairs_and_wide_registers_work)
{
	write32(PL011_IBRD, IBRD_VALUE);
	write32(PL011_FBRD, FBRD_VALUE);
	load_fp_pair(result, PL011_IBRD);
	CHECK_EQUAL(result[0], IBRD_VALUE);
	CHECK_EQUAL(result[1], 0);
	CHECK_EQUAL(result[2], FBRD_VALUE);
	CHECK_EQUAL(result[3], 0);
	load_fp_d(result, GICR_TYPER(0));
	CHECK_EQUAL(result[0], read64(GICR_TYPER(0)));
	CHECK_EQUAL(result[1], 0);
}

PROPERTY(simd_stores_arrive)
{
	store_fp_s(RTCMR, 0x12345678);
	CHECK_EQUAL(matched(), 0x12345678);
	store_fp_pair(PL011_IBRD, 0x1111, 0x22);
	CHECK_EQUAL(read32(PL011_IBRD), 0x1111);
	CHECK_EQUAL(read32(PL011_FBRD), 0x22);
}

PROPERTY(prefetch_and_cache_maintenance_of_a_device_do_nothing)
{
	struct fault fault;

	match(VALUE);
	fault = FAULT_OF(prefetch(RTCMR));
	CHECK(!fault.taken);
	fault = FAULT_OF(clean_line(RTCMR + ALIAS_NORMAL));
	CHECK(!fault.taken);
	CHECK_EQUAL(matched(), VALUE);
}

/* DC ZVA to Device memory is an alignment fault (Arm ARM B2.7.2); QEMU does the writes, or reports
 * the device's abort. */
PROPERTY(zeroing_a_block_of_a_device_is_done_or_refused)
{
	struct fault fault;

	match(VALUE);
	fault = FAULT_OF(zero_block(RTC));
	if (fault.taken)
		CHECK(ESR_FSC(fault.esr) == FSC_ALIGNMENT || ESR_FSC(fault.esr) == FSC_EXTERNAL);
	else
		CHECK_EQUAL(matched(), 0);
	match(VALUE);
	CHECK_EQUAL(matched(), VALUE);
}

/* Whether a device takes part in exclusives is IMPLEMENTATION DEFINED (Arm ARM B2.9): they end, or
 * are refused. */
PROPERTY(exclusives_to_a_device_end_or_are_refused)
{
	uint64_t left = 0;
	struct fault fault;

	match(100);
	fault = FAULT_OF(left = add_exclusive(RTCMR, 11));
	if (fault.taken) {
		CHECK(ESR_FSC(fault.esr) == FSC_UNSUPPORTED_ATOMIC ||
		      ESR_FSC(fault.esr) == FSC_EXTERNAL);
		return;
	}
	if (left)
		CHECK_EQUAL(matched(), 111);
	else
		CHECK_EQUAL(matched(), 100);
}

PROPERTY(exclusives_to_the_gic_end_or_are_refused)
{
	uint64_t left = 0;
	struct fault fault = FAULT_OF(left = add_exclusive(GICD + IPRIORITYR + 100, 8));

	if (fault.taken)
		CHECK(ESR_FSC(fault.esr) == FSC_UNSUPPORTED_ATOMIC ||
		      ESR_FSC(fault.esr) == FSC_EXTERNAL);
	else if (left)
		CHECK_EQUAL(read32(GICD + IPRIORITYR + 100), 0xa0a0a0a8);
}

PROPERTY(other_registers_and_flags_survive_an_access)
{
	for (uint64_t flags = 0; flags < 16; flags++) {
		CHECK(registers_survive(RTCMR, flags << 28));
		CHECK(registers_survive(GICD + IPRIORITYR + 100, flags << 28));
	}
}

static void load_at_el0(void *argument)
{
	uint64_t *out = argument;
	uint64_t base = RTCMR + ALIAS_USER;

	asm volatile("ldr %w0, [%1]" : "=r"(out[0]) : "r"(base) : "memory");
	asm volatile("ldr %w0, [%1], #4" : "=r"(out[1]), "+r"(base)::"memory");
	out[2] = base;
}

PROPERTY(el0_accesses_a_device_that_it_may)
{
	struct fault fault;

	match(VALUE);
	fault = el0_call(load_at_el0, result);
	CHECK(!fault.taken);
	CHECK_EQUAL((uint32_t)result[0], VALUE);
	CHECK_EQUAL((uint32_t)result[1], VALUE);
	CHECK_EQUAL(result[2], RTCMR + ALIAS_USER + 4);
}

PROPERTY(device_is_the_same_through_normal_memory_attributes)
{
	match(VALUE);
	CHECK_EQUAL(load_w(RTCMR + ALIAS_NORMAL), VALUE);
	load_post(result, RTCMR + ALIAS_NORMAL);
	CHECK_EQUAL(result[0], VALUE);
}

PROPERTY(device_is_the_same_with_the_mmu_off)
{
	uint64_t value;

	match(VALUE);
	mmu_disable();
	value = load_w(RTCMR);
	load_post(result, RTCMR);
	mmu_enable();
	CHECK_EQUAL(value, VALUE);
}

PROPERTY(peripherals_are_identified)
{
	CHECK_EQUAL(read32(PL011_PERIPHID0), 0x11);
	CHECK_EQUAL(read32(PL011_PERIPHID0 + 4), 0x10);
	CHECK_EQUAL(read32(PL011_PCELLID0), 0x0d);
	CHECK_EQUAL(read32(PL011_PCELLID0 + 12), 0xb1);
	CHECK_EQUAL(read32(RTC_ID), 0x31);
	CHECK_EQUAL(read32(RTC_ID + 4), 0x10);
	CHECK_EQUAL(read32(RTC_ID + 8), 0x14);
	CHECK_EQUAL(read32(RTC + 0xff0), 0x0d);
	CHECK_EQUAL(read32(RTC + 0xffc), 0xb1);
}

/* virtio 1.2, 4.2.2: a placeholder has a magic number and DeviceID 0. */
PROPERTY(empty_virtio_slots_say_that_nothing_is_there)
{
	for (unsigned int slot = 0; slot < 32; slot++)
		CHECK_EQUAL(read32(VIRTIO + 0x200 * slot), VIRTIO_ID);
	CHECK_EQUAL(read32(VIRTIO + 0x200 * 31 + 8), 0);
	write32(VIRTIO + 0x200 * 31 + 0x70, 1);
	CHECK_EQUAL(read32(VIRTIO + 0x200 * 31 + 0x70), 0);
}

static volatile unsigned int wrong;

static void hammer(void *argument)
{
	(void)argument;
	for (unsigned int i = 0; i < 2000; i++) {
		uint64_t at = GICD + IPRIORITYR + 128 + 4 * cpu_self();

		write32(at, 0x08080808 * (i % 31));
		if (read32(at) != 0x08080808 * (i % 31) || read32(RTC_ID) != 0x31)
			wrong = wrong + 1;
	}
}

PROPERTY_CPUS(accesses_of_several_cpus_do_not_mix, 2)
{
	wrong = 0;
	CHECK(cpu_start_others(hammer, NULL));
	hammer(NULL);
	CHECK(cpu_join_others());
	CHECK_EQUAL(wrong, 0);
}
