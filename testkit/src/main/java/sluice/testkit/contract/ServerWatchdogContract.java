package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import sluice.server.Connection;
import sluice.server.Server;

/// A handler or a task that holds up its loop is named, while it does so.
public abstract class ServerWatchdogContract extends ServerSuite {
  private static final long LONG_MILLIS = 400;

  private static void holdUp() {
    Wait.pause(LONG_MILLIS);
  }

  @Test
  void handlerThatHoldsUpItsLoopIsNamedOnce() throws Exception {
    Echo handler =
        new Echo() {
          @Override
          public void onData(Connection connection, ByteBuffer data) throws Exception {
            if (data.get(data.position()) == 's') {
              holdUp();
            }
            super.onData(connection, data);
          }
        };
    try (LogCapture log = new LogCapture()) {
      Server server = serve(handler);
      Socket client = connect(server);
      assertServed(client, "quick");
      assertThat(server.counters().blocks()).isZero();
      assertServed(client, "slow");
      assertThat(server.counters().blocks()).isEqualTo(1);
      List<String> lines = log.lines("loop.blocked");
      assertThat(lines).hasSize(1);
      assertThat(lines.getFirst())
          .contains("loop=sluice-loop-0")
          .contains("remote=" + client.getLocalSocketAddress())
          .contains("ServerWatchdogContract.holdUp");
    }
  }

  @Test
  void taskThatHoldsUpItsLoopIsNamedToo() throws Exception {
    Echo handler = new Echo();
    CountDownLatch entered = new CountDownLatch(1);
    try (LogCapture log = new LogCapture()) {
      Server server = serve(handler);
      Socket client = connect(server);
      handler
          .next()
          .execute(() -> {
            entered.countDown();
            holdUp();
          });
      await(entered);
      assertServed(client, "after it");
      assertThat(server.counters().blocks()).isEqualTo(1);
      assertThat(log.lines("loop.blocked").getFirst())
          .contains("remote=-")
          .contains("ServerWatchdogContract.holdUp");
    }
  }
}
