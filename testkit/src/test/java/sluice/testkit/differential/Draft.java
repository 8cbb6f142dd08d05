package sluice.testkit.differential;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/// A script in the making: its steps so far, what is open after them, and questions about that.
abstract class Draft {
  static final int LIVE_MAX = 8;

  final SplittableRandom random;

  /// What can be asked about.
  final List<Source> live = new ArrayList<>();

  /// The names of what has been closed.
  final List<String> closed = new ArrayList<>();

  private final List<String> steps = new ArrayList<>();
  private final List<List<String>> watched =
      List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());

  Draft(long seed) {
    random = new SplittableRandom(seed);
  }

  final String text() {
    return String.join("; ", steps);
  }

  final void add(String step) {
    steps.add(step);
  }

  final boolean chance(int percent) {
    return random.nextInt(100) < percent;
  }

  final Source any() {
    return live.get(random.nextInt(live.size()));
  }

  /// Asks about it no more.
  final void forget(Source source) {
    live.remove(source);
    watched.forEach(names -> names.removeIf(source.name::equals));
  }

  /// Asks about some of what is there.
  final void look() {
    boolean withClosed = !closed.isEmpty() && chance(4);
    String r = names(withClosed ? 100 : 0);
    String w = names(0);
    String x = names(0);
    add("select " + timeout(w, withClosed) + " " + r + " " + w + " " + x);
  }

  /// Asks about what was asked last, mostly with no change or a small one.
  final void lookAgain() {
    for (List<String> names : watched) {
      if (chance(15) && names.size() < LIVE_MAX && !live.isEmpty()) {
        names.add(random.nextInt(names.size() + 1), any().name);
      }
      if (chance(10) && !names.isEmpty()) {
        names.remove(random.nextInt(names.size()));
      }
    }
    if (chance(80)) { // otherwise one of them may have been closed
      watched.forEach(names -> names.removeAll(closed));
    }
    // A closed one in the third set only is refused by NIO for another reason.
    watched.get(2).removeAll(closed);
    add("select 0 " + watched.stream().map(Draft::joined).collect(Collectors.joining(" ")));
  }

  private static String joined(List<String> names) {
    return names.isEmpty() ? "-" : String.join(",", names);
  }

  private String timeout(String w, boolean withClosed) {
    int kind = random.nextInt(10);
    if (kind > 1 || withClosed) {
      return "0";
    }
    List<String> asked = List.of(w.split(","));
    boolean ends = live.stream().anyMatch(s -> s.isWritable() && asked.contains(s.name));
    return kind == 0 && ends ? "none" : "2";
  }

  /// Returns up to five of them, some twice, in any order.
  final String names(int closedPercent) {
    List<String> names = new ArrayList<>();
    int count = live.isEmpty() ? 0 : random.nextInt(6);
    for (int i = 0; i < count; i++) {
      names.add(any().name);
    }
    if (chance(closedPercent)) {
      String name = closed.get(random.nextInt(closed.size()));
      names.add(random.nextInt(names.size() + 1), name);
    }
    return joined(names);
  }
}
