/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From files to a virtual machine that is ready to run: what bhyveload does, and bhyve with
 * kernel=.
 */
#ifndef LOADER_SETUP_H
#define LOADER_SETUP_H

#include <stdbool.h>

#include "lib/loader/load.h"
#include "lib/vmmapi/vmmapi.h"

/* Memory of a VM for which no size is given, in bytes. */
#define SETUP_MEMORY_DEFAULT (256ULL << 20)

/* What a user asks for. Strings are the caller's; NULL: not given. */
struct setup {
	const char *name;
	uint64_t memory_size; /* 0: what the VM has, SETUP_MEMORY_DEFAULT for a new one */
	const char *kernel;   /* NULL: a machine with a bootrom */
	const char *bootrom;
	const char *bootvars;
	const char *initrd;
	const char *dtb;
	const char *cmdline;
	const char *arch; /* armv7 or armv8; not given: as the kernel's header says */
	bool wire;	  /* allocate all memory now */
	bool bind;	  /* the VM goes with the handle, vm_bind() */
	bool created;	  /* returned: there was no such VM before */
};

/*
 * Opens the VM, creating it if there is none, loads the files and keeps the record with the VM,
 * which is then idle, in its first state. A VM that was created here is destroyed again if
 * something fails; one that existed stays, with nothing loaded. On success *vm is the caller's to
 * close. Negative errno with the sentence in err (LOADER_ERROR_MAX).
 */
int setup_vm(struct setup *setup, struct vmctx **vm, struct record *record, char *err,
	     size_t errlen);

/* The record of a VM; -ENOENT (nothing was loaded) and other errors with the sentence in err. */
int setup_read_record(struct vmctx *vm, struct record *record, char *err, size_t errlen);

/* Keeps a record with the VM. */
int setup_write_record(struct vmctx *vm, const struct record *record, char *err, size_t errlen);

/* Opens the record's files for setup_reload(), which then needs no right to open them. Negative
 * errno with the sentence in err. */
int setup_keep_files(const struct record *record, char *err, size_t errlen);

/* Loads the record's files again, into an idle VM whose vCPUs are reset, and keeps the new record.
 */
int setup_reload(struct vmctx *vm, struct record *record, char *err, size_t errlen);

#endif
