package sluice.testkit.differential;

import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import sluice.Backend;
import sluice.ClosedPollableException;
import sluice.Interest;
import sluice.Pollable;
import sluice.Select;
import sluice.Selected;

/// Asks `select`, and writes its answers as positions in the arguments: `0,2|1|`.
final class Asker {
  private final boolean exceptional;
  private Duration limit = Duration.ZERO;
  private int answers;
  private int refusals;

  Asker(Backend backend) {
    exceptional = !backend.name().equals("nio");
  }

  /// How long an effect may take.
  void limit(Duration limit) {
    this.limit = limit;
  }

  /// Returns how many answers were given.
  int answers() {
    return answers;
  }

  /// Returns how often an exceptional set was refused.
  int refusals() {
    return refusals;
  }

  void await(String set, Pollable source) throws IOException {
    Interest interest =
        switch (set) {
          case "r" -> Interest.READ;
          case "w" -> Interest.WRITE;
          default -> Interest.EXCEPTIONAL;
        };
    if (Select.await(source, interest, limit).mask() == 0) {
      throw new IOException("timed out");
    }
  }

  String select(String timeout, List<Pollable> r, List<Pollable> w, List<Pollable> x)
      throws IOException {
    @Nullable Duration wait =
        timeout.equals("none") ? null : Duration.ofMillis(Integer.parseInt(timeout));
    answers++;
    try {
      if (exceptional) {
        Selected<Pollable> ready = Select.select(r, w, x, wait);
        return positions(r, ready.readable())
            + "|"
            + positions(w, ready.writable())
            + "|"
            + positions(x, ready.exceptional());
      }
      if (!x.isEmpty()) {
        refused(r, w, x);
      }
      Selected<Pollable> ready = Select.select(r, w, List.of(), wait);
      return positions(r, ready.readable()) + "|" + positions(w, ready.writable()) + "|-";
    } catch (ClosedPollableException _) {
      return "closed";
    }
  }

  private void refused(List<Pollable> r, List<Pollable> w, List<Pollable> x) throws IOException {
    try {
      Select.select(r, w, x, Duration.ZERO);
    } catch (UnsupportedOperationException _) {
      refusals++;
      return;
    }
    throw new IllegalStateException("the exceptional set was not refused");
  }

  /// Fails if the ready ones are other objects than those asked about, or out of order.
  @SuppressWarnings("ReferenceEquality")
  private static String positions(List<Pollable> asked, Collection<Pollable> ready) {
    StringBuilder found = new StringBuilder();
    int at = 0;
    for (Pollable source : ready) {
      while (asked.get(at) != source) {
        at++;
      }
      found.append(found.isEmpty() ? "" : ",").append(at++);
    }
    return found.toString();
  }
}
