package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import sluice.server.CloseReason;
import sluice.server.Connection;
import sluice.server.Frames;
import sluice.server.Server;

/// Frames inside frames, the last frame of a client, and a handler that closes or pauses with it.
public abstract class ServerFramesEdgeContract extends ServerFramesSuite {
  private static final String TOO_LONG = Recorder.closed(CloseReason.FRAME_TOO_LONG);

  @Test
  void unfinishedLastLineThatIsOneByteTooLongIsABadFrame() throws Exception {
    Cutting cutting = new Cutting(Framing.lines(), 5);
    Socket client = cutting.connect();
    send(client, "123456");
    client.shutdownOutput();
    assertThat(receiveRest(client)).isEqualTo("sorry");
    cutting.recorder.expect(Recorder.BAD, TOO_LONG);
  }

  @Test
  void pauseInTheUnfinishedLastLineHoldsBackTheEnd() throws Exception {
    // Who hands each line to another thread and answers from there loses the last answer.
    Recorder pausing =
        new Recorder() {
          @Override
          public void onData(Connection connection, ByteBuffer data) throws Exception {
            super.onData(connection, data);
            connection.pauseReading();
          }
        };
    Socket client = connect(serve(Frames.lines(100, pausing)));
    Connection connection = pausing.next();
    send(client, "question");
    client.shutdownOutput();
    pausing.expect("question");
    CountDownLatch turn = new CountDownLatch(1);
    connection.execute(turn::countDown);
    await(turn); // whatever the loop did behind the question, it has done
    assertThat(pausing.events).isEmpty();
    assertThat(connection.write(bytes("answer"))).isTrue();
    connection.resumeReading();
    pausing.expect(Recorder.END);
    assertThat(receiveRest(client)).isEqualTo("answer");
  }

  @Test
  void endIsNotToldInsideTheCallbackOfAnotherClient() throws Exception {
    // Whoever resumes a client and then answers it is not overtaken by its end.
    BlockingQueue<Connection> asking = new LinkedBlockingQueue<>();
    Recorder handler =
        new Recorder() {
          @Override
          public void onData(Connection connection, ByteBuffer data) throws Exception {
            String line = StandardCharsets.US_ASCII.decode(data.duplicate()).toString();
            super.onData(connection, data);
            if (line.equals("question")) {
              connection.pauseReading();
              asking.add(connection);
            } else {
              Connection other = await(asking);
              other.resumeReading();
              assertThat(other.write(bytes(line))).isTrue();
            }
          }
        };
    Server server = serve(Frames.lines(100, handler));
    Socket asks = connect(server);
    handler.next();
    Socket answers = connect(server);
    handler.next();
    send(asks, "question");
    asks.shutdownOutput();
    handler.expect("question");
    send(answers, "answer\n");
    assertThat(receiveRest(asks)).isEqualTo("answer");
  }

  @Test
  void closeInTheUnfinishedLastLineIsTheEndOfTheCalls() throws Exception {
    Recorder closing =
        new Recorder() {
          @Override
          public void onData(Connection connection, ByteBuffer data) throws Exception {
            super.onData(connection, data);
            connection.close();
          }
        };
    Socket client = connect(serve(Frames.lines(100, closing)));
    send(client, "last");
    client.shutdownOutput();
    closing.expect("last", Recorder.closed(CloseReason.OK));
  }

  @Test
  void framesInsideFramesAreAllDelivered() throws Exception {
    int count = 100;
    Recorder inner = new Recorder();
    Server server =
        serve(Frames.lengthPrefixed(2, ByteOrder.BIG_ENDIAN, 1_000, Frames.lines(10, inner)));
    Socket client = connect(server);
    StringBuilder lines = new StringBuilder();
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      expected.add("" + i);
      lines.append(i).append('\n');
    }
    byte[] frame =
        Frames.encodeLengthPrefixed(2, ByteOrder.BIG_ENDIAN, latin1(lines.toString())).array();
    client.getOutputStream().write(frame);
    inner.expect(expected.toArray(String[]::new));
  }

  @Test
  void badFrameThatTheHandlerClosesItselfIsStillABadFrame() throws Exception {
    Recorder closing =
        new Recorder() {
          @Override
          public void onBadFrame(Connection connection, String problem) throws Exception {
            super.onBadFrame(connection, problem);
            connection.close();
          }
        };
    Socket client = connect(serve(Frames.lines(5, closing)));
    send(client, "too long\n");
    assertThat(receiveRest(client)).isEqualTo("sorry");
    client.close();
    closing.expect(Recorder.BAD, TOO_LONG);
  }

  @Test
  void whatAHandlerLeavesOfAFrameIsGone() throws Exception {
    BlockingQueue<String> firsts = new LinkedBlockingQueue<>();
    Echo handler =
        new Echo() {
          @Override
          public void onData(Connection connection, ByteBuffer data) {
            firsts.add(String.valueOf((char) data.get()));
          }
        };
    Socket client = connect(serve(Frames.lines(100, handler)));
    send(client, "one\r\n2 two\nthree\r\n");
    assertThat(List.of(await(firsts), await(firsts), await(firsts))).containsExactly("o", "2", "t");
  }
}
