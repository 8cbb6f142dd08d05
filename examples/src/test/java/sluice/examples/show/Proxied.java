package sluice.examples.show;

import static sluice.examples.show.Report.mib;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.FutureTask;

/// The proxy among the examples, between `nc` and a target that reads as fast as it can; then
/// resets from either side.
final class Proxied implements ShowServer.Figure {
  private static final int PIECE_BYTES = 1024 * 1024;
  private static final int PIECES = 1024;
  private static final int WARM_UP_PIECES = 64;
  private static final long MOST_GROWTH_BYTES = 4L * 1024 * 1024;

  @Override
  public void show(String backend, Report report) throws Exception {
    try (ServerSocket target = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Child proxy = Child.proxy(backend, target.getLocalPort())) {
      target.setSoTimeout(Child.TIMEOUT_MILLIS);
      stream(target, proxy, WARM_UP_PIECES); // what is compiled meanwhile is no growth
      Stream stream = stream(target, proxy, PIECES);
      report.say(
          "%,.0f MiB from nc through the proxy in %.1f s: SHA-256 %s"
              .formatted(
                  mib(stream.received), stream.seconds, stream.intact ? "equal" : "DIFFERENT"));
      report.say(
          "peak resident memory of the proxy: %.1f MiB after a tenth, %+.2f MiB at the end"
              .formatted(mib(stream.peakEarly), mib(stream.growth)));
      report.claim(stream.intact, "all arrives");
      report.claim(stream.growth <= MOST_GROWTH_BYTES, "its memory grows by at most 4 MiB");

      boolean there = resetPasses(target, proxy, true);
      boolean back = resetPasses(target, proxy, false);
      report.say(
          "reset of the client reaches the target: %s; of the target, the client: %s"
              .formatted(there ? "yes" : "NO", back ? "yes" : "NO"));
      report.claim(there && back, "resets pass");
    }
  }

  private record Stream(
      long received, boolean intact, double seconds, long peakEarly, long growth) {}

  private static Stream stream(ServerSocket target, Child proxy, int pieces) throws Exception {
    Process nc =
        new ProcessBuilder("nc", "-N", "127.0.0.1", Integer.toString(proxy.address.getPort()))
            .redirectOutput(Redirect.DISCARD)
            .redirectError(Redirect.INHERIT)
            .start();
    long start = System.nanoTime();
    try (Socket sink = target.accept()) {
      sink.setSoTimeout(Child.TIMEOUT_MILLIS);
      var sent = new FutureTask<>(() -> send(nc.getOutputStream(), pieces));
      Thread.ofPlatform().daemon().start(sent);
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      InputStream in = sink.getInputStream();
      byte[] piece = new byte[PIECE_BYTES];
      long all = (long) pieces * PIECE_BYTES;
      long received = 0;
      long peakEarly = 0;
      for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
        digest.update(piece, 0, n);
        received += n;
        if (peakEarly == 0 && received >= all / 10) {
          peakEarly = proxy.peakResidentBytes();
        }
      }
      long growth = proxy.peakResidentBytes() - peakEarly;
      boolean intact = received == all && Arrays.equals(digest.digest(), sent.get());
      double seconds = (System.nanoTime() - start) / 1e9;
      return new Stream(received, intact, seconds, peakEarly, growth);
    } finally {
      nc.destroy();
    }
  }

  /// Sends pieces that differ, and returns the digest of all.
  private static byte[] send(OutputStream to, int pieces) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    byte[] piece = new byte[PIECE_BYTES];
    new Random(1).nextBytes(piece);
    try (to) {
      for (int i = 0; i < pieces; i++) {
        ByteBuffer.wrap(piece).putInt(i);
        digest.update(piece);
        to.write(piece);
      }
    }
    return digest.digest();
  }

  private static boolean resetPasses(ServerSocket target, Child proxy, boolean fromClient)
      throws IOException {
    try (Socket client = proxy.connect();
        Socket server = target.accept()) {
      Socket resets = fromClient ? client : server;
      Socket sees = fromClient ? server : client;
      sees.setSoTimeout(Child.TIMEOUT_MILLIS);
      resets.getOutputStream().write('a');
      if (sees.getInputStream().read() != 'a') {
        return false;
      }
      resets.setSoLinger(true, 0);
      resets.close();
      int _ = sees.getInputStream().read();
      return false;
    } catch (SocketException e) {
      return e.getMessage().contains("reset");
    }
  }
}
