package sluice.bench.attack;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;

/// Attackers of the server on the port named by the second argument: the first names the attack,
/// the third what clients of the server say, the fourth how many attackers there are, the fifth how
/// long they go on and the sixth how long they wait before each byte of what has no end, both in
/// milliseconds. Then prints as JSON what has become of them.
final class Attackers {
  private Attackers() {}

  public static void main(String[] args) throws Exception {
    Attack attack = Attack.of(args[0]);
    int port = Integer.parseInt(args[1]);
    Speech speech = Speech.of(args[2]);
    int count = Integer.parseInt(args[3]);
    long end = System.nanoTime() + nanos(args[4]);
    System.out.println(
        switch (attack) {
          case RESET_STORM, CHURN -> storm(attack, port, speech, end);
          default -> new Crowd(attack, port, speech, count, nanos(args[5])).run(end);
        });
    System.exit(0); // closes what is left, all at once
  }

  private static long nanos(String millis) {
    return TimeUnit.MILLISECONDS.toNanos(Long.parseLong(millis));
  }

  /// Connections one after the other, as fast as they can be made.
  private static String storm(Attack attack, int port, Speech speech, long end) {
    ByteBuffer request = ByteBuffer.wrap(speech.request(0, 0));
    int opened = 0;
    int refused = 0;
    for (int number = 0; System.nanoTime() < end; number++) {
      try (SocketChannel channel = SocketChannel.open()) {
        channel.bind(Crowd.source(number));
        if (attack == Attack.RESET_STORM) {
          channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        }
        channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        opened++;
        if (attack == Attack.RESET_STORM) {
          channel.write(request.rewind());
        }
      } catch (IOException _) {
        refused++;
      }
    }
    return "{\"opened\":%d,\"refused\":%d}".formatted(opened, refused);
  }
}
