package sluice.examples;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.*;
import sluice.*;

/// The classic: one thread, `select`, many clients on localhost:8000.
final class SelectServer {
  static void process(Object peer, ByteBuffer data) {
    System.out.println(peer + " " + StandardCharsets.US_ASCII.decode(data.flip()));
  }

  public static void main(String[] args) throws IOException {
    int port = args.length > 0 ? Integer.parseInt(args[0]) : 8000;
    Listener listener = Backend.best().listen(new InetSocketAddress("localhost", port), 5);
    List<Pollable> sources = new ArrayList<>(List.of(listener));
    ByteBuffer buffer = ByteBuffer.allocate(4096);
    while (true) {
      for (Pollable ready : Select.select(sources, List.of(), List.of(), null).readable()) {
        if (!(ready instanceof StreamSocket client)) {
          Optional.ofNullable(listener.accept()).ifPresent(sources::add);
          continue;
        }
        try {
          if (client.read(buffer.clear()) >= 0) {
            process(client.remoteAddress(), buffer);
            continue;
          }
        } catch (IOException reset) {
          // the client has gone without a word
        }
        sources.remove(client);
        client.close();
      }
    }
  }
}
