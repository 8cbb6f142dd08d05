package sluice.internal.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import sluice.internal.loop.Inbox.Added;

/// What a loop was given to run: in order, bounded, told once, and refused once it is closed.
class InboxTest {
  private static final int MAX = 4;

  /// A task that can be told from others.
  private record Numbered(int number) implements Runnable {
    @Override
    public void run() {}
  }

  private final Inbox inbox = new Inbox(MAX);

  private List<Integer> pollAll() {
    List<Integer> numbers = new ArrayList<>();
    for (Runnable task = inbox.poll(); task != null; task = inbox.poll()) {
      numbers.add(((Numbered) task).number);
    }
    return numbers;
  }

  private static Runnable task(int number) {
    return new Numbered(number);
  }

  @Test
  void theFirstIsToldSoUntilTheNextCollection() {
    assertThat(inbox.add(task(1))).isEqualTo(Added.FIRST);
    assertThat(inbox.add(task(2))).isEqualTo(Added.BEHIND);
    assertThat(inbox.collect()).isEqualTo(2);
    assertThat(inbox.add(task(3))).isEqualTo(Added.FIRST);
    assertThat(pollAll()).containsExactly(1, 2);
    assertThat(inbox.isEmpty()).isFalse();
    assertThat(inbox.collect()).isEqualTo(1);
    assertThat(pollAll()).containsExactly(3);
    assertThat(inbox.isEmpty()).isTrue();
  }

  @Test
  void whatTheLoopAddsIsBehindWhatItHasCollected() {
    inbox.add(task(1));
    inbox.collect();
    inbox.add(task(3));
    assertThat(inbox.addOwn(task(2))).isEqualTo(Added.BEHIND);
    inbox.collect();
    assertThat(pollAll()).containsExactly(1, 2, 3);
  }

  @Test
  void theBoundCountsWhatIsCollectedToo() {
    for (int i = 0; i < MAX; i++) {
      assertThat(inbox.add(task(i))).isNotEqualTo(Added.FULL);
    }
    assertThat(inbox.add(task(9))).isEqualTo(Added.FULL);
    inbox.collect();
    assertThat(inbox.add(task(9))).isEqualTo(Added.FULL);
    assertThat(inbox.addOwn(task(9))).isEqualTo(Added.FULL);
    assertThat(inbox.poll()).isEqualTo(task(0));
    assertThat(inbox.addOwn(task(4))).isEqualTo(Added.BEHIND);
    assertThat(inbox.add(task(9))).isEqualTo(Added.FULL);
    assertThat(pollAll()).containsExactly(1, 2, 3, 4);
  }

  @Test
  void closedItKeepsWhatItHasAndRefusesOthers() {
    inbox.add(task(1));
    inbox.close();
    inbox.close();
    assertThat(inbox.add(task(9))).isEqualTo(Added.REFUSED);
    assertThat(inbox.addOwn(task(2))).isEqualTo(Added.BEHIND);
    assertThat(inbox.collect()).isEqualTo(2);
    assertThat(pollAll()).containsExactly(1, 2);
    assertThat(inbox.isEmpty()).isTrue();
  }

  /// Any interleaving of threads that add, a loop that takes, and the close is one of calls that
  /// happen one after the other: nothing is lost, doubled or out of order, and whoever comes first
  /// is told so.
  @Test
  void isLinearizable() {
    new StressOptions()
        .threads(3)
        .actorsPerThread(3)
        .iterations(40)
        .invocationsPerIteration(1_000)
        .check(Concurrent.class);
  }

  /// The operations, as Lincheck calls them. The bound is never met here: it is not exact while the
  /// loop takes.
  @Param(name = "number", gen = IntGen.class)
  public static class Concurrent {
    private final Inbox inbox = new Inbox(Integer.MAX_VALUE);

    @Operation
    public Added add(int number) {
      return inbox.add(task(number));
    }

    /// Takes one: what a loop does at its turn.
    @Operation(nonParallelGroup = "loop")
    public @Nullable Integer take() {
      inbox.collect();
      Numbered task = (Numbered) inbox.poll();
      return task == null ? null : task.number;
    }

    @Operation(nonParallelGroup = "loop")
    public Added addOwn(int number) {
      return inbox.addOwn(task(number));
    }

    @Operation(nonParallelGroup = "loop")
    public void close() {
      inbox.close();
    }
  }
}
