package sluice.program;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import sluice.Backend;
import sluice.spi.BackendProvider;
import sluice.spi.Backends;
import sluice.spi.Capability;

/// `sluice doctor`.
@Command(
    name = "doctor",
    header = "Says what this machine can do, what Sluice uses of it, and why not the rest.",
    description = {
      "",
      "Every backend is tried, not concluded from a version. Limits come with one line of advice each."
    },
    synopsisHeading = "%nUsage: ",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    optionListHeading = "%nOptions:%n",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      " 0:said, whatever was found",
      "64:the command line is wrong",
      "70:a defect of the program"
    },
    footerHeading = "%nExamples:%n",
    footer = {"  ./sluice doctor", "  ./sluice doctor --json | python3 -m json.tool"})
final class Doctor implements Runnable {
  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Override
  public void run() {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    String best = Backend.best().name();
    if (json) {
      out.println(object(best));
    } else {
      Backends.all().forEach(backend -> print(out, backend, best));
      out.println("limits");
      for (SystemLimit limit : SystemLimit.all()) {
        out.printf("  %-26s %-12s %s%n", limit.name(), limit.value(), limit.advice());
      }
    }
  }

  private static void print(PrintStream out, BackendProvider backend, String best) {
    String refusal = backend.refusal();
    String name = backend.name();
    if (refusal != null) {
      out.printf("backend %s: cannot run here: %s%n", name, refusal);
      return;
    }
    out.printf(
        "backend %s: works%s%n",
        name,
        name.equals(best) ? ", and is what 'auto' takes" : "; choose it by --backend " + name);
    for (Capability capability : backend.capabilities()) {
      out.printf(
          "  %-3s %-49s %s%n",
          capability.used() ? "yes" : "no", capability.name(), "since " + capability.since());
      if (capability.why() != null) {
        out.printf("      %s%n", capability.why());
      }
    }
  }

  private static Json object(String best) {
    return new Json()
        .add("auto", best)
        .add("backends", Backends.all().stream().map(Doctor::object).toList())
        .add("limits", SystemLimit.all().stream().map(Doctor::object).toList());
  }

  private static Json object(BackendProvider backend) {
    String refusal = backend.refusal();
    List<Capability> capabilities = refusal == null ? backend.capabilities() : List.of();
    return new Json()
        .add("name", backend.name())
        .add("works", refusal == null)
        .add("refusal", refusal)
        .add("capabilities", capabilities.stream().map(Doctor::object).toList());
  }

  private static Json object(Capability capability) {
    return new Json()
        .add("name", capability.name())
        .add("since", capability.since())
        .add("present", capability.present())
        .add("used", capability.used())
        .add("why", capability.why());
  }

  private static Json object(SystemLimit limit) {
    return new Json()
        .add("name", limit.name())
        .add("value", limit.value())
        .add("advice", limit.advice());
  }
}
