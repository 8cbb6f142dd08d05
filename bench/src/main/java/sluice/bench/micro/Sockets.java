package sluice.bench.micro;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.List;
import sluice.Backend;
import sluice.UdpSocket;

/// Sockets of UDP, which are quiet until somebody sends to them, and readable until somebody reads.
final class Sockets implements AutoCloseable {
  private final List<UdpSocket> members = new ArrayList<>();
  private final List<DatagramChannel> channels = new ArrayList<>();

  private static SocketAddress anyPort() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  /// Opens `count` sockets of `backend`.
  List<UdpSocket> open(Backend backend, int count) throws IOException {
    for (int i = 0; i < count; i++) {
      members.add(backend.bindUdp(anyPort()));
    }
    return members;
  }

  /// Opens `count` channels of the JDK.
  List<DatagramChannel> openChannels(int count) throws IOException {
    for (int i = 0; i < count; i++) {
      DatagramChannel channel = DatagramChannel.open().bind(anyPort());
      channel.configureBlocking(false);
      channels.add(channel);
    }
    return channels;
  }

  /// Makes the first `count` of all that were opened readable.
  void makeReadable(int count) throws IOException {
    try (UdpSocket sender = Backend.of("epoll").bindUdp(anyPort())) {
      for (int i = 0; i < count; i++) {
        SocketAddress to =
            i < members.size() ? members.get(i).localAddress() : channels.get(i).getLocalAddress();
        sender.send(java.nio.ByteBuffer.wrap(new byte[1]), to);
      }
    }
  }

  @Override
  public void close() throws IOException {
    for (UdpSocket member : members) {
      member.close();
    }
    for (DatagramChannel channel : channels) {
      channel.close();
    }
  }
}
