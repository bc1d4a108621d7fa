#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# compat_features.sh COMPILER FLAG... - print what the kernel's headers have, as definitions for compat.h.
#
# Each test is a few lines that compile only where the feature is there. Called by Kbuild with the flags of the kernel.
set -eu

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

compiles() {
	cat > "$work/test.c"
	"$@" -Wno-error -Werror=implicit-function-declaration -Werror=incompatible-pointer-types \
		-c -o "$work/test.o" "$work/test.c" 2> "$work/errors"
}

# has NAME: the lines on standard input compile here.
has() {
	feature=$1
	shift
	if compiles "$@"; then echo "#define VMM_HAS_$feature"; fi
}

# Where nothing compiles, no test says anything.
if ! printf '#include <linux/device.h>\nint works;\n' | compiles "$@"; then
	cat "$work/errors" >&2
	echo "compat_features.sh: the kernel's headers cannot be compiled with $1" >&2
	exit 1
fi

echo "/* Made by compat_features.sh from the headers of the kernel. */"

has CLASS_CREATE_NAME "$@" <<'C'
#include <linux/device/class.h>
struct class *make(void) { return class_create("vmm"); }
C

has DEVNODE_CONST "$@" <<'C'
#include <linux/device.h>
char *name(const struct device *device, umode_t *mode, kuid_t *uid, kgid_t *gid);
struct device_type type = { .devnode = name };
C

has EVENTFD_SIGNAL_ONE "$@" <<'C'
#include <linux/eventfd.h>
void signal_one(struct eventfd_ctx *event) { eventfd_signal(event); }
C

has NEON_BEGIN_STATE "$@" <<'C'
#include <asm/neon.h>
void begin(struct user_fpsimd_state *room) { kernel_neon_begin(room); }
C

has VM_FLAGS_SET "$@" <<'C'
#include <linux/mm.h>
void set(struct vm_area_struct *area) { vm_flags_set(area, VM_DONTDUMP); }
C

has LIST_COUNT_NODES "$@" <<'C'
#include <linux/list.h>
size_t count(struct list_head *head) { return list_count_nodes(head); }
C
