package sluice.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The documents quote only code that the build compiles, and link only to files that exist.
class DocumentsTest {
  private static final Path ROOT = Path.of(System.getProperty("sluice.root"));

  /// Languages whose blocks are quotations.
  private static final Set<String> QUOTED = Set.of("java", "python");

  private static final Pattern FENCE = Pattern.compile("(\\s*)```(\\S*).*");
  private static final Pattern HEADING = Pattern.compile("(#{1,6}) .*");
  private static final Pattern CODE_SPAN = Pattern.compile("`[^`]*`");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)(?: \"[^\"]*\")?\\)");
  private static final Pattern ELSEWHERE = Pattern.compile("[a-z]+:.*|#.*");

  /// A fenced block: where it is, its language, its lines without their common indentation.
  private record Block(Path file, int line, String language, List<String> lines) {
    String where() {
      return ROOT.relativize(file) + ":" + line;
    }
  }

  @Test
  void everyQuotationIsInTheSources() throws IOException {
    List<List<String>> sources = sources();
    List<String> missing = new ArrayList<>();
    int quotations = 0;
    for (Path document : documents()) {
      for (Block block : blocks(document, Files.readAllLines(document))) {
        if (QUOTED.contains(block.language)) {
          quotations++;
          if (sources.stream().noneMatch(source -> contains(source, block.lines))) {
            missing.add(block.where() + ": this " + block.language + " block is in no source");
          }
        }
      }
    }
    assertThat(missing).isEmpty();
    assertThat(quotations).isGreaterThan(10);
  }

  @Test
  void everyRelativeLinkLeadsToAFile() throws IOException {
    List<String> broken = new ArrayList<>();
    for (Path document : documents()) {
      broken.addAll(brokenLinks(document, Files.readAllLines(document)));
    }
    assertThat(broken).isEmpty();
  }

  @Test
  void theTutorialsAreTwins() throws IOException {
    Path english = ROOT.resolve("docs/tutorial/from-python-select.md");
    Path korean = ROOT.resolve("docs/tutorial/from-python-select.ko.md");
    assertThat(headings(korean)).isEqualTo(headings(english)).isNotEmpty();
    assertThat(code(korean)).isEqualTo(code(english)).isNotEmpty();
  }

  /// The checks can fail.
  @Test
  void whatIsWrongIsNamed() throws IOException {
    Path file = ROOT.resolve("docs/none.md");
    List<String> document =
        List.of("- text", "  ```java", "  int x;", "", "    return x;", "  ```", "[a](none.txt)");
    Block block = blocks(file, document).getFirst();
    assertThat(block.where()).isEqualTo(Path.of("docs/none.md") + ":2");
    assertThat(block.lines).containsExactly("int x;", "", "  return x;");
    assertThat(contains(List.of("{", "  int x;", "", "    return x;", "}"), block.lines)).isTrue();
    assertThat(contains(List.of("{", "  int x;", "", "      return x;", "}"), block.lines))
        .isFalse();
    assertThat(contains(List.of("int x;", "", "return x;"), block.lines)).isFalse();
    assertThat(contains(List.of("int x;"), List.of())).isFalse();
    assertThat(brokenLinks(file, document))
        .containsExactly(Path.of("docs/none.md") + ":7: none.txt does not exist");
    assertThat(brokenLinks(file, List.of("[a](../README.md#x) `[b](c)` [d](#e) [f](https://g)")))
        .isEmpty();
  }

  private static List<Path> documents() throws IOException {
    List<Path> documents = new ArrayList<>();
    for (String name :
        List.of("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")) {
      documents.add(ROOT.resolve(name));
    }
    try (Stream<Path> files = Files.walk(ROOT.resolve("docs"))) {
      files.filter(f -> f.toString().endsWith(".md")).sorted().forEach(documents::add);
    }
    return documents;
  }

  /// Reads every program of the repository, without common indentation being touched.
  private static List<List<String>> sources() throws IOException {
    List<List<String>> sources = new ArrayList<>();
    List<Path> modules;
    try (Stream<Path> folders = Files.list(ROOT)) {
      modules = folders.map(f -> f.resolve("src")).filter(Files::isDirectory).sorted().toList();
    }
    for (Path module : modules) {
      List<Path> programs;
      try (Stream<Path> files = Files.walk(module)) {
        programs =
            files
                .filter(f -> f.toString().endsWith(".java") || f.toString().endsWith(".py"))
                .filter(f -> !f.endsWith("DocumentsTest.java"))
                .toList();
      }
      for (Path program : programs) {
        sources.add(Files.readAllLines(program));
      }
    }
    return sources;
  }

  private static List<Block> blocks(Path file, List<String> document) {
    List<Block> blocks = new ArrayList<>();
    Block open = null;
    for (int i = 0; i < document.size(); i++) {
      String line = document.get(i);
      Matcher fence = FENCE.matcher(line);
      if (!fence.matches()) {
        if (open != null) {
          open.lines.add(line);
        }
      } else if (open == null) {
        open = new Block(file, i + 1, fence.group(2), new ArrayList<>());
      } else {
        blocks.add(new Block(file, open.line, open.language, outdented(open.lines)));
        open = null;
      }
    }
    assertThat(open).as("%s: a block that is not closed", file).isNull();
    return blocks;
  }

  /// Takes away the indentation that all lines share, and what trails.
  private static List<String> outdented(List<String> lines) {
    return List.of(String.join("\n", lines).stripIndent().split("\n", -1));
  }

  /// Tells whether `quotation` is a run of consecutive lines of `source`, indented as a whole.
  private static boolean contains(List<String> source, List<String> quotation) {
    if (quotation.stream().allMatch(String::isBlank)) {
      return false;
    }
    for (int i = 0; i + quotation.size() <= source.size(); i++) {
      if (outdented(source.subList(i, i + quotation.size())).equals(quotation)) {
        return true;
      }
    }
    return false;
  }

  private static List<String> brokenLinks(Path file, List<String> document) {
    List<String> broken = new ArrayList<>();
    boolean inBlock = false;
    for (int i = 0; i < document.size(); i++) {
      inBlock ^= FENCE.matcher(document.get(i)).matches();
      if (inBlock) {
        continue;
      }
      Matcher link = LINK.matcher(CODE_SPAN.matcher(document.get(i)).replaceAll("code"));
      while (link.find()) {
        String target = link.group(1).replaceAll("#.*", "");
        if (!ELSEWHERE.matcher(link.group(1)).matches()
            && !Files.exists(file.resolveSibling(target))) {
          broken.add(ROOT.relativize(file) + ":" + (i + 1) + ": " + target + " does not exist");
        }
      }
    }
    return broken;
  }

  private static List<String> headings(Path file) throws IOException {
    List<String> levels = new ArrayList<>();
    boolean inBlock = false;
    for (String line : Files.readAllLines(file)) {
      inBlock ^= FENCE.matcher(line).matches();
      Matcher heading = HEADING.matcher(line);
      if (!inBlock && heading.matches()) {
        levels.add(heading.group(1));
      }
    }
    return levels;
  }

  private static List<String> code(Path file) throws IOException {
    return blocks(file, Files.readAllLines(file)).stream()
        .map(b -> b.language + "\n" + String.join("\n", b.lines))
        .toList();
  }
}
