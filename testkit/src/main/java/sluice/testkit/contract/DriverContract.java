package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static sluice.spi.Operations.ACCEPT;
import static sluice.spi.Operations.CONNECT;
import static sluice.spi.Operations.POLL;
import static sluice.spi.Operations.RECEIVE;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import sluice.Interest;
import sluice.Listener;
import sluice.Readiness;
import sluice.StreamSocket;
import sluice.spi.Chunk;
import sluice.spi.ListenerBase;
import sluice.spi.Status;
import sluice.spi.StreamBase;
import sluice.testkit.contract.DriverRig.Final;
import sluice.testkit.contract.DriverRig.Result;

/// The operations of a driver, each to its end.
public abstract class DriverContract extends BackendContract {
  /// The most that one receive may bring beyond its credit.
  private static final int BUFFER_BYTES = 64 * 1024;

  private DriverRig rig() throws Exception {
    return track(new DriverRig(backend()));
  }

  static StreamBase base(StreamSocket socket) {
    return (StreamBase) socket;
  }

  @Test
  void acceptEndsWhenItsCreditIsUsedUp() throws Exception {
    DriverRig rig = rig();
    Listener listener = listener();
    for (int i = 0; i < 5; i++) {
      track(backend().connect(listener.localAddress()));
    }
    rig.driver.accept(1, (ListenerBase) listener, 3);
    rig.untilFinals(1);
    assertThat(rig.accepted).hasSize(3);
    assertThat(rig.finals).containsExactly(new Final(1, ACCEPT, Status.CREDIT));
    rig.assertQuiet();

    rig.driver.accept(1, (ListenerBase) listener, 3);
    rig.until("the others", () -> rig.accepted.size() == 5);
    rig.assertQuiet();
    assertThat(rig.finals).hasSize(1);
  }

  @Test
  void receiveBringsAtMostItsCreditAndOneBuffer() throws Exception {
    DriverRig rig = rig();
    Pair pair = pair();
    long written = fill(pair.client());
    assertThat(written).isGreaterThan(BUFFER_BYTES + 1000);

    rig.driver.receive(1, base(pair.server()), 1000);
    rig.untilFinals(1);

    assertThat(rig.finals).containsExactly(new Final(1, RECEIVE, Status.CREDIT));
    assertThat(rig.received.size()).isBetween(1000, 1000 + BUFFER_BYTES);
    rig.assertQuiet();
  }

  @Test
  void receivesByCreditAllThatWasSentAndThenTheEnd() throws Exception {
    DriverRig rig = rig();
    Pair pair = pair();
    byte[] data = randomBytes(3, 1 << 20);
    Background<Integer> writing =
        Background.start(() -> {
          ByteBuffer source = ByteBuffer.wrap(data);
          Wait.until("written", () -> pair.client().write(source) >= 0 && !source.hasRemaining());
          pair.client().close();
          return data.length;
        });
    int rounds = 0;
    do {
      rig.driver.receive(1, base(pair.server()), 50_000);
      rig.untilFinals(++rounds);
    } while (rig.finals.getLast().status() == Status.CREDIT);

    assertThat(rig.finals.getLast()).isEqualTo(new Final(1, RECEIVE, Status.END));
    assertThat(rig.received.toByteArray()).isEqualTo(data);
    assertThat(writing.join()).isEqualTo(data.length);
  }

  @Test
  void receiveBringsDataThenTheReset() throws Exception {
    DriverRig rig = rig();
    Pair pair = pair();
    send(pair.client(), pair.server(), "abc");
    pair.client().abort();

    rig.driver.receive(1, base(pair.server()), 1 << 20);
    rig.untilFinals(1);

    assertThat(rig.received).hasToString("abc");
    assertThat(rig.finals).containsExactly(new Final(1, RECEIVE, Status.RESET));
    rig.driver.receive(1, base(pair.server()), 1 << 20);
    rig.untilFinals(2);
    assertThat(rig.finals.getLast()).isEqualTo(new Final(1, RECEIVE, Status.RESET));
  }

  @Test
  void resubmittingInsideTheFinalCompletionWorks() throws Exception {
    DriverRig rig = rig();
    Pair pair = pair();
    rig.onFinished(() -> {
      if (rig.finals.getLast().status() == Status.CREDIT) {
        rig.driver.receive(1, base(pair.server()), 1);
      }
    });
    rig.driver.receive(1, base(pair.server()), 1);
    for (int i = 1; i <= 100; i++) {
      int expected = i;
      assertThat(pair.client().write(bytes("x"))).isOne();
      rig.until(i + " bytes", () -> rig.received.size() == expected);
    }
  }

  @Test
  void sendTakesAllOrReportsWhenThereIsRoom() throws Exception {
    DriverRig rig = rig();
    Pair pair = pair();
    ByteBuffer block = ByteBuffer.allocate(1 << 20);
    long[] written = {fill(pair.client())};
    Wait.until(
        "full",
        () -> {
          int count = pair.client().write(block.clear());
          written[0] += count;
          return count == 0;
        });
    Chunk chunk = rig.chunks.take();

    int result = rig.send(1, base(pair.client()), chunk, ByteBuffer.allocate(100));
    assertThat(result).isIn(Status.AGAIN, Status.IN_FLIGHT);
    rig.assertQuiet();

    drain(pair.server(), written[0]);
    rig.until("sent", () -> !rig.sent.isEmpty());
    int expected = result == Status.AGAIN ? 0 : 100;
    assertThat(rig.sent).containsExactly(new Result(1, expected));
    rig.assertQuiet();
  }

  @Test
  void sendsEveryByteInOrder() throws Exception {
    DriverRig rig = rig();
    Pair pair = pair();
    byte[] data = randomBytes(4, 2 << 20);
    Background<byte[]> reading =
        Background.start(() -> {
          ByteBuffer all = ByteBuffer.allocate(data.length);
          Wait.until("read", () -> pair.server().read(all) >= 0 && !all.hasRemaining());
          return all.array();
        });
    rig.sendAll(1, base(pair.client()), ByteBuffer.wrap(data));
    assertThat(reading.join()).isEqualTo(data);
    assertThat(rig.chunks.outstanding()).isZero();
  }

  @Test
  void sendToAResetConnectionFails() throws Exception {
    DriverRig rig = rig();
    Pair pair = pair();
    pair.server().abort();
    awaitReadable(pair.client());
    Chunk chunk = rig.chunks.take();
    int[] result = {0};
    Wait.until(
        "send fails",
        () -> {
          int before = rig.sent.size();
          result[0] = rig.send(1, base(pair.client()), chunk, bytes("x"));
          if (result[0] == Status.AGAIN || result[0] == Status.IN_FLIGHT) {
            rig.until("sent", () -> rig.sent.size() > before);
            result[0] = rig.sent.getLast().value();
          }
          return result[0] < 0;
        });
    assertThat(result[0]).isIn(Status.RESET, Status.PIPE);
  }

  @Test
  void pollReportsOnce() throws Exception {
    DriverRig rig = rig();
    Pair pair = pair();
    rig.driver.poll(1, pair.client(), Interest.WRITE.mask());
    rig.until("polled", () -> !rig.polled.isEmpty());
    assertThat(rig.polled).containsExactly(new Result(1, Interest.WRITE.mask()));
    rig.assertQuiet();

    rig.driver.poll(1, pair.client(), Interest.READ.mask());
    rig.assertQuiet();
    assertThat(pair.server().write(bytes("x"))).isOne();
    rig.until("polled again", () -> rig.polled.size() == 2);
    assertThat(Readiness.ofMask(rig.polled.getLast().value()).readable()).isTrue();
    rig.assertQuiet();
  }

  @Test
  void connectEndsWhenConnected() throws Exception {
    DriverRig rig = rig();
    for (Listener listener : List.of(listener(), listen(unixAddress()))) {
      StreamSocket client = track(backend().connect(listener.localAddress()));
      rig.finals.clear();
      rig.driver.connect(1, base(client));
      rig.untilFinals(1);
      assertThat(rig.finals).containsExactly(new Final(1, CONNECT, Status.END));
      assertThat(client.finishConnect()).isTrue();
    }
  }

  @Test
  void refusedConnectEndsAsRefused() throws Exception {
    DriverRig rig = rig();
    StreamSocket client = track(backend().connect(refusingAddress()));
    rig.driver.connect(1, base(client));
    rig.untilFinals(1);
    assertThat(rig.finals).containsExactly(new Final(1, CONNECT, Status.REFUSED));
    rig.assertQuiet();
  }

  @Test
  void operationsOfOneHandleDoNotDisturbEachOther() throws Exception {
    DriverRig rig = rig();
    Pair pair = pair();
    rig.driver.receive(1, base(pair.client()), 1 << 20);
    rig.driver.poll(1, pair.client(), Interest.WRITE.mask());
    rig.sendAll(1, base(pair.client()), bytes("question"));
    assertThat(receive(pair.server(), 8)).isEqualTo("question");
    assertThat(pair.server().write(bytes("answer"))).isEqualTo(6);
    rig.until("answered", () -> rig.received.size() == 6);
    rig.until("polled", () -> !rig.polled.isEmpty());
    assertThat(rig.polled).hasSize(1);
    assertThat(rig.finals).isEmpty();
  }

  @Test
  void operationOnAClosedSourceEndsAsInvalid() throws Exception {
    DriverRig rig = rig();
    Pair pair = pair();
    Listener listener = listener();
    pair.client().close();
    listener.close();
    rig.driver.receive(1, base(pair.client()), 10);
    rig.driver.poll(2, pair.client(), Interest.READ.mask());
    rig.driver.accept(3, (ListenerBase) listener, 10);
    rig.untilFinals(3);
    assertThat(rig.finals)
        .containsExactlyInAnyOrder(
            new Final(1, RECEIVE, Status.INVALID),
            new Final(2, POLL, Status.INVALID),
            new Final(3, ACCEPT, Status.INVALID));
    rig.assertQuiet();
  }

  @Test
  void servesManyConnectionsAtOnce() throws Exception {
    DriverRig rig = rig();
    List<Pair> pairs = pairs(500);
    for (int i = 0; i < pairs.size(); i++) {
      rig.driver.receive(i, base(pairs.get(i).server()), 1);
      assertThat(pairs.get(i).client().write(bytes("x"))).isOne();
    }
    rig.untilFinals(500);
    List<Final> expected = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      expected.add(new Final(i, RECEIVE, Status.CREDIT));
    }
    assertThat(rig.finals).containsExactlyInAnyOrderElementsOf(expected);
    assertThat(rig.received.size()).isEqualTo(500);
  }
}
