/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of the EL2 image offer each other. A function is in the file that its prefix
 * names.
 *
 * A trap handler returns 0 to go on with the guest, or an enum hyp_exit to return to the host.
 * While a vCPU runs, its EL1 system registers, PC (ELR_EL2), PSTATE (SPSR_EL2), timers and list
 * registers are in the CPU ("resident"); x0 to x30 are in struct hyp_vcpu during a trap.
 *
 * Locks (lock.c): hyp_vm.vgic_lock before hyp_vcpu.vgic_lock; at most one of the latter at a time;
 * no lock is held while another CPU is waited for. Interrupts are always masked at EL2.
 */
#ifndef HYP_H
#define HYP_H

#include "arch/arch.h"
#include "vmm_stats.h"

extern struct hyp_config hyp_config;

static inline struct hyp_vm *vcpu_vm(const struct hyp_vcpu *vcpu)
{
	return (struct hyp_vm *)(uintptr_t)vcpu->vm;
}

static inline struct hyp_vcpu *vm_vcpu(const struct hyp_vm *vm, unsigned int index)
{
	return (struct hyp_vcpu *)(uintptr_t)vm->vcpu[index];
}

static inline struct hyp_cpu *vcpu_cpu(const struct hyp_vcpu *vcpu)
{
	return (struct hyp_cpu *)(uintptr_t)vcpu->cpu;
}

static inline void vcpu_count(struct hyp_vcpu *vcpu, enum vmm_stat stat)
{
	vcpu->stats[stat]++;
}

/* Is its EL1 in AArch32? */
static inline bool vcpu_is_aarch32(const struct hyp_vcpu *vcpu)
{
	return !(vcpu->hcr & HCR_RW);
}

/* Register Xn as an operand: 31 is XZR. */
static inline uint64_t vcpu_get_x(const struct hyp_vcpu *vcpu, unsigned int n)
{
	return n == 31 ? 0 : vcpu->x[n];
}

static inline void vcpu_set_x(struct hyp_vcpu *vcpu, unsigned int n, uint64_t value)
{
	if (n != 31)
		vcpu->x[n] = value;
}

/* Past the trapped instruction (always 4 bytes in AArch64). */
static inline void trap_skip(void)
{
	write_sysreg(elr_el2, read_sysreg(elr_el2) + 4);
	write_sysreg(spsr_el2, read_sysreg(spsr_el2) & ~PSR_SS);
}

/* entry.S; the vectors while a guest runs: as they are, or with a call of firmware */
extern const char guest_vectors[], guest_vectors_hardened[];
uint64_t guest_enter(struct hyp_vcpu *vcpu);
void hyp_unwind(uint64_t sp, uint64_t result) __attribute__((noreturn));
void fp_save(struct hyp_fp *fp);
void fp_restore(const struct hyp_fp *fp);

/* lock.c: "mine" is arch_lock_mine() */
void lock_wait(uint64_t *lock, uint32_t mine);

/* run.c */
uint64_t hyp_run(struct hyp_vcpu *vcpu);
uint64_t run_prepare(struct hyp_vcpu *vcpu);
void run_host_again(struct hyp_cpu *cpu);

/* inject.c: exceptions into the resident vCPU (Arm ARM D1.10) */
void inject_undefined(struct hyp_vcpu *vcpu);
void inject_pending(struct hyp_vcpu *vcpu);

/* inject32.c: the same, into EL1 in AArch32; LR of the mode is in struct hyp_vcpu */
void inject32_undefined(struct hyp_vcpu *vcpu);
void inject32_data_abort(struct hyp_vcpu *vcpu);
void inject32_prefetch_abort(struct hyp_vcpu *vcpu);

/* aarch32.c */
bool aarch32_condition_holds(uint64_t esr, uint64_t pstate);
void aarch32_skip(uint64_t esr);
uint64_t aarch32_pstate(uint64_t pstate);
void aarch32_load(const struct hyp_vcpu *vcpu);
void aarch32_save(struct hyp_vcpu *vcpu);

/* sysreg.c, coproc.c, id.c, smccc.c, abort.c: one exception class each, or those of AArch32 */
uint64_t sysreg_trap(struct hyp_vcpu *vcpu, uint64_t esr);
bool sysreg_access(struct hyp_vcpu *vcpu, uint32_t encoding, bool read, uint64_t *value);
uint64_t coproc_trap(struct hyp_vcpu *vcpu, uint64_t esr);
bool id_init(enum hyp_cpu_rule rule);
uint64_t id_register(uint32_t encoding);
bool id_has_pan(void);
bool id_has_aarch32_el0(void);
uint64_t smccc_call(struct hyp_vcpu *vcpu);
uint64_t smccc_call32(struct hyp_vcpu *vcpu);
uint64_t abort_trap(struct hyp_vcpu *vcpu, uint64_t esr);
uint64_t abort_trap32(struct hyp_vcpu *vcpu, uint64_t esr);

/* errata.c */
void errata_init(struct hyp_cpu *cpu);

/* speculation.c */
void speculation_init(struct hyp_cpu *cpu);
void speculation_enter(const struct hyp_cpu *cpu);
int32_t speculation_offers(enum hyp_workaround which);

/* extension.c */
void extension_init(struct hyp_cpu *cpu);
void extension_enter_any(struct hyp_cpu *cpu);
void extension_leave_any(struct hyp_cpu *cpu);

static inline void extension_enter(struct hyp_cpu *cpu)
{
	if (cpu->extensions)
		extension_enter_any(cpu);
}

static inline void extension_leave(struct hyp_cpu *cpu)
{
	if (cpu->extensions)
		extension_leave_any(cpu);
}

/* icc.c: registers of the CPU interface while they are trapped; false when there is no such one.
 * icc_dir_trap is the bit of ICH_HCR_EL2 that traps writes of ICC_DIR_EL1. */
uint64_t icc_dir_trap(uint64_t vtr);
bool icc_read(uint32_t encoding, uint64_t *value);
bool icc_write(uint32_t encoding, uint64_t value);

/* debug.c: trapped debug registers; false when there is no such register */
bool debug_access(struct hyp_vcpu *vcpu, uint32_t encoding, bool read, uint64_t *value);
void debug_load(struct hyp_vcpu *vcpu);
void debug_leave(struct hyp_cpu *cpu);

/*
 * pmu.c. pmu_init: once per CPU; false: it lacks something that is offered. pmu_id: the vCPU's
 * field of ID_AA64DFR0_EL1. pmu_trap: whether the access is to be tried again, because the guest
 * has its monitors in the CPU now. pmu_fired: whether the interrupt was the guest's. pmu_abandon:
 * the host's again, the guest's are lost.
 */
bool pmu_init(struct hyp_cpu *cpu, enum hyp_cpu_rule rule);
uint64_t pmu_id(const struct hyp_vcpu *vcpu);
bool pmu_trap(struct hyp_vcpu *vcpu, uint32_t encoding);
bool pmu_line(const struct hyp_cpu *cpu);
bool pmu_fired(struct hyp_vcpu *vcpu);
void pmu_refresh(struct hyp_vcpu *vcpu);
void pmu_enter_any(struct hyp_vcpu *vcpu);
void pmu_leave_any(struct hyp_vcpu *vcpu);
void pmu_abandon(struct hyp_cpu *cpu);

static inline void pmu_enter(struct hyp_vcpu *vcpu)
{
	if ((vcpu->pmu & HYP_PMU_ACTIVE) || (vcpu->bank.line & (1u << VM_PPI_PMU)))
		pmu_enter_any(vcpu);
}

static inline void pmu_leave(struct hyp_vcpu *vcpu, const struct hyp_cpu *cpu)
{
	if (cpu->pmu_loaded)
		pmu_leave_any(vcpu);
}

/* spin.c */
void spin_enter(struct hyp_vcpu *vcpu);
bool spin_look(struct hyp_vcpu *vcpu);

/* timer.c */
void timer_take_host(struct hyp_cpu *cpu); /* of a host at EL2 */
void timer_enter(struct hyp_vcpu *vcpu);
void timer_leave(struct hyp_vcpu *vcpu);
uint64_t timer_read(struct hyp_vcpu *vcpu, uint32_t encoding);
void timer_write(struct hyp_vcpu *vcpu, uint32_t encoding, uint64_t value);
void timer_virtual_fired(struct hyp_vcpu *vcpu);
uint64_t timer_el2_fired(struct hyp_vcpu *vcpu);
void timer_give_back(const struct hyp_cpu *cpu);
bool timer_virtual_line(void);
bool timer_wait(const struct hyp_vcpu *vcpu, uint32_t ticks);

/* kick.c: interrupting a vCPU on another CPU */
bool kick_vcpu(struct hyp_vcpu *vcpu);
bool kick_locked(struct hyp_vcpu *vcpu);
bool kick_sleeper(struct hyp_vcpu *vcpu);
uint32_t kick_received(struct hyp_vcpu *vcpu);
void kick_drain(struct hyp_vcpu *vcpu);

/* vgic.c: lines, SGIs, and what register writes change. Masks of vCPUs that the host must wake are
 * returned. */
void vgic_work(struct hyp_vcpu *vcpu, uint32_t work);
void vgic_set_line(struct hyp_vcpu *vcpu, unsigned int intid, bool level);
uint32_t vgic_inject(struct hyp_vm *vm, unsigned int intid, bool level, unsigned int vcpu);
uint32_t vgic_send_sgi(struct hyp_vcpu *sender, uint64_t sgi1r, bool group1);
uint32_t vgic_bank_changed(struct hyp_vm *vm, unsigned int bank);
uint32_t vgic_private_changed(struct hyp_vcpu *vcpu);
uint32_t vgic_all_changed(struct hyp_vm *vm);

/* vgic_enter.c: the virtual CPU interface on entry, on leaving and on WFI */
void vgic_enter(struct hyp_vcpu *vcpu);
void vgic_leave(struct hyp_vcpu *vcpu);
void vgic_abandon(struct hyp_vcpu *vcpu);
void vgic_unlock_mine(struct hyp_vm *vm);
bool vgic_wfi_blocks(struct hyp_vcpu *vcpu);

/* vgic_lr.c: pending interrupts into list registers, and back */
void vgic_flush(struct hyp_vcpu *vcpu);
void vgic_fold_used(struct hyp_vcpu *vcpu);
void vgic_deactivate(struct hyp_vcpu *vcpu, uint32_t intid);

/* Reads the resident vCPU's list registers back, so that the banks are right; they are loaded again
 * by vgic_flush(). */
static inline void vgic_fold_self(struct hyp_vcpu *vcpu)
{
	if (vcpu->lr_used)
		vgic_fold_used(vcpu);
}

/* vgic_sync.c: state that list registers of other CPUs hold */
bool vgic_is_resident(const struct hyp_vcpu *vcpu);
void vgic_sync(struct hyp_vcpu *vcpu, uint32_t mask);
uint32_t vgic_withdraw(struct hyp_vm *vm, uint32_t mask);
void vgic_sync_requested(struct hyp_vcpu *vcpu);
uint32_t vgic_holders(const struct hyp_vm *vm, unsigned int bank, uint32_t bits);
uint32_t vgic_lr_latched(const struct hyp_vcpu *vcpu, unsigned int first);
void vgic_lr_drop_pending(struct hyp_vcpu *vcpu, unsigned int first, uint32_t bits);
void vgic_lr_overrule_active(struct hyp_vcpu *vcpu, unsigned int first, uint32_t bits);
void vgic_set_active(struct vgic_bank *bank, uint32_t bits);
void vgic_spis_set_active(struct hyp_vm *vm, unsigned int bank, uint32_t bits);

/* vgic_mmio.c: the registers. Returns the mask of vCPUs that the host must wake. */
bool vgic_mmio_is(const struct hyp_vm *vm, uint64_t ipa);
uint32_t vgic_mmio_read(struct hyp_vcpu *vcpu, uint64_t ipa, unsigned int size, uint64_t *value);
uint32_t vgic_mmio_write(struct hyp_vcpu *vcpu, uint64_t ipa, unsigned int size, uint64_t value);

#endif
