package sluice.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The public API is a committed text: a change of it is a change of a file that reviewers see.
class ApiTest {
  private static final Path FILE =
      Path.of(System.getProperty("sluice.root"), "docs/reference/api.txt");

  @Test
  void apiIsAsCommitted() throws Exception {
    List<String> lines = new ArrayList<>();
    describe("core", "sluice", lines);
    describe("server", "sluice.server", lines);
    if (Boolean.getBoolean("sluice.api.update")) {
      Files.write(FILE, lines);
    }
    assertThat(lines)
        .as("run with -Dsluice.api.update=true if the change is meant")
        .isEqualTo(Files.readAllLines(FILE));
  }

  private static void describe(String module, String name, List<String> lines) throws Exception {
    Path folder =
        Path.of(
            System.getProperty("sluice.root"), module, "target/classes", name.replace('.', '/'));
    List<String> classes;
    try (Stream<Path> files = Files.list(folder)) {
      classes =
          files
              .map(f -> f.getFileName().toString())
              .filter(f -> f.endsWith(".class") && !f.startsWith("package-info"))
              .map(f -> f.replace(".class", ""))
              .sorted()
              .toList();
    }
    for (String simple : classes) {
      Class<?> type = Class.forName(name + "." + simple);
      if (visible(type.getModifiers()) && !type.isAnonymousClass()) {
        describe(type, lines);
      }
    }
  }

  private static void describe(Class<?> type, List<String> lines) {
    lines.add(type.toGenericString());
    List<String> members = new ArrayList<>();
    for (Constructor<?> constructor : type.getDeclaredConstructors()) {
      if (visible(constructor.getModifiers())) {
        members.add("  " + constructor.toGenericString());
      }
    }
    for (Method method : type.getDeclaredMethods()) {
      if (visible(method.getModifiers()) && !method.isSynthetic()) {
        members.add("  " + method.toGenericString());
      }
    }
    Arrays.stream(type.getDeclaredFields())
        .filter(f -> visible(f.getModifiers()) && !f.isSynthetic())
        .forEach(f -> members.add("  " + f.toGenericString()));
    members.stream().sorted().forEach(lines::add);
  }

  private static boolean visible(int modifiers) {
    return Modifier.isPublic(modifiers) || Modifier.isProtected(modifiers);
  }
}
