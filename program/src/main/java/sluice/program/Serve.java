package sluice.program;

import ch.qos.logback.classic.LoggerContext;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import sluice.Backend;
import sluice.server.ConnectionHandler;
import sluice.server.Server;
import sluice.spi.Addresses;
import sun.misc.Signal;

/// `sluice serve`.
@Command(
    name = "serve",
    description = "Serves many clients at once until TERM or INT.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class Serve implements Callable<Integer> {
  private static final Duration DRAIN = Duration.ofSeconds(30);

  @Parameters(
      paramLabel = "HANDLER",
      arity = "0..1",
      defaultValue = "echo",
      description =
          "What to do with clients: echo, discard, lines, chat, or a Java file with a"
              + " ConnectionHandler or 'static void process(byte[] data)' (default:"
              + " ${DEFAULT-VALUE}).")
  private String handler = "echo";

  @Option(
      names = "--listen",
      paramLabel = "ADDR",
      converter = AddressConverter.class,
      defaultValue = "127.0.0.1:8000",
      description =
          "HOST:PORT, [IPV6]:PORT or unix:PATH; port 0 picks a free one. May be repeated"
              + " (default: ${DEFAULT-VALUE}).")
  private List<Address> listen = List.of();

  @Option(
      names = "--backend",
      paramLabel = "NAME",
      defaultValue = "auto",
      description = "auto, epoll or nio (default: ${DEFAULT-VALUE}).")
  private String backend = "auto";

  @Option(
      names = "--backlog",
      paramLabel = "N",
      defaultValue = "1024",
      description = "How many clients may wait to be accepted (default: ${DEFAULT-VALUE}).")
  private int backlog;

  @Override
  public Integer call() throws Failure {
    return run(_ -> {});
  }

  /// Serves until a signal. `ready` is told the address of each listener that accepts.
  int run(Consumer<SocketAddress> ready) throws Failure {
    Backend chosen = chooseBackend();
    Server server = start(chosen);
    // Created after the listeners: a failure before is not delayed by the logging system.
    Logger log = LoggerFactory.getLogger("sluice");
    stopOnSignals(server, log);
    for (SocketAddress address : server.addresses()) {
      log.info(
          "server.ready address={} handler={} backend={} loops=1",
          Addresses.format(address),
          handler,
          chosen.name());
      ready.accept(address);
    }
    try {
      server.join();
      log.info("server.stopped");
      return ExitCode.OK;
    } catch (IllegalStateException e) {
      log.error("server.failed", e);
      return ExitCode.INTERNAL;
    } finally {
      ((LoggerContext) LoggerFactory.getILoggerFactory()).stop(); // writes what waits, for a second
    }
  }

  private ConnectionHandler openHandler() throws Failure {
    if (handler.endsWith(".java")) {
      return JavaHandler.open(path(handler));
    }
    for (Handler known : Handler.values()) {
      if (known.toString().equals(handler)) {
        return known.open();
      }
    }
    throw new Failure(
        ExitCode.USAGE,
        "unknown handler '"
            + handler
            + "': choose echo, discard, lines, chat, or the path of a file that ends with .java");
  }

  private static Path path(String text) throws Failure {
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new Failure(
          ExitCode.CONFIGURATION,
          "cannot read the handler "
              + text
              + ": "
              + e.getReason()
              + "; set LC_ALL=C.UTF-8 for names of files that are not ASCII");
    }
  }

  private Backend chooseBackend() throws Failure {
    try {
      return backend.equals("auto") ? Backend.best() : Backend.of(backend);
    } catch (IllegalArgumentException _) {
      throw new Failure(
          ExitCode.USAGE,
          "unknown backend '" + backend + "' for --backend: choose auto, epoll or nio");
    } catch (UnsupportedOperationException e) {
      throw new Failure(
          ExitCode.UNAVAILABLE, e.getMessage() + "; --backend auto takes what works here");
    }
  }

  private Server start(Backend chosen) throws Failure {
    if (backlog < 1) {
      throw new Failure(ExitCode.USAGE, "--backlog must be at least 1, not " + backlog);
    }
    Server.Builder builder =
        Server.builder().backend(chosen).backlog(backlog).handler(openHandler());
    for (Address address : listen) {
      try {
        builder.listen(address.resolve());
      } catch (UnknownHostException _) {
        throw new Failure(
            ExitCode.UNAVAILABLE,
            "unknown host in --listen " + address.text() + ": check the name, or give a number");
      }
    }
    try {
      return builder.start();
    } catch (IOException e) {
      throw new Failure(ExitCode.UNAVAILABLE, "cannot serve: " + e.getMessage() + advice(e));
    }
  }

  private static String advice(IOException e) {
    String text = String.valueOf(e.getMessage());
    if (text.contains("in use")) {
      return "; choose another port with --listen, or stop what uses this one (ss -ltnp)";
    }
    if (text.contains("permission")) {
      return "; choose a port above 1023 or a path that you may write";
    }
    return "; choose another address with --listen";
  }

  private static void stopOnSignals(Server server, Logger log) {
    AtomicInteger signals = new AtomicInteger();
    for (String name : new String[] {"TERM", "INT"}) {
      Signal.handle(
          new Signal(name),
          signal -> {
            boolean first = signals.getAndIncrement() == 0;
            log.info(
                "server.stopping signal={} deadline={}s",
                signal.getName(),
                first ? DRAIN.toSeconds() : 0);
            server.stop(first ? DRAIN : Duration.ZERO);
          });
    }
  }
}
