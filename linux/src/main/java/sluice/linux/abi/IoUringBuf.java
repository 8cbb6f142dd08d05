package sluice.linux.abi;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/// ```c
/// // linux/io_uring.h: one buffer that the kernel may receive into
/// struct io_uring_buf {
///   __u64 addr;
///   __u32 len;
///   __u16 bid;
///   __u16 resv;   // of entry 0 it is the tail of the ring, and never written with an entry
/// };
/// ```
public final class IoUringBuf {
  /// The layout.
  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              JAVA_LONG.withName("addr"),
              JAVA_INT.withName("len"),
              JAVA_SHORT.withName("bid"),
              JAVA_SHORT.withName("resv"))
          .withName("io_uring_buf");

  private static final long ADDR = offset("addr");
  private static final long LEN = offset("len");
  private static final long BID = offset("bid");

  private IoUringBuf() {}

  private static long offset(String member) {
    return LAYOUT.byteOffset(PathElement.groupElement(member));
  }

  /// Fills entry `index` of a ring.
  public static void set(MemorySegment ring, int index, long address, int length, int id) {
    long at = index * LAYOUT.byteSize();
    ring.set(JAVA_LONG, at + ADDR, address);
    ring.set(JAVA_INT, at + LEN, length);
    ring.set(JAVA_SHORT, at + BID, (short) id);
  }
}
