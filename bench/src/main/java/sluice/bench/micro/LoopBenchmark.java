package sluice.bench.micro;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.Blackhole;
import sluice.Backend;
import sluice.EventLoop;

/// Tasks and timers of a loop, beside those of one of Netty's.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@SuppressWarnings("NullAway.Init") // the setup does it
public class LoopBenchmark {
  private static final int BATCH = 1000;

  /// Some ten microseconds of nothing.
  private static final long FALL_ASLEEP = 5000;

  private final AtomicInteger done = new AtomicInteger();
  private EventLoop epoll;
  private EventLoop uring;
  private EventLoopGroup group;
  private io.netty.channel.EventLoop netty;

  /// Starts the loops.
  @Setup(Level.Trial)
  public void open() throws IOException {
    epoll = Backend.of("epoll").openLoop("epoll");
    uring = Backend.of("io_uring").openLoop("io_uring");
    group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    netty = group.next();
  }

  /// Ends them.
  @TearDown(Level.Trial)
  public void close() {
    epoll.close();
    uring.close();
    var _ = group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }

  /// One task to a loop that had the time to fall asleep, and back: a wake-up.
  private void wakeUp(Executor loop) {
    Blackhole.consumeCPU(FALL_ASLEEP);
    done.set(0);
    loop.execute(done::incrementAndGet);
    while (done.get() == 0) {
      Thread.onSpinWait();
    }
  }

  /// Many tasks to a loop that is awake: the queue.
  private void enqueue(Executor loop) {
    done.set(0);
    for (int i = 0; i < BATCH; i++) {
      loop.execute(done::incrementAndGet);
    }
    while (done.get() < BATCH) {
      Thread.onSpinWait();
    }
  }

  private void await(Executor loop, Runnable timers) {
    done.set(0);
    loop.execute(() -> {
      timers.run();
      done.set(1);
    });
    while (done.get() == 0) {
      Thread.onSpinWait();
    }
  }

  private void setTimers(EventLoop loop) {
    await(
        loop,
        () -> {
          for (int i = 0; i < BATCH; i++) {
            loop.schedule(Duration.ofSeconds(10 + i % 50), () -> {}).cancel();
          }
        });
  }

  /// What is to be taken off the wake-ups.
  @Benchmark
  public void wakeUpNobody() {
    Blackhole.consumeCPU(FALL_ASLEEP);
  }

  @Benchmark
  public void wakeUpEpoll() {
    wakeUp(epoll);
  }

  @Benchmark
  public void wakeUpUring() {
    wakeUp(uring);
  }

  @Benchmark
  public void wakeUpNetty() {
    wakeUp(netty);
  }

  @Benchmark
  @OperationsPerInvocation(BATCH)
  public void queueEpoll() {
    enqueue(epoll);
  }

  @Benchmark
  @OperationsPerInvocation(BATCH)
  public void queueUring() {
    enqueue(uring);
  }

  @Benchmark
  @OperationsPerInvocation(BATCH)
  public void queueNetty() {
    enqueue(netty);
  }

  /// A timer is set and called off, as most of them are.
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public void timerSluice() {
    setTimers(epoll);
  }

  @Benchmark
  @OperationsPerInvocation(BATCH)
  public void timerNetty() {
    await(
        netty,
        () -> {
          for (int i = 0; i < BATCH; i++) {
            netty.schedule(() -> {}, 10 + i % 50, TimeUnit.SECONDS).cancel(false);
          }
        });
  }
}
