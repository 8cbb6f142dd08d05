package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static sluice.Interest.READ;
import static sluice.Interest.WRITE;

import java.net.BindException;
import java.net.PortUnreachableException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import sluice.ClosedPollableException;
import sluice.EventLoop;
import sluice.PeerAddress;
import sluice.Poller;
import sluice.Readiness;
import sluice.Select;
import sluice.Selected;
import sluice.UdpSocket;

/// UDP sockets as sources: readiness, binding, closing.
public abstract class UdpLifeContract extends UdpSuite {
  private static Selected<UdpSocket> look(UdpSocket socket) throws Exception {
    List<UdpSocket> one = List.of(socket);
    return Select.select(one, one, List.of(), Duration.ZERO);
  }

  @Test
  void isWritableAndReadableAsLongAsDatagramsWait() throws Exception {
    UdpSocket socket = udp();
    UdpSocket other = udp();
    assertThat(look(socket).writable()).containsExactly(socket);
    assertThat(look(socket).readable()).isEmpty();
    send(other, socket, "one");
    assertThat(other.send(ByteBuffer.allocate(0), socket.localAddress())).isTrue();
    assertThat(receive(socket).text()).isEqualTo("one");
    assertThat(receive(socket).text()).isEmpty();
    assertThat(look(socket).readable()).isEmpty();
    assertThat(look(socket).writable()).containsExactly(socket);
  }

  @Test
  void pollerReportsDatagramsAgainAndAgainUntilTheyAreReceived() throws Exception {
    UdpSocket socket = udp();
    UdpSocket other = udp();
    Poller<String> poller = poller();
    poller.register(socket, READ, "socket");
    assertThat(PollerContract.look(poller, Duration.ZERO)).isEmpty();
    assertThat(other.send(ByteBuffer.allocate(0), socket.localAddress())).isTrue();
    for (int i = 0; i < 3; i++) {
      assertThat(PollerContract.look(poller, LONG)).isEqualTo(Map.of("socket", ofRead()));
    }
    assertThat(receive(socket).text()).isEmpty();
    assertThat(PollerContract.look(poller, Duration.ZERO)).isEmpty();

    poller.modify(socket, READ.plus(WRITE));
    assertThat(PollerContract.lookAt(poller, "socket").writable()).isTrue();
    poller.unregister(socket);
    send(other, socket, "unseen");
    assertThat(PollerContract.look(poller, Duration.ZERO)).isEmpty();
  }

  private static Readiness ofRead() {
    return Readiness.ofMask(READ.mask());
  }

  @Test
  void loopAnswersManyPeersWithOneHolder() throws Exception {
    EventLoop loop = loop();
    UdpSocket server = udp();
    ByteBuffer data = ByteBuffer.allocateDirect(64);
    PeerAddress from = PeerAddress.create();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    loop.watch(
        server,
        READ,
        _ -> {
          try {
            while (server.receive(data.clear(), from) >= 0) {
              server.send(data.flip(), from);
            }
          } catch (Exception e) {
            failure.set(e);
          }
        });
    List<UdpSocket> clients = List.of(udp(), udp(), udp());
    for (int round = 0; round < 50; round++) {
      for (UdpSocket client : clients) {
        String text = round + " of " + portOf(client);
        assertThat(client.send(bytes(text), server.localAddress())).isTrue();
        assertThat(receive(client).text()).isEqualTo(text);
      }
    }
    assertThat(failure).hasNullValue();
  }

  @Test
  void pendingErrorIsReadableUntilItIsTaken() throws Exception {
    UdpSocket socket = udp();
    Poller<String> poller = poller();
    socket.connect(closedPort());
    poller.register(socket, READ, "socket");
    assertThat(socket.send(bytes("anybody?"))).isTrue();
    for (int i = 0; i < 3; i++) {
      assertThat(PollerContract.lookAt(poller, "socket").readable()).isTrue();
    }
    assertThat(look(socket).readable()).containsExactly(socket);
    assertThatThrownBy(() -> socket.receive(ByteBuffer.allocate(8)))
        .isInstanceOf(PortUnreachableException.class);
    assertThat(PollerContract.look(poller, Duration.ZERO)).isEmpty();
    assertThat(look(socket).readable()).isEmpty();
  }

  @Test
  void pendingErrorIsTakenBySendIfNobodyReads() throws Exception {
    EventLoop loop = loop();
    SocketAddress target = closedPort();
    UdpSocket socket = udp();
    socket.connect(target);
    assertThat(socket.send(bytes("anybody?"))).isTrue();
    awaitReadable(socket);
    RecordingWatcher writing = new RecordingWatcher();
    EventLoop.Registration watch = loop.watch(socket, WRITE, writing);
    assertThat(writing.next().writable()).isTrue();
    LoopContract.on(
        loop,
        () -> {
          watch.cancel();
          assertThatThrownBy(() -> socket.send(bytes("again")))
              .isInstanceOf(PortUnreachableException.class);
          return true;
        });
    assertThat(look(socket).readable()).isEmpty();
    UdpSocket late = udp(target);
    assertThat(socket.send(bytes("again"))).isTrue();
    assertThat(receive(late).text()).isEqualTo("again");
  }

  @Test
  void readinessIsAHintThatAnEmptyReceiveForgives() throws Exception {
    UdpSocket socket = udp();
    send(udp(), socket, "taken");
    List<UdpSocket> ready = look(socket).readable();
    assertThat(receive(socket).text()).isEqualTo("taken"); // as another thread might have done
    assertNothingWaits(ready.getFirst());
  }

  @Test
  void addressesThatCannotBeBoundAreBindExceptions() throws Exception {
    SocketAddress taken = udp().localAddress();
    assertThatThrownBy(() -> udp(taken))
        .isInstanceOf(BindException.class)
        .hasMessageContaining("in use")
        .hasMessageContaining("127.0.0.1");
    assertThatThrownBy(() -> udp(address("203.0.113.1")))
        .isInstanceOf(BindException.class)
        .hasMessageContaining("203.0.113.1");
  }

  @Test
  void closedSocketsAndFailedOnesLeaveNoDescriptor() throws Exception {
    SocketAddress taken = udp().localAddress();
    UdpSocket peer = udp();
    DescriptorCount.assertNoneLeak(() -> {
      for (int i = 0; i < 100; i++) {
        assertThatThrownBy(() -> backend().bindUdp(taken)).isInstanceOf(BindException.class);
        try (UdpSocket socket = backend().bindUdp(loopback())) {
          socket.connect(peer.localAddress());
          assertThat(socket.send(bytes("x"))).isTrue();
          assertThat(receive(peer).text()).isEqualTo("x");
        }
      }
    });
  }

  @Test
  void closeFreesTheAddressAtOnce() throws Exception {
    UdpSocket socket = udp();
    SocketAddress local = socket.localAddress();
    Poller<String> poller = poller();
    poller.register(socket, READ, "socket");
    for (int i = 0; i < 2; i++) {
      socket.close();
      assertThat(socket.isOpen()).isFalse();
    }
    assertTheyTalk(udp(), udp(local));
  }

  @Test
  void everyUseAfterCloseNamesTheSocket() throws Exception {
    UdpSocket socket = udp();
    SocketAddress peer = udp().localAddress();
    socket.close();
    for (ThrowingCallable call :
        List.<ThrowingCallable>of(
            () -> socket.receive(ByteBuffer.allocate(1)),
            () -> socket.receive(ByteBuffer.allocate(1), PeerAddress.create()),
            () -> socket.send(bytes("x")),
            () -> socket.send(bytes("x"), peer),
            () -> socket.send(bytes("x"), PeerAddress.of(peer)),
            () -> socket.connect(peer),
            socket::disconnect,
            socket::localAddress,
            socket::remoteAddress,
            () -> Select.select(List.of(socket), List.of(), List.of(), LONG))) {
      assertThatThrownBy(call)
          .isInstanceOf(ClosedPollableException.class)
          .hasMessageContaining(socket.toString());
    }
  }

  @Test
  void closeFromAnotherThreadEndsCallsAndWaitsTyped() throws Exception {
    for (int i = 0; i < 50; i++) {
      UdpSocket used = udp();
      UdpSocket peer = udp();
      PeerAddress to = PeerAddress.of(peer.localAddress());
      Background<Integer> using =
          Background.start(() -> {
            ByteBuffer block = ByteBuffer.allocate(512);
            while (true) {
              used.receive(block.clear());
              used.send(block.clear(), to);
            }
          });
      awaitReadable(peer); // it is in use
      used.close();
      assertThat(using.failure()).isInstanceOf(ClosedPollableException.class);
    }
    UdpSocket waited = udp();
    Background<Selected<UdpSocket>> waiting =
        Background.start(() -> Select.select(List.of(waited), List.of(), List.of(), LONG))
            .entered();
    waited.close();
    assertThat(waiting.failure())
        .isInstanceOf(ClosedPollableException.class)
        .hasMessageContaining(waited.toString());
  }

  @Test
  void closeEndsAWatchAndARegistration() throws Exception {
    UdpSocket socket = udp();
    EventLoop loop = loop();
    Poller<String> poller = poller();
    poller.register(socket, READ.plus(WRITE), "socket");
    RecordingWatcher watcher = new RecordingWatcher();
    loop.watch(socket, READ, watcher);
    socket.close();
    assertThat(watcher.end()).isInstanceOf(ClosedPollableException.class);
    assertThat(PollerContract.look(poller, Duration.ZERO)).isEmpty();
  }
}
