// SPDX-License-Identifier: BSD-2-Clause
/*
 * Calls of the guest by HVC: SMC Calling Convention 1.1 (Arm DEN 0028) and PSCI 1.0 (DEN 0022).
 * Those that only ask are answered here; those that change the virtual machine go to user space;
 * all others are NOT_SUPPORTED.
 */
#include "hyp.h"

#define SMCCC_64BIT	       0x40000000
#define PSCI_VERSION	       0x84000000
#define PSCI_CPU_SUSPEND       0x84000001
#define PSCI_CPU_OFF	       0x84000002
#define PSCI_CPU_ON	       0x84000003
#define PSCI_AFFINITY_INFO     0x84000004
#define PSCI_MIGRATE_INFO_TYPE 0x84000006
#define PSCI_SYSTEM_OFF	       0x84000008
#define PSCI_SYSTEM_RESET      0x84000009
#define PSCI_FEATURES	       0x8400000a

/* Paravirtualized time (Arm DEN 0057), of the 64-bit convention only */
#define PV_TIME_FEATURES       0xc5000020
#define PV_TIME_ST	       0xc5000021

#define PSCI_FUNCTIONS	       0x84	  /* and further SMC32 functions of standard services */
#define SMCCC_UNKNOWN	       0xbfffffff /* of an owner that there is not */

#define VERSION_1_0	       0x10000
#define VERSION_1_1	       0x10001
#define NOT_SUPPORTED	       UINT64_MAX
#define MIGRATE_NOT_NEEDED     2

/* PSCI functions that user space carries out. The 64-bit variants exist where an argument is an
 * address. */
static bool psci_is_user(uint32_t function)
{
	uint32_t base = function & ~SMCCC_64BIT;

	if (base == PSCI_CPU_SUSPEND || base == PSCI_CPU_ON || base == PSCI_AFFINITY_INFO)
		return true;
	return function == PSCI_CPU_OFF || function == PSCI_SYSTEM_OFF ||
	       function == PSCI_SYSTEM_RESET;
}

static uint64_t psci_features(uint32_t function)
{
	if (psci_is_user(function) || function == PSCI_VERSION || function == PSCI_FEATURES ||
	    function == PSCI_MIGRATE_INFO_TYPE || function == SMCCC_VERSION)
		return 0;
	return NOT_SUPPORTED;
}

/* One of firmware's calls against speculation, which guests are offered as firmware offers them to
 * the host; HYP_WORKAROUND_COUNT if it is none. */
static enum hyp_workaround workaround(uint32_t function)
{
	if (function == SMCCC_ARCH_WORKAROUND_1)
		return HYP_WORKAROUND_1;
	if (function == SMCCC_ARCH_WORKAROUND_2)
		return HYP_WORKAROUND_2;
	return function == SMCCC_ARCH_WORKAROUND_3 ? HYP_WORKAROUND_3 : HYP_WORKAROUND_COUNT;
}

static uint64_t arch_features(const struct hyp_vcpu *vcpu, uint32_t function)
{
	enum hyp_workaround which = workaround(function);

	if (function == SMCCC_VERSION || function == SMCCC_ARCH_FEATURES)
		return 0;
	if (function == PV_TIME_FEATURES)
		return vcpu_vm(vcpu)->pvtime ? 0 : NOT_SUPPORTED;
	if (which == HYP_WORKAROUND_COUNT || speculation_offers(which) < 0)
		return NOT_SUPPORTED;
	return (uint64_t)speculation_offers(which);
}

/* Arm architecture calls (DEN 0028, 7). A workaround has been done by the trap, if it is needed. */
static uint64_t arch_answer(const struct hyp_vcpu *vcpu, uint32_t function, uint32_t argument)
{
	if (function == SMCCC_VERSION)
		return VERSION_1_1;
	if (function == SMCCC_ARCH_FEATURES)
		return arch_features(vcpu, argument);
	return arch_features(vcpu, function) == NOT_SUPPORTED ? NOT_SUPPORTED : 0;
}

/* Where this vCPU's stolen time is. */
static uint64_t pv_time_answer(const struct hyp_vcpu *vcpu, uint32_t function, uint32_t argument)
{
	uint64_t page = vcpu_vm(vcpu)->pvtime;

	if (!page)
		return NOT_SUPPORTED;
	if (function == PV_TIME_ST)
		return page + vcpu->index * sizeof(struct hyp_pvtime);
	return argument == PV_TIME_FEATURES || argument == PV_TIME_ST ? 0 : NOT_SUPPORTED;
}

static uint64_t answer(const struct hyp_vcpu *vcpu, uint32_t function, uint32_t argument)
{
	if (function >> 16 == SMCCC_VERSION >> 16)
		return arch_answer(vcpu, function, argument);
	if (function == PSCI_VERSION)
		return VERSION_1_0;
	if (function >> 24 != PSCI_FUNCTIONS)
		return (function & ~1u) == PV_TIME_FEATURES
			       ? pv_time_answer(vcpu, function, argument)
			       : NOT_SUPPORTED;
	if (function == PSCI_FEATURES)
		return psci_features(argument);
	return function == PSCI_MIGRATE_INFO_TYPE ? MIGRATE_NOT_NEEDED : NOT_SUPPORTED;
}

/* ELR_EL2 is behind the HVC already. */
uint64_t smccc_call(struct hyp_vcpu *vcpu)
{
	uint32_t function = (uint32_t)vcpu->x[0];

	vcpu_count(vcpu, VMM_STAT_EXIT_HVC);
	if ((function & 0xbf000000) == 0x84000000 && psci_is_user(function))
		return HYP_EXIT_HVC;
	vcpu->x[0] = answer(vcpu, function, (uint32_t)vcpu->x[1]);
	return 0;
}

/*
 * HVC in AArch32: arguments and results are W registers, and there are no functions of the 64-bit
 * convention (DEN 0028, 2.3).
 */
uint64_t smccc_call32(struct hyp_vcpu *vcpu)
{
	for (unsigned int i = 0; i < 8; i++)
		vcpu->x[i] = (uint32_t)vcpu->x[i];
	if ((vcpu->x[0] == PSCI_FEATURES || vcpu->x[0] == SMCCC_ARCH_FEATURES) &&
	    (vcpu->x[1] & SMCCC_64BIT)) {
		vcpu_count(vcpu, VMM_STAT_EXIT_HVC);
		vcpu->x[0] = (uint32_t)NOT_SUPPORTED;
		return 0;
	}
	if (vcpu->x[0] & SMCCC_64BIT)
		vcpu->x[0] = SMCCC_UNKNOWN;
	return smccc_call(vcpu);
}
