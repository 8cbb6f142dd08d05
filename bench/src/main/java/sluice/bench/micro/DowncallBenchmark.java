package sluice.bench.micro;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import sluice.Backend;
import sluice.PeerAddress;
import sluice.UdpSocket;

/// The cheapest call of a socket: nothing has arrived, and errno says so. It is a downcall, its
/// errno, and about as little of the kernel as there can be.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@SuppressWarnings("NullAway.Init") // the setup does it
public class DowncallBenchmark {
  private final Sockets sockets = new Sockets();
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(64);
  private final PeerAddress from = PeerAddress.create();
  private UdpSocket socket;
  private DatagramChannel channel;

  /// Opens the sockets.
  @Setup(Level.Trial)
  public void open() throws IOException {
    socket = sockets.open(Backend.of("epoll"), 1).getFirst();
    channel = sockets.openChannels(1).getFirst();
  }

  /// Closes them.
  @TearDown(Level.Trial)
  public void close() throws IOException {
    sockets.close();
  }

  /// Ours, in pure Java.
  @Benchmark
  public int receiveNothing() throws IOException {
    return socket.receive(buffer, from);
  }

  /// The JDK's, through JNI.
  @Benchmark
  public SocketAddress jdkReceiveNothing() throws IOException {
    return channel.receive(buffer);
  }
}
