/// The poller.
package sluice.linux.epoll;
