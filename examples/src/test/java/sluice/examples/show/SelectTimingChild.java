package sluice.examples.show;

import com.sun.management.ThreadMXBean;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.Callable;
import sluice.Backend;
import sluice.Event;
import sluice.Interest;
import sluice.Poller;
import sluice.Select;

/// Times one way of asking over many descriptors. Reads lines "KIND COUNT", answers "NS BYTES": per
/// call, the best of some stretches, and what the thread allocated.
final class SelectTimingChild {
  private static final long STRETCH_NANOS = 150_000_000;
  private static final int STRETCHES = 3;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final Backend backend = Backend.of("epoll");
  private final List<Event> events = new ArrayList<>();
  private final List<DatagramChannel> channels = new ArrayList<>();

  public static void main(String[] args) throws Exception {
    SelectTimingChild child = new SelectTimingChild();
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      int space = line.indexOf(' ');
      System.out.println(
          child.time(line.substring(0, space), Integer.parseInt(line.substring(space + 1))));
    }
  }

  private String time(String kind, int count) throws Exception {
    return switch (kind) {
      case "ArrayList" -> select(new ArrayList<>(quiet(count)));
      case "LinkedHashSet" -> select(new LinkedHashSet<>(quiet(count)));
      case "List.of" -> select(List.copyOf(quiet(count)));
      case "changing" -> changing(count);
      case "ready" -> ready(count);
      case "poller" -> poller(count);
      case "selectNow" -> selectNow(count);
      default -> throw new IllegalArgumentException(kind);
    };
  }

  private List<Event> quiet(int count) throws IOException {
    while (events.size() < count) {
      events.add(backend.descriptors().openEvent());
    }
    return events.subList(0, count);
  }

  private static String select(java.util.Collection<Event> members) throws Exception {
    List<Event> none = List.of();
    return best(() -> Select.select(members, none, none, Duration.ZERO));
  }

  /// One member in the middle is another one in each call.
  private String changing(int count) throws Exception {
    List<Event> all = quiet(count + 1);
    List<Event> members = new ArrayList<>(all.subList(0, count));
    List<Event> none = List.of();
    boolean[] odd = {false};
    return best(() -> {
      odd[0] = !odd[0];
      members.set(count / 2, all.get(odd[0] ? count : count / 2));
      return Select.select(members, none, none, Duration.ZERO);
    });
  }

  /// All are ready: an event is writable.
  private String ready(int count) throws Exception {
    List<Event> members = new ArrayList<>(quiet(count));
    List<Event> none = List.of();
    return best(() -> Select.select(none, members, none, Duration.ZERO));
  }

  /// The same through a poller: the wait and one list.
  private String poller(int count) throws Exception {
    try (Poller<Event> poller = backend.openPoller()) {
      for (Event event : quiet(count)) {
        poller.register(event, Interest.WRITE, event);
      }
      return best(() -> {
        List<Event> ready = new ArrayList<>();
        int told = 0;
        while (told < count) { // so many at a time
          told += poller.select(Duration.ZERO, (event, _) -> ready.add(event));
        }
        return ready;
      });
    }
  }

  private String selectNow(int count) throws Exception {
    while (channels.size() < count) {
      DatagramChannel channel = DatagramChannel.open();
      channel.configureBlocking(false);
      channels.add(channel);
    }
    try (Selector selector = Selector.open()) {
      for (DatagramChannel channel : channels.subList(0, count)) {
        channel.register(selector, SelectionKey.OP_READ);
      }
      return best(selector::selectNow);
    }
  }

  private static String best(Callable<?> call) throws Exception {
    double best = Double.MAX_VALUE;
    long allocated = 0;
    for (int stretch = -2; stretch < STRETCHES; stretch++) { // two to warm up
      long calls = 0;
      long bytes = THREADS.getCurrentThreadAllocatedBytes();
      long start = THREADS.getCurrentThreadCpuTime(); // others may have the processor, too
      long now = start;
      while (now - start < STRETCH_NANOS) {
        for (int i = 0; i < 100; i++) {
          call.call();
        }
        calls += 100;
        now = THREADS.getCurrentThreadCpuTime();
      }
      double nanos = (double) (now - start) / calls;
      if (stretch >= 0 && nanos < best) {
        best = nanos;
        allocated = (THREADS.getCurrentThreadAllocatedBytes() - bytes) / calls;
      }
    }
    return Math.round(best) + " " + allocated;
  }
}
