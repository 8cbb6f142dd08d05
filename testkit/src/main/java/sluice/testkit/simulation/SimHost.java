package sluice.testkit.simulation;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import sluice.EventLoop;
import sluice.internal.loop.Loop;
import sluice.spi.Durations;
import sluice.spi.Host;

/// One thread on which loops, clients and the network act in turn, by a virtual clock.
///
/// A loop never waits inside a turn. Its poller says that it sleeps, the turn ends, and the next
/// one comes when a source is ready, the loop was woken or the time has passed; so any number of
/// loops are actors like the others, and none of them nests in another. Time passes between turns
/// and, when the loop is stalled, in the middle of one.
final class SimHost implements Host {
  private static final int RETRY_NANOS_MAX = 200_000;
  private static final int STALL_NANOS_MAX = 2_000_000_000;
  private static final int TURN_NANOS_MAX = 50_000;
  private static final int PAUSE_MILLIS_MIN = 1_000;
  private static final int PAUSE_MILLIS_MAX = 120_000;
  private static final long PAUSE_MILLI = 1_000_000;
  private static final int WAKE_NANOS_MAX = 20_000;

  /// So many turns of a loop, each without any effect and without sleeping, are a spin.
  private static final int IDLE_TURNS_MAX = 100;

  /// Checks run after each turn.
  interface TurnCheck {
    void afterTurn(LoopActor loop);
  }

  /// One loop.
  final class LoopActor extends Schedule.Actor {
    private final Loop loop;
    private final Turn turn;
    private boolean running;
    private boolean asleep;
    private long sleepUntil;
    private int idleTurns;
    private long progressBefore;

    LoopActor(SplitMix random, Loop loop, Turn turn) {
      super(random);
      this.loop = loop;
      this.turn = turn;
    }

    Loop loop() {
      return loop;
    }

    boolean sleepsForEver() {
      return asleep && sleepUntil == Schedule.NEVER;
    }

    @Override
    void act() {
      if (isStopped(this)) {
        return;
      }
      LoopActor outer = current;
      current = this;
      running = true;
      asleep = false;
      turns++;
      boolean more = turn.run();
      running = false;
      current = outer;
      if (!more) {
        loops.remove(this);
      } else if (asleep) {
        network.schedule.at(this, sleepUntil);
      } else {
        network.schedule.at(this, network.schedule.now() + 1 + random.below(TURN_NANOS_MAX));
      }
      countIdleTurns();
      check.afterTurn(this);
    }

    private void countIdleTurns() {
      if (asleep || network.progress != progressBefore) {
        progressBefore = network.progress;
        idleTurns = 0;
      } else if (++idleTurns > IDLE_TURNS_MAX) {
        network.violate("spin", -1, idleTurns + " turns did nothing and did not sleep");
      }
    }

    /// Ends the turn in progress as one that waits.
    ///
    /// @param timeoutNanos [Durations#FOREVER] for a wake-up only
    /// @param soon whether it should look again before long, whatever the timeout
    void sleep(long timeoutNanos, boolean soon, SplitMix its) {
      long now = network.schedule.now();
      long until = timeoutNanos == Durations.FOREVER ? Schedule.NEVER : now + timeoutNanos;
      if (soon) {
        until = Math.min(until, now + 1 + its.below(RETRY_NANOS_MAX));
      }
      asleep = true;
      sleepUntil = until;
      network.note(Trace.Event.SLEEP, -1, until);
    }

    /// Something is ready or was asked for.
    void wake() {
      if (asleep && !running) {
        sleepUntil = network.schedule.now(); // not for ever any more
        network.schedule.atLatest(this, network.schedule.now() + 1 + random.below(WAKE_NANOS_MAX));
      }
    }

    /// Something outside of the loops has woken this one: perhaps it runs before that goes on.
    void maybeInterleave() {
      if (current == null) {
        network.maybeInterleave(random);
      }
    }

    /// Perhaps lets time pass in the middle of the turn.
    void maybeStall() {
      if (network.faults.strikes(Fault.LOOP_STALL, random)) {
        long nanos = random.logarithmic(1_000, STALL_NANOS_MAX);
        network.note(Trace.Event.STALL, -1, nanos);
        long end = network.schedule.now() + nanos;
        stalledUntil = Math.max(stalledUntil, end);
        network.holdUps.add(network.schedule.now(), end);
        LoopActor stalled = current;
        current = null;
        network.schedule.runUntil(end);
        current = stalled;
      }
    }
  }

  private final SimNetwork network;
  private final TurnCheck check;
  private final long clockOrigin;
  private final SplitMix random;
  private final List<LoopActor> loops = new ArrayList<>();
  private @Nullable LoopActor current;
  private int started;
  private long turns;

  /// The process is stopped until then.
  private long stoppedUntil;

  /// No loop is stalled after that, of those that have been.
  private long stalledUntil;

  SimHost(SimNetwork network, TurnCheck check) {
    this.network = network;
    this.check = check;
    random = network.random.split(3);
    // The origin of a monotonic clock is arbitrary, so in some runs it overflows.
    clockOrigin =
        random.onceIn(4) ? Long.MAX_VALUE - random.below(2_000_000_000) : random.next() >> 1;
  }

  /// Tells whether the process is stopped; perhaps it is from now on. `actor` then acts later.
  private boolean isStopped(LoopActor actor) {
    long now = network.schedule.now();
    if (now >= stoppedUntil && network.faults.strikes(Fault.CLOCK_PAUSE, random)) {
      stoppedUntil = now + PAUSE_MILLI * random.logarithmic(PAUSE_MILLIS_MIN, PAUSE_MILLIS_MAX);
      network.note(Trace.Event.PAUSE, -1, stoppedUntil - now);
      network.holdUps.add(now, stoppedUntil);
    }
    if (now >= stoppedUntil) {
      return false;
    }
    network.schedule.at(actor, stoppedUntil);
    return true;
  }

  /// Ends all faults. Returns when the last of them is over: a stall in progress goes on.
  long calm() {
    long now = network.schedule.now();
    stoppedUntil = now;
    for (LoopActor loop : loops) {
      if (!loop.running) {
        network.schedule.atLatest(loop, now + 1);
      }
    }
    long end = Math.max(now, stalledUntil);
    network.holdUps.end(end);
    return end;
  }

  @Override
  public long nanoTime() {
    return clockOrigin + network.schedule.now();
  }

  @Override
  public long random() {
    return random.next();
  }

  @Override
  public void startLoop(String name, EventLoop loop, Turn turn) {
    LoopActor actor = new LoopActor(network.random.split(100 + started++), (Loop) loop, turn);
    loops.add(actor);
    network.schedule.at(actor, network.schedule.now());
  }

  /// Nothing ever holds up a simulated loop by itself.
  @Override
  public EventLoop.Registration every(Duration period, String name, Runnable body) {
    return () -> {};
  }

  @Override
  public StackTraceElement[] stack(EventLoop loop) {
    return new StackTraceElement[0];
  }

  @Override
  public boolean inLoop(@Nullable EventLoop loop) {
    LoopActor running = current;
    return running != null && running.loop.equals(loop);
  }

  @Override
  public ByteBuffer allocate(int bytes) {
    return ByteBuffer.allocate(bytes); // thousands of runs a second would exhaust direct memory
  }

  /// Runs the simulation until `stage` has completed.
  ///
  /// @throws IllegalStateException if it never does
  @Override
  public void await(CompletionStage<?> stage) {
    var future = stage.toCompletableFuture();
    while (!future.isDone() && network.violation() == null) {
      if (!network.schedule.step(Schedule.NEVER)) {
        network.violate("liveness", -1, "a stage is awaited and nothing can happen any more");
      }
    }
    if (!future.isDone()) {
      throw new IllegalStateException("violation: " + network.violation());
    }
    future.join();
  }

  LoopActor currentLoop() {
    LoopActor running = current;
    if (running == null) {
      throw new UnsupportedOperationException(
          "a simulated poller is opened by a loop: nothing else can be made to wait");
    }
    return running;
  }

  List<LoopActor> loops() {
    return loops;
  }

  long turns() {
    return turns;
  }
}
