import org.jspecify.annotations.NullMarked;

/// Linux, called in pure Java: the only module with native access. Exports nothing.
@NullMarked
module sluice.linux {
  requires sluice;
  requires static org.jspecify;
}
