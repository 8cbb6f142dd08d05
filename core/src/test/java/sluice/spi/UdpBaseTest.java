package sluice.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.PortUnreachableException;
import java.net.SocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import sluice.Backend;
import sluice.PeerAddress;

/// What the system can hardly be made to answer here.
class UdpBaseTest {
  private static final InetSocketAddress ADDRESS =
      new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 9);

  /// A socket that answers everything with the same status.
  private static final class Scripted extends UdpBase {
    int answer;

    Scripted() {
      super(Backend.of("nio"), "scripted", ADDRESS, true);
    }

    @Override
    protected int doReceive(ByteBuffer dst, Peer from) {
      return answer;
    }

    @Override
    protected int doSend(ByteBuffer src, @Nullable Peer to) {
      return answer;
    }

    @Override
    protected int doConnect(Peer peer) {
      return answer;
    }

    @Override
    protected int doDisconnect() {
      return answer;
    }

    @Override
    protected SocketAddress doLocalAddress() {
      return ADDRESS;
    }

    @Override
    public IOException failure() {
      return new SocketException("what the system said");
    }

    @Override
    protected void free() {}
  }

  private final Scripted socket = new Scripted();

  @Test
  void sendWithoutRoomTakesNothing() throws Exception {
    for (ByteBuffer data : new ByteBuffer[] {ByteBuffer.allocate(9), ByteBuffer.allocate(0)}) {
      socket.answer = Status.AGAIN;
      assertThat(socket.send(data, ADDRESS)).isFalse();
      assertThat(data.position()).isZero();
      socket.answer = data.remaining();
      assertThat(socket.send(data, PeerAddress.of(ADDRESS))).isTrue();
      assertThat(data.hasRemaining()).isFalse();
    }
  }

  @Test
  void everyFailureIsTheExceptionThatNioWouldThrow() {
    Map<Integer, Class<? extends IOException>> types = new LinkedHashMap<>();
    types.put(Status.REFUSED, PortUnreachableException.class);
    types.put(Status.UNREACHABLE, NoRouteToHostException.class);
    types.put(Status.TOO_LONG, SocketException.class);
    types.put(Status.NO_MEMORY, SocketException.class);
    types.put(Status.DENIED, SocketException.class);
    types.put(Status.INVALID, SocketException.class);
    types.put(Status.OTHER, SocketException.class);
    ByteBuffer data = ByteBuffer.allocate(9);
    types.forEach((status, type) -> {
      socket.answer = status;
      assertThatThrownBy(() -> socket.receive(data))
          .isExactlyInstanceOf(type)
          .hasMessageStartingWith("receive on UdpSocket[scripted 127.0.0.1:9]: ")
          .hasRootCauseMessage("what the system said");
      assertThatThrownBy(() -> socket.send(data, ADDRESS))
          .isExactlyInstanceOf(type)
          .hasMessageStartingWith("send on UdpSocket[scripted 127.0.0.1:9]: ");
      assertThat(data.position()).isZero();
    });
  }

  @Test
  void disconnectThatLosesThePortSaysSoAndIsDone() throws Exception {
    socket.connect(ADDRESS);
    socket.answer = Status.IN_USE;
    assertThatThrownBy(socket::disconnect)
        .isInstanceOf(BindException.class)
        .hasMessageContaining("in use");
    socket.disconnect(); // there is nothing left to end
    assertThatThrownBy(socket::remoteAddress).isInstanceOf(SocketException.class);
  }
}
