package sluice.testkit.differential;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import sluice.testkit.differential.Source.Kind;

/// Writes one script, from a seed.
///
/// Effects cross the loopback in their own time. So each step that has one is followed by a wait
/// until `select` itself shows it; and where an effect would not show, because the source was ready
/// before, the wait comes after the step that takes that readiness away.
final class Generator extends Draft {
  private static final int STEPS_MAX = 24;

  /// Sockets only; also urgent data; also descriptors.
  private final int range;

  /// Whether the same sets are asked about again and again, as loops do and as `select` remembers.
  private final boolean watching;

  private final Map<Source, List<Source>> queues = new HashMap<>();
  private int names;
  private boolean fifoUsed;

  Generator(long seed) {
    super(seed);
    range = random.nextInt(4) % 3; // half of them portable
    watching = chance(30);
  }

  /// A script of anything.
  Script random() {
    int count = STEPS_MAX / 4 + random.nextInt(STEPS_MAX * 3 / 4);
    open();
    for (int i = 0; i < count; i++) {
      switch (random.nextInt(10)) {
        case 0 -> open();
        case 1, 2, 3 -> look();
        default -> traffic();
      }
      if (watching) {
        lookAgain();
      }
    }
    look();
    return new Script(text(), null, range == 0);
  }

  /// A script that reaches a state, looks at it, and then among others in any order.
  Script of(Rows.Row row) {
    add(row.steps());
    add("row t");
    if (row.answer().equals("closed") || row.onNio() != null) {
      return new Script(text(), row, row.portable());
    }
    Source[] pair = pair(Kind.TCP, "tcp");
    if (random.nextBoolean()) {
      write(pair[1]);
    }
    live.add(new Source("t", Kind.BORROWED)); // of which nothing is known
    look();
    look();
    return new Script(text(), row, row.portable());
  }

  private Source source(Kind kind) {
    Source source = new Source("s" + names++, kind);
    live.add(source);
    return source;
  }

  private void await(String set, Source source) {
    if (source.open && source.accepted) {
      add("await " + set + " " + source.name);
    }
  }

  // Opening.

  private void open() {
    if (live.size() >= LIVE_MAX) {
      look();
      return;
    }
    switch (random.nextInt(range == 2 ? 10 : 6)) {
      case 0, 1 -> pair(Kind.TCP, "tcp");
      case 2 -> pair(Kind.UNIX, "unix");
      case 3 -> {
        Source listener = source(Kind.LISTENER);
        queues.put(listener, new ArrayList<>());
        listener.tcp = chance(70);
        add("listen " + listener.name + (listener.tcp ? " tcp" : " unix"));
      }
      case 4 -> pair(Kind.UDP, "udp");
      case 5 -> {
        Source unheard = source(Kind.UDP);
        unheard.dead = true;
        unheard.peer = unheard; // nobody else
        add("unheard " + unheard.name);
        await("r", unheard);
      }
      case 6 -> {
        if (!fifoUsed) { // there is one path, and both ends of it would be those of the first
          fifoUsed = true;
          pipe("fifo");
        }
      }
      case 7, 8 -> pipe("pipe");
      default -> {
        Source owner = live.isEmpty() ? null : any();
        if (owner != null && owner.kind != Kind.BORROWED) {
          Source borrowed = source(Kind.BORROWED);
          borrowed.peer = owner;
          add("borrow " + borrowed.name + " " + owner.name);
        }
      }
    }
  }

  private Source[] pair(Kind kind, String verb) {
    Source a = source(kind);
    Source b = source(kind);
    a.peer = b;
    b.peer = a;
    add(verb + " " + a.name + " " + b.name);
    return new Source[] {a, b};
  }

  private void pipe(String verb) {
    Source reader = source(Kind.PIPE_SOURCE);
    Source writer = source(Kind.PIPE_SINK);
    reader.peer = writer;
    writer.peer = reader;
    add(verb + " " + reader.name + " " + writer.name);
  }

  // What happens to them.

  private void traffic() {
    if (live.isEmpty()) {
      pair(Kind.TCP, "tcp");
    }
    Source source = any();
    if (source.kind == Kind.BORROWED) {
      look();
    } else if (source.kind == Kind.LISTENER) {
      listener(source);
    } else if (source.kind == Kind.UDP) {
      datagram(source);
    } else {
      end(source);
    }
  }

  private void listener(Source listener) {
    List<Source> queue = Objects.requireNonNull(queues.get(listener));
    if (chance(10)) {
      closeListener(listener, queue);
    } else if (!queue.isEmpty() && chance(60)) {
      Source server = queue.removeFirst();
      server.accepted = true;
      live.add(server);
      add("accept " + listener.name + " " + server.name);
      if (server.pending > 0 || server.ended) {
        await("r", server);
      }
    } else if (live.size() < LIVE_MAX) {
      Source client = source(listener.tcp ? Kind.TCP : Kind.UNIX);
      Source server = new Source("s" + names++, client.kind);
      server.accepted = false;
      client.peer = server;
      server.peer = client;
      queue.add(server);
      add("connect " + client.name + " " + listener.name);
      await("w", client);
      add("finish " + client.name);
      await("r", listener);
    }
  }

  private void datagram(Source source) {
    Source peer = Objects.requireNonNull(source.peer);
    if (chance(10)) {
      close(source, "close");
    } else if (source.pending > 0 && chance(50)) {
      source.pending--;
      add("receive " + source.name);
    } else if (peer.open && !source.dead) { // a closed one's port may be another's
      peer.pending++;
      add("send " + source.name + " " + (1 + random.nextInt(99)));
      await("r", peer);
    }
  }

  private void closeListener(Source listener, List<Source> queue) {
    close(listener, "close");
    for (Source server : queue) {
      Source client = Objects.requireNonNull(server.peer);
      server.open = false;
      client.ended = true;
      client.dead = true;
      await("r", client);
    }
    queue.clear();
  }

  private void end(Source source) {
    Source peer = Objects.requireNonNull(source.peer);
    switch (random.nextInt(12)) {
      case 0, 1, 2 -> write(source);
      case 3, 4 -> read(source);
      case 5 -> fill(source);
      case 6 -> drain(source);
      case 7 -> {
        if (source.urgent && !source.dead) {
          source.urgent = false;
          add("takeurgent " + source.name);
        } else if (range > 0 && source.kind == Kind.TCP && canWrite(source) && !peer.urgent) {
          peer.urgent = true;
          peer.everUrgent = true;
          add("urgent " + source.name);
          await("x", peer);
        }
      }
      case 8 -> {
        if (source.isStream()
            && !source.dead
            && !source.silent
            && peer.open
            && peer.accepted
            && !fullAndEnding(source, peer)) {
          source.silent = true;
          peer.ended = true;
          add("end " + source.name);
          await("r", peer);
        }
      }
      case 9 -> {
        if (chance(60)) {
          closeEnd(source, peer);
        }
      }
      default -> look();
    }
  }

  /// NIO sees it otherwise: [Rows] has that state.
  private boolean fullAndEnding(Source source, Source peer) {
    return range == 0 && source.kind == Kind.UNIX && (source.full || peer.full);
  }

  private static boolean canWrite(Source source) {
    Source peer = Objects.requireNonNull(source.peer);
    return source.kind != Kind.PIPE_SOURCE
        && !source.dead
        && !source.silent
        && !source.full
        && peer.open
        && peer.accepted;
  }

  private void write(Source source) {
    Source peer = Objects.requireNonNull(source.peer);
    if (canWrite(source)) {
      int bytes = 1 + random.nextInt(100);
      peer.pending += bytes;
      add("write " + source.name + " " + bytes);
      await("r", peer);
    } else if (source.kind == Kind.TCP
        && !peer.open
        && !source.dead
        && !source.silent
        && !source.full) {
      source.dead = true; // now or soon reset
      add("write " + source.name + " 1");
    }
  }

  private void read(Source source) {
    if (source.pending == 0 || source.dead) {
      return;
    }
    int bytes = chance(40) ? source.pending : 1 + random.nextInt(source.pending);
    source.pending -= bytes;
    add("read " + source.name + " " + bytes);
    if (source.pending == 0 && source.ended) {
      await("r", source);
    }
  }

  private void fill(Source source) {
    Source peer = Objects.requireNonNull(source.peer);
    boolean cheap = source.kind != Kind.TCP || chance(20); // a TCP connection takes megabytes
    boolean ending = range == 0 && source.kind == Kind.UNIX && source.ended; // as above
    if (cheap && !ending && canWrite(source) && peer.pending == 0 && !peer.everUrgent) {
      source.full = true;
      add("fill " + source.name);
      await("r", peer);
    }
  }

  private void drain(Source source) {
    Source peer = Objects.requireNonNull(source.peer);
    if (source.dead || !peer.full) {
      return;
    }
    peer.full = false;
    add("drain " + source.name + " " + peer.name);
    await("w", peer);
    if (source.ended) {
      await("r", source);
    }
  }

  private void closeEnd(Source source, Source peer) {
    if (!peer.accepted) {
      return; // whether the listener still hands it out then depends on how
    }
    boolean reset = source.kind == Kind.TCP && chance(30);
    boolean kills = reset || source.hasUnread() || source.full;
    close(source, reset ? "reset" : "close");
    peer.ended = true;
    await("r", peer);
    if (source.kind == Kind.PIPE_SOURCE || kills) {
      peer.dead |= peer.kind == Kind.PIPE_SINK || source.full || peer.pending == 0;
      peer.silent = true;
      peer.urgent = false;
      if (peer.full) { // a failure is writable, too
        peer.full = false;
        await("w", peer);
      }
    }
  }

  private void close(Source source, String verb) {
    source.open = false;
    live.remove(source);
    closed.add(source.name);
    add(verb + " " + source.name);
    for (Source borrowed : List.copyOf(live)) {
      if (borrowed.kind == Kind.BORROWED && borrowed.peer == source) {
        // Now, and never again: the number may be another's soon.
        add("select 0 " + borrowed.name + " " + names(0) + " -");
        forget(borrowed);
      }
    }
  }
}
