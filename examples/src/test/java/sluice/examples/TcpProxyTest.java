package sluice.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import sluice.Backend;
import sluice.server.Server;

/// The proxy between sockets of the JDK, on every backend.
@ParameterizedClass
@MethodSource("backends")
class TcpProxyTest {
  private static final int TIMEOUT_MILLIS = 20_000;
  private static final int MIB = 1024 * 1024;

  @Parameter Backend backend;

  private ServerSocket target;
  private Server proxy;

  static List<Backend> backends() {
    return Backend.available();
  }

  @BeforeEach
  void start() throws IOException {
    target = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
    target.setSoTimeout(TIMEOUT_MILLIS);
    proxy = proxy(1);
  }

  private Server proxy(int loops) throws IOException {
    InetSocketAddress to = (InetSocketAddress) target.getLocalSocketAddress();
    return Server.builder()
        .backend(backend)
        .loops(loops)
        .listen("127.0.0.1", 0)
        .handlerPerConnection(() -> new TcpProxy(to))
        .start();
  }

  @AfterEach
  void stop() throws IOException {
    proxy.close();
    target.close();
  }

  private Socket client() throws IOException {
    InetSocketAddress address = (InetSocketAddress) proxy.addresses().getFirst();
    return patient(new Socket(address.getAddress(), address.getPort()));
  }

  private static Socket patient(Socket socket) throws IOException {
    socket.setSoTimeout(TIMEOUT_MILLIS);
    return socket;
  }

  private Socket accept() throws IOException {
    return patient(target.accept());
  }

  @Test
  void bothSidesAreHeard() throws Exception {
    try (Socket client = client();
        Socket server = accept()) {
      RunningExample.send(server, "who is there?");
      RunningExample.expect(client, "who is there?");
      RunningExample.send(client, "me");
      RunningExample.expect(server, "me");
    }
  }

  @Test
  void programConnectsToWhatItWasTold() throws Exception {
    String port = Integer.toString(target.getLocalPort());
    Thread echo = Thread.ofVirtual().start(() -> echo(1));
    try (RunningExample program = new RunningExample(TcpProxy.class, "127.0.0.1", port)) {
      assertThat(program.answers("hello")).isEqualTo("hello");
    }
    echo.join();
  }

  @Test
  void clientMayEndFirst() throws Exception {
    try (Socket client = client()) {
      RunningExample.send(client, "question"); // perhaps before the target is connected
      client.shutdownOutput();
      try (Socket server = accept()) {
        assertThat(RunningExample.rest(server)).isEqualTo("question");
        RunningExample.send(server, "answer");
        server.shutdownOutput();
        assertThat(RunningExample.rest(client)).isEqualTo("answer");
      }
    }
  }

  @Test
  void targetMayEndFirst() throws Exception {
    try (Socket client = client();
        Socket server = accept()) {
      RunningExample.send(server, "greeting");
      server.shutdownOutput();
      assertThat(RunningExample.rest(client)).isEqualTo("greeting");
      RunningExample.send(client, "farewell");
      client.shutdownOutput();
      assertThat(RunningExample.rest(server)).isEqualTo("farewell");
    }
  }

  @Test
  void clientThatReadsSlowlySlowsTheTargetDown() throws Exception {
    try (Socket client = client();
        Socket server = accept()) {
      sendsFasterThanTheOtherReads(server, client);
    }
  }

  @Test
  void targetThatReadsSlowlySlowsTheClientDown() throws Exception {
    try (Socket client = client();
        Socket server = accept()) {
      sendsFasterThanTheOtherReads(client, server);
    }
  }

  private static void sendsFasterThanTheOtherReads(Socket fast, Socket slow) throws Exception {
    int count = 64;
    long before = directBytes();
    AtomicLong sent = new AtomicLong();
    Thread sender =
        Thread.ofVirtual()
            .start(() -> {
              try {
                for (int i = 0; i < count; i++) {
                  fast.getOutputStream().write(piece(i));
                  sent.addAndGet(MIB);
                }
                fast.shutdownOutput();
              } catch (IOException _) {
                // the reader says what is missing
              }
            });
    for (long last = -1; sent.get() != last; Thread.sleep(300)) {
      last = sent.get(); // until nothing is taken any more
    }
    assertThat(sent.get()).isLessThan((long) count * MIB);
    for (int i = 0; i < count; i++) {
      byte[] piece = slow.getInputStream().readNBytes(MIB);
      assertThat(Arrays.equals(piece, piece(i))).as("piece %s", i).isTrue();
      assertThat(directBytes() - before).isLessThan(2 * MIB);
    }
    assertThat(slow.getInputStream().read()).isEqualTo(-1);
    sender.join();
  }

  private static byte[] piece(int number) {
    byte[] piece = new byte[MIB];
    for (int i = 0; i < MIB; i++) {
      piece[i] = (byte) (i * 31 + (i >> 8) + number);
    }
    return piece;
  }

  private static long directBytes() {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(pool -> pool.getName().equals("direct"))
        .mapToLong(BufferPoolMXBean::getMemoryUsed)
        .sum();
  }

  /// Both sides send all before they have been read from: nobody may wait for the other direction.
  @Test
  void directionsDoNotWaitForEachOther() throws Exception {
    try (Socket client = client();
        Socket server = accept()) {
      var answers = CompletableFuture.runAsync(() -> sendAll(server), Thread::startVirtualThread);
      var drain = CompletableFuture.runAsync(() -> readAll(server), Thread::startVirtualThread);
      sendAll(client);
      readAll(client);
      answers.join();
      drain.join();
    }
  }

  private static void sendAll(Socket socket) {
    try {
      for (int i = 0; i < 64; i++) {
        socket.getOutputStream().write(piece(i));
      }
      socket.shutdownOutput();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void readAll(Socket socket) {
    try {
      for (int i = 0; i < 64; i++) {
        assertThat(socket.getInputStream().readNBytes(MIB)).isEqualTo(piece(i));
      }
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void resetOfTheClientReachesTheTarget() throws Exception {
    try (Socket client = client();
        Socket server = accept()) {
      RunningExample.send(client, "a");
      RunningExample.expect(server, "a");
      reset(client);
      expectReset(server);
    }
  }

  @Test
  void resetOfTheTargetReachesTheClient() throws Exception {
    try (Socket client = client();
        Socket server = accept()) {
      RunningExample.send(server, "a");
      RunningExample.expect(client, "a");
      reset(server);
      expectReset(client);
    }
  }

  @Test
  void resetAfterTheEndOfTheStreamIsOneToo() throws Exception {
    try (Socket client = client();
        Socket server = accept()) {
      client.shutdownOutput();
      assertThat(server.getInputStream().read()).isEqualTo(-1);
      reset(server);
      expectReset(client);
    }
  }

  private static void reset(Socket socket) throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  private static void expectReset(Socket socket) {
    assertThatThrownBy(() -> socket.getInputStream().read())
        .isInstanceOf(SocketException.class)
        .hasMessageContaining("reset");
  }

  @Test
  void targetThatRefusesIsAResetForTheClient() throws Exception {
    target.close();
    try (Socket client = client()) {
      expectReset(client);
    }
  }

  @Test
  void hundredClientsAtOnceOnTwoLoops() throws Exception {
    proxy.close();
    proxy = proxy(2);
    Thread echo = Thread.ofVirtual().start(() -> echo(100));
    List<Thread> threads = new ArrayList<>();
    AtomicInteger right = new AtomicInteger();
    for (int i = 0; i < 100; i++) {
      int number = i;
      threads.add(
          Thread.ofVirtual()
              .start(() -> {
                try (Socket client = client()) {
                  String text = ("client " + number + " ").repeat(1_000);
                  RunningExample.send(client, text);
                  client.shutdownOutput();
                  if (RunningExample.rest(client).equals(text)) {
                    right.incrementAndGet();
                  }
                } catch (IOException _) {
                  // not right
                }
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(right).hasValue(100);
    echo.join();
  }

  private void echo(int clients) {
    try {
      for (int i = 0; i < clients; i++) {
        Socket server = accept();
        Thread.ofVirtual()
            .start(() -> {
              try (server) {
                server.getInputStream().transferTo(server.getOutputStream());
              } catch (IOException _) {
                // its client says what is missing
              }
            });
      }
    } catch (IOException _) {
      // the clients say what is missing
    }
  }
}
