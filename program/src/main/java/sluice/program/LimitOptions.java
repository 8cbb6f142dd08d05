package sluice.program;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;
import sluice.server.Limits;

/// The options that bound what clients may do. They are read as text, so that everything that is
/// wrong with them is told at once.
final class LimitOptions {
  static final String SECTION = "%nWhat clients may do (a limit of 0 is none):%n";

  /// Of clients that are sent what others say.
  private static final int SEND_BUFFER_BYTES = 32 * 1024;

  /// Not what the library takes, which are digits of every script.
  private static final Pattern NUMBER = Pattern.compile("[0-9]+|-0*[1-9][0-9]*");

  @Option(
      names = "--max-connections",
      paramLabel = "N",
      description =
          "How many there may be; one more is refused (default: 10000, or half of the descriptors).")
  private @Nullable String maxConnections;

  @Option(
      names = "--max-per-address",
      paramLabel = "N",
      description =
          "How many from one IPv4 address or IPv6 /64, this machine's apart (default: 256).")
  private @Nullable String maxPerAddress;

  @Option(
      names = "--accept-rate",
      paramLabel = "N",
      description =
          "How many of one such address in a second, twice as many at first (default: 200).")
  private @Nullable String acceptRate;

  @Option(
      names = "--first-frame-timeout",
      paramLabel = "DURATION",
      description =
          "From connecting to the end of the first line; only where lines are awaited: for chat it"
              + " is off (default: 10s).")
  private @Nullable String firstFrame;

  @Option(
      names = "--frame-timeout",
      paramLabel = "DURATION",
      description = "From the first byte of a line to its end (default: 30s).")
  private @Nullable String frame;

  @Option(
      names = "--idle-timeout",
      paramLabel = "DURATION",
      description = "Without a byte in either direction, a tenth more or less (default: 5m).")
  private @Nullable String idle;

  @Option(
      names = "--write-timeout",
      paramLabel = "DURATION",
      description = "Without taking any of what waits for it (default: 30s).")
  private @Nullable String write;

  @Option(
      names = "--half-close-timeout",
      paramLabel = "DURATION",
      description = "After the client's end of stream, without a byte to it (default: 30s).")
  private @Nullable String halfClose;

  @Option(
      names = "--lifetime",
      paramLabel = "DURATION",
      description = "Of any connection (default: 0).")
  private @Nullable String lifetime;

  @Option(
      names = "--drain-timeout",
      paramLabel = "DURATION",
      description = "To finish when the server is ended (default: 30s).")
  private @Nullable String drain;

  @Option(
      names = "--max-line",
      paramLabel = "SIZE",
      description = "Of a line, without its end (default: 64KiB).")
  private @Nullable String maxLine;

  @Option(
      names = "--max-frame",
      paramLabel = "SIZE",
      description =
          "Of a frame that is no line, if the handler cuts such ones (default: the handler's own).")
  private @Nullable String maxFrame;

  @Option(
      names = "--output-limit",
      paramLabel = "SIZE",
      description = "Of what may wait for one client (default: 256KiB).")
  private @Nullable String output;

  @Option(
      names = "--memory-limit",
      paramLabel = "SIZE",
      description =
          "Of what waits for and from all clients together (default: a quarter of the heap).")
  private @Nullable String memory;

  private final List<String> problems = new ArrayList<>();
  private final List<String> off = new ArrayList<>();

  /// Returns the limits.
  ///
  /// @param listening whether clients of the handler may listen without ever saying anything
  /// @throws Failure with everything that is wrong
  Limits limits(boolean listening) throws Failure {
    Limits.Builder limits = Limits.builder();
    number("--max-connections", maxConnections, limits::maxConnections);
    number("--max-per-address", maxPerAddress, limits::maxPerAddress);
    number("--accept-rate", acceptRate, limits::acceptRate);
    if (listening) {
      limits.firstFrame(Duration.ZERO).sendBuffer(SEND_BUFFER_BYTES);
    }
    time("--first-frame-timeout", firstFrame, limits::firstFrame);
    time("--frame-timeout", frame, limits::frame);
    time("--idle-timeout", idle, limits::idle);
    time("--write-timeout", write, limits::writeStall);
    time("--half-close-timeout", halfClose, limits::halfClose);
    time("--lifetime", lifetime, limits::lifetime);
    time("--drain-timeout", drain, limits::drain);
    size("--max-line", maxLine, limits::maxLine);
    size("--max-frame", maxFrame, limits::maxFrame);
    size("--output-limit", output, limits::output);
    longSize("--memory-limit", memory, limits::memory);
    limits.problems().forEach(problem -> problems.add("--" + problem));
    if (!problems.isEmpty()) {
      throw new Failure(ExitCode.CONFIGURATION, String.join("\nsluice: ", problems));
    }
    return limits.build();
  }

  private void number(String name, @Nullable String text, Consumer<Integer> set) {
    read(name, text, LimitOptions::number, 0, set);
  }

  private static int number(String text) {
    try {
      if (NUMBER.matcher(text).matches()) {
        return Integer.parseInt(text);
      }
    } catch (NumberFormatException _) {
      // too long
    }
    throw new IllegalArgumentException(Text.quote(text) + " is not a number, as in 1000");
  }

  private void time(String name, @Nullable String text, Consumer<Duration> set) {
    read(name, text, new DurationConverter()::convert, Duration.ZERO, set);
  }

  private void size(String name, @Nullable String text, Consumer<Integer> set) {
    longSize(
        name,
        text,
        bytes -> {
          if (bytes > Integer.MAX_VALUE) {
            problems.add(name + " must be less than 2GiB, not " + text);
          } else {
            set.accept(bytes.intValue());
          }
        });
  }

  private void longSize(String name, @Nullable String text, Consumer<Long> set) {
    read(name, text, Size::parse, 0L, set);
  }

  /// Sets what `text` says, if it was given; notes what is wrong with it, or that it is `none`.
  private <T> void read(
      String name, @Nullable String text, Function<String, T> parse, T none, Consumer<T> set) {
    if (text == null) {
      return;
    }
    try {
      T value = parse.apply(text);
      set.accept(value);
      if (value.equals(none) && !name.equals("--drain-timeout")) {
        off.add(name);
      }
    } catch (IllegalArgumentException | TypeConversionException e) {
      problems.add(name + ": " + e.getMessage());
    }
  }

  /// Says what clients can cost at most, and which limits are off.
  void log(Logger log, Limits limits) {
    long worst = limits.worstCaseBytes();
    log.info(
        "server.limits max_connections={} memory_limit={} worst_case={}",
        limits.maxConnections() == 0 ? "none" : limits.maxConnections(),
        limits.memory() == 0 ? "none" : Size.format(limits.memory()),
        worst == Long.MAX_VALUE ? "unbounded" : Size.format(worst));
    for (String name : off) {
      log.warn("limit.off option={}", name);
    }
  }
}
