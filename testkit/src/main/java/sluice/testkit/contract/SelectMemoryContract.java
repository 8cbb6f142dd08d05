package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import sluice.Backend;
import sluice.ClosedPollableException;
import sluice.Interest;
import sluice.Listener;
import sluice.Pollable;
import sluice.Select;
import sluice.Selected;
import sluice.StreamSocket;

/// `select` again, with the same or nearly the same members: the answers must be those of a call
/// that remembers nothing. A virtual thread remembers nothing, so one of them gives the expected
/// answers.
public abstract class SelectMemoryContract extends BackendContract {
  /// After so many calls at most the system watches the members.
  private static final int WARM = 20;

  private static final int REUSE_ROUNDS = 500;
  private static final List<StreamSocket> NONE = List.of();

  private static <P extends Pollable> Selected<P> look(
      Collection<P> r, Collection<P> w, Collection<P> x) throws Exception {
    return Select.select(r, w, x, Duration.ZERO);
  }

  private static <P extends Pollable> Selected<P> lookAfresh(
      Collection<P> r, Collection<P> w, Collection<P> x) throws Exception {
    return Background.startVirtual(() -> look(r, w, x)).join();
  }

  private static void warm(Collection<StreamSocket> r) throws Exception {
    for (int i = 0; i < WARM; i++) {
      look(r, NONE, NONE);
    }
  }

  @Test
  void readinessIsSeenInEveryCall() throws Exception {
    Pair pair = pair();
    List<StreamSocket> both = List.of(pair.client(), pair.server());
    for (int i = 0; i < 2 * WARM; i++) {
      assertThat(look(both, both, NONE)).isEqualTo(new Selected<>(List.of(), both, List.of()));
      send(pair.client(), pair.server(), "x");
      List<StreamSocket> server = List.of(pair.server());
      assertThat(look(both, both, NONE)).isEqualTo(new Selected<>(server, both, List.of()));
      assertThat(look(both, both, NONE)).isEqualTo(new Selected<>(server, both, List.of()));
      receive(pair.server(), 1);
    }
  }

  @Test
  void randomChangesAreFollowed() throws Exception {
    long seed = 20261124;
    Random random = new Random(seed);
    List<Pair> pairs = pairs(20);
    List<StreamSocket> all = new ArrayList<>();
    pairs.forEach(pair -> Collections.addAll(all, pair.client(), pair.server()));
    List<StreamSocket> r = new ArrayList<>(all);
    List<StreamSocket> w = new ArrayList<>(all.subList(0, 10));
    List<StreamSocket> x = new ArrayList<>();
    for (int round = 0; round < 2_000; round++) {
      change(r, all, random);
      if (random.nextInt(3) == 0) {
        change(w, all, random);
      }
      if (supportsExceptional() && random.nextInt(5) == 0) {
        change(x, all, random);
      }
      toggle(pairs.get(random.nextInt(pairs.size())), random);
      assertThat(look(r, w, x)).as("seed %d, round %d", seed, round).isEqualTo(lookAfresh(r, w, x));
    }
  }

  private static void change(List<StreamSocket> list, List<StreamSocket> all, Random random) {
    StreamSocket one = all.get(random.nextInt(all.size()));
    int at = list.isEmpty() ? 0 : random.nextInt(list.size());
    switch (random.nextInt(8)) {
      case 0 -> list.add(at, one);
      case 1 -> list.add(one);
      case 2, 3 -> {
        if (list.size() > 1) {
          list.remove(at);
        }
      }
      case 4 -> {
        if (!list.isEmpty()) {
          list.set(at, one);
        }
      }
      case 5 -> {
        if (random.nextInt(20) == 0) {
          Collections.shuffle(list, random);
        }
      }
      default -> {} // the same again
    }
  }

  private static void toggle(Pair pair, Random random) throws Exception {
    if (random.nextInt(3) == 0) {
      send(pair.client(), pair.server(), "x");
    } else {
      pair.server().read(ByteBuffer.allocate(100));
    }
  }

  @Test
  void everyClassOfCollectionIsRemembered() throws Exception {
    List<StreamSocket> members = new ArrayList<>();
    pairs(5).forEach(pair -> members.add(pair.server()));
    List<Collection<StreamSocket>> kinds =
        List.of(
            new ArrayList<>(members),
            new LinkedHashSet<>(members),
            List.copyOf(members),
            Collections.unmodifiableCollection(members));
    for (int i = 0; i < WARM; i++) {
      for (Collection<StreamSocket> kind : kinds) {
        assertThat(look(kind, kind, NONE)).isEqualTo(new Selected<>(List.of(), members, List.of()));
      }
    }
  }

  @Test
  void memberThatWasClosedIsNamedAndItsSuccessorWatched() throws Exception {
    Listener listener = listener();
    Pair stays = pair(listener);
    List<StreamSocket> members = new ArrayList<>();
    members.add(stays.server());
    members.add(pair(listener).server());
    warm(members);
    for (int i = 0; i < REUSE_ROUNDS; i++) {
      StreamSocket gone = members.get(1);
      gone.close(); // and its number is free
      if (i % 2 == 0) {
        assertThatThrownBy(() -> look(members, NONE, NONE))
            .isInstanceOf(ClosedPollableException.class)
            .hasMessageContaining(gone.toString());
      }
      Pair next = pair(listener); // takes it
      members.set(1, next.server());
      assertThat(look(members, NONE, NONE).readable()).as("no ghost, round %d", i).isEmpty();
      send(next.client(), next.server(), "x");
      assertThat(look(members, NONE, NONE).readable())
          .as("not deaf, round %d", i)
          .containsExactly(next.server());
      next.client().close();
    }
  }

  @Test
  void closeFromAnotherThreadEndsARememberedWait() throws Exception {
    Pair pair = pair();
    Background<Selected<StreamSocket>> waiting =
        Background.start(() -> {
          warm(List.of(pair.server()));
          return Select.select(List.of(pair.server()), NONE, NONE, null);
        });
    Wait.until("blocked", () -> waiting.thread().getState() != Thread.State.NEW);
    waiting.entered();
    pair.server().close();
    assertThat(waiting.failure())
        .isInstanceOf(ClosedPollableException.class)
        .hasMessageContaining(pair.server().toString());
  }

  @Test
  void dataAndInterruptEndARememberedWait() throws Exception {
    Pair pair = pair();
    List<StreamSocket> members = List.of(pair.server(), pair.client());
    AtomicBoolean taken = new AtomicBoolean();
    Background<Selected<StreamSocket>> waiting =
        Background.start(() -> {
          warm(members);
          Select.select(members, NONE, NONE, null);
          receive(pair.server(), 1);
          taken.set(true);
          return Select.select(members, NONE, NONE, null);
        });
    waiting.entered();
    pair.client().write(bytes("x")); // whether it has arrived, only the waiting thread may ask
    Wait.until("taken", taken::get);
    waiting.entered();
    waiting.thread().interrupt();
    assertThat(waiting.failure()).isInstanceOf(java.io.InterruptedIOException.class);
  }

  @Test
  void hungUpMemberOfWhichThatIsNotAskedEndsNoWait() throws Exception {
    Pair pair = pair();
    Pair full = pair();
    Wait.until("full", () -> full.client().write(ByteBuffer.allocate(1 << 16)) == 0);
    pair.client().abort();
    awaitReadable(pair.server());
    List<StreamSocket> r = List.of(full.client());
    List<StreamSocket> w = List.of(full.client());
    for (int i = 0; i < WARM; i++) {
      assertThat(look(r, w, NONE).isEmpty()).isTrue();
    }
    List<StreamSocket> both = List.of(full.client(), pair.server());
    assertThat(look(both, w, NONE).readable()).containsExactly(pair.server());
  }

  @Test
  void membersOfAnotherBackendAreAnotherSet() throws Exception {
    Listener here = listener();
    for (Backend other : Backend.available()) {
      try (Listener there = other.listen(loopback(), 1)) {
        for (int i = 0; i < WARM; i++) {
          assertThat(look(List.of(here), List.of(), List.of()).isEmpty()).isTrue();
          assertThat(look(List.of(there), List.of(), List.of()).isEmpty()).isTrue();
        }
      }
    }
  }

  @Test
  void moreReadyMembersThanOneBatchAreToldInOneCall() throws Exception {
    List<StreamSocket> members = new ArrayList<>();
    pairs(700).forEach(pair -> Collections.addAll(members, pair.client(), pair.server()));
    for (int i = 0; i < WARM; i++) {
      assertThat(look(members, members, NONE).writable()).isEqualTo(members);
    }
  }

  @Test
  void endedThreadsLeaveNoDescriptors() throws Exception {
    List<StreamSocket> members = List.of(pair().server());
    DescriptorCount.assertNoneLeak(() -> {
      for (int i = 0; i < 200; i++) {
        Background.start(() -> look(members, NONE, NONE)).thread().join();
        Thread thread = Background.start(() -> warmed(members)).thread();
        thread.join();
      }
    });
  }

  private static boolean warmed(List<StreamSocket> members) throws Exception {
    warm(members);
    return true;
  }

  @Test
  void awaitAnswersForOneSource() throws Exception {
    Pair pair = pair();
    Interest both = Interest.READ.plus(Interest.WRITE);
    for (boolean virtual : new boolean[] {false, true}) {
      assertThat(call(virtual, pair.server(), Interest.READ, Duration.ofMillis(1)))
          .hasToString("NONE");
      assertThat(call(virtual, pair.server(), both, null)).hasToString("WRITE");
      Background<String> waiting =
          virtual
              ? Background.startVirtual(() -> await(pair.server(), Interest.READ, null))
              : Background.start(() -> await(pair.server(), Interest.READ, null));
      send(pair.client(), pair.server(), "x"); // nobody reads it before the next line
      assertThat(waiting.join()).isEqualTo("READ");
      receive(pair.server(), 1);
    }
  }

  @Test
  void twoThreadsMayAwaitOneSource() throws Exception {
    Pair pair = pair();
    Background<String> first =
        Background.startVirtual(() -> await(pair.server(), Interest.READ, null));
    Background<String> second =
        Background.startVirtual(() -> await(pair.server(), Interest.READ, null));
    Wait.until("parked", () -> first.thread().getState() == Thread.State.WAITING);
    Wait.until("parked", () -> second.thread().getState() == Thread.State.WAITING);
    send(pair.client(), pair.server(), "x");
    assertThat(first.join()).isEqualTo("READ");
    assertThat(second.join()).isEqualTo("READ");
  }

  @Test
  void closeAndInterruptEndAnAwait() throws Exception {
    for (boolean virtual : new boolean[] {false, true}) {
      Pair pair = pair();
      Background<String> waiting =
          virtual
              ? Background.startVirtual(() -> await(pair.server(), Interest.READ, null))
              : Background.start(() -> await(pair.server(), Interest.READ, null));
      Wait.until("begun", () -> waiting.thread().getState() != Thread.State.NEW);
      pair.server().close();
      assertThat(waiting.failure()).isInstanceOf(ClosedPollableException.class);
      Background<String> interrupted =
          virtual
              ? Background.startVirtual(() -> await(pair.client(), Interest.EXCEPTIONAL, null))
              : Background.start(() -> await(pair.client(), Interest.EXCEPTIONAL, null));
      interrupted.thread().interrupt();
      assertThat(interrupted.failure())
          .isInstanceOf(
              supportsExceptional()
                  ? java.io.InterruptedIOException.class
                  : UnsupportedOperationException.class);
    }
  }

  private static String await(Pollable source, Interest interest, @Nullable Duration timeout)
      throws Exception {
    return Select.await(source, interest, timeout).toString();
  }

  private static String call(
      boolean virtual, Pollable source, Interest interest, @Nullable Duration timeout)
      throws Exception {
    return virtual
        ? Background.startVirtual(() -> await(source, interest, timeout)).join()
        : await(source, interest, timeout);
  }
}
