/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A line faster than the BootROM's own 115200 Bd, which it never leaves by itself.
 *
 * The TIM carries instruction lists that the BootROM runs, so the change is put there, for this one
 * download: at the end of DDR3 (run when the TIM has been taken) instructions give the UART other
 * divisors of the crystal and then send a mark at the new speed; at the end of GPP2, if there is
 * one, they go back. The host sends nothing until it has seen the mark: without it, it stays at
 * 115200 Bd, and the BootROM has seen no byte that it could not read.
 */
#ifndef BOARD_UART_BOOT_SPEED_H
#define BOARD_UART_BOOT_SPEED_H

#include <stdbool.h>

#include "board/a3700-image/tim.h"
#include "board/uart-boot/wtptp.h"

/* The BootROM's speed, and the limits of what is made from the crystal with at least 12 samples a
 * bit, in Bd */
#define SPEED_BOOTROM 115200u
#define SPEED_MIN     230400u
#define SPEED_MAX     1000000u
/* What the board sends at the new speed, twice */
#define SPEED_MARK    "baud"

/** Divisors: bits a second = crystal / (divisor * samples), samples being a mean over a frame. */
struct speed_divisors {
	uint32_t divisor; /**< 2 to 1023 */
	uint32_t samples; /**< four, a byte each, for 3, 3, 2 and 2 bits of a frame's ten */
};

/** Divisors for baud (SPEED_MIN to SPEED_MAX) from a crystal in Hz. Returns the speed they make. */
uint32_t speed_divisors(uint32_t crystal, uint32_t baud, struct speed_divisors *divisors);

/**
 * Add the change of speed to a TIM. *size bytes at *tim, allocated, are replaced. Returns 0, or
 * with a line in error: -ENOTSUP (a trusted TIM, whose signature covers the lists, or one without
 * DDR3), -EINVAL (no TIM; no such speed; too large), -ENOMEM.
 */
int speed_add_to_tim(uint8_t **tim, size_t *size, uint32_t baud, struct board_error *error);

/**
 * Follow the board to baud, once it has taken such a TIM. *changed: whether its mark came. If not,
 * the line is back at 115200 Bd. Returns 0, or with a line in error -EIO: the line is gone.
 */
int speed_follow(struct wtptp *wtptp, uint32_t baud, bool *changed, struct board_error *error);

#endif
