package sluice.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Connections that the system takes away from a running server, as an administrator's `ss -K` does
/// ([ss(8)](https://man7.org/linux/man-pages/man8/ss.8.html)): their calls fail with ECONNABORTED.
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DestroyedIT {
  private static final int CLIENTS = 20;
  private static final int PATIENCE_MILLIS = 20_000;
  private static final int PROBE_MILLIS = 2_000;

  @ParameterizedTest
  @ValueSource(strings = {"epoll", "nio", "io_uring"})
  void connectionsThatTheSystemDestroysEndAlone(String backend) throws Exception {
    Program.requireBackend(backend);
    Program.require("ss", "iproute2");
    requireSystemThatDestroys();
    List<Socket> clients = new ArrayList<>();
    try (Program program =
        Program.start("serve", "--backend", backend, "--listen", "127.0.0.1:0")) {
      int port = program.port();
      for (int i = 0; i < CLIENTS; i++) {
        clients.add(connect(port));
        Clients.echo(clients.getLast());
      }
      int descriptors = program.descriptors();
      for (int i = 0; i < CLIENTS; i += 2) {
        destroy(port, clients.get(i).getLocalPort());
      }
      for (int i = 0; i < CLIENTS; i++) {
        if (i % 2 == 0) {
          assertThat(Clients.isGone(clients.get(i))).as("client %d is gone", i).isTrue();
        } else {
          Clients.echo(clients.get(i));
        }
      }
      program.awaitDescriptors(descriptors - CLIENTS / 2);
      clients.add(connect(port));
      Clients.echo(clients.getLast());
      program.signal("TERM");
      assertThat(program.exitCode()).isZero();
      assertThat(program.remainingLines()).noneMatch(l -> l.matches("(error|fatal) .*"));
    } finally {
      for (Socket client : clients) {
        client.close();
      }
    }
  }

  /// Only root may, and only a kernel with CONFIG_INET_DIAG_DESTROY can.
  private static void requireSystemThatDestroys() throws Exception {
    try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Socket client = connect(listener.getLocalPort());
        Socket accepted = listener.accept()) {
      destroy(listener.getLocalPort(), client.getLocalPort());
      accepted.setSoTimeout(PROBE_MILLIS);
      if (!Clients.isGone(accepted)) {
        Program.skip("ss -K destroys nothing here");
      }
    }
  }

  private static void destroy(int port, int clientPort) throws Exception {
    String filter = "sport = :" + port + " and dport = :" + clientPort;
    Process ss = new ProcessBuilder("ss", "-K", "-Htn", filter).redirectErrorStream(true).start();
    ss.getInputStream().readAllBytes();
    ss.waitFor();
  }

  private static Socket connect(int port) throws IOException {
    Socket client = new Socket(InetAddress.getLoopbackAddress(), port);
    client.setSoTimeout(PATIENCE_MILLIS);
    return client;
  }
}
