package sluice.testkit.simulation;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/// What is left out of a history, so that less of it has to be understood.
///
/// @param clients so many take part at most
/// @param without faults that do not happen
/// @param steps so many steps each client does at most, beside those of its end
record Masks(int clients, Set<Fault> without, int steps) {
  static final Masks NONE =
      new Masks(Integer.MAX_VALUE, EnumSet.noneOf(Fault.class), Integer.MAX_VALUE);

  Masks withClients(int value) {
    return new Masks(value, without, steps);
  }

  Masks withSteps(int value) {
    return new Masks(clients, without, value);
  }

  Masks andWithout(Fault fault) {
    EnumSet<Fault> more = EnumSet.of(fault);
    more.addAll(without);
    return new Masks(clients, more, steps);
  }

  /// Reads what [#options] has printed: one option of it.
  ///
  /// @throws IllegalArgumentException if there is no such option or fault
  Masks with(String option, String value) {
    return switch (option) {
      case "--clients" -> withClients(Integer.parseInt(value));
      case "--steps" -> withSteps(Integer.parseInt(value));
      case "--without" ->
          new Masks(
              clients,
              Arrays.stream(value.split(","))
                  .map(name -> Fault.valueOf(name.toUpperCase(Locale.ROOT)))
                  .collect(Collectors.toSet()),
              steps);
      default -> throw new IllegalArgumentException("unknown option: " + option);
    };
  }

  /// Returns the options that say so, each with a space before it.
  String options() {
    String text = clients == Integer.MAX_VALUE ? "" : " --clients " + clients;
    text += steps == Integer.MAX_VALUE ? "" : " --steps " + steps;
    if (!without.isEmpty()) {
      text +=
          without.stream()
              .map(Fault::toString)
              .sorted()
              .collect(Collectors.joining(",", " --without ", ""));
    }
    return text;
  }
}
