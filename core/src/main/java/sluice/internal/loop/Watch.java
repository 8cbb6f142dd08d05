package sluice.internal.loop;

import java.io.IOException;
import java.util.concurrent.RejectedExecutionException;
import sluice.ClosedPollableException;
import sluice.EventLoop;
import sluice.Interest;
import sluice.Pollable;
import sluice.Readiness;
import sluice.Watcher;
import sluice.spi.Operations;
import sluice.spi.PollableBase;
import sluice.spi.Status;

/// One source watched by a loop: a one-shot poll, submitted again after each report.
final class Watch implements Endpoint, EventLoop.Registration, PollableBase.CloseListener {
  private final Loop loop;
  private final Pollable source;
  private final int interest;
  private final Watcher watcher;
  private long handle;
  private boolean polling;
  private boolean claimed;
  private volatile boolean ended;

  Watch(Loop loop, Pollable source, Interest interest, Watcher watcher) {
    this.loop = loop;
    this.source = source;
    this.interest = interest.mask();
    this.watcher = watcher;
  }

  void start() {
    if (ended) {
      return;
    }
    if (loop.isEnding() || !loop.claim(source)) {
      String why = loop.isEnding() ? "the loop was closed" : source + " is watched here already";
      end(new IOException(why));
      return;
    }
    claimed = true;
    handle = loop.attach(this);
    ((PollableBase) source).addCloseListener(this);
    poll();
    if (!source.isOpen()) {
      end(ClosedPollableException.of(source));
    }
  }

  private void poll() {
    polling = true;
    loop.driver().poll(handle, source, interest);
  }

  @Override
  public void polled(int readiness) {
    polling = false;
    if (!ended) {
      loop.guard(() -> watcher.onReady(Readiness.ofMask(readiness)));
    }
    if (ended) {
      loop.detach(handle);
    } else {
      poll();
    }
  }

  @Override
  public void finished(int operation, int status) {
    polling = false;
    if (!ended) {
      IOException cause =
          source.isOpen()
              ? Status.toException(status, "watch " + source, loop.driver().failure())
              : ClosedPollableException.of(source);
      end(cause);
    }
    loop.detach(handle);
  }

  @Override
  public void cancel() {
    if (ended) {
      return;
    }
    if (loop.inLoop()) {
      finish();
    } else {
      ended = true;
      try {
        loop.execute(this::finish);
      } catch (RejectedExecutionException _) {
        // the loop is ending and finishes its watches itself
      }
    }
  }

  @Override
  public void sourceClosed(PollableBase closed) {
    try {
      loop.execute(() -> end(ClosedPollableException.of(closed)));
    } catch (RejectedExecutionException _) {
      // the loop is ending and tells its watches itself
    }
  }

  @Override
  public void loopClosing() {
    end(new IOException("the loop was closed"));
  }

  private void end(IOException cause) {
    if (!ended) {
      ended = true;
      loop.guard(() -> watcher.onEnd(cause));
      finish();
    } else if (polling) {
      finish();
    }
  }

  private void finish() {
    ended = true;
    if (claimed) {
      claimed = false;
      loop.unclaim(source);
      ((PollableBase) source).removeCloseListener(this);
    }
    if (polling) {
      loop.driver().cancel(handle, Operations.POLL);
    }
  }
}
