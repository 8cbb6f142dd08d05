package sluice.testkit.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import sluice.server.Connection;
import sluice.server.ConnectionHandler;
import sluice.server.Frames;

class RehearsalTest {
  private static final int HISTORIES = 1_000;
  private static final int CANARY_HISTORIES_MAX = 500;

  /// What a server for shouting does wrong.
  enum Mistake {
    NONE("nothing"),

    /// Takes what comes for whole lines.
    NO_FRAMES("order|liveness"),

    /// Keeps one line of all clients.
    SHARED_STATE("order|liveness"),

    THROWS("log"),
    FORGETS_AN_ANSWER("liveness"),
    ANSWERS_TWICE("order"),
    HANGS_UP("complete|reset"),
    KICKS("complete|reset"),
    NEVER_ENDS("leak|liveness");

    /// One of them fails: a regular expression.
    final String checks;

    Mistake(String checks) {
      this.checks = checks;
    }
  }

  /// Says everything again, louder.
  private static final class Shout implements ConnectionHandler {
    private final Mistake mistake;
    private final StringBuilder line = new StringBuilder();
    private int answers;

    Shout(Mistake mistake) {
      this.mistake = mistake;
    }

    @Override
    public void onData(Connection client, ByteBuffer data) {
      String text = StandardCharsets.US_ASCII.decode(data).toString();
      answers++;
      switch (mistake) {
        case NO_FRAMES -> say(client, text.replace("\n", ""));
        case SHARED_STATE -> {
          line.append(text);
          if (line.indexOf("\n") >= 0) {
            say(client, line.substring(0, line.indexOf("\n")));
            line.delete(0, line.indexOf("\n") + 1);
          }
        }
        case THROWS -> {
          say(client, text);
          if (answers == 3) {
            throw new IllegalStateException("three");
          }
        }
        case FORGETS_AN_ANSWER -> {
          if (answers != 3) {
            say(client, text);
          }
        }
        case ANSWERS_TWICE -> {
          say(client, text);
          if (answers == 3) {
            say(client, text);
          }
        }
        case HANGS_UP -> {
          say(client, text);
          if (answers == 3) {
            client.close();
          }
        }
        case KICKS -> {
          say(client, text);
          if (answers == 3) {
            client.abort();
          }
        }
        case NONE, NEVER_ENDS -> say(client, text);
      }
    }

    @Override
    public void onInputClosed(Connection client) {
      if (mistake != Mistake.NEVER_ENDS) {
        client.close();
      }
    }

    private static void say(Connection client, String text) {
      String louder = text.toUpperCase(Locale.ROOT) + "\n";
      client.write(ByteBuffer.wrap(louder.getBytes(StandardCharsets.US_ASCII)));
    }
  }

  private static Rehearsal rehearsal(Mistake mistake) {
    boolean raw = mistake == Mistake.NO_FRAMES || mistake == Mistake.SHARED_STATE;
    Supplier<ConnectionHandler> handler =
        () -> raw ? new Shout(mistake) : Frames.lines(100, new Shout(mistake));
    return Rehearsal.of(handler)
        .client("one\ntwo\n", "ONE\nTWO\n")
        .client("three\nfour\nfive\n", "THREE\nFOUR\nFIVE\n");
  }

  @Test
  void handlerThatIsRightPasses() {
    Rehearsal rehearsal = rehearsal(Mistake.NONE);
    rehearsal.run(HISTORIES);
    assertThat(rehearsal.faults())
        .containsKeys("partial_read", "client_reset")
        .extractingByKeys(
            "partial_read",
            "partial_write",
            "tiny_buffers",
            "client_half_close",
            "client_reset",
            "close_with_unread",
            "reset_before_accept",
            "slow_reader",
            "stopped_reader",
            "delay",
            "loop_stall",
            "no_descriptors",
            "clock_pause")
        .allSatisfy(times -> assertThat(times).isPositive());
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void mistakeIsFoundAndCanBeSeenAgain(Mistake mistake) {
    Rehearsal rehearsal = rehearsal(mistake);
    AssertionError error = null;
    try {
      rehearsal.run(CANARY_HISTORIES_MAX);
    } catch (AssertionError e) {
      error = e;
    }
    assertThat(error).as("%s is found", mistake).isNotNull();
    assertThat(error).hasMessageMatching("seed \\d+: (" + mistake.checks + "): .*");
    long seed = Long.parseLong(error.getMessage().split("[ :]", 3)[1]);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    History again = rehearsal.replay(seed, new PrintStream(bytes, true, StandardCharsets.UTF_8));
    assertThat(again.violation()).isNotNull();
    assertThat(again.violation().check()).matches(mistake.checks);
    assertThat(bytes.toString(StandardCharsets.UTF_8)).contains("CONNECT");
  }

  @Test
  void rehearsalWithoutClientsIsRefused() {
    Rehearsal empty = Rehearsal.of(() -> new Shout(Mistake.NONE));
    assertThatThrownBy(() -> empty.run(1)).hasMessage("a rehearsal needs a client");
  }
}
