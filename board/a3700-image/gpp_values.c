/* SPDX-License-Identifier: BSD-2-Clause */
#include "board/a3700-image/gpp_values.h"

#include <string.h>

#include "board/a3700-image/gpp.h"

/* More labels than this in one list: then nothing is known of any register. */
#define MAX_LABELS 64
/* A list made to need more passes than this: the same. */
#define MAX_PASSES 256

struct bits {
	uint32_t value, known;
};

/* The registers at one place of the list; not reached: no path that was followed comes here */
struct state {
	bool reached;
	struct bits bits[GPP_MAX_REGISTERS];
};

struct flow {
	struct gpp_register *registers;
	unsigned int count;
	struct state now, end;
	unsigned int num_labels;
	uint32_t labels[MAX_LABELS];
	struct state at_label[MAX_LABELS];
	bool changed, too_many;
};

/* Keep in "to" what is known on both ways to it. Returns whether that changed it. */
static bool join(struct state *to, const struct state *from, unsigned int count)
{
	bool changed = false;

	if (!from->reached)
		return false;
	if (!to->reached) {
		*to = *from;
		return true;
	}
	for (unsigned int i = 0; i < count; i++) {
		struct bits *bits = &to->bits[i];
		uint32_t known = bits->known & from->bits[i].known &
				 ~(bits->value ^ from->bits[i].value);

		changed |= known != bits->known;
		bits->known = known;
		bits->value &= known;
	}
	return changed;
}

static struct state *state_at(struct flow *flow, uint32_t label)
{
	for (unsigned int i = 0; i < flow->num_labels; i++) {
		if (flow->labels[i] == label)
			return &flow->at_label[i];
	}
	if (flow->num_labels == MAX_LABELS) {
		flow->too_many = true;
		return NULL;
	}
	flow->labels[flow->num_labels] = label;
	memset(&flow->at_label[flow->num_labels], 0, sizeof(flow->at_label[0]));
	return &flow->at_label[flow->num_labels++];
}

static void go_to(struct flow *flow, uint32_t label)
{
	struct state *state = state_at(flow, label);

	if (state != NULL)
		flow->changed |= join(state, &flow->now, flow->count);
}

static void set_bits(struct bits *bits, uint32_t mask, uint32_t value)
{
	bits->known |= mask;
	bits->value = (bits->value & ~mask) | (value & mask);
}

static void forget(struct bits *bits)
{
	bits->known = 0;
	bits->value = 0;
}

/* Whether one of an instruction's parameters is this address */
static bool names(const struct gpp_instruction *instruction, uint32_t address)
{
	for (unsigned int i = 0; i < instruction->num_parameters; i++) {
		if (instruction->parameters[i] == address)
			return true;
	}
	return false;
}

/* What an instruction does to one register. Returns whether it writes it, or may. */
static bool apply(const struct gpp_instruction *instruction, uint32_t address, struct bits *bits)
{
	const uint32_t *parameters = instruction->parameters;

	if (instruction->opcode == GPP_STORE_AT_SM) {
		forget(bits);
		return false;
	}
	if (!names(instruction, address))
		return false;
	switch (instruction->opcode) {
	case GPP_TEST_ZERO_SET:
	case GPP_TEST_SET:
	case GPP_SM_TEST_ZERO_SET:
	case GPP_SM_TEST_SET:
	case GPP_STORE_SM_ADDR:
		forget(bits);
		return true;
	case GPP_WRITE:
	case GPP_AND_VAL:
	case GPP_OR_VAL:
	case GPP_SET_BITFIELD:
		break;
	default:
		return false;
	}
	if (parameters[0] != address)
		return false;
	if (instruction->opcode == GPP_WRITE)
		set_bits(bits, ~0u, parameters[1]);
	else if (instruction->opcode == GPP_AND_VAL)
		set_bits(bits, ~parameters[1], 0);
	else if (instruction->opcode == GPP_OR_VAL)
		set_bits(bits, parameters[1], ~0u);
	else
		set_bits(bits, parameters[1], parameters[2]);
	return true;
}

static void step(struct flow *flow, const struct gpp_instruction *instruction)
{
	struct state *state;

	switch (instruction->opcode) {
	case GPP_LABEL:
		go_to(flow, instruction->parameters[0]);
		state = state_at(flow, instruction->parameters[0]);
		if (state != NULL)
			flow->now = *state;
		return;
	case GPP_TEST_BRANCH:
	case GPP_SM_TEST_BRANCH:
		go_to(flow, instruction->parameters[4]);
		return;
	case GPP_BRANCH:
		go_to(flow, instruction->parameters[0]);
		flow->now.reached = false;
		return;
	case GPP_END:
		join(&flow->end, &flow->now, flow->count);
		flow->now.reached = false;
		return;
	default:
		break;
	}
	for (unsigned int i = 0; i < flow->count && flow->now.reached; i++)
		flow->registers[i].written |=
			apply(instruction, flow->registers[i].address, &flow->now.bits[i]);
}

/* Once through the list, from top to bottom */
static void pass(struct flow *flow, const uint8_t *payload, size_t size, const struct state *begin)
{
	struct gpp_instruction instruction = { 0 };
	struct gpp_cursor cursor;

	flow->changed = false;
	flow->now = *begin;
	memset(&flow->end, 0, sizeof(flow->end));
	if (gpp_begin(&cursor, payload, size, "", NULL) != 0)
		return;
	while (gpp_next(&cursor, &instruction, "", NULL) == 1) {
		if (!instruction.is_option)
			step(flow, &instruction);
	}
	join(&flow->end, &flow->now, flow->count);
}

void gpp_values(const uint8_t *payload, size_t size, struct gpp_register *registers,
		unsigned int count)
{
	struct flow flow = { .registers = registers, .count = count };
	struct state begin = { .reached = true };

	for (unsigned int i = 0; i < count; i++) {
		begin.bits[i].value = registers[i].value;
		begin.bits[i].known = registers[i].known;
	}
	/* Each pass but the last makes less known at some label; loops within loops take a few. */
	for (unsigned int i = 0; i == 0 || (flow.changed && !flow.too_many); i++) {
		pass(&flow, payload, size, &begin);
		flow.too_many |= i == MAX_PASSES;
	}
	for (unsigned int i = 0; i < count; i++) {
		bool told = flow.end.reached && !flow.too_many;

		registers[i].known = told ? flow.end.bits[i].known : 0;
		registers[i].value = told ? flow.end.bits[i].value & registers[i].known : 0;
	}
}

bool gpp_writes_two(const uint8_t *payload, size_t size, uint32_t address, uint32_t mask)
{
	struct gpp_instruction instruction = { 0 };
	struct gpp_cursor cursor;
	uint32_t first = 0;

	if (gpp_begin(&cursor, payload, size, "", NULL) != 0)
		return false;
	while (gpp_next(&cursor, &instruction, "", NULL) == 1) {
		struct bits bits = { 0 };

		if (instruction.is_option || !apply(&instruction, address, &bits) ||
		    (bits.known & mask) != mask || (bits.value & mask) == 0)
			continue;
		if (first != 0 && first != (bits.value & mask))
			return true;
		first = bits.value & mask;
	}
	return false;
}
