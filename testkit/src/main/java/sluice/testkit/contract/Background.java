package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A call running on a thread of its own, with its outcome.
record Background<T>(Thread thread, CompletableFuture<T> outcome) {
  static <T> Background<T> start(Callable<T> call) {
    return start(Thread.ofPlatform().daemon(), call);
  }

  static <T> Background<T> startVirtual(Callable<T> call) {
    return start(Thread.ofVirtual(), call);
  }

  private static <T> Background<T> start(Thread.Builder builder, Callable<T> call) {
    CompletableFuture<T> outcome = new CompletableFuture<>();
    Thread thread =
        builder.start(() -> {
          try {
            outcome.complete(call.call());
          } catch (Throwable t) {
            outcome.completeExceptionally(t);
          }
        });
    return new Background<>(thread, outcome);
  }

  /// Returns once the thread is inside a `select` of Sluice, or has ended.
  Background<T> entered() throws Exception {
    Wait.until("the thread is inside select", () -> outcome.isDone() || isInsideSelect());
    return this;
  }

  private boolean isInsideSelect() {
    for (StackTraceElement frame : thread.getStackTrace()) {
      if (frame.getMethodName().startsWith("select")
          && frame.getClassName().startsWith("sluice.")
          && !frame.getClassName().startsWith("sluice.testkit.")) {
        return true;
      }
    }
    return false;
  }

  T join() throws Exception {
    return outcome.get(Wait.LIMIT_SECONDS, TimeUnit.SECONDS);
  }

  /// Returns what the call threw; fails the test if it returned.
  Throwable failure() throws Exception {
    @Nullable T result;
    try {
      result = join();
    } catch (ExecutionException e) {
      assertThat(e.getCause()).isNotNull();
      return java.util.Objects.requireNonNull(e.getCause());
    }
    return fail("the call should have failed, but returned %s", result);
  }
}
