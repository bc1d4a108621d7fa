/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A simulated BootROM of the Armada 3700 at the far end of a pty. It checks every byte that the
 * host sends, and misbehaves as asked.
 *
 * No board was at hand, so this is what it believes about the real one, and why. Sources:
 * mox-imager (the tool that boards are recovered with today), WtpDownload (Marvell's own),
 * Linux's drivers, and users' logs. Where both tools do the same, or where one does it and would
 * fail on a board that is otherwise, a belief is KNOWN:
 *
 *  - The pattern is BB 11 22 33 44 55 66 77, the first sign of it a '>' (both), then zeros:
 *    mox-imager wants 16 in a row, WtpDownload 4. Four carriage returns end it, zeros may
 *    follow, then silence (mox-imager: 300 ms); any other byte means that the board boots
 *    (mox-imager).
 *  - The console sends BB and 11 back as '>', all else as it is; Ctrl-C, "wtp" and a carriage
 *    return get "!\r\nwtp\r\n" (mox-imager).
 *  - A request has 8 bytes and data, an answer 6 and data (both); after status FF one byte
 *    comes, and no more (mox-imager, "44feab1"). Command and number come back as they were
 *    sent.
 *  - The preamble comes back as it was sent. It waits in the FIFO while the TIM's
 *    instructions run: both tools send it once, at once, and mox-imager's instructions hand
 *    it on. Carriage returns that are left over before it are nothing (mox-imager sends them
 *    and goes on).
 *  - GetVersion has flags 0 (mox-imager) or 8 (WtpDownload) and is answered with 12 bytes (a
 *    log).
 *  - Frames of data are numbered 1, 1, ... (mox-imager) or 1, 2, ... (WtpDownload), all
 *    others 0 (both). That a board checks the latter is a guess.
 *  - Fast mode: flag 4 in a DataHeader, flag 4 in its answer; then all bytes bare, and one
 *    answer of 6 bytes with the number of the DataHeader (mox-imager, which waits for nothing
 *    else).
 *  - After Done of the last image the board starts it, with Disconnect (WtpDownload) or
 *    without (mox-imager).
 *  - The BootROM asks for TIMH, TIMN if there is one, WTMI, OBMI (logs). It checks the hashes
 *    that the TIM has (Marvell's TIM has all; mox-imager's may lack OBMI's).
 *  - A TIM's instructions may print text before the next answer (logs; mox-imager skips it).
 *  - Lists DDR3 run between Done of the TIM and the next preamble's answer, GPP2 after the last
 *    image; instructions mean what Marvell's and mox-imager's sources of such lists say.
 *  - UART registers: divisor, samples, gates, FIFO resets, loop back, RX interrupt
 *    (mox-imager's lists, Linux's mvebu-uart); 25 or 40 MHz by bit 9 of the straps (Linux's
 *    armada-37xx-xtal).
 *
 * Whether a frame that was refused may be sent again is a guess, too: FAULT_NACK_ONCE, FAULT_NACK.
 * All else is a guess with two variants, both of which a test runs: enum sim_guess. What a board
 * does that fails is no belief, but a fault: enum sim_fault, enum sim_start, enum sim_change.
 */
#ifndef TEST_UNIT_SIM_BOOTROM_H
#define TEST_UNIT_SIM_BOOTROM_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * What is guessed. Each has a first reading, and another one, which its bit in sim.others stands
 * for. sim_guesses has their names.
 */
enum sim_guess {
	/* The answer that ends fast mode has the DataHeader's number; it has one more. (The first
	 * is as good as known; the other is what was believed here, and nothing rules it out.) */
	GUESS_FAST_NUMBER,
	/* Fast mode is taken; it is not offered by this BootROM. */
	GUESS_FAST,
	/* Numbers are not checked; they are: data counts up by one, from 1 after any other frame,
	 * and all others have 0 (so WtpDownload). */
	GUESS_NUMBERS,
	/* The kind of a message is in the message (WtpDownload); it is in the answer that announced
	 * it (mox-imager). */
	GUESS_MESSAGE_KIND,
	/* One '>' for all patterns; one for each until there is a pause, and zeros only then. */
	GUESS_SYNC,
	/* The '>' arrives; it is lost, as the line comes up with the board. */
	GUESS_SYNC_ARRIVES,
	/* A pattern gets 8 zeros; it gets one. */
	GUESS_ZEROS,
	/* Zeros end at the first four carriage returns; another thousand come, and they are wanted
	 * again (mox-imager's "bc438f7" was made for something like that). */
	GUESS_END,
	/* A message that the answer to the last Done announces can be fetched; the board is gone.
	 */
	GUESS_LAST_MESSAGE,
	/* The BootROM takes chunks of 1024 bytes (from the marks in a log); of 61. */
	GUESS_CHUNK,
	/* Bit 9 of the UART's status is set while the BootROM downloads; it is clear. */
	GUESS_STATUS_9,
	/* The BootROM's UART runs from the crystal; from the PLL. */
	GUESS_PLL,
	/* UART1 has its pins; it has not, and must not be given them. */
	GUESS_UART1_PINS,
	/* Scratch registers are zero where a list begins; they hold anything. */
	GUESS_SCRATCH,
	NUM_GUESSES,
};

/** Names and the other reading, in words, of each guess. */
extern const struct sim_guess_text {
	const char *name, *other;
} sim_guesses[NUM_GUESSES];

enum sim_start {
	SIM_RESET,	  /**< answers the escape pattern as after a reset */
	SIM_PROMPT,	  /**< shows the console's prompt */
	SIM_READY,	  /**< in download mode */
	SIM_DEAD,	  /**< answers nothing at all */
	SIM_SYNC_ONLY,	  /**< sends > and nothing more */
	SIM_UBOOT,	  /**< is at a prompt of U-Boot's (sim.prompt), and is reset there */
	SIM_UBOOT_STAYS,  /**< the same, but never reset */
	SIM_TALKS,	  /**< runs something else that prints without end */
	SIM_TALKS_AFTER,  /**< takes the pattern, then prints without end */
	SIM_BOOTS,	  /**< takes the pattern, then boots all the same, as often as boots says */
	SIM_MISSES,	  /**< boots without a look at the pattern, as often as boots says */
	SIM_FALLS_SILENT, /**< is silent after the pattern, but not in download mode, as often */
	SIM_PROMPT_OF_OTHERS, /**< echoes like the console, but does not know wtp */
};

/** What goes wrong with the answer to a frame */
enum sim_fault {
	FAULT_NONE,
	FAULT_NO_ANSWER,
	FAULT_HANG_UP,
	FAULT_NACK_ONCE,
	FAULT_NACK,
	FAULT_SEQUENCE,
	FAULT_BROKEN_STATUS, /**< 0xFF, and no length after it */
	FAULT_TEXT_BEFORE,
	FAULT_BINARY_BEFORE, /**< foreign bytes, among them FF and those of a half frame */
	FAULT_CORRUPT,	     /**< one byte of the answer's header is wrong */
	FAULT_LATE,
	FAULT_CUT,	     /**< half of the answer */
	FAULT_TALK,	     /**< text without end instead of an answer */
	FAULT_MESSAGE,	     /**< a text is pending */
	FAULT_TWO_MESSAGES,  /**< a text, and a code that is no error */
	FAULT_MESSAGE_BUSY,  /**< busy twice, then ready */
	FAULT_MESSAGE_ERROR, /**< code 0x6A is pending */
	FAULT_BUSY_FOREVER,
	FAULT_MESSAGES_FOREVER,
	NUM_FAULTS,
};

/** What goes wrong when the TIM's instructions change the speed */
enum sim_change {
	CHANGE_GOOD,
	CHANGE_IGNORED,	   /**< the instructions are not run */
	CHANGE_NOISE,	   /**< bytes before the mark, half a mark among them */
	CHANGE_TORN_MARK,  /**< the first byte that is sent is damaged */
	CHANGE_NO_MARK,	   /**< it changes, but nothing of the mark comes out */
	CHANGE_WRONG_RATE, /**< the crystal is not the one that the straps tell */
	CHANGE_DUMB,	   /**< dies once the mark is sent */
	CHANGE_HANG_UP,	   /**< the line goes away in the middle of the instructions */
	CHANGE_TALK,	   /**< text without end instead of the mark */
};

#define SIM_MAX_IMAGES 4

struct sim {
	/* What is asked */
	enum sim_start start;
	enum sim_fault fault;
	int fault_at;			/**< number of the frame whose answer it hits */
	uint32_t wants[SIM_MAX_IMAGES]; /**< IDs asked for, in order; 0 ends */
	uint32_t others;		/**< bit n: the other variant of guess n */
	uint32_t chunk;			/**< 0: as the guess says */
	int boots;			/**< resets that are in vain */
	const char *prompt;		/**< U-Boot's, or another program's */
	bool mute;			/**< it echoes nothing */
	bool fast;			/**< the host is to ask for fast mode */
	const char *text_after_tim; /**< printed before the next preamble is answered, or NULL */

	uint32_t crystal; /**< Hz: 25000000 or 40000000; 0: the line has no speed that matters */
	enum sim_change change;

	/* What happened; read after sim_stop() */
	char complaint[200]; /**< a byte of the host's that was wrong; "" if none */
	int frames;
	int resets;	/**< how often it went from text to looking for the pattern */
	bool streamed;	/**< the pattern came without pauses before the reset at the prompt */
	bool took_fast; /**< fast mode was taken */
	unsigned int received; /**< images, whole */
	uint8_t *images[SIM_MAX_IMAGES];
	size_t sizes[SIM_MAX_IMAGES];
	bool declined; /**< the host said that it lacks an image */
	uint32_t baud; /**< the board's speed at the end, and the highest it had */
	uint32_t highest_baud;
	uint32_t garbled; /**< bytes that came at another speed than the board's */

	/* Its own */
	char device[64];
	int master, slave;
	volatile bool stop;
	pthread_t thread;
	unsigned int message_round;
	uint8_t number;					 /* of the last frame of data */
	uint32_t uart_control, uart_clock, uart_samples; /* registers */
	uint32_t pins_disable, scratch[16];
	unsigned int bytes_sent_by_list;
};

/** Open the pty (sim->device) and start. */
void sim_start(struct sim *sim);

/** End it and free the pty; the images stay until sim_free(). */
void sim_stop(struct sim *sim);

void sim_free(struct sim *sim);

#endif
