package sluice.examples.show;

import java.util.List;
import java.util.Locale;

/// Prints what `select` costs and what virtual threads pay for waiting. Arguments: the paths of
/// `select_timing.py` and of the program made from `select_timing.c`, then the figures wanted, if
/// not all. Ends with 1 if a claim does not hold.
final class ShowSelect {
  /// One block of the output.
  @FunctionalInterface
  private interface Figure {
    void show(Report report) throws Exception;
  }

  private ShowSelect() {}

  public static void main(String[] args) {
    Locale.setDefault(Locale.ROOT); // the same numbers everywhere
    Report report = new Report();
    List<String> wanted = List.of(args).subList(2, args.length);
    figure("timing", wanted, report, r -> SelectTiming.show(args[0], args[1], r));
    figure("virtual-threads", wanted, report, VirtualThreads::show);
    figure("reused-numbers", wanted, report, ReusedNumbers::show);
    System.exit(report.failures() == 0 ? 0 : 1);
  }

  private static void figure(String name, List<String> wanted, Report report, Figure figure) {
    if (wanted.isEmpty() || wanted.contains(name)) {
      report.begin(name, "epoll");
      try {
        figure.show(report);
      } catch (Exception e) {
        report.fail(e.toString());
      }
    }
  }
}
