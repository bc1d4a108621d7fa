// SPDX-License-Identifier: BSD-2-Clause
/* EL2 of the machine: see el2.h. The tables are made in el2_map.c. */
#include "el2.h"

#include "el2_check.h"
#include "el2_map.h"
#include "el2_registers.h"
#include "host.h"
#include "vmid.h"

#define MAX_IPA_BITS	40
#define HYP_VERSION	(HYP_MAGIC & UINT64_C(0xffffffff))
#define CPU_BLOCK_ORDER 2

_Static_assert(HYP_CPU_BLOCK_SIZE == VMM_PAGE_SIZE << CPU_BLOCK_ORDER, "the order of a block");
_Static_assert(sizeof(struct hyp_cpu) <= HYP_CPU_GUARD_OFFSET, "the stack would reach the data");

struct el2_cpu {
	struct hyp_cpu *block;
	bool ready; /* written by the CPU itself with interrupts off */
};

static struct {
	bool started;
	void *image;
	unsigned int image_order;
	uint64_t entry; /* PA */
	uint64_t vtcr;
	unsigned int ipa_bits, vmid_bits;
	bool aarch32, pmu_interrupt;
	struct el2_cpu *cpus;
	const struct hyp_cpu *first; /* block of the first CPU that was taken */
	bool settled;
} el2;

bool el2_is_hosts;

static unsigned int pa_bits(uint64_t id_aa64mmfr0)
{
	static const uint8_t bits[] = { 32, 36, 40, 42, 44, 48 };
	uint64_t range = EL2_MMFR0_PARANGE(id_aa64mmfr0);

	return range <= EL2_PARANGE_48 ? bits[range] : bits[EL2_PARANGE_48];
}

/* TCR_EL2.PS and VTCR_EL2.PS. More than 48 bits are not to be had with this granule. */
static uint64_t pa_size_field(uint64_t id_aa64mmfr0)
{
	uint64_t range = EL2_MMFR0_PARANGE(id_aa64mmfr0);

	return EL2_TCR_PS(range <= EL2_PARANGE_48 ? range : EL2_PARANGE_48);
}

/* Where pgtable_init starts the walk of a table with concatenation (Arm ARM D8.2.2). */
static unsigned int stage2_start_level(unsigned int ipa_bits)
{
	return ipa_bits > 34 ? 1 : 2;
}

static void set_geometry(const struct el2_machine *machine)
{
	unsigned int bits = pa_bits(machine->id_aa64mmfr0);
	bool wide = EL2_MMFR1_VMIDBITS(machine->id_aa64mmfr1) == EL2_VMIDBITS_16;

	el2.ipa_bits = bits < MAX_IPA_BITS ? bits : MAX_IPA_BITS;
	el2.vmid_bits = wide ? 16 : 8;
	el2.aarch32 = EL2_PFR0_EL1(machine->id_aa64pfr0) == EL2_PFR0_AARCH32;
	el2.vtcr = EL2_VTCR_RES1 | EL2_TCR_T0SZ(el2.ipa_bits) | EL2_TCR_WALK |
		   EL2_VTCR_SL0(stage2_start_level(el2.ipa_bits)) |
		   pa_size_field(machine->id_aa64mmfr0) | (wide ? EL2_VTCR_VS : 0);
}

static bool image_is_valid(const struct hyp_image *header, size_t size)
{
	const uint64_t page = VMM_PAGE_SIZE - 1;

	if (size < sizeof(*header) || header->magic != HYP_MAGIC)
		return false;
	if ((header->rodata | header->data | header->end) & page)
		return false;
	return header->entry < header->rodata && header->rodata <= header->data &&
	       header->data < header->end && header->end <= VMM_BLOCK_SIZE && size <= header->end &&
	       header->config >= header->data &&
	       header->config <= header->end - sizeof(struct hyp_config) && !(header->config & 7);
}

static int copy_image(const struct el2_machine *machine)
{
	struct hyp_image header;

	if (machine->image_size < sizeof(header))
		return -EINVAL;
	memcpy(&header, machine->image, sizeof(header));
	if (!image_is_valid(&header, machine->image_size))
		return -EINVAL;
	while ((VMM_PAGE_SIZE << el2.image_order) < header.end)
		el2.image_order++;
	el2.image = host_alloc_pages(el2.image_order, false);
	if (!el2.image)
		return -ENOMEM;
	memcpy(el2.image, machine->image, machine->image_size);
	memcpy((char *)el2.image + header.config, &machine->config, sizeof(machine->config));
	host_clean_dcache(el2.image, header.end);
	host_invalidate_icache();
	el2.entry = host_pa(el2.image).value + header.entry;
	return el2_map_image(host_pa(el2.image), &header);
}

static int make_cpu(const struct el2_machine *machine, unsigned int number)
{
	struct hyp_cpu *block = host_alloc_pages(CPU_BLOCK_ORDER, false);

	if (!block)
		return -ENOMEM;
	el2.cpus[number].block = block;
	block->ttbr0_el2 = el2_map_root().value;
	block->tcr_el2 = EL2_TCR_RES1 | EL2_TCR_T0SZ(EL2_MAP_BITS) | EL2_TCR_WALK |
			 pa_size_field(machine->id_aa64mmfr0);
	block->mair_el2 = EL2_MAIR;
	block->sctlr_el2 = SCTLR_EL2_RES1 | SCTLR_EL2_M | SCTLR_EL2_C | SCTLR_EL2_SA | SCTLR_EL2_I |
			   SCTLR_EL2_WXN;
	block->gicr = el2_is_hosts ? machine->gicr_host[number] : machine->gicr[number].value;
	block->mpidr = machine->mpidr[number];
	block->number = number;
	host_clean_dcache(block, HYP_CPU_BLOCK_SIZE);
	return el2_map_cpu(host_pa(block), machine->gicr[number]);
}

static int make_cpus(const struct el2_machine *machine)
{
	int error = 0;

	el2.cpus = host_zalloc(host_cpu_limit() * sizeof(*el2.cpus));
	if (!el2.cpus)
		return -ENOMEM;
	for (unsigned int cpu = 0; cpu < host_cpu_limit() && !error; cpu++) {
		if (machine->gicr[cpu].value)
			error = make_cpu(machine, cpu);
	}
	return error;
}

static void flush_vmids(void)
{
	el2_call_here(HYP_CALL_TLBI_ALL, 0, 0, 0, 0, NULL);
}

int el2_start(const struct el2_machine *machine)
{
	int error;

	el2_is_hosts = machine->host_at_el2;
	el2.pmu_interrupt = machine->config.pmu_ppi != HYP_NO_PPI;
	set_geometry(machine);
	error = el2_map_start();
	if (el2_is_hosts)
		host_el2_configure(&machine->config); /* it is a part of the host */
	else if (!error)
		error = copy_image(machine);
	if (!error)
		error = make_cpus(machine);
	if (!error)
		error = vmid_start(el2.vmid_bits, flush_vmids);
	el2.started = !error;
	if (error)
		el2_stop();
	return error;
}

bool el2_has_aarch32(void)
{
	return el2.aarch32;
}

bool el2_has_pmu(void)
{
	bool has = el2.pmu_interrupt && el2_cpu_count();

	for (unsigned int cpu = 0; has && cpu < host_cpu_limit(); cpu++) {
		if (HOST_READ(el2.cpus[cpu].ready))
			has = el2.cpus[cpu].block->pmu_version != 0;
	}
	return has;
}

void el2_stop(void)
{
	for (unsigned int cpu = 0; el2.cpus && cpu < host_cpu_limit(); cpu++) {
		if (el2.cpus[cpu].block)
			host_free_pages(el2.cpus[cpu].block, CPU_BLOCK_ORDER);
	}
	host_free(el2.cpus);
	if (el2.image)
		host_free_pages(el2.image, el2.image_order);
	vmid_stop();
	el2_map_stop();
	memset(&el2, 0, sizeof(el2));
}

/* What EL2 wants to know of this CPU. */
static void describe_cpu(struct hyp_cpu *block)
{
	static const uint32_t workarounds[] = {
		[HYP_WORKAROUND_1] = SMCCC_ARCH_WORKAROUND_1,
		[HYP_WORKAROUND_2] = SMCCC_ARCH_WORKAROUND_2,
		[HYP_WORKAROUND_3] = SMCCC_ARCH_WORKAROUND_3,
	};

	for (unsigned int i = 0; i < HYP_WORKAROUND_COUNT; i++)
		block->firmware[i] = host_firmware_feature(workarounds[i]);
	if (!el2.first)
		block->rule = HYP_CPU_FIRST;
	else
		block->rule = el2.settled ? HYP_CPU_LATE : HYP_CPU_EARLY;
}

static int enter_el2(struct el2_cpu *cpu)
{
	uint64_t block = host_pa(cpu->block).value;

	describe_cpu(cpu->block);
	if (el2_is_hosts)
		return el2_hvc(HYP_CALL_INIT, 0, 0, 0, 0) ? -EPROTO : 0;
	if (host_hvc(HYP_CALL_VERSION, 0, 0, 0, 0) != HYP_STUB_UNKNOWN)
		return -EBUSY;
	host_clean_dcache(cpu->block, sizeof(*cpu->block));
	host_hvc(HYP_STUB_SOFT_RESTART, el2.entry, block, 0, 0);
	return host_hvc(HYP_CALL_VERSION, 0, 0, 0, 0) == HYP_VERSION ? 0 : -EPROTO;
}

static void leave_el2(void)
{
	if (!el2_is_hosts)
		host_hvc(HYP_CALL_FINI, 0, 0, 0, 0);
}

static int take_cpu(struct el2_cpu *cpu)
{
	int error = enter_el2(cpu);

	if (error)
		return error;
	error = el2_check_cpu(cpu->block, el2.first ? el2.first : cpu->block);
	if (error) {
		leave_el2();
		return error;
	}
	if (!el2.first)
		el2.first = cpu->block;
	/* Translations of an earlier life, of VMIDs that will be lent again and of pages that are
	 * unmapped now. */
	el2_hvc(HYP_CALL_TLBI_ALL, 0, 0, 0, 0);
	if (!el2_is_hosts)
		el2_hvc(HYP_CALL_TLBI_EL2, 0, 0, 0, 0);
	HOST_WRITE_RELEASE(cpu->ready, true);
	return 0;
}

int el2_cpu_online(void)
{
	unsigned long flags = host_irq_save();
	int error = 0;

	if (!el2_cpu_block(host_cpu()))
		error = -ENODEV;
	else if (!el2_cpu_ready())
		error = take_cpu(&el2.cpus[host_cpu()]);
	host_irq_restore(flags);
	return error;
}

void el2_settle(void)
{
	el2.settled = true;
}

void el2_cpu_offline(void)
{
	unsigned long flags = host_irq_save();

	if (el2_cpu_ready()) {
		HOST_WRITE(el2.cpus[host_cpu()].ready, false);
		leave_el2();
	}
	host_irq_restore(flags);
}

bool el2_cpu_ready(void)
{
	return el2.cpus && HOST_READ(el2.cpus[host_cpu()].ready);
}

unsigned int el2_cpu_count(void)
{
	unsigned int count = 0;

	for (unsigned int cpu = 0; el2.cpus && cpu < host_cpu_limit(); cpu++)
		count += HOST_READ(el2.cpus[cpu].ready);
	return count;
}

struct hyp_cpu *el2_cpu_block(unsigned int cpu)
{
	return el2.cpus && cpu < host_cpu_limit() ? el2.cpus[cpu].block : NULL;
}

uint64_t el2_vtcr(void)
{
	return el2.vtcr;
}

unsigned int el2_ipa_bits(void)
{
	return el2.ipa_bits;
}

unsigned int el2_vmid_bits(void)
{
	return el2.vmid_bits;
}

bool el2_started(void)
{
	return el2.started;
}

uint64_t el2_code(void)
{
	return el2_is_hosts ? host_el2_code() : host_pa(el2.image).value;
}

int el2_call_here(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
		  uint64_t *result)
{
	unsigned long flags = host_irq_save();
	int error = -EAGAIN;

	if (el2_cpu_ready()) {
		uint64_t answer = el2_hvc(function, a1, a2, a3, a4);

		error = answer == HYP_CALL_FAILED ? -EIO : 0;
		if (error)
			el2_crash_report(host_cpu(), "a call of the host");
		else if (result)
			*result = answer;
	}
	host_irq_restore(flags);
	return error;
}

struct remote_call {
	uint64_t function, a1, a2, a3, a4;
	uint64_t *result;
	int error;
};

static void remote_call(void *context)
{
	struct remote_call *call = context;

	call->error =
		el2_call_here(call->function, call->a1, call->a2, call->a3, call->a4, call->result);
}

int el2_call(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
	     uint64_t *result)
{
	struct remote_call call = { function, a1, a2, a3, a4, result, -EAGAIN };

	remote_call(&call);
	for (unsigned int cpu = 0; call.error == -EAGAIN && el2.cpus && cpu < host_cpu_limit();
	     cpu++) {
		if (HOST_READ(el2.cpus[cpu].ready))
			host_call_on_cpu(cpu, remote_call, &call);
	}
	return call.error == -EAGAIN ? -ENODEV : call.error;
}
