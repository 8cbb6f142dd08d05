package sluice.internal.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import sluice.spi.Driver;

class SpinTest {
  private static final long MILLISECOND = 1_000_000;

  private final Logger logger = Logger.getLogger("sluice");
  private final List<LogRecord> records = new ArrayList<>();
  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord record) {
          records.add(record);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };
  private final Driver driver =
      (Driver)
          Proxy.newProxyInstance(
              Driver.class.getClassLoader(),
              new Class<?>[] {Driver.class},
              (_, method, _) -> method.getName().equals("suspect") ? "the guilty one" : null);
  private long now = 1;
  private final Spin spin = new Spin("tested", () -> now);

  @BeforeEach
  void listen() {
    logger.setUseParentHandlers(false);
    logger.addHandler(handler);
  }

  @AfterEach
  void stopListening() {
    logger.removeHandler(handler);
    logger.setUseParentHandlers(true);
  }

  private void turn(int times, long nanosEach) {
    for (int i = 0; i < times; i++) {
      now += nanosEach;
      spin.turned(0, driver);
    }
  }

  @Test
  void loopThatDoesNothingAndNeverSleepsIsTold() {
    turn(600, MILLISECOND / 10);
    assertThat(records).hasSize(1);
    assertThat(records.getFirst().getMessage()).startsWith("loop.spin");
    assertThat(records.getFirst().getParameters()).contains("tested", "the guilty one");
  }

  @Test
  void itIsToldOnceInTenSeconds() {
    turn(90_000, MILLISECOND / 10);
    assertThat(records).hasSize(1);
    turn(20_000, MILLISECOND / 10);
    assertThat(records).hasSize(2);
  }

  @Test
  void loopThatSleepsInBetweenDoesNotSpin() {
    turn(2_000, 3 * MILLISECOND);
    assertThat(records).isEmpty();
  }

  @Test
  void loopThatDoesSomethingDoesNotSpin() {
    for (int work = 0; work < 20; work++) {
      for (int i = 0; i < 500; i++) {
        now += MILLISECOND / 10;
        spin.turned(work, driver);
      }
    }
    assertThat(records).isEmpty();
  }
}
