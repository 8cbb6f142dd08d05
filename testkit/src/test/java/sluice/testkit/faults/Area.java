package sluice.testkit.faults;

import java.util.Locale;
import java.util.regex.Pattern;

/// A part of the shipped code, known by the paths of its files.
enum Area {
  LOOP("core/.*/internal/loop/.*"),
  DRIVERS("core/.*/internal/readiness/.*|core/.*/spi/(PollerBase|DriverSlots|Finals)\\.java"),
  BUFFERS(
      "core/.*/spi/Chunk.*|server/.*/(OutputQueue|Output|Lent|Input|Wire|LayeredWire|Broadcast\\w*)\\.java"),
  FRAMING("server/.*/(Frames|Framed|\\w+Decoder)\\.java"),
  CLOSING("server/.*/(ServerConnection|Worker|Acceptor|ConnectionSet)\\.java"),
  RING("linux/.*/uring/.*"),
  LIMITS("server/.*/(Deadlines|Wheel|Admission|Memory|Tally|Limits|Bounds)\\.java");

  private final Pattern paths;

  Area(String paths) {
    this.paths = Pattern.compile(paths);
  }

  /// Returns the area of the file at `path` below the root.
  static Area of(String path) {
    for (Area area : values()) {
      if (area.paths.matcher(path).matches()) {
        return area;
      }
    }
    throw new IllegalArgumentException("no area has " + path);
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
