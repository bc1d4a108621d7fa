/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ABI between user space and the vmm driver: ioctls, the page shared per vCPU, statistics.
 *
 * /dev/vmmctl creates and destroys virtual machines; /dev/vmm/NAME is one virtual machine. A
 * virtual machine lives in the kernel until it is destroyed, whether or not a process has it open,
 * but for one that was bound to an open file (VMM_BIND), and when the host has no memory left.
 * All structures have the same layout on every compiler (fixed-width members, explicit padding, no
 * pointers: addresses are carried as uint64_t). Unknown flags and non-zero padding are refused with
 * EINVAL, so that later versions can give them a meaning.
 */
#ifndef VMM_IOCTL_H
#define VMM_IOCTL_H

#ifdef __KERNEL__
#include <linux/ioctl.h>
#include <linux/types.h>
#else
#include <stdint.h>
#include <sys/ioctl.h>
#endif

#include "vmm_stats.h"

#define VMM_ABI_VERSION	    1

#define VMM_CTL_PATH	    "/dev/vmmctl"
#define VMM_VM_DIR	    "/dev/vmm"

/* Longest name, without the terminating NUL. A name is letters, digits, '.', '_', '-', '+', not
 * starting with '.'. */
#define VMM_NAME_MAX	    63
#define VMM_MAX_VCPUS	    16
#define VMM_MAX_MEMSEGS	    8
/* Largest blob of VMM_SET_BLOB, in bytes. */
#define VMM_BLOB_MAX	    65536

/* Offsets for mmap of /dev/vmm/NAME: guest memory is at its intermediate physical address (IPA);
 * one page per vCPU, a struct vmm_run, from VMM_MMAP_VCPU up. Mappings are MAP_SHARED. */
#define VMM_MMAP_VCPU(vcpu) ((1ULL << 47) + ((uint64_t)(vcpu) << 12))

/* First and last interrupt id (INTID) of the shared peripheral interrupts that the virtual GIC has.
 */
#define VMM_SPI_FIRST	    32
#define VMM_SPI_LAST	    287

struct vmm_name {
	char name[VMM_NAME_MAX + 1];
};

/* States of a virtual machine, struct vmm_info.state. */
enum vmm_state {
	VMM_STATE_IDLE = 0,    /* no vCPU thread is in VMM_RUN, never run or stopped */
	VMM_STATE_RUNNING = 1, /* at least one vCPU thread is in VMM_RUN (running, sleeping in WFI,
				  or powered off) */
	VMM_STATE_SUSPENDED = 2, /* VMM_SUSPEND was called; needs VMM_REINIT before it runs again */
};

/* Ways to end a run, VMM_SUSPEND and struct vmm_run.suspended.how. */
enum vmm_suspend {
	VMM_SUSPEND_NONE = 0,
	VMM_SUSPEND_RESET = 1,
	VMM_SUSPEND_POWEROFF = 2,
	VMM_SUSPEND_HALT = 3,
};

struct vmm_info {
	char name[VMM_NAME_MAX + 1];
	uint32_t state;		/* enum vmm_state */
	uint32_t suspend_how;	/* enum vmm_suspend */
	uint32_t vcpus_created; /* bit N: vCPU N exists */
	uint32_t vcpus_on;	/* bit N: vCPU N is powered on (PSCI) */
	uint32_t vcpus_running; /* bit N: a thread is in VMM_RUN for vCPU N */
	int32_t runner_pid;   /* process (tgid, init namespace) that last entered VMM_RUN, 0 if none
			       */
	uint64_t memory_size; /* bytes of all segments */
	uint64_t memory_resident; /* bytes of guest memory that have been touched and are allocated
				   */
	uint64_t overhead;   /* bytes of the driver's own memory for this VM beside its memory */
	uint64_t created_ns; /* CLOCK_BOOTTIME at creation */
};

#define VMM_MEM_READONLY 0x1u /* the guest cannot write: a write is reported as VMM_EXIT_MMIO */
#define VMM_MEM_TRAP                                                                \
	0x2u /* the guest cannot even read: loads and stores are VMM_EXIT_MMIO, and \
		fetches and table walks get an external abort */

/* A memory segment. ipa and size are multiples of 4096; segments do not overlap each other or the
 * GIC's registers. */
struct vmm_memseg {
	uint32_t index; /* VMM_GET_MEMSEG: which; VMM_SET_MEMSEG: returned */
	uint32_t flags; /* VMM_MEM_* */
	uint64_t ipa;
	uint64_t size;
	uint64_t resident; /* returned: bytes allocated */
};

/* Registers for VMM_GET_REG and VMM_SET_REG. X0 to X30 are 0 to 30. The EL1 registers are named as
 * in the Arm ARM. */
enum vmm_reg {
	VMM_REG_X0 = 0,
	VMM_REG_X30 = 30,
	VMM_REG_PC = 31,
	VMM_REG_PSTATE = 32,
	VMM_REG_SP_EL0 = 33,
	VMM_REG_SP_EL1 = 34,
	VMM_REG_ELR_EL1 = 35,
	VMM_REG_SPSR_EL1 = 36,
	VMM_REG_SCTLR_EL1 = 37,
	VMM_REG_CPACR_EL1 = 38,
	VMM_REG_TTBR0_EL1 = 39,
	VMM_REG_TTBR1_EL1 = 40,
	VMM_REG_TCR_EL1 = 41,
	VMM_REG_ESR_EL1 = 42,
	VMM_REG_AFSR0_EL1 = 43,
	VMM_REG_AFSR1_EL1 = 44,
	VMM_REG_FAR_EL1 = 45,
	VMM_REG_MAIR_EL1 = 46,
	VMM_REG_VBAR_EL1 = 47,
	VMM_REG_CONTEXTIDR_EL1 = 48,
	VMM_REG_AMAIR_EL1 = 49,
	VMM_REG_CNTKCTL_EL1 = 50,
	VMM_REG_PAR_EL1 = 51,
	VMM_REG_TPIDR_EL0 = 52,
	VMM_REG_TPIDRRO_EL0 = 53,
	VMM_REG_TPIDR_EL1 = 54,
	VMM_REG_CSSELR_EL1 = 55,
	VMM_REG_MDSCR_EL1 = 56,
	VMM_REG_MPIDR_EL1 = 57, /* read only */
	VMM_REG_CNTV_CTL_EL0 = 58,
	VMM_REG_CNTV_CVAL_EL0 = 59,
	VMM_REG_CNTP_CTL_EL0 = 60,
	VMM_REG_CNTP_CVAL_EL0 = 61,
	VMM_REG_CNTVOFF_EL2 = 62, /* of the whole VM */
	/* What only a vCPU in AArch32 has; its other registers are those of AArch64 that they are
	 * mapped to (Arm ARM D1.20.1): R0 to R12 are X0 to X12, SP_svc is X19, DFAR is half of
	 * FAR_EL1. */
	VMM_REG_SPSR_ABT = 63,
	VMM_REG_SPSR_UND = 64,
	VMM_REG_SPSR_IRQ = 65,
	VMM_REG_SPSR_FIQ = 66,
	VMM_REG_DACR32_EL2 = 67,
	VMM_REG_IFSR32_EL2 = 68,
	VMM_REG_FPEXC32_EL2 = 69,
	VMM_REG_STOLEN_TIME = 70, /* ns that it was ready to run and did not (Arm DEN 0057) */
	VMM_REG_COUNT
};

struct vmm_reg_access {
	uint32_t vcpu;
	uint32_t reg; /* enum vmm_reg */
	uint64_t value;
};

/* Performance monitors (PMUv3) with the interrupt VM_PPI_PMU, in AArch64 */
#define VMM_FEATURE_PMU 0x1u

#define VMM_VCPU_AARCH32 \
	0x1u /* EL1 is in AArch32; EOPNOTSUPP on CPUs that have only AArch64 there */

/* PSCI CPU_ON: see VMM_VCPU_ON. */
struct vmm_vcpu_on {
	uint32_t vcpu;
	uint32_t flags;	  /* VMM_VCPU_* */
	uint64_t entry;	  /* PC, entered at EL1h with the MMU off and DAIF set; in AArch32 in SVC
			     mode with A, I and F set, bit 0 means T32 */
	uint64_t context; /* X0, R0 */
};

/* Sets the level of an interrupt line. For an interrupt that the guest configured as edge-triggered
 * a change from 0 to 1 makes it pending. intid is 16..31 for a private interrupt of one vCPU, or
 * VMM_SPI_FIRST..VMM_SPI_LAST. */
struct vmm_irq_line {
	uint32_t intid;
	uint32_t level; /* 0 or 1 */
	uint32_t vcpu;	/* for a private interrupt; else 0 */
	uint32_t pad;
};

#define VMM_EVENTFD_DEASSIGN  0x1u
#define VMM_EVENTFD_DATAMATCH 0x2u /* ioeventfd: only a write of exactly this value */

/* Bindings of eventfds belong to the open file that made them, and go when it is closed. EEXIST,
 * ENOENT, ENOSPC. */

/* irqfd: signalling the eventfd pulses the interrupt line (0 -> 1 -> 0): for edge-triggered
 * interrupts. An eventfd drives one line of a VM, whatever file it was bound by (EEXIST), and a VM
 * has 256 of them (ENOSPC). */
struct vmm_irqfd {
	int32_t fd;
	uint32_t intid;
	uint32_t flags;
	uint32_t pad;
};

/* ioeventfd (doorbell): a guest write of len bytes to ipa signals the eventfd and does not reach
 * user space. */
struct vmm_ioeventfd {
	uint64_t ipa;
	uint64_t data;
	uint32_t len; /* 1, 2, 4 or 8 */
	uint32_t flags;
	int32_t fd;
	uint32_t pad;
};

/* Bytes kept with the VM, opaque to the driver: what was loaded into it (lines of key=value). GET:
 * size is the room at data on entry and the blob's size on return; ENOSPC (with size set) if it
 * does not fit. */
struct vmm_blob {
	uint64_t data; /* user address */
	uint32_t size;
	uint32_t pad;
};

#define VMM_STATS_ROOM 64 /* >= VMM_STAT_COUNT */

struct vmm_stats {
	uint32_t vcpu;
	uint32_t count; /* returned: VMM_STAT_COUNT of the driver */
	uint64_t value[VMM_STATS_ROOM];
};

/* Why VMM_RUN returned 0, struct vmm_run.exit_reason. */
enum vmm_exit_reason {
	VMM_EXIT_NONE = 0, /* nothing to do: call VMM_RUN again */
	VMM_EXIT_MMIO = 1, /* an access to an address that nobody in the kernel answers */
	VMM_EXIT_HVC =
		2, /* an SMCCC call that EL2 does not answer (PSCI calls that change the VM) */
	VMM_EXIT_SUSPENDED = 3, /* VMM_SUSPEND was called by somebody */
	VMM_EXIT_ERROR =
		4, /* the VM cannot go on (a fault at EL2, say); the kernel log says more */
};

/*
 * The page shared between the driver and the thread that runs one vCPU. The driver writes it before
 * VMM_RUN returns; user space answers in it and calls VMM_RUN again. It must only be touched by the
 * thread that calls VMM_RUN.
 */
struct vmm_run {
	uint32_t exit_reason; /* enum vmm_exit_reason */
	uint32_t pad;
	uint64_t pc; /* of the instruction that exited */
	union {
		/* For a read, user space puts the value into data (zero-extended; the driver does
		 * sign extension and register writeback) before the next VMM_RUN. abort = 1 makes
		 * the next VMM_RUN inject a synchronous external abort in place of finishing the
		 * access: nothing is there. */
		struct {
			uint64_t ipa;
			uint64_t data;
			uint8_t size;  /* 1, 2, 4 or 8 bytes */
			uint8_t write; /* 0 or 1 */
			uint8_t abort;
			uint8_t pad[5];
		} mmio;
		/* x0..x7 as the guest passed them; user space puts the results into ret, which
		 * VMM_RUN moves to x0..x3. */
		struct {
			uint64_t arg[8];
			uint64_t ret[4];
		} hvc;
		struct {
			uint32_t how; /* enum vmm_suspend */
			uint32_t vcpu;
		} suspended;
		struct {
			uint64_t code;
			uint64_t esr;
			uint64_t far;
		} error;
	};
};

#define VMM_IOC	       0xb5

/* On /dev/vmmctl. Each ioctl returns 0, or -1 with errno. */
#define VMMCTL_VERSION _IOR(VMM_IOC, 0x00, uint32_t) /* VMM_ABI_VERSION of the driver */
#define VMMCTL_CREATE \
	_IOW(VMM_IOC, 0x01, struct vmm_name) /* EEXIST, EINVAL (name), ENOSPC, ENOMEM, EDQUOT */
#define VMMCTL_DESTROY                                                                           \
	_IOW(VMM_IOC, 0x02, struct vmm_name) /* ENOENT, EPERM; ends a running VM's threads first \
					      */

/* On /dev/vmm/NAME. After the VM is destroyed each fails with ENODEV. */
#define VMM_INFO _IOR(VMM_IOC, 0x10, struct vmm_info)
#define VMM_SET_MEMSEG       \
	_IOWR(VMM_IOC, 0x11, \
	      struct vmm_memseg) /* EINVAL, EEXIST (overlap), ENOMEM (> host's), ENOSPC, EDQUOT */
#define VMM_GET_MEMSEG _IOWR(VMM_IOC, 0x12, struct vmm_memseg) /* ENOENT past the last */
#define VMM_VCPU_CREATE                                                          \
	_IO(VMM_IOC, 0x13) /* arg: vCPU number; 0 also if it exists; powered off \
			    */
/* Powers a vCPU on from the architectural reset state, which lasts until the next time: EALREADY if
 * it is on, ENOENT if it was not created. */
#define VMM_VCPU_ON _IOW(VMM_IOC, 0x14, struct vmm_vcpu_on)
#define VMM_VCPU_OFF \
	_IO(VMM_IOC, 0x15) /* arg: vCPU number; EBUSY: it is in VMM_RUN (call it in its thread) */
/* arg: vCPU number. Runs it until something needs user space; waits while it is powered off. EINTR:
 * a signal came; EBUSY: another thread is in VMM_RUN; ENOENT: it was not created; ENOMEM: for
 * memory that the guest touched, may be retried. */
#define VMM_RUN	    _IO(VMM_IOC, 0x16)
#define VMM_GET_REG _IOWR(VMM_IOC, 0x17, struct vmm_reg_access) /* briefly stops a running vCPU */
#define VMM_SET_REG         \
	_IOW(VMM_IOC, 0x18, \
	     struct vmm_reg_access) /* EPERM: read only; EBUSY: the vCPU is in VMM_RUN */
#define VMM_IRQ_LINE	     _IOW(VMM_IOC, 0x19, struct vmm_irq_line)
#define VMM_IRQFD	     _IOW(VMM_IOC, 0x1a, struct vmm_irqfd)
#define VMM_IOEVENTFD	     _IOW(VMM_IOC, 0x1b, struct vmm_ioeventfd)
#define VMM_GET_STATS	     _IOWR(VMM_IOC, 0x1c, struct vmm_stats)
/* arg: enum vmm_suspend; every VMM_RUN returns VMM_EXIT_SUSPENDED from now on. A power-off or halt
 * takes the place of a reset. EALREADY: else the first reason stands. */
#define VMM_SUSPEND	     _IO(VMM_IOC, 0x1d)
/* Back to the state after creation: vCPUs off, GIC and timers reset, memory kept. arg: 0, or enum
 * vmm_suspend, what ended the last run; ECANCELED: it is ended otherwise by now (who restarts a
 * guest that has reset itself must not undo a power-off). EBUSY while a thread is in VMM_RUN; EIO:
 * a fault at EL2 ended this VM; EINVAL. */
#define VMM_REINIT	     _IO(VMM_IOC, 0x1e)
/* Changes the flags of the segment `index`; what it holds is kept, other members are 0. For flash,
 * which is memory until it gets a command. EINVAL (flags, members), ENOENT. */
#define VMM_SET_MEMSEG_FLAGS _IOW(VMM_IOC, 0x21, struct vmm_memseg)
/* arg 1: the VM goes with this open file: it is destroyed when the file is closed, with its
 * process, say, unless the run was ended by VMM_SUSPEND before. 0: not any more. EINVAL; EBUSY: it
 * goes with another open file. */
#define VMM_BIND	     _IO(VMM_IOC, 0x22)
/* arg: VMM_FEATURE_* that the guest is to have, of those that a VM has only if asked; before vCPUs
 * are created, or the same again. EOPNOTSUPP: this host has not all of them; EBUSY; EINVAL. */
#define VMM_SET_FEATURES     _IO(VMM_IOC, 0x23)
#define VMM_SET_BLOB	     _IOW(VMM_IOC, 0x1f, struct vmm_blob)
#define VMM_GET_BLOB	     _IOWR(VMM_IOC, 0x20, struct vmm_blob)

#endif
