package sluice.examples.show;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// A chat of many, of whom a few speak: each line goes to all. Who speaks waits until all have had
/// what was said a while ago, so that nobody is dropped as too slow.
final class ManyReceivers implements ShowServer.Figure {
  private static final int RECEIVERS = 1_000;
  private static final int SPEAKERS = 2;
  private static final int IN_FLIGHT = 64;
  private static final int LINE_BYTES = 32;
  private static final Duration WARM_UP = Duration.ofSeconds(2);
  private static final Duration MEASURED = Duration.ofSeconds(6);

  @Override
  public void show(String backend, Report report) throws Exception {
    try (Child server = Child.server(backend, 2, "chat");
        Chat chat = new Chat(server)) {
      chat.talk(WARM_UP);
      long linesBefore = chat.delivered;
      Duration before = server.processorTime();
      long start = System.nanoTime();
      chat.talk(MEASURED);
      double seconds = (System.nanoTime() - start) / 1e9;
      long lines = chat.delivered - linesBefore;
      double processor = server.processorTime().minus(before).toMillis() / 1e3;
      chat.expectSilence();
      report.say(
          "%,d receivers on 2 loops, %s; %d of them speak, %d lines of %d bytes each in flight"
              .formatted(RECEIVERS, server.clientsPerLoop(), SPEAKERS, IN_FLIGHT, LINE_BYTES));
      report.say(
          ("%,.0f lines delivered a second, for %.1f s; %.2f s of the server's processor time per"
                  + " million")
              .formatted(lines / seconds, seconds, processor * 1e6 / lines));
      long lost = chat.said * RECEIVERS - chat.delivered;
      report.say(
          "of %,d in all: %d lost, %d doubled or out of order"
              .formatted(chat.delivered, lost, chat.wrong));
      report.claim(lost == 0 && chat.wrong == 0, "everyone gets every line once and in order");
    }
  }

  /// What one receiver expects next, by speaker, and a line that it has a part of.
  private static final class Receiver {
    final SocketChannel channel;
    final long[] next = new long[SPEAKERS];
    final ByteBuffer read = ByteBuffer.allocate(1024 * LINE_BYTES);

    Receiver(SocketChannel channel) {
      this.channel = channel;
    }
  }

  private static final class Chat implements AutoCloseable {
    private final Selector selector = Selector.open();
    private final List<Receiver> receivers = new ArrayList<>();

    /// By speaker and line, how many have had it.
    private final int[][] had = new int[SPEAKERS][IN_FLIGHT];

    /// By speaker, how many lines were said and how many of them all have had.
    private final long[] saidBy = new long[SPEAKERS];

    private final long[] doneBy = new long[SPEAKERS];
    long said;
    long delivered;
    long wrong;

    Chat(Child server) throws Exception {
      for (int i = 0; i < RECEIVERS; i++) {
        SocketChannel channel = SocketChannel.open(server.address);
        channel.configureBlocking(false);
        Receiver receiver = new Receiver(channel);
        channel.register(selector, SelectionKey.OP_READ, receiver);
        receivers.add(receiver);
      }
      server.clientsPerLoop(RECEIVERS); // who is not there yet would miss the first lines
    }

    /// Speaks for that long, then until all is delivered.
    void talk(Duration time) throws IOException {
      long end = System.nanoTime() + time.toNanos();
      while (System.nanoTime() < end) {
        speak();
        readAll(100);
      }
      long deadline = System.nanoTime() + Duration.ofMillis(Child.TIMEOUT_MILLIS).toNanos();
      while (delivered < said * RECEIVERS && System.nanoTime() < deadline) {
        readAll(100);
      }
    }

    /// Whatever comes now is wrong.
    void expectSilence() throws IOException {
      readAll(300);
    }

    private void speak() throws IOException {
      for (int speaker = 0; speaker < SPEAKERS; speaker++) {
        StringBuilder lines = new StringBuilder();
        while (saidBy[speaker] - doneBy[speaker] < IN_FLIGHT) {
          had[speaker][(int) (saidBy[speaker] % IN_FLIGHT)] = 0;
          String number = Long.toString(saidBy[speaker]++);
          lines.append(speaker).append("0".repeat(LINE_BYTES - 2 - number.length()));
          lines.append(number).append('\n');
          said++;
        }
        ByteBuffer bytes = StandardCharsets.US_ASCII.encode(lines.toString());
        while (bytes.hasRemaining()) {
          receivers.get(speaker).channel.write(bytes);
        }
      }
    }

    private void readAll(int millis) throws IOException {
      selector.select(key -> read((Receiver) key.attachment()), millis);
    }

    private void read(Receiver receiver) {
      ByteBuffer read = receiver.read;
      try {
        if (receiver.channel.read(read) < 0) {
          throw new IOException("the server has closed a receiver");
        }
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
      read.flip();
      while (read.remaining() >= LINE_BYTES) {
        int speaker = read.get() - '0';
        long number = 0;
        for (int i = 0; i < LINE_BYTES - 2; i++) {
          number = number * 10 + read.get() - '0';
        }
        boolean whole = read.get() == '\n' && speaker >= 0 && speaker < SPEAKERS;
        if (whole && number == receiver.next[speaker]) {
          receiver.next[speaker]++;
          delivered(speaker, number);
        } else {
          wrong++;
        }
      }
      read.compact();
    }

    private void delivered(int speaker, long number) {
      delivered++;
      if (++had[speaker][(int) (number % IN_FLIGHT)] == RECEIVERS) {
        doneBy[speaker]++; // in order, because each receiver gets them in order
      }
    }

    @Override
    public void close() throws IOException {
      for (Receiver receiver : receivers) {
        receiver.channel.close();
      }
      selector.close();
    }
  }
}
