package sluice.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.TypeConversionException;

/// What the fuzzer found in the values of options.
class OptionTextTest {
  @CommandLine.Command
  private record Holder(@CommandLine.Mixin LimitOptions limits) {}

  private static void expectProblem(String argument, String problem) {
    LimitOptions options = new LimitOptions();
    new CommandLine(new Holder(options)).parseArgs(argument);
    assertThatThrownBy(() -> options.limits(false))
        .isInstanceOf(Failure.class)
        .message()
        .isEqualTo(problem);
  }

  /// 2^34 GiB are 2^64 bytes, which were 0, and so no limit at all.
  @ParameterizedTest
  @ValueSource(strings = {"17179869184GiB", "8589934592GiB", "999999999999GiB"})
  void sizeBeyondALongIsRefused(String text) {
    assertThatThrownBy(() -> Size.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("'" + text + "' is not a size: it is more than ");
    expectProblem(
        "--memory-limit=" + text,
        "--memory-limit: '" + text + "' is not a size: it is more than 9223372036854775807 bytes");
  }

  @Test
  void largestSizeIsTaken() {
    assertThat(Size.parse("8589934591GiB")).isEqualTo(8589934591L << 30);
  }

  @ParameterizedTest
  @ValueSource(strings = {"+5", "١٢", "1_000", ""})
  void numberHasDigitsOnly(String text) {
    expectProblem(
        "--accept-rate=" + text, "--accept-rate: '" + text + "' is not a number, as in 1000");
  }

  @Test
  void problemNamesNoOptionThatThereIsNot() {
    expectProblem(
        "--output-limit=1",
        "--output-limit must be 0 or at least 65536, the mark above which nothing is read, not 1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"[[::1]]:80", "[::1]]:80", "[a:80", "a]:80"})
  void bracketsStandAroundOneAddress(String text) {
    assertThatThrownBy(() -> Address.parse(text))
        .isInstanceOf(TypeConversionException.class)
        .hasMessageStartingWith("'" + text + "' is not an address: ")
        .hasMessageContaining("brackets");
  }

  @ParameterizedTest
  @CsvSource({"'a\nb', 'a\\u{a}b'", "'\u001b[31m', '\\u{1b}[31m'", "'\u202e', '\\u{202e}'"})
  void refusalIsOnePrintableLine(String text, String quoted) {
    assertThatThrownBy(() -> Address.parse(text))
        .hasMessageStartingWith("'" + quoted + "' is not an address: ");
    assertThatThrownBy(() -> new DurationConverter().convert(text))
        .hasMessageStartingWith("'" + quoted + "' is not a duration: ");
    assertThatThrownBy(() -> Size.parse(text))
        .hasMessageStartingWith("'" + quoted + "' is not a size: ");
    expectProblem(
        "--max-connections=" + text,
        "--max-connections: '" + quoted + "' is not a number, as in 1000");
  }
}
