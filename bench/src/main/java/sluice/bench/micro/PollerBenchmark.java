package sluice.bench.micro;

import java.io.IOException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.Blackhole;
import sluice.Backend;
import sluice.Interest;
import sluice.Poller;
import sluice.UdpSocket;

/// A poller over 1,000 sockets, beside a `Selector`. With nothing ready it is one system call and
/// its way there through the Foreign Function & Memory API.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@SuppressWarnings("NullAway.Init") // the setup does it
public class PollerBenchmark {
  private static final int WATCHED = 1000;

  /// How many are ready all the time.
  @Param({"0", "1", "1000"})
  public int ready;

  private final Sockets sockets = new Sockets();
  private final Sockets peers = new Sockets();
  private Poller<UdpSocket> poller;
  private Selector selector;

  /// Opens the sockets.
  @Setup(Level.Trial)
  public void open() throws IOException {
    Backend epoll = Backend.of("epoll");
    poller = epoll.openPoller();
    for (UdpSocket socket : sockets.open(epoll, WATCHED)) {
      poller.register(socket, Interest.READ, socket);
    }
    sockets.makeReadable(ready);
    selector = Selector.open();
    for (DatagramChannel channel : peers.openChannels(WATCHED)) {
      channel.register(selector, SelectionKey.OP_READ);
    }
    peers.makeReadable(ready);
  }

  /// Closes them.
  @TearDown(Level.Trial)
  public void close() throws IOException {
    poller.close();
    sockets.close();
    selector.close();
    peers.close();
  }

  /// Ours.
  @Benchmark
  public int poller(Blackhole hole) throws IOException {
    return poller.select(Duration.ZERO, (socket, _) -> hole.consume(socket));
  }

  /// The JDK's, in its cheapest form.
  @Benchmark
  public int jdkSelector(Blackhole hole) throws IOException {
    return selector.selectNow(hole::consume);
  }
}
