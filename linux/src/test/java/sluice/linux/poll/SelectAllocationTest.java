package sluice.linux.poll;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import sluice.Backend;
import sluice.Event;
import sluice.Select;

/// A repeated select allocates its answer and nothing else.
class SelectAllocationTest {
  private static final int CALLS = 20_000;

  /// A record and three empty lists, with 8 bytes to spare each for JVMs without compact headers.
  private static final long ANSWER_BYTES = 32 + 3 * 32;

  @Test
  void repeatedSelectAllocatesItsAnswerOnly() throws Exception {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    List<Event> members = new ArrayList<>();
    List<Event> none = List.of();
    try {
      for (int i = 0; i < 100; i++) {
        members.add(Backend.of("epoll").descriptors().openEvent());
      }
      long bytes = Long.MAX_VALUE;
      for (int round = 0; round < 5; round++) { // the compilers take their time
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < CALLS; i++) {
          assertThatNothingIsReady(members, none);
        }
        bytes = Math.min(bytes, (threads.getCurrentThreadAllocatedBytes() - before) / CALLS);
      }
      assertThat(bytes).isBetween(1L, ANSWER_BYTES);
    } finally {
      for (Event member : members) {
        member.close();
      }
    }
  }

  private static void assertThatNothingIsReady(List<Event> members, List<Event> none)
      throws Exception {
    if (!Select.select(members, none, none, Duration.ZERO).isEmpty()) {
      throw new AssertionError("an event that nobody raised is ready");
    }
  }
}
