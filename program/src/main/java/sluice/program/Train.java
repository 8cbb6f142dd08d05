package sluice.program;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import sun.misc.Signal;

/// `sluice train`: serves one client and ends, so that the JVM learns what to keep in its AOT
/// cache. The launcher calls it.
@Command(name = "train", hidden = true)
final class Train implements Callable<Integer> {
  @Override
  public Integer call() throws Failure {
    Serve serve = CommandLine.populateCommand(new Serve(), "--listen", "127.0.0.1:0");
    return serve.run(Train::beAClient);
  }

  private static void beAClient(SocketAddress address) {
    InetSocketAddress server = (InetSocketAddress) address;
    try (Socket client = new Socket(server.getAddress(), server.getPort())) {
      client.getOutputStream().write('x');
      int _ = client.getInputStream().read();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Signal.raise(new Signal("TERM"));
  }
}
