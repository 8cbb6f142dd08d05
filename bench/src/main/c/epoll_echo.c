/* An echo server on epoll, as a C programmer would write it for one thread. Prints its port. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER_BYTES = 64 * 1024, EVENTS_MAX = 512, BACKLOG = 1024 };

/* What a connection could not send at once. */
struct client {
  int fd;
  char *rest;
  size_t start, end;
};

static int epfd;
static char buffer[BUFFER_BYTES];

static void check(int result, const char *call) {
  if (result < 0) {
    perror(call);
    exit(1);
  }
}

static void watch(int operation, int fd, unsigned events, void *data) {
  struct epoll_event event = {.events = events, .data.ptr = data};
  check(epoll_ctl(epfd, operation, fd, &event), "epoll_ctl");
}

static void drop(struct client *client) {
  close(client->fd);
  free(client->rest);
  free(client);
}

static void take(int listener) {
  int on = 1, fd;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct client *client = calloc(1, sizeof *client);
    client->fd = fd;
    watch(EPOLL_CTL_ADD, fd, EPOLLIN, client);
  }
}

static void echo(struct client *client) {
  ssize_t count = recv(client->fd, buffer, BUFFER_BYTES, 0);
  if (count <= 0) {
    if (count == 0 || errno != EAGAIN) {
      drop(client);
    }
    return;
  }
  ssize_t sent = send(client->fd, buffer, count, MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) {
    drop(client);
    return;
  }
  sent = sent < 0 ? 0 : sent;
  if (sent < count) {
    client->start = 0;
    client->end = count - sent;
    client->rest = malloc(client->end);
    memcpy(client->rest, buffer + sent, client->end);
    watch(EPOLL_CTL_MOD, client->fd, EPOLLOUT, client);
  }
}

static void send_rest(struct client *client) {
  ssize_t sent = send(
      client->fd, client->rest + client->start, client->end - client->start, MSG_NOSIGNAL);
  if (sent < 0) {
    if (errno != EAGAIN) {
      drop(client);
    }
    return;
  }
  client->start += sent;
  if (client->start == client->end) {
    free(client->rest);
    client->rest = NULL;
    watch(EPOLL_CTL_MOD, client->fd, EPOLLIN, client);
  }
}

int main(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  struct epoll_event events[EVENTS_MAX];
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  check(listener, "socket");
  check(bind(listener, (struct sockaddr *)&address, sizeof address), "bind");
  check(listen(listener, BACKLOG), "listen");
  check(getsockname(listener, (struct sockaddr *)&address, &length), "getsockname");
  check(epfd = epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  watch(EPOLL_CTL_ADD, listener, EPOLLIN, NULL);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  while (1) {
    int count = epoll_wait(epfd, events, EVENTS_MAX, -1);
    for (int i = 0; i < count; i++) {
      struct client *client = events[i].data.ptr;
      if (client == NULL) {
        take(listener);
      } else if (client->rest != NULL) {
        send_rest(client);
      } else {
        echo(client);
      }
    }
  }
}
