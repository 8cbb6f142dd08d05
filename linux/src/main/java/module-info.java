import org.jspecify.annotations.NullMarked;
import sluice.linux.LinuxBackend;
import sluice.linux.UringBackend;
import sluice.spi.BackendProvider;

/// Linux, called in pure Java: the only module with native access. Exports nothing but the driver
/// on rings, to the simulation.
@NullMarked
module sluice.linux {
  requires sluice;
  requires static org.jspecify;
  requires jdk.unsupported; // sun.misc.Signal: a signalfd would kill the JVM

  exports sluice.linux.uring to
      sluice.testkit;

  provides BackendProvider with
      LinuxBackend,
      UringBackend;
}
