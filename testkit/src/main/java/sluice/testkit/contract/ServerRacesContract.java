package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import sluice.server.CloseReason;
import sluice.server.Connection;
import sluice.server.Server;

/// Other threads that connect out or write while something ends.
public abstract class ServerRacesContract extends ServerLoopsSuite {
  @Test
  void connectRacingWithStopIsRefusedOrEndsOnce() throws Exception {
    SocketAddress nobody = refusingAddress();
    for (int i = 0; i < 300; i++) {
      Echo handler = new Echo();
      Server server = serve(handler);
      Socket client = connect(server);
      Connection connection = handler.next();
      Echo out = new Echo();
      AtomicBoolean first = new AtomicBoolean(true);
      Background<Integer> connecting =
          Background.start(() -> {
            int count = 0;
            try {
              for (; count < 10_000; count++) {
                Connection _ = connection.connect(nobody, out);
                first.set(false);
              }
            } catch (RejectedExecutionException _) {
              // stopped
            }
            return count;
          });
      Wait.until("it has begun", () -> !first.get());
      var stopped = server.stop(LONG);
      client.close();
      awaitEnd(stopped);
      int count = connecting.join();
      assertThat(out.closed).as("round %d", i).hasSize(count);
    }
  }

  @Test
  void writeRacingWithShutdownOutputOfAnotherThreadCostsNoAnswer() throws Exception {
    BlockingQueue<String> events = new LinkedBlockingQueue<>();
    Echo handler =
        new Echo() {
          @Override
          public void onData(Connection connection, ByteBuffer data) {
            events.add(StandardCharsets.US_ASCII.decode(data).toString());
          }

          @Override
          public void onInputClosed(Connection connection) {}
        };
    Server server = serve(handler);
    ByteBuffer big = zeros(64 * MIB); // copying it takes long enough to be overtaken
    for (int i = 0; i < 10; i++) {
      Socket client = connect(server);
      Connection connection = handler.next();
      Background<Boolean> writer = Background.start(() -> connection.write(big.duplicate()));
      for (int n = 0; n < i * 100_000; n++) {
        Thread.onSpinWait();
      }
      connection.shutdownOutput();
      client.getInputStream().readAllBytes();
      writer.join();
      send(client, "answer");
      client.shutdownOutput();
      assertThat(handler.reason()).as("round %d", i).isEqualTo(CloseReason.OK);
      assertThat(await(events)).isEqualTo("answer");
    }
  }
}
