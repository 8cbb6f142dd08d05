/* An echo server on io_uring, as a C programmer would write it for one thread, without liburing:
 * multishot accept and receive, a ring of provided buffers, each sent back out of itself, one
 * io_uring_enter for each turn. Prints its port.
 *
 * A client that sends and never reads would in the end hold all buffers; no load here does. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/io_uring.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
  SQ_ENTRIES = 4096,
  CQ_ENTRIES = 16384,
  BUFFERS = 256,
  BUFFER_BYTES = 16 * 1024,
  BACKLOG = 1024,
  NONE = -1,
};

/* The low bits of user_data, beside the address of the client. */
enum { RECEIVE, SEND, ACCEPT, TAGS = 3 };

/* A connection: the buffers it has to send, in order, the first of them in flight. It is receiving
 * while it is starved, too. */
struct client {
  int fd;
  int first, last;
  bool receiving, sending, ended;
  struct client *next_starved;
};

static int ring_fd, listener;
static unsigned sq_mask, cq_mask, sq_local, sq_submitted;
static unsigned *sq_head, *sq_tail, *cq_head, *cq_tail;
static struct io_uring_sqe *sqes;
static struct io_uring_cqe *cqes;

static struct io_uring_buf_ring *ring;
static unsigned short ring_tail;
static char (*buffers)[BUFFER_BYTES];
static struct { /* what a buffer has to send, and the one behind it */
  unsigned start, end;
  int next;
} pieces[BUFFERS];
static int free_buffers;

/* Clients whose receive ended because no buffer was left; they wait in line. */
static struct client *starved, **starved_end = &starved;

static int check(long result, const char *call) {
  if (result < 0) {
    perror(call);
    exit(1);
  }
  return (int)result;
}

static void enter(unsigned wait) {
  __atomic_store_n(sq_tail, sq_local, __ATOMIC_RELEASE);
  int count = syscall(__NR_io_uring_enter, ring_fd, sq_local - sq_submitted, wait,
      IORING_ENTER_GETEVENTS, NULL, 0);
  if (count >= 0) {
    sq_submitted += count;
  } else if (errno != EINTR && errno != EAGAIN && errno != EBUSY) {
    check(count, "io_uring_enter");
  }
}

static struct io_uring_sqe *submission(int opcode, int fd, struct client *client, int tag) {
  while (sq_local - __atomic_load_n(sq_head, __ATOMIC_ACQUIRE) > sq_mask) {
    enter(0);
  }
  struct io_uring_sqe *sqe = &sqes[sq_local++ & sq_mask];
  memset(sqe, 0, sizeof *sqe);
  sqe->opcode = opcode;
  sqe->fd = fd;
  sqe->user_data = (uintptr_t)client | tag;
  return sqe;
}

static void take(void) {
  submission(IORING_OP_ACCEPT, listener, NULL, ACCEPT)->ioprio = IORING_ACCEPT_MULTISHOT;
}

static void receive(struct client *client) {
  struct io_uring_sqe *sqe = submission(IORING_OP_RECV, client->fd, client, RECEIVE);
  sqe->ioprio = IORING_RECV_MULTISHOT;
  sqe->flags = IOSQE_BUFFER_SELECT;
  client->receiving = true;
}

static void send_first(struct client *client) {
  int id = client->first;
  struct io_uring_sqe *sqe = submission(IORING_OP_SEND, client->fd, client, SEND);
  sqe->addr = (uintptr_t)&buffers[id][pieces[id].start];
  sqe->len = pieces[id].end - pieces[id].start;
  sqe->msg_flags = MSG_NOSIGNAL;
  client->sending = true;
}

/* Gives a buffer back; the system sees it once publish() was called. */
static void recycle(int id) {
  struct io_uring_buf *entry = &ring->bufs[ring_tail++ & (BUFFERS - 1)];
  entry->addr = (uintptr_t)buffers[id];
  entry->len = BUFFER_BYTES;
  entry->bid = id;
  free_buffers++;
}

static void publish(void) {
  __atomic_store_n(&ring->tail, ring_tail, __ATOMIC_RELEASE);
}

static void recycle_first(struct client *client) {
  int id = client->first;
  client->first = pieces[id].next;
  recycle(id);
}

static void close_if_done(struct client *client) {
  if (client->ended && !client->receiving && client->first == NONE) {
    submission(IORING_OP_CLOSE, client->fd, NULL, 0)->flags = IOSQE_CQE_SKIP_SUCCESS;
    free(client);
  }
}

static void accepted(int fd, bool more) {
  errno = -fd;
  check(fd, "accept");
  struct client *client = calloc(1, sizeof *client);
  client->fd = fd;
  client->first = NONE;
  receive(client);
  if (!more) {
    take();
  }
}

static void received(struct client *client, int count, int id, bool more) {
  if (count > 0) {
    free_buffers--;
    pieces[id].start = 0;
    pieces[id].end = count;
    pieces[id].next = NONE;
    if (client->first == NONE) {
      client->first = id;
    } else {
      pieces[client->last].next = id;
    }
    client->last = id;
    if (client->ended) { /* sending has failed */
      recycle_first(client);
    } else if (!client->sending) {
      send_first(client);
    }
  } else if (count != -ENOBUFS) {
    client->ended = true;
  }
  if (!more && !client->ended) {
    client->next_starved = NULL;
    *starved_end = client;
    starved_end = &client->next_starved;
  } else {
    client->receiving = more;
    close_if_done(client);
  }
}

static void sent(struct client *client, int count) {
  client->sending = false;
  if (count < 0) {
    client->ended = true;
    shutdown(client->fd, SHUT_RDWR); /* ends the receive */
    while (client->first != NONE) {
      recycle_first(client);
    }
  } else if ((pieces[client->first].start += count) == pieces[client->first].end) {
    recycle_first(client);
  }
  if (client->first != NONE) {
    send_first(client);
  }
  close_if_done(client);
}

/* No more of them than there are buffers: without one, a receive ends at once. */
static void feed_starved(void) {
  for (int left = free_buffers; left > 0 && starved != NULL; left--) {
    struct client *client = starved;
    starved = client->next_starved;
    if (client->ended) { /* sending has failed meanwhile */
      client->receiving = false;
      close_if_done(client);
    } else {
      receive(client);
    }
  }
  if (starved == NULL) {
    starved_end = &starved;
  }
}

static void completed(const struct io_uring_cqe *cqe) {
  struct client *client = (struct client *)(uintptr_t)(cqe->user_data & ~(uint64_t)TAGS);
  bool more = cqe->flags & IORING_CQE_F_MORE;
  switch (cqe->user_data & TAGS) {
  case ACCEPT:
    accepted(cqe->res, more);
    break;
  case SEND:
    sent(client, cqe->res);
    break;
  default:
    received(client, cqe->res, cqe->flags >> IORING_CQE_BUFFER_SHIFT, more);
  }
}

static void *map(size_t bytes, int fd, off_t offset) {
  int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED | MAP_POPULATE;
  void *address = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, fd, offset);
  check(address == MAP_FAILED ? -1 : 0, "mmap");
  return address;
}

static void open_ring(void) {
  struct io_uring_params params = {
      .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE,
      .cq_entries = CQ_ENTRIES,
  };
  ring_fd = check(syscall(__NR_io_uring_setup, SQ_ENTRIES, &params), "io_uring_setup");
  size_t sq_bytes = params.sq_off.array + params.sq_entries * sizeof(unsigned);
  size_t cq_bytes = params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe);
  char *rings = map(sq_bytes > cq_bytes ? sq_bytes : cq_bytes, ring_fd, IORING_OFF_SQ_RING);
  sqes = map(params.sq_entries * sizeof *sqes, ring_fd, IORING_OFF_SQES);
  sq_head = (unsigned *)(rings + params.sq_off.head);
  sq_tail = (unsigned *)(rings + params.sq_off.tail);
  sq_mask = params.sq_entries - 1;
  cq_head = (unsigned *)(rings + params.cq_off.head);
  cq_tail = (unsigned *)(rings + params.cq_off.tail);
  cq_mask = params.cq_entries - 1;
  cqes = (struct io_uring_cqe *)(rings + params.cq_off.cqes);
  unsigned *array = (unsigned *)(rings + params.sq_off.array);
  for (unsigned i = 0; i < params.sq_entries; i++) {
    array[i] = i;
  }
}

static void provide_buffers(void) {
  ring = map(BUFFERS * sizeof(struct io_uring_buf), -1, 0);
  buffers = map((size_t)BUFFERS * BUFFER_BYTES, -1, 0);
  struct io_uring_buf_reg registration = {.ring_addr = (uintptr_t)ring, .ring_entries = BUFFERS};
  check(syscall(__NR_io_uring_register, ring_fd, IORING_REGISTER_PBUF_RING, &registration, 1),
      "io_uring_register");
  for (int id = 0; id < BUFFERS; id++) {
    recycle(id);
  }
  publish();
}

static int listen_on_loopback(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int on = 1;
  listener = check(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* clients inherit it */
  check(bind(listener, (struct sockaddr *)&address, sizeof address), "bind");
  check(listen(listener, BACKLOG), "listen");
  check(getsockname(listener, (struct sockaddr *)&address, &length), "getsockname");
  return ntohs(address.sin_port);
}

int main(void) {
  int port = listen_on_loopback();
  open_ring();
  provide_buffers();
  take();
  printf("%d\n", port);
  fflush(stdout);
  while (1) {
    enter(1);
    unsigned head = *cq_head, tail = __atomic_load_n(cq_tail, __ATOMIC_ACQUIRE);
    while (head != tail) {
      completed(&cqes[head++ & cq_mask]);
    }
    __atomic_store_n(cq_head, head, __ATOMIC_RELEASE);
    publish();
    feed_starved();
  }
}
