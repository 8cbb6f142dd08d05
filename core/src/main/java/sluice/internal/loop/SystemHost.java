package sluice.internal.loop;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import sluice.EventLoop;
import sluice.spi.Host;

/// Real threads and the real clock.
public final class SystemHost implements Host {
  /// The only one.
  public static final SystemHost INSTANCE = new SystemHost();

  private final Map<EventLoop, Thread> threads = new ConcurrentHashMap<>();

  private SystemHost() {}

  private static final class LoopThread extends Thread {
    final EventLoop loop;

    LoopThread(String name, EventLoop loop, Runnable body) {
      super(null, body, name);
      this.loop = loop;
    }
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public long random() {
    return ThreadLocalRandom.current().nextLong();
  }

  @Override
  public void startLoop(String name, EventLoop loop, Turn turn) {
    LoopThread thread =
        new LoopThread(
            name,
            loop,
            () -> {
              while (turn.run()) {}
              threads.remove(loop);
            });
    threads.put(loop, thread);
    thread.start();
  }

  @Override
  public EventLoop.Registration every(Duration period, String name, Runnable body) {
    Thread thread =
        Thread.ofPlatform()
            .name(name)
            .daemon()
            .start(() -> {
              try {
                while (true) {
                  Thread.sleep(period);
                  body.run();
                }
              } catch (InterruptedException _) {
                // cancelled
              }
            });
    return thread::interrupt;
  }

  @Override
  public StackTraceElement[] stack(EventLoop loop) {
    Thread thread = threads.get(loop);
    return thread == null ? new StackTraceElement[0] : thread.getStackTrace();
  }

  @Override
  public boolean inLoop(@Nullable EventLoop loop) {
    return Thread.currentThread() instanceof LoopThread thread && thread.loop.equals(loop);
  }

  @Override
  public ByteBuffer allocate(int bytes) {
    return ByteBuffer.allocateDirect(bytes);
  }

  @Override
  public void await(CompletionStage<?> stage) {
    stage.toCompletableFuture().join();
  }
}
