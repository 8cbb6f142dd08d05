package sluice.linux.abi;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/// ```c
/// // linux/io_uring.h
/// struct io_uring_params {
///   __u32 sq_entries, cq_entries, flags, sq_thread_cpu, sq_thread_idle, features, wq_fd, resv[3];
///   struct io_sqring_offsets sq_off;
///   struct io_cqring_offsets cq_off;
/// };
/// ```
///
/// See [io_uring_setup(2)](https://man7.org/linux/man-pages/man2/io_uring_setup.2.html).
public final class IoUringParams {
  /// The layout.
  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              JAVA_INT.withName("sq_entries"),
              JAVA_INT.withName("cq_entries"),
              JAVA_INT.withName("flags"),
              JAVA_INT.withName("sq_thread_cpu"),
              JAVA_INT.withName("sq_thread_idle"),
              JAVA_INT.withName("features"),
              JAVA_INT.withName("wq_fd"),
              MemoryLayout.paddingLayout(12),
              IoSqringOffsets.LAYOUT.withName("sq_off"),
              IoCqringOffsets.LAYOUT.withName("cq_off"))
          .withName("io_uring_params");

  private static final long CQ_ENTRIES = offset("cq_entries");
  private static final long SQ_ENTRIES = offset("sq_entries");
  private static final long FLAGS = offset("flags");
  private static final long FEATURES = offset("features");

  private IoUringParams() {}

  private static long offset(String member) {
    return LAYOUT.byteOffset(PathElement.groupElement(member));
  }

  /// Asks for a ring.
  public static void set(MemorySegment params, int flags, int completions) {
    params.fill((byte) 0);
    params.set(JAVA_INT, FLAGS, flags);
    params.set(JAVA_INT, CQ_ENTRIES, completions);
  }

  /// Returns how many submissions fit.
  public static int submissions(MemorySegment params) {
    return params.get(JAVA_INT, SQ_ENTRIES);
  }

  /// Returns how many completions fit.
  public static int completions(MemorySegment params) {
    return params.get(JAVA_INT, CQ_ENTRIES);
  }

  /// Returns the `IORING_FEAT_` bits.
  public static int features(MemorySegment params) {
    return params.get(JAVA_INT, FEATURES);
  }

  /// Returns where `member` of the submission queue is in its mapping.
  public static int submissionOffset(MemorySegment params, String member) {
    return params.get(JAVA_INT, nested("sq_off", member));
  }

  /// Returns where `member` of the completion queue is in its mapping.
  public static int completionOffset(MemorySegment params, String member) {
    return params.get(JAVA_INT, nested("cq_off", member));
  }

  private static long nested(String queue, String member) {
    return LAYOUT.byteOffset(PathElement.groupElement(queue), PathElement.groupElement(member));
  }
}
