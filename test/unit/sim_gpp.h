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

/** What the host's end of the line is set to, in Bd. */
uint32_t sim_host_speed(struct sim *sim);

/** Whether two UARTs at these speeds understand each other: within 4 %. */
bool sim_speeds_agree(uint32_t a, uint32_t b);

/** Send a byte at the board's speed. */
void sim_put_byte(struct sim *sim, uint8_t byte);

#endif
