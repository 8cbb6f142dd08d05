/* Times poll(2) over quiet sockets, and epoll_wait(2) over as many events that are ready, put into
   one list. Reads "KIND COUNT" lines, answers "NS BYTES", like select_timing.py. */
#define _GNU_SOURCE
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MEMBERS_MAX = 10000 };

static struct pollfd polled[MEMBERS_MAX];
static int events[MEMBERS_MAX];
static struct epoll_event reported[MEMBERS_MAX];
static int ready[MEMBERS_MAX];
static int sockets, opened, epfd;

static void check(int result, const char *call) {
  if (result < 0) {
    perror(call);
    exit(1);
  }
}

static void poll_quiet(int count) { check(poll(polled, count, 0), "poll"); }

static void wait_ready(int count) {
  int got = epoll_wait(epfd, reported, count, 0);
  if (got != count) {
    fprintf(stderr, "epoll_wait: %d of %d are ready\n", got, count);
    exit(1);
  }
  for (int i = 0; i < got; i++) {
    ready[i] = events[reported[i].data.u32];
  }
}

static double cpu(void) { /* others may have the processor, too */
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * 1e9 + now.tv_nsec;
}

/* The best of three stretches, in nanoseconds a call. */
static double best(void (*call)(int), int count) {
  double result = 1e18;
  for (int stretch = 0; stretch < 3; stretch++) {
    long calls = 0;
    double start = cpu(), now = start;
    while (now - start < 0.15e9) {
      for (int i = 0; i < 10; i++) {
        call(count);
      }
      calls += 10;
      now = cpu();
    }
    if ((now - start) / calls < result) {
      result = (now - start) / calls;
    }
  }
  return result;
}

int main(void) {
  char kind[20];
  int count;
  while (scanf("%19s %d", kind, &count) == 2 && count <= MEMBERS_MAX) {
    int is_poll = strcmp(kind, "poll(2)") == 0;
    for (; is_poll && sockets < count; sockets++) {
      check(polled[sockets].fd = socket(AF_INET, SOCK_DGRAM, 0), "socket");
      polled[sockets].events = POLLIN;
    }
    for (; !is_poll && opened < count; opened++) {
      check(epfd = epfd > 0 ? epfd : epoll_create1(0), "epoll_create1");
      check(events[opened] = eventfd(0, EFD_NONBLOCK), "eventfd");
      struct epoll_event event = {.events = EPOLLOUT, .data.u32 = opened};
      check(epoll_ctl(epfd, EPOLL_CTL_ADD, events[opened], &event), "epoll_ctl");
    }
    printf("%.0f 0\n", best(is_poll ? poll_quiet : wait_ready, count));
    fflush(stdout);
  }
}
