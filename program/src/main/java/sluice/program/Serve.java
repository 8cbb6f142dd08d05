package sluice.program;

import ch.qos.logback.classic.LoggerContext;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import sluice.Backend;
import sluice.server.ConnectionHandler;
import sluice.server.Limits;
import sluice.server.Server;
import sluice.spi.Addresses;
import sun.misc.Signal;

/// `sluice serve`.
@Command(
    name = "serve",
    header = "Serves many clients at once until TERM or INT.",
    synopsisHeading = "%nUsage: ",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    abbreviateSynopsis = true,
    parameterListHeading = "%nWhat to do with clients:%n",
    optionListHeading = "%nOptions:%n",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      " 0:ended by TERM or INT: no more clients, the last ones finished",
      " 3:no memory is left on the heap",
      "64:the command line is wrong",
      "69:cannot serve: an address is in use, a backend cannot run here",
      "70:a defect of the program",
      "78:the handler or a limit cannot be used, or there is no JDK"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./sluice serve",
      "  ./sluice serve lines --listen 0.0.0.0:9000 >>lines.txt",
      "  ./sluice serve chat --listen 127.0.0.1:0 --listen unix:/tmp/chat",
      "  ./sluice serve Mine.java --backend epoll",
      "",
      "where Mine.java is as little as",
      "",
      "  static void process(byte[] data) {",
      "    System.out.println(data.length);",
      "  }"
    })
final class Serve implements Callable<Integer> {
  private static final String DEFAULT_ADDRESS = "127.0.0.1:8000";

  /// The names that `--backend` takes.
  static final class BackendNames implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return List.of("auto", "io_uring", "epoll", "nio").iterator();
    }
  }

  @Parameters(
      paramLabel = "HANDLER",
      arity = "0..1",
      defaultValue = "echo",
      completionCandidates = Handler.Names.class,
      description = {
        "echo     send back what a client sends (the default)",
        "discard  read and forget",
        "lines    print 'ADDRESS TEXT' for each line",
        "chat     pass each line on to all other clients",
        "or a Java file with a sluice.server.ConnectionHandler or just"
            + " 'static void process(byte[] data)'"
      })
  private String handler = "echo";

  @ArgGroup(validate = false, order = 1, heading = "%nWhere to listen:%n")
  private Listening listening = new Listening();

  /// Where it listens.
  private static final class Listening {
    @Option(
        names = "--listen",
        paramLabel = "ADDR",
        converter = AddressConverter.class,
        description =
            "HOST:PORT, [IPV6]:PORT or unix:PATH; may be repeated. Port 0 picks a free one. The file"
                + " at PATH is for this user only, and goes away at the end (default: "
                + DEFAULT_ADDRESS
                + ").")
    private List<Address> addresses = List.of(Address.parse(DEFAULT_ADDRESS));

    @Option(
        names = "--backlog",
        paramLabel = "N",
        description = "How many clients may wait to be accepted (default: ${DEFAULT-VALUE}).")
    private int backlog = 1024;
  }

  @ArgGroup(validate = false, order = 2, heading = "%nHow to serve:%n")
  private Serving serving = new Serving();

  /// How it serves.
  private static final class Serving {
    @Option(
        names = "--backend",
        paramLabel = "NAME",
        completionCandidates = BackendNames.class,
        description =
            "How to ask the system: ${COMPLETION-CANDIDATES}; auto takes the best that works here"
                + " (default: ${DEFAULT-VALUE}).")
    private String backend = "auto";

    @Option(
        names = "--loops",
        paramLabel = "N",
        description =
            "How many threads serve the clients, each its share; more help when one processor is not"
                + " enough (default: ${DEFAULT-VALUE}).")
    private int loops = 1;
  }

  @ArgGroup(validate = false, order = 3, heading = LimitOptions.SECTION)
  private LimitOptions limitOptions = new LimitOptions();

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
    limitOptions.log(log, server.limits());
    for (SocketAddress address : server.addresses()) {
      log.info(
          "server.ready address={} handler={} backend={} loops={}",
          Addresses.format(address),
          handler,
          chosen.name(),
          serving.loops);
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

  private ConnectionHandler openHandler(Limits limits) throws Failure {
    if (handler.endsWith(".java")) {
      return JavaHandler.open(path(handler));
    }
    for (Handler known : Handler.values()) {
      if (known.toString().equals(handler)) {
        return known.open(limits);
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
      return serving.backend.equals("auto") ? Backend.best() : Backend.of(serving.backend);
    } catch (IllegalArgumentException _) {
      throw new Failure(
          ExitCode.USAGE,
          "unknown backend '"
              + serving.backend
              + "' for --backend: choose auto, io_uring, epoll or nio");
    } catch (UnsupportedOperationException e) {
      throw new Failure(
          ExitCode.UNAVAILABLE, e.getMessage() + "; --backend auto takes what works here");
    }
  }

  private Server start(Backend chosen) throws Failure {
    if (listening.backlog < 1) {
      throw new Failure(ExitCode.USAGE, "--backlog must be at least 1, not " + listening.backlog);
    }
    Server.Builder builder = Server.builder().backend(chosen).backlog(listening.backlog);
    try {
      builder.loops(serving.loops);
    } catch (IllegalArgumentException e) {
      throw new Failure(ExitCode.USAGE, "--" + e.getMessage());
    }
    boolean mayOnlyListen = handler.equals(Handler.CHAT.toString());
    Limits limits = limitOptions.limits(mayOnlyListen);
    builder.limits(limits);
    if (mayOnlyListen || handler.equals(Handler.LINES.toString())) {
      builder.refusalMessage(ByteBuffer.wrap(Text.utf8("error: the server is full\n")));
    }
    builder.handler(openHandler(limits));
    for (Address address : listening.addresses) {
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
    if (text.contains("unix:")) {
      return text.contains("in use")
          ? "; choose another path with --listen, or stop what serves this one (ss -lxp)"
          : "; choose another path with --listen";
    }
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
    Duration drain = server.limits().drain();
    for (String name : new String[] {"TERM", "INT"}) {
      Signal.handle(
          new Signal(name),
          signal -> {
            boolean first = signals.getAndIncrement() == 0;
            log.info(
                "server.stopping signal={} deadline={}s",
                signal.getName(),
                first ? drain.toSeconds() : 0);
            server.stop(first ? drain : Duration.ZERO);
          });
    }
  }
}
