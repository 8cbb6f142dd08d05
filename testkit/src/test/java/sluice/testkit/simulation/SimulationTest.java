package sluice.testkit.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import sluice.server.CloseReason;
import sluice.server.Connection;
import sluice.server.ConnectionHandler;

class SimulationTest {
  private static final int HISTORIES = 2_000;
  private static final int CANARY_HISTORIES_MAX = 200;

  /// What clients are closed for in a few hundred histories; the rest takes thousands.
  private static final List<String> DEADLINES =
      List.of("idle", "lifetime", "half_close", "first_frame", "frame_deadline", "write_stall");

  @Test
  void noHistoryViolatesACheckAndEveryFaultAndEndHappens() {
    Map<String, Long> faults = new TreeMap<>();
    Map<String, Long> outcomes = new TreeMap<>();
    LongStream.range(0, HISTORIES)
        .forEach(seed -> {
          History history = Simulation.run(seed, null);
          assertThat(history.violation()).as("build-support/simulate --seed " + seed).isNull();
          assertThat(history.clients()).isGreaterThanOrEqualTo(2);
          history.faults().forEach((fault, times) -> faults.merge(fault, times, Long::sum));
          history.outcomes().forEach((how, times) -> outcomes.merge(how, times, Long::sum));
        });
    assertThat(faults)
        .hasSize(Fault.values().length)
        .allSatisfy((_, times) -> assertThat(times).isPositive());
    for (String deadline : DEADLINES) {
      assertThat(outcomes.get("closed_" + deadline)).as(deadline).isPositive();
    }
  }

  @Test
  void equalSeedsMakeEqualHistories() {
    for (long seed = 0; seed < 50; seed++) {
      History history = Simulation.run(seed, null);
      assertThat(Simulation.run(seed, null)).isEqualTo(history);
      assertThat(history.hash()).isNotEqualTo(Simulation.run(seed + 1, null).hash());
    }
  }

  @Test
  void tracePrintsWhatHappensAndChangesNothing() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    assertThat(Simulation.run(1, out)).isEqualTo(Simulation.run(1, null));
    assertThat(bytes.toString(StandardCharsets.UTF_8)).contains("ACCEPT").contains("CLIENT_READ");
  }

  /// Checks that never fail prove nothing.
  @ParameterizedTest
  @EnumSource
  void brokenHandlersAreFound(Break how) {
    UnaryOperator<ConnectionHandler> breaking = handler -> new Broken(handler, how);
    assertThat(LongStream.range(0, CANARY_HISTORIES_MAX))
        .as("a violation within " + CANARY_HISTORIES_MAX + " histories")
        .anySatisfy(seed -> {
          Violation violation = Simulation.run(seed, null, breaking).violation();
          assertThat(violation).isNotNull();
          assertThat(violation.check()).isEqualTo(how.check);
        });
  }

  enum Break {
    DROPS_A_BYTE("order"),
    DOUBLES_A_BYTE("order"),
    SWAPS_TWO_BYTES("order"),
    RESETS_AT_THE_END("reason"),
    NEVER_CLOSES("liveness");

    final String check;

    Break(String check) {
      this.check = check;
    }
  }

  /// Spoils every thousandth byte, or the end.
  private static final class Broken implements ConnectionHandler {
    private static final int EVERY = 1_000;

    private final ConnectionHandler echo;
    private final Break how;
    private long count;

    Broken(ConnectionHandler echo, Break how) {
      this.echo = echo;
      this.how = how;
    }

    @Override
    public void onData(Connection connection, ByteBuffer data) throws Exception {
      ByteBuffer spoilt = ByteBuffer.allocate(data.remaining() * 2);
      while (data.hasRemaining()) {
        byte next = data.get();
        boolean now = ++count % EVERY == 0;
        switch (how) {
          case DROPS_A_BYTE -> {
            if (!now) {
              spoilt.put(next);
            }
          }
          case DOUBLES_A_BYTE -> {
            spoilt.put(next);
            if (now) {
              spoilt.put(next);
            }
          }
          case SWAPS_TWO_BYTES -> {
            if (now && data.hasRemaining()) {
              spoilt.put(data.get());
            }
            spoilt.put(next);
          }
          case RESETS_AT_THE_END, NEVER_CLOSES -> spoilt.put(next);
        }
      }
      echo.onData(connection, spoilt.flip());
    }

    @Override
    public void onOpen(Connection connection) throws Exception {
      echo.onOpen(connection);
    }

    @Override
    public void onWritable(Connection connection) throws Exception {
      echo.onWritable(connection);
    }

    @Override
    public void onInputClosed(Connection connection) throws Exception {
      switch (how) {
        case RESETS_AT_THE_END -> connection.abort();
        case NEVER_CLOSES -> {}
        default -> echo.onInputClosed(connection);
      }
    }

    @Override
    public void onClose(Connection connection, CloseReason reason) throws Exception {
      echo.onClose(connection, reason);
    }
  }
}
