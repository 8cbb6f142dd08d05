package sluice.testkit.contract;

import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import sluice.Backend;

/// Leaves out the suites of io_uring where the system refuses it, with one line each;
/// `SLUICE_REQUIRE_ALL=1` lets them fail instead. That the refusal is told is tested elsewhere.
public final class RingRefused implements ExecutionCondition {
  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    String name = context.getRequiredTestClass().getSimpleName();
    if (name.startsWith("Uring") && !"1".equals(System.getenv("SLUICE_REQUIRE_ALL"))) {
      try {
        Backend.of("io_uring");
      } catch (UnsupportedOperationException e) {
        if (context.getTestMethod().isEmpty()) {
          System.out.println("skipped: " + name + ", " + e.getMessage());
        }
        return ConditionEvaluationResult.disabled(e.getMessage());
      }
    }
    return ConditionEvaluationResult.enabled("the backend is there");
  }
}
