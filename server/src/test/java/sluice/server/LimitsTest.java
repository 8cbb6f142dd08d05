package sluice.server;

import static org.assertj.core.api.Assertions.assertThat;

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
}
