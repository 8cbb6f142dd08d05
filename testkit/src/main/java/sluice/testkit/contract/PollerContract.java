package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static sluice.Interest.EXCEPTIONAL;
import static sluice.Interest.READ;
import static sluice.Interest.WRITE;

import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import sluice.ClosedPollableException;
import sluice.Listener;
import sluice.Poller;
import sluice.Readiness;
import sluice.StreamSocket;

/// What a poller reports: which sources, with which readiness, for how long.
public abstract class PollerContract extends BackendContract {
  /// What one select reported. A second report of the same attachment fails the test.
  static <A extends Comparable<A>> Map<A, Readiness> look(Poller<A> poller, Duration timeout)
      throws IOException {
    Map<A, Readiness> ready = new TreeMap<>();
    int count =
        poller.select(
            timeout,
            (attachment, readiness) ->
                assertThat(ready.put(attachment, readiness)).as("reported before").isNull());
    assertThat(count).isEqualTo(ready.size());
    return ready;
  }

  /// What the next select reports of the only ready source.
  static Readiness lookAt(Poller<String> poller, String attachment) throws IOException {
    Map<String, Readiness> ready = look(poller, LONG);
    assertThat(ready).containsOnlyKeys(attachment);
    return Objects.requireNonNull(ready.get(attachment));
  }

  @Test
  void reportsTheAttachmentOfAReadySource() throws Exception {
    Pair pair = pair();
    Poller<String> poller = poller();
    poller.register(pair.server(), READ, "server");
    send(pair.client(), pair.server(), "hello");

    Readiness ready = lookAt(poller, "server");
    assertThat(ready.readable()).isTrue();
    assertThat(ready.writable()).isFalse();
  }

  @Test
  void reportsBothConditionsInOneCall() throws Exception {
    Pair pair = pair();
    Poller<String> poller = poller();
    poller.register(pair.server(), READ.plus(WRITE), "server");
    send(pair.client(), pair.server(), "hello");

    assertThat(look(poller, LONG))
        .containsExactlyEntriesOf(Map.of("server", Readiness.ofMask(READ.plus(WRITE).mask())));
  }

  @Test
  void freshConnectionIsWritableAgainAndAgainButNotReadable() throws Exception {
    Poller<String> poller = poller();
    poller.register(pair().client(), READ.plus(WRITE), "client");

    for (int i = 0; i < 3; i++) {
      assertThat(look(poller, LONG))
          .containsExactlyEntriesOf(Map.of("client", Readiness.ofMask(WRITE.mask())));
    }
  }

  @Test
  void staysReadyUntilDrained() throws Exception {
    Pair pair = pair();
    Poller<String> poller = poller();
    poller.register(pair.server(), READ, "server");
    send(pair.client(), pair.server(), "ab");

    assertThat(look(poller, LONG)).containsOnlyKeys("server");
    assertThat(look(poller, LONG)).containsOnlyKeys("server");
    assertThat(receive(pair.server(), 1)).isEqualTo("a");
    assertThat(look(poller, LONG)).containsOnlyKeys("server");
    assertThat(receive(pair.server(), 1)).isEqualTo("b");
    assertThat(look(poller, Duration.ZERO)).isEmpty();
  }

  @Test
  void isReadyAgainAfterDrainAndNewData() throws Exception {
    Pair pair = pair();
    Poller<String> poller = poller();
    poller.register(pair.server(), READ, "server");
    for (int i = 0; i < 100; i++) {
      send(pair.client(), pair.server(), "x");
      assertThat(look(poller, LONG)).containsOnlyKeys("server");
      assertThat(receive(pair.server(), 1)).isEqualTo("x");
      assertThat(look(poller, Duration.ZERO)).isEmpty();
    }
  }

  @Test
  void matchesExactlyTheReaderOfEachWriter() throws Exception {
    List<Pair> pairs = pairs(12);
    Poller<Integer> poller = poller();
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < pairs.size(); i++) {
      poller.register(pairs.get(i).server(), READ, i);
      order.add(i);
    }
    Collections.shuffle(order, new Random(12));
    for (int i : order) {
      send(pairs.get(i).client(), pairs.get(i).server(), "m");
      assertThat(look(poller, LONG)).containsOnlyKeys(i);
      poller.unregister(pairs.get(i).server());
    }
    assertThat(look(poller, Duration.ZERO)).isEmpty();
  }

  @Test
  void reportsEveryoneWhenManyAreReady() throws Exception {
    List<Pair> pairs = pairs(600);
    Poller<Integer> poller = poller();
    for (int i = 0; i < pairs.size(); i++) {
      poller.register(pairs.get(i).server(), READ, i);
      send(pairs.get(i).client(), pairs.get(i).server(), "x");
    }

    TreeSet<Integer> seen = new TreeSet<>();
    for (int i = 0; i < 20; i++) {
      seen.addAll(look(poller, LONG).keySet());
    }

    assertThat(seen).hasSize(pairs.size());
  }

  @Test
  void reportsARareSourceBesideManyReadyOnes() throws Exception {
    List<Pair> pairs = pairs(300);
    Poller<Integer> poller = poller();
    for (int i = 0; i < pairs.size(); i++) {
      poller.register(pairs.get(i).server(), i == 299 ? READ : WRITE, i);
    }
    look(poller, LONG);
    send(pairs.get(299).client(), pairs.get(299).server(), "rare");

    TreeSet<Integer> seen = new TreeSet<>();
    for (int i = 0; i < 10; i++) {
      seen.addAll(look(poller, LONG).keySet());
    }

    assertThat(seen).contains(299);
  }

  @Test
  void reportsTheWritableAndNotTheFull() throws Exception {
    List<Pair> pairs = pairs(4);
    Poller<Integer> poller = poller();
    for (int i = 0; i < 4; i++) {
      poller.register(pairs.get(i).client(), WRITE, i);
    }
    long written = fill(pairs.get(3).client());
    assertThat(look(poller, LONG)).containsOnlyKeys(0, 1, 2);

    drain(pairs.get(3).server(), written);

    Wait.until("writable", () -> look(poller, LONG).containsKey(3));
  }

  @Test
  void readinessIsAHintThatAnEmptyReadForgives() throws Exception {
    Pair pair = pair();
    Poller<String> poller = poller();
    poller.register(pair.server(), READ, "server");
    send(pair.client(), pair.server(), "x");
    assertThat(look(poller, LONG)).containsOnlyKeys("server");
    assertThat(receive(pair.server(), 1)).isEqualTo("x");

    assertThat(pair.server().read(ByteBuffer.allocate(1))).isZero();
  }

  @Test
  void listenerIsReadableWhileAConnectionWaits() throws Exception {
    Listener listener = listener();
    Poller<String> poller = poller();
    poller.register(listener, READ, "listener");
    assertThat(look(poller, Duration.ZERO)).isEmpty();

    track(backend().connect(listener.localAddress()));

    assertThat(look(poller, LONG)).containsOnlyKeys("listener");
    assertThat(look(poller, LONG)).containsOnlyKeys("listener");
    accept(listener);
    assertThat(look(poller, Duration.ZERO)).isEmpty();
    assertThat(listener.accept()).isNull();
  }

  @Test
  void watchesUnixDomainSockets() throws Exception {
    Pair pair = unixPair();
    Poller<String> poller = poller();
    poller.register(pair.client(), WRITE, "client");
    poller.register(pair.server(), READ, "server");
    assertThat(look(poller, LONG)).containsOnlyKeys("client");

    send(pair.client(), pair.server(), "x");

    assertThat(look(poller, LONG)).containsOnlyKeys("client", "server");
  }

  @Test
  void endOfStreamIsReadableAndWritingGoesOn() throws Exception {
    Pair pair = pair();
    Poller<String> poller = poller();
    poller.register(pair.server(), READ, "server");
    pair.client().shutdownOutput();

    assertThat(lookAt(poller, "server").readable()).isTrue();
    assertThat(lookAt(poller, "server").readable()).isTrue();
    awaitEnd(pair.server());
    send(pair.server(), pair.client(), "still");
    assertThat(receive(pair.client(), 5)).isEqualTo("still");
  }

  @Test
  void unreadDataStaysReadableAfterThePeersEnd() throws Exception {
    Pair pair = pair();
    Poller<String> poller = poller();
    poller.register(pair.server(), READ, "server");
    send(pair.client(), pair.server(), "last");
    pair.client().close();

    assertThat(lookAt(poller, "server").readable()).isTrue();
    assertThat(receive(pair.server(), 4)).isEqualTo("last");
    assertThat(lookAt(poller, "server").readable()).isTrue();
    awaitEnd(pair.server());
  }

  @Test
  void resetIsReadableAndWritable() throws Exception {
    Pair pair = pair();
    Poller<String> poller = poller();
    poller.register(pair.server(), READ.plus(WRITE), "server");
    pair.client().abort();

    Wait.until("readable", () -> lookAt(poller, "server").readable());

    assertThat(lookAt(poller, "server").writable()).isTrue();
    assertThatThrownBy(() -> pair.server().read(ByteBuffer.allocate(1)))
        .isInstanceOf(SocketException.class);
    pair.server().close();
    assertThat(look(poller, Duration.ofMillis(20))).isEmpty();
  }

  @Test
  void connectIsWritableWhenDecided() throws Exception {
    Listener listener = listener();
    StreamSocket client = track(backend().connect(listener.localAddress()));
    Poller<String> poller = poller();
    poller.register(client, WRITE, "client");

    assertThat(lookAt(poller, "client").writable()).isTrue();
    assertThat(client.finishConnect()).isTrue();
    assertThat(lookAt(poller, "client").writable()).isTrue();
  }

  @Test
  void refusedConnectIsWritableAndFinishingItFails() throws Exception {
    StreamSocket client = track(backend().connect(refusingAddress()));
    Poller<String> poller = poller();
    poller.register(client, WRITE, "client");

    assertThat(lookAt(poller, "client").writable()).isTrue();
    assertThatThrownBy(client::finishConnect).isInstanceOf(ConnectException.class);
  }

  @Test
  void urgentByteIsExceptionalUntilReceived() throws Exception {
    Pair pair = pair();
    Poller<String> poller = poller();
    if (!supportsExceptional()) {
      assertThatThrownBy(() -> poller.register(pair.server(), EXCEPTIONAL, "server"))
          .isInstanceOf(UnsupportedOperationException.class)
          .hasMessageContaining(backend().name());
      return;
    }
    poller.register(pair.server(), READ.plus(EXCEPTIONAL), "server");
    assertThat(pair.client().sendUrgent((byte) '!')).isTrue();

    for (int i = 0; i < 2; i++) {
      Readiness ready = lookAt(poller, "server");
      assertThat(ready.exceptional()).isTrue();
      assertThat(ready.readable()).isFalse();
    }
    assertThat(pair.server().receiveUrgent()).isEqualTo('!');
    assertThat(look(poller, Duration.ZERO)).isEmpty();
  }

  @Test
  void urgentByteIsNoDataForAReader() throws Exception {
    Pair pair = pair();
    Poller<String> poller = poller();
    poller.register(pair.server(), READ, "server");
    assertThat(pair.client().sendUrgent((byte) '!')).isTrue();

    assertThat(look(poller, Duration.ofMillis(50))).isEmpty();
    assertThat(pair.server().read(ByteBuffer.allocate(8))).isZero();
  }

  @Test
  void aSourceMayBeInTwoPollers() throws Exception {
    Pair pair = pair();
    Poller<String> first = poller();
    Poller<String> second = poller();
    first.register(pair.server(), READ, "first");
    second.register(pair.server(), READ.plus(WRITE), "second");
    send(pair.client(), pair.server(), "x");

    assertThat(look(first, LONG)).containsOnlyKeys("first");
    assertThat(look(second, LONG)).containsOnlyKeys("second");
    first.close();
    assertThat(lookAt(second, "second").readable()).isTrue();
  }

  @Test
  void closedSourceIsNotReported() throws Exception {
    Pair pair = pair();
    Poller<String> poller = poller();
    poller.register(pair.server(), READ, "server");
    send(pair.client(), pair.server(), "x");
    pair.server().close();

    assertNotEarly(
        Duration.ofMillis(50), () -> assertThat(look(poller, Duration.ofMillis(50))).isEmpty());
  }

  @Test
  void closingARegisteredSourceEndsItsStreamAtOnce() throws Exception {
    Pair pair = pair();
    Poller<String> poller = poller();
    poller.register(pair.server(), READ, "server");
    pair.server().close();

    awaitEnd(pair.client());
    assertThatThrownBy(() -> poller.modify(pair.server(), WRITE))
        .isInstanceOf(ClosedPollableException.class);
  }

  @Test
  void abortingARegisteredSourceResetsAtOnce() throws Exception {
    Pair pair = pair();
    Poller<String> poller = poller();
    poller.register(pair.server(), READ, "server");
    pair.server().abort();

    awaitReadable(pair.client());
    assertThatThrownBy(() -> pair.client().read(ByteBuffer.allocate(1)))
        .isInstanceOf(SocketException.class);
  }

  @Test
  void closingARegisteredListenerFreesItsAddressAtOnce() throws Exception {
    Listener listener = listener();
    Poller<String> poller = poller();
    poller.register(listener, READ, "listener");
    java.net.SocketAddress address = listener.localAddress();
    listener.close();

    track(backend().listen(address, 1));
  }

  @Test
  void closingAnUnregisteredListenerFreesItsAddressAtOnce() throws Exception {
    Listener listener = listener();
    Poller<String> poller = poller();
    poller.register(listener, READ, "listener");
    poller.unregister(listener);
    java.net.SocketAddress address = listener.localAddress();
    listener.close();

    track(backend().listen(address, 1));
  }
}
