package sluice.linux.libc;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/// How a C function is found and called, and where `errno` is read.
///
/// `errno` is read only here, and only after a failure: after a success it holds garbage. The
/// linker captures it, because the JVM may make calls of its own before Java could look.
@SuppressWarnings("restricted") // the only class that may
final class Downcalls {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final SymbolLookup SYMBOLS = LINKER.defaultLookup();
  private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");

  /// A thread-local has no destructor, so the collector frees the segment of a thread that ended.
  private static final ThreadLocal<MemorySegment> STATE =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(Linker.Option.captureStateLayout()));

  private Downcalls() {}

  static MethodHandle function(String name, ValueLayout result, MemoryLayout... arguments) {
    return LINKER.downcallHandle(
        SYMBOLS.findOrThrow(name), FunctionDescriptor.of(result, arguments), ERRNO);
  }

  static @Nullable MethodHandle optionalFunction(
      String name, ValueLayout result, MemoryLayout... arguments) {
    return SYMBOLS.find(name).isPresent() ? function(name, result, arguments) : null;
  }

  /// The same for C's `...`, which begins at the argument `fixed`.
  static MethodHandle variadicFunction(
      String name, int fixed, ValueLayout result, MemoryLayout... arguments) {
    return LINKER.downcallHandle(
        SYMBOLS.findOrThrow(name),
        FunctionDescriptor.of(result, arguments),
        ERRNO,
        Linker.Option.firstVariadicArg(fixed));
  }

  /// The same on memory of the Java heap. `critical` holds up the collector, so it is only for
  /// calls that cannot wait, and for few bytes at a time.
  static MethodHandle heapFunction(String name, ValueLayout result, MemoryLayout... arguments) {
    return LINKER.downcallHandle(
        SYMBOLS.findOrThrow(name),
        FunctionDescriptor.of(result, arguments),
        ERRNO,
        Linker.Option.critical(true));
  }

  /// Returns memory that the system has given, which is valid until the system is told otherwise.
  static MemorySegment memory(long address, long length) {
    return MemorySegment.ofAddress(address).reinterpret(length);
  }

  /// Returns the calling thread's place for `errno`.
  static MemorySegment state() {
    return STATE.get();
  }

  static int result(int result, MemorySegment state) {
    return result >= 0 ? result : -state.get(JAVA_INT, 0);
  }

  /// Passes on what the caller's arguments caused, such as the use of memory that was freed. The
  /// handles themselves declare `Throwable`, but C throws nothing.
  static RuntimeException failure(Throwable t) {
    return switch (t) {
      case RuntimeException e -> e;
      case Error e -> throw e;
      default -> new IllegalStateException("downcall failed", t);
    };
  }
}
