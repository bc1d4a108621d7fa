// SPDX-License-Identifier: BSD-2-Clause
/* All tables but what is in the DSDT; see acpi.h. Section numbers are those of ACPI 6.3. */
#include "bhyve/acpi/acpi.h"

#include <string.h>

#include "bhyve/acpi/dsdt.h"
#include "bhyve/acpi/linker.h"
#include "bhyve/board.h"

/* Table header, 5.2.6 */
#define HEADER_LENGTH	       4u
#define HEADER_CHECKSUM	       9u
#define HEADER_SIZE	       36u

#define OEM_ID		       "BHYVE"
#define OEM_TABLE_ID	       "BHYVEARM"
#define CREATOR_ID	       "BHYV"

/* RSDP, 5.2.5.3 */
#define RSDP_CHECKSUM	       8u
#define RSDP_FIRST_PART	       20u
#define RSDP_XSDT	       24u
#define RSDP_XCHECKSUM	       32u
#define RSDP_SIZE	       36u

/* FADT, 5.2.9 */
#define FADT_FLAGS	       112u
#define FADT_ARM_BOOT_ARCH     129u
#define FADT_MINOR_VERSION     131u
#define FADT_X_DSDT	       140u
#define FADT_SIZE	       276u
#define HW_REDUCED_ACPI	       (1u << 20)
#define PSCI_COMPLIANT	       (1u << 0)
#define PSCI_USE_HVC	       (1u << 1)

/* MADT, 5.2.12.14 to 5.2.12.17 */
#define MADT_GICC	       0xb
#define MADT_GICC_SIZE	       80
#define MADT_GICD	       0xc
#define MADT_GICD_SIZE	       24
#define MADT_GICR	       0xe
#define MADT_GICR_SIZE	       16
#define GICC_ENABLED	       1
#define GIC_VERSION_3	       3

/* GTDT, 5.2.24 */
#define NO_BLOCK	       UINT64_MAX /* there is no memory-mapped timer */
#define GTDT_ALWAYS_ON	       (1u << 2)  /* and level-triggered, active high */

#define GTDT_SIZE	       104u /* without platform timers */
#define GTDT_WATCHDOG	       1    /* 5.2.24.2 */
#define GTDT_WATCHDOG_SIZE     28

/* Generic address structure, 5.2.3.2 */
#define GAS_MEMORY	       0
#define GAS_DWORD	       3

/* SPCR and DBG2: Microsoft's "Serial Port Console Redirection Table" and "Debug Port Table 2" */
#define UART_PL011	       3
#define SPCR_GIC	       (1u << 3)
#define SPCR_BAUD_115200       7
#define SPCR_VT_UTF8	       2
#define DBG2_SERIAL	       0x8000
#define DBG2_DEVICE_SIZE       22u

/* PPTT, 5.2.29.1 and 5.2.29.2 */
#define PPTT_NODE	       0
#define PPTT_NODE_SIZE	       20
#define PPTT_PACKAGE	       (1u << 0)
#define PPTT_ID_VALID	       (1u << 1)
#define PPTT_THREAD	       (1u << 2)
#define PPTT_LEAF	       (1u << 3)
#define PPTT_IDENTICAL	       (1u << 4)
#define PPTT_CACHE	       1
#define PPTT_CACHE_SIZE	       24
#define PPTT_CACHE_TYPE_VALID  (1u << 4)
#define PPTT_CACHE_DATA	       (0u << 2)
#define PPTT_CACHE_INSTRUCTION (1u << 2)
#define PPTT_CACHE_UNIFIED     (2u << 2)

/* The tables that the XSDT names. */
#define XSDT_ENTRIES	       6u

struct builder {
	const struct fdt_machine *machine;
	struct acpi_files *files;
	struct blob *out;	      /* &files->tables */
	size_t table;		      /* where the open table starts */
	size_t entries[XSDT_ENTRIES]; /* where finished ones do */
	unsigned count;
};

static void number(struct builder *b, uint64_t value, unsigned size)
{
	blob_number(b->out, value, size);
}

static void begin(struct builder *b, const char *signature, unsigned revision)
{
	blob_zero(b->out, -b->out->len & 7);
	b->table = b->out->len;
	blob_text(b->out, signature, 4, ' ');
	number(b, 0, 4); /* length, by end() */
	number(b, revision, 1);
	number(b, 0, 1); /* checksum, by firmware */
	blob_text(b->out, OEM_ID, 6, ' ');
	blob_text(b->out, OEM_TABLE_ID, 8, ' ');
	number(b, 1, 4);
	blob_text(b->out, CREATOR_ID, 4, ' ');
	number(b, 1, 4);
}

/* Where the table starts. */
static size_t end(struct builder *b)
{
	size_t len = b->out->len - b->table;

	blob_patch(b->out, b->table + HEADER_LENGTH, len, 4);
	linker_add_checksum(&b->files->linker, ACPI_TABLES_FILE,
			    (uint32_t)(b->table + HEADER_CHECKSUM), (uint32_t)b->table,
			    (uint32_t)len);
	return b->table;
}

/* Ends a table that the XSDT names. */
static void end_entry(struct builder *b)
{
	b->entries[b->count++] = end(b);
}

/* At offset of the file there is the address of a table, which starts at `target`. */
static void point(struct builder *b, struct blob *blob, const char *file, size_t offset,
		  size_t target)
{
	blob_patch(blob, offset, target, 8);
	linker_add_pointer(&b->files->linker, file, ACPI_TABLES_FILE, (uint32_t)offset, 8);
}

static size_t dsdt(struct builder *b)
{
	begin(b, "DSDT", 2);
	dsdt_build(b->machine, b->out);
	return end(b);
}

static void fadt(struct builder *b, size_t dsdt_start)
{
	begin(b, "FACP", 6);
	blob_zero(b->out, FADT_SIZE - HEADER_SIZE);
	blob_patch(b->out, b->table + FADT_FLAGS, HW_REDUCED_ACPI, 4);
	blob_patch(b->out, b->table + FADT_ARM_BOOT_ARCH, PSCI_COMPLIANT | PSCI_USE_HVC, 2);
	blob_patch(b->out, b->table + FADT_MINOR_VERSION, 3, 1);
	point(b, b->out, ACPI_TABLES_FILE, b->table + FADT_X_DSDT, dsdt_start);
	end_entry(b);
}

static void gicc(struct builder *b, unsigned vcpu, bool pmu)
{
	number(b, MADT_GICC, 1);
	number(b, MADT_GICC_SIZE, 1);
	number(b, 0, 2);
	number(b, vcpu, 4); /* CPU interface number */
	number(b, vcpu, 4); /* _UID of the processor */
	number(b, GICC_ENABLED, 4);
	number(b, 0, 4);		   /* parking protocol: PSCI it is */
	number(b, pmu ? PMU_INTID : 0, 4); /* performance monitors; level-triggered */
	number(b, 0, 8);		   /* parked address */
	number(b, 0, 8); /* GICC, GICV and GICH: the CPU interface is system registers */
	number(b, 0, 8);
	number(b, 0, 8);
	number(b, 0, 4);    /* maintenance interrupt: guests have no EL2 */
	number(b, 0, 8);    /* redistributor: in the GICR structure */
	number(b, vcpu, 8); /* MPIDR */
	number(b, 0, 4);    /* efficiency class; interrupt of SPE: there is none */
}

static void madt(struct builder *b)
{
	begin(b, "APIC", 5);
	number(b, 0, 4); /* local interrupt controller address, and flags */
	number(b, 0, 4);
	number(b, MADT_GICD, 1);
	number(b, MADT_GICD_SIZE, 1);
	number(b, 0, 2);
	number(b, 0, 4); /* GIC id */
	number(b, GICD_BASE, 8);
	number(b, 0, 4);
	number(b, GIC_VERSION_3, 4);
	for (unsigned i = 0; i < b->machine->cpus; i++)
		gicc(b, i, b->machine->pmu);
	number(b, MADT_GICR, 1);
	number(b, MADT_GICR_SIZE, 1);
	number(b, 0, 2);
	number(b, GICR_BASE, 8);
	number(b, GICR_SIZE * b->machine->redistributors, 4);
	end_entry(b);
}

static void timer(struct builder *b, unsigned intid)
{
	number(b, intid, 4);
	number(b, intid ? GTDT_ALWAYS_ON : 0, 4);
}

static void gtdt(struct builder *b)
{
	begin(b, "GTDT", 3);
	number(b, NO_BLOCK, 8);
	number(b, 0, 4);
	timer(b, TIMER_SECURE);
	timer(b, TIMER_PHYSICAL);
	timer(b, TIMER_VIRTUAL);
	timer(b, TIMER_HYP);
	number(b, NO_BLOCK, 8);
	number(b, 1, 4); /* platform timers: count and offset */
	number(b, GTDT_SIZE, 4);
	timer(b, 0); /* the virtual timer of EL2: not on these CPUs */
	number(b, GTDT_WATCHDOG, 1);
	number(b, GTDT_WATCHDOG_SIZE, 2);
	number(b, 0, 1);
	number(b, WATCHDOG_REFRESH_BASE, 8);
	number(b, WATCHDOG_CONTROL_BASE, 8);
	number(b, WATCHDOG_INTID, 4);
	number(b, 0, 4); /* level-triggered, active high, non-secure */
	end_entry(b);
}

static void uart_address(struct builder *b)
{
	number(b, GAS_MEMORY, 1);
	number(b, 32, 1); /* bits */
	number(b, 0, 1);
	number(b, GAS_DWORD, 1);
	number(b, PL011_BASE, 8);
}

static void spcr(struct builder *b)
{
	begin(b, "SPCR", 2);
	number(b, UART_PL011, 4);
	uart_address(b);
	number(b, SPCR_GIC, 1);
	number(b, 0, 1); /* PC-AT interrupt */
	number(b, PL011_INTID, 4);
	number(b, SPCR_BAUD_115200, 1);
	number(b, 0, 1); /* no parity */
	number(b, 1, 1); /* one stop bit */
	number(b, 0, 1); /* no flow control */
	number(b, SPCR_VT_UTF8, 1);
	number(b, 0, 1);
	number(b, 0xffffffff, 4); /* not a PCI device */
	number(b, 0, 3);
	number(b, 0, 4); /* flags */
	number(b, 0, 1);
	number(b, 0, 4);
	end_entry(b);
}

static void dbg2(struct builder *b)
{
	static const char path[] = DSDT_UART;
	uint16_t address = DBG2_DEVICE_SIZE, size = address + 12, name = size + 4;

	begin(b, "DBG2", 0);
	number(b, HEADER_SIZE + 8, 4); /* offset of the first device */
	number(b, 1, 4);
	number(b, 0, 1); /* revision */
	number(b, name + sizeof(path), 2);
	number(b, 1, 1); /* addresses */
	number(b, sizeof(path), 2);
	number(b, name, 2);
	number(b, 0, 4); /* OEM data: none */
	number(b, DBG2_SERIAL, 2);
	number(b, UART_PL011, 2);
	number(b, 0, 2);
	number(b, address, 2);
	number(b, size, 2);
	uart_address(b);
	number(b, PL011_SIZE, 4);
	blob_bytes(b->out, path, sizeof(path));
	end_entry(b);
}

/* A node of the processor hierarchy; where it is in the table, for its children. Its own caches
 * are `caches` of them, at those places. */
static uint32_t hierarchy(struct builder *b, unsigned flags, uint32_t parent, unsigned id,
			  const uint32_t *places, unsigned caches)
{
	size_t offset = b->out->len - b->table;

	number(b, PPTT_NODE, 1);
	number(b, PPTT_NODE_SIZE + 4 * caches, 1);
	number(b, 0, 2);
	number(b, flags | PPTT_IDENTICAL, 4);
	number(b, parent, 4);
	number(b, id, 4);
	number(b, caches, 4);
	for (unsigned i = 0; i < caches; i++)
		number(b, places[i], 4);
	return (uint32_t)offset;
}

/* A cache of which the type alone is told: the rest is in the CPU's registers. */
static uint32_t cache(struct builder *b, unsigned type, uint32_t next_level)
{
	size_t offset = b->out->len - b->table;

	number(b, PPTT_CACHE, 1);
	number(b, PPTT_CACHE_SIZE, 1);
	number(b, 0, 2);
	number(b, PPTT_CACHE_TYPE_VALID, 4);
	number(b, next_level, 4);
	number(b, 0, 8); /* size, sets */
	number(b, 0, 1); /* associativity */
	number(b, type, 1);
	number(b, 0, 2); /* line size */
	return (uint32_t)offset;
}

/* One core, which has the vCPUs from `first` on. */
static void core(struct builder *b, uint32_t package, uint32_t level2, unsigned threads,
		 unsigned first)
{
	uint32_t level1[2], parent;

	level1[0] = cache(b, PPTT_CACHE_DATA, level2);
	level1[1] = cache(b, PPTT_CACHE_INSTRUCTION, level2);
	if (threads == 1) {
		hierarchy(b, PPTT_ID_VALID | PPTT_LEAF, package, first, level1, 2);
		return;
	}
	parent = hierarchy(b, 0, package, first / threads, level1, 2);
	for (unsigned t = 0; t < threads; t++)
		hierarchy(b, PPTT_ID_VALID | PPTT_THREAD | PPTT_LEAF, parent, first + t, NULL, 0);
}

/* A machine that was given no topology is one package. */
static void pptt(struct builder *b)
{
	const struct fdt_machine *machine = b->machine;
	unsigned sockets = machine->sockets ? machine->sockets : 1;
	unsigned cores = machine->sockets ? machine->cores : machine->cpus;
	unsigned threads = machine->sockets ? machine->threads : 1;

	begin(b, "PPTT", 2);
	for (unsigned s = 0; s < sockets; s++) {
		uint32_t level2 = cache(b, PPTT_CACHE_UNIFIED, 0);
		uint32_t package = hierarchy(b, PPTT_PACKAGE, 0, s, &level2, 1);

		for (unsigned c = 0; c < cores; c++)
			core(b, package, level2, threads, (s * cores + c) * threads);
	}
	end_entry(b);
}

static size_t xsdt(struct builder *b)
{
	begin(b, "XSDT", 1);
	blob_zero(b->out, 8 * (size_t)b->count);
	for (unsigned i = 0; i < b->count; i++)
		point(b, b->out, ACPI_TABLES_FILE, b->table + HEADER_SIZE + 8 * i, b->entries[i]);
	return end(b);
}

static void rsdp(struct builder *b, size_t xsdt_start)
{
	struct blob *out = &b->files->rsdp, *linker = &b->files->linker;

	blob_text(out, "RSD PTR ", 8, ' ');
	blob_number(out, 0, 1);
	blob_text(out, OEM_ID, 6, ' ');
	blob_number(out, 2, 1); /* revision */
	blob_number(out, 0, 4); /* there is no RSDT */
	blob_number(out, RSDP_SIZE, 4);
	blob_zero(out, 12); /* XSDT, second checksum */
	point(b, out, ACPI_RSDP_FILE, RSDP_XSDT, xsdt_start);
	linker_add_checksum(linker, ACPI_RSDP_FILE, RSDP_CHECKSUM, 0, RSDP_FIRST_PART);
	linker_add_checksum(linker, ACPI_RSDP_FILE, RSDP_XCHECKSUM, 0, RSDP_SIZE);
}

int acpi_build(const struct fdt_machine *machine, struct acpi_files *files)
{
	struct builder b = { .machine = machine, .files = files, .out = &files->tables };
	size_t dsdt_start;

	*files = (struct acpi_files){ 0 };
	linker_allocate(&files->linker, ACPI_RSDP_FILE, 16, LINKER_ZONE_FSEG);
	linker_allocate(&files->linker, ACPI_TABLES_FILE, 64, LINKER_ZONE_HIGH);
	dsdt_start = dsdt(&b);
	fadt(&b, dsdt_start);
	madt(&b);
	gtdt(&b);
	spcr(&b);
	dbg2(&b);
	pptt(&b);
	rsdp(&b, xsdt(&b));
	return files->tables.error ? files->tables.error
	       : files->rsdp.error ? files->rsdp.error
				   : files->linker.error;
}

void acpi_free(struct acpi_files *files)
{
	blob_free(&files->tables);
	blob_free(&files->rsdp);
	blob_free(&files->linker);
}
