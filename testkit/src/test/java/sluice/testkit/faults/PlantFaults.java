package sluice.testkit.faults;

import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/// Plants each fault in a copy of its files, compiles those, and runs what has to notice it with
/// their classes before the others: histories of the simulation, from seed 1 on, or test classes.
/// As many at a time as there are processors, each in a process of its own.
///
/// `[--histories N] [NAME]...`; ends with 1 if a fault survives or cannot be planted.
final class PlantFaults {
  /// A test that waits for what never comes fails after 60 s.
  private static final long LIMIT_SECONDS = 90;

  private static final Pattern FAILURE = Pattern.compile("0x(\\p{XDigit}+) (check=\\S+).*");

  /// What became of a fault.
  ///
  /// @param by what noticed it; null if nothing did
  /// @param histories after how many; 0 if a test noticed it, or a seed that has failed before
  private record Outcome(Fault fault, @Nullable String by, int histories, double seconds) {}

  private final Path root = Path.of(System.getProperty("sluice.root"));
  private final Path work;
  private final String classPath = System.getProperty("java.class.path");
  private final JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
  private int histories = 60_000;

  private PlantFaults(Path work) {
    this.work = work;
  }

  static void main(String[] arguments) throws Exception {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    Path work = Files.createTempDirectory("planted-faults");
    int status;
    try {
      status = new PlantFaults(work).run(List.of(arguments), out);
    } finally {
      delete(work);
    }
    System.exit(status);
  }

  private int run(List<String> arguments, PrintStream out) throws Exception {
    List<String> names = new ArrayList<>(arguments);
    if (!names.isEmpty() && names.getFirst().equals("--histories")) {
      histories = Integer.parseInt(names.get(1));
      names.subList(0, 2).clear();
    }
    names.replaceAll(name -> name.endsWith(".patch") ? name.substring(0, name.length() - 6) : name);
    List<Fault> all = Fault.readAll(root.resolve(Fault.FOLDER));
    for (String name : names) {
      if (all.stream().noneMatch(fault -> fault.name().equals(name))) {
        throw new IllegalArgumentException("no fault has the name " + name);
      }
    }
    all.removeIf(fault -> names.isEmpty() ? fault.survives() : !names.contains(fault.name()));
    List<Outcome> outcomes = plantAll(all, out);
    summarize(outcomes, names.isEmpty() ? survivors() : 0, out);
    return outcomes.stream().allMatch(o -> o.by != null) ? 0 : 1;
  }

  private long survivors() throws IOException {
    return Fault.readAll(root.resolve(Fault.FOLDER)).stream().filter(Fault::survives).count();
  }

  private List<Outcome> plantAll(List<Fault> faults, PrintStream out) throws Exception {
    List<Outcome> outcomes = new ArrayList<>();
    try (ExecutorService runners =
        Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors())) {
      List<Future<Outcome>> running = new ArrayList<>();
      for (Fault fault : faults) {
        Callable<Outcome> plant = () -> plant(fault, out);
        running.add(runners.submit(plant));
      }
      for (Future<Outcome> each : running) {
        outcomes.add(each.get());
      }
    }
    return outcomes;
  }

  private Outcome plant(Fault fault, PrintStream out) throws Exception {
    long start = System.nanoTime();
    String classes = compile(fault) + File.pathSeparator + classPath;
    Outcome outcome = fault.tests().isEmpty() ? simulate(fault, classes) : test(fault, classes);
    double seconds = (System.nanoTime() - start) / 1e9;
    outcome = new Outcome(fault, outcome.by, outcome.histories, seconds);
    out.printf(
        "fault %s area=%s %s seconds=%.1f%n",
        fault.name(),
        fault.area(),
        outcome.by == null ? "SURVIVED" : "killed by " + outcome.by,
        seconds);
    return outcome;
  }

  /// Returns the folder of the classes of a copy of its files with the fault in them.
  private Path compile(Fault fault) throws Exception {
    Path tree = work.resolve(fault.name());
    List<Path> sources = new ArrayList<>();
    for (String file : fault.files()) {
      Path copy = tree.resolve(file);
      Files.createDirectories(copy.getParent());
      Files.copy(root.resolve(file), copy);
      sources.add(copy);
    }
    // In a folder that is in no repository, so that it applies to what is there.
    Process git =
        start(
            tree, "git", "apply", "--whitespace=nowarn", fault.patch().toAbsolutePath().toString());
    String said = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (git.waitFor() != 0) {
      throw new IOException("the fault " + fault.name() + " does not fit: " + said);
    }
    Path classes = Files.createDirectories(tree.resolve("classes"));
    List<String> options =
        List.of("-nowarn", "-proc:none", "-g", "-d", classes.toString(), "-cp", classPath);
    synchronized (compiler) { // which is one that is warm
      try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
        if (!compiler
            .getTask(null, files, null, options, null, files.getJavaFileObjectsFromPaths(sources))
            .call()) {
          throw new IOException("the fault " + fault.name() + " does not compile");
        }
      }
    }
    return classes;
  }

  private Outcome simulate(Fault fault, String classes) throws Exception {
    String failure =
        firstFailure(
            fault,
            classes,
            List.of("--threads", "1", "--until-failure", "--histories", String.valueOf(histories)));
    boolean unseen = failure != null;
    if (failure == null) { // one of those that have found a bug
      Path known = root.resolve("testkit/src/test/seeds");
      failure =
          firstFailure(fault, classes, List.of("--first", known.toString(), "--histories", "1"));
    }
    if (failure == null) {
      return new Outcome(fault, null, 0, 0);
    }
    Matcher words = FAILURE.matcher(failure);
    if (!words.matches()) {
      throw new IOException("what the simulation says has changed: " + failure);
    }
    int seed = Integer.parseInt(words.group(1), 16); // the first history has seed 1
    return new Outcome(fault, "seed " + seed + " " + words.group(2), unseen ? seed : 0, 0);
  }

  private @Nullable String firstFailure(Fault fault, String classes, List<String> options)
      throws Exception {
    String said = java(fault, classes, "sluice.testkit.simulation.Simulate", options);
    return find(said, "FAIL seed=");
  }

  private Outcome test(Fault fault, String classes) throws Exception {
    List<String> names = new ArrayList<>();
    for (String test : fault.tests()) {
      names.add(fullName(test));
    }
    String said = java(fault, classes, RunTests.class.getName(), names);
    String unusable = find(said, "UNUSABLE ");
    if (unusable != null || "0".equals(find(said, "passed="))) {
      throw new IOException("no test of the fault " + fault.name() + " ran: " + unusable);
    }
    String failure = find(said, "FAIL ");
    if (failure == null && find(said, "passed=") == null) {
      failure = "no end within " + LIMIT_SECONDS + " s of " + String.join(" ", fault.tests());
    } else if (failure != null) {
      failure = "test " + failure;
    }
    return new Outcome(fault, failure, 0, 0);
  }

  /// Returns `test` with the full name of its class.
  private String fullName(String test) throws IOException {
    String simple = Fault.className(test);
    for (String module : List.of("core", "linux", "server", "testkit")) {
      Path classes = root.resolve(module).resolve("target/test-classes");
      try (Stream<Path> files = Files.walk(classes)) {
        var found = files.filter(f -> f.endsWith(simple + ".class")).findFirst();
        if (found.isPresent()) {
          String path = classes.relativize(found.get()).toString();
          String folder = path.substring(0, path.length() - simple.length() - ".class".length());
          return folder.replace(File.separator, ".") + test;
        }
      }
    }
    throw new IOException("no test class has the name " + simple);
  }

  /// Returns what a program said, which is ended if it does not end by itself.
  private String java(Fault fault, String classes, String main, List<String> arguments)
      throws Exception {
    Path log = work.resolve(fault.name()).resolve("log");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-ea",
            "-XX:+UseSerialGC",
            "--enable-native-access=ALL-UNNAMED",
            "-Dsluice.root=" + root,
            "-cp",
            classes,
            main));
    command.addAll(arguments);
    Process process =
        new ProcessBuilder(command)
            .directory(root.toFile())
            .redirectOutput(log.toFile())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
    return Files.readString(log);
  }

  private static @Nullable String find(String text, String prefix) {
    return text.lines()
        .filter(line -> line.startsWith(prefix))
        .map(line -> line.substring(prefix.length()))
        .findFirst()
        .orElse(null);
  }

  private Process start(Path folder, String... command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("GIT_CEILING_DIRECTORIES", work.toString());
    return builder.directory(folder.toFile()).start();
  }

  private static void summarize(List<Outcome> outcomes, long survivors, PrintStream out) {
    Map<Area, int[]> areas = new EnumMap<>(Area.class);
    for (Outcome outcome : outcomes) {
      int[] counts = areas.computeIfAbsent(outcome.fault.area(), _ -> new int[2]);
      counts[0]++;
      counts[1] += outcome.by == null ? 0 : 1;
    }
    areas.forEach(
        (area, counts) -> out.printf("area %s faults=%d killed=%d%n", area, counts[0], counts[1]));
    int[] seeds =
        outcomes.stream().mapToInt(Outcome::histories).filter(n -> n > 0).sorted().toArray();
    long killed = outcomes.stream().filter(o -> o.by != null).count();
    out.printf(
        "faults=%d killed=%d survivors=%d median_seeds=%s%n",
        outcomes.size() + survivors,
        killed,
        outcomes.size() - killed + survivors,
        seeds.length == 0 ? "-" : String.valueOf(seeds[seeds.length / 2]));
  }

  private static void delete(Path folder) throws IOException {
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure)
              throws IOException {
            Files.delete(visited);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
