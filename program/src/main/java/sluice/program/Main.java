package sluice.program;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import sluice.Backend;
import sluice.spi.Printable;

/// The `sluice` command.
@Command(
    name = "sluice",
    header = "A multi-client server for the shell: one thread, thousands of sockets.",
    synopsisHeading = "%nUsage: ",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    optionListHeading = "%nOptions:%n",
    commandListHeading = "%nCommands:%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./sluice serve              an echo server on 127.0.0.1:8000",
      "  ./sluice connect 127.0.0.1:8000",
      "                              a client of it, on this terminal",
      "  ./sluice bench 127.0.0.1:8000",
      "                              how many messages it takes a second",
      "  ./sluice doctor             what this machine can do, and why not the rest",
      "  ./sluice serve --help       all that it can do, with more examples"
    },
    subcommands = {
      Serve.class,
      Connect.class,
      Bench.class,
      Doctor.class,
      Completion.class,
      Train.class
    })
final class Main implements Runnable {
  @CommandLine.Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private CommandLine.Model.CommandSpec spec;

  /// Starts the program.
  public static void main(String[] args) {
    System.exit(run(args));
  }

  private static int run(String... args) {
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    CommandLine commandLine = new CommandLine(new Main());
    commandLine.setErr(err);
    commandLine.setCaseInsensitiveEnumValuesAllowed(true);
    commandLine.setParameterExceptionHandler((e, _) -> {
      err.println("sluice: " + oneLine(e) + "; try '" + helpOf(e) + "'");
      return ExitCode.USAGE;
    });
    commandLine.setExecutionExceptionHandler((e, _, _) -> {
      if (e instanceof Failure failure) {
        err.println("sluice: " + failure.getMessage());
        return failure.exitCode();
      }
      err.println("sluice: internal failure, please report it:");
      e.printStackTrace(err);
      return ExitCode.INTERNAL;
    });
    return commandLine.execute(args);
  }

  private static String oneLine(CommandLine.ParameterException e) {
    return Printable.of(
        String.valueOf(e.getMessage()).lines().findFirst().orElse("bad command line"));
  }

  private static String helpOf(CommandLine.ParameterException e) {
    return e.getCommandLine().getCommandSpec().qualifiedName() + " --help";
  }

  @Override
  public void run() {
    throw new CommandLine.ParameterException(spec.commandLine(), "a command is missing");
  }

  /// Says what runs here.
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {
        "sluice " + Build.version(),
        "backend " + Backend.best().name(),
        "java " + Runtime.version() + " (" + System.getProperty("java.vendor") + ")",
        System.getProperty("os.name")
            + " "
            + System.getProperty("os.version")
            + " "
            + System.getProperty("os.arch")
      };
    }
  }
}
