package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import sluice.server.CloseReason;
import sluice.server.Connection;
import sluice.server.Server;

/// How a server ends, and what its clients still get.
public abstract class ServerStopContract extends ServerSuite {
  private static final int CYCLES = 20;
  private static final int BIG_BYTES = 16 * MIB;
  private static final Duration SHORT = Duration.ofMillis(50);

  /// More than are told at a time, three times, and how long it takes at least until the last.
  private static final int MANY = 400;

  private static final Duration SPREAD = Duration.ofMillis(180);

  private static void awaitEnd(CompletionStage<Void> stage) throws Exception {
    stage.toCompletableFuture().get(Wait.LIMIT_SECONDS, TimeUnit.SECONDS);
  }

  private static void assertRefuses(Server server) {
    assertThatThrownBy(
            () -> {
              try (Socket late = new Socket()) {
                late.connect(address(server));
              }
            })
        .isInstanceOf(IOException.class);
  }

  /// A server whose one client has much output waiting and reads none of it.
  private final class Stuck {
    final byte[] output = randomBytes(1, BIG_BYTES);
    final Echo handler = new Echo();
    final Server server = serve(handler);
    final Socket client = connect(server, 64 * KIB);
    final Connection connection = handler.next();

    Stuck() throws Exception {
      connection.write(ByteBuffer.wrap(output));
    }
  }

  @Test
  void stopDeliversWhatWasWrittenAndAcceptsNoMore() throws Exception {
    Stuck stuck = new Stuck();
    CompletionStage<Void> stopped = stuck.server.stop(LONG);
    Wait.until(
        "refuses",
        () -> {
          try (Socket late = new Socket()) {
            late.connect(address(stuck.server));
            return false;
          } catch (IOException _) {
            return true;
          }
        });
    assertThat(stopped.toCompletableFuture().isDone()).isFalse();
    assertThat(receiveBytes(stuck.client, BIG_BYTES)).isEqualTo(stuck.output);
    assertEnds(stuck.client);
    stuck.client.close();
    awaitEnd(stopped);
    stuck.server.join();
    assertThat(stuck.handler.reason()).isEqualTo(CloseReason.DRAIN);
    assertRefuses(stuck.server);
  }

  @Test
  void clientThatDoesNotReadIsDroppedAtTheDeadline() throws Exception {
    Stuck stuck = new Stuck();
    assertNotEarly(SHORT, () -> awaitEnd(stuck.server.stop(SHORT)));
    assertThat(stuck.handler.reason()).isEqualTo(CloseReason.DRAIN_DEADLINE);
    assertReset(stuck.client);
  }

  @Test
  void laterStopMayShortenTheDeadline() throws Exception {
    Stuck stuck = new Stuck();
    CompletionStage<Void> first = stuck.server.stop(Duration.ofDays(1));
    CompletionStage<Void> second = stuck.server.stop(SHORT);
    awaitEnd(first);
    awaitEnd(second);
    assertThat(stuck.handler.reason()).isEqualTo(CloseReason.DRAIN_DEADLINE);
    awaitEnd(stuck.server.stop(Duration.ZERO)); // it has ended: says so at once
    stuck.server.close();
    stuck.server.close();
    assertThat(stuck.handler.closed).isEmpty();
  }

  @Test
  void clientThatLingersIsNotReset() throws Exception {
    // Everything was handed to the system, but not read: a reset would destroy it.
    Stuck stuck = new Stuck();
    int unread = 256 * KIB;
    receiveBytes(stuck.client, BIG_BYTES - unread);
    awaitEnd(stuck.server.stop(Duration.ofSeconds(1)));
    assertThat(stuck.handler.reason()).isEqualTo(CloseReason.DRAIN);
    assertThat(receiveBytes(stuck.client, unread))
        .isEqualTo(Arrays.copyOfRange(stuck.output, BIG_BYTES - unread, BIG_BYTES));
    assertEnds(stuck.client);
  }

  @Test
  void stopWithoutADeadlineIsRefusedAtOnce() throws Exception {
    Server server = serve(new Echo());
    @SuppressWarnings("NullAway") // what is tested
    Runnable call = () -> server.stop(null);
    assertThatThrownBy(call::run).isInstanceOf(NullPointerException.class).hasMessage("deadline");
    assertServed(connect(server), "goes on");
  }

  @Test
  void stopWithANegativeOrHugeDeadlineEnds() throws Exception {
    for (Duration deadline : List.of(Duration.ofSeconds(Long.MIN_VALUE), Duration.ZERO)) {
      Stuck stuck = new Stuck();
      awaitEnd(stuck.server.stop(deadline));
      assertThat(stuck.handler.reason()).isEqualTo(CloseReason.DRAIN_DEADLINE);
    }
    Server idle = serve(new Echo());
    awaitEnd(idle.stop(Duration.ofSeconds(Long.MAX_VALUE)));
  }

  @Test
  void stopDeliversWhatOtherThreadsHaveJustWritten() throws Exception {
    for (int i = 0; i < 100; i++) {
      Echo handler = new Echo();
      Server server = serve(handler);
      Socket client = connect(server);
      Connection connection = handler.next();
      connection.write(bytes("bye"));
      CompletionStage<Void> stopped = server.stop(LONG);
      assertThat(receiveRest(client)).isEqualTo("bye");
      client.close();
      awaitEnd(stopped);
      assertThat(handler.reason()).isEqualTo(CloseReason.DRAIN);
    }
  }

  @Test
  void closeAndJoinInACallbackAreRefused() throws Exception {
    BlockingQueue<Throwable> refusals = new LinkedBlockingQueue<>();
    Echo handler =
        new Echo() {
          @Override
          public void onData(Connection connection, ByteBuffer data) {
            note(connection.server()::close);
            note(connection.server()::join);
            connection.write(data);
          }

          private void note(Runnable call) {
            try {
              call.run();
            } catch (IllegalStateException e) {
              refusals.add(e);
            }
          }
        };
    Socket client = connect(serve(handler));
    assertServed(client, "goes on");
    assertThat(await(refusals)).hasMessageContaining("close").hasMessageContaining("callback");
    assertThat(await(refusals)).hasMessageContaining("join").hasMessageContaining("callback");
  }

  @Test
  void stopInACallbackEndsTheServer() throws Exception {
    Echo handler =
        new Echo() {
          @Override
          public void onData(Connection connection, ByteBuffer data) {
            connection.write(data);
            var _ = connection.server().stop(LONG);
          }
        };
    Server server = serve(handler);
    Socket client = connect(server);
    Background<Boolean> joined =
        Background.start(() -> {
          server.join();
          return true;
        });
    send(client, "stop");
    assertThat(receiveRest(client)).isEqualTo("stop");
    client.close();
    assertThat(joined.join()).isTrue();
    assertThat(handler.reason()).isEqualTo(CloseReason.DRAIN);
  }

  @Test
  void everyClientIsToldOnceThatTheServerHasStopped() throws Exception {
    Echo handler = new Echo();
    Server server = serve(handler);
    for (int i = 0; i < 100; i++) {
      connect(server);
      handler.next();
    }
    awaitEnd(server.stop(SHORT));
    for (int i = 0; i < 100; i++) {
      assertThat(handler.reason()).isEqualTo(CloseReason.DRAIN); // all was sent: nothing dropped
    }
    assertThat(handler.closed).isEmpty();
  }

  @Test
  void manyClientsAreNotToldAllAtOnce() throws Exception {
    Echo handler = new Echo();
    Server server = serve(handler);
    List<Socket> clients = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      clients.add(connect(server));
      handler.next();
    }
    assertNotEarly(
        SPREAD,
        () -> {
          CompletionStage<Void> stopped = server.stop(LONG);
          for (Socket client : clients) {
            assertEnds(client);
            client.close();
          }
          awaitEnd(stopped);
        });
    assertThat(handler.closed).hasSize(MANY).containsOnly(CloseReason.DRAIN);
  }

  @Test
  void stopRacingWithNewClientsEnds() throws Exception {
    for (int i = 0; i < 50; i++) {
      Echo handler = new Echo();
      Server server = serve(handler);
      Background<Integer> crowd =
          Background.start(() -> {
            int count = 0;
            try {
              for (; count < 1_000; count++) {
                try (Socket client = new Socket()) {
                  client.connect(address(server));
                }
              }
            } catch (IOException _) {
              // stopped
            }
            return count;
          });
      handler.next();
      awaitEnd(server.stop(LONG));
      crowd.join();
      assertThat(handler.closed).hasSize(handler.opened.size() + 1);
    }
  }

  @Test
  void cyclesOfStartAndStopLeaveNoDescriptorAndNoThread() throws Exception {
    DescriptorCount.assertNoneLeak(() -> {
      for (int i = 0; i < CYCLES; i++) {
        Echo handler = new Echo();
        try (Server server =
                Server.builder().backend(backend()).listen(loopback()).handler(handler).start();
            Socket first = new Socket();
            Socket second = new Socket()) {
          first.connect(address(server));
          second.connect(address(server));
          assertServed(first, "one");
          assertServed(second, "two");
          awaitEnd(server.stop(Duration.ZERO));
        }
      }
    });
    Wait.until("no thread of a loop is left", () -> loopThreads() == 0);
  }

  private static long loopThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("sluice-loop-"))
        .count();
  }
}
