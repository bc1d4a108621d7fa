// SPDX-License-Identifier: BSD-2-Clause
/* Who is at EL2 of the fake host: see fake_el2.h. */
#include "fake_el2.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define KVM_UNKNOWN_CALL UINT64_MAX

struct fake_el2 fake_el2;
struct fake_image fake_image;
struct el2_machine fake_machine;

static const pa_t gicr[FAKE_CPUS] = { { 0x80a0000 }, { 0x80c0000 }, { 0x80e0000 }, { 0x8100000 } };
static const uint64_t mpidr[FAKE_CPUS] = { 0, 1, 0x100, 0x101 };

/* As hyp_cpu_init() in vmm/hyp/main.c. */
static void describe(struct hyp_cpu *block, unsigned int cpu)
{
	fake_el2.rule[cpu] = block->rule;
	memcpy(fake_el2.firmware[cpu], block->firmware, sizeof(block->firmware));
	block->ich_vtr = fake_el2.ich_vtr[cpu];
	block->ctr = fake_el2.ctr[cpu];
	block->dczid = fake_el2.dczid[cpu];
	block->lacks_features = fake_el2.lacks_features[cpu];
}

static uint64_t stub_call(unsigned int cpu, uint64_t function, uint64_t a1, uint64_t a2)
{
	if (function != HYP_STUB_SOFT_RESTART)
		return HYP_STUB_UNKNOWN;
	/* It begins with MMU and caches off. */
	assert_true(fake_host_is_clean(host_va(pa_from(a2)), HYP_CPU_BLOCK_SIZE));
	assert_true(fake_host_is_executable(host_va(pa_from(a1)), 4));
	fake_el2.entered++;
	fake_el2.entry = a1;
	fake_el2.block = a2;
	fake_el2.owner[cpu] = fake_el2.break_on_entry ? FAKE_BROKEN : FAKE_OURS;
	describe(host_va(pa_from(a2)), cpu);
	return 0;
}

static uint64_t our_call(unsigned int cpu, uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3)
{
	fake_el2.last_cpu = cpu;
	switch (function) {
	case HYP_CALL_VERSION:
		return (uint32_t)HYP_MAGIC;
	case HYP_CALL_FINI:
		fake_el2.left++;
		fake_el2.owner[cpu] = FAKE_STUB;
		return 0;
	case HYP_CALL_TLBI_IPA:
		fake_el2.tlbi_ipa++;
		fake_el2.vttbr = a1;
		fake_el2.ipa = a2;
		fake_el2.size = a3;
		return 0;
	case HYP_CALL_TLBI_ALL:
		fake_el2.tlbi_all++;
		if (fake_el2.on_tlbi_all)
			fake_el2.on_tlbi_all();
		return 0;
	case HYP_CALL_TLBI_EL2:
		fake_el2.tlbi_el2++;
		return 0;
	default:
		fail_msg("call %llx is not expected", (unsigned long long)function);
		return 0;
	}
}

static uint64_t answer(unsigned int cpu, uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3,
		       uint64_t a4)
{
	(void)a4;
	if (el2_is_hosts && function == HYP_CALL_INIT) {
		fake_el2.owner[cpu] = FAKE_OURS;
		describe(el2_cpu_block(cpu), cpu);
		return 0;
	}
	if (fake_el2.owner[cpu] == FAKE_OURS)
		return our_call(cpu, function, a1, a2, a3);
	if (fake_el2.owner[cpu] == FAKE_BROKEN)
		return 0;
	if (function > HYP_CALL_VERSION)
		fail_msg("call %llx on a CPU that is not ours", (unsigned long long)function);
	return fake_el2.owner[cpu] == FAKE_KVM ? KVM_UNKNOWN_CALL
					       : stub_call(cpu, function, a1, a2);
}

static const uint64_t gicr_host[FAKE_CPUS] = { 0xffff0000, 0xffff2000, 0xffff4000, 0xffff6000 };

void fake_el2_reset(void)
{
	fake_host_reset();
	fake_host_set_hvc(answer);
	memset(&fake_el2, 0, sizeof(fake_el2));
	for (unsigned int cpu = 0; cpu < FAKE_CPUS; cpu++) {
		fake_el2.ich_vtr[cpu] = 0x90b80003;
		fake_el2.ctr[cpu] = 0x84448004;
		fake_el2.dczid[cpu] = 4;
	}
	memset(&fake_image, 0x5a, sizeof(fake_image));
	fake_image.header = (struct hyp_image){
		.magic = HYP_MAGIC,
		.entry = 0x40,
		.rodata = 0x2000,
		.data = 0x3000,
		.end = 0x5000,
		.config = 0x3010,
	};
	fake_machine = (struct el2_machine){
		.image = &fake_image,
		.image_size = sizeof(fake_image),
		.config = { 8, 27, 26, 25 },
		.id_aa64mmfr0 = 0x1122, /* Cortex-A53 */
		.id_aa64pfr0 = 0x1002222,
		.page_size = 4096,
		.memory_end = UINT64_C(1) << 40,
		.id_aa64mmfr1 = 0,
		.gicr = gicr,
		.gicr_host = gicr_host,
		.mpidr = mpidr,
	};
}

void fake_el2_start(void)
{
	assert_int_equal(el2_start(&fake_machine), 0);
	for (unsigned int cpu = 0; cpu < host_cpu_limit(); cpu++) {
		fake_host_set_cpu(cpu);
		assert_int_equal(el2_cpu_online(), 0);
	}
	fake_host_set_cpu(0);
}

void fake_el2_stop(void)
{
	for (unsigned int cpu = 0; cpu < host_cpu_limit(); cpu++) {
		fake_host_set_cpu(cpu);
		el2_cpu_offline();
	}
	fake_host_set_cpu(0);
	el2_stop();
}
