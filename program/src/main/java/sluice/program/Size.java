package sluice.program;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Numbers of bytes as people write them: `512`, `64KiB`, `1MiB` or `2GiB`.
final class Size {
  private static final Pattern FORM = Pattern.compile("([0-9]{1,12})(KiB|MiB|GiB)?");
  private static final int STEP_SHIFT = 10;

  private Size() {}

  /// Returns what `text` says, in bytes.
  ///
  /// @throws IllegalArgumentException if it is no size; the message says what one is
  static long parse(String text) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      throw new IllegalArgumentException(
          Text.quote(text)
              + " is not a size: a number of bytes, or with a unit as in 64KiB or 1MiB");
    }
    long number = Long.parseLong(form.group(1));
    int steps =
        switch (form.group(2)) {
          case null -> 0;
          case "KiB" -> 1;
          case "MiB" -> 2;
          default -> 3;
        };
    if (number > Long.MAX_VALUE >> (STEP_SHIFT * steps)) {
      throw new IllegalArgumentException(
          Text.quote(text) + " is not a size: it is more than " + Long.MAX_VALUE + " bytes");
    }
    return number << (STEP_SHIFT * steps);
  }

  /// Returns `bytes` with the largest unit that leaves a number of at least one.
  static String format(long bytes) {
    String[] units = {"B", "KiB", "MiB", "GiB"};
    int unit = 0;
    double number = bytes;
    while (number >= 1 << STEP_SHIFT && unit < units.length - 1) {
      number /= 1 << STEP_SHIFT;
      unit++;
    }
    String digits =
        number == Math.rint(number)
            ? String.valueOf((long) number)
            : String.format(Locale.ROOT, "%.1f", number);
    return digits + units[unit];
  }
}
