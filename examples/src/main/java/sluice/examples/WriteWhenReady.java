package sluice.examples;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import sluice.*;

/// The second list: a slow reader fills our send buffer, and `select` says when there is room
/// again.
final class WriteWhenReady {
  public static void main(String[] args) throws Exception {
    Listener listener = Backend.best().listen(new InetSocketAddress("localhost", 0), 1);
    StreamSocket writer = Backend.best().connect(listener.localAddress());
    Select.select(List.of(listener), List.of(), List.of(), null);
    StreamSocket reader = Objects.requireNonNull(listener.accept());
    Select.select(List.of(), List.of(writer), List.of(), null);
    writer.finishConnect();

    ByteBuffer zeros = ByteBuffer.allocate(64 * 1024);
    long sent = 0;
    for (int n; (n = writer.write(zeros.clear())) > 0; ) {
      sent += n;
    }
    var full = Select.select(List.of(), List.of(writer), List.of(), Duration.ofMillis(50));
    System.out.println("wrote until it would block; writable: " + full.writable().size());

    long received = 0;
    while (received < sent) {
      received += reader.read(zeros.clear());
    }
    var room = Select.select(List.of(), List.of(writer), List.of(), null);
    System.out.println("after the reader took it all; writable: " + room.writable().size());
    listener.close();
    writer.close();
    reader.close();
  }
}
