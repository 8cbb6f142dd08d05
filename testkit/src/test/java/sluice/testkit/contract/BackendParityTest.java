package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Every backend runs the same contract. Backends are found by the names of their test classes: a
/// new one is held to the count of the others from its first class on.
class BackendParityTest {
  private static final Pattern SUITE = Pattern.compile("(Nio|Epoll|Uring|Sim)(\\w+)Test");
  private static final Pattern CONTRACT = Pattern.compile("(\\w+)Contract");

  @Test
  void everyBackendRunsTheSameNumberOfTests() throws Exception {
    Map<String, Map<String, Integer>> backends = new TreeMap<>();
    for (Class<?> type : classesBeside(BackendParityTest.class)) {
      Matcher name = SUITE.matcher(type.getSimpleName());
      if (name.matches()) {
        backends
            .computeIfAbsent(name.group(1), _ -> new TreeMap<>())
            .put(name.group(2), countTests(type));
      }
    }
    Map<String, Integer> contract = new TreeMap<>();
    for (Class<?> type : classesBeside(BackendContract.class)) {
      Matcher name = CONTRACT.matcher(type.getSimpleName());
      if (name.matches() && countTests(type) > 0) {
        contract.put(name.group(1), countTests(type));
      }
    }

    assertThat(contract).hasSizeGreaterThan(10);
    assertThat(backends).containsKey("Nio");
    backends.forEach((name, counts) -> assertThat(counts).as(name).isEqualTo(contract));
  }

  @Test
  void contractsAreAbstractAndTheirTestsAreNeverSkipped() throws Exception {
    for (Class<?> type : classesBeside(BackendContract.class)) {
      if (CONTRACT.matcher(type.getSimpleName()).matches()) {
        assertThat(Modifier.isAbstract(type.getModifiers())).as(type.getName()).isTrue();
        assertThat(type.isAnnotationPresent(org.junit.jupiter.api.Disabled.class)).isFalse();
      }
    }
  }

  private static int countTests(Class<?> type) {
    int count = 0;
    for (Class<?> level = type; level != null; level = level.getSuperclass()) {
      count +=
          (int)
              Stream.of(level.getDeclaredMethods())
                  .filter(method -> method.isAnnotationPresent(Test.class))
                  .count();
    }
    return count;
  }

  /// The top-level classes of the package and the class directory in which `sibling` is.
  private static Iterable<Class<?>> classesBeside(Class<?> sibling) throws Exception {
    Path directory = directoryOf(sibling);
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".class") && !name.contains("$") && !name.contains("-"))
          .map(name -> sibling.getPackageName() + "." + name.replace(".class", ""))
          .<Class<?>>map(BackendParityTest::load)
          .toList();
    }
  }

  private static Path directoryOf(Class<?> type) throws URISyntaxException {
    Path root = Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    return root.resolve(type.getPackageName().replace('.', '/'));
  }

  private static Class<?> load(String name) {
    try {
      return Class.forName(name);
    } catch (ClassNotFoundException e) {
      throw new AssertionError(e);
    }
  }
}
