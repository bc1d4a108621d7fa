/* SPDX-License-Identifier: BSD-2-Clause */
/* The simulated BootROM's interpreter of instruction lists, with a UART whose registers set the
 * board's speed. */
#ifndef TEST_UNIT_SIM_GPP_H
#define TEST_UNIT_SIM_GPP_H

#include "sim_bootrom.h"

/**
 * Run the list of this package of the TIM that was received. Returns whether the board goes on; if
 * not, reason (120 bytes) says what was wrong with the list, or is "" where dying was asked for.
 */
bool sim_gpp_run(struct sim *sim, uint32_t id, char *reason);

/* The clock register of a UART that runs from the PLL at 115200 Bd, and the bit of one whose pins
 * are taken from UART1 */
#define SIM_PLL_CLOCK  0x00089041u
#define SIM_UART1_PINS 0x20000000u

/** What the host's end of the line is set to, in Bd. */
uint32_t sim_host_speed(struct sim *sim);

/** Whether two UARTs at these speeds understand each other: within 4 %. */
bool sim_speeds_agree(uint32_t a, uint32_t b);

/** Send a byte at the board's speed. */
void sim_put_byte(struct sim *sim, uint8_t byte);

#endif
