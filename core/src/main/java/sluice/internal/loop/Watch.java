package sluice.internal.loop;

import java.io.IOException;
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
    handle = loop.attach(this);
    ((PollableBase) source).addCloseListener(this);
    poll();
    if (!source.isOpen()) { // closed before it could be told
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
      tell(cause(status));
    }
    loop.detach(handle);
  }

  private IOException cause(int status) {
    if (!source.isOpen()) {
      return ClosedPollableException.of(source);
    }
    return status == Status.INVALID
        ? new IOException(source + " is watched by this loop already")
        : Status.toException(status, "watch " + source, loop.driver().failure());
  }

  @Override
  public void cancel() {
    if (loop.inLoop()) {
      finish();
    } else if (!ended) {
      ended = true;
      loop.enqueue(this::finish);
    }
  }

  @Override
  public void sourceClosed(PollableBase closed) {
    loop.enqueue(() -> end(ClosedPollableException.of(closed)));
  }

  @Override
  public void end(Throwable cause) {
    if (!ended) {
      tell(cause instanceof IOException io ? io : new IOException(cause));
    }
    finish();
  }

  @Override
  public void abandon(Throwable cause) {
    polling = false;
    end(cause);
  }

  private void tell(IOException cause) {
    ended = true;
    loop.guard(() -> watcher.onEnd(cause));
  }

  /// Stops polling; the last completion detaches.
  private void finish() {
    ended = true;
    ((PollableBase) source).removeCloseListener(this);
    if (polling) {
      loop.driver().cancel(handle, Operations.POLL);
    }
  }
}
