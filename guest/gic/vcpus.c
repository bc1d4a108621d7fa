// SPDX-License-Identifier: BSD-2-Clause
/* Private interrupts, routing, state seen from another vCPU, and SGIs (IHI 0069, 2.3 and 4.3). */
#include "property.h"

#define SPI	 104
#define PPI	 21
#define SGI	 3
#define LIST_ALL 0xffff

/* A CPU that sleeps and takes interrupts until it is told to stop. */
static volatile bool stop;
static volatile unsigned int ready;

/* WFI sees a pending interrupt though it is masked, so none is lost between the look and the sleep.
 */
static void serve(void *argument)
{
	(void)argument;
	gic_enable(SGI_NUDGE);
	__atomic_fetch_add(&ready, 1, __ATOMIC_SEQ_CST);
	while (!stop) {
		wfi();
		irq_unmask();
		isb();
		irq_mask();
	}
}

static void serve_private(void *argument)
{
	gic_setup(PPI, 0x80);
	for (unsigned int n = 0; n < 16; n++)
		gic_enable(n);
	serve(argument);
}

static bool others_serve(void)
{
	stop = false;
	ready = 0;
	return cpu_start_others(serve_private, NULL) && WAIT(ready == cpu_count() - 1, PATIENCE_MS);
}

static bool others_stop(void)
{
	stop = true;
	gic_send_sgi(SGI_NUDGE, SGI_OTHERS);
	return cpu_join_others();
}

static unsigned int taken(unsigned int cpu)
{
	return irq_log(cpu)->count;
}

PROPERTY_CPUS(private_interrupts_have_their_own_state_on_each_cpu, 2)
{
	CHECK(others_serve());
	CHECK(gic_get(1, ISENABLER, PPI));
	CHECK(!gic_get(0, ISENABLER, PPI));
	gic_set(0, ISPENDR, PPI);
	CHECK(gic_get(0, ISPENDR, PPI));
	CHECK(!gic_get(1, ISPENDR, PPI));
	CHECK_EQUAL(taken(1), 0);
	gic_set(0, ICPENDR, PPI);
	CHECK(others_stop());
}

PROPERTY_CPUS(private_interrupt_set_pending_by_another_vcpu_is_taken, 2)
{
	CHECK(others_serve());
	for (unsigned int n = 1; n <= 50; n++) {
		gic_set(1, ISPENDR, PPI);
		CHECK(WAIT(taken(1) == n, PATIENCE_MS));
	}
	CHECK_EQUAL(irq_log(1)->intid[0], PPI);
	CHECK(others_stop());
	CHECK_EQUAL(taken(0), 0);
}

PROPERTY_CPUS(spi_goes_to_the_cpu_it_is_routed_to, 2)
{
	CHECK(others_serve());
	gic_setup(SPI, 0x80);
	for (unsigned int cpu = 1; cpu < cpu_count(); cpu++) {
		gic_route(SPI, cpu);
		CHECK_EQUAL(read64(GICD_IROUTER(SPI)), cpu);
		gic_pend(SPI);
		CHECK(WAIT(taken(cpu) == 1, PATIENCE_MS));
		CHECK_EQUAL(irq_log(cpu)->intid[0], SPI);
		CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
	}
	CHECK(others_stop());
	for (unsigned int cpu = 1; cpu < cpu_count(); cpu++)
		CHECK_EQUAL(taken(cpu), 1);
}

PROPERTY_CPUS(rerouting_a_pending_spi_moves_it, 2)
{
	CHECK(others_serve());
	gic_setup(SPI, 0x80);
	gic_pend(SPI);
	CHECK(WAIT(read_sysreg(icc_hppir1_el1) == SPI, PATIENCE_MS));
	gic_route(SPI, 1);
	CHECK(WAIT(taken(1) == 1, PATIENCE_MS));
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
	CHECK(others_stop());
}

PROPERTY(spi_routed_to_no_cpu_stays_pending)
{
	gic_setup(SPI, 0x80);
	write64(GICD_IROUTER(SPI), 0x0f);
	gic_pend(SPI);
	CHECK(gic_pending(SPI));
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
	gic_route(SPI, 0);
	CHECK_EQUAL(gic_acknowledge_wait(), SPI);
	gic_end(SPI);
}

PROPERTY_CPUS(spi_to_one_of_n_is_taken_exactly_once, 2)
{
	unsigned int sum = 0;

	if (read32(GICD_TYPER) & GICD_NO_1_OF_N)
		SKIP("GICD_TYPER.No1N");
	CHECK(others_serve());
	gic_setup(SPI, 0x80);
	write64(GICD_IROUTER(SPI), IROUTER_ANY);
	CHECK_EQUAL(read64(GICD_IROUTER(SPI)), IROUTER_ANY);
	irq_unmask();
	for (unsigned int round = 1; round <= 20; round++) {
		gic_pend(SPI);
		CHECK(WAIT(!gic_pending(SPI) && !gic_active(SPI), PATIENCE_MS));
	}
	irq_mask();
	CHECK(others_stop());
	for (unsigned int cpu = 0; cpu < cpu_count(); cpu++)
		sum += taken(cpu);
	CHECK_EQUAL(sum, 20);
}

/* CPU 1 looks at, and changes, the state of interrupts that CPU 0 has. */
static struct {
	bool pending, active, ppi_pending, ppi_active;
} seen;

static void look(void *argument)
{
	(void)argument;
	seen.pending = gic_get(0, ISPENDR, SPI);
	seen.active = gic_get(0, ISACTIVER, SPI + 1);
	seen.ppi_pending = gic_get(0, ISPENDR, PPI);
	seen.ppi_active = gic_get(0, ISACTIVER, PPI + 1);
}

PROPERTY_CPUS(state_of_another_vcpus_interrupts_is_readable, 2)
{
	gic_setup(SPI, 0xa0);
	gic_setup(SPI + 1, 0x20);
	gic_setup(PPI, 0xa0);
	gic_setup(PPI + 1, 0x10);
	gic_pend(SPI + 1);
	CHECK_EQUAL(gic_acknowledge_wait(), SPI + 1);
	gic_pend(PPI + 1);
	CHECK_EQUAL(gic_acknowledge_wait(), PPI + 1);
	gic_pend(SPI);
	gic_pend(PPI);
	CHECK_EQUAL(cpu_start(1, look, NULL), PSCI_SUCCESS);
	CHECK(cpu_join(1));
	CHECK(seen.pending);
	CHECK(seen.active);
	CHECK(seen.ppi_pending);
	CHECK(seen.ppi_active);
	gic_end(PPI + 1);
	gic_end(SPI + 1);
}

static void withdraw(void *argument)
{
	(void)argument;
	gic_set(0, ICPENDR, SPI);
	gic_set(0, ICPENDR, PPI);
	gic_set(0, ICACTIVER, SPI + 1);
	gic_set(0, ICACTIVER, PPI + 1);
}

PROPERTY_CPUS(state_of_another_vcpus_interrupts_is_writable, 2)
{
	gic_setup(SPI, 0xa0);
	gic_setup(SPI + 1, 0x20);
	gic_setup(PPI, 0xa0);
	gic_setup(PPI + 1, 0x10);
	gic_pend(SPI + 1);
	CHECK_EQUAL(gic_acknowledge_wait(), SPI + 1);
	gic_pend(PPI + 1);
	CHECK_EQUAL(gic_acknowledge_wait(), PPI + 1);
	gic_pend(SPI);
	gic_pend(PPI);
	CHECK_EQUAL(cpu_start(1, withdraw, NULL), PSCI_SUCCESS);
	CHECK(cpu_join(1));
	CHECK(!gic_pending(SPI) && !gic_pending(PPI));
	CHECK(!gic_active(SPI + 1) && !gic_active(PPI + 1));
	gic_end(PPI + 1);
	gic_end(SPI + 1);
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
}

static void disable_spi(void *argument)
{
	(void)argument;
	gic_disable(SPI);
}

PROPERTY_CPUS(spi_disabled_by_another_vcpu_is_withdrawn, 2)
{
	gic_setup(SPI, 0x80);
	gic_pend(SPI);
	CHECK(WAIT(read_sysreg(icc_hppir1_el1) == SPI, PATIENCE_MS));
	CHECK_EQUAL(cpu_start(1, disable_spi, NULL), PSCI_SUCCESS);
	CHECK(cpu_join(1));
	CHECK(WAIT(read_sysreg(icc_hppir1_el1) == SPURIOUS, PATIENCE_MS));
	CHECK(gic_pending(SPI));
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
}

PROPERTY(sgi_to_itself_is_taken_at_once)
{
	gic_enable(SGI);
	irq_unmask();
	for (unsigned int n = 1; n <= 100; n++) {
		gic_send_sgi(SGI, 1);
		CHECK(WAIT(taken(0) == n, PATIENCE_MS));
	}
	irq_mask();
	CHECK_EQUAL(irq_log(0)->intid[0], SGI);
	CHECK_EQUAL(taken(0), 100);
}

PROPERTY(each_of_the_sixteen_sgis_arrives)
{
	for (unsigned int n = 0; n < 16; n++) {
		gic_set_priority(n, 0x80);
		gic_enable(n);
		gic_send_sgi(n, 1);
		CHECK_EQUAL(gic_acknowledge_wait(), n);
		gic_end(n);
	}
}

PROPERTY(sgi_pending_twice_is_taken_once)
{
	gic_send_sgi(SGI, 1);
	gic_send_sgi(SGI, 1);
	gic_enable(SGI);
	CHECK_EQUAL(gic_acknowledge_wait(), SGI);
	gic_end(SGI);
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
}

PROPERTY(disabled_sgi_stays_pending)
{
	gic_send_sgi(SGI, 1);
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
	CHECK(gic_pending(SGI));
	gic_set(0, ICPENDR, SGI);
	gic_enable(SGI);
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
}

PROPERTY(sgi_can_be_set_pending_by_register)
{
	gic_enable(SGI);
	gic_pend(SGI);
	CHECK_EQUAL(gic_acknowledge_wait(), SGI);
	gic_end(SGI);
}

PROPERTY_CPUS(sgi_reaches_exactly_the_cpus_of_its_list, 4)
{
	CHECK(others_serve());
	gic_enable(SGI);
	gic_send_sgi(SGI, (1 << 1) | (1 << 3));
	CHECK(WAIT(taken(1) == 1 && taken(3) == 1, PATIENCE_MS));
	gic_send_sgi(SGI + 1, 1 << 2);
	CHECK(WAIT(taken(2) == 1, PATIENCE_MS));
	CHECK_EQUAL(irq_log(2)->intid[0], SGI + 1);
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
	CHECK(others_stop());
	CHECK_EQUAL(taken(1), 1);
	CHECK_EQUAL(taken(3), 1);
}

PROPERTY_CPUS(sgi_to_all_others_spares_the_sender, 2)
{
	CHECK(others_serve());
	gic_enable(SGI);
	for (unsigned int n = 1; n <= 20; n++) {
		gic_send_sgi(SGI, SGI_OTHERS);
		for (unsigned int cpu = 1; cpu < cpu_count(); cpu++)
			CHECK(WAIT(taken(cpu) == n, PATIENCE_MS));
	}
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
	CHECK(others_stop());
}

PROPERTY(sgi_to_cpus_that_do_not_exist_is_ignored)
{
	gic_enable(SGI);
	gic_send_sgi(SGI, LIST_ALL & ~((1u << cpu_count()) - 1));
	gic_send_sgi(SGI, UINT64_C(1) << 16 | 1); /* Aff1 = 1 */
	gic_send_sgi(SGI, UINT64_C(1) << 32 | 1); /* Aff2 = 1 */
	gic_send_sgi(SGI, UINT64_C(1) << 48 | 1); /* Aff3 = 1 */
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
}

#define VOLLEYS 500

static volatile unsigned int volleys;

static void strike_back(uint32_t intid)
{
	(void)intid;
	gic_send_sgi(SGI, 1);
}

static void count_volley(uint32_t intid)
{
	(void)intid;
	if (++volleys < VOLLEYS)
		gic_send_sgi(SGI, 1 << 1);
}

static void play(void (*idle)(void *))
{
	stop = false;
	ready = 0;
	volleys = 0;
	irq_set_handler(0, count_volley);
	irq_set_handler(1, strike_back);
	gic_enable(SGI);
	CHECK_EQUAL(cpu_start(1, idle, NULL), PSCI_SUCCESS);
	CHECK(WAIT(ready, PATIENCE_MS));
	irq_unmask();
	gic_send_sgi(SGI, 1 << 1);
	CHECK(WAIT(volleys == VOLLEYS, 6 * PATIENCE_MS));
	irq_mask();
	stop = true;
	gic_send_sgi(SGI_NUDGE, 1 << 1);
	CHECK(cpu_join(1));
}

static void spin(void *argument)
{
	(void)argument;
	gic_enable(SGI);
	irq_unmask();
	ready = 1;
	while (!stop)
		asm volatile("yield" ::: "memory");
	irq_mask();
}

PROPERTY_CPUS(sgis_between_two_running_cpus_are_never_lost, 2)
{
	play(spin);
}

static void sleep(void *argument)
{
	gic_enable(SGI);
	serve(argument);
}

PROPERTY_CPUS(sgis_to_and_from_a_sleeping_cpu_are_never_lost, 2)
{
	play(sleep);
	CHECK_EQUAL(irq_log(0)->intid[0], SGI);
	CHECK_EQUAL(irq_log(0)->count, VOLLEYS);
}

PROPERTY_CPUS(spi_wakes_a_cpu_from_wfi, 2)
{
	stop = false;
	ready = 0;
	gic_setup(SPI, 0x80);
	gic_route(SPI, 1);
	CHECK_EQUAL(cpu_start(1, sleep, NULL), PSCI_SUCCESS);
	CHECK(WAIT(ready, PATIENCE_MS));
	for (unsigned int n = 1; n <= 100; n++) {
		gic_pend(SPI);
		CHECK(WAIT(taken(1) == n, PATIENCE_MS));
	}
	stop = true;
	gic_send_sgi(SGI_NUDGE, 1 << 1);
	CHECK(cpu_join(1));
}

PROPERTY(wfi_with_interrupts_masked_wakes_on_a_pending_one)
{
	gic_setup(SPI, 0x80);
	gic_pend(SPI);
	wfi();
	CHECK_EQUAL(gic_acknowledge_wait(), SPI);
	gic_end(SPI);
}
