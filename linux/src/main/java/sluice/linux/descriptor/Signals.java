package sluice.linux.descriptor;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/// Hands each arrival of a signal to all who count it.
///
/// Through the JVM's own handlers: a signalfd would need the signal blocked in every thread, and
/// the JVM dies of that (its own threads handle signals). Thread-safe.
final class Signals {
  private record Subscribers(SignalHandler before, Set<LinuxSignal> counters) {}

  private static final Map<String, Subscribers> BY_NAME = new HashMap<>();

  private Signals() {}

  /// Begins to count.
  ///
  /// @throws IllegalArgumentException if there is no such signal, or it cannot be handled
  static synchronized void add(String name, LinuxSignal signal) {
    Subscribers present = BY_NAME.get(name);
    if (present != null) {
      present.counters.add(signal);
      return;
    }
    Set<LinuxSignal> counters = new CopyOnWriteArraySet<>();
    counters.add(signal);
    SignalHandler before =
        Signal.handle(new Signal(name), _ -> counters.forEach(LinuxSignal::arrive));
    BY_NAME.put(name, new Subscribers(before, counters));
  }

  /// Ends it. After the last one the JVM does again what it did before.
  static synchronized void remove(String name, LinuxSignal signal) {
    Subscribers present = BY_NAME.get(name);
    if (present != null && present.counters.remove(signal) && present.counters.isEmpty()) {
      BY_NAME.remove(name);
      Signal.handle(new Signal(name), present.before);
    }
  }
}
