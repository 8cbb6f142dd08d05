/// The public API: [sluice.Select], sockets, [sluice.Poller], [sluice.EventLoop] and
/// [sluice.Backend], where they come from.
package sluice;
