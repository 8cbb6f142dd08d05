package sluice.linux.descriptor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardWatchEventKinds;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import sluice.ClosedPollableException;
import sluice.Counter;
import sluice.Descriptor;
import sluice.Event;
import sluice.FileChange;
import sluice.FileWatch;
import sluice.Interest;
import sluice.Timer;
import sluice.linux.abi.ErrnoH;
import sluice.linux.abi.Fcntl;
import sluice.linux.libc.LibcFiles;

/// The kinds of descriptors that the kernel makes for waiting.
class DescriptorKindsTest extends DescriptorSuite {
  private static final long MILLI = 1_000_000;

  @Test
  void timerExpiresOnceAndNotEarly() throws Exception {
    Timer timer = track(descriptors.openTimer());
    assertThat(look(timer)).isEmpty();
    assertThat(timer.take()).isZero();
    long start = System.nanoTime();
    timer.start(Duration.ofMillis(30));
    awaitReadable(timer);
    assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(30 * MILLI);
    assertThat(timer.take()).isOne();
    assertThat(look(timer)).isEmpty();
  }

  @Test
  void timerExpiresAgainAndAgainUntilStopped() throws Exception {
    Timer timer = track(descriptors.openTimer());
    long start = System.nanoTime();
    timer.startEvery(Duration.ofMillis(2));
    long expired = 0;
    while (expired < 5) {
      awaitReadable(timer);
      expired += timer.take();
    }
    assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(expired * 2 * MILLI);
    awaitReadable(timer);
    timer.stop();
    assertThat(look(timer)).isEmpty();
    assertThat(timer.take()).isZero();
  }

  @Test
  void timerTakesZeroAndHugeDelays() throws Exception {
    Timer timer = track(descriptors.openTimer());
    timer.start(Duration.ZERO);
    awaitReadable(timer);
    timer.start(Duration.ofSeconds(Long.MAX_VALUE));
    assertThat(look(timer)).isEmpty();
    assertThatThrownBy(() -> timer.start(Duration.ofNanos(-1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("delay");
    assertThatThrownBy(() -> timer.startEvery(Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("interval");
  }

  @Test
  void eventCounts() throws Exception {
    Event event = track(descriptors.openEvent());
    assertThat(look(event)).isEqualTo("w");
    assertThat(event.add(2)).isTrue();
    assertThat(event.add(3)).isTrue();
    assertThat(look(event)).isEqualTo("rw");
    assertThat(event.take()).isEqualTo(5);
    assertThat(event.take()).isZero();
    assertThat(event.add(Long.MAX_VALUE)).isTrue();
    assertThat(event.add(Long.MAX_VALUE)).isTrue();
    assertThat(look(event)).isEqualTo("r"); // full
    assertThat(event.add(1)).isFalse();
    assertThatThrownBy(() -> event.add(0)).isInstanceOf(IllegalArgumentException.class);
    event.close();
    assertThatThrownBy(() -> event.add(1)).isInstanceOf(ClosedPollableException.class);
    assertThatThrownBy(event::take).isInstanceOf(ClosedPollableException.class);
  }

  @Test
  void processIsReadableWhenItHasEnded() throws Exception {
    Process process = new ProcessBuilder("cat").start();
    Descriptor ended = track(descriptors.openProcess(process.toHandle()));
    assertThat(look(ended)).isEmpty();
    process.getOutputStream().close();
    awaitReadable(ended);
    assertThat(look(ended)).isEqualTo("r");
    assertThat(process.waitFor()).isZero();
    assertThatThrownBy(() -> descriptors.openProcess(process.toHandle()))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessageContaining(String.valueOf(process.pid()));
  }

  @Test
  void signalIsCountedByAllWhoWant() throws Exception {
    Counter first = track(descriptors.openSignal("WINCH"));
    Counter second = track(descriptors.openSignal("WINCH"));
    assertThat(look(first)).isEqualTo("w"); // an eventfd, to which one may add
    raise("WINCH");
    awaitReadable(first);
    awaitReadable(second);
    assertThat(first.take()).isOne();
    assertThat(second.take()).isOne();
    first.close();
    raise("WINCH");
    awaitReadable(second);
    assertThat(second.take()).isOne();
    second.close();
    raise("WINCH"); // ignored again, and the JVM lives
    Counter third = track(descriptors.openSignal("WINCH"));
    raise("WINCH");
    awaitReadable(third);
  }

  @Test
  void signalThatCannotBeHadIsNamed() throws Exception {
    int before = openDescriptors();
    assertThatThrownBy(() -> descriptors.openSignal("NONSENSE"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("NONSENSE");
    assertThatThrownBy(() -> descriptors.openSignal("SEGV"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("SEGV");
    assertThat(openDescriptors()).isEqualTo(before);
  }

  private static void raise(String signal) throws Exception {
    String self = String.valueOf(ProcessHandle.current().pid());
    assertThat(new ProcessBuilder("kill", "-" + signal, self).start().waitFor()).isZero();
  }

  @Test
  void fileWatchTellsWhatHappensInADirectory() throws Exception {
    FileWatch watch = track(descriptors.openFileWatch());
    watch.add(folder);
    assertThat(look(watch)).isEmpty();
    assertThat(watch.take()).isNull();
    Path file = Files.writeString(folder.resolve("a"), "text");
    awaitReadable(watch);
    assertThat(taken(watch))
        .startsWith(new FileChange(file, StandardWatchEventKinds.ENTRY_CREATE))
        .contains(new FileChange(file, StandardWatchEventKinds.ENTRY_MODIFY));
    Files.move(file, folder.resolve("b"), StandardCopyOption.ATOMIC_MOVE);
    Files.delete(folder.resolve("b"));
    assertThat(taken(watch))
        .containsExactly(
            new FileChange(file, StandardWatchEventKinds.ENTRY_DELETE),
            new FileChange(folder.resolve("b"), StandardWatchEventKinds.ENTRY_CREATE),
            new FileChange(folder.resolve("b"), StandardWatchEventKinds.ENTRY_DELETE));
    assertThat(look(watch)).isEmpty();
  }

  @Test
  void fileWatchTellsWhatHappensToAFile() throws Exception {
    Path file = Files.writeString(folder.resolve("a"), "text");
    FileWatch watch = track(descriptors.openFileWatch());
    watch.add(file);
    watch.add(file);
    Files.writeString(folder.resolve("other"), "text");
    assertThat(look(watch)).isEmpty();
    Files.delete(file);
    assertThat(taken(watch)).contains(new FileChange(file, StandardWatchEventKinds.ENTRY_DELETE));
    assertThatThrownBy(() -> watch.add(file))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessageContaining(file.toString());
  }

  private static List<FileChange> taken(FileWatch watch) throws Exception {
    List<FileChange> changes = new ArrayList<>();
    for (FileChange next = watch.take(); next != null; next = watch.take()) {
      changes.add(next);
    }
    return changes;
  }

  @Test
  void fifoEndsWithItsLastWriter() throws Exception {
    Path path = fifo();
    Descriptor reader = track(descriptors.open(path, Interest.READ));
    assertThat(look(reader)).isEmpty(); // nobody has opened it for writing yet
    Descriptor writer = track(descriptors.open(path, Interest.WRITE));
    assertThat(writer.write(bytes("hello"))).isEqualTo(5);
    awaitReadable(reader);
    assertThat(read(reader)).isEqualTo("hello");
    assertThat(read(reader)).isEmpty();
    writer.close();
    awaitReadable(reader);
    assertThat(read(reader)).isEqualTo("end");
  }

  @Test
  void whatIsOpenedIsPrivateToTheProcess() throws Exception {
    var pipe = descriptors.openPipe();
    List<Descriptor> all =
        List.of(
            pipe.source(),
            pipe.sink(),
            descriptors.openTimer(),
            descriptors.openEvent(),
            descriptors.openSignal("WINCH"),
            descriptors.openFileWatch(),
            descriptors.openProcess(ProcessHandle.current()),
            descriptors.open(folder, Interest.READ));
    for (Descriptor one : all) {
      track(one);
      assertThat(LibcFiles.fcntl(one.number(), Fcntl.F_GETFD, 0)).as(one.toString()).isOne();
      one.close();
      assertThat(LibcFiles.fcntl(one.number(), Fcntl.F_GETFD, 0)).isEqualTo(-ErrnoH.EBADF);
    }
  }
}
