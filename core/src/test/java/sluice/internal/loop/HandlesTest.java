package sluice.internal.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// The handles of a loop.
class HandlesTest {
  private static final int MANY = 1_000;

  private static final class Nobody implements Endpoint {
    @Override
    public void end(Throwable cause) {}

    @Override
    public void abandon(Throwable cause) {}
  }

  private final Handles handles = new Handles();

  @Test
  void manySlotsAreUsedAgainByOthers() {
    Set<Long> seen = new HashSet<>();
    for (int round = 0; round < 3; round++) {
      List<Long> now = new ArrayList<>();
      for (int i = 0; i < MANY; i++) {
        now.add(handles.attach(new Nobody()));
      }
      assertThat(now).doesNotHaveDuplicates().allMatch(handle -> (handle & 0xFF_FFFF) < MANY);
      assertThat(seen).doesNotContainAnyElementsOf(now);
      seen.addAll(now);
      now.forEach(handles::detach);
    }
    assertThat(handles.attached()).isZero();
    assertThat(seen).allMatch(handle -> handles.get(handle) == null);
    assertThat(handles.stale()).isEqualTo(seen.size());
  }
}
