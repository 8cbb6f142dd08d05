package sluice.examples.show;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// `select` over quiet descriptors, asked again and again, beside what CPython, `java.nio` and C
/// have. Each contender is a process of its own; they take turns, in an order shuffled every round.
final class SelectTiming {
  private static final int ROUNDS = 3;

  /// Of three empty lists and what holds them.
  private static final long ANSWER_BYTES = 96;

  private static final int[] COUNTS = {1, 1_000, 10_000};

  /// A contender's process, which answers questions.
  private static final class Contender implements AutoCloseable {
    private final Process process;
    private final BufferedReader answers;
    private final PrintStream questions;

    Contender(String... command) throws IOException {
      process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
      answers = process.inputReader(StandardCharsets.UTF_8);
      questions = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
    }

    static Contender java() throws IOException {
      return new Contender(
          Path.of(System.getProperty("java.home"), "bin", "java").toString(),
          "-XX:+UseSerialGC",
          "--enable-native-access=ALL-UNNAMED",
          "-cp",
          System.getProperty("java.class.path"),
          SelectTimingChild.class.getName());
    }

    /// Returns nanoseconds of processor time and bytes per call.
    long[] ask(String kind, int count) throws IOException {
      questions.println(kind + " " + count);
      String answer = answers.readLine();
      if (answer == null) {
        throw new IOException("no answer to " + kind + " " + count);
      }
      return Arrays.stream(answer.split(" ")).mapToLong(Long::parseLong).toArray();
    }

    @Override
    public void close() {
      questions.close(); // the end of its input ends it
      process.destroy();
    }
  }

  private record Cell(String kind, int count) {}

  private final Map<Cell, List<long[]>> answers = new LinkedHashMap<>();

  private SelectTiming() {}

  /// Compares with the timings that these two make: a script in Python and a program of C.
  static void show(String script, String program, Report report) throws Exception {
    SelectTiming timing = new SelectTiming();
    try (Contender sluice = Contender.java();
        Contender selector = Contender.java();
        Contender python = new Contender("python3", script);
        Contender c = new Contender(program)) {
      Map<String, Contender> contenders = new LinkedHashMap<>();
      for (String kind : List.of("ArrayList", "LinkedHashSet", "List.of")) {
        contenders.put(kind, sluice);
      }
      contenders.put("selectNow", selector);
      contenders.put("select", python);
      contenders.put("poll(2)", c);
      for (int round = 0; round < ROUNDS; round++) {
        for (int count : COUNTS) {
          List<String> kinds = new ArrayList<>(contenders.keySet());
          Collections.shuffle(kinds);
          for (String kind : kinds) {
            timing.ask(contenders.get(kind), kind, count);
          }
        }
        for (String kind : List.of("changing", "ready", "poller")) {
          timing.ask(sluice, kind, 1_000);
        }
        timing.ask(c, "epoll_wait", 1_000);
      }
    }
    timing.print(report);
  }

  private void ask(Contender contender, String kind, int count) throws IOException {
    answers
        .computeIfAbsent(new Cell(kind, count), _ -> new ArrayList<>())
        .add(contender.ask(kind, count));
  }

  /// The median of the rounds.
  private long[] median(String kind, int count) {
    List<long[]> all = answers.get(new Cell(kind, count));
    return all.stream().sorted((a, b) -> Long.compare(a[0], b[0])).toList().get(all.size() / 2);
  }

  private void print(Report report) {
    report.say(
        "the same members again, none ready, timeout 0; ns of processor time (bytes allocated) per call");
    report.say(
        "%8s %16s %16s %16s %16s %14s %14s"
            .formatted(
                "sources",
                "ArrayList",
                "LinkedHashSet",
                "List.of",
                "selectNow",
                "Python select",
                "poll(2)"));
    for (int count : COUNTS) {
      StringBuilder line = new StringBuilder("%,8d".formatted(count));
      for (String kind : List.of("ArrayList", "LinkedHashSet", "List.of", "selectNow")) {
        long[] cell = median(kind, count);
        line.append(" %16s".formatted("%,d (%d)".formatted(cell[0], cell[1])));
      }
      for (String kind : List.of("select", "poll(2)")) {
        long nanos = median(kind, count)[0];
        line.append(" %14s".formatted(nanos < 0 ? "fails" : "%,d".formatted(nanos)));
      }
      report.say(line.toString());
    }
    long[] changing = median("changing", 1_000);
    long[] ready = median("ready", 1_000);
    report.say(
        "1,000, one of them another in each call: %,d ns (%d)".formatted(changing[0], changing[1]));
    report.say("1,000, all of them ready: %,d ns (%d)".formatted(ready[0], ready[1]));
    for (String kind : List.of("poller", "epoll_wait")) {
      long nanos = median(kind, 1_000)[0];
      report.say(
          "  %s into one list: %,d ns, ratio %.2f"
              .formatted(
                  kind.equals("poller") ? "through a poller" : "epoll_wait in C",
                  nanos,
                  (double) ready[0] / nanos));
    }
    report.claim(
        median("ArrayList", 1_000)[1] <= ANSWER_BYTES, "nothing is allocated but the answer");
    claim(report, "ArrayList", 1_000, 600);
    claim(report, "ArrayList", 10_000, 4_000);
    report.claim(
        ready[0] <= 1.2 * median("poller", 1_000)[0],
        "1,000 ready: at most a fifth more than through a poller");
    report.claim(changing[0] <= 6_000, "one changed of 1,000: at most 6 us");
  }

  private void claim(Report report, String kind, int count, long nanos) {
    report.claim(
        median(kind, count)[0] <= nanos * 1.1,
        "%s of %,d: at most %,d ns, give or take a tenth".formatted(kind, count, nanos));
  }
}
