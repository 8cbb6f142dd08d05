package sluice.bench.micro;

import java.io.IOException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.List;
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
import sluice.Backend;
import sluice.Select;
import sluice.Selected;
import sluice.UdpSocket;

/// `select` again with the same lists, of which some members are ready, beside a `Selector` that
/// has them registered.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@SuppressWarnings("NullAway.Init") // the setup does it
public class SelectBenchmark {
  /// How many are watched.
  @Param({"1", "1000", "5000"})
  public int watched;

  /// How many of them are ready all the time.
  @Param({"0", "1"})
  public int ready;

  private final Sockets sockets = new Sockets();
  private final Sockets peers = new Sockets();
  private List<UdpSocket> members = List.of();
  private Selector selector;

  /// Opens the sockets.
  @Setup(Level.Trial)
  public void open() throws IOException {
    members = List.copyOf(sockets.open(Backend.of("epoll"), watched));
    sockets.makeReadable(ready);
    selector = Selector.open();
    for (DatagramChannel channel : peers.openChannels(watched)) {
      channel.register(selector, SelectionKey.OP_READ);
    }
    peers.makeReadable(ready);
  }

  /// Closes them.
  @TearDown(Level.Trial)
  public void close() throws IOException {
    sockets.close();
    selector.close();
    peers.close();
  }

  /// Ours.
  @Benchmark
  public Selected<UdpSocket> select() throws IOException {
    return Select.select(members, List.of(), List.of(), Duration.ZERO);
  }

  /// The JDK's, in its cheapest form.
  @Benchmark
  public int jdkSelector() throws IOException {
    return selector.selectNow(_ -> {});
  }
}
