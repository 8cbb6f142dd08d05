package sluice.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// A network of one's own: of one thread, and of the sockets and processes that it makes. See
/// [network_namespaces(7)](https://man7.org/linux/man-pages/man7/network_namespaces.7.html).
final class Namespace implements AutoCloseable {
  private static final int CLONE_NEWNET = 0x40000000;

  @SuppressWarnings("restricted") // which is what a call of the system is
  private static final MethodHandle UNSHARE =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().findOrThrow("unshare"),
              FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

  private final ExecutorService thread = Executors.newSingleThreadExecutor();
  private final String id;

  /// Makes one that has nothing but a loopback device. Skips the test with one line if this user
  /// may not.
  Namespace() throws Exception {
    if (!in(Namespace::unshare)) {
      thread.close();
      Program.skip("only root may make a network namespace");
    }
    id = in(() -> Path.of("/proc/thread-self").toRealPath().getFileName().toString());
    run("ip", "link", "set", "lo", "up");
  }

  private static boolean unshare() {
    try {
      return (int) UNSHARE.invokeExact(CLONE_NEWNET) == 0;
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  /// Makes a cable to `other`, its end here with the address `here`, and that one with `there`.
  /// Skips the test with one line if the kernel has none.
  void connect(Namespace other, String here, String there) throws Exception {
    Process ip =
        in(() ->
            command(
                "ip", "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns",
                other.id));
    String said = said(ip);
    if (ip.waitFor() != 0) {
      Program.skip("the kernel has no virtual cables: " + said);
    }
    run("ip", "address", "add", here + "/24", "dev", "cable");
    other.run("ip", "address", "add", there + "/24", "dev", "cable");
    plug();
    other.plug();
  }

  /// Takes the cable out of this end; addresses stay.
  void unplug() throws Exception {
    run("ip", "link", "set", "cable", "down");
  }

  void plug() throws Exception {
    run("ip", "link", "set", "cable", "up");
  }

  /// Calls `body` inside: what it opens or starts stays there.
  <T> T in(Callable<T> body) throws Exception {
    try {
      return thread.submit(body).get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }

  /// Runs a command inside, which has to succeed.
  void run(String... words) throws Exception {
    String _ = said(words);
  }

  /// Does so and returns what it said.
  String said(String... words) throws Exception {
    Process process = in(() -> command(words));
    String said = said(process);
    assertThat(process.waitFor()).as(String.join(" ", words) + ": " + said).isZero();
    return said;
  }

  private static Process command(String... words) throws Exception {
    return new ProcessBuilder(words).redirectErrorStream(true).start();
  }

  private static String said(Process process) throws Exception {
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
  }

  @Override
  public void close() {
    thread.close();
  }
}
