package sluice.bench.attack;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Scanner;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/// Many attackers in one thread.
final class Crowd {
  private static final int CONNECTING_MAX = 512;

  /// Binding looks for a port that is not closing. Each address has some thousand free ones left
  /// when the system keeps as many closing ones as it ever does.
  private static final int SOURCES = 200;

  private static final int SMALL_BUFFER_BYTES = 4096;
  private static final int LEFT_PIECES_MAX = 3;
  private static final int PIECE_BYTES = 64 * 1024;
  private static final long LINE_BYTES = 1L << 30;
  private static final int TICK_MILLIS = 10;
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /// Others live on this machine, too: more of the kernel's memory for TCP is not taken.
  private static final double KERNEL_SHARE_MAX = 0.8;

  private static final Path SOCKETS = Path.of("/proc/net/sockstat");
  private static final Path TCP_MEMORY = Path.of("/proc/sys/net/ipv4/tcp_mem");

  /// One attacker.
  private static final class Member {
    final SocketChannel channel;
    long dripAt;
    long sent;

    Member(SocketChannel channel) {
      this.channel = channel;
    }
  }

  private final Attack attack;
  private final InetSocketAddress server;
  private final int wanted;
  private final long dripNanos;
  private final Selector selector = Selector.open();
  private final Set<Member> members = new LinkedHashSet<>();
  private final ByteBuffer first;
  private final ByteBuffer piece;
  private final ByteBuffer trash = ByteBuffer.allocateDirect(PIECE_BYTES);
  private int number;
  private int connecting;
  private int opened;
  private int refused;
  private int ended;
  private long bytes;
  private boolean spared;

  Crowd(Attack attack, int port, Speech speech, int wanted, long dripNanos) throws IOException {
    this.attack = attack;
    this.wanted = wanted;
    this.dripNanos = dripNanos;
    this.server = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    first =
        ByteBuffer.wrap(
            switch (attack) {
              case PUSHED -> speech.greeting();
              case FAMINE -> speech.request(0, 0);
              case SLOWLORIS, ENDLESS_LINE -> speech.unfinished();
              default -> new byte[0];
            });
    piece = ByteBuffer.allocateDirect(PIECE_BYTES);
    byte[] request = attack == Attack.NEVER_READERS ? speech.request(0, 0) : new byte[] {'a'};
    while (piece.remaining() >= request.length) {
      piece.put(request);
    }
    piece.flip();
  }

  /// Where the attacker with this number comes from.
  static SocketAddress source(int number) throws IOException {
    byte[] address = {127, 0, 0, (byte) (2 + number % SOURCES)};
    return new InetSocketAddress(InetAddress.getByAddress(address), 0);
  }

  /// Returns what has become of the attackers, as JSON.
  String run(long end) throws IOException {
    long looked = System.nanoTime();
    for (long now = looked; now < end; now = System.nanoTime()) {
      gather();
      selector.select(this::ready, TICK_MILLIS);
      if (now - looked < LOOK_NANOS) {
        continue;
      }
      looked = now;
      if (attack == Attack.SLOWLORIS) {
        drip(now);
      }
      spared = attack.readsNothing() && kernelShare() > KERNEL_SHARE_MAX;
      if (spared) {
        break;
      }
    }
    for (Member member : List.copyOf(members)) {
      probe(member);
    }
    return "{\"opened\":%d,\"refused\":%d,\"ended\":%d,\"left\":%d,\"bytes\":%d,\"spared\":%b}"
        .formatted(opened, refused, ended, members.size(), bytes, spared);
  }

  /// Fills up. An endless line is begun anew by another one when the server has ended it.
  private void gather() throws IOException {
    boolean again = attack == Attack.ENDLESS_LINE;
    while (connecting < CONNECTING_MAX && (again ? members.size() : number) < wanted) {
      SocketChannel channel = SocketChannel.open();
      if (attack.readsNothing()) {
        channel.setOption(StandardSocketOptions.SO_RCVBUF, SMALL_BUFFER_BYTES);
        channel.setOption(StandardSocketOptions.SO_SNDBUF, SMALL_BUFFER_BYTES);
      }
      channel.configureBlocking(false);
      channel.bind(source(number++));
      Member member = new Member(channel);
      members.add(member);
      connecting++;
      channel.register(selector, SelectionKey.OP_CONNECT, member);
      channel.connect(server);
    }
  }

  private void ready(SelectionKey key) {
    Member member = (Member) key.attachment();
    if (!key.isValid()) {
      return;
    }
    if (key.isConnectable()) {
      begin(key, member);
      return;
    }
    try {
      if (key.isReadable()) {
        hear(member);
      }
      if (key.isValid() && key.isWritable()) {
        say(key, member);
      }
    } catch (IOException _) {
      end(member);
    }
  }

  private void begin(SelectionKey key, Member member) {
    connecting--;
    try {
      member.channel.finishConnect();
    } catch (IOException _) {
      refused++;
      close(member);
      return;
    }
    opened++;
    try {
      bytes += member.channel.write(first.rewind());
      member.dripAt = System.nanoTime() + dripNanos;
      key.interestOps(
          switch (attack) {
            case NEVER_READERS -> SelectionKey.OP_WRITE;
            case PUSHED -> 0; // it is a listener that the system still keeps
            case ENDLESS_LINE -> SelectionKey.OP_READ | SelectionKey.OP_WRITE;
            default -> SelectionKey.OP_READ;
          });
    } catch (IOException _) {
      end(member);
    }
  }

  private void hear(Member member) throws IOException {
    if (member.channel.read(trash.clear()) < 0) {
      end(member);
    }
  }

  private void say(SelectionKey key, Member member) throws IOException {
    if (!piece.hasRemaining()) {
      piece.rewind();
    }
    // Requests must be whole: what was not taken of one is sent next.
    piece.position(Math.floorMod(member.sent, piece.limit()));
    int count = member.channel.write(piece);
    member.sent += count;
    bytes += count;
    if (attack == Attack.ENDLESS_LINE && member.sent >= LINE_BYTES) {
      key.interestOps(SelectionKey.OP_READ);
    }
  }

  private void drip(long now) {
    ByteBuffer drop = ByteBuffer.wrap(new byte[] {'a'});
    for (Member member : List.copyOf(members)) {
      if (member.dripAt != 0 && member.dripAt <= now) {
        member.dripAt += dripNanos;
        try {
          bytes += member.channel.write(drop.rewind());
        } catch (IOException _) {
          end(member);
        }
      }
    }
  }

  /// Finds out whether the server has ended one that was not listened to: by reading, at last.
  private void probe(Member member) {
    try {
      int pieces = LEFT_PIECES_MAX;
      while (attack.readsNothing() && member.channel.isConnected() && pieces-- > 0) {
        int count = member.channel.read(trash.clear());
        if (count < 0) {
          end(member);
        }
        if (count <= 0) {
          return;
        }
      }
    } catch (IOException _) {
      end(member);
    }
  }

  private void end(Member member) {
    ended++;
    close(member);
  }

  private void close(Member member) {
    members.remove(member);
    try {
      member.channel.close();
    } catch (IOException _) {
      // it is gone
    }
  }

  private static double kernelShare() throws IOException {
    String sockets = Files.readString(SOCKETS);
    String tcp = sockets.lines().filter(line -> line.startsWith("TCP:")).findFirst().orElseThrow();
    double pages = Double.parseDouble(tcp.substring(tcp.lastIndexOf(' ') + 1));
    try (Scanner limits =
        new Scanner(TCP_MEMORY, StandardCharsets.US_ASCII)) { // has to be read at once
      return pages / limits.nextLong();
    }
  }
}
