package sluice.examples;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import sluice.*;

/// The classic: one thread, `select`, many clients on localhost:8000.
public final class SelectServer {
  static void process(Pollable client, ByteBuffer data) {
    System.out.println(client + " sent " + data.remaining() + " bytes");
  }

  public static void main(String[] args) throws IOException {
    Listener listener = Backend.best().listen(new InetSocketAddress("localhost", 8000), 5);
    List<Pollable> sources = new ArrayList<>(List.of(listener));
    ByteBuffer buffer = ByteBuffer.allocateDirect(4096);
    while (true) {
      for (Pollable ready : Select.select(sources, List.of(), List.of(), null).readable()) {
        if (ready instanceof StreamSocket client) {
          try {
            if (client.read(buffer.clear()) >= 0) {
              process(client, buffer.flip());
              continue;
            }
          } catch (IOException reset) {
            System.out.println(client + " left without a word: " + reset.getMessage());
          }
          client.close();
          sources.remove(client);
        } else {
          Optional.ofNullable(listener.accept()).ifPresent(sources::add);
        }
      }
    }
  }
}
