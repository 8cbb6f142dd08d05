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
  private final boolean lines;

  /// Makes a pattern of any bytes; or of lines: without carriage returns, and with an end now and
  /// then.
  Pattern(long key, boolean lines) {
    this.key = key;
    this.lines = lines;
  }

  private long word(long offset) {
    long word = SplitMix.mix(key + (offset >>> 3));
    return lines ? asLines(word) : word;
  }

  /// Makes of each byte a letter, and of the last one perhaps the end of a line.
  private static long asLines(long word) {
    long letters = (word & 0x0F0F_0F0F_0F0F_0F0FL) | 0x6060_6060_6060_6060L;
    return word >>> 62 == 0 ? (letters & 0x00FF_FFFF_FFFF_FFFFL) | ((long) '\n' << 56) : letters;
  }

  /// Returns the offset behind the last end of a line between `from` and `to`, or `none`.
  long lastLineEnd(long from, long to, long none) {
    for (long offset = to - 1; offset >= from; offset--) {
      if (at(offset) == '\n') {
        return offset + 1;
      }
    }
    return none;
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
