/* The ledger of sale.pml: its decisions, and the life of a batch from the queue to the answers, with a crash between any two
 * steps. Included by sale.pml, which has the tables, the clients and what must hold.
 */

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

/* No seat is free, and none is held whose time is over. */
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
  assert(total == SEATS);                                         /* a refusal is right */
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
#if FAULT == 15
  :: b < BUYERS -> outcome[b] = PENDING; b++                      /* nobody is told */
#else
  :: b < BUYERS -> if :: outcome[b] != PENDING -> outcome[b] = UNAVAILABLE :: else fi; b++
#endif
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

#define isAsCommitted (seq == tables[LAST].seq && readSeq == seq && sold == tables[LAST].sold && held == tables[LAST].held)

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
        assert(isAsCommitted);                                    /* memory is what is committed */
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
