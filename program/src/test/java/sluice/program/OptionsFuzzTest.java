package sluice.program;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.TypeConversionException;
import sluice.server.Limits;
import sluice.spi.Printable;

/// What people write behind an option is taken for what it says, or refused with one printable line
/// that quotes it. The oracles count with numbers of any size.
class OptionsFuzzTest {
  private static final Pattern TCP =
      Pattern.compile("([^:\\[\\]]+|\\[[^\\[\\]]+\\]):([0-9]{1,5})", Pattern.DOTALL);
  private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})(ms|s|m)");
  private static final Pattern SIZE = Pattern.compile("([0-9]{1,12})(KiB|MiB|GiB)?");
  private static final Pattern NUMBER = Pattern.compile("[0-9]+|-0*[1-9][0-9]*");
  private static final BigInteger LONG_MAX = BigInteger.valueOf(Long.MAX_VALUE);

  private static final List<String> NUMBERS =
      List.of("--max-connections", "--max-per-address", "--accept-rate");
  private static final List<String> TIMES =
      List.of(
          "--first-frame-timeout",
          "--frame-timeout",
          "--idle-timeout",
          "--write-timeout",
          "--half-close-timeout",
          "--lifetime",
          "--drain-timeout");
  private static final List<String> SIZES =
      List.of("--max-line", "--max-frame", "--output-limit", "--memory-limit");

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static void assertRefusal(String message, String text) {
    assertThat(message).isEqualTo(Printable.of(message)).contains("'" + Printable.of(text) + "'");
  }

  @FuzzTest
  void address(byte[] bytes) {
    String text = text(bytes);
    boolean unix = text.startsWith("unix:");
    Matcher tcp = TCP.matcher(text);
    boolean good =
        unix
            ? text.length() > "unix:".length() && text.indexOf('\0') < 0
            : tcp.matches() && Integer.parseInt(tcp.group(2)) <= 65_535;
    Address address;
    try {
      address = Address.parse(text);
    } catch (TypeConversionException e) {
      assertThat(good).as(e.getMessage()).isFalse();
      assertRefusal(e.getMessage(), text);
      return;
    }
    assertThat(good).as("must be refused").isTrue();
    assertThat(address.isUnix()).isEqualTo(unix);
    if (!unix) {
      assertThat(address.host()).isEqualTo(tcp.group(1).replaceAll("[\\[\\]]", ""));
      assertThat(address.port()).isEqualTo(Integer.parseInt(tcp.group(2)));
    }
  }

  @FuzzTest
  void duration(byte[] bytes) {
    String text = text(bytes);
    BigInteger millis = millis(text);
    Duration duration;
    try {
      duration = new DurationConverter().convert(text);
    } catch (TypeConversionException e) {
      assertThat(millis).as(e.getMessage()).isNegative();
      assertRefusal(e.getMessage(), text);
      return;
    }
    assertThat(BigInteger.valueOf(duration.toMillis())).isEqualTo(millis);
  }

  /// Returns what a duration says, or -1.
  private static BigInteger millis(String text) {
    Matcher form = DURATION.matcher(text);
    if (!form.matches()) {
      return text.equals("0") ? BigInteger.ZERO : BigInteger.ONE.negate();
    }
    Map<String, Integer> units = Map.of("ms", 1, "s", 1000, "m", 60_000);
    return new BigInteger(form.group(1)).multiply(BigInteger.valueOf(units.get(form.group(2))));
  }

  @FuzzTest
  void size(byte[] bytes) {
    String text = text(bytes);
    BigInteger expected = size(text);
    long size;
    try {
      size = Size.parse(text);
    } catch (IllegalArgumentException e) {
      assertThat(expected).as(e.getMessage()).isNegative();
      assertRefusal(e.getMessage(), text);
      return;
    }
    assertThat(BigInteger.valueOf(size)).isEqualTo(expected);
    assertThat(Size.format(size)).matches("[0-9]+(\\.[0-9])?(B|KiB|MiB|GiB)");
  }

  /// Returns what a size says, or -1.
  private static BigInteger size(String text) {
    Matcher form = SIZE.matcher(text);
    if (!form.matches()) {
      return BigInteger.ONE.negate();
    }
    int unit = form.group(2) == null ? 0 : 1 + List.of("KiB", "MiB", "GiB").indexOf(form.group(2));
    BigInteger size = new BigInteger(form.group(1)).multiply(BigInteger.TWO.pow(10 * unit));
    return size.compareTo(LONG_MAX) <= 0 ? size : BigInteger.ONE.negate();
  }

  /// Each line is a letter that chooses an option, and its value.
  @FuzzTest
  void limits(byte[] bytes) {
    Map<String, String> values = new LinkedHashMap<>();
    for (String line : text(bytes).lines().toList()) {
      if (!line.isEmpty()) {
        values.put(option(line.charAt(0)), line.substring(1));
      }
    }
    LimitOptions options = new LimitOptions();
    String[] arguments =
        values.entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toArray(String[]::new);
    try {
      new CommandLine(new Holder(options)).parseArgs(arguments);
    } catch (CommandLine.MissingParameterException _) { // a value that is the name of an option
      assertThat(values.values()).anyMatch(v -> v.isEmpty() || v.startsWith("--"));
      return;
    }
    boolean readable =
        values.entrySet().stream().allMatch(e -> isReadable(e.getKey(), e.getValue()));
    Limits limits;
    try {
      limits = options.limits(false);
    } catch (Failure e) {
      assertThat(e.exitCode()).isEqualTo(ExitCode.CONFIGURATION);
      for (String problem : e.getMessage().split("\nsluice: ", -1)) {
        assertThat(problem).isEqualTo(Printable.of(problem));
        assertThat(values.keySet()).as(problem).anyMatch(problem::startsWith);
      }
      return;
    }
    assertThat(readable).as("%s must be refused", values).isTrue();
    if (values.containsKey("--max-connections")) {
      assertThat(values.get("--max-connections")).matches("0*" + limits.maxConnections());
    }
    if (values.containsKey("--max-line")) {
      assertThat(size(values.get("--max-line"))).isEqualTo(limits.maxLine());
    }
    if (values.containsKey("--memory-limit")) {
      assertThat(size(values.get("--memory-limit"))).isEqualTo(limits.memory());
    }
    if (values.containsKey("--drain-timeout")) {
      assertThat(millis(values.get("--drain-timeout"))).isEqualTo(limits.drain().toMillis());
    }
    assertThat(limits.worstCaseBytes()).isPositive();
  }

  private static String option(char letter) {
    int chosen = letter % (NUMBERS.size() + TIMES.size() + SIZES.size());
    if (chosen < NUMBERS.size()) {
      return NUMBERS.get(chosen);
    }
    chosen -= NUMBERS.size();
    return chosen < TIMES.size() ? TIMES.get(chosen) : SIZES.get(chosen - TIMES.size());
  }

  private static boolean isReadable(String option, String value) {
    if (NUMBERS.contains(option)) {
      return NUMBER.matcher(value).matches();
    }
    return (TIMES.contains(option) ? millis(value) : size(value)).signum() >= 0;
  }

  /// What `serve` has of limits.
  @CommandLine.Command
  private record Holder(@CommandLine.Mixin LimitOptions limits) {}
}
