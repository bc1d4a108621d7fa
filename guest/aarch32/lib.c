// SPDX-License-Identifier: BSD-2-Clause
/* Console, exceptions, PSCI, GIC, and the runner of properties. */
#include "a32.h"

#include <stdarg.h>

#define PL011_DR      0x09000000u
#define PL011_FR      0x09000018u
#define PL011_FR_TXFF 0x20u
#define SPURIOUS      1023u
#define PATIENCE      10 /* seconds */

volatile struct fault fault;
volatile uint32_t fault_resume, fault_spsr;
bool on_qemu_host;
volatile unsigned int irq_count;
volatile uint32_t irq_intid;
uint32_t boot_state[4] __attribute__((section(".data")));
struct start starts[8];
bool on_plain_qemu;
unsigned int cpus;
extern const struct property properties_begin[], properties_end[];

static struct {
	unsigned int failed, skipped, number;
	bool failure;
	const char *skip;
} run;

static void print_char(char c)
{
	while (read32(PL011_FR) & PL011_FR_TXFF)
		;
	write32(PL011_DR, (uint8_t)c);
}

static void print_string(const char *text)
{
	while (*text)
		print_char(*text++);
}

static void print_number(uint32_t value, unsigned int base)
{
	char digits[12];
	unsigned int n = sizeof(digits);

	digits[--n] = '\0';
	do {
		digits[--n] = "0123456789abcdef"[base == 16 ? value & 15 : value % 10];
		value = base == 16 ? value >> 4 : value / 10;
	} while (value);
	print_string(&digits[n]);
}

void print(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	for (; *format; format++) {
		if (*format == '\n')
			print_char('\r');
		if (*format != '%')
			print_char(*format);
		else if (*++format == 's')
			print_string(va_arg(args, const char *));
		else
			print_number(va_arg(args, uint32_t), *format == 'x' ? 16 : 10);
	}
	va_end(args);
}

uint32_t hvc(uint32_t function, uint32_t a, uint32_t b, uint32_t c)
{
	register uint32_t r0 asm("r0") = function;
	register uint32_t r1 asm("r1") = a;
	register uint32_t r2 asm("r2") = b;
	register uint32_t r3 asm("r3") = c;

	asm volatile(".arch_extension virt\n hvc #0"
		     : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3)
		     :
		     : "memory");
	return r0;
}

_Noreturn void power_off(void)
{
	hvc(PSCI_SYSTEM_OFF, 0, 0, 0);
	while (1)
		asm volatile("wfi");
}

void property_fail(const char *file, int line, const char *condition)
{
	run.failure = true;
	print("# %s:%u: %s\n", file, (uint32_t)line, condition);
}

void property_fail_equal(const char *file, int line, const char *what, uint32_t actual,
			 uint32_t expected)
{
	run.failure = true;
	print("# %s:%u: %s is 0x%x, not 0x%x\n", file, (uint32_t)line, what, actual, expected);
}

void property_skip(const char *reason)
{
	run.skip = reason;
}

void fault_clear(void)
{
	fault.count = fault.vector = 0;
	fault.lr = fault.spsr = fault.cpsr = 0;
	fault_resume = 0;
	fault_spsr = cpsr();
}

static void take_irq(void)
{
	irq_intid = mrc(p15, 0, c12, c12, 0); /* ICC_IAR1 */
	if (irq_intid == SPURIOUS)
		return;
	mcr(p15, 0, c14, c3, 1, 0);	     /* CNTV_CTL */
	mcr(p15, 0, c14, c2, 1, 0);	     /* CNTP_CTL */
	mcr(p15, 0, c12, c12, 1, irq_intid); /* ICC_EOIR1 */
	irq_count++;
}

/* Where the instruction that was taken to "vector" starts (Arm ARM G1.12). */
static uint32_t culprit(const struct frame *frame, unsigned int vector)
{
	if (vector == VECTOR_DABT)
		return frame->lr - 8;
	return frame->lr - (vector == VECTOR_UND && (frame->spsr & CPSR_T) ? 2 : 4);
}

void exception(struct frame *frame, unsigned int vector);
void exception(struct frame *frame, unsigned int vector)
{
	if (vector == VECTOR_IRQ) {
		take_irq();
		return;
	}
	if (on_qemu_host && vector != VECTOR_SVC)
		frame->spsr = fault_spsr;
	fault.count++;
	fault.vector = vector;
	fault.lr = frame->lr;
	fault.spsr = frame->spsr;
	fault.cpsr = frame->cpsr;
	fault.dfsr = mrc(p15, 0, c5, c0, 0);
	fault.ifsr = mrc(p15, 0, c5, c0, 1);
	fault.dfar = mrc(p15, 0, c6, c0, 0);
	fault.ifar = mrc(p15, 0, c6, c0, 2);
	if (fault.count > 100) {
		print("Bail out! exceptions without end: vector %u, lr 0x%x, dfsr 0x%x\n", vector,
		      frame->lr, fault.dfsr);
		power_off();
	}
	if (fault_resume)
		frame->lr = fault_resume & ~1u;
	else if (vector != VECTOR_SVC)
		frame->lr = culprit(frame, vector) + 4;
}

void secondary_main(uint32_t context, uint32_t state);
void secondary_main(uint32_t context, uint32_t state)
{
	struct start *start = &starts[mrc(p15, 0, c0, c0, 5) & 7];

	start->cpsr = state;
	start->context = context;
	barrier();
	start->started = 1;
	hvc(PSCI_CPU_OFF, 0, 0, 0);
}

static uint32_t big32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

bool boot_argument(const char *word)
{
	const uint8_t *tree = (const uint8_t *)boot_state[3];
	uint32_t size = big32(tree + 4);

	for (uint32_t i = 0; i < size; i++) {
		uint32_t n = 0;

		while (word[n] && i + n < size && tree[i + n] == (uint8_t)word[n])
			n++;
		if (!word[n])
			return true;
	}
	return false;
}

void gic_init(void)
{
	write32(GICD, 0x12); /* ARE, group 1 */
	write32(GICR + 0x14, 0);
	write32(GICR_SGI + 0x80, ~0u);
	write32(GICR_SGI + 0x180, ~0u);
	write32(GICR_SGI + 0x100, 1u << PPI_VTIMER | 1u << PPI_PTIMER | 0xff);
	for (unsigned int n = 0; n < 32; n += 4)
		write32(GICR_SGI + 0x400 + n, 0xa0a0a0a0);
	mcr(p15, 0, c12, c12, 5, 7);  /* ICC_SRE */
	mcr(p15, 0, c4, c6, 0, 0xff); /* ICC_PMR */
	mcr(p15, 0, c12, c12, 7, 1);  /* ICC_IGRPEN1 */
}

bool irq_arrives(unsigned int intid)
{
	uint32_t frequency = mrc(p15, 0, c14, c0, 0);
	uint64_t end = mrrc(p15, 1, c14) + (uint64_t)frequency * PATIENCE;
	unsigned int before = irq_count;

	asm volatile("cpsie i" ::: "memory");
	while (irq_count == before && mrrc(p15, 1, c14) < end)
		asm volatile("yield" ::: "memory");
	asm volatile("cpsid i" ::: "memory");
	return irq_count != before && irq_intid == intid;
}

static void run_one(const struct property *property)
{
	run.number++;
	run.failure = false;
	run.skip = NULL;
	fault_clear();
	if (property->cpus > cpus)
		run.skip = "needs more CPUs";
	else
		property->run();
	run.failed += run.failure;
	run.skipped += !run.failure && run.skip;
	print("%s %u %s", run.failure ? "not ok" : "ok", run.number, property->name);
	if (!run.failure && run.skip)
		print(" # SKIP %s", run.skip);
	print("\n");
}

void boot_main(void);
void boot_main(void)
{
	size_t bytes = (uint32_t)properties_end - (uint32_t)properties_begin;
	unsigned int total = (unsigned int)(bytes / sizeof(struct property));

	on_plain_qemu = boot_argument("reference=qemu");
	on_qemu_host = boot_argument("host=qemu");
	while (cpus < 8 && (int32_t)hvc(PSCI_AFFINITY_INFO, cpus, 0, 0) >= 0)
		cpus++;
	gic_init();
	print("\n1..%u\n# %u CPUs in AArch32\n", total, cpus);
	for (unsigned int i = 0; i < total; i++)
		run_one(&properties_begin[i]);
	print("# %u properties: %u hold, %u fail, %u skipped\n", total,
	      total - run.failed - run.skipped, run.failed, run.skipped);
	power_off();
}
