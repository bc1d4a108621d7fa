/* SPDX-License-Identifier: BSD-2-Clause */
/* The console: PL011 at 0x09000000 (Arm DDI 0183), output only. */
#ifndef GUEST_CONSOLE_H
#define GUEST_CONSOLE_H

#include <stdint.h>

#define PL011		0x09000000
#define PL011_DR	(PL011 + 0x000)
#define PL011_FR	(PL011 + 0x018)
#define PL011_IBRD	(PL011 + 0x024)
#define PL011_FBRD	(PL011 + 0x028)
#define PL011_CR	(PL011 + 0x030)
#define PL011_IFLS	(PL011 + 0x034)
#define PL011_IMSC	(PL011 + 0x038)
#define PL011_RIS	(PL011 + 0x03c)
#define PL011_MIS	(PL011 + 0x040)
#define PL011_ICR	(PL011 + 0x044)
#define PL011_FR_TXFF	(1u << 5)
#define PL011_TX	(1u << 5) /* in IMSC, RIS, MIS and ICR */
#define PL011_INTID	33
#define PL011_PERIPHID0 (PL011 + 0xfe0)
#define PL011_PCELLID0	(PL011 + 0xff0)

void print_char(char c);
/* %s, %c, %u (unsigned), %d (int), %x (unsigned), %lu, %lx (64 bits), %%. */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
