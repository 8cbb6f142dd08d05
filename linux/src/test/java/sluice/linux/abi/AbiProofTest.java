package sluice.linux.abi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.PaddingLayout;
import java.lang.foreign.StructLayout;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Has the C compiler prove every layout and constant against the system's own headers, for both
/// architectures. Nothing is run, so a cross compiler proves the other one.
class AbiProofTest {
  @TempDir Path folder;

  private static final List<Class<?>> CONSTANTS =
      List.of(
          SysEpoll.class,
          SysPoll.class,
          SysEventfd.class,
          SysSocket.class,
          Sockios.class,
          Fcntl.class,
          SysTimerfd.class,
          SysInotify.class,
          SysSyscall.class,
          SysMman.class,
          IoUring.class,
          ErrnoH.class);

  private static List<StructLayout> layouts(Arch arch) {
    return List.of(
        EpollEvent.layout(arch),
        PollFd.LAYOUT,
        IoUringSqe.LAYOUT,
        IoUringCqe.LAYOUT,
        IoUringParams.LAYOUT,
        IoSqringOffsets.LAYOUT,
        IoCqringOffsets.LAYOUT,
        IoUringBuf.LAYOUT,
        IoUringBufRing.LAYOUT,
        IoUringBufReg.LAYOUT,
        IoUringGeteventsArg.LAYOUT,
        IoUringProbe.LAYOUT,
        IoUringProbeOp.LAYOUT,
        Timespec.LAYOUT,
        Itimerspec.LAYOUT,
        Iovec.LAYOUT,
        InotifyEvent.LAYOUT,
        Statx.LAYOUT,
        Linger.LAYOUT,
        SockaddrIn.LAYOUT,
        SockaddrIn6.LAYOUT,
        SockaddrUn.LAYOUT);
  }

  private static final String HEADERS =
      """
      #define _GNU_SOURCE
      #include <stddef.h>
      #include <errno.h>
      #include <fcntl.h>
      #include <poll.h>
      #include <time.h>
      #include <sys/epoll.h>
      #include <sys/ioctl.h>
      #include <linux/io_uring.h>
      #include <linux/sockios.h>
      #include <sys/eventfd.h>
      #include <sys/inotify.h>
      #include <sys/mman.h>
      #include <sys/stat.h>
      #include <sys/syscall.h>
      #include <sys/timerfd.h>
      #include <sys/uio.h>
      #include <sys/socket.h>
      #include <sys/un.h>
      #include <netinet/in.h>
      #include <netinet/tcp.h>
      """;

  @ParameterizedTest
  @EnumSource
  void layoutsAndConstantsAreThoseOfTheHeaders(Arch arch) throws Exception {
    List<String> assertions = new ArrayList<>();
    layouts(arch).forEach(layout -> describe(layout, assertions));
    for (Class<?> header : CONSTANTS) {
      describe(header, assertions);
    }
    assertThat(assertions).hasSizeGreaterThan(100);
    assertThat(compile(arch, assertions)).isEmpty();
    System.out.printf("abi: %d assertions proved for %s%n", assertions.size(), arch);
  }

  /// The proof can fail: the other architecture's `epoll_event` is refused.
  @ParameterizedTest
  @EnumSource
  void theOtherArchitecturesLayoutIsRefused(Arch arch) throws Exception {
    Arch other = arch == Arch.X86_64 ? Arch.AARCH64 : Arch.X86_64;
    List<String> assertions = new ArrayList<>();
    describe(EpollEvent.layout(other), assertions);
    assertThat(compile(arch, assertions)).contains("static assertion failed");
  }

  @Test
  void everyClassOfThePackageIsProved() throws Exception {
    Path classes =
        Path.of(EpollEvent.class.getProtectionDomain().getCodeSource().getLocation().toURI())
            .resolve("sluice/linux/abi");
    try (var files = Files.list(classes)) {
      List<String> names =
          files
              .map(f -> f.getFileName().toString().replace(".class", ""))
              .filter(n -> !n.equals("Arch") && !n.contains("$") && !n.equals("package-info"))
              .toList();
      assertThat(names).hasSize(CONSTANTS.size() + layouts(Arch.X86_64).size());
    }
  }

  private static void describe(StructLayout layout, List<String> assertions) {
    String type = "struct " + layout.name().orElseThrow();
    assertions.add("sizeof(%s) == %d".formatted(type, layout.byteSize()));
    for (MemoryLayout member : layout.memberLayouts()) {
      if (!(member instanceof PaddingLayout)) {
        String name = member.name().orElseThrow();
        long offset = layout.byteOffset(MemoryLayout.PathElement.groupElement(name));
        assertions.add("offsetof(%s, %s) == %d".formatted(type, name, offset));
        assertions.add("sizeof(((%s *)0)->%s) == %d".formatted(type, name, member.byteSize()));
      }
    }
  }

  private static void describe(Class<?> header, List<String> assertions)
      throws IllegalAccessException {
    for (Field constant : header.getFields()) {
      assertions.add("(int)(%s) == (int)%dL".formatted(constant.getName(), constant.getInt(null)));
    }
  }

  private String compile(Arch arch, List<String> assertions) throws Exception {
    StringBuilder source = new StringBuilder(HEADERS);
    for (String assertion : assertions) {
      source.append("_Static_assert(").append(assertion).append(", \"\");\n");
    }
    Path file = Files.writeString(folder.resolve("abi.c"), source);
    for (String compiler : compilers(arch)) {
      try {
        Process process =
            new ProcessBuilder(compiler, "-std=gnu11", "-fsyntax-only", file.toString())
                .redirectErrorStream(true)
                .start();
        try (InputStream output = process.getInputStream()) {
          String text = new String(output.readAllBytes(), StandardCharsets.UTF_8);
          assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
          return process.exitValue() == 0 ? "" : text;
        }
      } catch (IOException _) {
        // not installed; the next one may be
      }
    }
    String missing = "no C compiler for " + arch + ", install one of " + compilers(arch);
    if ("1".equals(System.getenv("SLUICE_REQUIRE_ALL"))) {
      throw new AssertionError(missing);
    }
    System.out.println("skipped: " + missing);
    return abort(missing);
  }

  private static List<String> compilers(Arch arch) {
    String cross =
        switch (arch) {
          case X86_64 -> "x86_64-linux-gnu-gcc";
          case AARCH64 -> "aarch64-linux-gnu-gcc";
        };
    return arch == Arch.current() ? List.of("cc", "gcc", cross) : List.of(cross);
  }
}
