package sluice.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// When a handler is compiled, and when its classes come from the cache.
class HandlerCacheTest {
  private static final String SOURCE = "static void process(byte[] data) {}\n";

  @TempDir Path home;
  private HandlerCache cache;
  private Path file;
  private int compilations;

  @BeforeEach
  void open() throws IOException {
    cache = Objects.requireNonNull(HandlerCache.ofUser(Map.of("HOME", home.toString())));
    file = write(SOURCE);
  }

  private Path write(String source) throws IOException {
    return Files.writeString(home.resolve("Mine.java"), source);
  }

  private Path folder() {
    return home.resolve(".cache/sluice/handlers");
  }

  private List<Path> entries() throws IOException {
    try (Stream<Path> files = Files.list(folder())) {
      return files.toList();
    }
  }

  private void load() throws Failure {
    Map<String, Class<?>> classes =
        SourceFile.load(
            file,
            cache,
            (path, source) -> {
              compilations++;
              return Javac.compile(path, source);
            });
    assertThat(classes.get("Mine"))
        .satisfies(c -> assertThat(c.getDeclaredMethod("process", byte[].class)).isNotNull());
  }

  @Test
  void secondLoadCompilesNothing() throws Exception {
    load();
    load();
    assertThat(compilations).isEqualTo(1);
    assertThat(entries()).hasSize(1);
  }

  @Test
  void changedSourceIsCompiled() throws Exception {
    load();
    write(SOURCE + "static int changed;\n");
    load();
    load();
    assertThat(compilations).isEqualTo(2);
    write(SOURCE);
    load();
    assertThat(compilations).isEqualTo(2);
  }

  @Test
  void sameSourceUnderAnotherNameIsCompiled() throws Exception {
    load();
    Path other = Files.writeString(home.resolve("Other.java"), SOURCE);
    assertThat(SourceFile.load(other, cache, Javac::compile)).containsOnlyKeys("Other");
    assertThat(entries()).hasSize(2);
  }

  @Test
  void folderIsPrivate() throws Exception {
    load();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder())))
        .isEqualTo("rwx------");
  }

  @ParameterizedTest
  @ValueSource(strings = {"empty", "cut", "longer", "flipped", "folder"})
  void damagedEntryIsCompiledAnewAndReplaced(String damage) throws Exception {
    load();
    Path entry = entries().getFirst();
    byte[] bytes = Files.readAllBytes(entry);
    switch (damage) {
      case "empty" -> Files.write(entry, new byte[0]);
      case "cut" -> Files.write(entry, java.util.Arrays.copyOf(bytes, bytes.length - 1));
      case "longer" -> Files.write(entry, java.util.Arrays.copyOf(bytes, bytes.length + 1));
      case "flipped" -> {
        bytes[bytes.length / 2] ^= 1;
        Files.write(entry, bytes);
      }
      default -> {
        Files.delete(entry);
        Files.createDirectory(entry);
      }
    }
    load();
    assertThat(compilations).isEqualTo(2);
    load();
    assertThat(compilations).isEqualTo(damage.equals("folder") ? 3 : 2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"rwxrwx---", "rwx----w-"})
  void folderThatOthersMayWriteInIsNotUsed(String permissions) throws Exception {
    load();
    Files.setPosixFilePermissions(folder(), PosixFilePermissions.fromString(permissions));
    load();
    assertThat(compilations).isEqualTo(2);
  }

  @Test
  void linkToAFolderIsNotUsed() throws Exception {
    load();
    Path moved = Files.move(folder(), home.resolve("moved"));
    Files.createSymbolicLink(folder(), moved);
    load();
    assertThat(compilations).isEqualTo(2);
  }

  @Test
  void placeThatCannotBeWrittenIsNoCache() throws Exception {
    Files.writeString(home.resolve(".cache"), "a file where a folder should be");
    load();
    load();
    assertThat(compilations).isEqualTo(2);
  }

  @Test
  void onlyTheNewestAreKept() throws Exception {
    for (int i = 0; i < HandlerCache.ENTRIES_MAX + 5; i++) {
      String key = HandlerCache.key("" + i);
      cache.put(key, Map.of("A", new byte[i]));
      Files.setLastModifiedTime(folder().resolve(key), FileTime.fromMillis(i * 1000L));
    }
    cache.put(HandlerCache.key("new"), Map.of("A", new byte[1]));
    assertThat(entries()).hasSize(HandlerCache.ENTRIES_MAX);
    assertThat(cache.get(HandlerCache.key("new"))).isNotNull();
    assertThat(cache.get(HandlerCache.key("36"))).isNotNull();
    assertThat(cache.get(HandlerCache.key("5"))).isNull();
  }

  @Test
  void keysOfDifferentListsDiffer() {
    assertThat(HandlerCache.key("ab", "c")).isNotEqualTo(HandlerCache.key("a", "bc"));
  }

  @Test
  void placeIsThatOfTheEnvironment() throws Exception {
    Path xdg = home.resolve("xdg");
    Map<String, String> environment =
        Map.of("XDG_CACHE_HOME", xdg.toString(), "HOME", home.toString());
    cache = Objects.requireNonNull(HandlerCache.ofUser(environment));
    load();
    assertThat(xdg.resolve("sluice/handlers")).isDirectoryContaining("glob:**");
    assertThat(folder()).doesNotExist();

    assertThat(HandlerCache.ofUser(Map.of())).isNull();
    assertThat(HandlerCache.ofUser(Map.of("XDG_CACHE_HOME", "relative"))).isNull();
  }
}
