package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;

/// Counts the descriptors of this process, where the system tells: Linux.
final class DescriptorCount {
  private static final File OPEN = new File("/proc/self/fd");

  private DescriptorCount() {}

  /// Runs `cycle` and checks that it leaves no descriptor behind.
  static void assertNoneLeak(ThrowingRunnable cycle) throws Exception {
    cycle.run(); // whatever is opened once and kept, is open now
    int before = count();
    cycle.run();
    // The reset of a peer, or a thread that ends, may free its descriptor a moment later.
    try {
      Wait.until("descriptors are back to " + before, () -> count() <= before);
    } catch (AssertionError e) {
      assertThat(count()).as("open descriptors").isEqualTo(before);
    }
  }

  private static int count() {
    String[] names = OPEN.list();
    return names == null ? 0 : names.length;
  }

  /// Test code that may throw anything.
  @FunctionalInterface
  interface ThrowingRunnable {
    void run() throws Exception;
  }
}
