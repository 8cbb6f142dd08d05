import org.jspecify.annotations.NullMarked;

/// Contract suites that every backend passes, and a simulated network.
@NullMarked
module sluice.testkit {
  requires transitive org.junit.jupiter.api;
  requires transitive sluice;
  requires transitive sluice.server;
  requires sluice.linux; // its driver on rings, which needs no native access
  requires java.logging;
  requires java.management;
  requires jdk.management;
  requires org.assertj.core;
  requires static transitive org.jspecify;

  exports sluice.testkit.contract;
  exports sluice.testkit.simulation;
}
