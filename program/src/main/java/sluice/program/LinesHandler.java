package sluice.program;

import java.nio.ByteBuffer;
import sluice.server.Connection;
import sluice.server.ConnectionHandler;
import sluice.spi.Addresses;
import sluice.spi.Printable;

/// Prints `ADDRESS TEXT` for each line. A client is read no faster than the lines can be printed.
final class LinesHandler implements ConnectionHandler {
  private final LinePrinter printer = LinePrinter.standardOutput();

  @Override
  public void onData(Connection connection, ByteBuffer line) {
    String address = Printable.of(Addresses.format(connection.remoteAddress()));
    if (!printer.print(address + " " + Printable.ofUtf8(line), connection::resumeReading)) {
      connection.pauseReading();
    }
  }

  @Override
  public void onBadFrame(Connection connection, String problem) {
    Handler.complain(connection, problem);
  }
}
