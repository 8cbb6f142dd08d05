package sluice.testkit.simulation;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// The bytes a client sends: a function of its key and the offset, so that nothing is stored to
/// check what comes back.
final class Pattern {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final long key;

  Pattern(long key) {
    this.key = key;
  }

  private long word(long offset) {
    return SplitMix.mix(key + (offset >>> 3));
  }

  private byte at(long offset) {
    return (byte) (word(offset) >>> ((int) (offset & 7) * 8));
  }

  void fill(long offset, byte[] target, int count) {
    int i = 0;
    for (; i < count && ((offset + i) & 7) != 0; i++) {
      target[i] = at(offset + i);
    }
    for (; i + 8 <= count; i += 8) {
      LONG.set(target, i, word(offset + i));
    }
    for (; i < count; i++) {
      target[i] = at(offset + i);
    }
  }

  /// Returns the index of the first byte that is wrong, or -1.
  int mismatch(long offset, byte[] found, int count) {
    int i = 0;
    for (; i < count && ((offset + i) & 7) != 0; i++) {
      if (found[i] != at(offset + i)) {
        return i;
      }
    }
    while (i + 8 <= count && (long) LONG.get(found, i) == word(offset + i)) {
      i += 8;
    }
    for (; i < count; i++) {
      if (found[i] != at(offset + i)) {
        return i;
      }
    }
    return -1;
  }
}
