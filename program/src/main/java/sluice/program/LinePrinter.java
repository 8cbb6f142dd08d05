package sluice.program;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/// Prints lines on a thread of its own, because a terminal or a pipe may be slow and a loop must
/// not wait. Thread-safe.
///
/// Nothing is dropped: whoever is told that the queue is long is expected to stop until it is
/// short. If the output is closed, lines are discarded from then on, and the server goes on.
final class LinePrinter implements AutoCloseable {
  private static final int HIGH_BYTES = 1024 * 1024;

  private final OutputStream out;
  private final Thread thread;
  private List<byte[]> queue = new ArrayList<>();
  private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
  private int queuedBytes;
  private boolean closed;

  LinePrinter(OutputStream out) {
    this.out = out;
    thread = Thread.ofPlatform().daemon().name("sluice-printer").start(this::run);
  }

  /// Returns a printer on standard output that has printed everything before the program ends.
  static LinePrinter standardOutput() {
    LinePrinter printer = new LinePrinter(new FileOutputStream(FileDescriptor.out));
    Runtime.getRuntime().addShutdownHook(new Thread(printer::close));
    return printer;
  }

  /// Takes a line.
  ///
  /// @param whenShort run, on the printer's thread, when the queue is short again
  /// @return false if the queue is long now: the line was taken, and `whenShort` will be run
  synchronized boolean print(String line, Runnable whenShort) {
    byte[] bytes = Text.utf8(line + "\n");
    queue.add(bytes);
    queuedBytes += bytes.length;
    notifyAll();
    if (queuedBytes <= HIGH_BYTES) {
      return true;
    }
    waiting.add(whenShort);
    return false;
  }

  private void run() {
    boolean broken = false;
    while (true) {
      List<byte[]> lines = take();
      if (lines.isEmpty()) {
        return;
      }
      for (byte[] line : lines) {
        try {
          if (!broken) {
            out.write(line);
          }
        } catch (IOException _) {
          broken = true; // for example `sluice serve lines | head`
        }
      }
      release();
    }
  }

  /// Waits for lines and takes all of them; none means that it was closed.
  private synchronized List<byte[]> take() {
    while (queue.isEmpty() && !closed) {
      try {
        wait();
      } catch (InterruptedException _) {
        closed = true;
      }
    }
    List<byte[]> taken = queue;
    queue = new ArrayList<>();
    return taken;
  }

  private void release() {
    List<Runnable> released;
    synchronized (this) {
      queuedBytes = queue.stream().mapToInt(line -> line.length).sum();
      released = new ArrayList<>(waiting);
      waiting.clear();
    }
    released.forEach(Runnable::run);
  }

  /// Prints what was taken, then ends; waits at most two seconds for a stuck reader.
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    try {
      thread.join(2000);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
