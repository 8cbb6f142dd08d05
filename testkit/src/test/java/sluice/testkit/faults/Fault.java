package sluice.testkit.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A bug that is planted: a patch with a head that says what is wrong, and may name the tests that
/// have to notice it, in a line `tests: CLASS...`, or `CLASS#TEST` where the others of a class take
/// long. Without one the simulation has to.
///
/// @param name that of its file
/// @param patch the file
/// @param files what it changes, below the root
/// @param tests by the simple names of their classes; empty for the simulation
/// @param survives nothing notices it, for the reason that its head says
record Fault(String name, Path patch, List<String> files, List<String> tests, boolean survives) {
  /// Where they all are, below the root.
  static final String FOLDER = "testkit/src/test/faults";

  private static final String SUFFIX = ".patch";
  private static final String SURVIVORS = "survivors";
  private static final String FILE = "+++ b/";
  private static final String TESTS = "tests: ";

  /// Reads one.
  static Fault read(Path patch) throws IOException {
    List<String> files = new ArrayList<>();
    List<String> tests = new ArrayList<>();
    for (String line : Files.readAllLines(patch)) {
      if (line.startsWith(FILE)) {
        files.add(line.substring(FILE.length()));
      } else if (line.startsWith(TESTS)) {
        tests.addAll(List.of(line.substring(TESTS.length()).strip().split(" +")));
      }
    }
    String name = patch.getFileName().toString();
    return new Fault(
        name.substring(0, name.length() - SUFFIX.length()),
        patch,
        files,
        tests,
        patch.endsWith(Path.of(SURVIVORS, name)));
  }

  /// Reads all below `folder`, by name.
  static List<Fault> readAll(Path folder) throws IOException {
    List<Fault> faults = new ArrayList<>();
    try (var paths = Files.walk(folder)) {
      for (Path path : paths.filter(p -> p.toString().endsWith(SUFFIX)).sorted().toList()) {
        faults.add(read(path));
      }
    }
    return faults;
  }

  /// Returns the simple name of the class of `test`.
  static String className(String test) {
    int end = test.indexOf('#');
    return end < 0 ? test : test.substring(0, end);
  }

  Area area() {
    return Area.of(files.getFirst());
  }
}
