package sluice.linux.descriptor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import sluice.Backend;
import sluice.ClosedPollableException;
import sluice.Descriptor;
import sluice.EventLoop;
import sluice.Interest;
import sluice.Poller;
import sluice.Readiness;
import sluice.Select;
import sluice.Selected;
import sluice.Watcher;
import sluice.linux.abi.Fcntl;
import sluice.linux.libc.Libc;

/// Descriptors in select, pollers and loops: those that others may close, and those epoll refuses.
class DescriptorWatchTest extends DescriptorSuite {
  private static final List<Descriptor> NONE = List.of();

  private record Pipe(int sourceNumber, Descriptor source, Descriptor sink) {}

  private Pipe borrowedPipe() throws IOException {
    int[] numbers = pipeNumbers();
    number(numbers[0]);
    return new Pipe(numbers[0], borrow(numbers[0]), borrow(number(numbers[1])));
  }

  private Descriptor file() throws IOException {
    Path path = Files.writeString(folder.resolve("file"), "text");
    return track(descriptors.open(path, Interest.READ.plus(Interest.WRITE)));
  }

  private static List<String> select(Poller<String> poller, Duration timeout) throws IOException {
    List<String> told = new ArrayList<>();
    int count = poller.select(timeout, (name, readiness) -> told.add(name + " " + readiness));
    assertThat(count).isEqualTo(told.size());
    return told;
  }

  @Test
  void alwaysReadyKindsAreReadyAtOnce() throws Exception {
    Descriptor directory = track(descriptors.open(folder, Interest.READ));
    Interest both = Interest.READ.plus(Interest.WRITE);
    Descriptor nothing = track(descriptors.open(Path.of("/dev/null"), both));
    List<Descriptor> all = List.of(file(), directory, nothing);
    Selected<Descriptor> ready = Select.select(all, all, all, null);
    assertThat(ready.readable()).isEqualTo(all);
    assertThat(ready.writable()).isEqualTo(all);
    assertThat(ready.exceptional()).isEmpty();
  }

  @Test
  void sysfsAttributeIsExceptional() throws Exception {
    // kernfs: an attribute is POLLPRI | POLLERR until it has been read since it last changed
    Descriptor attribute = track(descriptors.open(Path.of("/sys/kernel/profiling"), Interest.READ));
    assertThat(look(attribute)).isEqualTo("rwx");
  }

  @Test
  void oneNumberUnderTwoNamesIsAnsweredTwice() throws Exception {
    Pipe pipe = borrowedPipe();
    Descriptor again = borrow(pipe.sourceNumber);
    pipe.sink.write(bytes("x"));
    List<Descriptor> all = List.of(again, pipe.source, again);
    assertThat(Select.select(all, NONE, NONE, null).readable()).isEqualTo(all);
  }

  @Test
  void pollerWatchesFilesBesideSockets() throws Exception {
    Pipe pipe = borrowedPipe();
    var owned = descriptors.openPipe();
    track(owned.source());
    track(owned.sink());
    try (Poller<String> poller = Backend.of("epoll").openPoller()) {
      poller.register(owned.source(), Interest.READ, "owned");
      poller.register(pipe.source, Interest.READ, "borrowed");
      assertThat(select(poller, Duration.ZERO)).isEmpty();
      assertThat(select(poller, Duration.ofMillis(5))).isEmpty();
      pipe.sink.write(bytes("x"));
      assertThat(select(poller, null)).containsExactly("borrowed READ");
      assertThat(select(poller, null)).containsExactly("borrowed READ");
      owned.sink().write(bytes("x"));
      assertThat(select(poller, null)).containsExactlyInAnyOrder("borrowed READ", "owned READ");
      read(pipe.source);
      assertThat(select(poller, null)).containsExactly("owned READ");
      Descriptor file = file();
      poller.register(file, Interest.WRITE, "file");
      assertThat(select(poller, null)).containsExactlyInAnyOrder("owned READ", "file WRITE");
      poller.modify(file, Interest.READ);
      assertThat(select(poller, null)).containsExactlyInAnyOrder("owned READ", "file READ");
      poller.modify(file, Interest.EXCEPTIONAL);
      assertThat(select(poller, null)).containsExactly("owned READ");
      poller.unregister(file);
      poller.register(file, Interest.READ, "again");
      assertThat(select(poller, null)).containsExactlyInAnyOrder("owned READ", "again READ");
      file.close();
      assertThat(select(poller, null)).containsExactly("owned READ");
      poller.unregister(pipe.source);
      pipe.sink.write(bytes("y"));
      assertThat(select(poller, null)).containsExactly("owned READ");
    }
  }

  @Test
  void manyBorrowedNumbersComeAndGo() throws Exception {
    List<Pipe> pipes = new ArrayList<>();
    try (Poller<String> poller = Backend.of("epoll").openPoller()) {
      for (int i = 0; i < 30; i++) {
        pipes.add(borrowedPipe());
        poller.register(pipes.get(i).source, Interest.READ, "p" + i);
      }
      for (int i = 0; i < 30; i += 3) {
        poller.unregister(pipes.get(i).source);
      }
      for (Pipe pipe : pipes) {
        pipe.sink.write(bytes("x"));
      }
      List<String> expected = new ArrayList<>();
      for (int i = 0; i < 30; i++) {
        if (i % 3 != 0) {
          expected.add("p" + i + " READ");
        }
      }
      assertThat(select(poller, null)).containsExactlyInAnyOrderElementsOf(expected);
    }
  }

  @Test
  void handlerThatUnregistersTheOthersIsTheOnlyOneTold() throws Exception {
    List<Pipe> pipes = List.of(borrowedPipe(), borrowedPipe(), borrowedPipe());
    try (Poller<Pipe> poller = Backend.of("epoll").openPoller()) {
      for (Pipe pipe : pipes) {
        poller.register(pipe.source, Interest.READ, pipe);
        pipe.sink.write(bytes("x"));
      }
      List<Pipe> told = new ArrayList<>();
      poller.select(
          null,
          (pipe, _) -> {
            told.add(pipe);
            for (Pipe other : pipes) {
              if (!other.equals(pipe)) {
                try {
                  poller.unregister(other.source);
                } catch (IOException e) {
                  throw new java.io.UncheckedIOException(e);
                }
              }
            }
          });
      assertThat(told).hasSize(1);
    }
  }

  @Test
  void numberThatItsLenderClosesIsToldAndOthersGoOn() throws Exception {
    int[] numbers = pipeNumbers();
    number(numbers[1]);
    Descriptor lost = borrow(numbers[0]);
    Pipe pipe = borrowedPipe();
    try (Poller<String> poller = Backend.of("epoll").openPoller()) {
      poller.register(lost, Interest.READ, "lost");
      poller.register(pipe.source, Interest.READ, "good");
      pipe.sink.write(bytes("x"));
      assertThat(Libc.close(numbers[0])).isZero();
      assertThat(select(poller, null)).containsExactlyInAnyOrder("good READ", "lost READ|ERROR");
      assertThatThrownBy(() -> read(lost)).isInstanceOf(ClosedPollableException.class);
      poller.unregister(lost);
      assertThat(select(poller, null)).containsExactly("good READ");
    }
    assertThatThrownBy(() -> Select.select(List.of(pipe.source, lost), NONE, NONE, null))
        .isInstanceOf(ClosedPollableException.class)
        .hasMessageContaining(lost.toString());
    assertThat(Select.select(List.of(pipe.source), NONE, NONE, null).readable())
        .containsExactly(pipe.source);
  }

  /// Select opens descriptors of its own for a set that is asked about often, and the system gives
  /// it the lowest number that is free: the one that was lent.
  @Test
  void numberThatItsLenderClosesIsNotTakenBySelectItself() throws Exception {
    for (int asked = 0; asked < 20; asked++) {
      int[] numbers = pipeNumbers();
      number(numbers[1]);
      Descriptor lost = borrow(numbers[0]);
      for (int i = 0; i < asked; i++) {
        assertThat(look(lost)).isEmpty();
      }
      assertThat(Libc.close(numbers[0])).isZero();
      assertThatThrownBy(() -> look(lost))
          .as("after %d calls", asked)
          .isInstanceOf(ClosedPollableException.class);
    }
  }

  @Test
  void numberThatIsReusedIsWatchedAsWhatItIsNow() throws Exception {
    int[] first = pipeNumbers();
    number(first[1]);
    Descriptor source = borrow(first[0]);
    try (Poller<String> poller = Backend.of("epoll").openPoller()) {
      poller.register(source, Interest.READ, "source");
      assertThat(select(poller, Duration.ZERO)).isEmpty();
      assertThat(Libc.close(first[0])).isZero();
      int reused = number(openNumber(Path.of("/dev/null"), Fcntl.O_RDONLY));
      assertThat(reused).isEqualTo(first[0]); // the lowest free number
      assertThat(select(poller, null)).containsExactly("source READ");
    }
    assertThat(look(source)).isEqualTo("rw");
  }

  @Test
  void loopWatchesThem() throws Exception {
    Pipe pipe = borrowedPipe();
    Descriptor file = file();
    CompletableFuture<Readiness> ready = new CompletableFuture<>();
    CompletableFuture<Readiness> fileReady = new CompletableFuture<>();
    CompletableFuture<IOException> end = new CompletableFuture<>();
    try (EventLoop loop = Backend.of("epoll").openLoop("descriptors")) {
      loop.watch(
          pipe.source,
          Interest.READ,
          new Watcher() {
            @Override
            public void onReady(Readiness readiness) {
              ready.complete(readiness);
            }

            @Override
            public void onEnd(IOException cause) {
              end.complete(cause);
            }
          });
      loop.watch(file, Interest.READ, fileReady::complete);
      assertThat(fileReady.get(20, TimeUnit.SECONDS).readable()).isTrue();
      file.close();
      pipe.sink.write(bytes("x"));
      assertThat(ready.get(20, TimeUnit.SECONDS).readable()).isTrue();
      pipe.source.close();
      assertThat(end.get(20, TimeUnit.SECONDS)).isInstanceOf(ClosedPollableException.class);
    }
  }

  @Test
  void closingADescriptorEndsSelect() throws Exception {
    Pipe pipe = borrowedPipe();
    for (Thread.Builder kind : List.of(Thread.ofPlatform(), Thread.ofVirtual())) {
      Descriptor waiting = borrow(pipe.sourceNumber);
      CompletableFuture<Throwable> outcome = new CompletableFuture<>();
      Thread thread =
          kind.start(() -> {
            try {
              Select.select(List.of(waiting), NONE, NONE, null);
              outcome.complete(new AssertionError("it should not return"));
            } catch (Throwable t) {
              outcome.complete(t);
            }
          });
      while (thread.getState() == Thread.State.NEW) {
        Thread.onSpinWait();
      }
      waiting.close();
      assertThat(outcome.get(20, TimeUnit.SECONDS)).isInstanceOf(ClosedPollableException.class);
    }
  }
}
