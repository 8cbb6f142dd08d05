package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import sluice.Listener;
import sluice.server.CloseReason;
import sluice.server.Server;

/// What a server needs to start, and where it listens.
public abstract class ServerStartContract extends ServerSuite {
  private static final int FAILURES = 100;

  /// Tells whether a client is served whatever the name that it is bound to. If not, one whose name
  /// this JVM's locale cannot write is dropped, and nobody else is.
  protected boolean servesUnwritableNames() {
    return true;
  }

  private Server.Builder builder() {
    return Server.builder().backend(backend());
  }

  @Test
  void startWithoutAnAddressIsRefused() {
    assertThatThrownBy(() -> builder().handler(new Echo()).start())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("listen");
  }

  @Test
  void startWithoutAHandlerIsRefused() {
    assertThatThrownBy(() -> builder().listen(loopback()).start())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("handler");
  }

  @Test
  void portsThatAreNoneAreRefused() {
    for (int port : new int[] {-1, 65_536, Integer.MIN_VALUE}) {
      assertThatThrownBy(() -> builder().listen("localhost", port))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(String.valueOf(port));
    }
  }

  @Test
  void backlogBelowOneIsRefused() {
    assertThatThrownBy(() -> builder().backlog(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("0");
  }

  @Test
  void unknownHostIsToldByName() {
    assertThatThrownBy(
            () -> builder().listen("no-such-host.invalid", 0).handler(new Echo()).start())
        .isInstanceOf(UnknownHostException.class)
        .hasMessageContaining("no-such-host.invalid");
  }

  @Test
  void addressInUseIsToldAndLeavesNoListenerBehind() throws Exception {
    InetSocketAddress free = (InetSocketAddress) refusingAddress();
    Listener taken = listener();
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(
              () -> builder().listen(free).listen(taken.localAddress()).handler(new Echo()).start())
          .isInstanceOf(BindException.class)
          .hasMessageContaining(
              String.valueOf(((InetSocketAddress) taken.localAddress()).getPort()));
    }
    Server server = track(builder().listen(free).handler(new Echo()).start());
    assertThat(address(server).getPort()).isEqualTo(free.getPort());
    assertServed(connect(server), "served");
  }

  @Test
  void failedStartsLeaveNoDescriptor() throws Exception {
    Listener taken = listener();
    DescriptorCount.assertNoneLeak(() -> {
      for (int i = 0; i < FAILURES; i++) {
        assertThatThrownBy(() ->
                builder()
                    .listen(loopback())
                    .listen(taken.localAddress())
                    .handler(new Echo())
                    .start())
            .isInstanceOf(BindException.class);
      }
    });
  }

  @Test
  void listensOnTheSameAddressAgainAtOnce() throws Exception {
    InetSocketAddress address = (InetSocketAddress) refusingAddress();
    for (int i = 0; i < 10; i++) {
      Echo handler = new Echo();
      try (Server server = builder().listen(address).handler(handler).start();
          Socket client = new Socket()) {
        client.connect(address(server));
        assertServed(client, "again");
        // The server closes first, so that it is its address that waits for late packets.
        server.stop(Duration.ZERO);
        assertEnds(client);
      }
    }
  }

  @Test
  void servesAllItsAddressesAndTellsTheirPortsInOrder() throws Exception {
    UnixDomainSocketAddress unix = unixAddress();
    Server server =
        track(
            builder()
                .listen(InetAddress.getLoopbackAddress().getHostAddress(), 0)
                .listen(unix)
                .listen(loopback())
                .handler(new Echo())
                .start());
    assertThat(server.addresses()).hasSize(3).element(1).isEqualTo(unix);
    assertThat(server.backend()).isEqualTo(backend());
    assertServed(connect(server), "first");
    assertServed(open(unix), "second");
    try (Socket third = new Socket()) {
      third.connect(server.addresses().getLast());
      assertServed(third, "third");
    }
  }

  @Test
  void unixClientWithoutANameIsServed() throws Exception {
    UnixServer unix = new UnixServer();
    try (SocketChannel client = open(unix.address)) {
      assertServed(client, "nobody");
      assertThat(unix.handler.next().remoteAddress()).isEqualTo(UnixDomainSocketAddress.of(""));
    }
    assertThat(unix.handler.reason()).isEqualTo(CloseReason.OK);
  }

  @Test
  void unixClientBoundToAPathIsServed() throws Exception {
    UnixServer unix = new UnixServer();
    UnixDomainSocketAddress name = unixAddress();
    try (SocketChannel client = open(unix.address, name)) {
      assertServed(client, "somebody");
      assertThat(unix.handler.next().remoteAddress()).isEqualTo(name);
    }
    assertThat(unix.handler.reason()).isEqualTo(CloseReason.OK);
  }

  @Test
  void unixClientBoundToAPathInAnyLanguageIsServed() throws Exception {
    UnixServer unix = new UnixServer();
    Path korean = beside(unix.address.getPath(), "\\355\\225\\234");
    try (SocketChannel client = open(unix.address, UnixDomainSocketAddress.of(korean))) {
      if (servesUnwritableNames() || isWritable("\ud55c")) {
        assertServed(client, "somebody");
      }
    }
    assertServed(open(unix.address), "the next");
    Files.delete(korean);
    Files.delete(Objects.requireNonNull(korean.getParent()));
  }

  /// A server on a Unix-domain address.
  private final class UnixServer {
    final Echo handler = new Echo();
    final UnixDomainSocketAddress address = unixAddress();

    UnixServer() throws IOException {
      track(builder().listen(address).handler(handler).start());
    }
  }

  private static boolean isWritable(String name) {
    try {
      Path _ = Path.of(name);
      return true;
    } catch (InvalidPathException _) {
      return false;
    }
  }

  /// Returns a path beside `sibling` of bytes that this JVM's locale may be unable to write: a
  /// shell can, and a listing of the directory brings them back.
  private static Path beside(Path sibling, String octal) throws Exception {
    Path directory = Objects.requireNonNull(sibling.getParent()).resolve("names");
    Process shell =
        new ProcessBuilder(
                "sh", "-c", "mkdir \"$0\" && : >\"$0/$(printf '" + octal + "')\"", "" + directory)
            .inheritIO()
            .start();
    assertThat(shell.waitFor()).isZero();
    try (Stream<Path> names = Files.list(directory)) {
      Path name = names.findFirst().orElseThrow();
      Files.delete(name);
      return name;
    }
  }

  private SocketChannel open(UnixDomainSocketAddress server) throws IOException {
    return open(server, UnixDomainSocketAddress.of(""));
  }

  private SocketChannel open(UnixDomainSocketAddress server, UnixDomainSocketAddress name)
      throws IOException {
    SocketChannel client = track(SocketChannel.open(StandardProtocolFamily.UNIX));
    client.bind(name);
    client.connect(server);
    return client;
  }

  private static void assertServed(SocketChannel client, String text) throws IOException {
    ByteBuffer question = bytes(text);
    while (question.hasRemaining()) {
      client.write(question);
    }
    ByteBuffer answer = ByteBuffer.allocate(text.length());
    while (answer.hasRemaining() && client.read(answer) >= 0) {}
    assertThat(new String(answer.array(), 0, answer.position(), StandardCharsets.US_ASCII))
        .isEqualTo(text);
  }
}
