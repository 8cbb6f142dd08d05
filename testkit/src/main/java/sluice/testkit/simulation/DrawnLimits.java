package sluice.testkit.simulation;

import java.time.Duration;
import sluice.server.Limits;

/// What one run allows its clients: small enough that some reach it. In about half of the runs
/// nothing is limited, so that no deadline hides that nothing else would wake a connection.
///
/// Times are nanoseconds; zero is no limit.
final class DrawnLimits {
  private static final int SHORTEST_MILLIS = 200;
  private static final int OUTPUT_BYTES_MIN = 64 * 1024;
  private static final int MEMORY_BYTES_MIN = 1024 * 1024;
  private static final int RATE_MAX = 10_000;
  private static final long MILLI = 1_000_000;

  /// None that a slow client could reach.
  static final DrawnLimits NONE = new DrawnLimits();

  final boolean areOn;
  final long idle;
  final long firstFrame;
  final long frame;
  final int minRate;
  final long writeStall;
  final long halfClose;
  final long lifetime;
  final int outputHard;
  final int outputSoft;
  final long outputSoftTime;
  final int connections;
  final int perAddress;

  /// Of each loop.
  final long memory;

  private DrawnLimits() {
    areOn = false;
    idle = firstFrame = frame = writeStall = halfClose = lifetime = outputSoftTime = memory = 0;
    minRate = outputHard = outputSoft = connections = perAddress = 0;
  }

  /// Draws the limits of a run.
  ///
  /// @param clients how many there will be
  /// @param output whether output may be limited
  /// @param memory whether memory is
  DrawnLimits(SplitMix random, int clients, boolean output, boolean memory) {
    areOn = true;
    idle = time(random, 8_000);
    firstFrame = time(random, 5_000);
    frame = time(random, 5_000);
    minRate = random.onceIn(2) ? random.logarithmic(1, RATE_MAX) : 0;
    writeStall = time(random, 5_000);
    halfClose = time(random, 3_000);
    lifetime = time(random, 20_000);
    boolean hard = random.onceIn(2) && output;
    outputHard = hard ? OUTPUT_BYTES_MIN + random.logarithmic(1, OUTPUT_BYTES_MIN) : 0;
    boolean soft = random.onceIn(2) && output;
    outputSoft = soft ? random.logarithmic(1, OUTPUT_BYTES_MIN) : 0;
    outputSoftTime = soft ? SHORTEST_MILLIS * MILLI + random.below(2_000_000_000) : 0;
    connections = random.onceIn(4) ? 1 + random.below(clients) : 0;
    perAddress = random.onceIn(8) ? 1 + random.below(clients) : 0;
    this.memory = memory ? MEMORY_BYTES_MIN : 0;
  }

  private static long time(SplitMix random, int millisMax) {
    boolean on = random.onceIn(2);
    long millis = random.logarithmic(SHORTEST_MILLIS, millisMax);
    return on ? millis * MILLI : 0;
  }

  /// Returns them as the server wants them.
  Limits limits(int loops) {
    Limits.Builder builder =
        Limits.builder()
            .idle(Duration.ofNanos(idle))
            .firstFrame(Duration.ofNanos(firstFrame))
            .frame(Duration.ofNanos(frame))
            .minRate(minRate)
            .writeStall(Duration.ofNanos(writeStall))
            .halfClose(Duration.ofNanos(halfClose))
            .lifetime(Duration.ofNanos(lifetime))
            .outputSoft(outputSoft, Duration.ofNanos(outputSoftTime));
    if (areOn) {
      builder
          .output(outputHard)
          .maxConnections(connections)
          .acceptRate(0)
          .maxPerAddress(perAddress)
          .limitLocal(true)
          .memory(memory * loops);
    }
    return builder.build();
  }

  /// Describes those that are on; times in milliseconds.
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("limits");
    add(text, "idle", idle / MILLI);
    add(text, "first_frame", firstFrame / MILLI);
    add(text, "frame", frame / MILLI);
    add(text, "min_rate", minRate);
    add(text, "write_stall", writeStall / MILLI);
    add(text, "half_close", halfClose / MILLI);
    add(text, "lifetime", lifetime / MILLI);
    add(text, "output_hard", outputHard);
    add(text, "output_soft", outputSoft);
    add(text, "output_soft_time", outputSoftTime / MILLI);
    add(text, "connections", connections);
    add(text, "per_address", perAddress);
    add(text, "memory", memory);
    return text.toString();
  }

  private static void add(StringBuilder text, String name, long value) {
    if (value > 0) {
      text.append(' ').append(name).append('=').append(value);
    }
  }

  /// Tells whether a client that does nothing any more is ended by a deadline, whatever it left.
  boolean endTheSilent() {
    return idle > 0 && writeStall > 0;
  }
}
