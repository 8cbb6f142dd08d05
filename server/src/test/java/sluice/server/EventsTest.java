package sluice.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sluice.Backend;

class EventsTest {
  @TempDir Path folder;

  @Test
  void aRecorderIsToldWhoWasRefusedWhoEndedAndWhatHeldUpALoop() throws Exception {
    Path file = folder.resolve("events.jfr");
    try (Recording recording = new Recording()) {
      recording.enable("sluice.ConnectionRefused");
      recording.enable("sluice.ConnectionClosed");
      recording.enable("sluice.LoopBlocked");
      recording.start();
      try (Server server =
          Server.builder()
              .backend(Backend.of("nio"))
              .listen("127.0.0.1", 0)
              .limits(Limits.builder().maxConnections(1).idle(Duration.ofMillis(500)).build())
              .handler((connection, data) -> {
                holdUp();
                connection.write(data);
              })
              .start()) {
        int port = ((InetSocketAddress) server.addresses().getFirst()).getPort();
        try (Socket first = new Socket(InetAddress.getLoopbackAddress(), port);
            Socket second = new Socket(InetAddress.getLoopbackAddress(), port)) {
          assertThat(second.getInputStream().read()).isEqualTo(-1);
          first.getOutputStream().write(1);
          assertThat(first.getInputStream().read()).isEqualTo(1);
          assertThat(first.getInputStream().read()).isEqualTo(-1);
        }
      }
      recording.stop();
      recording.dump(file);
    }
    List<RecordedEvent> events = RecordingFile.readAllEvents(file);
    assertThat(one(events, "sluice.ConnectionRefused").getString("reason")).isEqualTo("max_conns");
    assertThat(one(events, "sluice.ConnectionClosed").getString("reason")).isEqualTo("idle");
    RecordedEvent blocked = one(events, "sluice.LoopBlocked");
    assertThat(blocked.getString("at")).contains("EventsTest.holdUp");
    assertThat(blocked.getString("remote")).startsWith("/127.0.0.1:");
    assertThat(blocked.getDuration("nanos")).isGreaterThan(Duration.ofMillis(90));
  }

  private static void holdUp() throws InterruptedException {
    Thread.sleep(300);
  }

  private static RecordedEvent one(List<RecordedEvent> events, String name) {
    List<RecordedEvent> found =
        events.stream().filter(event -> event.getEventType().getName().equals(name)).toList();
    assertThat(found).as(name).hasSize(1);
    return found.getFirst();
  }
}
