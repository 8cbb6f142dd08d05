package sluice.program;

import java.io.Console;
import java.io.IOException;
import java.io.PrintStream;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import sluice.Backend;

/// `sluice bench`.
@Command(
    name = "bench",
    header = "Loads an echo server and says how many messages came back, and how fast.",
    description = {
      "",
      "All connections are made before the first byte is sent, and every byte that comes back is"
          + " compared with the one that was sent."
    },
    synopsisHeading = "%nUsage: ",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    abbreviateSynopsis = true,
    parameterListHeading = "%nWhom to load:%n",
    optionListHeading = "%nOptions:%n",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      " 0:done, and every byte was right",
      "64:the command line is wrong",
      "69:cannot connect, a connection failed, or a byte was wrong",
      "70:a defect of the program"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./sluice bench 127.0.0.1:8000",
      "  ./sluice bench 127.0.0.1:8000 --connections 1000 --size 16384 --in-flight 16",
      "  ./sluice bench 127.0.0.1:8000 --rate 20000 --duration 60s",
      "  ./sluice bench unix:/tmp/echo --churn --json"
    })
final class Bench implements Callable<Integer> {
  private static final int CONNECTIONS_MAX = 1_000_000;
  private static final int BYTES_MAX = 16 * 1024 * 1024;
  private static final int IN_FLIGHT_MAX = 65_536;
  private static final double[] PERCENTILES = {50, 90, 99, 99.9, 99.99};
  private static final int BAR = 30;
  private static final double NANOS = 1e9;
  private static final double MICROS = 1e3;

  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private CommandSpec spec;

  @Parameters(
      paramLabel = "ADDR",
      converter = AddressConverter.class,
      description = "HOST:PORT, [IPV6]:PORT or unix:PATH of a server that sends back what it gets.")
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private Address address;

  @Option(
      names = "--connections",
      paramLabel = "N",
      description = "How many connections send (default: ${DEFAULT-VALUE}).")
  private int connections = 100;

  @Option(
      names = "--size",
      paramLabel = "BYTES",
      description = "Bytes of a message (default: ${DEFAULT-VALUE}).")
  private int size = 64;

  @Option(
      names = "--lines",
      description =
          "Make each message a line of text, its line feed the last byte, for a server that answers"
              + " each line with itself.")
  private boolean lines;

  @Option(
      names = "--in-flight",
      paramLabel = "N",
      description = "Messages that each connection has under way (default: ${DEFAULT-VALUE}).")
  private int inFlight = 1;

  @Option(
      names = "--duration",
      paramLabel = "DURATION",
      converter = DurationConverter.class,
      defaultValue = "10s",
      description = "How long messages are counted (default: ${DEFAULT-VALUE}).")
  private Duration duration = Duration.ZERO;

  @Option(
      names = "--warm-up",
      paramLabel = "DURATION",
      converter = DurationConverter.class,
      defaultValue = "1s",
      description = "How long messages are sent before (default: ${DEFAULT-VALUE}).")
  private Duration warmUp = Duration.ZERO;

  @Option(
      names = "--idle",
      paramLabel = "N",
      description = "Connections beside them that send nothing (default: ${DEFAULT-VALUE}).")
  private int idle;

  @Option(
      names = "--churn",
      description = "Close each connection after one message, and open another one.")
  private boolean churn;

  @Option(
      names = "--rate",
      paramLabel = "N",
      description =
          "Messages a second in all, sent when they are due. Without it, each connection sends the"
              + " next one when one has come back.")
  private long rate;

  @Option(names = "--json", description = "Print one JSON object, with times in nanoseconds.")
  private boolean json;

  @Override
  @SuppressWarnings("SystemConsoleNull") // NullAway does not know that it is never null
  public Integer call() throws Failure {
    check("--connections", connections, 1, CONNECTIONS_MAX);
    check("--size", size, lines ? 2 : 1, lines ? Load.LINE_BYTES_MAX : BYTES_MAX);
    check("--in-flight", inFlight, 1, IN_FLIGHT_MAX);
    check("--idle", idle, 0, CONNECTIONS_MAX);
    check("--rate", rate, 0, Integer.MAX_VALUE);
    if (duration.isZero()) {
      throw new ParameterException(spec.commandLine(), "--duration must not be 0");
    }
    if (churn && (inFlight > 1 || rate > 0)) {
      throw new ParameterException(
          spec.commandLine(), "--churn goes with neither --in-flight nor --rate");
    }
    Load.Plan plan =
        new Load.Plan(connections, size, lines, inFlight, warmUp, duration, idle, churn, rate);
    Console console = System.console();
    boolean terminal = console != null && console.isTerminal();
    try (Load load =
        new Load(Backend.best(), address.resolve(), plan, terminal ? Bench::draw : (_, _) -> {})) {
      load.connect();
      load.run();
      if (terminal) {
        System.err.print("\r\u001b[K");
      }
      PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
      if (json) {
        out.println(object(load));
      } else {
        print(out, load);
      }
      return ExitCode.OK;
    } catch (UnknownHostException _) {
      throw new Failure(
          ExitCode.UNAVAILABLE,
          "unknown host in " + address.text() + ": check the name, or give a number");
    } catch (IOException e) {
      throw new Failure(
          ExitCode.UNAVAILABLE,
          "%s: %s; look at the log of the server, and at the limits of descriptors (ulimit -n)"
              .formatted(address.text(), e.getMessage()));
    }
  }

  private void check(String name, long value, long min, long max) {
    if (value < min || value > max) {
      throw new ParameterException(
          spec.commandLine(), "%s must be from %d to %d, not %d".formatted(name, min, max, value));
    }
  }

  private static void draw(double part, long messages) {
    int done = (int) Math.min(BAR, part * BAR);
    System.err.printf(
        Locale.ROOT,
        "\r[%s%s] %3.0f %%  %,d messages",
        "#".repeat(done),
        " ".repeat(BAR - done),
        Math.min(1, part) * 100,
        messages);
  }

  private double perSecond(Load load) {
    return load.measured() / (load.measuredNanos() / NANOS);
  }

  private void print(PrintStream out, Load load) {
    out.printf(
        Locale.ROOT,
        "%,d connections%s, %,d bytes%s, %s, %.1f s%n",
        connections,
        idle > 0 ? " and %,d idle ones".formatted(idle) : "",
        size,
        lines ? " a line" : "",
        churn
            ? "a new one for each message"
            : rate > 0 ? "%,d messages a second".formatted(rate) : inFlight + " in flight",
        load.measuredNanos() / NANOS);
    out.printf(
        Locale.ROOT,
        "messages  %,d, %,.0f a second; %,d with the warm-up, every byte as it was sent%n",
        load.measured(),
        perSecond(load),
        load.messages());
    row(out, "latency", load.latency());
    Histogram corrected = corrected(load);
    if (corrected != null) {
      row(out, "corrected", corrected);
    }
  }

  /// A server that stalls is sent nothing meanwhile, so stalls are counted too rarely. This adds
  /// what would have been sent at the usual pace. With a rate, messages count from when they were
  /// due, and nothing has to be added.
  private @Nullable Histogram corrected(Load load) {
    return rate > 0 || load.measured() == 0
        ? null
        : load.latency()
            .copyCorrectedForCoordinatedOmission(load.latency().getValueAtPercentile(50));
  }

  private static void row(PrintStream out, String name, Histogram latency) {
    StringBuilder line = new StringBuilder("%-9s".formatted(name));
    for (double percentile : PERCENTILES) {
      line.append(
          String.format(
              Locale.ROOT,
              " p%s %,.0f us,",
              words(percentile),
              latency.getValueAtPercentile(percentile) / MICROS));
    }
    out.printf(Locale.ROOT, "%s max %,.0f us%n", line, latency.getMaxValue() / MICROS);
  }

  private static String words(double percentile) {
    return percentile == Math.rint(percentile)
        ? Long.toString((long) percentile)
        : Double.toString(percentile);
  }

  private Json object(Load load) {
    Json object =
        new Json()
            .add("connections", connections)
            .add("idle", idle)
            .add("bytes", size)
            .add("lines", lines)
            .add("inFlight", inFlight)
            .add("rate", rate)
            .add("churn", churn)
            .add("nanos", load.measuredNanos())
            .add("messages", load.measured())
            .add("verified", load.messages())
            .add("latency", percentiles(load.latency()));
    Histogram corrected = corrected(load);
    return corrected == null ? object : object.add("corrected", percentiles(corrected));
  }

  private static Json percentiles(Histogram latency) {
    Json object = new Json();
    for (double percentile : PERCENTILES) {
      object.add("p" + words(percentile), latency.getValueAtPercentile(percentile));
    }
    return object.add("max", latency.getMaxValue());
  }
}
