package sluice.testkit.simulation;

import java.io.PrintStream;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;

/// Figures of many histories. Thread-safe: each history has its own place.
final class Tally {
  final List<History> failed = new CopyOnWriteArrayList<>();

  private final long[] clients;
  private final long[] operations;
  private final long[] bytes;
  private final long[] turns;
  private final long[] hashes;
  private final Map<String, Long> faults = new TreeMap<>();
  private final Map<String, Long> outcomes = new TreeMap<>();

  Tally(int histories) {
    clients = new long[histories];
    operations = new long[histories];
    bytes = new long[histories];
    turns = new long[histories];
    hashes = new long[histories];
  }

  void add(int index, History history) {
    clients[index] = history.clients();
    operations[index] = history.operations();
    bytes[index] = history.bytes();
    turns[index] = history.turns();
    hashes[index] = history.hash();
    synchronized (faults) {
      history.faults().forEach((fault, times) -> faults.merge(fault, times, Long::sum));
      history.outcomes().forEach((how, times) -> outcomes.merge(how, times, Long::sum));
    }
    if (history.violation() != null) {
      failed.add(history);
    }
  }

  /// Prints the figures; false if a kind of fault, or of an end, never happened.
  boolean print(PrintStream out, int count, double seconds) {
    out.printf(
        "histories=%d violations=%d seconds=%.1f per_second=%.0f%n",
        count, failed.size(), seconds, count / seconds);
    out.printf(
        "median clients=%d operations=%d bytes=%d turns=%d%n",
        median(clients, count),
        median(operations, count),
        median(bytes, count),
        median(turns, count));
    out.printf("distinct trace hashes=%d%n", Arrays.stream(hashes, 0, count).distinct().count());
    synchronized (faults) {
      boolean allFaults = print(out, "fault", faults);
      boolean allOutcomes = print(out, "ended", outcomes);
      return allFaults && allOutcomes;
    }
  }

  private static boolean print(PrintStream out, String what, Map<String, Long> counts) {
    counts.forEach((name, times) ->
        out.printf("%s %-22s %d%s%n", what, name, times, times == 0 ? " NEVER" : ""));
    return !counts.containsValue(0L);
  }

  private static long median(long[] values, int count) {
    long[] sorted = Arrays.copyOf(values, count);
    Arrays.sort(sorted);
    return count == 0 ? 0 : sorted[count / 2];
  }
}
