package sluice.testkit.contract;

import java.nio.ByteBuffer;
import sluice.server.Layer;

/// A layer that changes each byte by its place in the stream, the same way in both directions: a
/// byte that bypasses it, or comes at another place, is another byte. Stateless.
public final class XorLayer implements Layer {
  private final int key;

  /// Makes a layer; those of different keys differ.
  public XorLayer(int key) {
    this.key = key;
  }

  @Override
  public Session open() {
    return new Xor();
  }

  /// Changes `count` bytes of `data` in place; doing it twice undoes it.
  ///
  /// @param offset the place in the stream of the first of them
  public void apply(long offset, byte[] data, int count) {
    for (int i = 0; i < count; i++) {
      data[i] ^= mask(offset + i);
    }
  }

  private byte mask(long offset) {
    return (byte) (key + offset * 31 + (offset >>> 8));
  }

  private final class Xor implements Session {
    private long decoded;
    private long encoded;

    @Override
    public void decode(ByteBuffer wire, Pipe pipe) throws Exception {
      int count = wire.remaining();
      ByteBuffer plain = changed(decoded, wire);
      pipe.inward(plain.slice(0, count / 2)); // a layer may deliver in as many pieces as it likes
      pipe.inward(plain.slice(count / 2, count - count / 2));
      decoded += count;
    }

    @Override
    public void encode(ByteBuffer plain, Pipe pipe) throws Exception {
      int count = plain.remaining();
      pipe.outward(changed(encoded, plain));
      encoded += count;
    }

    private ByteBuffer changed(long offset, ByteBuffer bytes) {
      byte[] copy = new byte[bytes.remaining()];
      bytes.get(copy);
      apply(offset, copy, copy.length);
      return ByteBuffer.wrap(copy);
    }
  }
}
