package sluice.adapter;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.PrintStream;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/// Runs JUnit test classes for at most some seconds and prints one line for each test, `OUTCOME
/// NAME`, then what reached Sluice. What has not ended by then has not passed: the time limits of
/// foreign tests are not ours to set.
///
/// Arguments: the limit in seconds, then the names of the classes.
final class RunSuite implements TestExecutionListener {
  private final Map<String, String> outcomes = new ConcurrentHashMap<>();

  private RunSuite() {}

  static void main(String[] arguments) throws InterruptedException {
    PrintStream out = System.out;
    System.setOut(System.err); // the tests' own words
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(Arrays.stream(arguments).skip(1).map(name -> selectClass(name)).toList())
            .build();
    RunSuite run = new RunSuite();
    Thread thread =
        Thread.ofPlatform().daemon().start(() -> LauncherFactory.create().execute(request, run));
    thread.join(TimeUnit.SECONDS.toMillis(Long.parseLong(arguments[0])));
    run.outcomes.forEach((name, outcome) -> out.println(outcome + " " + name));
    out.println("traffic " + Traffic.describe());
    out.flush();
    Runtime.getRuntime().halt(0); // foreign threads may be at work
  }

  private void note(TestIdentifier test, String outcome) {
    if (test.isTest() && test.getSource().orElse(null) instanceof MethodSource method) {
      outcomes.put(method.getClassName() + "." + test.getLegacyReportingName(), outcome);
    } else if (outcome.equals("failed")) { // a class or an engine: its tests have not run
      outcomes.put(test.getUniqueId(), outcome);
    }
  }

  @Override
  public void executionStarted(TestIdentifier test) {
    note(test, "unfinished");
  }

  @Override
  public void executionSkipped(TestIdentifier test, String reason) {
    note(test, "skipped");
  }

  @Override
  public void executionFinished(TestIdentifier test, TestExecutionResult result) {
    switch (result.getStatus()) {
      case SUCCESSFUL -> note(test, "passed");
      case ABORTED -> note(test, "skipped");
      case FAILED -> {
        note(test, "failed");
        result
            .getThrowable()
            .ifPresent(cause -> {
              System.err.println("FAILED " + test.getUniqueId());
              cause.printStackTrace();
            });
      }
    }
  }
}
