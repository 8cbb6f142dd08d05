package sluice.bench.attack;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;

/// A connection of a good client, which waits for an answer, but not for ever.
final class Client implements AutoCloseable {
  static final int PATIENCE_MILLIS = 2000;

  private final Socket socket = new Socket();

  Client(int port, Speech speech) throws IOException {
    try {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(PATIENCE_MILLIS);
      socket.connect(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), port), PATIENCE_MILLIS);
      say(speech.greeting());
      hear(speech.welcomeBytes());
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  void say(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
  }

  byte[] hear(int count) throws IOException {
    byte[] bytes = socket.getInputStream().readNBytes(count);
    if (bytes.length < count) {
      throw new EOFException("closed by the server");
    }
    return bytes;
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException _) {
      // it is gone
    }
  }
}
