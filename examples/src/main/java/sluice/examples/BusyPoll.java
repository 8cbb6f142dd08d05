package sluice.examples;

import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import sluice.*;

/// What a timeout of zero in a loop costs: the processor time of two seconds with nothing to do.
final class BusyPoll {
  public static void main(String[] args) throws Exception {
    Listener listener = Backend.best().listen(new InetSocketAddress("localhost", 0), 5);
    run(listener, Duration.ZERO);
    run(listener, Duration.ofSeconds(2));
    listener.close();
  }

  private static void run(Listener listener, Duration timeout) throws Exception {
    var threads = ManagementFactory.getThreadMXBean();
    long cpu = threads.getCurrentThreadCpuTime();
    long start = System.nanoTime();
    long calls = 0;
    while (System.nanoTime() - start < 2_000_000_000L) {
      Select.select(List.of(listener), List.of(), List.of(), timeout);
      calls++;
    }
    long used = (threads.getCurrentThreadCpuTime() - cpu) / 1_000_000;
    System.out.printf("timeout %s: %d calls, %d ms of processor time%n", timeout, calls, used);
  }
}
