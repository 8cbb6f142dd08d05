package sluice.bench.attack;

import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/// What the good clients have seen since they were last asked. Thread-safe.
final class Score {
  private static final int DIGITS = 3;

  private final Recorder times = new Recorder(DIGITS);
  private Map<String, Integer> errors = new TreeMap<>();
  private int newcomers;
  private int served;
  private long begun = System.nanoTime();

  /// An answer came so long after its request ought to have been sent.
  void answered(long nanos) {
    times.recordValue(Math.max(nanos, 1));
  }

  synchronized void failed(String how) {
    errors.merge(how, 1, Integer::sum);
  }

  synchronized void newcomerCame() {
    newcomers++;
  }

  /// A newcomer that came at `since` was served. One that came before this began is late.
  synchronized void newcomerServed(long since) {
    served += since - begun >= 0 ? 1 : 0;
  }

  /// Returns everything as JSON, and begins anew.
  synchronized String take() {
    Histogram histogram = times.getIntervalHistogram();
    String failures =
        errors.entrySet().stream()
            .map(e -> "\"" + e.getKey() + "\":" + e.getValue())
            .collect(Collectors.joining(",", "{", "}"));
    String json =
        ("{\"answers\":%d,\"p50\":%d,\"p99\":%d,\"max\":%d,\"errors\":%s,"
                + "\"newcomers\":%d,\"served\":%d}")
            .formatted(
                histogram.getTotalCount(),
                histogram.getValueAtPercentile(50),
                histogram.getValueAtPercentile(99),
                histogram.getMaxValue(),
                failures,
                newcomers,
                served);
    errors = new TreeMap<>();
    newcomers = served = 0;
    begun = System.nanoTime();
    return json;
  }
}
