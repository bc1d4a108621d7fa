/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line of bhyve(8), turned into configuration keys. */
#ifndef BHYVE_OPTIONS_H
#define BHYVE_OPTIONS_H

#include <stddef.h>

/* What to do after the command line was read. */
enum options_result {
	OPTIONS_RUN,	 /* run the VM that the key "name" names */
	OPTIONS_HELP,	 /* -h, --help */
	OPTIONS_VERSION, /* --version */
	OPTIONS_DEVICES, /* -s help */
	OPTIONS_ERROR,	 /* the sentence is in err */
};

/* Reads a command line into the configuration. Later options win over earlier ones; but a slot is
 * filled once. */
enum options_result options_parse(int argc, char **argv, char *err, size_t errlen);

/* One -s argument, "SLOT,DEVICE[,OPTIONS]". A key that is given twice gets both values, joined by
 * ','. */
int options_slot(const char *text, char *err, size_t errlen);

/* One -c argument, "[cpus=]N[,sockets=N][,cores=N][,threads=N]". */
int options_cpus(const char *text, char *err, size_t errlen);

/* The text of --help. */
extern const char options_usage[];

#endif
