package sluice.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import sluice.Backend;
import sluice.Interest;
import sluice.Listener;
import sluice.Pollable;
import sluice.Select;
import sluice.Selected;
import sluice.StreamSocket;

/// What `select` says of a socket in each state, printed as a table. The expected values are those
/// of CPython's `select.select` on Linux.
class SelectStatesTest {
  private static final Duration SOON = Duration.ofSeconds(20);

  private final List<Pollable> opened = new ArrayList<>();
  private Backend backend = Backend.of("epoll");

  @AfterEach
  void closeAll() {
    opened.forEach(Pollable::close);
  }

  private <P extends Pollable> P opened(P source) {
    opened.add(source);
    return source;
  }

  private Listener listener() throws IOException {
    return opened(backend.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 128));
  }

  /// Returns a connected pair.
  private StreamSocket[] pair(Listener listener) throws IOException {
    StreamSocket client = opened(backend.connect(listener.localAddress()));
    Select.select(List.of(listener), List.of(), List.of(), SOON);
    StreamSocket server = opened(Objects.requireNonNull(listener.accept()));
    Select.select(List.of(), List.of(client), List.of(), SOON);
    assertThat(client.finishConnect()).isTrue();
    return new StreamSocket[] {server, client};
  }

  private void expect(String state, Pollable source, Interest settled, String expected)
      throws IOException {
    // First until the event has crossed the loopback, then the look that counts.
    List<Pollable> one = List.of(source);
    Select.select(
        settled == Interest.READ ? one : List.of(),
        settled == Interest.WRITE ? one : List.of(),
        settled == Interest.EXCEPTIONAL ? one : List.of(),
        SOON);
    look(state, source, expected);
  }

  private void look(String state, Pollable source, String expected) throws IOException {
    List<Pollable> one = List.of(source);
    boolean third = backend.name().equals("epoll");
    Selected<Pollable> now = Select.select(one, one, third ? one : List.of(), Duration.ZERO);
    String got =
        "%d %d %s"
            .formatted(
                now.readable().size(),
                now.writable().size(),
                third ? now.exceptional().size() : "-");
    System.out.printf("%-6s %-42s r w x = %s%n", backend.name(), state, got);
    assertThat(got).as(state).isEqualTo(third ? expected : expected.substring(0, 4) + "-");
  }

  @ParameterizedTest
  @ValueSource(strings = {"epoll", "nio"})
  void statesAreThoseOfSelect(String name) throws Exception {
    backend = Backend.of(name);
    Listener listener = listener();
    look("listener, nobody waits", listener, "0 0 0");
    StreamSocket waiting = opened(backend.connect(listener.localAddress()));
    expect("listener, a connection waits", listener, Interest.READ, "1 0 0");
    opened(Objects.requireNonNull(listener.accept()));
    waiting.close();

    StreamSocket[] pair = pair(listener);
    look("connected, idle", pair[0], "0 1 0");
    pair[1].write(ByteBuffer.wrap(new byte[3]));
    expect("data pending", pair[0], Interest.READ, "1 1 0");
    pair[0].read(ByteBuffer.allocate(10));
    pair[1].shutdownOutput();
    expect("the peer sent its end of stream", pair[0], Interest.READ, "1 1 0");
    pair[0].shutdownOutput();
    expect("both directions ended", pair[0], Interest.READ, "1 1 0");

    StreamSocket[] reset = pair(listener);
    reset[1].abort();
    expect("the peer reset", reset[0], Interest.READ, "1 1 0");

    Listener gone = listener();
    InetSocketAddress nobody = (InetSocketAddress) gone.localAddress();
    gone.close();
    expect("connect was refused", opened(backend.connect(nobody)), Interest.WRITE, "1 1 0");
  }

  @Test
  void urgentDataIsTheThirdSet() throws Exception {
    StreamSocket[] pair = pair(listener());
    pair[1].sendUrgent((byte) '!');
    expect("urgent byte, nothing before it", pair[0], Interest.EXCEPTIONAL, "0 1 1");
    assertThat(pair[0].receiveUrgent()).isEqualTo('!');
    look("urgent byte received", pair[0], "0 1 0");
    pair[1].write(ByteBuffer.wrap("abc".getBytes(java.nio.charset.StandardCharsets.US_ASCII)));
    pair[1].sendUrgent((byte) '?');
    expect("abc, then an urgent byte", pair[0], Interest.EXCEPTIONAL, "1 1 1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"epoll", "nio"})
  void timeouts(String name) throws Exception {
    backend = Backend.of(name);
    Listener listener = listener();
    for (Duration timeout : new Duration[] {Duration.ZERO, Duration.ofMillis(70)}) {
      long start = System.nanoTime();
      assertThat(Select.select(List.of(listener), List.of(), List.of(), timeout).isEmpty())
          .isTrue();
      long took = System.nanoTime() - start;
      assertThat(took).isGreaterThanOrEqualTo(timeout.toNanos());
      System.out.printf("%-6s timeout %s took %.3f ms%n", name, timeout, took / 1e6);
    }
    opened(backend.connect(listener.localAddress()));
    assertThat(Select.select(List.of(listener), List.of(), List.of(), null).readable())
        .containsExactly(listener);
  }

  @ParameterizedTest
  @ValueSource(strings = {"epoll", "nio"})
  void twoThousandSocketsInOneCall(String name) throws Exception {
    backend = Backend.of(name);
    Listener listener = listener();
    List<StreamSocket> servers = new ArrayList<>();
    List<StreamSocket> clients = new ArrayList<>();
    for (int i = 0; i < 2_000; i++) {
      StreamSocket[] pair = pair(listener);
      servers.add(pair[0]);
      clients.add(pair[1]);
    }
    Collections.reverse(servers); // the order of the argument, not of the descriptors, counts
    Collections.reverse(clients);
    List<StreamSocket> speaking = List.of(clients.get(5), clients.get(1_500), clients.get(1_999));
    for (StreamSocket client : speaking) {
      client.write(ByteBuffer.wrap(new byte[1]));
    }
    List<StreamSocket> expected = List.of(servers.get(5), servers.get(1_500), servers.get(1_999));
    Selected<StreamSocket> ready = Select.select(servers, clients, List.of(), SOON);
    while (ready.readable().size() < 3) {
      ready = Select.select(servers, clients, List.of(), SOON);
    }
    assertThat(ready.readable()).isEqualTo(expected);
    assertThat(ready.writable()).isEqualTo(clients);
    System.out.printf(
        "%-6s %d sockets in one call: %d readable, %d writable%n",
        name, servers.size() + clients.size(), ready.readable().size(), ready.writable().size());
  }
}
