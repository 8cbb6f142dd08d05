package sluice.internal.loop;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import sluice.EventLoop;
import sluice.spi.Host;

/// Real threads and the real clock.
public final class SystemHost implements Host {
  /// The only one.
  public static final SystemHost INSTANCE = new SystemHost();

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
  public void startLoop(String name, EventLoop loop, Turn turn) {
    new LoopThread(
            name,
            loop,
            () -> {
              while (turn.run()) {}
            })
        .start();
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
