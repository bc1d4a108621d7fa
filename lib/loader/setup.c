// SPDX-License-Identifier: BSD-2-Clause
/* Creates a VM, fills it and remembers what with. */
#include "lib/loader/setup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/loader/file.h"
#include "lib/loader/rom.h"

/* Writes the sentence for a failed operation; returns the error. */
static int explain(enum vm_operation op, const char *name, int error, char *err, size_t errlen)
{
	vm_explain(op, name, error, err, errlen);
	return error;
}

int setup_read_record(struct vmctx *vm, struct record *record, char *err, size_t errlen)
{
	char *blob;
	size_t size;
	int error = vm_get_blob(vm, &blob, &size);

	if (error)
		return explain(VM_OP_OTHER, vm_name(vm), error, err, errlen);
	error = record_parse(blob, size, record);
	free(blob);
	if (error == -ENOENT)
		snprintf(err, errlen,
			 "nothing is loaded; load a kernel with bhyveload -k KERNEL %s, or give "
			 "bhyve -o kernel=KERNEL or -o bootrom=FIRMWARE",
			 vm_name(vm));
	else if (error)
		snprintf(err, errlen,
			 "what was loaded is not understood (by another version?); run bhyveload "
			 "again");
	return error;
}

int setup_write_record(struct vmctx *vm, const struct record *record, char *err, size_t errlen)
{
	char *blob = malloc(VMM_BLOB_MAX);
	int error = blob ? record_format(record, blob, VMM_BLOB_MAX) : -ENOMEM;

	if (error >= 0)
		error = vm_set_blob(vm, blob, (size_t)error);
	free(blob);
	return error ? explain(VM_OP_OTHER, vm_name(vm), error, err, errlen) : 0;
}

int setup_keep_files(const struct record *record, char *err, size_t errlen)
{
	const char *const paths[] = { record->kernel, record->initrd, record->dtb,
				      record->bootrom };
	int error = 0;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]) && !error; i++)
		if (paths[i][0])
			error = file_keep(paths[i], err, errlen);
	return error;
}

int setup_reload(struct vmctx *vm, struct record *record, char *err, size_t errlen)
{
	void *ram = vm_map(vm, VM_RAM_BASE, record->memory_size);
	int error;

	if (!ram)
		return explain(VM_OP_MEMORY, vm_name(vm), -errno, err, errlen);
	error = record->bootrom[0] ? rom_load(vm, record, err, errlen)
				   : load_guest(record, ram, err, errlen);
	if (error)
		return error;
	return setup_write_record(vm, record, err, errlen);
}

/* Size of the segment at VM_RAM_BASE; 0 if there is none yet. */
static uint64_t memory_of(struct vmctx *vm)
{
	struct vmm_memseg segment;

	for (uint32_t i = 0; vm_get_memseg(vm, i, &segment) == 0; i++)
		if (segment.ipa == VM_RAM_BASE)
			return segment.size;
	return 0;
}

/* Gives the VM its memory, or checks that it has what is asked for. */
static int set_memory(struct vmctx *vm, uint64_t asked, uint64_t *size, char *err, size_t errlen)
{
	uint64_t has = memory_of(vm);
	int error;

	if (has && asked && has != asked) {
		snprintf(err, errlen,
			 "exists with %lluM of memory, not %lluM; destroy it with bhyvectl --vm=%s "
			 "--destroy or leave -m out",
			 (unsigned long long)(has >> 20), (unsigned long long)(asked >> 20),
			 vm_name(vm));
		return -EEXIST;
	}
	*size = has ? has : asked ? asked : SETUP_MEMORY_DEFAULT;
	error = load_check_memory(*size, err, errlen);
	if (error || has)
		return error;
	error = vm_add_memseg(vm, VM_RAM_BASE, *size, 0);
	return error ? explain(VM_OP_MEMORY, vm_name(vm), error, err, errlen) : 0;
}

/* A path that may not be given. */
static int absolute(const char *path, char out[PATH_MAX], char *err, size_t errlen)
{
	int error = path ? load_absolute(path, out) : 0;

	if (error)
		snprintf(err, errlen, "%s: %s", path, strerror(-error));
	return error;
}

/* Takes the paths and the command line into a record. */
static int fill_record(const struct setup *setup, struct record *record, char *err, size_t errlen)
{
	const char *cmdline = setup->cmdline ? setup->cmdline : "";
	int error = absolute(setup->kernel, record->kernel, err, errlen);

	if (!error)
		error = absolute(setup->bootrom, record->bootrom, err, errlen);
	if (!error)
		error = absolute(setup->bootvars, record->bootvars, err, errlen);
	if (!error)
		error = absolute(setup->initrd, record->initrd, err, errlen);
	if (!error)
		error = absolute(setup->dtb, record->dtb, err, errlen);
	if (error)
		return error;
	if (strlen(cmdline) > RECORD_CMDLINE_MAX || strchr(cmdline, '\n')) {
		snprintf(err, errlen,
			 "cmdline: longer than %d bytes or with a newline; Linux takes no more",
			 RECORD_CMDLINE_MAX);
		return -EINVAL;
	}
	memcpy(record->cmdline, cmdline, strlen(cmdline) + 1);
	if (setup->arch && strcmp(setup->arch, "armv7") != 0 && strcmp(setup->arch, "armv8") != 0) {
		snprintf(err, errlen, "arch=%.100s: not an architecture; give armv7 or armv8",
			 setup->arch);
		return -EINVAL;
	}
	if (setup->arch)
		memcpy(record->arch, setup->arch, sizeof("armv7"));
	return 0;
}

static int wire(struct vmctx *vm, uint64_t size, char *err, size_t errlen)
{
	void *ram = vm_map(vm, VM_RAM_BASE, size);

	if (ram && madvise(ram, size, MADV_POPULATE_WRITE) == 0)
		return 0;
	return explain(VM_OP_MEMORY, vm_name(vm), -errno, err, errlen);
}

/* Fills an open VM. */
static int fill(const struct setup *setup, struct vmctx *vm, struct record *record, char *err,
		size_t errlen)
{
	int error = vm_reinit(vm, VMM_SUSPEND_NONE);

	if (error)
		return explain(VM_OP_STATE, setup->name, error, err, errlen);
	/* what was there is gone from here on, whatever happens */
	error = vm_set_blob(vm, "", 0);
	if (error)
		return explain(VM_OP_OTHER, setup->name, error, err, errlen);
	memset(record, 0, sizeof(*record));
	error = fill_record(setup, record, err, errlen);
	if (!error)
		error = set_memory(vm, setup->memory_size, &record->memory_size, err, errlen);
	if (!error && setup->wire)
		error = wire(vm, record->memory_size, err, errlen);
	return error ? error : setup_reload(vm, record, err, errlen);
}

int setup_vm(struct setup *setup, struct vmctx **vm, struct record *record, char *err,
	     size_t errlen)
{
	int error = vm_create(setup->name);

	*vm = NULL;
	setup->created = error == 0;
	if (error && error != -EEXIST)
		return explain(VM_OP_CREATE, setup->name, error, err, errlen);
	error = vm_open(setup->name, vm);
	if (!error && setup->bind && setup->created)
		error = vm_bind(*vm, true); /* before it has memory */
	if (error)
		explain(VM_OP_OPEN, setup->name, error, err, errlen);
	else
		error = fill(setup, *vm, record, err, errlen);
	if (!error && setup->bind)
		error = vm_bind(*vm, true);
	if (!error)
		return 0;
	vm_close(*vm);
	*vm = NULL;
	if (setup->created)
		vm_destroy(setup->name);
	return error;
}
