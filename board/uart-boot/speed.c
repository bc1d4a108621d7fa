// SPDX-License-Identifier: BSD-2-Clause
#include "board/uart-boot/speed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board/a3700-image/gpp.h"
#include "board/common/bytes.h"

#define CRYSTAL_25_MHZ 25000000u
#define CRYSTAL_40_MHZ 40000000u
#define MAX_SAMPLES    63u
/* The lists that are added have fewer bytes. */
#define MAX_ADDED      1024
/* The mark is soon followed by its repetition. */
#define MARK_TAIL      16
#define MARK_TAIL_TIME 20

/* Registers of UART0 as the secure CPU sees them */
#define UART_TX	       "0xC0012004"
#define UART_CTRL      "0xC0012008"
#define UART_STATUS    "0xC001200C"
#define UART_CLOCK     "0xC0012010" /* 9:0 divisor, 18:10 of the PLL, 19 PLL, 21:20 gates */
#define UART_SAMPLES   "0xC0012014"
#define PIN_DISABLE    "0xC0013804" /* bits 31 and 29: UART0, UART1 are cut off from their pins */
#define STRAPS	       "0xC0013808" /* bit 9: the crystal has 40 MHz, not 25 */

/* The host, which has seen the TIM accepted, is given half a second to change, too. */
static const char *const wait_for_host[] = {
	"DELAY 500000",
};

/*
 * mox-imager's list, with which boards are sped up today, leaves the UART as it is where bit 9 of
 * its status is clear ("not booting over the UART"; no manual that is published names the bit).
 * Where it is clear no change was ever seen to work, so ours leaves it, too: the mark does not
 * come, and the images take their time at 115200 Bd.
 */
static const char *const unless_changeable[] = {
	"TEST_ADDR_AND_BRANCH " UART_STATUS " 0x200 0x200 != uBno",
};

/* Nothing to go back from: the BootROM has no samples of its own. (mox-imager looks at the choice
 * of the PLL, bit 19 of the clock register, instead: its change takes the PLL, ours the crystal.)
 */
static const char *const unless_changed[] = {
	"TEST_ADDR_AND_BRANCH " UART_SAMPLES " 0xFFFFFFFF 0x0 == uBno",
};

static const char *const nothing_done[] = { "LABEL uBno" };

/*
 * As the firmware resets the UART: cut off and looped back, so that neither side takes the change
 * for a byte; FIFOs empty; clocks gated; the crystal for a source, whatever it was. The BootROM
 * must get no interrupt meanwhile. Source and gates are common to both UARTs, so the other one is
 * cut off as well (bits 31 and 29 at once, as in mox-imager), but has its pins again afterwards
 * only if it had them before: a board may use them for something else.
 */
static const char *const begin_change[] = {
	"WAIT_FOR_BIT_SET " UART_STATUS " 0x40 100",
	"AND_VAL " UART_CTRL " 0xFFFFFFEF",
	"LOAD_SM_ADDR SM14 " PIN_DISABLE,
	"OR_VAL " PIN_DISABLE " 0xA0000000",
	"OR_VAL " UART_CTRL " 0x00001000",
	"OR_VAL " UART_CTRL " 0x0000C000",
	"DELAY 200",
	"WAIT_FOR_BIT_SET " UART_STATUS " 0x40 100",
	"OR_VAL " UART_CLOCK " 0x00300000",
	"AND_VAL " UART_CLOCK " 0xFFF00000",
	"TEST_ADDR_AND_BRANCH " STRAPS " 0x200 0x200 == uB40",
};

static const char *const end_change[] = {
	"LABEL uBok",
	"AND_VAL " UART_CLOCK " 0xFFCFFFFF",
	"AND_VAL " UART_CTRL " 0xFFFFEFFF",
	"AND_VAL " UART_CTRL " 0xFFFF3FFF",
	("STORE_SM_ADDR SM14 " PIN_DISABLE),
	"DELAY 1000",
};

static const char *const take_interrupts[] = { "OR_VAL " UART_CTRL " 0x00000010" };

/* A list in the making */
struct list {
	uint8_t bytes[MAX_ADDED];
	size_t size;
	uint32_t count;
};

uint32_t speed_divisors(uint32_t crystal, uint32_t baud, struct speed_divisors *divisors)
{
	/* The mean is over ten bits, so in tenths; the wish has two digits more. */
	static const unsigned int bits[4] = { 3, 3, 2, 2 };
	uint32_t d = 2, wish, least, best_sum = 0, best_set = 0;

	while (crystal / (baud * d) >= MAX_SAMPLES)
		d++;
	wish = (uint32_t)((uint64_t)crystal * 1000 / ((uint64_t)baud * d));
	least = wish / 1000;
	/* Each of the four has either the least number of samples, or one more. */
	for (uint32_t set = 0; set < 16; set++) {
		uint32_t sum = least * 10;

		for (unsigned int i = 0; i < 4; i++)
			sum += (set >> i & 1) != 0 ? bits[i] : 0;
		if (set == 0 ||
		    abs((int)(sum * 100) - (int)wish) < abs((int)(best_sum * 100) - (int)wish)) {
			best_sum = sum;
			best_set = set;
		}
	}
	divisors->divisor = d;
	divisors->samples = 0;
	for (unsigned int i = 0; i < 4; i++)
		divisors->samples |= (least + (best_set >> i & 1)) << (8 * i);
	return (uint32_t)((uint64_t)crystal * 10 / ((uint64_t)d * best_sum));
}

static int add_line(struct list *list, const char *line, struct board_error *error)
{
	struct gpp_instruction instruction = { 0 };
	int result = gpp_from_text(line, &instruction, error);

	if (result != 0)
		return result;
	if (list->size + GPP_MAX_SIZE > sizeof(list->bytes))
		return board_fail(error, EINVAL, "the change of speed has too many instructions");
	put_le32(list->bytes + list->size, instruction.opcode);
	list->size += 4;
	for (unsigned int i = 0; i < instruction.num_parameters; i++) {
		put_le32(list->bytes + list->size, instruction.parameters[i]);
		list->size += 4;
	}
	list->count++;
	return 0;
}

static int add_lines(struct list *list, const char *const *lines, size_t count,
		     struct board_error *error)
{
	int result = 0;

	for (size_t i = 0; result == 0 && i < count; i++)
		result = add_line(list, lines[i], error);
	return result;
}

#define ADD_LINES(list, lines, error) \
	add_lines(list, lines, sizeof(lines) / sizeof((lines)[0]), error)

static int add_divisors(struct list *list, const struct speed_divisors *divisors,
			struct board_error *error)
{
	char line[64];
	int result;

	snprintf(line, sizeof(line), "OR_VAL " UART_CLOCK " 0x%x", divisors->divisor);
	result = add_line(list, line, error);
	snprintf(line, sizeof(line), "WRITE " UART_SAMPLES " 0x%x", divisors->samples);
	return result != 0 ? result : add_line(list, line, error);
}

/* slow, fast: for the crystal of 25 MHz, and for that of 40 MHz */
static int add_change(struct list *list, const struct speed_divisors *slow,
		      const struct speed_divisors *fast, struct board_error *error)
{
	int result = ADD_LINES(list, begin_change, error);

	if (result == 0)
		result = add_divisors(list, slow, error);
	if (result == 0)
		result = add_line(list, "BRANCH uBok", error);
	if (result == 0)
		result = add_line(list, "LABEL uB40", error);
	if (result == 0)
		result = add_divisors(list, fast, error);
	return result == 0 ? ADD_LINES(list, end_change, error) : result;
}

static int add_mark(struct list *list, struct board_error *error)
{
	char line[64];
	int result = 0;

	for (const char *c = SPEED_MARK SPEED_MARK; result == 0 && *c != '\0'; c++) {
		snprintf(line, sizeof(line), "WRITE " UART_TX " 0x%x", (unsigned int)*c);
		result = add_line(list, line, error);
		if (result == 0)
			result = add_line(list, "WAIT_FOR_BIT_SET " UART_STATUS " 0x20 1", error);
	}
	return result;
}

static int make_change(struct list *list, uint32_t baud, struct board_error *error)
{
	struct speed_divisors slow, fast;
	int result = ADD_LINES(list, wait_for_host, error);

	if (result == 0)
		result = ADD_LINES(list, unless_changeable, error);
	speed_divisors(CRYSTAL_25_MHZ, baud, &slow);
	speed_divisors(CRYSTAL_40_MHZ, baud, &fast);
	if (result == 0)
		result = add_change(list, &slow, &fast, error);
	if (result == 0)
		result = add_mark(list, error);
	if (result == 0)
		result = ADD_LINES(list, take_interrupts, error);
	return result == 0 ? ADD_LINES(list, nothing_done, error) : result;
}

/* 115200 Bd as the BootROM has it: 16 samples a bit, which register value 0 stands for */
static int make_return(struct list *list, struct board_error *error)
{
	static const struct speed_divisors slow = { .divisor = 14 }, fast = { .divisor = 22 };
	int result = ADD_LINES(list, unless_changed, error);

	if (result == 0)
		result = add_change(list, &slow, &fast, error);
	return result == 0 ? ADD_LINES(list, nothing_done, error) : result;
}

/* Where a package's list ends, from its payload: before the END that may be its last instruction */
static size_t end_of_list(const struct tim_package *package)
{
	struct gpp_instruction instruction = { 0 };
	struct gpp_cursor cursor;
	const uint8_t *last;

	if (gpp_begin(&cursor, package->payload, package->size, "list", NULL) != 0)
		return package->size;
	do
		last = cursor.at;
	while (gpp_next(&cursor, &instruction, "list", NULL) == 1 && cursor.at < cursor.end);
	return !instruction.is_option && instruction.opcode == GPP_END
		       ? (size_t)(last - package->payload)
		       : package->size;
}

/* Put a list at the end of one of the TIM's packages. */
static int append(uint8_t **bytes, size_t *size, uint32_t id, const struct list *list,
		  struct board_error *error)
{
	const struct tim_package *package;
	uint8_t *grown, *payload;
	struct tim_image own;
	struct tim tim;
	size_t at, end;
	int result = tim_parse(*bytes, *size, &tim, error);

	if (result != 0)
		return result;
	package = tim_package_by_id(&tim, id);
	if (package == NULL)
		return board_fail(error, ENOENT, "the TIM has no such package");
	if (tim.size + list->size > TIM_MAX_SIZE)
		return board_fail(error, EINVAL, "the TIM is too large for a change of speed");
	at = (size_t)(package->payload - *bytes);
	end = at + end_of_list(package);
	grown = malloc(tim.size + list->size);
	if (grown == NULL)
		return board_fail(error, ENOMEM, "out of memory");
	memcpy(grown, *bytes, end);
	memcpy(grown + end, list->bytes, list->size);
	memcpy(grown + end + list->size, *bytes + end, tim.size - end);
	payload = grown + at;
	put_le32(payload - 4, (uint32_t)(TIM_PACKAGE_HEADER_SIZE + package->size + list->size));
	put_le32(payload + 4, get_le32(payload + 4) + list->count);
	put_le32(grown + TIM_SIZE_OF_RESERVED,
		 get_le32(grown + TIM_SIZE_OF_RESERVED) + (uint32_t)list->size);
	own = tim.images[0];
	own.size += (uint32_t)list->size;
	if (own.hash_size != 0)
		own.hash_size += (uint32_t)list->size;
	tim_put_image(grown, 0, &own);
	free(*bytes);
	*bytes = grown;
	*size = tim.size + list->size;
	/* A list that ran off, or a field that is wrong now, would be found here. */
	result = tim_parse(*bytes, *size, &tim, error);
	return result == 0 && own.hash_size != 0 ? tim_rehash(*bytes, &tim) : result;
}

int speed_add_to_tim(uint8_t **bytes, size_t *size, uint32_t baud, struct board_error *error)
{
	struct list change = { .size = 0 }, back = { .size = 0 };
	bool has_gpp2;
	struct tim tim;
	int result = tim_parse(*bytes, *size, &tim, error);

	if (result != 0)
		return result;
	if (baud < SPEED_MIN || baud > SPEED_MAX)
		return board_fail(error, EINVAL, "%u Bd: %u to %u are possible", baud, SPEED_MIN,
				  SPEED_MAX);
	if (tim.trusted)
		return board_fail(error, ENOTSUP,
				  "a signed TIM cannot be given the instructions that change the "
				  "speed; leave --baud out");
	if (tim_package_by_id(&tim, TIM_ID_DDR3) == NULL)
		return board_fail(error, ENOTSUP,
				  "the TIM has no list of instructions DDR3, where the change of "
				  "speed belongs; leave --baud out");
	has_gpp2 = tim_package_by_id(&tim, TIM_ID_GPP2) != NULL;
	result = make_change(&change, baud, error);
	if (result == 0)
		result = append(bytes, size, TIM_ID_DDR3, &change, error);
	/* Without GPP2 it is left to WTMI, which sets the UART up in any case. */
	if (result == 0 && has_gpp2)
		result = make_return(&back, error);
	if (result == 0 && has_gpp2)
		result = append(bytes, size, TIM_ID_GPP2, &back, error);
	return result;
}

int speed_follow(struct wtptp *wtptp, uint32_t baud, bool *changed, struct board_error *error)
{
	int result = link_set_speed(&wtptp->link, baud, error);

	*changed = false;
	if (result != 0)
		return result;
	result = wtptp_wait_for_mark(wtptp, (const uint8_t *)SPEED_MARK, wtptp->timing.ddr, error);
	if (result == 0) {
		for (int i = 0; i < MARK_TAIL; i++) {
			if (link_read(&wtptp->link, link_now() + MARK_TAIL_TIME) < 0)
				break;
		}
		*changed = true;
		return 0;
	}
	if (result == -EIO)
		return result;
	result = link_set_speed(&wtptp->link, SPEED_BOOTROM, error);
	link_flush(&wtptp->link);
	return result;
}
