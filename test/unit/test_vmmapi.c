/*
 * Names and sentences of libvmmapi.
 *
 * sources: lib/vmmapi/names.c lib/vmmapi/error.c lib/vmmapi/control.c lib/vmmapi/vcpu.c
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/vmmapi/vmmapi.h"

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

static void states_have_names(void **state)
{
	(void)state;
	assert_string_equal(vm_state_name(VMM_STATE_IDLE), "idle");
	assert_string_equal(vm_state_name(VMM_STATE_RUNNING), "running");
	assert_string_equal(vm_state_name(VMM_STATE_SUSPENDED), "suspended");
	assert_string_equal(vm_state_name(77), "unknown");
}

static void errors_are_explained_with_what_to_do(void **state)
{
	static const struct {
		enum vm_operation op;
		int error;
		const char *says;
	} cases[] = {
		{ VM_OP_OPEN, -ENOENT, "run modprobe vmm" },
		{ VM_OP_OPEN, -EACCES, "be root" },
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_vms_are_checked),
		cmocka_unit_test(bad_names_reach_no_driver),
		cmocka_unit_test(every_register_is_found_by_its_name),
		cmocka_unit_test(registers_have_their_architectural_names),
		cmocka_unit_test(every_counter_has_name_and_description),
		cmocka_unit_test(states_have_names),
		cmocka_unit_test(errors_are_explained_with_what_to_do),
		cmocka_unit_test(unforeseen_errors_are_the_systems),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
