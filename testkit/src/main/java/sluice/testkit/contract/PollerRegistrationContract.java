package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static sluice.Interest.READ;
import static sluice.Interest.WRITE;
import static sluice.testkit.contract.PollerContract.look;
import static sluice.testkit.contract.PollerContract.lookAt;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import sluice.ClosedPollableException;
import sluice.Listener;
import sluice.Poller;
import sluice.StreamSocket;

/// Registering, modifying and unregistering, also in the middle of a batch.
public abstract class PollerRegistrationContract extends BackendContract {
  @Test
  void secondRegistrationIsRefused() throws Exception {
    Pair pair = pair();
    Poller<String> poller = poller();
    poller.register(pair.client(), WRITE, "first");

    assertThatThrownBy(() -> poller.register(pair.client(), READ, "second"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(pair.client().toString());
    assertThat(look(poller, LONG)).containsOnlyKeys("first");
  }

  @Test
  void modifyWithoutRegistrationIsRefused() throws Exception {
    Pair pair = pair();
    Poller<String> poller = poller();
    assertThatThrownBy(() -> poller.modify(pair.client(), READ))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void unregisterWithoutRegistrationIsRefused() throws Exception {
    Pair pair = pair();
    Poller<String> poller = poller();
    assertThatThrownBy(() -> poller.unregister(pair.client()))
        .isInstanceOf(IllegalStateException.class);
    poller.register(pair.client(), READ, "client");
    poller.unregister(pair.client());
    assertThatThrownBy(() -> poller.unregister(pair.client()))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void sourceOfAnotherBackendIsRefused() throws Exception {
    Poller<String> poller = poller();
    assertThatThrownBy(() -> poller.register(Foreign.socket(), READ, "foreign"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("foreign")
        .hasMessageContaining(backend().name());
  }

  @Test
  void closedSourceIsRefused() throws Exception {
    Pair pair = pair();
    Poller<String> poller = poller();
    pair.client().close();

    assertThatThrownBy(() -> poller.register(pair.client(), READ, "client"))
        .isInstanceOf(ClosedPollableException.class)
        .hasMessageContaining(pair.client().toString());
    assertThatThrownBy(() -> poller.modify(pair.client(), READ))
        .isInstanceOf(ClosedPollableException.class);
    assertThat(look(poller, Duration.ZERO)).isEmpty();
  }

  @Test
  void unregisterAfterCloseIsQuiet() throws Exception {
    Pair pair = pair();
    Poller<String> poller = poller();
    poller.register(pair.client(), WRITE, "client");
    poller.register(pair.server(), WRITE, "server");
    pair.client().close();
    pair.server().close();

    poller.unregister(pair.client());
    assertThat(look(poller, Duration.ZERO)).isEmpty();
    poller.unregister(pair.server());
    assertThat(look(poller, Duration.ZERO)).isEmpty();
  }

  @Test
  void unregisterAfterCloseSparesTheNextOwnerOfTheDescriptor() throws Exception {
    Listener listener = listener();
    StreamSocket old = pair(listener).client();
    Poller<String> poller = poller();
    poller.register(old, WRITE, "old");
    old.close();
    StreamSocket successor = pair(listener).client();
    poller.register(successor, WRITE, "successor");

    poller.unregister(old);

    assertThat(look(poller, LONG)).containsOnlyKeys("successor");
  }

  @Test
  void modifyReplacesTheInterestAndKeepsTheAttachment() throws Exception {
    Pair pair = pair();
    Poller<String> poller = poller();
    poller.register(pair.server(), READ, "server");
    send(pair.client(), pair.server(), "x");

    poller.modify(pair.server(), WRITE);
    assertThat(lookAt(poller, "server").readable()).isFalse();
    poller.modify(pair.server(), READ);
    assertThat(lookAt(poller, "server").writable()).isFalse();
  }

  @Test
  void replacedInterestIsSilent() throws Exception {
    Listener listener = listener();
    Poller<String> poller = poller();
    poller.register(listener, READ, "listener");
    track(backend().connect(listener.localAddress()));
    awaitReadable(listener);

    poller.modify(listener, WRITE);

    assertThat(look(poller, Duration.ofMillis(20))).isEmpty();
    poller.modify(listener, READ);
    assertThat(look(poller, LONG)).containsOnlyKeys("listener");
  }

  @Test
  void modifyOfAReportedSourceReportsItOnceWithTheNewInterest() throws Exception {
    Pair pair = pair();
    Poller<String> poller = poller();
    poller.register(pair.server(), READ, "server");
    send(pair.client(), pair.server(), "x");
    for (int i = 0; i < 100; i++) {
      poller.modify(pair.server(), i % 2 == 0 ? WRITE : READ);
      assertThat(lookAt(poller, "server").writable()).isEqualTo(i % 2 == 0);
    }
  }

  @Test
  void unregisteredSourceIsSilentThoughReady() throws Exception {
    Pair pair = pair();
    Poller<String> poller = poller();
    poller.register(pair.server(), READ, "server");
    send(pair.client(), pair.server(), "x");
    poller.unregister(pair.server());

    assertThat(look(poller, Duration.ofMillis(20))).isEmpty();
  }

  @Test
  void registersAgainAtOnceAfterUnregister() throws Exception {
    Pair pair = pair();
    Poller<String> poller = poller();
    send(pair.client(), pair.server(), "x");
    for (int i = 0; i < 50; i++) {
      poller.register(pair.server(), READ, "turn " + i);
      assertThat(look(poller, LONG)).containsOnlyKeys("turn " + i);
      poller.unregister(pair.server());
    }
  }

  @Test
  void endsInTheRightStateAfterThousandsOfChanges() throws Exception {
    List<Pair> pairs = pairs(50);
    Poller<Integer> poller = poller();
    Random random = new Random(48);
    TreeSet<Integer> registered = new TreeSet<>();
    for (int i = 0; i < 20_000; i++) {
      int index = random.nextInt(pairs.size());
      StreamSocket source = pairs.get(index).client();
      if (registered.add(index)) {
        poller.register(source, random.nextBoolean() ? READ : WRITE, index);
      } else if (random.nextBoolean()) {
        poller.modify(source, random.nextBoolean() ? READ : WRITE);
      } else {
        poller.unregister(source);
        registered.remove(index);
      }
      if (i % 1000 == 0) {
        look(poller, Duration.ZERO);
      }
    }
    for (int index : registered) {
      poller.modify(pairs.get(index).client(), WRITE);
    }

    assertThat(look(poller, LONG).keySet()).isEqualTo(registered);
  }

  @Test
  void handlerMayUnregisterTheRestOfItsBatch() throws Exception {
    List<Pair> pairs = pairs(10);
    Poller<StreamSocket> poller = poller();
    for (Pair pair : pairs) {
      poller.register(pair.client(), WRITE, pair.client());
    }
    List<StreamSocket> told = new ArrayList<>();

    int count =
        poller.select(
            LONG,
            (self, readiness) -> {
              told.add(self);
              pairs.stream()
                  .map(Pair::client)
                  .filter(other -> !other.equals(self))
                  .forEach(other -> unchecked(() -> poller.unregister(other)));
            });

    assertThat(count).isEqualTo(1);
    assertThat(told).hasSize(1);
  }

  @Test
  void handlerMayCloseTheRestOfItsBatch() throws Exception {
    List<Pair> pairs = pairs(10);
    Poller<StreamSocket> poller = poller();
    for (Pair pair : pairs) {
      poller.register(pair.client(), WRITE, pair.client());
    }
    List<StreamSocket> told = new ArrayList<>();

    poller.select(
        LONG,
        (self, readiness) -> {
          told.add(self);
          pairs.stream()
              .map(Pair::client)
              .filter(other -> !other.equals(self))
              .forEach(StreamSocket::close);
        });
    poller.select(LONG, (self, readiness) -> told.add(self));

    assertThat(told).hasSize(2);
    assertThat(told.get(1)).isSameAs(told.get(0));
  }

  @Test
  void reusedDescriptorGetsNoStaleEvent() throws Exception {
    Listener listener = listener();
    List<Pair> pairs = List.of(pair(listener), pair(listener));
    Poller<String> poller = poller();
    for (Pair pair : pairs) {
      poller.register(pair.server(), READ, "old");
      send(pair.client(), pair.server(), "x");
    }
    List<String> told = new ArrayList<>();
    AtomicReference<StreamSocket> successor = new AtomicReference<>();

    poller.select(
        LONG,
        (name, readiness) -> {
          told.add(name);
          if (successor.get() == null) {
            unchecked(() -> {
              pairs.forEach(pair -> pair.server().close());
              successor.set(track(backend().connect(listener.localAddress())));
              poller.register(successor.get(), READ, "successor");
            });
          }
        });

    assertThat(told).containsExactly("old");
    assertThat(look(poller, Duration.ofMillis(20))).isEmpty();
  }

  @Test
  void handlerMayUnregisterAndRegisterItself() throws Exception {
    Pair pair = pair();
    Poller<String> poller = poller();
    poller.register(pair.client(), WRITE, "first");

    int count =
        poller.select(
            LONG,
            (name, readiness) ->
                unchecked(() -> {
                  poller.unregister(pair.client());
                  poller.register(pair.client(), WRITE, "second");
                }));

    assertThat(count).isEqualTo(1);
    assertThat(look(poller, LONG)).containsOnlyKeys("second");
    poller.modify(pair.client(), READ);
    assertThat(look(poller, Duration.ZERO)).isEmpty();
  }

  @Test
  void handlerMayRegisterOthers() throws Exception {
    List<Pair> pairs = pairs(3);
    Poller<Integer> poller = poller();
    poller.register(pairs.get(0).client(), WRITE, 0);

    poller.select(
        LONG,
        (index, readiness) ->
            unchecked(() -> {
              poller.register(pairs.get(1).client(), WRITE, 1);
              poller.register(pairs.get(2).client(), READ, 2);
            }));

    assertThat(look(poller, LONG)).containsOnlyKeys(0, 1);
  }

  @Test
  void handlersExceptionReachesTheCallerAndLosesNothing() throws Exception {
    List<Pair> pairs = pairs(5);
    Poller<Integer> poller = poller();
    for (int i = 0; i < pairs.size(); i++) {
      poller.register(pairs.get(i).client(), WRITE, i);
    }
    ArithmeticException thrown = new ArithmeticException("from a handler");

    assertThatThrownBy(() ->
            poller.select(
                LONG,
                (index, readiness) -> {
                  throw thrown;
                }))
        .isSameAs(thrown);
    assertThat(look(poller, LONG)).containsOnlyKeys(0, 1, 2, 3, 4);
  }

  @Test
  void handlerRunsOnTheThreadOfTheCaller() throws Exception {
    Poller<String> poller = poller();
    poller.register(pair().client(), WRITE, "client");
    List<Thread> threads = new ArrayList<>();

    poller.select(LONG, (name, readiness) -> threads.add(Thread.currentThread()));

    assertThat(threads).containsExactly(Thread.currentThread());
  }

  @Test
  void movesBytesBothWaysUnderLoad() throws Exception {
    byte[] there = randomBytes(70, 1 << 20);
    byte[] back = randomBytes(71, 1 << 20);
    Pair pair = pair();
    Poller<Duplex> poller = poller();
    Duplex client = new Duplex(pair.client(), ByteBuffer.wrap(there), ByteBuffer.allocate(1 << 20));
    Duplex server = new Duplex(pair.server(), ByteBuffer.wrap(back), ByteBuffer.allocate(1 << 20));
    poller.register(pair.client(), READ.plus(WRITE), client);
    poller.register(pair.server(), READ.plus(WRITE), server);

    while (client.received().hasRemaining() || server.received().hasRemaining()) {
      poller.select(
          LONG,
          (side, readiness) ->
              unchecked(() -> {
                // Both calls whatever was reported: readiness that is not there does no harm.
                assertThat(side.socket().read(side.received())).isNotNegative();
                assertThat(side.socket().write(side.output())).isNotNegative();
              }));
    }

    assertThat(client.received().array()).isEqualTo(back);
    assertThat(server.received().array()).isEqualTo(there);
  }

  private record Duplex(StreamSocket socket, ByteBuffer output, ByteBuffer received) {}

  private static void unchecked(DescriptorCount.ThrowingRunnable code) {
    try {
      code.run();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
