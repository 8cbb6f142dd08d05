package sluice.examples.show;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import sluice.Backend;
import sluice.Descriptor;
import sluice.Descriptors;
import sluice.Select;

/// A remembered set whose member is closed and whose number is another's at once: it must be told
/// about the new one, and never about the old one.
final class ReusedNumbers {
  private static final int ROUNDS = 100_000;
  private static final int MEMBERS = 16;
  private static final List<Descriptor> NONE = List.of();

  private ReusedNumbers() {}

  static void show(Report report) throws Exception {
    Descriptors descriptors = Backend.of("epoll").descriptors();
    List<Descriptor> members = new ArrayList<>();
    List<Descriptor> sinks = new ArrayList<>();
    for (int i = 0; i < MEMBERS; i++) {
      Descriptors.Pipe pipe = descriptors.openPipe();
      members.add(pipe.source());
      sinks.add(pipe.sink());
    }
    int reused = 0;
    int ghosts = 0;
    int deaf = 0;
    ByteBuffer one = ByteBuffer.allocateDirect(1);
    for (int round = 0; round < ROUNDS; round++) {
      int i = round % MEMBERS;
      int before = members.get(i).number();
      // Leave the old one ready, closed with a byte in it.
      sinks.get(i).write(one.clear());
      ghosts += look(members).equals(List.of(members.get(i))) ? 0 : 1;
      members.get(i).close();
      sinks.get(i).close();
      Descriptors.Pipe pipe = descriptors.openPipe();
      reused += pipe.source().number() == before ? 1 : 0;
      members.set(i, pipe.source());
      sinks.set(i, pipe.sink());
      ghosts += look(members).size();
      sinks.get(i).write(one.clear());
      deaf += look(members).equals(List.of(members.get(i))) ? 0 : 1;
      members.get(i).read(one.clear());
    }
    report.say(
        "%,d rounds of %d members, the number reused in %,d; deaf: %d, ghosts: %d"
            .formatted(ROUNDS, MEMBERS, reused, deaf, ghosts));
    report.claim(reused > ROUNDS * 9 / 10, "the number is reused");
    report.claim(deaf == 0 && ghosts == 0, "never deaf, never a ghost");
  }

  private static List<Descriptor> look(List<Descriptor> members) throws Exception {
    return Select.select(members, NONE, NONE, Duration.ZERO).readable();
  }
}
