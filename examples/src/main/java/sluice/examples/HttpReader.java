package sluice.examples;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Reads the requests of one client in HTTP/1.0 and HTTP/1.1.
///
/// Whatever two parsers could understand in two ways is refused, so that nobody can hide a request
/// inside another: bare carriage returns and line feeds, spaces around names, folded fields, a
/// second length, any transfer encoding.
final class HttpReader {
  static final int HEAD_BYTES_MAX = 8 * 1024;
  static final int BODY_BYTES_MAX = 1024 * 1024;

  private static final String TOKEN = "([!#$%&'*+.^_`|~0-9A-Za-z-]+)";
  private static final Pattern START = Pattern.compile(TOKEN + " [!-~]+ HTTP/1\\.([01])\r\n");
  private static final Pattern FIELD = Pattern.compile(TOKEN + ":([\t -~\\x80-\\xFF]*)\r\n");
  private static final Pattern NUMBER = Pattern.compile("\\d+");

  /// A request.
  record Request(String method, boolean keepAlive, String body) {}

  /// Says with which status a request is refused; where the next one begins is not known then.
  static final class Refused extends Exception {
    final String status;

    Refused(String status) {
      super(status);
      this.status = status;
    }
  }

  private final Input input;
  private final Map<String, String> fields = new HashMap<>();
  private @Nullable String method;
  private int headBytes;
  private boolean http11;
  private int bodyBytes = -1; // known when the head has ended

  HttpReader(Input input) {
    this.input = input;
  }

  /// Returns the next request, or null if not all of it has come.
  @Nullable Request next() throws Refused {
    while (bodyBytes < 0) {
      String line = input.takeLine();
      int size = headBytes + (line == null ? input.size() : line.length());
      demand(size <= HEAD_BYTES_MAX, "431 Request Header Fields Too Large");
      if (line == null) {
        return null;
      }
      headBytes = size;
      readLine(line);
    }
    String body = input.take(bodyBytes);
    if (body == null || method == null) {
      return null;
    }
    Request request = new Request(method, keepsAlive(), body);
    method = null;
    fields.clear();
    headBytes = 0;
    bodyBytes = -1;
    return request;
  }

  /// Tells whether the client waits for leave to send its body, once.
  boolean mayContinue() {
    return http11 && bodyBytes > 0 && "100-continue".equalsIgnoreCase(fields.remove("expect"));
  }

  private void readLine(String line) throws Refused {
    boolean empty = line.equals("\r\n");
    if (method == null && !empty) { // an empty line before a request means nothing
      Matcher start = START.matcher(line);
      demand(start.matches(), "400 Bad Request");
      method = start.group(1);
      http11 = start.group(2).equals("1");
    } else if (method != null && !empty) {
      Matcher field = FIELD.matcher(line);
      demand(field.matches(), "400 Bad Request");
      String name = field.group(1).toLowerCase(Locale.ROOT);
      fields.merge(name, field.group(2).strip(), (first, second) -> first + "," + second);
    } else if (method != null) {
      endHead();
    }
  }

  private void endHead() throws Refused {
    String host = fields.getOrDefault("host", http11 ? "," : "");
    String length = fields.getOrDefault("content-length", "0");
    boolean coded = fields.containsKey("transfer-encoding");
    demand(!host.contains(",") && NUMBER.matcher(length).matches(), "400 Bad Request");
    demand(!coded || !fields.containsKey("content-length"), "400 Bad Request");
    demand(!coded, "501 Not Implemented");
    boolean small = length.length() < 10 && Integer.parseInt(length) <= BODY_BYTES_MAX;
    demand(small, "413 Content Too Large");
    bodyBytes = Integer.parseInt(length);
  }

  private boolean keepsAlive() {
    String options = fields.getOrDefault("connection", "").toLowerCase(Locale.ROOT);
    List<String> all = List.of(options.split("[\t ]*,[\t ]*"));
    return !all.contains("close") && (http11 || all.contains("keep-alive"));
  }

  private static void demand(boolean kept, String status) throws Refused {
    if (!kept) {
      throw new Refused(status);
    }
  }
}
