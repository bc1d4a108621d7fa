// SPDX-License-Identifier: BSD-2-Clause
#include "board/a3700-image/gpp.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board/common/bytes.h"

/* Kinds of parameters, one letter each: x number, s scratch register, o comparison, l label. */
static const struct opcode {
	const char *name, *parameters;
} opcodes[] = {
	{ "NOP", "" },
	{ "WRITE", "xx" },
	{ "READ", "xx" },
	{ "DELAY", "x" },
	{ "WAIT_FOR_BIT_SET", "xxx" },
	{ "WAIT_FOR_BIT_CLEAR", "xxx" },
	{ "AND_VAL", "xx" },
	{ "OR_VAL", "xx" },
	{ "SET_BITFIELD", "xxx" },
	{ "WAIT_FOR_BIT_PATTERN", "xxxx" },
	{ "TEST_IF_ZERO_AND_SET", "xxxxx" },
	{ "TEST_IF_NOT_ZERO_AND_SET", "xxxxx" },
	{ "LOAD_SM_ADDR", "sx" },
	{ "LOAD_SM_VAL", "sx" },
	{ "STORE_SM_ADDR", "sx" },
	{ "MOV_SM_SM", "ss" },
	{ "RSHIFT_SM_VAL", "sx" },
	{ "LSHIFT_SM_VAL", "sx" },
	{ "AND_SM_VAL", "sx" },
	{ "OR_SM_VAL", "sx" },
	{ "OR_SM_SM", "ss" },
	{ "AND_SM_SM", "ss" },
	{ "TEST_SM_IF_ZERO_AND_SET", "sxsxx" },
	{ "TEST_SM_IF_NOT_ZERO_AND_SET", "sxsxx" },
	{ "LABEL", "l" },
	{ "TEST_ADDR_AND_BRANCH", "xxxol" },
	{ "TEST_SM_AND_BRANCH", "sxxol" },
	{ "BRANCH", "l" },
	{ "END", "" },
	{ "ADD_SM_VAL", "sx" },
	{ "ADD_SM_SM", "ss" },
	{ "SUB_SM_VAL", "sx" },
	{ "SUB_SM_SM", "ss" },
	{ "LOAD_SM_FROM_ADDR_IN_SM", "ss" },
	{ "STORE_SM_TO_ADDR_IN_SM", "ss" },
};

/* Options stand before the instructions; their IDs begin at 1. */
static const char *const options[] = {
	NULL,
	"DDR_INIT_ENABLE",
	"DDR_MEMTEST_ENABLE",
	"DDR_MEMTEST_START_ADDR",
	"DDR_MEMTEST_SIZE",
	"DDR_INIT_LOOP_COUNT",
	"IGNORE_INSTRUCTION_TIMEOUTS",
};

/* Comparisons begin at 1. */
static const char *const comparisons[] = { NULL, "==", "!=", "<", "<=", ">", ">=" };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NUM_SCRATCH  16

static int check_parameters(const struct gpp_instruction *instruction, const char *kinds,
			    struct board_error *error)
{
	for (unsigned int i = 0; i < instruction->num_parameters; i++) {
		uint32_t value = instruction->parameters[i];

		if (kinds[i] == 's' && value >= NUM_SCRATCH)
			return board_fail(error, EINVAL, "scratch register %u: 0 to %d exist",
					  value, NUM_SCRATCH - 1);
		if (kinds[i] == 'o' && (value == 0 || value >= COUNT(comparisons)))
			return board_fail(error, EINVAL, "comparison %u: 1 to %zu exist", value,
					  COUNT(comparisons) - 1);
	}
	return 0;
}

int gpp_begin(struct gpp_cursor *cursor, const uint8_t *payload, size_t size, const char *name,
	      struct board_error *error)
{
	if (size < GPP_HEADER_SIZE)
		return board_fail(error, EINVAL, "package %s: %zu bytes are too short", name, size);
	cursor->at = payload + GPP_HEADER_SIZE;
	cursor->end = payload + size;
	cursor->options_left = get_le32(payload);
	cursor->instructions_left = get_le32(payload + 4);
	return 0;
}

static int next_option(struct gpp_cursor *cursor, struct gpp_instruction *instruction,
		       const char *name, struct board_error *error)
{
	if (cursor->end - cursor->at < GPP_OPTION_SIZE)
		return board_fail(error, EINVAL, "package %s ends inside its options", name);
	cursor->options_left--;
	instruction->is_option = 1;
	instruction->opcode = get_le32(cursor->at);
	instruction->num_parameters = 1;
	instruction->parameters[0] = get_le32(cursor->at + 4);
	cursor->at += GPP_OPTION_SIZE;
	if (instruction->opcode == 0 || instruction->opcode >= COUNT(options))
		return board_fail(error, EINVAL, "package %s: option %u is unknown", name,
				  instruction->opcode);
	return 1;
}

static int next_instruction(struct gpp_cursor *cursor, struct gpp_instruction *instruction,
			    const char *name, struct board_error *error)
{
	const char *kinds;
	size_t left = (size_t)(cursor->end - cursor->at);
	struct board_error reason;

	if (left < 4)
		return board_fail(error, EINVAL, "package %s ends inside its instructions", name);
	memset(instruction, 0, sizeof(*instruction));
	instruction->opcode = get_le32(cursor->at);
	if (instruction->opcode >= COUNT(opcodes))
		return board_fail(error, EINVAL, "package %s: opcode 0x%x is unknown", name,
				  instruction->opcode);
	kinds = opcodes[instruction->opcode].parameters;
	instruction->num_parameters = (unsigned int)strlen(kinds);
	if (left < 4 + 4 * (size_t)instruction->num_parameters)
		return board_fail(error, EINVAL, "package %s ends inside a %s", name,
				  opcodes[instruction->opcode].name);
	for (unsigned int i = 0; i < instruction->num_parameters; i++)
		instruction->parameters[i] = get_le32(cursor->at + 4 + 4 * i);
	if (check_parameters(instruction, kinds, &reason) != 0)
		return board_fail(error, EINVAL, "package %s: %s: %s", name,
				  opcodes[instruction->opcode].name, reason.text);
	cursor->at += 4 + 4 * instruction->num_parameters;
	cursor->instructions_left--;
	return 1;
}

int gpp_next(struct gpp_cursor *cursor, struct gpp_instruction *instruction, const char *name,
	     struct board_error *error)
{
	if (cursor->options_left > 0)
		return next_option(cursor, instruction, name, error);
	if (cursor->instructions_left > 0)
		return next_instruction(cursor, instruction, name, error);
	if (cursor->at != cursor->end)
		return board_fail(error, EINVAL,
				  "package %s has %zu bytes after its last instruction", name,
				  (size_t)(cursor->end - cursor->at));
	return 0;
}

int gpp_check(const uint8_t *payload, size_t size, const char *name, struct board_error *error)
{
	struct gpp_instruction instruction = { 0 };
	struct gpp_cursor cursor = { 0 };
	int result = gpp_begin(&cursor, payload, size, name, error);

	if (result != 0)
		return result;
	do
		result = gpp_next(&cursor, &instruction, name, error);
	while (result == 1);
	return result;
}

/* A label is up to four characters, the first in the low byte. */
static void label_text(uint32_t label, char text[11])
{
	size_t length = 0;

	while (length < 4 && label >> (8 * length) != 0) {
		unsigned char c = (unsigned char)(label >> (8 * length));

		if (!isalnum(c) && c != '_') {
			length = 0;
			break;
		}
		text[length++] = (char)c;
	}
	text[length] = '\0';
	/* "0x1" would read back as a number. */
	if (length == 0 || strncasecmp(text, "0x", 2) == 0)
		snprintf(text, 11, "0x%08X", label);
}

static void parameter_text(char kind, uint32_t value, char *text, size_t size)
{
	char label[11];

	switch (kind) {
	case 's':
		snprintf(text, size, " SM%u", value);
		break;
	case 'o':
		snprintf(text, size, " %s", comparisons[value]);
		break;
	case 'l':
		label_text(value, label);
		snprintf(text, size, " %s", label);
		break;
	default:
		snprintf(text, size, " 0x%08X", value);
	}
}

void gpp_text(const struct gpp_instruction *instruction, char *text, size_t size)
{
	const struct opcode *opcode;
	size_t length;

	if (instruction->is_option) {
		snprintf(text, size, "%s: 0x%08X", options[instruction->opcode],
			 instruction->parameters[0]);
		return;
	}
	opcode = &opcodes[instruction->opcode];
	snprintf(text, size, "%s:", opcode->name);
	for (unsigned int i = 0; i < instruction->num_parameters; i++) {
		length = strlen(text);
		parameter_text(opcode->parameters[i], instruction->parameters[i], text + length,
			       size - length);
	}
}

static int number_from_text(const char *word, uint32_t *value)
{
	unsigned long number;
	char *end;

	if (!isdigit((unsigned char)word[0]))
		return -EINVAL;
	errno = 0;
	number = strtoul(word, &end, strncasecmp(word, "0x", 2) == 0 ? 16 : 10);
	if (*end != '\0' || errno != 0 || number > UINT32_MAX)
		return -EINVAL;
	*value = (uint32_t)number;
	return 0;
}

static int label_from_text(const char *word, uint32_t *value)
{
	size_t length = strlen(word);

	if (strncasecmp(word, "0x", 2) == 0)
		return number_from_text(word, value);
	if (length == 0 || length > 4)
		return -EINVAL;
	*value = 0;
	for (size_t i = 0; i < length; i++) {
		if (!isalnum((unsigned char)word[i]) && word[i] != '_')
			return -EINVAL;
		*value |= (uint32_t)(unsigned char)word[i] << (8 * i);
	}
	return 0;
}

static int comparison_from_text(const char *word, uint32_t *value)
{
	for (uint32_t i = 1; i < COUNT(comparisons); i++) {
		if (strcmp(word, comparisons[i]) == 0) {
			*value = i;
			return 0;
		}
	}
	return -EINVAL;
}

static int parameter_from_text(char kind, const char *word, uint32_t *value)
{
	switch (kind) {
	case 's':
		if (strncmp(word, "SM", 2) != 0)
			return -EINVAL;
		return number_from_text(word + 2, value);
	case 'o':
		return comparison_from_text(word, value);
	case 'l':
		return label_from_text(word, value);
	default:
		return number_from_text(word, value);
	}
}

/* Which instruction or option has this name; kinds are those of its parameters. */
static int find_name(const char *name, struct gpp_instruction *instruction, const char **kinds)
{
	memset(instruction, 0, sizeof(*instruction));
	for (uint32_t i = 0; i < COUNT(opcodes); i++) {
		if (strcmp(name, opcodes[i].name) == 0) {
			instruction->opcode = i;
			*kinds = opcodes[i].parameters;
			return 0;
		}
	}
	for (uint32_t i = 1; i < COUNT(options); i++) {
		if (strcmp(name, options[i]) == 0) {
			instruction->opcode = i;
			instruction->is_option = 1;
			*kinds = "x";
			return 0;
		}
	}
	return -EINVAL;
}

int gpp_from_text(const char *line, struct gpp_instruction *instruction, struct board_error *error)
{
	char copy[160], *save = NULL, *word;
	const char *kinds;

	if (strlen(line) >= sizeof(copy))
		return board_fail(error, EINVAL, "an instruction of %zu characters", strlen(line));
	memcpy(copy, line, strlen(line) + 1);
	word = strtok_r(copy, " \t\r\n", &save);
	if (word == NULL)
		return board_fail(error, EINVAL, "an instruction is expected");
	word[strcspn(word, ":")] = '\0';
	if (find_name(word, instruction, &kinds) != 0)
		return board_fail(error, EINVAL, "there is no instruction %s", word);
	for (const char *kind = kinds; *kind != '\0'; kind++) {
		char *parameter = strtok_r(NULL, " \t\r\n", &save);

		if (parameter == NULL)
			return board_fail(error, EINVAL, "%s has %zu parameters", word,
					  strlen(kinds));
		if (parameter_from_text(*kind, parameter,
					&instruction->parameters[instruction->num_parameters++]) !=
		    0)
			return board_fail(error, EINVAL, "%s: %s is not a %s", word, parameter,
					  *kind == 's'	 ? "scratch register (SM0 to SM15)"
					  : *kind == 'o' ? "comparison"
					  : *kind == 'l' ? "label (1 to 4 letters)"
							 : "32-bit number");
	}
	word = strtok_r(NULL, " \t\r\n", &save);
	if (word != NULL)
		return board_fail(error, EINVAL, "%s is one word too many", word);
	return instruction->is_option ? 0 : check_parameters(instruction, kinds, error);
}
