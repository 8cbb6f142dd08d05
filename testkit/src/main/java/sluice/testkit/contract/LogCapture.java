package sluice.testkit.contract;

import java.text.MessageFormat;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;

/// Keeps what Sluice logs, and keeps it off the console.
final class LogCapture extends Handler implements AutoCloseable {
  private final Logger logger = Logger.getLogger("sluice");
  private final List<LogRecord> records = new CopyOnWriteArrayList<>();

  LogCapture() {
    logger.setUseParentHandlers(false);
    logger.addHandler(this);
  }

  /// Returns the exceptions logged so far.
  List<Throwable> thrown() {
    return records.stream()
        .map(LogRecord::getThrown)
        .flatMap(t -> t == null ? Stream.empty() : Stream.of(Objects.requireNonNull(t)))
        .toList();
  }

  /// Returns the lines logged so far that begin with `event`.
  List<String> lines(String event) {
    return records.stream()
        .map(record -> {
          Object[] parameters = record.getParameters();
          String message = Objects.requireNonNullElse(record.getMessage(), "");
          return parameters == null ? message : MessageFormat.format(message, parameters);
        })
        .filter(line -> line.startsWith(event))
        .toList();
  }

  @Override
  public void publish(LogRecord record) {
    records.add(record);
    String _ = String.valueOf(record.getThrown()); // as those do that print it
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    logger.removeHandler(this);
    logger.setUseParentHandlers(true);
  }
}
