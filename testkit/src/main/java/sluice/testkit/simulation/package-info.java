/// A simulated network and host below the shipped drivers: every run is a function of one seed.
///
/// [sluice.testkit.simulation.Simulation] runs one history, [sluice.testkit.simulation.Simulate]
/// many.
package sluice.testkit.simulation;
