package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import sluice.Listener;
import sluice.Select;
import sluice.StreamSocket;

/// Connections as long as all goes well: bytes, both ends, addresses, urgent data.
public abstract class StreamContract extends BackendContract {
  @Test
  void carriesBytesOverIpv4() throws Exception {
    carriesBytes(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0));
  }

  @Test
  void carriesBytesOverIpv6() throws Exception {
    InetSocketAddress address = new InetSocketAddress(InetAddress.ofLiteral("::1"), 0);
    if (NetworkInterface.getByInetAddress(address.getAddress()) != null) {
      carriesBytes(address);
    } else {
      assertThatThrownBy(() -> backend().listen(address, 1)).isInstanceOf(SocketException.class);
    }
  }

  @Test
  void carriesBytesOverUnixDomainSockets() throws Exception {
    carriesBytes(unixAddress());
  }

  private void carriesBytes(SocketAddress address) throws Exception {
    Pair pair = pair(listen(address));
    send(pair.client(), pair.server(), "there");
    assertThat(receive(pair.server(), 5)).isEqualTo("there");
    send(pair.server(), pair.client(), "back");
    assertThat(receive(pair.client(), 4)).isEqualTo("back");
    pair.client().close();
    awaitEnd(pair.server());
  }

  @Test
  void addressesOfBothEndsMatch() throws Exception {
    Listener listener = listener();
    Pair pair = pair(listener);
    assertThat(pair.client().remoteAddress()).isEqualTo(listener.localAddress());
    assertThat(pair.server().localAddress()).isEqualTo(listener.localAddress());
    assertThat(pair.server().remoteAddress()).isEqualTo(pair.client().localAddress());
  }

  @Test
  void addressesOfUnixDomainSocketsMatch() throws Exception {
    Listener listener = listen(unixAddress());
    Pair pair = pair(listener);
    assertThat(pair.client().remoteAddress()).isEqualTo(listener.localAddress());
    assertThat(pair.server().localAddress()).isEqualTo(listener.localAddress());
  }

  @Test
  void remembersTheBackendAndWhetherItIsOpen() throws Exception {
    Pair pair = pair();
    assertThat(pair.client().backend()).isEqualTo(backend());
    assertThat(pair.client().isOpen()).isTrue();
    pair.client().close();
    pair.client().close();
    assertThat(pair.client().isOpen()).isFalse();
  }

  @Test
  void finishConnectStaysTrue() throws Exception {
    Pair pair = pair();
    assertThat(pair.client().finishConnect()).isTrue();
    assertThat(pair.server().finishConnect()).isTrue();
  }

  @Test
  void acceptsEveryWaitingConnection() throws Exception {
    Listener listener = listener();
    assertThat(listener.accept()).isNull();
    List<StreamSocket> clients = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      clients.add(track(backend().connect(listener.localAddress())));
    }
    List<SocketAddress> accepted = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      accepted.add(accept(listener).remoteAddress());
    }
    List<SocketAddress> expected = new ArrayList<>();
    for (StreamSocket client : clients) {
      Wait.until("connected", client::finishConnect);
      expected.add(client.localAddress());
    }
    assertThat(accepted).containsExactlyInAnyOrderElementsOf(expected);
    assertThat(listener.accept()).isNull();
  }

  @Test
  void dataSentBeforeTheAcceptIsThere() throws Exception {
    Listener listener = listener();
    StreamSocket client = track(backend().connect(listener.localAddress()));
    Wait.until("connected", client::finishConnect);
    assertThat(client.write(bytes("early"))).isEqualTo(5);
    client.close();

    StreamSocket server = accept(listener);
    assertThat(receive(server, 5)).isEqualTo("early");
    awaitEnd(server);
  }

  @Test
  void emptyBuffersAreNoEndOfStream() throws Exception {
    Pair pair = pair();
    ByteBuffer empty = ByteBuffer.allocate(0);
    assertThat(pair.server().read(empty)).isZero();
    assertThat(pair.server().write(empty)).isZero();
    send(pair.client(), pair.server(), "x");
    assertThat(pair.server().read(empty)).isZero();
    receive(pair.server(), 1);
    pair.client().close();
    awaitReadable(pair.server());
    assertThat(pair.server().read(empty)).isZero();
    assertThat(pair.server().read(ByteBuffer.allocate(1))).isEqualTo(-1);
  }

  @Test
  void readAndWriteMoveThePositionByWhatTheyTook() throws Exception {
    Pair pair = pair();
    ByteBuffer out = bytes("..hello..").position(2).limit(7);
    assertThat(pair.client().write(out)).isEqualTo(5);
    assertThat(out.position()).isEqualTo(7);
    awaitReadable(pair.server());

    ByteBuffer in = ByteBuffer.allocate(10).position(3).limit(6);
    assertThat(pair.server().read(in)).isEqualTo(3);
    assertThat(in.position()).isEqualTo(6);
    assertThat(in.array()).containsSequence('h', 'e', 'l');
    assertThat(receive(pair.server(), 2)).isEqualTo("lo");
  }

  @Test
  void takesEveryKindOfBuffer() throws Exception {
    Pair pair = pair();
    for (ByteBuffer source : Buffers.full()) {
      for (ByteBuffer target : Buffers.empty()) {
        assertThat(pair.client().write(source.duplicate())).isEqualTo(10);
        ByteBuffer room = target.duplicate();
        Wait.until("read", () -> pair.server().read(room) >= 0 && !room.hasRemaining());
        assertThat(room.position(target.position())).isEqualTo(Buffers.text());
      }
    }
  }

  @Test
  void readIntoAReadOnlyBufferIsRefused() throws Exception {
    Pair pair = pair();
    send(pair.client(), pair.server(), "x");
    assertThatThrownBy(() -> pair.server().read(ByteBuffer.allocate(1).asReadOnlyBuffer()))
        .isInstanceOfAny(IllegalArgumentException.class, java.nio.ReadOnlyBufferException.class);
    assertThat(receive(pair.server(), 1)).isEqualTo("x");
  }

  @Test
  void writesPartlyAndThenNothingWhenThePeerDoesNotRead() throws Exception {
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
    assertThat(written[0]).isPositive();
    assertThat(drain(pair.server(), written[0])).isEqualTo(written[0]);
    Wait.until("room", () -> pair.client().write(bytes("x")) == 1);
  }

  @Test
  void carriesMebibytesInPiecesByteForByte() throws Exception {
    transfers(pair(), 8 << 20);
  }

  @Test
  void carriesMebibytesOverUnixDomainSockets() throws Exception {
    transfers(unixPair(), 8 << 20);
  }

  private static void transfers(Pair pair, int count) throws Exception {
    byte[] sent = randomBytes(17, count);
    Background<Integer> writing =
        Background.start(() -> {
          Random random = new Random(66);
          ByteBuffer source = ByteBuffer.wrap(sent);
          while (source.position() < count) {
            int piece = 1 + random.nextInt(40_000);
            source.limit(Math.min(count, source.position() + piece));
            if (pair.client().write(source) == 0) {
              Select.select(List.of(), List.of(pair.client()), List.of(), LONG);
            }
            source.limit(count);
          }
          pair.client().shutdownOutput();
          return source.position();
        });
    ByteBuffer received = ByteBuffer.allocate(count);
    Random random = new Random(67);
    boolean open = true;
    while (open) {
      awaitReadable(pair.server());
      int piece = 1 + random.nextInt(30_000);
      ByteBuffer target = ByteBuffer.allocate(piece);
      open = pair.server().read(target) >= 0;
      received.put(target.flip());
    }
    assertThat(writing.join()).isEqualTo(count);
    assertThat(received.hasRemaining()).isFalse();
    assertThat(java.util.Arrays.equals(received.array(), sent)).isTrue();
  }

  @Test
  void manySmallWritesKeepTheirOrder() throws Exception {
    Pair pair = pair();
    ByteBuffer received = ByteBuffer.allocate(10_000);
    for (int i = 0; i < 10_000; i++) {
      ByteBuffer one = ByteBuffer.wrap(new byte[] {(byte) i});
      Wait.until("written", () -> pair.client().write(one) == 1);
      pair.server().read(received);
    }
    Wait.until("all there", () -> pair.server().read(received) >= 0 && !received.hasRemaining());
    for (int i = 0; i < 10_000; i++) {
      assertThat(received.get(i)).isEqualTo((byte) i);
    }
  }

  @Test
  void halfCloseEndsOneDirectionOnly() throws Exception {
    for (Callable<Pair> kind : List.<Callable<Pair>>of(this::pair, this::unixPair)) {
      Pair pair = kind.call();
      send(pair.client(), pair.server(), "question");
      pair.client().shutdownOutput();
      pair.client().shutdownOutput();
      assertThat(receive(pair.server(), 8)).isEqualTo("question");
      awaitEnd(pair.server());

      send(pair.server(), pair.client(), "answer");
      pair.server().shutdownOutput();
      assertThat(receive(pair.client(), 6)).isEqualTo("answer");
      awaitEnd(pair.client());
      awaitEnd(pair.server());
    }
  }

  @Test
  void halfCloseWithUnreadInputLosesNothing() throws Exception {
    Pair pair = pair();
    send(pair.client(), pair.server(), "unread");
    pair.server().shutdownOutput();
    awaitEnd(pair.client());
    assertThat(receive(pair.server(), 6)).isEqualTo("unread");
  }

  @Test
  void writeAfterShutdownOutputFails() throws Exception {
    Pair pair = pair();
    pair.client().shutdownOutput();
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> pair.client().write(bytes("x"))).isInstanceOf(IOException.class);
    }
    send(pair.server(), pair.client(), "y");
    assertThat(receive(pair.client(), 1)).isEqualTo("y");
  }

  @Test
  void urgentByteIsReceivedApartFromTheData() throws Exception {
    Pair pair = pair();
    send(pair.client(), pair.server(), "abc");
    assertThat(pair.client().sendUrgent((byte) 0xF0)).isTrue();
    if (!supportsExceptional()) {
      assertThatThrownBy(() -> pair.server().receiveUrgent())
          .isInstanceOf(UnsupportedOperationException.class)
          .hasMessageContaining(backend().name());
    } else {
      Wait.until(
          "urgent",
          () -> !Select.select(List.of(), List.of(), List.of(pair.server()), LONG).isEmpty());
      assertThat(pair.server().receiveUrgent()).isEqualTo(0xF0);
      assertThat(pair.server().receiveUrgent()).isEqualTo(-1);
    }
    assertThat(receive(pair.server(), 3)).isEqualTo("abc");
    send(pair.client(), pair.server(), "def");
    assertThat(receive(pair.server(), 3)).isEqualTo("def");
  }

  @Test
  void urgentDataNeedsTcp() throws Exception {
    Pair pair = unixPair();
    assertThatThrownBy(() -> pair.client().sendUrgent((byte) '!'))
        .isInstanceOf(UnsupportedOperationException.class);
    assertThatThrownBy(() -> pair.server().receiveUrgent())
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void closeDeliversWhatWasWrittenThenTheEnd() throws Exception {
    Pair pair = pair();
    send(pair.client(), pair.server(), "goodbye");
    pair.client().close();
    assertThat(receive(pair.server(), 7)).isEqualTo("goodbye");
    awaitEnd(pair.server());
    awaitEnd(pair.server());
  }

  @Test
  void quickConnectionsLeaveNoDescriptorsAndNoCrossTalk() throws Exception {
    Listener listener = listener();
    DescriptorCount.assertNoneLeak(() -> {
      for (int i = 0; i < 300; i++) {
        Pair pair = pair(listener);
        String text = String.valueOf(1_000 + i);
        send(pair.client(), pair.server(), text);
        assertThat(receive(pair.server(), 4)).isEqualTo(text);
        pair.client().close();
        pair.server().close();
      }
    });
  }

  @Test
  void readOfAQuietConnectionReturnsAtOnce() throws Exception {
    Pair pair = pair();
    assertThat(pair.server().read(ByteBuffer.allocate(10))).isZero();
    assertThat(Select.select(List.of(pair.server()), List.of(), List.of(), Duration.ZERO).isEmpty())
        .isTrue();
  }
}
