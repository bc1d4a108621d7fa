/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libvmmapi: virtual machines of the vmm driver, for C programs.
 *
 * A virtual machine lives in the kernel under its name until it is destroyed, whether or not a
 * process has it open. A struct vmctx is one process's handle of one virtual machine. Unless said
 * otherwise functions return 0 or a negative errno, and may be called from any thread; -ENODEV
 * comes from each of them once the VM has been destroyed. vm_explain() makes the sentence for the
 * user out of an error.
 */
#ifndef VMMAPI_H
#define VMMAPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "vm_device_stats.h"
#include "vmm_ioctl.h"

struct vmctx;

/* Where guest memory starts, and its largest size: the PCIe windows are above. Bytes. */
#define VM_RAM_BASE 0x40000000ULL
#define VM_RAM_MAX  (0x4000000000ULL - VM_RAM_BASE)

/* ---- names, creation and destruction ---- */

/*
 * Whether a name may be a VM's: -EINVAL if it is empty or has characters other than letters,
 * digits, '.', '_', '-', '+', or starts with '.'; -ENAMETOOLONG over VMM_NAME_MAX bytes.
 */
int vm_check_name(const char *name);

/* Creates a VM. -EEXIST: there is one of that name; -ENOENT: the driver is not loaded; -EACCES;
 * -EPROTO: the driver's ABI is of another version; -EINVAL, -ENAMETOOLONG: the name; -EDQUOT: the
 * user has as many as one may have (vmm(4), max_user_vms). */
int vm_create(const char *name);

/* Destroys a VM, even while it runs: its threads end first. -ENXIO: there is none of that name;
 * -EPERM: it is another user's; else as vm_create(). */
int vm_destroy(const char *name);

/* Opens a VM that exists. The handle is the caller's, to be given to vm_close(). -ENXIO: there is
 * none of that name; else as vm_create(). */
int vm_open(const char *name, struct vmctx **vm);

/* Unmaps everything and frees the handle; NULL is allowed. The VM stays. No other thread may still
 * use the handle. */
void vm_close(struct vmctx *vm);

/* The name the handle was opened with. */
const char *vm_name(const struct vmctx *vm);

/* The descriptor of /dev/vmm/NAME, for poll and for handing over; it stays the handle's. */
int vm_fd(const struct vmctx *vm);

/* Calls visit with every VM's name, sorted; stops at non-zero, which is returned. -ENOENT: the
 * driver is not loaded. */
typedef int vm_visit(const char *name, void *arg);
int vm_list(vm_visit *visit, void *arg);

/*
 * With true, the VM goes with the handle: when it is closed, or its process is killed, and the run
 * was not ended by vm_suspend(), the driver destroys the VM. With false it stays again. -EBUSY: it
 * goes with another handle.
 */
int vm_bind(struct vmctx *vm, bool bound);

/* The user who created a VM, as /dev/vmm/NAME tells everybody. -ENXIO: there is no such VM. */
int vm_owner(const char *name, uid_t *owner);

int vm_get_info(struct vmctx *vm, struct vmm_info *info);

/*
 * The state in a word:
 *
 *   loading   no vCPU was started yet since it was created or reset
 *   running   a process runs its vCPUs
 *   paused    no process runs them: bhyve was killed
 *   off       the guest powered off, halted or reset, or was made to
 */
const char *vm_state_name(const struct vmm_info *info);

/* ---- memory ---- */

/*
 * Adds a segment of guest memory; ipa and size are multiples of 4096, flags are VMM_MEM_*. Nothing
 * is allocated before it is touched. -EINVAL, -EEXIST (overlap), -ENOMEM (more than the host has),
 * -ENOSPC (VMM_MAX_MEMSEGS are there).
 */
int vm_add_memseg(struct vmctx *vm, uint64_t ipa, uint64_t size, uint32_t flags);

/* Changes the flags of the index-th segment, also while the VM runs; what it holds is kept.
 * -EINVAL, -ENOENT (no such segment), -ENOMEM. */
int vm_set_memseg_flags(struct vmctx *vm, uint32_t index, uint32_t flags);

/* The index-th segment; -ENOENT past the last. */
int vm_get_memseg(struct vmctx *vm, uint32_t index, struct vmm_memseg *segment);

/*
 * The host address of guest range [ipa, ipa + len), mapped on first use and until vm_close(); NULL
 * with errno set: EFAULT if the range does not lie wholly in one segment, or what mmap said.
 */
void *vm_map(struct vmctx *vm, uint64_t ipa, uint64_t len);

/*
 * Makes len bytes at a host address of guest memory visible to a guest that has its caches off, and
 * drops what instruction caches hold of them: to be called after writing code or data for a guest's
 * start. (On other machines than arm64, where this runs in tests, nothing is done.)
 */
void vm_sync_memory(const void *host, size_t len);

/* ---- virtual CPUs ---- */

/* What the guest has beside what every VM has: VMM_FEATURE_*. Before vCPUs are created, or the same
 * again. -EOPNOTSUPP: this host has not all of them; -EBUSY. */
int vm_set_features(struct vmctx *vm, uint32_t features);

/* Creates vCPU number vcpu (0 to VMM_MAX_VCPUS - 1), powered off; 0 also if it is there. */
int vm_vcpu_create(struct vmctx *vm, uint32_t vcpu);

/* Powers a vCPU on: it starts at entry (IPA) with context in x0. -EALREADY: it is on; -ENOENT:
 * never created. */
int vm_vcpu_on(struct vmctx *vm, uint32_t vcpu, uint64_t entry, uint64_t context);

/*
 * The same with EL1 in AArch32: entry's bit 0 means T32, context is in r0. The vCPU is in
 * Supervisor mode, exceptions masked, MMU off. -EOPNOTSUPP: the host's CPUs have only AArch64 at
 * EL1.
 */
int vm_vcpu_on32(struct vmctx *vm, uint32_t vcpu, uint32_t entry, uint32_t context);

/* Powers a vCPU off; called by the thread that runs it, between two vm_run(). */
int vm_vcpu_off(struct vmctx *vm, uint32_t vcpu);

/*
 * The page a vCPU shares with the thread that runs it, mapped until vm_close(); NULL with errno
 * set. Only that thread may touch it.
 */
struct vmm_run *vm_run_page(struct vmctx *vm, uint32_t vcpu);

/* Runs a vCPU until something needs the caller: see struct vmm_run. -EINTR: a signal; -EBUSY:
 * another thread runs it. */
int vm_run(struct vmctx *vm, uint32_t vcpu);

/* Registers by enum vmm_reg. Reading stops a running vCPU for a moment; writing fails with -EBUSY
 * while it is run, with -EPERM for one that is read only. */
int vm_get_register(struct vmctx *vm, uint32_t vcpu, uint32_t reg, uint64_t *value);
int vm_set_register(struct vmctx *vm, uint32_t vcpu, uint32_t reg, uint64_t value);

/* "x0", "pc", "sctlr-el1": the name of a register, NULL for VMM_REG_COUNT and above; and the other
 * way (upper case and
 * '_' for '-' are accepted too), -ENOENT. */
const char *vm_register_name(uint32_t reg);
int vm_register_by_name(const char *name, uint32_t *reg);

/* ---- interrupts and events ---- */

/* Sets the level of a shared (32 to 287) or, of one vCPU, a private (16 to 31) interrupt's line. */
int vm_irq_line(struct vmctx *vm, uint32_t vcpu, uint32_t intid, bool level);

/* Binds an eventfd to an edge-triggered interrupt: signalling it pulses the line. Unbinds with
 * VMM_EVENTFD_DEASSIGN. */
int vm_irqfd(struct vmctx *vm, int fd, uint32_t intid, uint32_t flags);

/* Binds an eventfd to guest writes of len (1, 2, 4, 8) bytes at ipa; with VMM_EVENTFD_DATAMATCH to
 * those of data. */
int vm_ioeventfd(struct vmctx *vm, int fd, uint64_t ipa, uint32_t len, uint64_t data,
		 uint32_t flags);

/* ---- state ---- */

/* Ends the run: every vm_run() returns VMM_EXIT_SUSPENDED from now on, until vm_reinit(). how: enum
 * vmm_suspend; a power-off or halt takes the place of a reset. -EALREADY: else the first one
 * stands.
 */
int vm_suspend(struct vmctx *vm, uint32_t how);

/*
 * Back to the state after creation, memory and blob kept. ended: VMM_SUSPEND_NONE, or how the last
 * run ended as far as the caller knows; -ECANCELED: it is ended otherwise by now. -EBUSY while a
 * thread is in vm_run().
 */
int vm_reinit(struct vmctx *vm, uint32_t ended);

/* ---- statistics ---- */

/* The counters of one vCPU; stats->count says how many the driver has, at most VMM_STATS_ROOM.
 * -ENOENT: no such vCPU */
int vm_get_stats(struct vmctx *vm, uint32_t vcpu, struct vmm_stats *stats);

/* Name and description of a counter; NULL for VMM_STAT_COUNT and above. */
const char *vm_stat_name(uint32_t stat);
const char *vm_stat_description(uint32_t stat);

/* ---- the process that runs a VM ---- */

/* Where bhyve keeps the sockets of the VM of a name: VM_RUN_DIR/NAME/console and .../control. */
#ifndef VM_RUN_DIR
#define VM_RUN_DIR "/run/bhyve"
#endif

/* The path of the socket "console" or "control". -EINVAL, -ENAMETOOLONG: the name, or len. */
int vm_socket_path(const char *name, const char *which, char *buf, size_t len);

/* Connects to it: a descriptor, which is the caller's. -ENOENT: no process listens there; -EACCES;
 * -ETIMEDOUT: it does not answer; else as vm_socket_path(). */
int vm_socket_connect(const char *name, const char *which);

/*
 * Removes the sockets, and their directory, that a process left which was killed. Those at which a
 * process listens stay, and so does what else is in the directory. For one whose VM is destroyed.
 */
void vm_remove_sockets(const char *name);

/* One counter of one device. */
struct vm_device_stat {
	char device[32]; /* its kind, "virtio-blk" */
	unsigned slot;
	uint32_t stat; /* enum vm_device_stat_id */
	uint64_t value;
};

/*
 * Asks the process that runs a VM for its devices' counters and calls visit with each, those of a
 * device together. -ENOENT: none runs it, or one without a control socket; -EACCES; -ETIMEDOUT: it
 * does not answer; -EPROTO: it is of another version.
 */
typedef void vm_device_stat_fn(const struct vm_device_stat *stat, void *arg);
int vm_device_stats(const char *name, vm_device_stat_fn *visit, void *arg);

/*
 * Has the process that runs a VM measure the image of the disk in a slot, and tell the guest when
 * it has grown. Errors as vm_device_stats(), with the reason in why; -EPROTO: the process refuses.
 */
int vm_resize_disk(const char *name, unsigned slot, char *why, size_t len);

/* Name and description of a counter; NULL for VM_DEVICE_STAT_COUNT and above. */
const char *vm_device_stat_name(uint32_t stat);
const char *vm_device_stat_description(uint32_t stat);

/* ---- blob: bytes kept with the VM, opaque to the driver ---- */

/* Replaces the blob. -E2BIG over VMM_BLOB_MAX bytes. */
int vm_set_blob(struct vmctx *vm, const void *data, size_t size);

/* The blob with a NUL byte behind it, allocated: the caller frees *data. An empty blob has size 0.
 */
int vm_get_blob(struct vmctx *vm, char **data, size_t *size);

/* ---- errors ---- */

/* What was being done, for vm_explain(). */
enum vm_operation {
	VM_OP_CREATE,
	VM_OP_OPEN,
	VM_OP_DESTROY,
	VM_OP_LIST,
	VM_OP_MEMORY,
	VM_OP_VCPU,
	VM_OP_REGISTER,
	VM_OP_STATE,
	VM_OP_OTHER,
};

/*
 * The sentence for a user, of an operation on the VM of that name and a negative errno, in buf:
 * what is wrong and what to do about it ("the vmm driver is not loaded; run modprobe vmm"). Returns
 * buf.
 */
const char *vm_explain(enum vm_operation op, const char *name, int error, char *buf, size_t len);

#endif
