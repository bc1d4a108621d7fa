/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim_gpp.h"

#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#include "board/a3700-image/gpp.h"
#include "board/a3700-image/tim.h"
#include "sim_line.h"

/* Opcodes of the lists that the tool makes, and of the sample's */
enum {
	WRITE = 1,
	DELAY = 3,
	WAIT_FOR_BIT_SET = 4,
	AND_VAL = 6,
	OR_VAL = 7,
	LOAD_SM_ADDR = 12,
	STORE_SM_ADDR = 14,
	LABEL = 24,
	TEST_ADDR_AND_BRANCH = 25,
	BRANCH = 27,
	END = 28
};

#define UART_TX	      0xc0012004u
#define UART_CTRL     0xc0012008u
#define UART_STATUS   0xc001200cu
#define UART_CLOCK    0xc0012010u
#define UART_SAMPLES  0xc0012014u
#define PIN_DISABLE   0xc0013804u
#define STRAPS	      0xc0013808u

#define RX_INTERRUPT  0x10u
#define LOOPBACK      0x1000u
#define FIFO_RESET    0xc000u
#define GATES	      0x300000u
#define NO_CRYSTAL    0x80000u
#define UART0_PINS    0x80000000u
#define BOTH_PINS     (UART0_PINS | SIM_UART1_PINS)
/* A delay as long as this is there for the host. */
#define LONG_DELAY    100000u
#define HOST_PATIENCE 30000
#define MAX_STEPS     10000
#define MAX_LIST      256

struct machine {
	struct sim *sim;
	char *reason;
	struct gpp_instruction list[MAX_LIST];
	size_t count, at;
};

uint32_t sim_host_speed(struct sim *sim)
{
	static const struct {
		speed_t code;
		uint32_t baud;
	} speeds[] = {
		{ B115200, 115200 },   { B230400, 230400 }, { B460800, 460800 },
		{ B500000, 500000 },   { B576000, 576000 }, { B921600, 921600 },
		{ B1000000, 1000000 },
	};
	struct termios mode;

	if (sim->slave < 0 || tcgetattr(sim->slave, &mode) != 0)
		return 0;
	for (size_t i = 0; i < sizeof(speeds) / sizeof(speeds[0]); i++) {
		if (speeds[i].code == cfgetospeed(&mode))
			return speeds[i].baud;
	}
	return 0;
}

bool sim_speeds_agree(uint32_t a, uint32_t b)
{
	return (uint64_t)a * 100 < (uint64_t)b * 104 && (uint64_t)b * 100 < (uint64_t)a * 104;
}

static bool wrong(struct machine *machine, const char *what)
{
	snprintf(machine->reason, 120, "instruction %zu: %.90s", machine->at, what);
	return false;
}

/* The clocks run again: at what speed? */
static bool set_speed(struct machine *machine)
{
	struct sim *sim = machine->sim;
	uint32_t d = sim->uart_clock & 0x3ff, m = sim->uart_samples;
	uint32_t tenths =
		3 * ((m & 0x3f) + (m >> 8 & 0x3f)) + 2 * ((m >> 16 & 0x3f) + (m >> 24 & 0x3f));
	uint32_t crystal = sim->crystal;

	if (d == 0 || (m & 0xc0c0c0c0) != 0 || (sim->uart_clock & NO_CRYSTAL) != 0)
		return wrong(machine, "divisors of no speed");
	if (sim->change == CHANGE_WRONG_RATE)
		crystal = crystal / 4 * 3;
	sim->baud = (uint32_t)((uint64_t)crystal * 10 / ((uint64_t)d * (m == 0 ? 160 : tenths)));
	if (sim->baud > sim->highest_baud)
		sim->highest_baud = sim->baud;
	return true;
}

static bool send(struct machine *machine, uint8_t byte)
{
	struct sim *sim = machine->sim;

	if ((sim->uart_control & (LOOPBACK | FIFO_RESET)) != 0 ||
	    (sim->pins_disable & UART0_PINS) != 0 || (sim->uart_clock & GATES) != 0)
		return wrong(machine, "a byte is sent while the UART is off");
	if (sim->change == CHANGE_NO_MARK || sim->change == CHANGE_TALK)
		return true;
	if (sim->change == CHANGE_NOISE && sim->bytes_sent_by_list == 0) {
		for (const char *c = "\xff\x80\x01"
				     "baubbau";
		     *c != '\0'; c++)
			sim_put_byte(sim, (uint8_t)*c);
		sim_put_byte(sim, 0);
	}
	if (sim->change == CHANGE_TORN_MARK && sim->bytes_sent_by_list == 0)
		byte ^= 0x10;
	sim->bytes_sent_by_list++;
	sim_put_byte(sim, byte);
	return true;
}

static bool branch(struct machine *machine, uint32_t label)
{
	for (size_t i = 0; i < machine->count; i++) {
		if (machine->list[i].opcode == LABEL && machine->list[i].parameters[0] == label) {
			machine->at = i;
			return true;
		}
	}
	return wrong(machine, "a branch to nowhere");
}

static uint32_t *reg(struct sim *sim, uint32_t address)
{
	return address == UART_CTRL	? &sim->uart_control
	       : address == UART_CLOCK	? &sim->uart_clock
	       : address == PIN_DISABLE ? &sim->pins_disable
					: NULL;
}

/* The clock is common to both UARTs: neither may see it change. */
static bool change_clock(struct machine *machine, uint32_t before, uint32_t now)
{
	struct sim *sim = machine->sim;

	if (((before ^ now) & ~GATES) != 0 &&
	    ((before & GATES) != GATES || (sim->pins_disable & BOTH_PINS) != BOTH_PINS ||
	     (sim->uart_control & LOOPBACK) == 0))
		return wrong(machine, "the clock changes while it runs, or on the line");
	return (before & GATES) == 0 || (now & GATES) != 0 || set_speed(machine);
}

static bool change_register(struct machine *machine, uint32_t address, uint32_t and, uint32_t or)
{
	uint32_t *value = reg(machine->sim, address), before;

	if (value == NULL)
		return wrong(machine, "no register that the UART's change is about");
	before = *value;
	*value = (before & and) | or ;
	return address != UART_CLOCK || change_clock(machine, before, *value);
}

static bool load(struct machine *machine, uint32_t scratch, uint32_t address)
{
	const uint32_t *value = reg(machine->sim, address);

	if (value == NULL || scratch > 15)
		return wrong(machine, "a register that cannot be loaded");
	machine->sim->scratch[scratch] = *value;
	return true;
}

static bool store(struct machine *machine, uint32_t scratch, uint32_t address)
{
	return scratch > 15 ? wrong(machine, "no such scratch register")
			    : change_register(machine, address, 0, machine->sim->scratch[scratch]);
}

/* What the lists look at: the crystal; whether there can be a change, or was one */
static bool test_and_branch(struct machine *machine, const uint32_t *p)
{
	struct sim *sim = machine->sim;
	uint32_t value;

	if (p[0] == STRAPS && p[1] == 0x200)
		value = sim->crystal == 40000000 ? 0x200 : 0;
	else if (p[0] == UART_STATUS && p[1] == 0x200)
		value = sim_other(sim, GUESS_STATUS_9) ? 0 : 0x200;
	else if (p[0] == UART_SAMPLES)
		value = sim->uart_samples & p[1];
	else
		return wrong(machine, "a test of something that the change is not about");
	if (p[3] != 1 && p[3] != 2)
		return wrong(machine, "a comparison that is not simulated");
	return (value == p[2]) != (p[3] == 1) || branch(machine, p[4]);
}

static bool do_write(struct machine *machine, uint32_t address, uint32_t value)
{
	if (address == UART_TX)
		return send(machine, (uint8_t)value);
	if (address == UART_SAMPLES)
		machine->sim->uart_samples = value;
	return true;
}

/* The host is given time: here, all that it needs */
static void delay(struct machine *machine, uint32_t us)
{
	for (int i = 0; us >= LONG_DELAY && i < HOST_PATIENCE && !machine->sim->stop &&
			sim_host_speed(machine->sim) == 115200;
	     i++)
		usleep(1000);
}

static bool step(struct machine *machine)
{
	const struct gpp_instruction *now = &machine->list[machine->at];
	const uint32_t *p = now->parameters;

	switch (now->opcode) {
	case WRITE:
		return do_write(machine, p[0], p[1]);
	case DELAY:
		delay(machine, p[0]);
		return true;
	case WAIT_FOR_BIT_SET:
		return p[0] == UART_STATUS || wrong(machine, "a wait for no status");
	case AND_VAL:
		return change_register(machine, p[0], p[1], 0);
	case OR_VAL:
		return change_register(machine, p[0], 0xffffffff, p[1]);
	case LABEL:
		return true;
	case LOAD_SM_ADDR:
		return load(machine, p[0], p[1]);
	case STORE_SM_ADDR:
		return store(machine, p[0], p[1]);
	case TEST_ADDR_AND_BRANCH:
		return test_and_branch(machine, p);
	case BRANCH:
		return branch(machine, p[0]);
	case END:
		machine->at = machine->count;
		return true;
	default:
		return wrong(machine, "an opcode that is not simulated");
	}
}

static bool read_list(struct machine *machine, uint32_t id)
{
	struct sim *sim = machine->sim;
	const struct tim_package *package;
	struct board_error error;
	struct gpp_cursor cursor;
	struct tim tim;

	if (tim_parse(sim->images[0], sim->sizes[0], &tim, &error) != 0)
		return wrong(machine, error.text);
	package = tim_package_by_id(&tim, id);
	if (package == NULL)
		return true;
	gpp_begin(&cursor, package->payload, package->size, "list", &error);
	while (machine->count < MAX_LIST &&
	       gpp_next(&cursor, &machine->list[machine->count], "list", &error) == 1)
		machine->count += !machine->list[machine->count].is_option;
	return machine->count < MAX_LIST || wrong(machine, "a list too long for the test");
}

bool sim_gpp_run(struct sim *sim, uint32_t id, char *reason)
{
	struct machine machine = { .sim = sim, .reason = reason };

	if (!read_list(&machine, id))
		return false;
	for (int i = 0; i < 16; i++)
		sim->scratch[i] = sim_other(sim, GUESS_SCRATCH) ? 0xa5a5a5a5u : 0;
	for (int steps = 0; machine.at < machine.count; steps++, machine.at++) {
		if (steps == MAX_STEPS)
			return wrong(&machine, "a loop without end");
		if (!step(&machine))
			return false;
		if (sim->change == CHANGE_HANG_UP && steps == 8)
			return false;
	}
	if ((sim->uart_control & RX_INTERRUPT) == 0 && id == TIM_ID_DDR3)
		return wrong(&machine, "the BootROM gets no interrupts any more");
	return true;
}
