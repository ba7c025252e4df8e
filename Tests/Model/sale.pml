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

inline inspect(which) {
  c = 0; total = 0;
  do
  :: c < tables[which].rows ->
    if :: ACTIVE(tables[which].status[c]) -> total++ :: else fi;
    c++
  :: else -> break
  od;
  assert(total <= SEATS);                                         /* never oversold */
  assert(tables[which].sold + tables[which].held == total);
  assert(tables[which].seq == 0 || tables[which].left[tables[which].seq] == SEATS - total);
  c = 0;
  do
  :: c < SEQS ->
    /* Announced only after its commit, and never another content under the same seq. */
    assert(told[c] == 0 || (c <= tables[which].seq && told[c] == tables[which].left[c] + 1));
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
      assert(tables[which].status[r] == knows[c]
        || (knows[c] == HELD && tables[which].status[r] == EXPIRED)
        || (knows[c] == HELD && tables[which].status[r] == BOOKED && mayConfirm[c])
        || (ACTIVE(knows[c]) && tables[which].status[r] == CANCELLED && mayCancel[c]))
    :: else
    fi;
    c++
  :: else -> break
  od;
  c = 0; r = 0; total = 0
}

/* ------ The ledger's decisions. They change memory and SEEN. */

/* Ledger.append: the notice of this change gets the event's next seq. */
inline append() {
  seq++;
  batchBegun = true;
#if FAULT == 9
  tables[SEEN].left[seq] = SEATS - sold;                          /* held seats are told as free */
#else
  tables[SEEN].left[seq] = FREE;
#endif
  c = 0; total = 0;
  do
  :: c < tables[SEEN].rows -> if :: ACTIVE(tables[SEEN].status[c]) -> total++ :: else fi; c++
  :: else -> break
  od;
  assert(tables[SEEN].left[seq] == SEATS - total);                /* each count is true at its seq */
  c = 0; total = 0
}

/* Ledger.end(_:_:_:_:) and SQLiteBookingStore.saveEnd */
inline endBooking(row, state) {
  assert(ACTIVE(tables[SEEN].status[row]));                       /* a booking ends once */
  assert(state != EXPIRED || tables[SEEN].status[row] == HELD);   /* only holds expire */
  if
  :: tables[SEEN].status[row] == HELD -> held--
  :: else -> sold--
  fi;
  tables[SEEN].status[row] = state;
  passed[row] = 0;
  append()
}

/* Ledger.expireHolds: the agenda says when to look, the row decides. */
inline expire(all) {
  h = 0;
  do
  :: h < ROWS ->
    m = notes[h] & passed[h];
    if
    :: m && (all || FREE <= 0) ->
      notes[h] = notes[h] & ~m;
      popped[h] = popped[h] | m;
      if
#if FAULT == 5
      :: h < tables[SEEN].rows ->                                 /* the row is not asked whether it is still held */
#else
      :: h < tables[SEEN].rows && tables[SEEN].status[h] == HELD && (m & END(SEEN, h)) ->
#endif
        endBooking(h, EXPIRED)
      :: else
      fi
    :: else
    fi;
    h++
  :: else -> break
  od;
  h = 0; m = 0
}

/* A refusal is right: no seat is free, and none is held whose time is over. */
inline refuse() {
  c = 0; total = 0;
  do
  :: c < tables[SEEN].rows ->
    if
    :: tables[SEEN].status[c] == BOOKED || (tables[SEEN].status[c] == HELD && !isOver(SEEN, c)) -> total++
    :: else
    fi;
    c++
  :: else -> break
  od;
  assert(total == SEATS);
  c = 0; total = 0
}

/* Ledger.create, .take, .insert */
inline decideCreate(isHold) {
#if FAULT == 7
  r = keptKey[b];                                                 /* keys are kept in memory alone */
#else
  r = tables[SEEN].key[b];
#endif
  if
  :: r > 0 -> outcome[b] = MADE; row[b] = r                       /* Ledger.earlierOutcome, .again */
  :: else ->
    if :: FREE <= 0 -> expire(false) :: else fi;
    if
#if FAULT == 4
    :: FREE < 0 -> outcome[b] = SOLD_OUT                          /* one too many */
    :: else ->
#else
    :: FREE <= 0 -> outcome[b] = SOLD_OUT; refuse()
    :: else ->
#endif
      r = tables[SEEN].rows;
      tables[SEEN].rows++;
      tables[SEEN].owner[r] = b;
      passed[r] = 0;
      if
      :: isHold ->
        tables[SEEN].status[r] = HELD;
        tables[SEEN].extended[r] = false;
        notes[r] = notes[r] | 1;                                  /* Ledger.note */
        held++
      :: else ->
        tables[SEEN].status[r] = BOOKED;
        sold++
      fi;
      append();
      tables[SEEN].key[b] = r + 1;
#if FAULT == 7
      keptKey[b] = r + 1;
#endif
      outcome[b] = MADE; row[b] = r + 1
    fi
  fi;
  r = 0
}

/* Ledger.change(_:_:), .confirm, .extend */
inline decideChange(isConfirm) {
  r = booking[b] - 1;
  if
  :: tables[SEEN].status[r] == BOOKED && isConfirm -> outcome[b] = CHANGED
  :: tables[SEEN].status[r] == BOOKED && !isConfirm -> outcome[b] = NOT_HELD
  :: tables[SEEN].status[r] == CANCELLED -> outcome[b] = NOT_HELD
  :: tables[SEEN].status[r] == EXPIRED -> outcome[b] = GONE
#if FAULT == 6
  :: tables[SEEN].status[r] == HELD && isOver(SEEN, r) ->
    outcome[b] = GONE                                             /* told that it is over, and its seats kept */
#else
  :: tables[SEEN].status[r] == HELD && isOver(SEEN, r) ->
    endBooking(r, EXPIRED);
    outcome[b] = GONE
#endif
  :: tables[SEEN].status[r] == HELD && !isOver(SEEN, r) ->
    if
    :: isConfirm ->
      tables[SEEN].status[r] = BOOKED;                            /* SQLiteBookingStore.saveConfirmation */
      held--; sold++; passed[r] = 0;
      batchBegun = true;
      outcome[b] = CHANGED
    :: !isConfirm && !tables[SEEN].extended[r] ->                 /* BookingRules.holdExtension: once */
      tables[SEEN].extended[r] = true;
      notes[r] = notes[r] | 2;
      batchBegun = true;
      outcome[b] = CHANGED
    :: else -> outcome[b] = NOT_HELD
    fi
  fi;
  r = 0
}

/* Ledger.cancel(_:_:) */
inline decideCancel() {
  r = booking[b] - 1;
  if
  :: ACTIVE(tables[SEEN].status[r]) -> endBooking(r, CANCELLED)
  :: else
  fi;
  outcome[b] = CHANGED;
  r = 0
}

/* Ledger.undo(_:) */
inline undo() {
  copy(LAST, SEEN);
#if FAULT != 3
  seq = tables[LAST].seq; sold = tables[LAST].sold; held = tables[LAST].held;
#endif
  h = 0;
  do
  :: h < ROWS ->
#if FAULT != 8
    notes[h] = notes[h] | popped[h];                              /* Batch.poppedHolds */
#endif
    popped[h] = 0;
    h++
  :: else -> break
  od;
  h = 0;
  /* Batch.fail(_:): what was decided counts for nothing */
#if FAULT != 10
  b = 0;
  do
  :: b < BUYERS -> if :: outcome[b] != PENDING -> outcome[b] = UNAVAILABLE :: else fi; b++
  :: else -> break
  od;
  b = 0;
#endif
}

/* Ledger.answer: by slot, generation and request number of the connection that asked. From here on it is acknowledged. */
inline answerAll() {
  b = 0;
  do
  :: b < BUYERS ->
    if
#if FAULT == 13
    :: outcome[b] != PENDING && wants[b] != 0 && answer[b] == PENDING ->   /* by slot alone */
#else
    :: outcome[b] != PENDING && wants[b] != 0 && attempt[b] == tries[b] && answer[b] == PENDING ->
#endif
      answer[b] = outcome[b];
      if
      :: outcome[b] == MADE && knows[b] == NONE -> booking[b] = row[b]; knows[b] = (wants[b] == hold -> HELD : BOOKED)
      :: outcome[b] == CHANGED && wants[b] == confirm -> knows[b] = BOOKED
      :: outcome[b] == CHANGED && wants[b] == cancel && knows[b] == BOOKED -> knows[b] = CANCELLED
      :: outcome[b] == GONE -> knows[b] = EXPIRED
      :: else
      fi
    :: else
    fi;
    outcome[b] = PENDING; tries[b] = 0; row[b] = 0;
    b++
  :: else -> break
  od;
  b = 0
}

/* Ledger.probe: a checkpoint of everything acknowledged, and a commit over the frames that are in doubt */
inline probe() {
  d_step { unsynced = false; hole = false; copy(LAST, LOG); copy(LAST, DISK) }
}

proctype Ledger() {
  byte b, c, h, m, r, total, t;
  byte outcome[BUYERS], tries[BUYERS], row[BUYERS];
  byte popped[ROWS];
  bool batchBegun;     /* Batch.hasWritten */
#if FAULT == 7
  byte keptKey[BUYERS];
#endif
  mtype:command what;

opening:
  if
  :: d_step {
      /* Database.connect: what a killed process left in the log is made durable before anybody is told of it. */
#if FAULT == 14
      if :: !hole -> copy(LOG, DISK) :: else fi;                  /* synced, and not written anew: clean pages stay lost */
#elif FAULT != 11
      copy(LOG, DISK); hole = false;
#endif
      copy(LOG, LAST); copy(LOG, SEEN);
      /* Ledger.init, .planAll */
      seq = tables[LAST].seq; sold = tables[LAST].sold; held = tables[LAST].held;
#if FAULT == 12
      if :: seq > 0 -> seq-- :: else fi;                          /* a number is given again */
#endif
      readSeq = seq; unsynced = false;
      h = 0;
      do
      :: h < ROWS ->
        if
        :: h < tables[LAST].rows && tables[LAST].status[h] == HELD -> notes[h] = END(LAST, h)
        :: else
        fi;
        h++
      :: else -> break
      od;
      h = 0;
      if :: seq > 0 -> told[seq] = FREE + 1 :: else fi            /* a read, or the snapshot of a greeting */
    }
  :: crashes < CRASHES -> goto down
  fi;

waiting:
  do
  :: atomic { (nempty(queue) || (anyDue && !unsynced)) ->
      /* LedgerQueue.run takes all that waits; Ledger.perform reads the clocks once: they stand still in this step. */
      if
      :: unsynced -> if :: probe() :: skip fi
      :: else
      fi;
      goto deciding
    }
  :: atomic { empty(queue) && unsynced -> probe() }               /* Ledger.idle */
  :: crashes < CRASHES -> goto down
  :: atomic { empty(queue) && !anyDue && done == BUYERS && !anyOpen && !unsynced ->
      /* At rest: nothing waits, and the time of every hold is over. */
      d_step {
        inspect(LAST); inspect(DISK);
        h = 0;
        do
        :: h < tables[LAST].rows ->
          assert(tables[LAST].status[h] != HELD);                     /* no hold is forgotten */
          h++
        :: else -> break
        od;
        assert(seq == tables[LAST].seq && readSeq == seq && FREE == SEATS - tables[LAST].sold - tables[LAST].held);
        h = 0
      };
      goto resting
    }
  od;

deciding:
  atomic {
    batchBegun = false;
    if
    :: !unsynced -> d_step { expire(true) }                       /* Ledger.advance */
    :: unsynced || (anyDue && nempty(queue))                      /* Ledger.endsPerBatch: other events' holds came first */
    fi;
    do
    :: queue ? what(b, t) ->
      d_step {
        tries[b] = t;
        if
        :: unsynced -> outcome[b] = UNAVAILABLE
        :: else ->
          if
          :: what == create -> decideCreate(false)
          :: what == hold -> decideCreate(true)
          :: what == confirm -> decideChange(true)
          :: what == extend -> decideChange(false)
          :: what == cancel -> decideCancel()
          fi
        fi
      }
    :: empty(queue) -> break
    od;
    b = 0; t = 0;
    if
    :: !batchBegun -> d_step { c = 0; do :: c < ROWS -> popped[c] = 0; c++ :: else -> break od; c = 0 }; goto answering
    :: else -> d_step { tables[SEEN].seq = seq; tables[SEEN].sold = sold; tables[SEEN].held = held }   /* Ledger.end(_:) */
    fi;
#if FAULT == 1
    d_step { told[seq] = FREE + 1 };                              /* announced before the commit */
#endif
  };

writing:
  if
  :: d_step { copy(SEEN, LOG); hole = false }                     /* SQLiteBookingStore.commit: frames over what failed */
  :: fulls < FAILURES -> d_step { fulls++; undo() }; goto answering
  :: crashes < CRASHES -> goto down
  fi;

syncing:
#if FAULT == 2
  d_step { copy(SEEN, LAST) };                                    /* synchronous = NORMAL: confirmed without a sync */
#else
  if
  :: d_step { copy(SEEN, LAST); if :: !hole -> copy(LOG, DISK) :: else fi }
  :: eios < FAILURES -> d_step { eios++; hole = true; unsynced = true; undo() }; goto answering
  :: crashes < CRASHES -> goto down
  fi;
#endif
  d_step { c = 0; do :: c < ROWS -> popped[c] = 0; c++ :: else -> break od; c = 0 };

telling:
  if
  :: d_step {
      readSeq = seq;                                              /* CommittedEvents.apply: for whoever reads */
      c = 1;
      do
      :: c <= seq -> told[c] = tables[LAST].left[c] + 1; c++      /* Ledger.announce: every notice of the batch */
      :: else -> break
      od;
      c = 0
    }
  :: crashes < CRASHES -> goto down
  fi;

answering:
  if
  :: d_step { answerAll(); inspect(LAST); batchBegun = false; what = 0 }; goto waiting
  :: crashes < CRASHES -> goto down
  fi;

down:
  atomic {
    crashes++;
    d_step {
      /* Connections are lost, and with them what was under way to either side. */
      do :: queue ? what(b, t) :: empty(queue) -> break od;
      b = 0;
      do
      :: b < BUYERS ->
        if :: wants[b] != 0 && answer[b] == PENDING -> answer[b] = LOST :: else fi;
        outcome[b] = PENDING; tries[b] = 0; row[b] = 0;
#if FAULT == 7
        keptKey[b] = 0;
#endif
        b++
      :: else -> break
      od;
      b = 0; t = 0; batchBegun = false; what = 0;
      c = 0;
      do :: c < ROWS -> popped[c] = 0; notes[c] = 0; c++ :: else -> break od;
      c = 0; seq = 0; sold = 0; held = 0; readSeq = 0; unsynced = false;
    };
    if
    :: skip                                                       /* kill -9: the kernel's cache remains */
    :: d_step { copy(DISK, LOG); hole = false }                   /* power cut: what was synced remains */
    :: d_step { copy(LOG, DISK); hole = false }                   /* power cut: the log had reached the disk after all */
    fi;
    d_step { copy(LOG, LAST); copy(LOG, SEEN); inspect(LOG) };
    goto opening
  };

resting:
  skip
}

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

init {
  atomic {
    byte c;
    d_step { c = 0 };
    run Ledger();
#if HOLDS
    run Clock();
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
