package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import sluice.ClosedPollableException;
import sluice.Listener;
import sluice.Pollable;
import sluice.Select;
import sluice.Selected;
import sluice.StreamSocket;

/// The answer of select: which members of which collection, and which arguments it refuses.
public abstract class SelectContract extends BackendContract {
  private static final List<StreamSocket> NONE = List.of();

  @Test
  void answersEachCollectionByItself() throws Exception {
    Pair pair = pair();
    send(pair.client(), pair.server(), "x");
    List<StreamSocket> both = List.of(pair.client(), pair.server());

    Selected<StreamSocket> selected = Select.select(both, both, NONE, LONG);

    assertThat(selected.readable()).containsExactly(pair.server());
    assertThat(selected.writable()).containsExactly(pair.client(), pair.server());
    assertThat(selected.exceptional()).isEmpty();
    assertThat(selected.isEmpty()).isFalse();
  }

  @Test
  void sameSourceMayBeInEveryCollection() throws Exception {
    Pair pair = pair();
    List<StreamSocket> one = List.of(pair.server());
    if (!supportsExceptional()) {
      assertThatThrownBy(() -> Select.select(one, one, one, Duration.ZERO))
          .isInstanceOf(UnsupportedOperationException.class)
          .hasMessageContaining(backend().name());
      return;
    }
    send(pair.client(), pair.server(), "x");
    assertThat(pair.client().sendUrgent((byte) '!')).isTrue();
    Wait.until("urgent", () -> !Select.select(NONE, NONE, one, LONG).isEmpty());

    Selected<StreamSocket> selected = Select.select(one, one, one, LONG);

    assertThat(selected.readable()).containsExactly(pair.server());
    assertThat(selected.writable()).containsExactly(pair.server());
    assertThat(selected.exceptional()).containsExactly(pair.server());
  }

  @Test
  void urgentByteIsExceptionalUntilReceived() throws Exception {
    Pair pair = pair();
    List<StreamSocket> one = List.of(pair.server());
    assertThat(pair.client().sendUrgent((byte) '!')).isTrue();
    if (!supportsExceptional()) {
      assertThatThrownBy(() -> Select.select(NONE, NONE, one, LONG))
          .isInstanceOf(UnsupportedOperationException.class)
          .hasMessageContaining(backend().name());
      return;
    }
    for (int i = 0; i < 2; i++) {
      Selected<StreamSocket> selected = Select.select(one, NONE, one, LONG);
      assertThat(selected.exceptional()).containsExactly(pair.server());
      assertThat(selected.readable()).isEmpty();
    }
    assertThat(pair.server().receiveUrgent()).isEqualTo('!');
    assertThat(Select.select(one, NONE, one, Duration.ZERO).isEmpty()).isTrue();
  }

  @Test
  void keepsDuplicatesAndOrder() throws Exception {
    List<Pair> pairs = pairs(3);
    List<StreamSocket> argument = new ArrayList<>();
    for (int index : new int[] {2, 0, 1, 0, 2, 2}) {
      argument.add(pairs.get(index).client());
    }
    assertThat(Select.select(NONE, argument, NONE, LONG).writable())
        .containsExactlyElementsOf(argument);

    StreamSocket ready = pairs.get(0).client();
    send(pairs.get(0).server(), ready, "x");
    assertThat(Select.select(argument, NONE, NONE, LONG).readable()).containsExactly(ready, ready);
  }

  @Test
  void orderIsThatOfTheArgumentNotOfTheSystem() throws Exception {
    List<StreamSocket> argument = new ArrayList<>();
    for (Pair pair : pairs(40)) {
      argument.add(pair.client());
      argument.add(pair.server());
    }
    Collections.shuffle(argument, new Random(5));
    assertThat(Select.select(NONE, argument, NONE, LONG).writable())
        .containsExactlyElementsOf(argument);
  }

  @Test
  void takesAnyCollectionAndChangesNone() throws Exception {
    Pair pair = pair();
    LinkedHashSet<Pollable> set = new LinkedHashSet<>(List.of(pair.server(), pair.client()));
    List<Pollable> list = Collections.unmodifiableList(Arrays.asList(pair.client()));

    Selected<Pollable> selected = Select.select(list, set, List.<Pollable>of(), LONG);

    assertThat(selected.writable()).containsExactly(pair.server(), pair.client());
    assertThat(set).containsExactly(pair.server(), pair.client());
  }

  @Test
  void listsAreNewAndTheCallersToChange() throws Exception {
    List<StreamSocket> one = List.of(pair().client());
    Selected<StreamSocket> first = Select.select(one, NONE, NONE, Duration.ZERO);
    Selected<StreamSocket> second = Select.select(one, NONE, NONE, Duration.ZERO);

    assertThat(first.isEmpty()).isTrue();
    assertThat(first.readable()).isNotSameAs(first.writable()).isNotSameAs(second.readable());
    assertThat(first.writable()).isNotSameAs(first.exceptional());
    first.readable().add(one.get(0));
    first.readable().clear();
    assertThat(second.isEmpty()).isTrue();
  }

  @Test
  void staysReadyUntilDrained() throws Exception {
    Pair pair = pair();
    List<StreamSocket> one = List.of(pair.server());
    send(pair.client(), pair.server(), "x");
    for (int i = 0; i < 3; i++) {
      assertThat(Select.select(one, NONE, NONE, LONG).readable()).containsExactly(pair.server());
    }
    receive(pair.server(), 1);
    assertThat(Select.select(one, NONE, NONE, Duration.ZERO).isEmpty()).isTrue();
  }

  @Test
  void listenerIsReadableWhenAConnectionWaitsAndNeverWritable() throws Exception {
    Listener listener = listener();
    List<Listener> one = List.of(listener);
    assertThat(Select.select(one, one, List.<Listener>of(), Duration.ZERO).isEmpty()).isTrue();
    track(backend().connect(listener.localAddress()));

    Selected<Listener> selected = Select.select(one, one, List.<Listener>of(), LONG);

    assertThat(selected.readable()).containsExactly(listener);
    assertThat(selected.writable()).isEmpty();
  }

  @Test
  void fullSenderIsNotWritableUntilDrained() throws Exception {
    Pair pair = pair();
    List<StreamSocket> one = List.of(pair.client());
    long written = fill(pair.client());
    assertThat(Select.select(one, one, NONE, Duration.ZERO).isEmpty()).isTrue();

    drain(pair.server(), written);

    assertThat(Select.select(NONE, one, NONE, LONG).writable()).containsExactly(pair.client());
  }

  @Test
  void endOfStreamIsReadableAndWritable() throws Exception {
    Pair pair = pair();
    List<StreamSocket> one = List.of(pair.server());
    pair.client().close();
    awaitReadable(pair.server());

    Selected<StreamSocket> selected = Select.select(one, one, NONE, LONG);

    assertThat(selected.readable()).containsExactly(pair.server());
    assertThat(selected.writable()).containsExactly(pair.server());
    awaitEnd(pair.server());
  }

  @Test
  void bothSidesShutIsReadableAndWritable() throws Exception {
    Pair pair = pair();
    List<StreamSocket> one = List.of(pair.server());
    pair.client().shutdownOutput();
    pair.server().shutdownOutput();
    awaitReadable(pair.server());
    assertThat(Select.select(one, one, NONE, LONG).writable()).containsExactly(pair.server());
  }

  @Test
  void resetIsReadableAndWritable() throws Exception {
    Pair pair = pair();
    List<StreamSocket> one = List.of(pair.server());
    pair.client().abort();
    awaitReadable(pair.server());
    assertThat(Select.select(one, one, NONE, LONG).writable()).containsExactly(pair.server());
  }

  @Test
  void refusedConnectIsReadableAndWritableButNotExceptional() throws Exception {
    StreamSocket client = track(backend().connect(refusingAddress()));
    List<StreamSocket> one = List.of(client);
    assertThat(Select.select(NONE, one, NONE, LONG).writable()).containsExactly(client);

    Selected<StreamSocket> selected =
        Select.select(one, one, supportsExceptional() ? one : NONE, LONG);

    assertThat(selected.readable()).containsExactly(client);
    assertThat(selected.writable()).containsExactly(client);
    assertThat(selected.exceptional()).isEmpty();
    assertThatThrownBy(client::finishConnect).isInstanceOf(ConnectException.class);
  }

  @Test
  void watchesTwoThousandSocketsInOneCall() throws Exception {
    List<Pair> pairs = pairs(1_000);
    List<StreamSocket> all = new ArrayList<>();
    pairs.forEach(pair -> Collections.addAll(all, pair.client(), pair.server()));
    Pair rare = pairs.get(777);
    send(rare.client(), rare.server(), "x");

    Selected<StreamSocket> selected = Select.select(all, all, NONE, LONG);

    assertThat(selected.readable()).containsExactly(rare.server());
    assertThat(selected.writable()).hasSize(2_000);
  }

  @Test
  void watchesDifferentKindsTogether() throws Exception {
    Pair tcp = pair();
    Pair unix = unixPair();
    Listener listener = listener();
    send(unix.client(), unix.server(), "x");
    List<Pollable> all = List.of(tcp.server(), unix.server(), listener);

    assertThat(Select.select(all, List.<Pollable>of(), List.<Pollable>of(), LONG).readable())
        .containsExactly(unix.server());
  }

  @Test
  void closedMemberIsNamed() throws Exception {
    List<Pair> pairs = pairs(2);
    StreamSocket closed = pairs.get(0).client();
    StreamSocket ready = pairs.get(1).client();
    closed.close();
    for (Duration timeout : Arrays.asList(Duration.ZERO, LONG, null)) {
      assertThatThrownBy(() -> Select.select(List.of(closed), List.of(ready), NONE, timeout))
          .isInstanceOf(ClosedPollableException.class)
          .hasMessageContaining(closed.toString());
    }
    assertThat(Select.select(NONE, List.of(ready), NONE, LONG).writable()).containsExactly(ready);
  }

  @Test
  void nullMemberIsRefused() throws Exception {
    StreamSocket socket = pair().client();
    List<StreamSocket> withNull = Arrays.asList(socket, null);
    assertThatThrownBy(() -> Select.select(NONE, withNull, NONE, Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("member 1 of w");
  }

  @Test
  void sourcesOfTwoBackendsAreRefused() throws Exception {
    StreamSocket socket = pair().client();
    assertThatThrownBy(
            () -> Select.select(List.of(socket), List.of(Foreign.socket()), NONE, Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("member 0 of w")
        .hasMessageContaining("foreign")
        .hasMessageContaining(backend().name());
  }

  @Test
  void negativeTimeoutIsRefused() throws Exception {
    List<StreamSocket> one = List.of(pair().client());
    for (Duration negative : List.of(Duration.ofNanos(-1), Duration.ofSeconds(Long.MIN_VALUE))) {
      assertThatThrownBy(() -> Select.select(one, one, NONE, negative))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("negative");
    }
  }

  @Test
  void refusedCallsLeaveNothingBehind() throws Exception {
    StreamSocket socket = pair().client();
    List<StreamSocket> one = List.of(socket);
    List<StreamSocket> bad = Arrays.asList(socket, null);
    DescriptorCount.assertNoneLeak(() -> {
      for (int i = 0; i < 50; i++) {
        assertThatThrownBy(() -> Select.select(one, bad, NONE, LONG))
            .isInstanceOf(IllegalArgumentException.class);
        assertThat(Select.select(NONE, one, NONE, LONG).writable()).containsExactly(socket);
      }
    });
  }
}
