package sluice.testkit.differential;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What happens to some sources, as steps in one line. [Interpreter] says what each step means.
///
/// @param row the state that it is about, if any
/// @param portable whether a backend can run it that knows sockets and no urgent data
record Script(String text, Rows.@Nullable Row row, boolean portable) {
  String[] steps() {
    return text.split("; ");
  }

  /// Returns what each step does.
  List<String> verbs() {
    return Stream.of(steps()).map(step -> step.substring(0, step.indexOf(' '))).toList();
  }
}
