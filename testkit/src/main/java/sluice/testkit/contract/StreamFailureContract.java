package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import sluice.ClosedPollableException;
import sluice.Listener;
import sluice.Select;
import sluice.StreamSocket;

/// Connections that fail, are reset, or are used too early or too late.
public abstract class StreamFailureContract extends BackendContract {
  private static void assertReset(StreamSocket socket) {
    // Again and again: the system says it once and then pretends an end of stream.
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> socket.read(ByteBuffer.allocate(8)))
          .isInstanceOf(SocketException.class)
          .hasMessageContaining("reset");
    }
  }

  @Test
  void abortResetsThePeer() throws Exception {
    Pair pair = pair();
    pair.client().abort();
    assertThat(pair.client().isOpen()).isFalse();
    awaitReadable(pair.server());
    assertReset(pair.server());
  }

  @Test
  void abortOfAUnixDomainSocketEndsTheConnection() throws Exception {
    Pair pair = unixPair();
    pair.client().abort();
    awaitEnd(pair.server());
  }

  @Test
  void abortAfterCloseDoesNothing() throws Exception {
    Pair pair = pair();
    pair.client().close();
    pair.client().abort();
    awaitEnd(pair.server());
  }

  @Test
  void dataBeforeAResetIsReadFirstThenTheResetAgainAndAgain() throws Exception {
    Pair pair = pair();
    send(pair.client(), pair.server(), "abc");
    pair.client().abort();
    assertThat(receive(pair.server(), 3)).isEqualTo("abc");
    awaitReadable(pair.server());
    assertReset(pair.server());
  }

  @Test
  void closeWithUnreadInputResets() throws Exception {
    Pair pair = pair();
    send(pair.client(), pair.server(), "unread");
    pair.server().close();
    awaitReadable(pair.client());
    assertReset(pair.client());
  }

  @Test
  void writeToAClosedPeerFailsAtLast() throws Exception {
    for (Pair pair : List.of(pair(), unixPair())) {
      pair.server().close();
      IOException[] failure = new IOException[1];
      Wait.until(
          "write fails",
          () -> {
            try {
              pair.client().write(bytes("x"));
              return false;
            } catch (IOException e) {
              failure[0] = e;
              return true;
            }
          });
      assertThat(failure[0]).isNotInstanceOf(ClosedPollableException.class);
      assertThat(failure[0].getMessage()).containsAnyOf("reset", "pipe");
      assertThatThrownBy(() -> pair.client().write(bytes("y"))).isInstanceOf(IOException.class);
    }
  }

  @Test
  void shutdownOutputAfterAResetIsQuiet() throws Exception {
    Pair pair = pair();
    pair.client().abort();
    awaitReadable(pair.server());
    assertReset(pair.server());
    pair.server().shutdownOutput();
    pair.server().shutdownOutput();
  }

  @Test
  void acceptedConnectionThatWasResetSaysSoOnRead() throws Exception {
    Listener listener = listener();
    StreamSocket client = track(backend().connect(listener.localAddress()));
    Wait.until("connected", client::finishConnect);
    awaitReadable(listener);
    client.abort();
    StreamSocket server = listener.accept();
    if (server != null) { // some systems take the dead connection out of the queue
      track(server);
      awaitReadable(server);
      assertReset(server);
    }
    assertThat(listener.accept()).isNull();
  }

  @Test
  void refusedConnectIsWritableAndFinishConnectFails() throws Exception {
    StreamSocket client = refused();
    assertThat(Select.select(List.of(client), List.of(client), List.of(), LONG).writable())
        .containsExactly(client);
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(client::finishConnect)
          .isInstanceOf(ConnectException.class)
          .hasMessageContaining("refused");
    }
    assertThatThrownBy(() -> client.read(ByteBuffer.allocate(1))).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> client.write(bytes("x"))).isInstanceOf(IOException.class);
    assertThatThrownBy(client::remoteAddress).isInstanceOf(IOException.class);
  }

  private StreamSocket refused() throws Exception {
    return track(backend().connect(refusingAddress()));
  }

  @Test
  void useBeforeTheConnectIsFinishedFailsAndSpoilsNothing() throws Exception {
    Listener listener = listener();
    StreamSocket client = track(backend().connect(listener.localAddress()));
    StreamSocket server = accept(listener);

    assertThatThrownBy(() -> client.read(ByteBuffer.allocate(1)))
        .isInstanceOf(SocketException.class);
    assertThatThrownBy(() -> client.write(bytes("x"))).isInstanceOf(SocketException.class);
    assertThatThrownBy(client::shutdownOutput).isInstanceOf(SocketException.class);

    Wait.until("connected", client::finishConnect);
    send(client, server, "fine");
    assertThat(receive(server, 4)).isEqualTo("fine");
  }

  @Test
  void connectToAMissingUnixPathFails() {
    assertThatThrownBy(
            () -> {
              StreamSocket client = track(backend().connect(unixAddress()));
              Wait.until("decided", client::finishConnect);
            })
        .isInstanceOf(IOException.class);
  }

  @Test
  void addressInUseIsABindException() throws Exception {
    Listener listener = listener();
    assertThatThrownBy(() -> backend().listen(listener.localAddress(), 1))
        .isInstanceOf(BindException.class)
        .hasMessageContaining("in use");
    UnixDomainSocketAddress path = unixAddress();
    listen(path);
    assertThatThrownBy(() -> backend().listen(path, 1)).isInstanceOf(BindException.class);
  }

  @Test
  void wrongAddressesAreRefused() {
    InetSocketAddress unresolved = InetSocketAddress.createUnresolved("nowhere.invalid", 80);
    List<ThrowingCallable> calls =
        List.of(
            () -> backend().listen(unresolved, 1),
            () -> backend().connect(unresolved),
            () -> backend().listen(loopback(), 0),
            () -> backend().listen(loopback(), -1),
            () -> backend().connect(loopback()));
    for (ThrowingCallable call : calls) {
      assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void failedOpensLeaveNoDescriptors() throws Exception {
    Listener listener = listener();
    java.net.SocketAddress taken = listener.localAddress();
    java.net.SocketAddress missing = unixAddress();
    DescriptorCount.assertNoneLeak(() -> {
      for (int i = 0; i < 100; i++) {
        assertThatThrownBy(() -> backend().listen(taken, 1)).isInstanceOf(IOException.class);
        assertThatThrownBy(
                () -> {
                  try (StreamSocket client = backend().connect(missing)) {
                    Wait.until("decided", client::finishConnect);
                  }
                })
            .isInstanceOf(IOException.class);
      }
    });
  }

  @Test
  void everyUseAfterCloseNamesTheSource() throws Exception {
    Pair pair = pair();
    StreamSocket socket = pair.client();
    Listener listener = listener();
    socket.close();
    listener.close();
    List<ThrowingCallable> ofSocket =
        List.of(
            () -> socket.read(ByteBuffer.allocate(1)),
            () -> socket.read(ByteBuffer.allocate(0)),
            () -> socket.write(bytes("x")),
            () -> socket.write(ByteBuffer.allocate(0)),
            socket::finishConnect,
            socket::shutdownOutput,
            () -> socket.sendUrgent((byte) 1),
            socket::localAddress,
            socket::remoteAddress);
    for (ThrowingCallable call : ofSocket) {
      assertThatThrownBy(call)
          .isInstanceOf(ClosedPollableException.class)
          .hasMessageContaining(socket.toString());
    }
    for (ThrowingCallable call :
        List.<ThrowingCallable>of(listener::accept, listener::localAddress)) {
      assertThatThrownBy(call)
          .isInstanceOf(ClosedPollableException.class)
          .hasMessageContaining(listener.toString());
    }
  }

  @Test
  void closeFromAnotherThreadEndsReadsAndWritesTyped() throws Exception {
    for (int i = 0; i < 100; i++) {
      Pair pair = pair();
      Background<Integer> using =
          Background.start(() -> {
            ByteBuffer block = ByteBuffer.allocate(512);
            while (true) {
              pair.client().read(block.clear());
              pair.client().write(block.clear());
            }
          });
      pair.client().close();
      assertThat(using.failure()).isInstanceOf(ClosedPollableException.class);
    }
  }

  @Test
  void closeOfAConnectInProgressLeavesNoDescriptor() throws Exception {
    Listener listener = listener();
    DescriptorCount.assertNoneLeak(() -> {
      for (int i = 0; i < 100; i++) {
        backend().connect(listener.localAddress()).close();
      }
      Wait.until(
          "the queue is empty",
          () -> {
            StreamSocket accepted = listener.accept();
            if (accepted != null) {
              accepted.close();
            }
            return accepted == null;
          });
    });
  }
}
