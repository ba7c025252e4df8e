/* The sale of one event: ledger, group commit, disk, holds, idempotency keys, crashes.
 *
 * One event with two seats. Three buyers book or hold, repeat their request under the same key when no answer comes,
 * confirm, extend or cancel. The ledger takes what waits as one batch, decides it in memory, writes it, syncs, and only then tells
 * readers, announces and answers. At every step the process may be killed or the machine lose its power; writes and syncs
 * may fail; the clock may be set back. Each step names the Swift function that it stands for.
 *
 * Held by assertions: never oversold; what anybody was told is there after every crash; each count is that of its seq;
 * a change of a booking is one that its state allows, so that a hold ends once; a key books once; at rest no hold is left
 * whose time is over. Held by a temporal formula: every request is answered, or its connection is lost.
 *
 * What is left out: docs/decisions/0043-what-the-model-leaves-out.md. How to run it: script/model.
 */
#ifndef SEATS
#define SEATS 2
#endif
#ifndef BUYERS
#define BUYERS 3
#endif
#ifndef CRASHES
#define CRASHES 2
#endif
#ifndef FAILURES
#define FAILURES 1   /* writes that find the disk full, and syncs that fail; each */
#endif
#ifndef RETRIES
#define RETRIES 1    /* repeated requests of each buyer */
#endif
#ifndef PATIENCE
#define PATIENCE 1   /* times that each buyer gives a connection up while it waits */
#endif
#ifndef BACKS
#define BACKS 1      /* times that the clock is set back */
#endif
#ifndef HOLDS
#define HOLDS 1      /* whether buyers may hold; 0: they book at once */
#endif
#ifndef EXTENDS
#define EXTENDS 1    /* whether buyers may extend their holds */
#endif
#ifndef CANCELS
#define CANCELS 1    /* whether buyers may cancel */
#endif
#ifndef FAULT
#define FAULT 0
#endif

/* Each buyer makes one booking; the faults may make one more. A booking is made and ended: two changes. */
#define ROWS (BUYERS + 1)
#define SEQS (2 * ROWS + 1)

/* The state of a booking: BookingStatus */
#define NONE 0
#define HELD 1
#define BOOKED 2
#define CANCELLED 3
#define EXPIRED 4

/* Commands: LedgerCommand. Answers: Settlement; LOST: the connection broke, nobody knows. */
mtype:command = { create, hold, confirm, extend, cancel };
#define PENDING 0
#define MADE 1
#define SOLD_OUT 2
#define UNAVAILABLE 3
#define CHANGED 4
#define NOT_HELD 5
#define GONE 6
#define LOST 7

/* What the tables hold: event, booking, notice, idempotency_key. */
typedef Tables {
  byte seq;
  byte sold;
  byte held;
  byte rows;
  byte owner[ROWS];
  byte status[ROWS];
  bool extended[ROWS];
  byte left[SEQS];     /* notice.available_seats by seq */
  byte key[BUYERS]     /* the row that the buyer's key made, plus one */
}

/* SEEN: what the writing connection reads, its open transaction included. LAST: the last commit that was confirmed.
 * LOG: the log as the kernel's cache has it; a killed process finds this. DISK: what a power cut leaves. */
#define SEEN 0
#define LAST 1
#define LOG 2
#define DISK 3
Tables tables[4];
/* A sync failed: the log has pages that the kernel calls clean and that are not on the disk. Later syncs skip them, so
 * nothing behind them survives a power cut either. */
bool hole;

/* Ledger.table, Ledger.agenda and CommittedEvents: lost with the process. */
byte seq, sold, held;
byte notes[ROWS];      /* Agenda: the ends at which a row is to be looked at; 1: its first end, 2: the extended one */
byte readSeq;
bool unsynced;         /* storeFailure.isUnsynced */

/* The clients' side: survives crashes. */
chan queue = [2 * BUYERS] of { mtype:command, byte, byte };   /* command, buyer, attempt */
mtype:command wants[BUYERS];   /* what the buyer waits for */
byte attempt[BUYERS];  /* modulo 3: at most one earlier one is under way */
byte answer[BUYERS];   /* to the current attempt */
byte knows[BUYERS];    /* the state of its booking that the buyer was told last */
byte booking[BUYERS];  /* its row, plus one */
bool mayConfirm[BUYERS];   /* has asked for it, so that it may have happened */
bool mayCancel[BUYERS];
byte done;
byte told[SEQS];       /* seats left plus one that anybody was told for this seq; 0: nobody was told */

byte passed[ROWS];    /* the wall clock: which of these two ends lie in the past */
byte backs, started;
byte crashes, fulls, eios;

#define ACTIVE(s) ((s) == HELD || (s) == BOOKED)
#define FREE (SEATS - sold - held)
#define END(which, r) (tables[which].extended[r] -> 2 : 1)
#define isOver(which, r) (passed[r] & END(which, r))
#define isDue(r) (notes[r] & passed[r])
#define isHeld(r) (r < tables[LAST].rows && tables[LAST].status[r] == HELD)
#define isOpen(r) (isHeld(r) && !isOver(LAST, r))
#if BUYERS == 2
#define anyDue (isDue(0) || isDue(1) || isDue(2))
#define anyOpen (isOpen(0) || isOpen(1) || isOpen(2))
#else
#define anyDue (isDue(0) || isDue(1) || isDue(2) || isDue(3))
#define anyOpen (isOpen(0) || isOpen(1) || isOpen(2) || isOpen(3))
#endif

inline copy(from, to) {
  tables[to].seq = tables[from].seq;
  tables[to].sold = tables[from].sold;
  tables[to].held = tables[from].held;
  tables[to].rows = tables[from].rows;
  c = 0;
  do
  :: c < ROWS ->
    tables[to].owner[c] = tables[from].owner[c];
    tables[to].status[c] = tables[from].status[c];
    tables[to].extended[c] = tables[from].extended[c];
    c++
  :: else -> break
  od;
  c = 0;
  do :: c < SEQS -> tables[to].left[c] = tables[from].left[c]; c++ :: else -> break od;
  c = 0;
  do :: c < BUYERS -> tables[to].key[c] = tables[from].key[c]; c++ :: else -> break od;
  c = 0
}

/* ------ What must hold of any state that a start may find */

/* Whether a booking may have this state, by what its buyer was told and has asked for. */
#define follows(s, c) ((s) == knows[c] || (knows[c] == HELD && (s) == EXPIRED) \
  || (knows[c] == HELD && (s) == BOOKED && mayConfirm[c]) || (ACTIVE(knows[c]) && (s) == CANCELLED && mayCancel[c]))

inline inspect(which) {
  c = 0; total = 0;
  do
  :: c < tables[which].rows ->
    if :: ACTIVE(tables[which].status[c]) -> total++ :: else fi;
    c++
  :: else -> break
  od;
  assert(total <= SEATS);                                         /* never oversold */
  assert(tables[which].sold + tables[which].held == total);       /* the event's counts are those of its bookings */
  assert(tables[which].seq == 0 || tables[which].left[tables[which].seq] == SEATS - total);   /* the last notice is true */
  c = 0;
  do
  :: c < SEQS ->
    assert(told[c] == 0 || (c <= tables[which].seq && told[c] == tables[which].left[c] + 1));   /* what was told is committed */
    c++
  :: else -> break
  od;
  c = 0;
  do
  :: c < BUYERS ->
    total = 0; r = 0;
    do
    :: r < tables[which].rows -> if :: tables[which].owner[r] == c -> total++ :: else fi; r++
    :: else -> break
    od;
    assert(total <= 1);                                           /* a key books once */
    if
    :: knows[c] != NONE ->
      r = booking[c] - 1;
      assert(r < tables[which].rows && tables[which].owner[r] == c);   /* nothing acknowledged is lost */
      assert(follows(tables[which].status[r], c))                 /* a booking is as its buyer was told, or as asked since */
    :: else
    fi;
    c++
  :: else -> break
  od;
  c = 0; r = 0; total = 0
}

#include "ledger.pml"

/* The wall clock: in any order the ends of holds come to pass, and it may be set back. */
#define mayPass(r, end) (!(passed[r] & end) && ((notes[r] & end) || (isHeld(r) && END(LAST, r) == end)))
#define pass(r) d_step { mayPass(r, 1) -> passed[r] = passed[r] | 1 } :: d_step { mayPass(r, 2) -> passed[r] = passed[r] | 2 }
proctype Clock() {
end:
  do
  :: pass(0)
  :: pass(1)
  :: pass(2)
#if BUYERS > 2
  :: pass(3)
#endif
  :: d_step { backs < BACKS && (passed[0] || passed[1] || passed[2]) ->
      backs++;
      passed[0] = 0; passed[1] = 0; passed[2] = 0
    }
  od
}

/* A client: one booking, and what may be done with it. When no answer comes it may repeat its request; while it waits it
 * may close its connection and ask on another one. */
inline request(wish) {
  wants[me] = wish;
  attempt[me] = (attempt[me] + 1) % 3;
  answer[me] = PENDING;
  if
  :: wish == confirm -> mayConfirm[me] = true
  :: wish == cancel -> mayCancel[me] = true
  :: else
  fi;
  queue ! wish(me, attempt[me])
}

inline finish() { wants[me] = 0; attempt[me] = 0; answer[me] = PENDING; retries = 0; patience = 0; done++; break }

proctype Buyer(byte me) {
  byte retries, patience, got;

  /* Buyers are alike, so they are numbered by their first requests. */
  atomic {
    started == me -> started++;
    if
    :: HOLDS -> request(hold)
    :: request(create)
    fi
  };
  do
  :: atomic { answer[me] == PENDING && patience < PATIENCE -> patience++; answer[me] = LOST }
  :: atomic { answer[me] != PENDING ->
      got = answer[me];
      if
      :: (got == LOST || got == UNAVAILABLE) && retries < RETRIES -> got = 0; retries++; request(wants[me])
      :: got == SOLD_OUT || got == GONE -> got = 0; finish()
      :: got != SOLD_OUT && got != GONE && booking[me] > 0 ->
        got = 0;
        if
        :: wants[me] == hold && EXTENDS -> request(extend)
        :: wants[me] == hold || wants[me] == extend -> request(confirm)
        :: CANCELS && wants[me] != cancel -> request(cancel)
        :: finish()
        fi
      :: got != MADE && booking[me] == 0 -> got = 0; finish()
      fi
    }
  od
}

/* Time goes on when nothing else does: without it a run ends, and the verifier's fairness says nothing of ended runs. */
proctype Tick() {
  do :: true -> true od
}

init {
  atomic {
    byte c;
    d_step { c = 0 };
    run Ledger();
#if HOLDS
    run Clock();
#endif
#ifdef LTL_ANSWERED
    run Tick();
#endif
    c = 0;
    do :: c < BUYERS -> run Buyer(c); c++ :: else -> break od;
    c = 0
  }
}

/* Every request is answered, or its connection is lost. */
#ifdef LTL_ANSWERED
ltl answered { [] ((wants[0] != 0 && answer[0] == PENDING) -> <> (wants[0] == 0 || answer[0] != PENDING)) }
#endif
