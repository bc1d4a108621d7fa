// SPDX-License-Identifier: BSD-2-Clause
/*
 * The virtual GICv3 under random register accesses, inputs, acknowledges, ends, WFIs and moves of
 * three vCPUs, against a model of the specification (IHI 0069, 4.1) that knows nothing of list
 * registers. After every step in-flight bits are what list registers hold, no interrupt is in two
 * of them, and no lock is held (guest_check()); what a vCPU acknowledges is the best that the model
 * has for it; registers read what the model says; at the end nothing that was pending is left
 * undelivered.
 *
 * sources: vmm/hyp/arch/fake/arch_fake.c vmm/hyp/arch/fake/cpu_interface.c
 * sources: test/unit/fake_guest.c vmm/hyp/[a-z]*.c
 * cflags: -DHYP_FAKE -Ivmm/hyp -Ivmm/hyp/arch/fake
 */
#include "fake_guest.h"

#include <stdio.h>
#include <string.h>

#define VCPUS	  3
#define SPIS	  32 /* INTID 32 to 63 */
#define FIRST_SPI 32
#define PARKED	  64 /* INTID 64 to 67: never enabled; their active state is written by software */
#define PPI_FIRST 16
#define PPI_LAST  23
#define NO_ROUTE  7
#define ANY_ROUTE 8
#define MAX_DEPTH 32
#define CNTP_CTL  SYSREG(3, 3, 14, 2, 1)
#define CNTP_CVAL SYSREG(3, 3, 14, 2, 2)
#define GROUP1	  2

/* One interrupt as the specification sees it. */
struct model {
	bool latch, line, edge, enabled, active;
	bool withdrawn; /* a timer's level that fell: it may still be acknowledged once */
	uint8_t priority;
	uint8_t route; /* SPIs: vCPU, NO_ROUTE or ANY_ROUTE */
};

static struct {
	struct model private[VCPUS][32];
	struct model spi[SPIS];
	uint32_t parked; /* active bits of INTID 64 to 95 */
	bool forwarding;
	uint8_t mask[VCPUS];
	uint16_t stack[VCPUS][MAX_DEPTH]; /* acknowledged, not ended */
	unsigned int depth[VCPUS];
	bool split; /* EOImode 1: the end drops the priority, and ICC_DIR_EL1 deactivates */
	uint16_t dropped[VCPUS][MAX_DEPTH];
	unsigned int dropped_count[VCPUS];
} model;

static const uint8_t *input;
static size_t input_left;

static uint8_t next(void)
{
	if (input_left == 0)
		return 0;
	input_left--;
	return *input++;
}

static void enter(unsigned int vcpu);

static void require(bool condition, const char *message, unsigned int intid, unsigned int vcpu)
{
	if (condition)
		return;
	fprintf(stderr, "INTID %u, vCPU %u: ", intid, vcpu);
	arch_fake_fail(message);
}

/* The model. */

static struct model *interrupt(unsigned int vcpu, unsigned int intid)
{
	return intid < FIRST_SPI ? &model.private[vcpu][intid] : &model.spi[intid - FIRST_SPI];
}

static bool has_expired(uint64_t control, uint64_t compare)
{
	return (control & (CNT_CTL_ENABLE | CNT_CTL_IMASK)) == CNT_CTL_ENABLE &&
	       fake.counter >= compare;
}

static void follow_line(struct model *m, bool level)
{
	if (m->line && !level)
		m->withdrawn = true;
	m->line = level;
}

/* The timers' outputs; the driver wakes who sleeps when one expires. */
static void follow_timers(void)
{
	for (unsigned int v = 0; v < VCPUS; v++) {
		const struct fake_cpu *cpu = &fake.cpu[guest.cpu[v]];
		const struct hyp_vcpu *vcpu = &guest.vcpu[v];
		uint64_t control = vcpu_runs(v) ? cpu->cntv_ctl_el0 : vcpu->cntv_ctl;
		uint64_t compare = vcpu_runs(v) ? cpu->cntv_cval_el0 : vcpu->cntv_cval;

		follow_line(&model.private[v][VM_PPI_VTIMER], has_expired(control, compare));
		follow_line(&model.private[v][VM_PPI_PTIMER],
			    has_expired(vcpu->cntp_ctl, vcpu->cntp_cval));
		if (vcpu->state == HYP_STATE_BLOCKED &&
		    (model.private[v][VM_PPI_VTIMER].line || model.private[v][VM_PPI_PTIMER].line))
			enter(v);
	}
}

static bool is_pending(const struct model *m)
{
	return m->latch || (!m->edge && m->line);
}

static bool is_candidate(const struct model *m)
{
	return is_pending(m) && m->enabled && !m->active && model.forwarding;
}

/* What the vCPU must be offered: INTID, or 1023. */
static unsigned int best_intid(unsigned int vcpu)
{
	unsigned int best = GIC_SPURIOUS;

	for (unsigned int intid = 0; intid < FIRST_SPI + SPIS; intid++) {
		const struct model *m = interrupt(vcpu, intid);

		if (!is_candidate(m) || (intid >= FIRST_SPI && m->route != vcpu))
			continue;
		if (best == GIC_SPURIOUS || m->priority < interrupt(vcpu, best)->priority)
			best = intid;
	}
	return best;
}

/* Its priority; 0x100: none. */
static unsigned int best_for(unsigned int vcpu)
{
	unsigned int intid = best_intid(vcpu);

	return intid == GIC_SPURIOUS ? 0x100 : interrupt(vcpu, intid)->priority;
}

static void model_reset(void)
{
	memset(&model, 0, sizeof(model));
	model.forwarding = true;
	for (unsigned int v = 0; v < VCPUS; v++) {
		model.mask[v] = PRIORITY_MASK_OPEN;
		for (unsigned int i = 0; i < 32; i++)
			model.private[v][i] = (struct model){ .edge = i < 16,
							      .enabled = true,
							      .priority = DEFAULT_PRIORITY };
	}
	/* what no list register holds is ended by priority: these last */
	guest_write32(0, GICD(IPRIORITY(PARKED)), 0xf8f8f8f8);
	for (unsigned int i = 0; i < SPIS; i++) {
		model.spi[i] = (struct model){ .edge = i & 1, .priority = DEFAULT_PRIORITY };
		if (i & 1)
			spi_set_edge(FIRST_SPI + i);
	}
}

/* Slow SGIs arrive, also those that are sent by who takes one. */
static void settle(void)
{
	do
		guest_settle();
	while (fake_deliver_sgis());
}

/* Where an interrupt's registers are. */
static uint64_t frame(unsigned int vcpu, unsigned int intid)
{
	return intid < FIRST_SPI ? GICR_SGI(vcpu, 0) : GICD(0);
}

static unsigned int pick_intid(void)
{
	unsigned int n = next() % (SPIS + 24);

	return n < SPIS ? FIRST_SPI + n : n - SPIS;
}

static unsigned int pick_vcpu(void)
{
	return next() % VCPUS;
}

/* Steps. */

static void step_line(bool level)
{
	unsigned int intid = pick_intid(), vcpu = pick_vcpu();
	struct model *m = interrupt(vcpu, intid);

	if (intid < PPI_FIRST)
		return;
	guest_line(intid, level, vcpu);
	if (level && !m->line && m->edge)
		m->latch = true;
	m->line = level;
}

static void step_enable(bool enable)
{
	unsigned int by = pick_vcpu(), intid = pick_intid(), vcpu = pick_vcpu();

	guest_write32(by, frame(vcpu, intid) + (enable ? ISENABLE(intid) : ICENABLE(intid)),
		      BIT(intid));
	interrupt(vcpu, intid)->enabled = enable;
}

static void step_priority(void)
{
	unsigned int by = pick_vcpu(), intid = pick_intid(), vcpu = pick_vcpu(),
		     priority = next() & 0xf8;

	guest_write(by, frame(vcpu, intid) + IPRIORITY(intid), 1, priority);
	interrupt(vcpu, intid)->priority = (uint8_t)priority;
}

static void step_route(void)
{
	unsigned int by = pick_vcpu(), spi = next() % SPIS, route = next() % (VCPUS + 2);

	if (route == VCPUS)
		route = NO_ROUTE;
	if (route == VCPUS + 1)
		route = ANY_ROUTE;
	guest_write(by, GICD(IROUTER(FIRST_SPI + spi)), 8,
		    route == ANY_ROUTE ? IROUTER_ANY : route);
	model.spi[spi].route = (uint8_t)route;
}

static void step_pending(bool set)
{
	unsigned int by = pick_vcpu(), intid = pick_intid(), vcpu = pick_vcpu();
	struct model *m = interrupt(vcpu, intid);

	guest_write32(by, frame(vcpu, intid) + (set ? ISPEND(intid) : ICPEND(intid)), BIT(intid));
	m->latch = set;
}

static void step_sgi(void)
{
	unsigned int by = pick_vcpu(), sgi = next() % 16, targets = next() & 7;

	if (!vcpu_runs(by))
		return;
	guest_send_sgi(by, (uint64_t)sgi << 24 | targets);
	for (unsigned int v = 0; v < VCPUS; v++)
		if (targets & 1u << v)
			model.private[v][sgi].latch = true;
}

/* What must be signalled to a vCPU that runs is, and vCPUs that sleep with an interrupt were woken.
 */
static void check_offers(void)
{
	follow_timers();
	for (unsigned int v = 0; v < VCPUS; v++) {
		unsigned int best = best_for(v);

		if (guest.vcpu[v].state == HYP_STATE_BLOCKED)
			require(best >= model.mask[v], "was not woken", best_intid(v), v);
		if (vcpu_runs(v) && best < model.mask[v] &&
		    best < cpu_interface_running_priority(&fake.cpu[guest.cpu[v]]))
			require(guest_signalled(v), "nothing is signalled", best_intid(v), v);
	}
}

static void check_acknowledged(unsigned int vcpu, unsigned int intid)
{
	struct model *m;

	require(intid < FIRST_SPI + SPIS, "an interrupt that was never enabled", intid, vcpu);
	m = interrupt(vcpu, intid);
	require(is_pending(m) || m->withdrawn, "acknowledged, but not pending", intid, vcpu);
	require(m->enabled && model.forwarding, "acknowledged, but disabled", intid, vcpu);
	require(!m->active, "acknowledged, but active", intid, vcpu);
	require(intid < FIRST_SPI || m->route == vcpu || m->route == ANY_ROUTE,
		"acknowledged by another vCPU", intid, vcpu);
	require(m->priority <= best_for(vcpu), "acknowledged before one of higher priority", intid,
		vcpu);
	m->latch = m->withdrawn = false;
	m->active = true;
	model.stack[vcpu][model.depth[vcpu]++] = (uint16_t)intid;
}

static unsigned int acknowledge(unsigned int vcpu)
{
	unsigned int intid;

	settle();
	if (!vcpu_runs(vcpu) || model.depth[vcpu] + model.dropped_count[vcpu] == MAX_DEPTH)
		return GIC_SPURIOUS;
	check_offers();
	intid = guest_acknowledge(vcpu);
	if (intid != GIC_SPURIOUS)
		check_acknowledged(vcpu, intid);
	return intid;
}

static void end(unsigned int vcpu)
{
	unsigned int intid;

	if (!vcpu_runs(vcpu) || model.depth[vcpu] == 0)
		return;
	intid = model.stack[vcpu][--model.depth[vcpu]];
	guest_end(vcpu, intid);
	if (model.split)
		model.dropped[vcpu][model.dropped_count[vcpu]++] = (uint16_t)intid;
	else
		interrupt(vcpu, intid)->active = false;
}

static void deactivate(unsigned int vcpu, unsigned int which)
{
	unsigned int intid;

	if (!vcpu_runs(vcpu) || model.dropped_count[vcpu] == 0)
		return;
	which %= model.dropped_count[vcpu];
	intid = model.dropped[vcpu][which];
	model.dropped[vcpu][which] = model.dropped[vcpu][--model.dropped_count[vcpu]];
	guest_deactivate(vcpu, intid);
	interrupt(vcpu, intid)->active = false;
}

/* The guest sets a timer of a vCPU that runs: to now or soon, or off. */
static void step_timer(void)
{
	unsigned int vcpu = pick_vcpu();
	uint64_t ticks = next() % 8, control = next() % 4 ? CNT_CTL_ENABLE : 0;

	if (!vcpu_runs(vcpu))
		return;
	if (next() & 1) {
		fake.cpu[guest.cpu[vcpu]].cntv_cval_el0 = fake.counter + ticks;
		fake.cpu[guest.cpu[vcpu]].cntv_ctl_el0 = control;
		guest_settle();
	} else {
		guest_msr(vcpu, CNTP_CVAL, fake.counter + ticks);
		guest_msr(vcpu, CNTP_CTL, control);
	}
	follow_timers();
}

static void step_time(void)
{
	guest_pass_time(next() % 8);
	follow_timers();
}

/* Out and in again, or another vCPU in its place. */
static void step_leave(void)
{
	unsigned int vcpu = pick_vcpu();

	if (vcpu_runs(vcpu))
		vcpu_leave(vcpu);
	else
		guest.vcpu[vcpu].state = HYP_STATE_OUTSIDE;
}

static bool cpu_is_free(unsigned int cpu)
{
	return fake.cpu[cpu].hyp.vcpu == 0;
}

static void enter(unsigned int vcpu)
{
	if (vcpu_runs(vcpu))
		return;
	while (!cpu_is_free(guest.cpu[vcpu]))
		guest.cpu[vcpu] = (guest.cpu[vcpu] + 1) % VCPUS;
	guest.vcpu[vcpu].state = HYP_STATE_OUTSIDE;
	vcpu_enter(vcpu);
}

static void step_migrate(void)
{
	unsigned int vcpu = pick_vcpu(), cpu = next() % VCPUS;

	if (vcpu_runs(vcpu))
		vcpu_leave(vcpu);
	guest.cpu[vcpu] = cpu;
	enter(vcpu);
}

static void step_wfi(void)
{
	unsigned int vcpu = pick_vcpu();

	settle();
	if (!vcpu_runs(vcpu))
		return;
	if (guest_wfi(vcpu))
		require(best_for(vcpu) >= model.mask[vcpu], "sleeps with an interrupt", 0, vcpu);
}

static void step_mask(void)
{
	unsigned int vcpu = pick_vcpu(), mask = (next() | 0x40) & 0xf8;

	if (!vcpu_runs(vcpu))
		return;
	guest_set_priority_mask(vcpu, mask);
	model.mask[vcpu] = (uint8_t)mask;
}

static void step_forwarding(void)
{
	unsigned int by = pick_vcpu();

	model.forwarding = next() & 7;
	guest_write32(by, GICD(CTLR), model.forwarding ? GROUP1 : 0);
}

static void step_parked(bool set)
{
	unsigned int by = pick_vcpu();
	uint32_t bits = next() & 0xf;

	guest_write32(by, GICD(set ? ISACTIVE(PARKED) : ICACTIVE(PARKED)), bits);
	model.parked = set ? model.parked | bits : model.parked & ~bits;
}

/* Registers, whatever they say, at any offset: for what they break. Not those that change the
 * model. */
static void step_any_read(void)
{
	unsigned int by = pick_vcpu(), size = 1u << next() % 4;
	uint64_t offset = (uint64_t)next() << 8 | next();

	guest_read(by, (next() & 1 ? VM_GICD_BASE : GICR_SGI(by, 0)) + offset, size);
}

/* Of its timers a vCPU sees what is true; others what was, when it was last in the CPU. */
static bool is_old(unsigned int by, unsigned int vcpu, unsigned int intid)
{
	return (intid == VM_PPI_VTIMER || intid == VM_PPI_PTIMER) &&
	       (by != vcpu || !vcpu_runs(vcpu));
}

static void compare(unsigned int by, unsigned int vcpu, unsigned int first)
{
	uint32_t pending = guest_read32(by, frame(vcpu, first) + ISPEND(first));
	uint32_t active = guest_read32(by, frame(vcpu, first) + ISACTIVE(first));
	uint32_t enabled = guest_read32(by, frame(vcpu, first) + ISENABLE(first));

	for (unsigned int i = 0; i < 32; i++) {
		const struct model *m = interrupt(vcpu, first + i);

		require(((pending >> i) & 1) == is_pending(m) || is_old(by, vcpu, first + i),
			"pending state is wrong", first + i, vcpu);
		require(((active >> i) & 1) == m->active, "active state is wrong", first + i, vcpu);
		require(((enabled >> i) & 1) == m->enabled, "enable is wrong", first + i, vcpu);
	}
}

static void step_compare(void)
{
	unsigned int by = pick_vcpu();

	follow_timers();
	compare(by, 0, FIRST_SPI);
	for (unsigned int v = 0; v < VCPUS; v++)
		compare(by, v, 0);
	require(guest_read32(by, GICD(ISACTIVE(PARKED))) == model.parked, "active state is wrong",
		PARKED, by);
}

/* Whether physical SGIs arrive at once, or only when somebody waits for them. */
static void step_slow(bool slow)
{
	fake.sgis_are_slow = slow;
	if (!slow)
		settle();
}

static void step(void)
{
	switch (next() % 24) {
	case 0:
	case 1:
		return step_line(true);
	case 2:
		return step_line(false);
	case 3:
		return step_enable(true);
	case 4:
		return step_enable(false);
	case 5:
		return step_priority();
	case 6:
		return step_route();
	case 7:
		return step_pending(true);
	case 8:
		return step_pending(false);
	case 9:
		return step_sgi();
	case 10:
	case 11:
		acknowledge(pick_vcpu());
		return;
	case 12:
		return end(pick_vcpu());
	case 13:
		return next() & 1 ? step_leave() : enter(pick_vcpu());
	case 14:
		return step_migrate();
	case 15:
		return step_wfi();
	case 16:
		return next() & 1 ? step_mask() : step_forwarding();
	case 17:
		return step_parked(next() & 1);
	case 18:
		return deactivate(pick_vcpu(), next());
	case 19:
	case 20:
		return step_timer();
	case 21:
		return step_time();
	case 22:
		step_slow(next() & 1);
		return step_any_read();
	default:
		return step_compare();
	}
}

/* Delivery of all that is left. */

static void stop_timers(unsigned int vcpu)
{
	fake.cpu[guest.cpu[vcpu]].cntv_ctl_el0 = 0;
	guest_msr(vcpu, CNTP_CTL, 0);
}

static void open_everything(void)
{
	model.forwarding = true;
	guest_write32(0, GICD(CTLR), GROUP1);
	for (unsigned int v = 0; v < VCPUS; v++) {
		enter(v);
		guest_set_priority_mask(v, model.mask[v] = PRIORITY_MASK_OPEN);
		while (model.depth[v])
			end(v);
		while (model.dropped_count[v])
			deactivate(v, 0);
		stop_timers(v);
	}
	for (unsigned int i = 0; i < FIRST_SPI + SPIS; i++) {
		for (unsigned int v = 0; v < (i < FIRST_SPI ? VCPUS : 1); v++) {
			struct model *m = interrupt(v, i);

			if (i >= PPI_FIRST && m->line) {
				guest_line(i, false, v);
				m->line = false;
			}
			guest_write32(0, frame(v, i) + ISENABLE(i), BIT(i));
			m->enabled = true;
		}
	}
}

static void drain(void)
{
	bool any = true;

	while (any) {
		any = false;
		for (unsigned int v = 0; v < VCPUS; v++) {
			enter(v);
			while (acknowledge(v) != GIC_SPURIOUS) {
				end(v);
				deactivate(v, 0);
				any = true;
			}
		}
	}
	for (unsigned int i = 0; i < SPIS; i++)
		require(!is_pending(&model.spi[i]) || model.spi[i].route == NO_ROUTE ||
				model.spi[i].priority >= PRIORITY_MASK_OPEN,
			"was never delivered", FIRST_SPI + i, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	input = data;
	input_left = size;
	guest_boot(VCPUS);
	model_reset();
	model.split = next() & 1;
	for (unsigned int v = 0; model.split && v < VCPUS; v++)
		fake.cpu[guest.cpu[v]].ich_vmcr_el2 |= VMCR_EOI_MODE;
	while (input_left) {
		step();
		if (!fake.sgis_are_slow)
			check_offers();
		guest_check();
	}
	step_slow(false);
	open_everything();
	drain();
	guest_check();
	return 0;
}
