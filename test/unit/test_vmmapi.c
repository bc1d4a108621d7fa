// SPDX-License-Identifier: BSD-2-Clause
/*
 * Names and sentences of libvmmapi.
 *
 * sources: lib/vmmapi/names.c lib/vmmapi/error.c lib/vmmapi/refusal.c
 * sources: lib/vmmapi/control.c lib/vmmapi/vcpu.c lib/vmmapi/process.c
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/vmmapi/vm.h"

static void names_of_vms_are_checked(void **state)
{
	char name[VMM_NAME_MAX + 2];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[VMM_NAME_MAX] = '\0';
	assert_int_equal(vm_check_name(name), 0);
	name[VMM_NAME_MAX] = 'n';
	name[VMM_NAME_MAX + 1] = '\0';
	assert_int_equal(vm_check_name(name), -ENAMETOOLONG);
	assert_int_equal(vm_check_name("web-1.a_b+c"), 0);
	assert_int_equal(vm_check_name(""), -EINVAL);
	assert_int_equal(vm_check_name("."), -EINVAL);
	assert_int_equal(vm_check_name("../x"), -EINVAL);
	assert_int_equal(vm_check_name("a/b"), -EINVAL);
	assert_int_equal(vm_check_name("a b"), -EINVAL);
	assert_int_equal(vm_check_name("a\xc3\xa9"), -EINVAL);
}

static void bad_names_reach_no_driver(void **state)
{
	struct vmctx *vm = NULL;

	(void)state;
	assert_int_equal(vm_create("a/b"), -EINVAL);
	assert_int_equal(vm_destroy("a/b"), -EINVAL);
	assert_int_equal(vm_open("a/b", &vm), -EINVAL);
	assert_null(vm);
}

static void every_register_is_found_by_its_name(void **state)
{
	(void)state;
	for (uint32_t reg = 0; reg < VMM_REG_COUNT; reg++) {
		uint32_t found = UINT32_MAX;

		assert_non_null(vm_register_name(reg));
		assert_int_equal(vm_register_by_name(vm_register_name(reg), &found), 0);
		assert_int_equal(found, reg);
	}
	assert_null(vm_register_name(VMM_REG_COUNT));
}

static void registers_have_their_architectural_names(void **state)
{
	uint32_t reg = 0;

	(void)state;
	assert_string_equal(vm_register_name(VMM_REG_X30), "x30");
	assert_string_equal(vm_register_name(VMM_REG_PC), "pc");
	assert_int_equal(vm_register_by_name("SCTLR_EL1", &reg), 0);
	assert_int_equal(reg, VMM_REG_SCTLR_EL1);
	assert_int_equal(vm_register_by_name("lr", &reg), 0);
	assert_int_equal(reg, VMM_REG_X30);
	assert_int_equal(vm_register_by_name("x31", &reg), -ENOENT);
	assert_int_equal(vm_register_by_name("", &reg), -ENOENT);
	assert_int_equal(vm_register_by_name("pcx", &reg), -ENOENT);
}

static void every_counter_has_name_and_description(void **state)
{
	(void)state;
	for (uint32_t stat = 0; stat < VMM_STAT_COUNT; stat++) {
		assert_non_null(vm_stat_name(stat));
		assert_true(strlen(vm_stat_description(stat)) > 5);
	}
	assert_null(vm_stat_name(VMM_STAT_COUNT));
	assert_null(vm_stat_description(UINT32_MAX));
	assert_true(VMM_STAT_COUNT <= VMM_STATS_ROOM);
}

static void every_counter_of_devices_has_name_and_description(void **state)
{
	(void)state;
	for (uint32_t stat = 0; stat < VM_DEVICE_STAT_COUNT; stat++) {
		assert_non_null(vm_device_stat_name(stat));
		assert_true(strlen(vm_device_stat_description(stat)) > 5);
	}
	assert_null(vm_device_stat_name(VM_DEVICE_STAT_COUNT));
	assert_null(vm_device_stat_description(UINT32_MAX));
}

static void states_have_names(void **state)
{
	struct vmm_info info = { .state = VMM_STATE_IDLE, .vcpus_created = 3 };

	(void)state;
	assert_string_equal(vm_state_name(&info), "loading");
	info.vcpus_on = 1;
	assert_string_equal(vm_state_name(&info), "paused");
	info.state = VMM_STATE_RUNNING;
	assert_string_equal(vm_state_name(&info), "running");
	info.state = VMM_STATE_SUSPENDED;
	assert_string_equal(vm_state_name(&info), "off");
	info.state = 77;
	assert_string_equal(vm_state_name(&info), "unknown");
}

static void errors_are_explained_with_what_to_do(void **state)
{
	static const struct {
		enum vm_operation op;
		int error;
		const char *says;
	} cases[] = {
		{ VM_OP_OPEN, -ENOENT, "run modprobe vmm" },
		{ VM_OP_OPEN, -EACCES, "belongs to another user" },
		{ VM_OP_DESTROY, -EPERM, "belongs to another user" },
		{ VM_OP_CREATE, -EACCES, "be root" },
		{ VM_OP_CREATE, -EDQUOT, "max_user_vms" },
		{ VM_OP_VCPU, -EDQUOT, "max_user_vcpus" },
		{ VM_OP_MEMORY, -EDQUOT, "max_user_memory" },
		{ VM_OP_OPEN, -ENXIO, "no such virtual machine" },
		{ VM_OP_CREATE, -EEXIST, "destroy it with bhyvectl --vm=vm0 --destroy" },
		{ VM_OP_CREATE, -EINVAL, "not a name for a virtual machine" },
		{ VM_OP_CREATE, -ENAMETOOLONG, "at most 63" },
		{ VM_OP_CREATE, -EPROTO, "another version" },
		{ VM_OP_MEMORY, -ENOMEM, "smaller -m" },
		{ VM_OP_REGISTER, -EBUSY, "is running" },
		{ VM_OP_STATE, -EBUSY, "--vm=vm0 --force-poweroff" },
		{ VM_OP_OTHER, -ENODEV, "was destroyed" },
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		vm_explain(cases[i].op, "vm0", cases[i].error, text, sizeof(text));
		if (!strstr(text, cases[i].says))
			fail_msg("\"%s\" does not say \"%s\"", text, cases[i].says);
	}
}

static void unforeseen_errors_are_the_systems(void **state)
{
	char text[512], small[8];

	(void)state;
	assert_string_equal(vm_explain(VM_OP_OTHER, "vm0", -EIO, text, sizeof(text)),
			    strerror(EIO));
	assert_string_equal(vm_explain(VM_OP_VCPU, "vm0", -EPERM, text, sizeof(text)),
			    strerror(EPERM));
	vm_explain(VM_OP_OPEN, "vm0", -ENOENT, small, sizeof(small));
	assert_int_equal(strlen(small), 7);
}

/* The log as /dev/kmsg gives it: a record a read, and an error at its end. */
static bool last_refusal(const char *const *records, char *reasons, size_t size)
{
	int log[2];
	bool refused;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, log), 0);
	for (; *records; records++)
		assert_int_equal(send(log[1], *records, strlen(*records), 0), strlen(*records));
	refused = vm_last_refusal(log[0], reasons, size);
	close(log[0]);
	close(log[1]);
	return refused;
}

static void the_last_refusal_is_found_in_the_log_with_all_its_reasons(void **state)
{
	static const char *const records[] = {
		"6,1,1,-;vmm: START: on Linux 6.1, 2 CPUs\n",
		"3,2,2,-;vmm: a reason of an earlier time\n",
		"3,3,3,-;vmm: STOP: not loaded: looking at the machine failed: -ENODEV\n",
		"6,4,4,-;vmm: START: on Linux 6.1, 2 CPUs\n",
		"6,5,5,-;vmm: [1/8] looking at the machine\n",
		"3,6,6,-;vmm: boot with id_aa64mmfr1.vh=0\n SUBSYSTEM=x\n",
		"3,7,7,-;another: its error\n",
		"3,8,8,-;vmm: boot with arm64.nosve\n",
		"3,9,9,-;vmm: STOP: not loaded: looking at the machine failed: -ENODEV\n",
		"3,10,10,-;vmm: an error of later\n",
		NULL,
	};
	char reasons[128], small[8];

	(void)state;
	assert_true(last_refusal(records, reasons, sizeof(reasons)));
	assert_string_equal(reasons, "boot with id_aa64mmfr1.vh=0; boot with arm64.nosve");
	assert_true(last_refusal(records, small, sizeof(small)));
	assert_string_equal(small, "boot wi");
}

static void a_refusal_without_a_reason_says_its_step(void **state)
{
	static const char *const records[] = {
		"6,1,1,-;vmm: START: on Linux 6.1, 2 CPUs\n",
		"3,2,2,-;vmm: STOP: not loaded: making the control device failed: -ENOMEM\n",
		NULL,
	};
	char reasons[128];

	(void)state;
	assert_true(last_refusal(records, reasons, sizeof(reasons)));
	assert_string_equal(reasons, "making the control device failed: -ENOMEM");
}

static void a_driver_that_was_loaded_since_was_not_refused(void **state)
{
	static const char *const records[] = {
		"3,1,1,-;vmm: STOP: not loaded: looking at the machine failed: -ENODEV\n",
		"6,2,2,-;vmm: START: on Linux 6.1, 2 CPUs\n",
		"6,3,3,-;vmm: STOP: ready, EL2 of 2 CPUs is ours\n",
		"6,4,4,-;vmm: unloaded, EL2 is the kernel's again\n",
		NULL,
	};
	static const char *const none[] = { "no record", NULL };
	char reasons[128];

	(void)state;
	assert_false(last_refusal(records, reasons, sizeof(reasons)));
	assert_false(last_refusal(none, reasons, sizeof(reasons)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_vms_are_checked),
		cmocka_unit_test(bad_names_reach_no_driver),
		cmocka_unit_test(every_register_is_found_by_its_name),
		cmocka_unit_test(registers_have_their_architectural_names),
		cmocka_unit_test(every_counter_has_name_and_description),
		cmocka_unit_test(every_counter_of_devices_has_name_and_description),
		cmocka_unit_test(states_have_names),
		cmocka_unit_test(errors_are_explained_with_what_to_do),
		cmocka_unit_test(unforeseen_errors_are_the_systems),
		cmocka_unit_test(the_last_refusal_is_found_in_the_log_with_all_its_reasons),
		cmocka_unit_test(a_refusal_without_a_reason_says_its_step),
		cmocka_unit_test(a_driver_that_was_loaded_since_was_not_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
