import org.jspecify.annotations.NullMarked;
import sluice.internal.nio.NioBackend;
import sluice.spi.BackendProvider;

/// Socket I/O multiplexing: `select`, sockets, pollers and event loops, without native access.
///
/// The public API is the package `sluice`. The service provider interface is exported to the
/// modules of this project only: it may change in any release.
@NullMarked
module sluice {
  requires jdk.net; // options of sockets that are not everybody's
  requires static transitive org.jspecify;

  exports sluice;
  exports sluice.spi to
      sluice.linux,
      sluice.program,
      sluice.server,
      sluice.testkit;
  // These build on the loop itself rather than on a copy of it.
  exports sluice.internal.loop to
      sluice.linux,
      sluice.server,
      sluice.testkit;
  exports sluice.internal.readiness to
      sluice.linux,
      sluice.testkit;

  uses BackendProvider;

  provides BackendProvider with
      NioBackend;
}
