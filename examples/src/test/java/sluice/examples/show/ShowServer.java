package sluice.examples.show;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import sluice.Backend;

/// Prints what the server does with clients that are hard to serve, on every backend. Arguments, if
/// any, are the figures wanted. Ends with 1 if a claim does not hold.
final class ShowServer {
  /// One block of the output.
  @FunctionalInterface
  interface Figure {
    void show(String backend, Report report) throws Exception;
  }

  private static final Duration WHOLE_RUN = Duration.ofMinutes(4);

  private static final Map<String, Figure> FIGURES = new LinkedHashMap<>();

  static {
    FIGURES.put("slow half-closer", new SlowHalfCloser());
    FIGURES.put("answer and close", new AnswerAndClose());
    FIGURES.put("spread", new Spread());
    FIGURES.put("chat", new ManyReceivers());
    FIGURES.put("proxy", new Proxied());
  }

  private ShowServer() {}

  public static void main(String[] wanted) throws Exception {
    for (String name : wanted) {
      if (!FIGURES.containsKey(name)) {
        System.err.println("no figure " + name + "; there are " + FIGURES.keySet());
        System.exit(64);
      }
    }
    Locale.setDefault(Locale.ROOT); // the same numbers everywhere
    Thread.ofPlatform().daemon().start(ShowServer::giveUpInTime);
    Report report = new Report();
    for (Backend backend : Backend.available()) {
      for (var figure : FIGURES.entrySet()) {
        if (wanted.length == 0 || List.of(wanted).contains(figure.getKey())) {
          report.begin(figure.getKey(), backend.name());
          try {
            figure.getValue().show(backend.name(), report);
          } catch (Exception e) {
            report.fail(e.toString());
          }
        }
      }
    }
    System.exit(report.failures() == 0 ? 0 : 1);
  }

  private static void giveUpInTime() {
    try {
      Thread.sleep(WHOLE_RUN);
    } catch (InterruptedException _) {
      return;
    }
    System.out.println("FAIL not done after " + WHOLE_RUN.toSeconds() + " s");
    System.exit(1);
  }
}
