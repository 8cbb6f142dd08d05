package sluice.bench.attack;

import java.io.BufferedReader;
import java.io.FileReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Good clients of the server on the port named by the first argument: the second names what they
/// say ([Speech]), the third how many they are, the fourth how many requests each sends in a
/// second. Each request has a time at which it ought to be sent, and its answer is measured from
/// then, so what a stall delays counts, too. Beside them, newcomers connect, are served once and
/// leave. For each line of standard input, prints what has happened since the last one, until the
/// end of the input. What `serve lines` prints is read from the file named by the fifth argument.
final class GoodClients {
  private static final int NEWCOMERS_PER_SECOND = 5;
  private static final int REMEMBERED = 1 << 16;

  private final int port;
  private final Speech speech;
  private final long periodNanos;
  private final Score score = new Score();
  private final Map<Integer, LinkedBlockingQueue<String>> printed = new ConcurrentHashMap<>();

  /// When what has this number ought to have been said.
  private final AtomicLongArray saidAt = new AtomicLongArray(REMEMBERED);

  private GoodClients(int port, Speech speech, int rate) {
    this.port = port;
    this.speech = speech;
    this.periodNanos = TimeUnit.SECONDS.toNanos(1) / rate;
  }

  public static void main(String[] args) throws Exception {
    var clients =
        new GoodClients(Integer.parseInt(args[0]), Speech.of(args[1]), Integer.parseInt(args[3]));
    clients.start(Integer.parseInt(args[2]), args.length > 4 ? args[4] : null);
    var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    while (input.readLine() != null) {
      System.out.println(clients.score.take());
    }
    System.exit(0); // the threads are not waited for
  }

  private void start(int count, @Nullable String lines) {
    if (lines != null) {
      thread(() -> read(lines));
    }
    for (int i = 0; i < count; i++) {
      int id = i;
      thread(speech.isPushed() ? this::listen : () -> ask(id));
    }
    if (speech.isPushed()) {
      thread(this::speak);
    }
    // Newcomers may have to wait, but not for each other.
    for (int i = 0; i < NEWCOMERS_PER_SECOND; i++) {
      int id = count + i;
      thread(() -> come(id));
    }
  }

  private static void thread(Runnable task) {
    Thread.ofPlatform().daemon().start(task);
  }

  private static void waitUntil(long time) {
    for (long left = time - System.nanoTime(); left > 0; left = time - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  /// One client that asks and waits for the answer.
  private void ask(int id) {
    long due = System.nanoTime() + periodNanos * id / 64; // not all at once
    Client client = null;
    for (long number = 0; ; number++, due += periodNanos) {
      waitUntil(due);
      try {
        if (client == null) {
          client = new Client(port, speech);
        }
        exchange(client, id, number);
        score.answered(System.nanoTime() - due);
      } catch (IOException | InterruptedException e) {
        score.failed(kind(e));
        score.answered(System.nanoTime() - due);
        client = dropped(client);
        due = Math.max(due, System.nanoTime());
      }
    }
  }

  private void exchange(Client client, int id, long number)
      throws IOException, InterruptedException {
    client.say(speech.request(id, number));
    byte[] expected = speech.answer(id, number);
    byte[] answer =
        speech == Speech.LINES ? awaitPrinted(id, number) : client.hear(expected.length);
    if (!Arrays.equals(answer, expected)) {
      throw new WrongAnswerException();
    }
  }

  private byte[] awaitPrinted(int id, long number) throws IOException, InterruptedException {
    byte[] line;
    do { // one that was given up may be printed yet
      String text = lines(id).poll(Client.PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
      if (text == null) {
        throw new SocketTimeoutException();
      }
      line = (text + "\n").getBytes(StandardCharsets.US_ASCII);
    } while (speech.numberIn(line) < number);
    return line;
  }

  private LinkedBlockingQueue<String> lines(int id) {
    return printed.computeIfAbsent(id, _ -> new LinkedBlockingQueue<>());
  }

  /// Hands on what the server prints: `ADDRESS TEXT`, and the text begins with who said it.
  private void read(String path) {
    try (var lines = new BufferedReader(new FileReader(path, StandardCharsets.US_ASCII))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String text = line.substring(line.indexOf(' ') + 1);
        if (text.matches("\\d{4}#.*")) { // an attacker's has no end, but is printed if it leaves
          lines(Integer.parseInt(text.substring(0, 4))).add(text);
        }
      }
    } catch (IOException _) {
      score.failed("unprinted");
    }
  }

  /// The one who speaks where all others hear it. It asks for nothing, and drops what it is told.
  private void speak() {
    try (Client client = new Client(port, speech == Speech.PUBSUB ? Speech.PING : speech)) {
      thread(() -> forget(client));
      long due = System.nanoTime();
      for (long number = 0; ; number++, due += periodNanos) {
        waitUntil(due);
        saidAt.set((int) (number % REMEMBERED), due);
        client.say(speech.request(0, number));
      }
    } catch (IOException e) {
      score.failed("speaker " + kind(e));
    }
  }

  private void forget(Client client) {
    while (true) {
      try {
        client.hear(1);
      } catch (SocketTimeoutException _) {
        // a speaker may never hear anything
      } catch (IOException e) {
        score.failed("speaker " + kind(e));
        return;
      }
    }
  }

  /// One who hears everything that is said from when it came.
  private void listen() {
    Client client = null;
    long next = -1;
    while (true) {
      try {
        if (client == null) {
          client = new Client(port, speech);
          next = -1;
        }
        byte[] heard = client.hear(speech.answer(0, 0).length);
        long number = speech.numberIn(heard);
        if (!Arrays.equals(heard, speech.answer(0, next < 0 ? number : next))) {
          throw new WrongAnswerException();
        }
        score.answered(System.nanoTime() - saidAt.get((int) (number % REMEMBERED)));
        next = number + 1;
      } catch (IOException e) {
        score.failed(kind(e));
        client = dropped(client);
        waitUntil(System.nanoTime() + periodNanos);
      }
    }
  }

  private void come(int id) {
    long second = TimeUnit.SECONDS.toNanos(1);
    long due = System.nanoTime() + second * id / NEWCOMERS_PER_SECOND % second;
    for (long number = 0; ; number++, due = Math.max(due + second, System.nanoTime())) {
      waitUntil(due);
      long came = System.nanoTime();
      score.newcomerCame();
      try (Client client = new Client(port, speech)) {
        if (speech.isPushed()) {
          client.hear(speech.answer(0, 0).length);
        } else {
          exchange(client, id, number);
        }
        score.newcomerServed(came);
      } catch (IOException | InterruptedException _) {
        // it was not
      }
    }
  }

  private static @Nullable Client dropped(@Nullable Client client) {
    if (client != null) {
      client.close();
    }
    return null;
  }

  private static String kind(Exception e) {
    return switch (e) {
      case WrongAnswerException _ -> "wrong";
      case SocketTimeoutException _ -> "late";
      default -> "closed";
    };
  }

  /// What came is not what ought to come.
  private static final class WrongAnswerException extends IOException {
    private static final long serialVersionUID = 1;
  }
}
