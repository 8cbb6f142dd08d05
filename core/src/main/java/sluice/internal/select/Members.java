package sluice.internal.select;

import org.jspecify.annotations.Nullable;
import sluice.ClosedPollableException;
import sluice.Pollable;

/// Checks what callers put into the collections.
final class Members {
  private static final String[] NAMES = {"r", "w", "x"};

  private Members() {}

  /// Returns member `i` of a collection as what it must be: an open source of the same backend as
  /// `first`, which is null if there is none before it.
  ///
  /// @param collection 0 for r, 1 for w, 2 for x
  static Pollable check(@Nullable Object member, int collection, int i, @Nullable Pollable first)
      throws ClosedPollableException {
    if (!(member instanceof Pollable source)) {
      throw new IllegalArgumentException(
          "member %d of %s must be a Pollable, not %s".formatted(i, NAMES[collection], member));
    }
    if (first != null && !source.backend().equals(first.backend())) {
      throw new IllegalArgumentException(
          "member %d of %s, %s, belongs to the backend %s, the members before it to %s"
              .formatted(
                  i, NAMES[collection], source, source.backend().name(), first.backend().name()));
    }
    requireOpen(source);
    return source;
  }

  static void requireOpen(Pollable source) throws ClosedPollableException {
    if (!source.isOpen()) {
      throw ClosedPollableException.of(source);
    }
  }
}
