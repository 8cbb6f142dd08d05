package sluice.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A server that has no descriptor left: whoever is in is served, whoever is not waits, and comes
/// in when others leave.
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FullServerIT {
  private static final int DESCRIPTORS = 128;
  private static final int EPISODES = 2;
  private static final int FULL_MILLIS = 2_000;

  private final List<Socket> clients = new ArrayList<>();

  @AfterEach
  void leave() throws IOException {
    leave(clients.size());
  }

  private void leave(int count) throws IOException {
    List<Socket> leaving = clients.subList(0, count);
    for (Socket client : leaving) {
      client.close();
    }
    leaving.clear();
  }

  private void come(int port) throws IOException {
    Socket client = new Socket(InetAddress.getLoopbackAddress(), port);
    client.setSoTimeout(30_000);
    clients.add(client);
  }

  private static void assertServed(Socket client) throws IOException {
    client.getOutputStream().write('x');
    assertThat(client.getInputStream().read()).isEqualTo('x');
  }

  @ParameterizedTest
  @ValueSource(strings = {"nio", "epoll", "io_uring"})
  void whoIsInIsServedAndTheOthersComeInWhenTheyLeave(String backend) throws Exception {
    try (Program program =
        Program.run(
            Program.within(
                "ulimit -n " + DESCRIPTORS + "; exec \"$@\"",
                "serve",
                "--backend",
                backend,
                "--max-connections", // or the famine would never come
                "0",
                "--listen",
                "127.0.0.1:0"))) {
      int port = program.port();
      for (int episode = 0; episode < EPISODES; episode++) {
        boolean first = episode == 0;
        while (clients.size() < DESCRIPTORS) { // more than it can have
          come(port);
        }
        assertServed(clients.getFirst());
        if (first) {
          assertThat(program.line()).contains("accept.paused", "descriptors");
        }

        Socket last = clients.getLast();
        last.getOutputStream().write('x');
        Duration before = program.processorTime();
        last.setSoTimeout(FULL_MILLIS);
        assertThatThrownBy(last.getInputStream()::read).isInstanceOf(SocketTimeoutException.class);
        assertThat(program.processorTime().minus(before))
            .as("used while it is full")
            .isLessThan(Duration.ofMillis(FULL_MILLIS / 4));
        assertServed(clients.getFirst());
        assertThat(program.remainingLines()).as("one line in ten seconds").isEmpty();

        leave(DESCRIPTORS / 2);
        last.setSoTimeout(30_000);
        assertThat(last.getInputStream().read()).isEqualTo('x');
        for (Socket client : clients) {
          assertServed(client);
        }
      }
    }
  }
}
