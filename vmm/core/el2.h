/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * EL2 of the machine: the image, its memory, its translation tables, and taking and giving back
 * each CPU.
 *
 * Life: el2_start once (process context); then el2_cpu_online on each CPU; calls; el2_cpu_offline
 * on each CPU; el2_stop. A CPU whose EL2 is not ours must not make one of our calls: the kernel's
 * stub answers HYP_STUB_UNKNOWN. A CPU can be lost at any time that interrupts are enabled (CPU
 * hotplug), so whether it is ours is asked with interrupts off.
 *
 * Locks: "table_lock" (mutex) covers EL2's tables. Order: a VM's locks, then table_lock.
 */
#ifndef VMM_CORE_EL2_H
#define VMM_CORE_EL2_H

#include "host.h"
#include "hyp_abi.h"

/* The block of a CPU (0 <= cpu < host_cpu_limit()); null if there is none. */
struct hyp_cpu *el2_cpu_block(unsigned int cpu);

/* What the host knows of the machine. The pointers must live until el2_stop. */
struct el2_machine {
	const void *image; /* struct hyp_image first */
	size_t image_size; /* bytes of the file, at most hyp_image.end */
	struct hyp_config config;
	uint64_t id_aa64mmfr0, id_aa64mmfr1; /* the system's (lowest common) values */
	uint64_t id_aa64pfr0;
	uint64_t page_size;  /* of the host kernel, bytes */
	uint64_t memory_end; /* address behind the last byte of the machine's memory */
	bool host_at_el2;    /* the host runs at EL2 itself (VHE), and calls by host_el2_call */
	/* By CPU number, host_cpu_limit() of them; a CPU that the machine does not have has a frame
	 * of 0. */
	const pa_t *gicr; /* physical address of the redistributor's RD frame (64 KiB, SGI frame
			     behind it) */
	const uint64_t *mpidr;
	/* Where the same frames are in the host's own address space; of a host at EL2 only. */
	const uint64_t *gicr_host;
};

/* Whether the host runs at EL2 itself, and what it addresses there is where it is for the host. */
extern bool el2_is_hosts;

/* What EL2 calls an object of ours. */
static inline uint64_t el2_address(pa_t pa)
{
	return el2_is_hosts ? (uintptr_t)host_va(pa) : pa.value;
}

static inline void *el2_object(uint64_t address)
{
	return el2_is_hosts ? (void *)(uintptr_t)address : host_va(pa_from(address));
}

/* A call of EL2 on this CPU, which is ours. Interrupts are masked. */
static inline uint64_t el2_hvc(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3,
			       uint64_t a4)
{
	if (el2_is_hosts)
		return host_el2_call(function, a1, a2, a3, a4, el2_cpu_block(host_cpu()));
	return host_hvc(function, a1, a2, a3, a4);
}

/*
 * Copies the image, allocates a block for each CPU and makes EL2's tables. -EINVAL: the image is
 * not one; -ENOMEM. el2_check_machine (el2_check.h) has said that the machine can be used.
 */
int el2_start(const struct el2_machine *machine);
/* Frees all. Every CPU has been given back. */
void el2_stop(void);
/* Where the code at EL2 begins, for the log: the physical address of the image; of a host at EL2,
 * hyp_vhe_call. */
uint64_t el2_code(void);

/*
 * On the CPU itself, in any context (interrupts are masked inside). Takes EL2 through the stub and
 * asks for the ABI's version. 0 if it was taken before; -EBUSY: somebody else than the stub is
 * there (KVM); -ENODEV: the CPU is not in el2_machine, or it cannot be used and the reason is
 * logged; -EPROTO: the image does not answer as it should.
 */
int el2_cpu_online(void);
/* All CPUs that are on line have been taken, and what guests are offered is what these have in
 * common: one that comes later must have it. */
void el2_settle(void);
/* On the CPU itself, any context. Gives EL2 back. Harmless if it is not ours. */
void el2_cpu_offline(void);
/* Can EL1 be in AArch32? */
bool el2_has_aarch32(void);
/* Have all CPUs performance monitors that guests can be given? */
bool el2_has_pmu(void);
/* Is this CPU's EL2 ours? Interrupts are off. */
bool el2_cpu_ready(void);
/* CPUs that are ours at this moment. */
unsigned int el2_cpu_count(void);

/* Identity-maps pages read-write, never executable, at EL2. pa and size are multiples of 4096.
 * -EINVAL, -ENOMEM. */
int el2_share(pa_t pa, uint64_t size);
/* Takes the mapping away on all CPUs; EL2 must not be in a call that uses the pages. */
void el2_unshare(pa_t pa, uint64_t size);

/* VTCR_EL2 for guests of this machine, and the number of bits of an IPA (at most 40). */
uint64_t el2_vtcr(void);
unsigned int el2_ipa_bits(void);
/* Bits of a VMID: 8 or 16. */
unsigned int el2_vmid_bits(void);
bool el2_started(void);

/*
 * One of our calls on this CPU. Any context. -EAGAIN: this CPU's EL2 is not ours at the moment.
 * -EIO: a fault at EL2, which was logged.
 * "result" may be null.
 */
int el2_call_here(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
		  uint64_t *result);
/*
 * One of our calls, on this CPU or on another that is ours. Process context, interrupts enabled, no
 * spin lock held. -ENODEV: no CPU is ours; -EIO: a fault at EL2, which was logged.
 */
int el2_call(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
	     uint64_t *result);

/*
 * Logs what a fault at EL2 left in a CPU's block, with "step" (what the driver was about: "running
 * vCPU 0 of vm0"), and clears it. False if there is nothing to report. Any context.
 */
bool el2_crash_report(unsigned int cpu, const char *step);

#endif
