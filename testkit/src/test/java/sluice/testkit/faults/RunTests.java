package sluice.testkit.faults;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/// Runs test classes until one test fails, and prints `FAIL CLASS.TEST`; or else `passed=N` of
/// those that were not skipped. Arguments: the names of classes, or `CLASS#TEST`.
final class RunTests implements TestExecutionListener {
  private final PrintStream out;
  private final AtomicInteger passed = new AtomicInteger();

  private RunTests(PrintStream out) {
    this.out = out;
  }

  static void main(String[] names) {
    RunTests run = new RunTests(new PrintStream(System.out, true, StandardCharsets.UTF_8));
    System.setOut(System.err); // the tests' own words
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(Arrays.stream(names).map(RunTests::selector).toList())
            .build();
    LauncherFactory.create().execute(request, run);
    run.end("passed=" + run.passed, 0);
  }

  private static DiscoverySelector selector(String name) {
    return name.contains("#") ? selectMethod(name) : selectClass(name);
  }

  private void end(String line, int status) {
    out.println(line);
    Runtime.getRuntime().halt(status); // loops with a bug in them may be at work
  }

  @Override
  public void executionFinished(TestIdentifier test, TestExecutionResult result) {
    if (result.getStatus() == TestExecutionResult.Status.FAILED) {
      String where =
          test.getSource().orElse(null) instanceof MethodSource method
              ? method.getJavaClass().getSimpleName() + "." + method.getMethodName()
              : test.getDisplayName();
      result.getThrowable().ifPresent(Throwable::printStackTrace);
      // An engine fails if there is no such test, and then no fault was noticed.
      end((test.getSource().isPresent() ? "FAIL " : "UNUSABLE ") + where, 1);
    } else if (test.isTest() && result.getStatus() == TestExecutionResult.Status.SUCCESSFUL) {
      passed.incrementAndGet();
    }
  }
}
