package sluice.examples.show;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import sluice.Backend;
import sluice.Descriptor;
import sluice.Interest;
import sluice.Select;

/// Ten thousand virtual threads, each waiting on its own FIFO, on two carriers: does a new one
/// still run at once? And with the JDK alone?
final class VirtualThreads {
  private static final int THREADS = 10_000;
  private static final int PROBES = 200;
  private static final int BLOCKING = 8;

  private VirtualThreads() {}

  static void show(Report report) throws Exception {
    Path folder = Files.createTempDirectory("sluice-fifos");
    try {
      List<String> command = new ArrayList<>(List.of("mkfifo"));
      for (int i = 0; i < THREADS; i++) {
        command.add("f" + i);
      }
      int status = new ProcessBuilder(command).directory(folder.toFile()).start().waitFor();
      report.claim(status == 0, "mkfifo");
      sluice(folder, report);
      jdk(folder, report);
    } finally {
      try (var files = Files.list(folder)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(folder);
    }
  }

  private static void sluice(Path folder, Report report) throws Exception {
    List<Descriptor> fifos = new ArrayList<>();
    Interest both = Interest.READ.plus(Interest.WRITE);
    for (int i = 0; i < THREADS; i++) {
      fifos.add(Backend.of("epoll").descriptors().open(folder.resolve("f" + i), both));
    }
    CountDownLatch done = new CountDownLatch(THREADS);
    AtomicInteger read = new AtomicInteger();
    List<Thread> threads = new ArrayList<>();
    for (Descriptor fifo : fifos) {
      threads.add(
          Thread.ofVirtual()
              .start(() -> {
                try {
                  boolean ready = Select.await(fifo, Interest.READ, null).readable();
                  read.addAndGet(ready ? fifo.read(ByteBuffer.allocate(1)) : 0);
                } catch (Exception e) {
                  report.fail(e.toString());
                }
                done.countDown();
              }));
    }
    for (Thread thread : threads) {
      while (thread.getState() != Thread.State.WAITING) {
        Thread.onSpinWait();
      }
    }
    long worst = 0;
    for (int i = 0; i < PROBES; i++) {
      worst = Math.max(worst, nanosToRun());
    }
    report.say(
        "%,d virtual threads wait, each on its own FIFO, %s carriers"
            .formatted(THREADS, System.getProperty("jdk.virtualThreadScheduler.parallelism")));
    report.say(
        "a new virtual thread ran after at most %.2f ms, of %d".formatted(worst / 1e6, PROBES));
    report.claim(worst <= 10_000_000, "a new virtual thread runs within 10 ms");
    for (Descriptor fifo : fifos) {
      int _ = fifo.write(ByteBuffer.wrap(new byte[] {1}));
    }
    boolean all = done.await(20, TimeUnit.SECONDS);
    report.say("a byte for each: %,d of them woke and read it".formatted(read.get()));
    report.claim(all && read.get() == THREADS, "every thread wakes");
    for (Descriptor fifo : fifos) {
      fifo.close();
    }
  }

  /// The control: `FileInputStream.read` in a virtual thread keeps its carrier.
  private static void jdk(Path folder, Report report) throws Exception {
    List<java.io.RandomAccessFile> files = new ArrayList<>();
    CountDownLatch begun = new CountDownLatch(2);
    for (int i = 0; i < BLOCKING; i++) {
      java.io.RandomAccessFile file =
          new java.io.RandomAccessFile(folder.resolve("f" + i).toFile(), "rw");
      files.add(file);
      Thread.ofVirtual()
          .start(() -> {
            begun.countDown();
            try {
              int _ = file.read();
            } catch (java.io.IOException e) {
              report.fail(e.toString());
            }
          });
    }
    begun.await();
    Thread release =
        Thread.ofPlatform()
            .daemon()
            .start(() -> {
              try {
                TimeUnit.SECONDS.sleep(2);
                for (java.io.RandomAccessFile file : files) {
                  file.write(1);
                }
              } catch (Exception e) {
                report.fail(e.toString());
              }
            });
    TimeUnit.MILLISECONDS.sleep(100); // until they are all in the kernel
    long nanos = nanosToRun();
    release.join();
    report.say(
        "the JDK alone, %d threads that read FIFOs: a new one ran after %.0f ms%s"
            .formatted(
                BLOCKING, nanos / 1e6, nanos > 1_000_000_000 ? ", when they were released" : ""));
  }

  private static long nanosToRun() throws InterruptedException {
    long start = System.nanoTime();
    long[] ran = {0};
    Thread.ofVirtual().start(() -> ran[0] = System.nanoTime()).join();
    return ran[0] - start;
  }
}
