package sluice.program;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
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

  // JSON

  private static String object(String best) {
    return "{\"auto\":"
        + string(best)
        + ",\"backends\":"
        + array(Backends.all().stream().map(Doctor::object).toList())
        + ",\"limits\":"
        + array(SystemLimit.all().stream().map(Doctor::object).toList())
        + "}";
  }

  private static String object(BackendProvider backend) {
    String refusal = backend.refusal();
    List<Capability> capabilities = refusal == null ? backend.capabilities() : List.of();
    return "{\"name\":"
        + string(backend.name())
        + ",\"works\":"
        + (refusal == null)
        + ",\"refusal\":"
        + string(refusal)
        + ",\"capabilities\":"
        + array(capabilities.stream().map(Doctor::object).toList())
        + "}";
  }

  private static String object(Capability capability) {
    return "{\"name\":"
        + string(capability.name())
        + ",\"since\":"
        + string(capability.since())
        + ",\"present\":"
        + capability.present()
        + ",\"used\":"
        + capability.used()
        + ",\"why\":"
        + string(capability.why())
        + "}";
  }

  private static String object(SystemLimit limit) {
    return "{\"name\":"
        + string(limit.name())
        + ",\"value\":"
        + string(limit.value())
        + ",\"advice\":"
        + string(limit.advice())
        + "}";
  }

  private static String array(List<String> items) {
    return items.stream().collect(Collectors.joining(",", "[", "]"));
  }

  private static String string(@Nullable String text) {
    if (text == null) {
      return "null";
    }
    StringBuilder quoted = new StringBuilder("\"");
    text.chars()
        .forEach(c -> {
          if (c == '"' || c == '\\') {
            quoted.append('\\').append((char) c);
          } else if (c < ' ') {
            quoted.append(String.format("\\u%04x", c));
          } else {
            quoted.append((char) c);
          }
        });
    return quoted.append('"').toString();
  }
}
