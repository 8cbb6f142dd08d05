import org.jspecify.annotations.NullMarked;

/// Contract suites that every backend passes, and a simulated network.
@NullMarked
module sluice.testkit {
  requires java.logging;
  requires transitive sluice;
  requires transitive sluice.server;
  requires static transitive org.jspecify;

  exports sluice.testkit.simulation;
}
