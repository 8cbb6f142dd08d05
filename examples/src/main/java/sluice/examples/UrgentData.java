package sluice.examples;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import sluice.*;

/// The third list: a TCP peer sends one byte out of band, past what it has sent before.
final class UrgentData {
  public static void main(String[] args) throws Exception {
    Listener listener = Backend.best().listen(new InetSocketAddress("localhost", 0), 1);
    StreamSocket sender = Backend.best().connect(listener.localAddress());
    Select.select(List.of(listener), List.of(sender), List.of(), null);
    sender.finishConnect();
    StreamSocket receiver = Objects.requireNonNull(listener.accept());
    List<StreamSocket> one = List.of(receiver);

    sender.write(ByteBuffer.wrap(new byte[] {'a', 'b', 'c'}));
    sender.sendUrgent((byte) '!');
    Selected<StreamSocket> ready = Select.select(List.of(), List.of(), one, null);
    System.out.println("exceptional: " + ready.exceptional().size());
    System.out.println("urgent byte: " + (char) receiver.receiveUrgent());

    ByteBuffer data = ByteBuffer.allocate(10);
    receiver.read(data);
    System.out.println("ordinary bytes: " + StandardCharsets.US_ASCII.decode(data.flip()));
    listener.close();
    sender.close();
    receiver.close();
  }
}
