// SPDX-License-Identifier: BSD-2-Clause
/*
 * Configuration keys, sizes, files and %(key).
 *
 * sources: bhyve/config.c bhyve/config_file.c
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "bhyve/config.h"

static char err[512];

static int clear(void **state)
{
	(void)state;
	config_clear();
	err[0] = '\0';
	return 0;
}

static int load_text(const char *text)
{
	FILE *stream = fmemopen((void *)text, strlen(text), "r");
	int error;

	assert_non_null(stream);
	error = config_load_stream(stream, "vm.conf", err, sizeof(err));
	fclose(stream);
	return error;
}

static void absent_key_is_null(void **state)
{
	(void)state;
	assert_null(config_get("memory.size"));
}

static void key_set_twice_has_the_last_value_and_the_first_place(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	(void)state;
	assert_int_equal(config_set("a", "1"), 0);
	assert_int_equal(config_set("b", "2"), 0);
	assert_int_equal(config_set("a", "3"), 0);
	config_dump(stream);
	fclose(stream);
	assert_string_equal(text, "a=3\nb=2\n");
	free(text);
}

static void value_may_hold_equals_signs(void **state)
{
	(void)state;
	assert_int_equal(config_set_pair("cmdline=root=/dev/vda rw"), 0);
	assert_string_equal(config_get("cmdline"), "root=/dev/vda rw");
}

static void malformed_keys_and_values_are_refused(void **state)
{
	char long_key[CONFIG_KEY_MAX + 3], long_value[CONFIG_VALUE_MAX + 2];

	(void)state;
	memset(long_key, 'k', sizeof(long_key) - 1);
	long_key[sizeof(long_key) - 1] = '\0';
	memset(long_value, 'v', sizeof(long_value) - 1);
	long_value[sizeof(long_value) - 1] = '\0';
	assert_int_equal(config_set("", "1"), -EINVAL);
	assert_int_equal(config_set("a b", "1"), -EINVAL);
	assert_int_equal(config_set("a/b", "1"), -EINVAL);
	assert_int_equal(config_set(long_key, "1"), -EINVAL);
	assert_int_equal(config_set("a", long_value), -EINVAL);
	assert_int_equal(config_set("a", "1\n2"), -EINVAL);
	assert_int_equal(config_set_pair("novalue"), -EINVAL);
	assert_int_equal(config_set_pair("=value"), -EINVAL);
	assert_null(config_get("a"));
}

static void longest_key_and_value_are_kept(void **state)
{
	char key[CONFIG_KEY_MAX + 1], value[CONFIG_VALUE_MAX + 1];

	(void)state;
	memset(key, 'k', sizeof(key) - 1);
	key[sizeof(key) - 1] = '\0';
	memset(value, 'v', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	assert_int_equal(config_set(key, value), 0);
	assert_string_equal(config_get(key), value);
}

static void truth_values_have_their_spellings(void **state)
{
	static const char *const yes[] = { "true", "on", "yes", "1", "TRUE", "Yes" };
	static const char *const no[] = { "false", "off", "no", "0", "OFF" };
	bool value;

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		value = false;
		assert_int_equal(config_parse_bool(yes[i], &value), 0);
		assert_true(value);
	}
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		value = true;
		assert_int_equal(config_parse_bool(no[i], &value), 0);
		assert_false(value);
	}
	assert_int_equal(config_parse_bool("maybe", &value), -EINVAL);
	assert_int_equal(config_parse_bool("", &value), -EINVAL);
}

static void absent_truth_value_is_the_default(void **state)
{
	bool value = false;

	(void)state;
	assert_int_equal(config_bool("monitor", true, &value), 0);
	assert_true(value);
}

static void sizes_have_units_of_1024(void **state)
{
	static const struct {
		const char *text;
		uint64_t size;
	} good[] = {
		{ "0", 0 },
		{ "512", 512 },
		{ "1K", 1024 },
		{ "1k", 1024 },
		{ "64M", 64ULL << 20 },
		{ "128MB", 128ULL << 20 },
		{ "2g", 2ULL << 30 },
		{ "3T", 3ULL << 40 },
		{ "0x200", 512 },
		{ "0x10M", 16ULL << 20 },
		{ "18446744073709551615", UINT64_MAX },
	};
	uint64_t size;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(config_parse_size(good[i].text, &size), 0);
		assert_int_equal(size, good[i].size);
	}
}

static void sizes_that_are_none_are_refused(void **state)
{
	static const char *const bad[] = { "", "M", "-1", "1X", "1MM", "1M ", " 1M", "1.5G", "0x" };
	uint64_t size = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(config_parse_size(bad[i], &size), -EINVAL);
	assert_int_equal(config_parse_size("18446744073709551616", &size), -ERANGE);
	assert_int_equal(config_parse_size("16777216T", &size), -ERANGE);
	assert_int_equal(size, 7);
}

static void integers_are_read_whole_or_not_at_all(void **state)
{
	int64_t value = 5;

	(void)state;
	config_set("n", "-12");
	assert_int_equal(config_int("n", &value), 0);
	assert_int_equal(value, -12);
	config_set("n", "0x1f");
	assert_int_equal(config_int("n", &value), 0);
	assert_int_equal(value, 31);
	config_set("n", "12x");
	assert_int_equal(config_int("n", &value), -EINVAL);
	config_set("n", "");
	assert_int_equal(config_int("n", &value), -EINVAL);
	config_set("n", "9223372036854775808");
	assert_int_equal(config_int("n", &value), -ERANGE);
	assert_int_equal(config_int("absent", &value), -ENOENT);
	assert_int_equal(value, 31);
}

static void file_has_comments_blanks_and_pairs(void **state)
{
	(void)state;
	assert_int_equal(
		load_text("# a machine\n\n  cpus = 2 \nmemory.size=64M\r\nlast=no newline"), 0);
	assert_string_equal(config_get("cpus"), "2");
	assert_string_equal(config_get("memory.size"), "64M");
	assert_string_equal(config_get("last"), "no newline");
}

static void file_error_names_file_and_line(void **state)
{
	(void)state;
	assert_int_equal(load_text("cpus=1\n\nnonsense\n"), -EINVAL);
	assert_non_null(strstr(err, "vm.conf:3:"));
	assert_int_equal(load_text("a b=1\n"), -EINVAL);
	assert_non_null(strstr(err, "vm.conf:1:"));
}

static void missing_file_is_named(void **state)
{
	(void)state;
	assert_int_equal(config_load("/nonexistent/vm.conf", err, sizeof(err)), -ENOENT);
	assert_non_null(strstr(err, "/nonexistent/vm.conf"));
}

static void references_are_replaced(void **state)
{
	(void)state;
	config_set("slot.0.path", "/vm/%(name).img");
	config_set("name", "%(prefix)0");
	config_set("prefix", "vm");
	config_set("percent", "100%%");
	config_set("lone", "5% of");
	assert_int_equal(config_expand(err, sizeof(err)), 0);
	assert_string_equal(config_get("slot.0.path"), "/vm/vm0.img");
	assert_string_equal(config_get("percent"), "100%");
	assert_string_equal(config_get("lone"), "5% of");
}

static void bad_references_are_named(void **state)
{
	(void)state;
	config_set("path", "%(nowhere)/x");
	assert_int_equal(config_expand(err, sizeof(err)), -EINVAL);
	assert_non_null(strstr(err, "path: %(nowhere)"));
	config_set("path", "%(open");
	assert_int_equal(config_expand(err, sizeof(err)), -EINVAL);
	assert_non_null(strstr(err, "without a ')'"));
}

static void references_in_a_circle_are_refused(void **state)
{
	(void)state;
	config_set("a", "%(b)");
	config_set("b", "%(a)");
	assert_int_equal(config_expand(err, sizeof(err)), -EINVAL);
	assert_non_null(strstr(err, "refer to each other"));
	assert_string_equal(config_get("a"), "%(b)");
}

static void references_that_grow_beyond_all_bounds_are_refused(void **state)
{
	char key[16], value[128];

	(void)state;
	config_set("v0", "0123456789abcdef");
	for (int i = 1; i < 15; i++) {
		snprintf(key, sizeof(key), "v%d", i);
		snprintf(value, sizeof(value), "%%(v%d)%%(v%d)%%(v%d)%%(v%d)", i - 1, i - 1, i - 1,
			 i - 1);
		config_set(key, value);
	}
	assert_int_equal(config_expand(err, sizeof(err)), -EINVAL);
	assert_non_null(strstr(err, "longer than"));
}

static int count_visit(const char *key, const char *value, void *arg)
{
	(void)key;
	(void)value;
	return ++*(int *)arg == 2 ? 42 : 0;
}

static void walk_visits_a_prefix_and_stops_when_told(void **state)
{
	int count = 0;

	(void)state;
	config_set("slot.0.device", "x");
	config_set("cpus", "1");
	config_set("slot.1.device", "y");
	config_set("slot.2.device", "z");
	assert_int_equal(config_walk("slot.", count_visit, &count), 42);
	assert_int_equal(count, 2);
	count = 10;
	assert_int_equal(config_walk("slot.", count_visit, &count), 0);
	assert_int_equal(count, 13);
}

static void formatted_keys_are_found(void **state)
{
	(void)state;
	config_set("slot.7.path", "disk");
	assert_string_equal(config_getf("slot.%u.path", 7U), "disk");
	assert_null(config_getf("slot.%u.path", 8U));
	assert_null(config_getf("%0200d", 1));
}

static void nearest_name_is_found_and_far_ones_are_not(void **state)
{
	static const char *const names[] = { "memory.size", "memory.wired", "cpus", NULL };

	(void)state;
	assert_string_equal(config_nearest("memry.size", names), "memory.size");
	assert_string_equal(config_nearest("cpu", names), "cpus");
	assert_null(config_nearest("zzzzzzzzzz", names));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(absent_key_is_null, clear, clear),
		cmocka_unit_test_setup_teardown(
			key_set_twice_has_the_last_value_and_the_first_place, clear, clear),
		cmocka_unit_test_setup_teardown(value_may_hold_equals_signs, clear, clear),
		cmocka_unit_test_setup_teardown(malformed_keys_and_values_are_refused, clear,
						clear),
		cmocka_unit_test_setup_teardown(longest_key_and_value_are_kept, clear, clear),
		cmocka_unit_test(truth_values_have_their_spellings),
		cmocka_unit_test_setup_teardown(absent_truth_value_is_the_default, clear, clear),
		cmocka_unit_test(sizes_have_units_of_1024),
		cmocka_unit_test(sizes_that_are_none_are_refused),
		cmocka_unit_test_setup_teardown(integers_are_read_whole_or_not_at_all, clear,
						clear),
		cmocka_unit_test_setup_teardown(file_has_comments_blanks_and_pairs, clear, clear),
		cmocka_unit_test_setup_teardown(file_error_names_file_and_line, clear, clear),
		cmocka_unit_test_setup_teardown(missing_file_is_named, clear, clear),
		cmocka_unit_test_setup_teardown(references_are_replaced, clear, clear),
		cmocka_unit_test_setup_teardown(bad_references_are_named, clear, clear),
		cmocka_unit_test_setup_teardown(references_in_a_circle_are_refused, clear, clear),
		cmocka_unit_test_setup_teardown(references_that_grow_beyond_all_bounds_are_refused,
						clear, clear),
		cmocka_unit_test_setup_teardown(walk_visits_a_prefix_and_stops_when_told, clear,
						clear),
		cmocka_unit_test_setup_teardown(formatted_keys_are_found, clear, clear),
		cmocka_unit_test(nearest_name_is_found_and_far_ones_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
