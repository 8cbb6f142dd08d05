package sluice.linux.poll;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import sluice.Backend;
import sluice.Event;
import sluice.Select;
import sluice.Selected;

/// A repeated select allocates its answer, and nothing for its members.
class SelectAllocationTest {
  private static final int CALLS = 10_000;

  /// A record and three empty lists (96), and the objects that a downcall makes when the compiler
  /// has not inlined all of it. One array of the members would be 416.
  private static final long ANSWER_BYTES = 256;

  /// So that the answer is really made.
  private @Nullable Selected<Event> answer;

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
      // The compilers take their time, the more the busier the machine is.
      for (int round = 0; round < 200 && bytes > ANSWER_BYTES; round++) {
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

  private void assertThatNothingIsReady(List<Event> members, List<Event> none) throws Exception {
    answer = Select.select(members, none, none, Duration.ZERO);
    if (!answer.isEmpty()) {
      throw new AssertionError("an event that nobody raised is ready");
    }
  }
}
