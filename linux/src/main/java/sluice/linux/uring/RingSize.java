package sluice.linux.uring;

/// How large a ring is; each a power of 2.
///
/// @param submissions requests that can wait to be taken by the kernel
/// @param completions that can wait to be seen; more are kept by the kernel, at a price
/// @param buffers to receive into, of [Buffers#BYTES]
record RingSize(int submissions, int completions, int buffers) {
  /// For a loop. Four times as many buffers were not faster.
  static final RingSize OF_LOOP = new RingSize(1024, 4096, 256);
}
