package sluice.testkit.simulation;

import java.io.PrintStream;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import sluice.internal.loop.SystemHost;

/// Runs many histories and prints what they were like: `--histories N --from SEED`, or one again:
/// `--seed X [--trace]`. Ends with 1 if a check failed.
public final class Simulate {
  private static final String USAGE =
      "usage: simulate [--histories N] [--from SEED] [--threads N] [--until-failure]\n"
          + "       simulate --seed SEED [--trace]";

  private static final int FAILURES_MAX = 10;

  /// In so many histories every fault must have happened, and every reason closed a client.
  private static final int COVERAGE_MIN = 50_000;

  private long histories = 10_000;
  private long from = 1;
  private int threads = Runtime.getRuntime().availableProcessors();
  private int failuresMax = FAILURES_MAX;
  private boolean one;
  private boolean trace;

  private Simulate() {}

  /// Runs the program.
  public static void main(String... arguments) {
    Simulate simulate = new Simulate();
    try {
      simulate.parse(arguments);
    } catch (IllegalArgumentException e) {
      System.err.println("simulate: " + e.getMessage() + "\n" + USAGE);
      System.exit(64);
    }
    boolean good = simulate.one ? simulate.replay(System.out) : simulate.runAll(System.out);
    System.exit(good ? 0 : 1);
  }

  private void parse(String... arguments) {
    for (int i = 0; i < arguments.length; i++) {
      String option = arguments[i];
      if (option.equals("--trace")) {
        trace = true;
        continue;
      }
      if (option.equals("--until-failure")) {
        failuresMax = 1;
        continue;
      }
      if (i + 1 == arguments.length) {
        throw new IllegalArgumentException("unknown option, or no value for it: " + option);
      }
      String value = arguments[++i];
      switch (option) {
        case "--histories" -> histories = Long.decode(value);
        case "--from" -> from = seed(value);
        case "--threads" -> threads = Integer.parseInt(value);
        case "--seed" -> {
          one = true;
          from = seed(value);
        }
        default -> throw new IllegalArgumentException("unknown option: " + option);
      }
    }
  }

  private static long seed(String text) {
    return text.startsWith("0x")
        ? Long.parseUnsignedLong(text, 2, text.length(), 16)
        : Long.parseLong(text);
  }

  private boolean replay(PrintStream out) {
    History history = Simulation.run(from, trace ? out : null);
    out.printf(
        "seed=0x%x hash=0x%016x clients=%d operations=%d bytes=%d turns=%d%n",
        history.seed(),
        history.hash(),
        history.clients(),
        history.operations(),
        history.bytes(),
        history.turns());
    report(out, history);
    return history.violation() == null;
  }

  /// Prints the line of a history that failed.
  private static void report(PrintStream out, History history) {
    Violation violation = history.violation();
    if (violation != null) {
      out.printf(
          "FAIL seed=0x%x check=%s turn=%d client=%s detail=\"%s\""
              + " replay: build-support/simulate --seed 0x%x --trace%n",
          history.seed(),
          violation.check(),
          history.turns(),
          violation.client() < 0 ? "-" : String.valueOf(violation.client()),
          violation.detail(),
          history.seed());
    }
  }

  private boolean runAll(PrintStream out) {
    Tally tally = new Tally((int) histories);
    AtomicInteger next = new AtomicInteger();
    long start = SystemHost.INSTANCE.nanoTime();
    try (ExecutorService workers = Executors.newFixedThreadPool(threads)) {
      for (int i = 0; i < threads; i++) {
        workers.execute(() -> work(tally, next));
      }
    }
    double seconds = (SystemHost.INSTANCE.nanoTime() - start) / 1e9;
    tally.failed.forEach(history -> report(out, history));
    boolean allFaults = tally.print(out, Math.min(next.get(), (int) histories), seconds);
    return tally.failed.isEmpty() && (allFaults || histories < COVERAGE_MIN);
  }

  private void work(Tally tally, AtomicInteger next) {
    int index = next.getAndIncrement();
    while (index < histories && tally.failed.size() < failuresMax) {
      tally.add(index, Simulation.run(from + index, null));
      index = next.getAndIncrement();
    }
  }
}
