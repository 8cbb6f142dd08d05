package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import sluice.ClosedPollableException;
import sluice.Select;
import sluice.Selected;
import sluice.StreamSocket;

/// How long select waits, and what ends it: data, the timeout, an interrupt, closing a member.
public abstract class SelectWaitContract extends BackendContract {
  private static final List<StreamSocket> NONE = List.of();
  private static final Duration FOR_A_WHILE = Duration.ofMillis(50);

  @Test
  void timeoutIsNeverEarly() throws Exception {
    List<StreamSocket> quiet = List.of(pair().client());
    for (List<StreamSocket> readable : List.of(quiet, NONE)) {
      for (long nanos : new long[] {1, 999_999, 1_000_001, 20_000_001, 50_000_000}) {
        Duration timeout = Duration.ofNanos(nanos);
        assertNotEarly(
            timeout,
            () -> assertThat(Select.select(readable, NONE, NONE, timeout).isEmpty()).isTrue());
      }
    }
  }

  @Test
  void zeroTimeoutLooksOnce() throws Exception {
    Pair pair = pair();
    List<StreamSocket> one = List.of(pair.client());
    assertThat(Select.select(one, NONE, NONE, Duration.ZERO).isEmpty()).isTrue();
    assertThat(Select.select(NONE, one, NONE, Duration.ZERO).writable())
        .containsExactly(one.get(0));
    assertThat(Select.select(NONE, NONE, NONE, Duration.ZERO).isEmpty()).isTrue();
  }

  @Test
  void waitingForEverForNothingIsRefused() {
    assertThatThrownBy(() -> Select.select(NONE, NONE, NONE, null))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void dataEndsAWaitForEver() throws Exception {
    Pair pair = pair();
    for (int i = 0; i < 50; i++) {
      Background<Selected<StreamSocket>> waiting =
          Background.start(() -> Select.select(List.of(pair.server()), NONE, NONE, null)).entered();
      assertThat(pair.client().write(bytes("x"))).isOne();
      assertThat(waiting.join().readable()).containsExactly(pair.server());
      receive(pair.server(), 1);
    }
  }

  @Test
  void hugeTimeoutsWaitAndOverflowNothing() throws Exception {
    for (Duration huge :
        List.of(
            Duration.ofMillis(1L << 31),
            Duration.ofMillis((1L << 32) + 1),
            Duration.ofNanos(Long.MAX_VALUE),
            Duration.ofSeconds(Long.MAX_VALUE, 999_999_999))) {
      Pair pair = pair();
      AtomicBoolean sent = new AtomicBoolean();
      Background<Boolean> waiting =
          Background.start(() -> {
            assertThat(Select.select(List.of(pair.server()), NONE, NONE, huge).readable())
                .containsExactly(pair.server());
            return sent.get();
          });
      waiting.entered();
      sent.set(true);
      assertThat(pair.client().write(bytes("x"))).isOne();
      assertThat(waiting.join()).as("%s waited", huge).isTrue();
    }
  }

  @Test
  void hugeTimeoutOfNothingSleepsUntilInterrupted() throws Exception {
    Background<Boolean> sleeping =
        Background.start(
            () -> Select.select(NONE, NONE, NONE, Duration.ofSeconds(Long.MAX_VALUE)).isEmpty());
    sleeping.entered().thread().interrupt();
    assertThat(sleeping.failure()).isInstanceOf(InterruptedIOException.class);
  }

  @Test
  void interruptEndsTheWaitAndStaysSet() throws Exception {
    Pair pair = pair();
    for (List<StreamSocket> readable : List.of(List.of(pair.server()), NONE)) {
      Background<Boolean> waiting =
          Background.start(() -> {
            assertThatThrownBy(() -> Select.select(readable, NONE, NONE, LONG))
                .isInstanceOf(InterruptedIOException.class);
            return Thread.currentThread().isInterrupted();
          });
      waiting.entered().thread().interrupt();
      assertThat(waiting.join()).isTrue();
    }
  }

  @Test
  void interruptBeforeTheCallEndsItAndConsumesNothing() throws Exception {
    Pair pair = pair();
    send(pair.client(), pair.server(), "x");
    List<StreamSocket> one = List.of(pair.server());
    for (List<StreamSocket> readable : List.of(one, NONE)) {
      for (Duration timeout : List.of(Duration.ZERO, LONG)) {
        Thread.currentThread().interrupt();
        try {
          assertThatThrownBy(() -> Select.select(readable, NONE, NONE, timeout))
              .isInstanceOf(InterruptedIOException.class);
        } finally {
          assertThat(Thread.interrupted()).isTrue();
        }
      }
    }
    assertThat(Select.select(one, NONE, NONE, LONG).readable()).containsExactly(pair.server());
    assertThat(receive(pair.server(), 1)).isEqualTo("x");
  }

  @Test
  void closeFromAnotherThreadEndsTheWaitAndNamesTheMember() throws Exception {
    for (int i = 0; i < 50; i++) {
      List<Pair> pairs = pairs(2);
      StreamSocket closed = pairs.get(1).server();
      Background<Boolean> waiting =
          Background.start(() ->
              Select.select(List.of(pairs.get(0).server(), closed), NONE, NONE, null).isEmpty());
      waiting.entered();
      closed.close();
      assertThat(waiting.failure())
          .isInstanceOf(ClosedPollableException.class)
          .hasMessageContaining(closed.toString());
      awaitEnd(pairs.get(1).client());
    }
  }

  @Test
  void closingAStrangerEndsNoWait() throws Exception {
    List<Pair> pairs = pairs(2);
    Background<Boolean> waiting =
        Background.start(() -> {
          assertNotEarly(
              FOR_A_WHILE,
              () -> {
                List<StreamSocket> one = List.of(pairs.get(0).server());
                assertThat(Select.select(one, NONE, NONE, FOR_A_WHILE).isEmpty()).isTrue();
              });
          return true;
        });
    waiting.entered();
    pairs.get(1).server().close();
    assertThat(waiting.join()).isTrue();
  }

  @Test
  void argumentsMayChangeDuringTheCall() throws Exception {
    Pair pair = pair();
    List<StreamSocket> argument = new ArrayList<>(List.of(pair.server()));
    Background<Selected<StreamSocket>> waiting =
        Background.start(() -> Select.select(argument, NONE, NONE, null));
    // Past the copy: only then may the caller change what it gave.
    Wait.until("waiting", () -> isWaiting(waiting.thread()));
    argument.clear();
    assertThat(pair.client().write(bytes("x"))).isOne();
    assertThat(waiting.join().readable()).containsExactly(pair.server());
  }

  /// Tells whether the thread is in what `select` calls, so past its arguments.
  private boolean isWaiting(Thread thread) {
    for (StackTraceElement frame : thread.getStackTrace()) {
      for (Class<?> c = backend().getClass(); c != null; c = c.getSuperclass()) {
        if (frame.getClassName().equals(c.getName())) {
          return true;
        }
      }
    }
    return false;
  }

  @Test
  void argumentsAreCopiedOnceEach() throws Exception {
    Pair pair = pair();
    int[] copies = {0};
    Collection<StreamSocket> once =
        new ArrayList<>(List.of(pair.client())) {
          private static final long serialVersionUID = 1;

          @Override
          public Object[] toArray() {
            copies[0]++;
            Object[] all = super.toArray();
            clear();
            return all;
          }
        };
    assertThat(Select.select(NONE, once, NONE, LONG).writable()).containsExactly(pair.client());
    assertThat(copies[0]).isEqualTo(1);
  }

  @Test
  void worksFromVirtualThreads() throws Exception {
    Pair pair = pair();
    List<StreamSocket> one = List.of(pair.server());
    Callable<Boolean> call = () -> Select.select(one, NONE, NONE, null).isEmpty();

    Background<Boolean> interrupted = Background.startVirtual(call).entered();
    interrupted.thread().interrupt();
    assertThat(interrupted.failure()).isInstanceOf(InterruptedIOException.class);

    Background<Boolean> timedOut =
        Background.startVirtual(() -> {
          assertNotEarly(FOR_A_WHILE, () -> Select.select(one, NONE, NONE, FOR_A_WHILE));
          return true;
        });
    assertThat(timedOut.join()).isTrue();

    Background<Boolean> told = Background.startVirtual(call).entered();
    assertThat(pair.client().write(bytes("x"))).isOne();
    assertThat(told.join()).isFalse();
    receive(pair.server(), 1);

    Background<Boolean> closed = Background.startVirtual(call).entered();
    pair.server().close();
    assertThat(closed.failure()).isInstanceOf(ClosedPollableException.class);
  }

  @Test
  void manyWaitingVirtualThreadsDoNotStarveOthers() throws Exception {
    List<Pair> pairs = pairs(8 * Runtime.getRuntime().availableProcessors());
    List<Background<Boolean>> waiting = new ArrayList<>();
    for (Pair pair : pairs) {
      waiting.add(
          Background.startVirtual(
              () -> Select.select(List.of(pair.server()), NONE, NONE, null).isEmpty()));
    }
    assertThat(Background.startVirtual(() -> "ran").join()).isEqualTo("ran");
    for (int i = 0; i < pairs.size(); i++) {
      assertThat(pairs.get(i).client().write(bytes("x"))).isOne();
      assertThat(waiting.get(i).join()).isFalse();
    }
  }

  @Test
  void concurrentCallsOnDifferentSourcesDoNotDisturbEachOther() throws Exception {
    List<Pair> pairs = pairs(8);
    List<Background<Integer>> calls = new ArrayList<>();
    for (Pair pair : pairs) {
      calls.add(
          Background.start(() -> {
            for (int i = 0; i < 100; i++) {
              send(pair.client(), pair.server(), "x");
              assertThat(Select.select(List.of(pair.server()), NONE, NONE, null).readable())
                  .containsExactly(pair.server());
              receive(pair.server(), 1);
            }
            return 100;
          }));
    }
    for (Background<Integer> call : calls) {
      assertThat(call.join()).isEqualTo(100);
    }
  }
}
