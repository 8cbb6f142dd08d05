package sluice.program;

import java.util.List;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/// A JSON object that is written member by member.
final class Json {
  private final StringJoiner members = new StringJoiner(",", "{", "}");

  Json add(String name, @Nullable String text) {
    return member(name, text == null ? "null" : quote(text));
  }

  Json add(String name, long value) {
    return member(name, Long.toString(value));
  }

  Json add(String name, boolean value) {
    return member(name, Boolean.toString(value));
  }

  Json add(String name, Json object) {
    return member(name, object.toString());
  }

  Json add(String name, List<Json> objects) {
    StringJoiner items = new StringJoiner(",", "[", "]");
    objects.forEach(object -> items.add(object.toString()));
    return member(name, items.toString());
  }

  private Json member(String name, String value) {
    members.add(quote(name) + ":" + value);
    return this;
  }

  private static String quote(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    text.chars()
        .forEach(c -> {
          if (c == '"' || c == '\\') {
            quoted.append('\\').append((char) c);
          } else if (c < ' ') {
            quoted.append(String.format("\\u%04x", c));
          } else {
            quoted.append((char) c);
          }
        });
    return quoted.append('"').toString();
  }

  @Override
  public String toString() {
    return members.toString();
  }
}
