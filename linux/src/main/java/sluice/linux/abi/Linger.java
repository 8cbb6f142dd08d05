package sluice.linux.abi;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/// ```c
/// // sys/socket.h
/// struct linger {
///   int l_onoff;
///   int l_linger;   // seconds
/// };
/// ```
public final class Linger {
  /// The layout.
  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(JAVA_INT.withName("l_onoff"), JAVA_INT.withName("l_linger"))
          .withName("linger");

  private static final long ONOFF = LAYOUT.byteOffset(PathElement.groupElement("l_onoff"));
  private static final long LINGER = LAYOUT.byteOffset(PathElement.groupElement("l_linger"));

  private Linger() {}

  /// Fills it.
  public static void set(MemorySegment linger, boolean on, int seconds) {
    linger.set(JAVA_INT, ONOFF, on ? 1 : 0);
    linger.set(JAVA_INT, LINGER, seconds);
  }
}
