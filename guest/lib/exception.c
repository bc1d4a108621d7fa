// SPDX-License-Identifier: BSD-2-Clause
/* What the vectors call: expected faults, interrupts, and the end of EL0 code. */
#include "exception.h"
#include "property.h"

#define PSR_EL1H_MASKED	 0x3c5
#define KIND(vector)	 ((vector) % 4)
#define KIND_SYNC	 0
#define KIND_IRQ	 1
#define KIND_FIQ	 2
#define FROM_EL0(vector) ((vector) >= 8)

static struct {
	bool expecting, in_el0;
	struct fault fault;
	struct irq_log log;
	void (*handler)(uint32_t intid);
} __attribute__((aligned(64))) cpus[MAX_CPUS];

static void (*fiq_handler)(void);

void el0_enter(uint64_t entry, uint64_t argument, uint64_t stack, uint64_t end);
extern const char el0_end[], el0_return[];

static uint8_t el0_stack[MAX_CPUS][8192] __attribute__((aligned(16)));

void fault_expect(void)
{
	cpus[cpu_self()].fault.taken = false;
	cpus[cpu_self()].expecting = true;
	asm volatile("" ::: "memory");
}

struct fault fault_end(void)
{
	asm volatile("" ::: "memory");
	cpus[cpu_self()].expecting = false;
	return cpus[cpu_self()].fault;
}

void call_address(uint64_t address)
{
	((void (*)(void))address)();
}

static uint64_t pstate(void)
{
	return read_sysreg(daif) | read_sysreg(currentel) | read_sysreg(spsel);
}

static void record(const struct frame *frame, unsigned int vector)
{
	struct fault *fault = &cpus[cpu_self()].fault;

	if (fault->taken)
		return;
	fault->vector = vector * 0x80;
	fault->esr = frame->esr;
	fault->elr = frame->elr;
	fault->far = frame->far;
	fault->spsr = frame->spsr;
	fault->pstate = pstate();
	fault->taken = true;
}

extern const char _start[];

/* The fetch failed, or what was fetched is no code of this image. */
static bool went_astray(const struct frame *frame)
{
	return ESR_EC(frame->esr) == EC_IABT_SAME || ESR_EC(frame->esr) == EC_PC_ALIGN ||
	       frame->elr < (uint64_t)_start || frame->elr >= (uint64_t)bss_end;
}

static _Noreturn void unexpected(const struct frame *frame, unsigned int vector)
{
	print("\n# CPU %u: unexpected exception: vector 0x%x, ESR 0x%lx, ELR 0x%lx, FAR 0x%lx, "
	      "SPSR 0x%lx\n",
	      cpu_self(), vector * 0x80, frame->esr, frame->elr, frame->far, frame->spsr);
	property_abandon("unexpected exception");
}

static void synchronous(struct frame *frame, unsigned int vector)
{
	unsigned int cpu = cpu_self();

	if (cpus[cpu].in_el0 && FROM_EL0(vector)) {
		if (ESR_EC(frame->esr) != EC_SVC64)
			record(frame, vector);
		cpus[cpu].in_el0 = false;
		frame->elr = (uint64_t)el0_return;
		frame->spsr = PSR_EL1H_MASKED;
	} else if (cpus[cpu].expecting) {
		record(frame, vector);
		frame->elr = went_astray(frame) ? frame->x[30] : frame->elr + 4;
	} else {
		unexpected(frame, vector);
	}
}

static void interrupt(uint64_t now)
{
	unsigned int cpu = cpu_self();
	struct irq_log *log = &cpus[cpu].log;
	uint32_t intid = (uint32_t)read_sysreg(icc_iar1_el1);
	unsigned int n = log->count;

	isb();
	if (intid == SGI_NUDGE) {
		write_sysreg(icc_eoir1_el1, intid);
		isb();
		return;
	}
	if (n < sizeof(log->intid) / sizeof(log->intid[0])) {
		log->intid[n] = intid;
		log->priority[n] = (uint32_t)read_sysreg(icc_rpr_el1);
		log->time[n] = now;
	}
	__atomic_store_n(&log->count, n + 1, __ATOMIC_RELEASE);
	if (intid >= 1020)
		return;
	if (cpus[cpu].handler)
		cpus[cpu].handler(intid);
	write_sysreg(icc_eoir1_el1, intid);
	isb();
}

void exception(struct frame *frame, unsigned int vector);
void exception(struct frame *frame, unsigned int vector)
{
	if (KIND(vector) == KIND_IRQ)
		interrupt(counter());
	else if (KIND(vector) == KIND_FIQ && fiq_handler)
		fiq_handler();
	else if (KIND(vector) == KIND_SYNC)
		synchronous(frame, vector);
	else
		unexpected(frame, vector);
}

/* The function and its argument as EL0 sees them; only PC-relative code may be run so. */
struct fault el0_call(void (*function)(void *), void *argument)
{
	unsigned int cpu = cpu_self();

	cpus[cpu].fault.taken = false;
	cpus[cpu].in_el0 = true;
	el0_enter((uint64_t)function + ALIAS_USER, (uint64_t)argument + ALIAS_USER,
		  (uint64_t)&el0_stack[cpu + 1] + ALIAS_USER, (uint64_t)el0_end + ALIAS_USER);
	return cpus[cpu].fault;
}

struct irq_log *irq_log(unsigned int cpu)
{
	return &cpus[cpu].log;
}

void irq_log_clear(void)
{
	for (unsigned int cpu = 0; cpu < MAX_CPUS; cpu++) {
		cpus[cpu].log.count = 0;
		cpus[cpu].handler = NULL;
	}
	fiq_handler = NULL;
}

void irq_set_handler(unsigned int cpu, void (*handler)(uint32_t intid))
{
	cpus[cpu].handler = handler;
}

void fiq_set_handler(void (*handler)(void))
{
	fiq_handler = handler;
}
