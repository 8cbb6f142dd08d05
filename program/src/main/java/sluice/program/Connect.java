package sluice.program;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import sluice.Backend;
import sluice.Descriptor;
import sluice.Descriptors;
import sluice.StreamSocket;

/// `sluice connect`.
@Command(
    name = "connect",
    header = "Connects standard input and output to a server.",
    description = {
      "",
      "Sends what is typed or piped in, and prints what comes back until the server ends. The end of"
          + " the input is passed on, and the answers to it are waited for."
    },
    synopsisHeading = "%nUsage: ",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    parameterListHeading = "%nWhere to connect:%n",
    optionListHeading = "%nOptions:%n",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "  0:the server has ended the connection",
      " 64:the command line is wrong",
      " 69:cannot connect, or the connection failed later",
      " 70:a defect of the program",
      " 74:standard input cannot be read, or standard output not be written",
      "130:ended by INT; 143: by TERM",
      "141:nobody reads standard output any more"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./sluice connect 127.0.0.1:8000",
      "  ./sluice connect unix:/tmp/chat",
      "  ./sluice connect [::1]:8000 <question >answer",
      "  ./sluice connect example.org:7 --connect-timeout 500ms"
    })
final class Connect implements Callable<Integer> {
  @Parameters(
      paramLabel = "ADDR",
      converter = AddressConverter.class,
      description =
          "HOST:PORT, [IPV6]:PORT or unix:PATH. If HOST has several addresses, they are tried in"
              + " order.")
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private Address address;

  @Option(
      names = "--connect-timeout",
      paramLabel = "DURATION",
      converter = DurationConverter.class,
      defaultValue = "10s",
      description =
          "How long to wait for each address, as 500ms, 10s or 5m; 0 waits as long as the system"
              + " does (default: ${DEFAULT-VALUE}).")
  private Duration connectTimeout = Duration.ZERO;

  @Option(
      names = "--raw",
      description =
          "Pass all bytes on to a terminal, too. Without it, what could play tricks on one is shown"
              + " as \\u{1b}; pipes and files always get what was sent.")
  private boolean raw;

  @Override
  public Integer call() throws Failure, IOException {
    if (address.port() == 0 && !address.isUnix()) {
      throw new Failure(
          ExitCode.USAGE,
          "cannot connect to port 0 in " + address.text() + ": give the port of a server");
    }
    Backend backend = backend();
    Descriptors descriptors = backend.descriptors();
    try (Descriptor input = descriptors.standardInput();
        Descriptor output = descriptors.standardOutput();
        StreamSocket peer = new Connector(backend, connectTimeout).connect(address)) {
      TerminalText text = output.isTerminal() && !raw ? new TerminalText() : null;
      try {
        return new Conversation(input, output, peer, text).run();
      } catch (IOException e) {
        throw new Failure(
            ExitCode.UNAVAILABLE,
            "the connection to "
                + address.text()
                + " failed: "
                + Failure.reason(e)
                + "; the log of the server may say why");
      }
    }
  }

  private static Backend backend() throws Failure {
    try {
      return Backend.of("epoll");
    } catch (UnsupportedOperationException e) {
      throw new Failure(
          ExitCode.UNAVAILABLE,
          "java.nio cannot watch standard input, and " + e.getMessage() + ", or use nc");
    }
  }
}
