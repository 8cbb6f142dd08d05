package sluice.linux.descriptor;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import sluice.Backend;
import sluice.Descriptor;
import sluice.Interest;
import sluice.Listener;
import sluice.Select;
import sluice.Selected;
import sluice.StreamSocket;

/// What JRuby's `IO.select` cannot do on `java.nio`, as its users have reported it.
class JRubyCasesTest extends DescriptorSuite {
  private static final List<StreamSocket> NONE = List.of();

  private record Pair(StreamSocket client, StreamSocket server) {}

  private Pair pair(SocketAddress address) throws Exception {
    try (Listener listener = Backend.of("epoll").listen(address, 1)) {
      StreamSocket client = track(Backend.of("epoll").connect(listener.localAddress()));
      awaitReadable(listener);
      StreamSocket server = track(java.util.Objects.requireNonNull(listener.accept()));
      Select.select(NONE, List.of(client), NONE, LONG);
      assertThat(client.finishConnect()).isTrue();
      return new Pair(client, server);
    }
  }

  private Pair tcpPair() throws Exception {
    return pair(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  }

  /// [jruby#9506](https://github.com/jruby/jruby/issues/9506)
  @Test
  void outOfBandDataIsReportedAsExceptional() throws Exception {
    Pair pair = tcpPair();
    assertThat(pair.client.sendUrgent((byte) '!')).isTrue();
    List<StreamSocket> server = List.of(pair.server);
    assertThat(Select.select(NONE, NONE, server, LONG).exceptional()).isEqualTo(server);
    assertThat(pair.server.receiveUrgent()).isEqualTo('!');
  }

  /// [jruby#4867](https://github.com/jruby/jruby/issues/4867): the third set beside the others.
  @Test
  void exceptionalIsAnsweredBesideReadableAndWritable() throws Exception {
    Pair pair = tcpPair();
    List<StreamSocket> server = List.of(pair.server);
    assertThat(Select.select(server, server, server, Duration.ZERO).exceptional()).isEmpty();
    assertThat(pair.client.write(bytes("abc"))).isEqualTo(3);
    assertThat(pair.client.sendUrgent((byte) '!')).isTrue();
    Select.select(NONE, NONE, server, LONG);
    assertThat(Select.select(server, server, server, Duration.ZERO))
        .isEqualTo(new Selected<>(server, server, server));
  }

  /// [jruby#9505](https://github.com/jruby/jruby/issues/9505)
  @Test
  void unixSocketInTheReadAndTheWriteListIsInBothAnswers() throws Exception {
    Pair pair = pair(UnixDomainSocketAddress.of(folder.resolve("socket")));
    assertThat(pair.client.write(bytes("Hello"))).isEqualTo(5);
    List<StreamSocket> local = List.of(pair.server);
    assertThat(Select.select(local, local, NONE, Duration.ZERO))
        .isEqualTo(new Selected<>(local, local, List.of()));
  }

  /// [jruby#7798](https://github.com/jruby/jruby/issues/7798)
  @Test
  void namedPipeIsWaitedFor() throws Exception {
    Interest both = Interest.READ.plus(Interest.WRITE);
    Descriptor fifo = track(descriptors.open(fifo(), both));
    long start = System.nanoTime();
    assertThat(Select.select(List.of(fifo), List.of(), List.of(), Duration.ofMillis(20)).isEmpty())
        .isTrue();
    assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(20_000_000);
    assertThat(fifo.write(bytes("x"))).isOne();
    awaitReadable(fifo);
  }

  /// [jruby#5058](https://github.com/jruby/jruby/issues/5058)
  @Test
  void outputAndErrorsOfAChildAreWaitedForTogether() throws Exception {
    Path out = fifo();
    Descriptor output = track(descriptors.open(out, Interest.READ));
    Path err = fifo();
    Descriptor errors = track(descriptors.open(err, Interest.READ));
    List<Descriptor> open = new ArrayList<>(List.of(output, errors));
    assertThat(Select.select(open, List.of(), List.of(), Duration.ofMillis(5)).isEmpty()).isTrue();
    Process child =
        new ProcessBuilder("sh", "-c", "read line; echo \"out $line\"; echo err >&2")
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    assertThat(Select.select(open, List.of(), List.of(), Duration.ofMillis(5)).isEmpty()).isTrue();
    child.outputWriter().append("go\n").close();
    StringBuilder text = new StringBuilder();
    StringBuilder errorText = new StringBuilder();
    while (!open.isEmpty()) {
      for (Descriptor ready : Select.select(open, List.of(), List.of(), LONG).readable()) {
        String got = read(ready);
        if (got.equals("end")) {
          open.remove(ready);
        } else {
          (ready.equals(output) ? text : errorText).append(got);
        }
      }
    }
    assertThat(text).hasToString("out go\n");
    assertThat(errorText).hasToString("err\n");
    assertThat(child.waitFor()).isZero();
  }
}
