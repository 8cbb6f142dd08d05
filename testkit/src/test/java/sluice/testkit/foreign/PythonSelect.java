package sluice.testkit.foreign;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;
import sluice.Backend;
import sluice.Descriptor;
import sluice.Descriptors;
import sluice.Select;
import sluice.Selected;

/// What CPython's `select.select` becomes when its tests run over Sluice: the numbers that Python
/// has are borrowed and given to [Select].
///
/// Python's rules for arguments are kept in `sluice_select.py`, which calls this.
@NullMarked
public final class PythonSelect {
  /// Makes every answer wrong, so that the tests can be seen to fail.
  static final boolean SABOTAGED = Boolean.getBoolean("sluice.foreign.sabotage");

  private static final AtomicLong CALLS = new AtomicLong();

  private PythonSelect() {}

  static Descriptors descriptors() {
    return Backend.of("epoll").descriptors();
  }

  /// Returns how often [Select] was asked.
  public static long calls() {
    return CALLS.get();
  }

  /// Tells whether the system knows an open descriptor by this number.
  public static boolean isOpen(int number) {
    try {
      descriptors().borrow(number).close();
      return true;
    } catch (IOException _) {
      return false;
    }
  }

  /// Asks once.
  ///
  /// @param timeoutNanos negative waits for ever
  /// @return the ready numbers of each set; null if a signal came, which Python handles before it
  ///   asks again ([PEP 475](https://peps.python.org/pep-0475/))
  public static int @Nullable [][] select(int[] r, int[] w, int[] x, long timeoutNanos)
      throws IOException {
    CALLS.incrementAndGet();
    Map<Integer, Descriptor> known = new HashMap<>();
    Selected<Descriptor> ready;
    try {
      ready =
          Select.select(
              borrow(r, known), borrow(w, known), borrow(x, known), duration(timeoutNanos));
    } catch (InterruptedIOException e) {
      if (!Thread.interrupted()) {
        throw new IllegalStateException("the interrupt status was lost", e);
      }
      return null;
    }
    return new int[][] {
      numbers(ready.readable()), numbers(ready.writable()), numbers(ready.exceptional())
    };
  }

  static @Nullable Duration duration(long timeoutNanos) {
    return timeoutNanos < 0 ? null : Duration.ofNanos(timeoutNanos);
  }

  private static List<Descriptor> borrow(int[] numbers, Map<Integer, Descriptor> known)
      throws IOException {
    List<Descriptor> sources = new ArrayList<>(numbers.length);
    for (int number : numbers) {
      Descriptor source = known.get(number);
      if (source == null) {
        source = descriptors().borrow(number);
        known.put(number, source);
      }
      sources.add(source);
    }
    return sources;
  }

  private static int[] numbers(List<Descriptor> ready) {
    int count = SABOTAGED ? Math.max(0, ready.size() - 1) : ready.size();
    return ready.stream().limit(count).mapToInt(Descriptor::number).toArray();
  }

  /// Interrupts the thread that calls this, from now on, whenever `number` can be read: Python
  /// writes a byte to the other end for each signal.
  public static void interruptOnSignals(int number) throws IOException {
    Thread interrupted = Thread.currentThread();
    Descriptor signals = descriptors().borrow(number);
    Thread.ofPlatform()
        .daemon()
        .name("signals")
        .start(() -> {
          ByteBuffer buffer = ByteBuffer.allocate(64);
          try {
            while (true) {
              Select.select(List.of(signals), List.of(), List.of(), null);
              signals.read(buffer.clear());
              interrupted.interrupt();
            }
          } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
          }
        });
  }
}
