package sluice.testkit.contract;

import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import sluice.Readiness;
import sluice.Watcher;

/// Keeps what a loop tells it.
final class RecordingWatcher implements Watcher {
  final BlockingQueue<Readiness> ready = new LinkedBlockingQueue<>();
  final BlockingQueue<IOException> ends = new LinkedBlockingQueue<>();

  @Override
  public void onReady(Readiness readiness) {
    ready.add(readiness);
  }

  @Override
  public void onEnd(IOException cause) {
    ends.add(cause);
  }

  Readiness next() throws InterruptedException {
    return present(ready.poll(Wait.LIMIT_SECONDS, TimeUnit.SECONDS));
  }

  IOException end() throws InterruptedException {
    return present(ends.poll(Wait.LIMIT_SECONDS, TimeUnit.SECONDS));
  }

  private static <T> T present(@Nullable T told) {
    return Objects.requireNonNull(told, "the watcher was not told");
  }
}
