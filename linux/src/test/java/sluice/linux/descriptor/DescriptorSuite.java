package sluice.linux.descriptor;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import sluice.Backend;
import sluice.Descriptor;
import sluice.Descriptors;
import sluice.Pollable;
import sluice.Select;
import sluice.linux.abi.Fcntl;
import sluice.linux.libc.Libc;
import sluice.linux.libc.LibcFiles;

/// What the tests of descriptors share: numbers that Sluice has not opened, in blocking mode, and
/// the answers of `select` in three letters.
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
abstract class DescriptorSuite {
  static final Duration LONG = Duration.ofSeconds(20);

  @TempDir Path folder;

  final Descriptors descriptors = Backend.of("epoll").descriptors();
  final Arena arena = Arena.ofAuto();
  private final Deque<AutoCloseable> opened = new ArrayDeque<>();

  @AfterEach
  void closeEverything() throws Exception {
    while (!opened.isEmpty()) {
      opened.removeLast().close();
    }
  }

  final <T extends AutoCloseable> T track(T resource) {
    opened.add(resource);
    return resource;
  }

  /// Closes the number after the test, which must not do so itself.
  final int number(int fd) {
    assertThat(fd).isNotNegative();
    opened.add(() -> {
      int _ = Libc.close(fd);
    });
    return fd;
  }

  /// A pipe in blocking mode that Sluice knows nothing of: where to read, where to write.
  final int[] pipeNumbers() {
    MemorySegment fds = arena.allocate(JAVA_INT, 2);
    assertThat(LibcFiles.pipe2(fds, Fcntl.O_CLOEXEC)).isZero();
    return fds.toArray(JAVA_INT);
  }

  final Descriptor borrow(int number) throws IOException {
    return track(descriptors.borrow(number));
  }

  final Path fifo() throws Exception {
    Path path = folder.resolve("fifo" + opened.size());
    assertThat(new ProcessBuilder("mkfifo", path.toString()).start().waitFor()).isZero();
    return path;
  }

  final int openNumber(Path path, int flags) {
    return number(LibcFiles.open(arena.allocateFrom(path.toString()), flags | Fcntl.O_CLOEXEC));
  }

  /// Tells whether the open file description behind `number` is in blocking mode.
  static boolean blocks(int number) {
    int flags = LibcFiles.fcntl(number, Fcntl.F_GETFL, 0);
    assertThat(flags).isNotNegative();
    return (flags & Fcntl.O_NONBLOCK) == 0;
  }

  static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  /// Reads what is there, "" if it would have to wait, "end" at the end.
  static String read(Descriptor from) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(100);
    int count = from.read(buffer);
    assertThat(Math.max(0, count)).isEqualTo(buffer.position());
    return count < 0 ? "end" : new String(buffer.array(), 0, count, StandardCharsets.UTF_8);
  }

  /// Fills it; returns how many bytes it took.
  static int fill(Descriptor to) throws IOException {
    ByteBuffer zeros = ByteBuffer.allocateDirect(1 << 16);
    int all = 0;
    int taken;
    do {
      taken = to.write(zeros.clear());
      all += taken;
    } while (taken > 0);
    return all;
  }

  /// Looks: "rw", "r", "x", ...; "" if it is not ready for anything.
  static String look(Pollable source) throws IOException {
    var one = List.of(source);
    var ready = Select.select(one, one, one, Duration.ZERO);
    return (ready.readable().isEmpty() ? "" : "r")
        + (ready.writable().isEmpty() ? "" : "w")
        + (ready.exceptional().isEmpty() ? "" : "x");
  }

  static void awaitReadable(Pollable source) throws IOException {
    assertThat(Select.select(List.of(source), List.of(), List.of(), LONG).readable())
        .containsExactly(source);
  }

  static int openDescriptors() throws IOException {
    try (var files = Files.list(Path.of("/proc/self/fd"))) {
      return (int) files.count();
    }
  }

  /// Only those of one file: the pipes of an ended child are closed some time later.
  static int openDescriptorsOf(Path file) throws IOException {
    int open = 0;
    try (var numbers = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path number : numbers) {
        try {
          open += Files.isSameFile(number, file) ? 1 : 0;
        } catch (NoSuchFileException _) {
          // closed since it was listed
        }
      }
    }
    return open;
  }
}
