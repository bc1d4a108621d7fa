/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtual machine "vm" on the fake host, with 64 MiB at 1 GiB and two vCPUs, whose guest is a
 * function of the test. Included by one test program each: everything is static.
 */
#ifndef VM_FIXTURE_H
#define VM_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "arm64.h"
#include "fake_el2.h"
#include "fake_host_vm.h"
#include "vcpu.h"

#define RAM	 UINT64_C(0x40000000)
#define RAM_SIZE (UINT64_C(64) << 20)
#define DEVICE	 UINT64_C(0x0a000000)

/* The guest: what it does when it is entered, and why it exits (enum hyp_exit). */
typedef uint64_t guest_fn(struct hyp_vcpu *hyp);

static struct {
	guest_fn *guest;
	unsigned int entries, kicks, irqs, vgic_accesses;
	uint64_t irq_intid, irq_level, irq_vcpu; /* of the last HYP_CALL_IRQ */
	uint64_t irq_wake;			 /* its result */
	uint64_t kick_result;
	uint64_t vgic_ipa, vgic_how, vgic_value; /* of the last HYP_CALL_VGIC_MMIO */
} fixture;

static struct vm *vm;
static const void *const me = &vm;

static inline uint64_t enter_guest(struct hyp_vcpu *hyp)
{
	uint64_t why;

	__atomic_add_fetch(&fixture.entries, 1, __ATOMIC_SEQ_CST);
	HOST_WRITE(hyp->state, HYP_STATE_GUEST);
	host_mb();
	why = HOST_READ(hyp->request) ? HYP_EXIT_REQUEST : fixture.guest(hyp);
	HOST_WRITE(hyp->state, HYP_STATE_OUTSIDE);
	return why;
}

static uint64_t vgic_mmio(uint64_t ipa, uint64_t how, uint64_t value)
{
	fixture.vgic_accesses++;
	fixture.vgic_ipa = ipa;
	fixture.vgic_how = how;
	fixture.vgic_value = value;
	return 0x1234;
}

static uint64_t hvc(unsigned int cpu, uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3,
		    uint64_t a4)
{
	(void)cpu;
	switch (function) {
	case HYP_CALL_RUN:
		return enter_guest(host_va(pa_from(a1)));
	case HYP_CALL_KICK:
		__atomic_add_fetch(&fixture.kicks, 1, __ATOMIC_SEQ_CST);
		return fixture.kick_result;
	case HYP_CALL_IRQ:
		fixture.irqs++;
		fixture.irq_intid = a2;
		fixture.irq_level = a3;
		fixture.irq_vcpu = a4;
		return fixture.irq_wake;
	case HYP_CALL_VGIC_MMIO:
		return vgic_mmio(a2, a3, a4);
	default:
		return 0; /* TLB maintenance */
	}
}

static int add_ram(uint64_t ipa, uint64_t size, uint32_t flags)
{
	struct vmm_memseg segment = { .ipa = ipa, .size = size, .flags = flags };

	return vm_set_memseg(vm, &segment);
}

static inline int power_on(struct vcpu *vcpu, uint64_t entry, uint64_t context)
{
	const struct vmm_vcpu_on on = { .vcpu = vcpu->index, .entry = entry, .context = context };

	return vcpu_power_on(vcpu, &on);
}

static int setup(void **state)
{
	(void)state;
	fake_el2_reset();
	fake_host_vm_reset();
	fake_el2_start();
	memset(&fixture, 0, sizeof(fixture));
	fake_host_set_hvc(hvc);
	return 0;
}

static int setup_vm(void **state)
{
	setup(state);
	assert_int_equal(vm_create("vm", &vm), 0);
	assert_int_equal(add_ram(RAM, RAM_SIZE, 0), 0);
	assert_int_equal(vm_create_vcpu(vm, 0), 0);
	assert_int_equal(vm_create_vcpu(vm, 1), 0);
	return 0;
}

/* Nothing may be left: neither the host's memory nor the guest's. */
static int teardown(void **state)
{
	(void)state;
	fake_el2_stop();
	return fake_host_allocations() || fake_host_vm_pages_out() ? -1 : 0;
}

static inline int teardown_vm(void **state)
{
	vm_destroy(vm);
	return teardown(state);
}

#endif
