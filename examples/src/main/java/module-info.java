import org.jspecify.annotations.NullMarked;

/// Small programs that the documents quote. Compiled and run by the build.
@NullMarked
module sluice.examples {
  requires sluice;
  requires sluice.server;
  requires java.management;
  requires static org.jspecify;
}
