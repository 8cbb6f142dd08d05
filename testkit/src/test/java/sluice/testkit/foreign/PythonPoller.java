package sluice.testkit.foreign;

import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;
import sluice.Backend;
import sluice.Descriptor;
import sluice.Descriptors;
import sluice.Interest;
import sluice.Poller;

/// What CPython's `select.poll` and `select.epoll` become when its tests run over Sluice: a
/// [Poller] that knows its sources by their numbers.
///
/// For `poll` the numbers are borrowed, so that they go through the kernel's `ppoll`. For `epoll`
/// they are adopted, so that they go into the kernel's epoll set; Python closes them behind our
/// back, which epoll forgives as its own manual says.
@NullMarked
public final class PythonPoller implements AutoCloseable {
  private static final AtomicLong CALLS = new AtomicLong();

  private final Poller<Integer> poller;
  private final boolean adopting;
  private final Map<Integer, Descriptor> sources = new HashMap<>();

  /// Opens one.
  public PythonPoller(boolean adopting) throws IOException {
    poller = Backend.of("epoll").openPoller();
    this.adopting = adopting;
  }

  /// Returns how often any [Poller] was asked or told anything.
  public static long calls() {
    return CALLS.get();
  }

  /// See [Poller#register].
  public void register(int number, int interest) throws IOException {
    CALLS.incrementAndGet();
    Descriptor source = source(number);
    poller.register(source, Interest.ofMask(interest), number);
    sources.put(number, source);
  }

  /// See [Poller#modify].
  public void modify(int number, int interest) throws IOException {
    CALLS.incrementAndGet();
    poller.modify(source(number), Interest.ofMask(interest));
  }

  /// See [Poller#unregister].
  public void unregister(int number) throws IOException {
    CALLS.incrementAndGet();
    poller.unregister(source(number));
    sources.remove(number);
  }

  /// Returns the source that is registered by this number, so that the poller refuses to register
  /// it again; or else one that it does not know.
  private Descriptor source(int number) throws IOException {
    Descriptor known = sources.get(number);
    if (known != null) {
      return known;
    }
    Descriptors descriptors = PythonSelect.descriptors();
    return adopting ? descriptors.adopt(number) : descriptors.borrow(number);
  }

  /// Waits once.
  ///
  /// @param timeoutNanos negative waits for ever
  /// @return a number and the mask of its readiness, in turn; null if a signal came
  public int @Nullable [] select(long timeoutNanos) throws IOException {
    CALLS.incrementAndGet();
    int[] answer = new int[2 * sources.size()];
    int[] used = {0};
    int ready =
        poller.select(
            PythonSelect.duration(timeoutNanos),
            (number, readiness) -> {
              answer[used[0]++] = number;
              answer[used[0]++] = readiness.mask();
            });
    if (Thread.interrupted() && ready == 0) {
      return null;
    }
    int lost = PythonSelect.SABOTAGED && ready > 0 ? 1 : 0;
    return Arrays.copyOf(answer, 2 * (ready - lost));
  }

  /// See [Poller#close]. Python's calls on a closed object are answered by the closed poller.
  @Override
  public void close() throws IOException {
    CALLS.incrementAndGet();
    poller.close();
  }
}
