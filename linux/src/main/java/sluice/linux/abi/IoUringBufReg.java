package sluice.linux.abi;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/// ```c
/// // linux/io_uring.h
/// struct io_uring_buf_reg {
///   __u64 ring_addr;
///   __u32 ring_entries;
///   __u16 bgid;
///   __u16 pad;
///   __u64 resv[3];
/// };
/// ```
public final class IoUringBufReg {
  /// The layout.
  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              JAVA_LONG.withName("ring_addr"),
              JAVA_INT.withName("ring_entries"),
              JAVA_SHORT.withName("bgid"),
              MemoryLayout.paddingLayout(2),
              MemoryLayout.paddingLayout(24))
          .withName("io_uring_buf_reg");

  private static final long RING_ADDR = offset("ring_addr");
  private static final long RING_ENTRIES = offset("ring_entries");
  private static final long BGID = offset("bgid");

  private IoUringBufReg() {}

  private static long offset(String member) {
    return LAYOUT.byteOffset(PathElement.groupElement(member));
  }

  /// Describes a ring of buffers.
  public static void set(MemorySegment reg, long address, int entries, int group) {
    reg.fill((byte) 0);
    reg.set(JAVA_LONG, RING_ADDR, address);
    reg.set(JAVA_INT, RING_ENTRIES, entries);
    reg.set(JAVA_SHORT, BGID, (short) group);
  }
}
