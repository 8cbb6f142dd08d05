package sluice.linux.descriptor;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import sluice.ClosedPollableException;
import sluice.Descriptor;
import sluice.Interest;
import sluice.linux.abi.Fcntl;
import sluice.linux.abi.SysSocket;
import sluice.linux.libc.Libc;
import sluice.linux.libc.LibcFiles;

/// Whose a number is, and that reading and writing never wait and never change the mode.
class DescriptorTest extends DescriptorSuite {
  /// `asm-generic/ioctls.h`.
  private static final long TIOCGPTN = 0x80045430L;

  private static final long TIOCSPTLCK = 0x40045431L;

  @Test
  void closingABorrowedNumberLeavesItOpen() throws Exception {
    int[] pipe = pipeNumbers();
    number(pipe[0]);
    number(pipe[1]);
    Descriptor source = borrow(pipe[0]);
    assertThat(source.number()).isEqualTo(pipe[0]);
    assertThat(source).hasToString("Descriptor[epoll fd " + pipe[0] + " borrowed]");
    source.close();
    assertThat(source.isOpen()).isFalse();
    assertThat(LibcFiles.fcntl(pipe[0], Fcntl.F_GETFD, 0)).isNotNegative();
    assertThatThrownBy(() -> read(source))
        .isInstanceOf(ClosedPollableException.class)
        .hasMessageContaining("fd " + pipe[0]);
  }

  @Test
  void closingAnAdoptedNumberClosesIt() throws Exception {
    int[] pipe = pipeNumbers();
    Descriptor source = track(descriptors.adopt(pipe[0]));
    Descriptor sink = track(descriptors.adopt(pipe[1]));
    sink.close();
    assertThat(read(source)).isEqualTo("end");
    assertThat(LibcFiles.fcntl(pipe[1], Fcntl.F_GETFD, 0)).isNegative();
  }

  @Test
  void numberThatIsNoDescriptorIsRefused() {
    assertThatThrownBy(() -> descriptors.borrow(-1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("-1");
    assertThatThrownBy(() -> descriptors.adopt(-1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> descriptors.borrow(Integer.MAX_VALUE))
        .isInstanceOf(IOException.class)
        .hasMessage("number 2147483647 is no open descriptor: EBADF (9)");
    assertThatThrownBy(() -> descriptors.adopt(19_999)).hasMessageContaining("19999");
  }

  @Test
  void lenderThatClosesIsNamed() throws Exception {
    int[] pipe = pipeNumbers();
    number(pipe[1]);
    Descriptor source = borrow(pipe[0]);
    assertThat(Libc.close(pipe[0])).isZero();
    assertThatThrownBy(() -> read(source))
        .isInstanceOf(ClosedPollableException.class)
        .hasMessageContaining(source.toString());
    assertThatThrownBy(() -> source.write(bytes("x"))).isInstanceOf(ClosedPollableException.class);
    assertThatThrownBy(() -> look(source))
        .isInstanceOf(ClosedPollableException.class)
        .hasMessageContaining(source.toString());
  }

  @Test
  void blockingPipeIsNeverWaitedFor() throws Exception {
    int[] pipe = pipeNumbers();
    Descriptor source = borrow(number(pipe[0]));
    Descriptor sink = borrow(number(pipe[1]));
    assertThat(read(source)).isEmpty();
    assertThat(sink.write(bytes("hello"))).isEqualTo(5);
    assertThat(read(source)).isEqualTo("hello");
    assertThat(fill(sink)).isGreaterThanOrEqualTo(4096);
    assertThat(sink.write(bytes("x"))).isZero();
    assertThat(blocks(pipe[0])).isTrue();
    assertThat(blocks(pipe[1])).isTrue();
  }

  @Test
  void blockingFifoIsNeverWaitedFor() throws Exception {
    Path path = fifo();
    int number = openNumber(path, Fcntl.O_RDWR);
    Descriptor fifo = borrow(number);
    assertThat(read(fifo)).isEmpty();
    assertThat(fifo.write(bytes("hello"))).isEqualTo(5);
    assertThat(read(fifo)).isEqualTo("hello");
    assertThat(fill(fifo)).isGreaterThanOrEqualTo(4096);
    assertThat(fifo.write(bytes("x"))).isZero();
    assertThat(blocks(number)).isTrue();
  }

  @Test
  void borrowedFifoLeavesNothingOpen() throws Exception {
    Path path = fifo();
    int number = openNumber(path, Fcntl.O_RDWR);
    assertThat(openDescriptorsOf(path)).isOne();
    try (Descriptor fifo = descriptors.borrow(number)) {
      assertThat(read(fifo)).isEmpty();
      assertThat(openDescriptorsOf(path)).isEqualTo(2); // our own description of it
    }
    assertThat(openDescriptorsOf(path)).isOne();
  }

  @Test
  void blockingTerminalIsNeverWaitedFor() throws Exception {
    int[] terminal = terminal();
    Descriptor master = borrow(number(terminal[0]));
    Descriptor slave = borrow(number(terminal[1]));
    assertThat(look(slave)).isEqualTo("w");
    assertThat(read(slave)).isEmpty();
    assertThat(read(master)).isEmpty();
    assertThat(master.write(bytes("no line yet"))).isEqualTo(11);
    assertThat(read(slave)).isEmpty();
    assertThat(master.write(bytes("\n"))).isOne();
    awaitReadable(slave);
    assertThat(read(slave)).isEqualTo("no line yet\n");
    assertThat(slave.write(bytes("answer"))).isEqualTo(6);
    StringBuilder got = new StringBuilder();
    while (got.indexOf("answer") < 0) { // behind the echo
      awaitReadable(master);
      got.append(read(master));
    }
    assertThat(fill(slave)).isPositive();
    assertThat(slave.write(bytes("x"))).isZero();
    assertThat(blocks(terminal[0])).isTrue();
    assertThat(blocks(terminal[1])).isTrue();
  }

  @Test
  void onlyATerminalIsOne() throws Exception {
    int[] terminal = terminal();
    number(terminal[0]);
    Descriptor slave = borrow(number(terminal[1]));
    assertThat(slave.isTerminal()).isTrue();
    slave.close();
    assertThat(slave.isTerminal()).isFalse();
    assertThat(track(descriptors.open(Path.of("/dev/null"), Interest.WRITE)).isTerminal())
        .isFalse();
    int[] pipe = pipeNumbers();
    number(pipe[0]);
    assertThat(borrow(number(pipe[1])).isTerminal()).isFalse();
  }

  @Test
  void terminalThatHangsUpEnds() throws Exception {
    int[] terminal = terminal();
    Descriptor slave = borrow(number(terminal[1]));
    assertThat(read(slave)).isEmpty();
    assertThat(Libc.close(terminal[0])).isZero();
    assertThat(look(slave)).isEqualTo("rw");
    assertThat(read(slave)).isEqualTo("end");
    assertThat(slave.isTerminal()).isFalse();
  }

  @Test
  void masterEndsWhenNobodyHasTheSlave() throws Exception {
    int[] terminal = terminal();
    Descriptor master = borrow(number(terminal[0]));
    assertThat(Libc.close(terminal[1])).isZero();
    awaitReadable(master);
    assertThat(read(master)).isEqualTo("end");
  }

  /// A new terminal, as openpty(3) makes one: its master, then its slave.
  private int[] terminal() {
    MemorySegment value = arena.allocate(JAVA_INT);
    int master = LibcFiles.open(arena.allocateFrom("/dev/ptmx"), Fcntl.O_RDWR | Fcntl.O_NOCTTY);
    assertThat(Libc.ioctl(master, TIOCSPTLCK, value)).isZero();
    assertThat(Libc.ioctl(master, TIOCGPTN, value)).isZero();
    MemorySegment name = arena.allocateFrom("/dev/pts/" + value.get(JAVA_INT, 0));
    return new int[] {master, LibcFiles.open(name, Fcntl.O_RDWR | Fcntl.O_NOCTTY)};
  }

  @Test
  void blockingSocketIsNeverWaitedFor() throws Exception {
    int number = number(Libc.socket(SysSocket.AF_INET, 2 /* SOCK_DGRAM */, 0));
    Descriptor socket = borrow(number);
    assertThat(read(socket)).isEmpty();
    assertThat(blocks(number)).isTrue();
    assertThatThrownBy(() -> socket.write(bytes("x")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(socket.toString());
  }

  @Test
  void fileIsReadAndWritten() throws Exception {
    Path path = Files.writeString(folder.resolve("file"), "one");
    Interest both = Interest.READ.plus(Interest.WRITE);
    Descriptor file = track(descriptors.open(path, both));
    assertThat(look(file)).isEqualTo("rw");
    assertThat(read(file)).isEqualTo("one");
    assertThat(read(file)).isEqualTo("end");
    assertThat(look(file)).isEqualTo("rw");
    assertThat(file.write(bytes("two"))).isEqualTo(3);
    assertThat(path).hasContent("onetwo");
  }

  @Test
  void pathThatCannotBeOpenedIsNamed() throws Exception {
    Path missing = folder.resolve("missing");
    assertThatThrownBy(() -> descriptors.open(missing, Interest.READ))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessageContaining(missing.toString());
    assertThatThrownBy(() -> descriptors.open(folder, Interest.WRITE))
        .hasMessageContaining(folder.toString())
        .hasMessageContaining("EISDIR");
    assertThatThrownBy(() -> descriptors.open(missing, Interest.EXCEPTIONAL))
        .isInstanceOf(IllegalArgumentException.class);
    Path path = fifo(); // whom nobody reads
    assertThatThrownBy(() -> descriptors.open(path, Interest.WRITE))
        .isNotInstanceOf(AccessDeniedException.class)
        .hasMessageContaining("ENXIO");
  }

  @Test
  void directBuffersWorkToo() throws Exception {
    var pipe = descriptors.openPipe();
    track(pipe.source());
    track(pipe.sink());
    ByteBuffer out = ByteBuffer.allocateDirect(8).put(2, (byte) 'x').put(3, (byte) 'y');
    assertThat(pipe.sink().write(out.position(2).limit(4))).isEqualTo(2);
    assertThat(out.remaining()).isZero();
    ByteBuffer in = ByteBuffer.allocateDirect(8).position(5);
    assertThat(pipe.source().read(in)).isEqualTo(2);
    assertThat(in.position()).isEqualTo(7);
    assertThat(in.get(5)).isEqualTo((byte) 'x');
    assertThat(in.get(6)).isEqualTo((byte) 'y');
  }

  @Test
  void emptyAndReadOnlyBuffersAreNoEnd() throws Exception {
    var pipe = descriptors.openPipe();
    track(pipe.source());
    track(pipe.sink()).close();
    assertThat(pipe.source().read(ByteBuffer.allocate(0))).isZero();
    assertThatThrownBy(() -> pipe.source().read(ByteBuffer.allocate(1).asReadOnlyBuffer()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(read(pipe.source())).isEqualTo("end");
  }

  @Test
  void writingWhereNobodyReadsFails() throws Exception {
    int[] numbers = pipeNumbers();
    Descriptor sink = borrow(number(numbers[1]));
    assertThat(Libc.close(numbers[0])).isZero();
    assertThat(look(sink)).isEqualTo("rw");
    assertThatThrownBy(() -> sink.write(bytes("x")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("EPIPE");
  }

  @Test
  void readingTheWrongEndFails() throws Exception {
    int[] numbers = pipeNumbers();
    number(numbers[0]);
    Descriptor sink = borrow(number(numbers[1]));
    assertThatThrownBy(() -> read(sink))
        .isNotInstanceOf(ClosedPollableException.class)
        .hasMessageContaining("EBADF");
  }

  @Test
  void standardDescriptorsAreBorrowed() throws Exception {
    Descriptor out = track(descriptors.standardOutput());
    Descriptor error = track(descriptors.standardError());
    assertThat(out.number()).isEqualTo(1);
    assertThat(error.number()).isEqualTo(2);
    assertThat(track(descriptors.standardInput()).number()).isZero();
    out.close();
    error.close();
    assertThat(LibcFiles.fcntl(1, Fcntl.F_GETFD, 0)).isNotNegative();
    assertThat(LibcFiles.fcntl(2, Fcntl.F_GETFD, 0)).isNotNegative();
  }
}
