package sluice.linux.abi;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/// ```c
/// // sys/epoll.h
/// struct epoll_event {
///   uint32_t events;
///   epoll_data_t data;   // used as u64
/// } EPOLL_PACKED;        // on x86-64 only
/// ```
///
/// See [epoll_ctl(2)](https://man7.org/linux/man-pages/man2/epoll_ctl.2.html).
public final class EpollEvent {
  /// The layout of the architecture this runs on.
  public static final StructLayout LAYOUT =
      layout(Arch.current() == Arch.AARCH64 ? Arch.AARCH64 : Arch.X86_64);

  private static final long EVENTS = LAYOUT.byteOffset(PathElement.groupElement("events"));
  private static final long DATA = LAYOUT.byteOffset(PathElement.groupElement("data"));
  private static final long SIZE = LAYOUT.byteSize();

  private EpollEvent() {}

  /// Returns the layout on `arch`.
  public static StructLayout layout(Arch arch) {
    StructLayout layout =
        switch (arch) {
          case X86_64 ->
              MemoryLayout.structLayout(
                  JAVA_INT_UNALIGNED.withName("events"), JAVA_LONG_UNALIGNED.withName("data"));
          case AARCH64 ->
              MemoryLayout.structLayout(
                  JAVA_INT_UNALIGNED.withName("events"),
                  MemoryLayout.paddingLayout(4),
                  JAVA_LONG_UNALIGNED.withName("data"));
        };
    return layout.withName("epoll_event");
  }

  /// Fills the only entry.
  public static void set(MemorySegment event, int events, long data) {
    event.set(JAVA_INT_UNALIGNED, EVENTS, events);
    event.set(JAVA_LONG_UNALIGNED, DATA, data);
  }

  /// Returns `events` of entry `index` of an array.
  public static int events(MemorySegment array, int index) {
    return array.get(JAVA_INT_UNALIGNED, index * SIZE + EVENTS);
  }

  /// Returns `data` of entry `index` of an array.
  public static long data(MemorySegment array, int index) {
    return array.get(JAVA_LONG_UNALIGNED, index * SIZE + DATA);
  }
}
