/* SPDX-License-Identifier: BSD-2-Clause */
/* Figures for a monitoring system. */
#ifndef BHYVECTL_METRICS_H
#define BHYVECTL_METRICS_H

/*
 * Prints the counters of all VMs, or of the one named only if name is not NULL, in Prometheus' text
 * exposition format 0.0.4, all or nothing. 0 or a negative errno, as vm_list().
 */
int show_metrics(const char *name);

#endif
