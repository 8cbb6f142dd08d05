package sluice.program;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A limit of the system on servers, and what to do about it.
record SystemLimit(String name, String value, String advice) {
  private static final Path LIMITS = Path.of("/proc/self/limits");
  private static final Path SOMAXCONN = Path.of("/proc/sys/net/core/somaxconn");
  private static final Path DISABLED = Path.of("/proc/sys/kernel/io_uring_disabled");

  private static final long FILES_ENOUGH = 65_536;
  private static final long BACKLOG_ENOUGH = 4_096;
  private static final String UNLIMITED = "unlimited";

  /// Returns those that can be read here.
  static List<SystemLimit> all() {
    List<SystemLimit> limits = new ArrayList<>();
    ofProcess("Max open files").ifPresent(files -> limits.add(files(files)));
    read(SOMAXCONN).ifPresent(value -> limits.add(somaxconn(value)));
    ofProcess("Max locked memory").ifPresent(bytes -> limits.add(memlock(bytes)));
    read(DISABLED).ifPresent(value -> limits.add(disabled(value)));
    return limits;
  }

  private static SystemLimit files(String value) {
    boolean enough = isAtLeast(value, FILES_ENOUGH);
    String advice =
        "each client needs one descriptor; "
            + (enough
                ? "enough for most servers"
                : "raise the hard limit: 'ulimit -n', or LimitNOFILE= of systemd");
    return new SystemLimit("open files", value, advice);
  }

  private static SystemLimit somaxconn(String value) {
    boolean enough = isAtLeast(value, BACKLOG_ENOUGH);
    String advice =
        enough
            ? "as many clients may wait to be accepted, if --backlog says so"
            : "cuts --backlog; raise it: sysctl net.core.somaxconn=" + BACKLOG_ENOUGH;
    return new SystemLimit("net.core.somaxconn", value, advice);
  }

  private static SystemLimit memlock(String value) {
    String advice = "counts for rings before Linux 5.12 only; nothing to do";
    return new SystemLimit("locked memory", value, advice);
  }

  private static SystemLimit disabled(String value) {
    String advice =
        switch (value) {
          case "0" -> "nothing is forbidden; a container's filter may still refuse";
          case "1" -> "only CAP_SYS_ADMIN and kernel.io_uring_group may use rings";
          default -> "nobody may use rings; sysctl kernel.io_uring_disabled=0 allows them";
        };
    return new SystemLimit("kernel.io_uring_disabled", value, advice);
  }

  private static boolean isAtLeast(String value, long enough) {
    return value.equals(UNLIMITED) || Long.parseLong(value) >= enough;
  }

  /// Returns a soft limit of this process; the JVM has raised that of open files to the hard one.
  private static Optional<String> ofProcess(String name) {
    return read(LIMITS)
        .flatMap(text -> text.lines().filter(line -> line.startsWith(name)).findFirst())
        .map(line -> line.substring(name.length()).strip().replaceFirst("\\s.*", ""));
  }

  private static Optional<String> read(Path file) {
    try {
      return Optional.of(Files.readString(file).strip());
    } catch (IOException _) {
      return Optional.empty(); // not on this system
    }
  }
}
