package sluice.testkit.simulation;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import sluice.spi.Chunk;

/// The buffers of a simulated ring. As soon as one is given back the kernel may write into it, and
/// here it does: who has given one back too early reads nonsense.
final class SimBuffers implements Chunk.Home {
  private static final byte NONSENSE = (byte) 0xE5;

  private final SimNetwork network;
  private final int count;

  /// The kernel's, to receive into.
  private final ArrayDeque<Chunk> free = new ArrayDeque<>();

  /// Given back, which the kernel sees when it is entered next.
  private final List<Chunk> returned = new ArrayList<>();

  private int lent;

  SimBuffers(SimNetwork network, int count, int bytes) {
    this.network = network;
    this.count = count;
    for (int i = 0; i < count; i++) {
      free.add(new Chunk(ByteBuffer.allocate(bytes), this, i));
    }
  }

  void publish() {
    free.addAll(returned);
    returned.clear();
  }

  /// Tells whether the kernel has none to receive into.
  boolean isEmpty() {
    return free.isEmpty();
  }

  /// The kernel picks one to receive into; null if it has none.
  @Nullable Chunk pick() {
    Chunk picked = free.poll();
    if (picked != null) {
      picked.buffer().clear();
    }
    return picked;
  }

  /// The kernel has picked one in vain.
  void unpick(Chunk picked) {
    free.addFirst(picked);
  }

  /// The program sees the completion that carries `filled`.
  Chunk take(Chunk filled) {
    lent++;
    return filled.take();
  }

  @Override
  public void put(Chunk chunk) {
    lent--;
    Arrays.fill(chunk.buffer().array(), NONSENSE);
    returned.add(chunk);
  }

  boolean areLeft() {
    return lent < count;
  }

  void close() {
    if (lent > 0) {
      network.violate("leak", -1, lent + " buffers of the ring are out after its driver ended");
    }
  }
}
