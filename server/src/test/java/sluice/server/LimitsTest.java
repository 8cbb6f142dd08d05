package sluice.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/// Which of two limits holds.
class LimitsTest {
  @Test
  void smallerLimitOfHandlerAndServerHolds() {
    Limits limits = Limits.builder().maxLine(100).maxFrame(200).build();
    assertThat(limits.line(50)).isEqualTo(50);
    assertThat(limits.line(150)).isEqualTo(100);
    assertThat(limits.frame(50)).isEqualTo(50);
    assertThat(limits.frame(250)).isEqualTo(200);
    Limits none = Limits.builder().build();
    assertThat(none.line(150)).isEqualTo(150);
    assertThat(none.frame(250)).isEqualTo(250);
  }

  private static int unacknowledgedMillis(Duration writeStall) {
    return Limits.builder().writeStall(writeStall).build().peerWatch.unacknowledgedMillis();
  }

  @Test
  void systemNeverDropsBeforeAllProbesOrTheWriteStall() {
    assertThat(unacknowledgedMillis(Duration.ofSeconds(1))).isEqualTo(120_000);
    assertThat(unacknowledgedMillis(Duration.ofSeconds(30))).isEqualTo(120_000);
    assertThat(unacknowledgedMillis(Duration.ofMinutes(4))).isEqualTo(360_000);
    assertThat(unacknowledgedMillis(Duration.ofDays(300))).isEqualTo(Integer.MAX_VALUE);
    assertThat(unacknowledgedMillis(Duration.ZERO)).isZero();
  }
}
