import org.jspecify.annotations.NullMarked;

/// A multi-client server on the event loop: fast, fair, bounded.
@NullMarked
module sluice.server {
  requires transitive sluice;
  requires static transitive org.jspecify;
  requires jdk.jfr;

  exports sluice.server;
}
