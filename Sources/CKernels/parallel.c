// A team of threads that take tasks from a shared counter.
//
// One job runs at a time. Workers watch `state`; the caller publishes a job by storing a new generation with as many
// open places as it wants helpers, and a worker joins by taking a place. When the tasks have run out the caller closes
// the remaining places and waits for those who joined, so a worker that the system has not yet woken delays nobody.

#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE  // processor masks
#endif
#include "CKernels.h"
#include <pthread.h>
#if defined(__linux__)
#include <sched.h>
#endif
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

// MARK: State

// generation << 32 | open places << 16 | workers in the job
static _Atomic uint64_t state;
#define ONE_ACTIVE ((uint64_t)1)
#define ONE_OPEN ((uint64_t)1 << 16)
#define MOST_THREADS 1024

static inline uint32_t generation_of(uint64_t s) { return (uint32_t)(s >> 32); }
static inline int open_of(uint64_t s) { return (int)(s >> 16 & 0xffff); }
static inline int active_of(uint64_t s) { return (int)(s & 0xffff); }

// The job: written by its caller before it is published, read by workers that have joined.
static struct {
  void (*body)(void *, long, int);
  void *context;
  long tasks;
} job;
static _Atomic long next_task;

static atomic_bool busy;  // some caller's job is on
static _Thread_local bool inside;  // this thread runs a task

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;  // for the rest, and around waits
static pthread_cond_t published = PTHREAD_COND_INITIALIZER, finished = PTHREAD_COND_INITIALIZER;
static int workers, sleeping;

// MARK: Waiting

/// Waits up to 20 microseconds for `done(state)`: about what falling asleep and being woken would cost.
static bool spin(bool (*done)(uint64_t, uint32_t), uint32_t generation) {
  struct timespec start, now;
  clock_gettime(CLOCK_MONOTONIC, &start);
  do {
    for (int i = 0; i < 32; i++) {
      if (done(atomic_load_explicit(&state, memory_order_acquire), generation)) return true;
#if defined(__x86_64__)
      __builtin_ia32_pause();
#elif defined(__aarch64__)
      __asm__ volatile("yield");
#endif
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
  } while ((now.tv_sec - start.tv_sec) * 1000000000 + (now.tv_nsec - start.tv_nsec) < 20000);
  return false;
}

static bool is_new(uint64_t s, uint32_t generation) { return generation_of(s) != generation; }
static bool is_deserted(uint64_t s, uint32_t generation) { (void)generation; return active_of(s) == 0; }

// MARK: Placing

// A woken worker may be put on the processor of the thread that woke it, which is busy with the job's own tasks, while
// another sleeps: the two then share one processor until the kernel next balances, some milliseconds on. Seen on a
// two-processor guest of KVM, where it made two threads as slow as one in most jobs after a pause.
// So before it sleeps a worker excludes from its own mask the processor of the last caller. It is a hint: the caller
// may move, and is then excluded anew; threads that are not the team's are left alone.
#if defined(__linux__)
static _Atomic int caller_processor = -1;

typedef struct { cpu_set_t allowed, narrowed; int excluded; } Placement;

static void note_caller(void) {
  atomic_store_explicit(&caller_processor, sched_getcpu(), memory_order_relaxed);
}

static void keep_off_caller(Placement *p) {
  int processor = atomic_load_explicit(&caller_processor, memory_order_relaxed);
  cpu_set_t now;
  if (processor < 0 || processor >= CPU_SETSIZE || processor == p->excluded) return;
  if (sched_getaffinity(0, sizeof now, &now) != 0) return;
  // A mask that is not ours was set from outside, and is the one to respect.
  if (p->excluded < 0 || !CPU_EQUAL(&now, &p->narrowed)) p->allowed = now;
  p->narrowed = p->allowed;
  CPU_CLR(processor, &p->narrowed);
  if (CPU_COUNT(&p->narrowed) == 0) p->narrowed = p->allowed;
  if (sched_setaffinity(0, sizeof p->narrowed, &p->narrowed) == 0) p->excluded = processor;
}
#else
typedef struct { int excluded; } Placement;
static void note_caller(void) {}
static void keep_off_caller(Placement *p) { (void)p; }
#endif

// MARK: Working

static void take_tasks(int worker) {
  for (;;) {
    long task = atomic_fetch_add_explicit(&next_task, 1, memory_order_relaxed);
    if (task >= job.tasks) return;
    job.body(job.context, task, worker);
  }
}

/// Takes a place in the job of `*s`, if one is open still. Returns its number, from 1, or 0.
static int join(uint64_t *s) {
  uint32_t generation = generation_of(*s);
  while (generation_of(*s) == generation && open_of(*s) > 0)
    if (atomic_compare_exchange_weak_explicit(
          &state, s, *s - ONE_OPEN + ONE_ACTIVE, memory_order_acquire, memory_order_acquire))
      return open_of(*s);
  return 0;
}

static void *work(void *unused) {
  (void)unused;
  inside = true;
  uint32_t seen = 0;
  Placement placement = {.excluded = -1};
  for (;;) {
    if (!spin(is_new, seen)) {
      keep_off_caller(&placement);
      pthread_mutex_lock(&lock);
      sleeping++;
      while (!is_new(atomic_load(&state), seen)) pthread_cond_wait(&published, &lock);
      sleeping--;
      pthread_mutex_unlock(&lock);
    }
    uint64_t s = atomic_load_explicit(&state, memory_order_acquire);
    seen = generation_of(s);
    int worker = join(&s);
    if (worker == 0) continue;
    take_tasks(worker);
    // Release: what the tasks wrote, to the caller that sees the count fall.
    s = atomic_fetch_sub_explicit(&state, ONE_ACTIVE, memory_order_acq_rel);
    if (active_of(s) == 1) {
      pthread_mutex_lock(&lock);
      pthread_cond_broadcast(&finished);
      pthread_mutex_unlock(&lock);
    }
  }
  return NULL;
}

// MARK: Threads

static void before_fork(void) { pthread_mutex_lock(&lock); }
static void after_fork_in_parent(void) { pthread_mutex_unlock(&lock); }

/// Only the forking thread lives on in the child: forget the workers, and whatever job they were in.
static void after_fork_in_child(void) {
  pthread_mutex_init(&lock, NULL);
  pthread_cond_init(&published, NULL);
  pthread_cond_init(&finished, NULL);
  workers = sleeping = 0;
  atomic_store(&state, 0);
  atomic_store(&busy, false);
}

static void register_fork(void) { pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child); }

/// Starts workers until there are `wanted`, as far as the system lets it. Under `lock`.
static void start_workers(int wanted) {
  if (workers >= wanted) return;
  sigset_t all, old;
  sigfillset(&all);
  // But what a thread does wrong is its own: blocked, it would end the program without a word, whatever the program has
  // prepared (a mapped file that became shorter is a SIGBUS).
  const int own[] = {SIGBUS, SIGSEGV, SIGILL, SIGFPE, SIGTRAP, SIGSYS};
  for (size_t i = 0; i < sizeof own / sizeof *own; i++) sigdelset(&all, own[i]);
  pthread_sigmask(SIG_SETMASK, &all, &old);  // signals are for the program's own threads
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, 8 << 20);  // some platforms' default is far less
  pthread_t thread;
  while (workers < wanted && pthread_create(&thread, &attributes, work, NULL) == 0) workers++;
  pthread_attr_destroy(&attributes);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
}

// MARK: Calling

static void run_inline(long tasks, void (*body)(void *, long, int), void *context) {
  bool outer = inside;
  inside = true;
  for (long task = 0; task < tasks; task++) body(context, task, 0);
  inside = outer;
}

void suffice_parallel(int threads, long tasks, void (*body)(void *, long, int), void *context) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  if (threads > MOST_THREADS) threads = MOST_THREADS;
  if (threads > tasks) threads = (int)tasks;
  if (threads <= 1 || inside || atomic_exchange_explicit(&busy, true, memory_order_acquire))
    return run_inline(tasks, body, context);
  pthread_once(&once, register_fork);

  job.body = body;
  job.context = context;
  job.tasks = tasks;
  atomic_store_explicit(&next_task, 0, memory_order_relaxed);
  note_caller();
  pthread_mutex_lock(&lock);
  start_workers(threads - 1);
  int helpers = threads - 1 < workers ? threads - 1 : workers;
  uint64_t generation = (uint64_t)(uint32_t)(generation_of(atomic_load(&state)) + 1);
  atomic_store_explicit(&state, generation << 32 | (uint64_t)helpers * ONE_OPEN, memory_order_release);
  for (int i = 0; i < helpers && i < sleeping; i++) pthread_cond_signal(&published);
  pthread_mutex_unlock(&lock);

  inside = true;
  take_tasks(0);
  inside = false;

  atomic_fetch_and_explicit(&state, ~((uint64_t)0xffff << 16), memory_order_acquire);
  if (!spin(is_deserted, 0)) {
    pthread_mutex_lock(&lock);
    while (active_of(atomic_load_explicit(&state, memory_order_acquire)) > 0) pthread_cond_wait(&finished, &lock);
    pthread_mutex_unlock(&lock);
  }
  atomic_store_explicit(&busy, false, memory_order_release);
}
