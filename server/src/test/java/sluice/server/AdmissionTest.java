package sluice.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import sluice.spi.Host;

class AdmissionTest {
  private static final int PAIRS = 200_000;
  private static final long SECOND = 1_000_000_000L;

  private long now = 5;

  private final Host host =
      (Host)
          Proxy.newProxyInstance(
              Host.class.getClassLoader(),
              new Class<?>[] {Host.class},
              (_, method, _) ->
                  switch (method.getName()) {
                    case "nanoTime" -> now;
                    case "random" -> 17L;
                    default -> throw new UnsupportedOperationException(method.getName());
                  });

  private static InetSocketAddress at(byte[] address) throws Exception {
    return new InetSocketAddress(InetAddress.getByAddress(address), 1);
  }

  private static InetSocketAddress four(int number) throws Exception {
    return at(
        new byte[] {
          (byte) (number >> 24), (byte) (number >> 16), (byte) (number >> 8), (byte) number
        });
  }

  /// The same rule, written with large numbers: equal are the same IPv4 addresses, however they are
  /// written, and IPv6 addresses with the same first 64 bits.
  private static BigInteger oracle(byte[] address) {
    BigInteger number = new BigInteger(1, address);
    if (address.length == 4) {
      return number.add(BigInteger.ONE.shiftLeft(200));
    }
    if (number.shiftRight(32).equals(BigInteger.valueOf(0xFFFF))) {
      return number.mod(BigInteger.ONE.shiftLeft(32)).add(BigInteger.ONE.shiftLeft(200));
    }
    return number.shiftRight(64);
  }

  @Test
  void addressesAreTheSameExactlyWhenTheirPrefixesAre() throws Exception {
    SplittableRandom random = new SplittableRandom(11);
    int same = 0;
    for (int i = 0; i < PAIRS; i++) {
      byte[] first = randomAddress(random);
      byte[] second = random.nextInt(3) == 0 ? randomAddress(random) : changed(first, random);
      boolean expected = oracle(first).equals(oracle(second));
      long one = Admission.prefix(InetAddress.getByAddress(first));
      long other = Admission.prefix(InetAddress.getByAddress(second));
      assertThat(one == other)
          .as("%s and %s", InetAddress.getByAddress(first), InetAddress.getByAddress(second))
          .isEqualTo(expected);
      same += expected ? 1 : 0;
    }
    assertThat(same).isBetween(PAIRS / 10, PAIRS * 9 / 10);
  }

  private static byte[] randomAddress(SplittableRandom random) {
    byte[] address = new byte[random.nextBoolean() ? 4 : 16];
    random.nextBytes(address);
    if (address.length == 16) {
      address[0] |= 0x20; // a global one
      if (random.nextInt(4) == 0) { // IPv4 in IPv6
        java.util.Arrays.fill(address, 0, 10, (byte) 0);
        address[10] = (byte) 0xFF;
        address[11] = (byte) 0xFF;
      }
    }
    return address;
  }

  private static byte[] changed(byte[] address, SplittableRandom random) {
    byte[] result = address.clone();
    int bit = random.nextInt(8 * address.length);
    boolean mapped = address.length == 16 && address[0] == 0;
    if (!mapped || bit >= 96) {
      result[bit / 8] ^= (byte) (1 << (bit % 8));
    }
    return result;
  }

  private static Refusal decide(Admission admission, InetSocketAddress peer) {
    return admission.decide(admission.source(peer));
  }

  @Test
  void rateIsABucketThatIsFilledAgain() throws Exception {
    Admission admission = new Admission(Limits.builder().acceptRate(10).build(), host);
    for (int i = 0; i < 20; i++) {
      assertThat(decide(admission, four(0x0A000001))).isNull();
    }
    assertThat(decide(admission, four(0x0A000001))).isEqualTo(Refusal.RATE);
    assertThat(decide(admission, four(0x0A000002))).isNull();
    now += SECOND / 10;
    assertThat(decide(admission, four(0x0A000001))).isNull();
    assertThat(decide(admission, four(0x0A000001))).isEqualTo(Refusal.RATE);
    now += 100 * SECOND;
    for (int i = 0; i < 20; i++) {
      assertThat(decide(admission, four(0x0A000001))).isNull();
    }
    assertThat(decide(admission, four(0x0A000001))).isEqualTo(Refusal.RATE);
  }

  @Test
  void penaltyPassesAndIsNeverLongerThanTenMinutes() throws Exception {
    Admission admission = new Admission(Limits.builder().build(), host);
    InetSocketAddress bad = four(0x0A000001);
    for (int i = 0; i < 200; i++) {
      Admission.Source source = admission.source(bad);
      assertThat(admission.decide(source)).as("client %d", i).isNull();
      if (i < 150) {
        admission.left(source, CloseReason.OK);
      } else {
        admission.left(source, CloseReason.PROTOCOL);
        now += i < 153 ? 0 : SECOND * 5;
      }
    }
    // Three at once were forgiven, and the others came no faster than they were forgotten.
    for (int i = 0; i < 1_000; i++) {
      Admission.Source source = admission.source(bad);
      admission.left(source, CloseReason.PROTOCOL);
    }
    assertThat(decide(admission, bad)).isEqualTo(Refusal.PENALTY);
    now += (600 - 16) * SECOND;
    assertThat(decide(admission, bad)).isEqualTo(Refusal.PENALTY);
    now += 2 * SECOND;
    assertThat(decide(admission, bad)).isNull();
  }

  @Test
  void noMoreAddressesAreKnownThanThereIsRoomFor() throws Exception {
    Admission admission =
        new Admission(Limits.builder().maxConnections(0).maxPerAddress(3).build(), host);
    Set<Admission.Source> sources = new HashSet<>();
    for (int i = 0; i < Bounds.SOURCES_MAX + 1_000; i++) {
      Admission.Source source = admission.source(four(0x0A000000 + i));
      assertThat(source).isNotNull();
      if (admission.decide(source) == null) {
        sources.add(source);
      }
    }
    // Each of those has a client, so none can be forgotten: the rest shares one, and its limit.
    assertThat(sources).hasSize(Bounds.SOURCES_MAX + 1);
    assertThat(admission.open()).isEqualTo(Bounds.SOURCES_MAX + 3);
    assertThat(decide(admission, four(0x0B000001))).isEqualTo(Refusal.PER_ADDRESS);

    // Those whose clients have left, and whose account is even again, make room.
    for (int i = 0; i < Bounds.SOURCES_MAX; i++) {
      admission.left(admission.source(four(0x0A000000 + i)), CloseReason.OK);
    }
    now += 10 * SECOND;
    for (int i = 0; i < 1_000; i++) {
      assertThat(decide(admission, four(0x0C000000 + i))).isNull();
    }
  }

  @Test
  void clientThatIsRefusedForItsNumberDoesNotCountTowardsTheRate() throws Exception {
    Admission admission =
        new Admission(Limits.builder().maxPerAddress(1).acceptRate(10).build(), host);
    Admission.Source source = admission.source(four(0x0A000001));
    assertThat(admission.decide(source)).isNull();
    for (int i = 0; i < 100; i++) {
      assertThat(admission.decide(source)).isEqualTo(Refusal.PER_ADDRESS);
    }
    admission.left(source, CloseReason.OK);
    assertThat(admission.decide(source)).isNull();
  }

  @Test
  void addressWithClientsIsNotForgottenHoweverLongTheyStay() throws Exception {
    Admission admission =
        new Admission(Limits.builder().maxConnections(0).maxPerAddress(3).build(), host);
    for (int i = 0; i < Bounds.SOURCES_MAX; i++) {
      assertThat(decide(admission, four(0x0A000000 + i))).isNull();
    }
    now += 3_600 * SECOND;
    Admission.Source others = admission.source(four(0x0B000000));
    assertThat(admission.source(four(0x0C000000))).isSameAs(others);
  }
}
