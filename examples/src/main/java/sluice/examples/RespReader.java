package sluice.examples;

import java.net.ProtocolException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads the commands of one client in RESP2: arrays of bulk strings, and lines of words.
final class RespReader {
  static final int LINE_BYTES_MAX = 4 * 1024;
  static final int ARGUMENTS_MAX = 1024;
  static final int COMMAND_BYTES_MAX = 1024 * 1024;

  private final Input input;
  private List<String> arguments = new ArrayList<>();
  private int missing; // arguments that have not come
  private int bulk = -1; // bytes of the next argument, if its length has come
  private int bytesLeft = COMMAND_BYTES_MAX;

  RespReader(Input input) {
    this.input = input;
  }

  /// Returns the next command, or null if not all of it has come.
  @Nullable List<String> next() throws ProtocolException {
    while (missing > 0 || arguments.isEmpty()) {
      String taken = bulk < 0 ? input.takeLine() : input.take(bulk + 2);
      int size = taken == null ? input.size() : taken.length();
      demand(bulk >= 0 || size <= LINE_BYTES_MAX, "a line has more than 4096 bytes");
      if (taken == null) {
        return null;
      } else if (bulk < 0) {
        readLine(taken.strip());
      } else {
        demand(taken.endsWith("\r\n"), "an argument is longer than announced");
        arguments.add(taken.substring(0, bulk));
        missing--;
        bulk = -1;
      }
    }
    List<String> command = arguments;
    arguments = new ArrayList<>();
    bytesLeft = COMMAND_BYTES_MAX;
    return command;
  }

  private void readLine(String line) throws ProtocolException {
    if (missing > 0) {
      bulk = number('$', line, bytesLeft);
      bytesLeft -= bulk;
    } else if (line.startsWith("*")) {
      missing = number('*', line, ARGUMENTS_MAX);
    } else if (!line.isEmpty()) {
      arguments.addAll(List.of(line.split(" +")));
    }
  }

  private static int number(char kind, String line, int max) throws ProtocolException {
    demand(!line.isEmpty() && line.charAt(0) == kind, "expected '" + kind + "'");
    int number = 0;
    for (int i = 1; i < line.length() && number <= max; i++) {
      int digit = line.charAt(i) - '0';
      demand(digit >= 0 && digit <= 9, "a length is not a number");
      number = 10 * number + digit;
    }
    demand(line.length() > 1 && number <= max, "a length is more than " + max);
    return number;
  }

  private static void demand(boolean kept, String problem) throws ProtocolException {
    if (!kept) {
      throw new ProtocolException(problem);
    }
  }
}
