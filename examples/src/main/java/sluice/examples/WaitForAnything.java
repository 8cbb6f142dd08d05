package sluice.examples;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import sluice.*;

/// Standard input, a child process, a timer and a signal, in one `select`.
final class WaitForAnything {
  public static void main(String[] args) throws Exception {
    Descriptors descriptors = Backend.of("epoll").descriptors();
    Process child = new ProcessBuilder("sleep", "0.2").start();
    try (Descriptor input = descriptors.standardInput();
        Descriptor ended = descriptors.openProcess(child.toHandle());
        Timer timer = descriptors.openTimer();
        Counter resized = descriptors.openSignal("WINCH")) {
      timer.startEvery(Duration.ofMillis(50));
      List<Descriptor> all = List.of(input, ended, timer, resized);
      boolean running = true;
      while (running) {
        for (Descriptor ready : Select.select(all, List.of(), List.of(), null).readable()) {
          if (ready.equals(input)) {
            ByteBuffer line = ByteBuffer.allocate(80);
            running = input.read(line) > 0;
            System.out.print("input: " + StandardCharsets.UTF_8.decode(line.flip()));
          } else if (ready.equals(timer)) {
            System.out.println("ticks: " + timer.take());
          } else if (ready.equals(resized)) {
            System.out.println("the terminal was resized: " + resized.take());
          } else {
            System.out.println("the child has ended: " + child.waitFor());
            running = false;
          }
        }
      }
    }
  }
}
