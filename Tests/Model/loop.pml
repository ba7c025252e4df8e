/* A loop of broadcast.pml: what FanoutCore/Runtime/Fanout.swift, Output.swift and FanoutCore/Fanout do. Each step is atomic, because
 * a loop's state belongs to its thread. Included by broadcast.pml, which has the state, the ledger, crashes and viewers.
 */

/* ------ Output */

/* Output.send: behind everything that waits. What the kernel does not take blocks the connection. */
inline send(v, kind, from, to, count) {
  if
  :: isBlocked[v] -> outbox[v] ! kind(from, to, count)
  :: !isBlocked[v] && nfull(socket[v]) -> socket[v] ! kind(from, to, count)
  :: !isBlocked[v] && full(socket[v]) -> block(v); outbox[v] ! kind(from, to, count)
  fi
}

/* Connections.block, Subscribers.suspend */
inline block(v) {
  isBlocked[v] = true;
  if
  :: place[v] >= COHORTS -> cursor[v] = cursorOf[NUMBER(at[v], place[v] - COHORTS)]; place[v] = LAGGING
  :: else
  fi
}

/* Output.deliver, .keepRest; Delivery.position: the cursor is the last message that was begun. Sets `reached`. */
inline deliverFrames(v, l, after) {
  s = after;
  do
  :: s < head[l] && nfull(socket[v]) -> s++; socket[v] ! notice(s, s, COUNT(epoch, s))
  :: s < head[l] && full(socket[v]) ->
    block(v);
    if
    :: outbox[v] ! notice(s + 1, s + 1, COUNT(epoch, s + 1));     /* begun: its rest waits */
#if FAULT != 1
      s++
#endif
    :: skip
    fi;
    break
  :: s >= head[l] -> break
  od;
  reached = s; s = 0
}

/* Delivery.init(conflating:): one message for everything after the cursor */
#if FAULT == 2
#define MISSED(l, after) head[l]                                  /* does not say what is left out */
#else
#define MISSED(l, after) ((after) + 1)
#endif
#if FAULT == 3
#define TOTAL(l, after) COUNT(epoch, (after) + 1)                 /* the count of another change */
#else
#define TOTAL(l, after) COUNT(epoch, head[l])
#endif
inline deliverOne(v, l, after) {
  if
  :: nfull(socket[v]) -> socket[v] ! notice(MISSED(l, after), head[l], TOTAL(l, after)); reached = head[l]
  :: full(socket[v]) ->
    block(v);
    if
    :: outbox[v] ! notice(MISSED(l, after), head[l], TOTAL(l, after)); reached = head[l]
    :: reached = after
    fi
  fi
}

/* ------ Places */

/* Feed.join, .roomyCohort: only at the head. */
inline join(v, l) {
  assert(place[v] == LAGGING && cursor[v] == head[l]);            /* only at the head */
  n = 0;
  do
#if FAULT == 6
  :: n < 2 && members(l, n) > 0 && members(l, n) < COHORT -> break   /* wherever the cohort stands */
  :: n < 2 && !(members(l, n) > 0 && members(l, n) < COHORT) -> n++
#else
  :: n < 2 && members(l, n) > 0 && members(l, n) < COHORT && cursorOf[NUMBER(l, n)] == head[l] -> break
  :: n < 2 && !(members(l, n) > 0 && members(l, n) < COHORT && cursorOf[NUMBER(l, n)] == head[l]) -> n++
#endif
  :: n == 2 ->
    n = (members(l, 0) == 0 -> 0 : 1);
    assert(members(l, n) == 0);                                   /* a new cohort is empty */
    cursorOf[NUMBER(l, n)] = head[l];
    break
  od;
  place[v] = COHORTS + n;
  cursor[v] = 0; through[v] = 0; n = 0
}

/* Output.catchUp: conflated when what is missed is long. */
inline catchUp(v, l) {
  do
  :: cursor[v] < head[l] && !isFull ->
    if
    :: head[l] - cursor[v] <= PULL && logHas(l, cursor[v]) -> deliverFrames(v, l, cursor[v])   /* Subscribers.pull */
    :: else -> deliverOne(v, l, cursor[v])
    fi;
    cursor[v] = reached;
    isFull = (reached < head[l] || nempty(outbox[v]))
  :: else -> break
  od;
  reached = 0
}

/* ------ Greeting and resume: Runtime/Fanout.swift */

/* Fanout.greetAtHead */
inline greetAtHead(v, l) {
  place[v] = LAGGING; cursor[v] = head[l]; through[v] = 0;
  isGreeted[v] = true;
  send(v, snapshot, epoch, head[l], COUNT(epoch, head[l]));
  if :: !isBlocked[v] -> join(v, l) :: else fi
}

/* Fanout.awaitHead: a viewer that is ahead waits for the head, and the time for it is longer than a publication takes. So it
 * is over only when nothing is on its way any more. */
#if FAULT == 13
#define mayBegin(v, l) true                                       /* it is greeted at once */
#else
#define mayBegin(v, l) (!isResume[v] || since[v] <= head[l] || (first == 0 && empty(mailbox[l])))
#endif

/* Fanout.begin, .beginReplay */
inline admit(v, l) {
  if
  :: !isResume[v] || since[v] > head[l] -> greetAtHead(v, l)
  :: isResume[v] && since[v] <= head[l] && !logHas(l, since[v]) && head[l] - since[v] > HISTORY -> greetAtHead(v, l)
  :: isResume[v] && since[v] <= head[l] && (logHas(l, since[v]) || head[l] - since[v] <= HISTORY) ->
    place[v] = REPLAYING; cursor[v] = since[v]; through[v] = head[l];
    replay(v, l)
  fi;
  isResume[v] = false; since[v] = 0
}

inline greetResumed(v) {
  if
  :: !isGreeted[v] -> isGreeted[v] = true; send(v, resumed, epoch, cursor[v], 0)
  :: else
  fi
}

/* Fanout.replay, .newTarget, .recall */
inline replay(v, l) {
  if
  :: logHas(l, cursor[v]) ->
    greetResumed(v);
    if
    :: !isBlocked[v] ->
      deliverFrames(v, l, cursor[v]);
      cursor[v] = reached;
      if
      :: reached < head[l]
      :: reached >= head[l] ->
        place[v] = LAGGING; through[v] = 0;
        if :: !isBlocked[v] -> join(v, l) :: else fi
      fi;
      reached = 0
    :: else
    fi
  :: else ->
    if
    :: head[l] - cursor[v] <= RECALL -> through[v] = head[l]
    :: else
    fi;
    if
    :: isBlocked[v] || isRecalling[v]
    :: !isBlocked[v] && !isRecalling[v] && through[v] <= cursor[v] -> giveUp(v, l)
    :: !isBlocked[v] && !isRecalling[v] && through[v] > cursor[v] && full(recalls) -> giveUp(v, l)   /* no loop waits */
    :: !isBlocked[v] && !isRecalling[v] && through[v] > cursor[v] && nfull(recalls) ->
      isRecalling[v] = true;
      recalls ! v, generation[v], cursor[v], (through[v] - cursor[v] <= RECALL -> through[v] : cursor[v] + RECALL)
    fi
  fi
}

/* Fanout.giveUp */
inline giveUp(v, l) {
  if
  :: !isGreeted[v] -> greetAtHead(v, l)
  :: else ->
    place[v] = LAGGING; through[v] = 0;
    isFull = isBlocked[v];
    catchUp(v, l);
    if :: !isBlocked[v] -> join(v, l) :: else fi;
    isFull = false
  fi
}

/* Fanout.recalled, .take, .advance. `last` 0: they are not to be had. */
inline recalled(v, l, number, after, last) {
  if
#if FAULT == 8
  :: place[v] != AWAY && at[v] == l ->                            /* of whichever connection */
#else
  :: place[v] != AWAY && at[v] == l && generation[v] == number && isRecalling[v] ->
#endif
    isRecalling[v] = false;
    if
    :: place[v] == REPLAYING && (cursor[v] == after || FAULT == 8) ->
      if
      :: last == 0 -> giveUp(v, l)
      :: else ->
        greetResumed(v);
        s = after;
#if FAULT == 11
        s++;                                                      /* the first is not looked for */
#endif
        do
        :: s < last -> s++; send(v, notice, s, s, COUNT(epoch, s));
          if :: break :: s < last fi                              /* no more than there is room for */
        :: s >= last -> break
        od;
        cursor[v] = s; s = 0;
        if :: !isBlocked[v] -> replay(v, l) :: else fi
      fi
    :: else
    fi
  :: else
  fi
}

/* ------ A loop */

/* Loop.flush: the socket takes bytes again. */
inline flush(v, l) {
  do
  :: nempty(outbox[v]) && nfull(socket[v]) -> outbox[v] ? kind(from, to, count); socket[v] ! kind(from, to, count)
  :: empty(outbox[v]) || full(socket[v]) -> break
  od;
  kind = 0; from = 0; to = 0; count = 0;
  isFull = nempty(outbox[v]);
#if FAULT == 7
  if :: !isFull -> isBlocked[v] = false :: else fi;               /* drained, and not brought to the head */
#else
  if
  :: place[v] == LAGGING && !isFull -> catchUp(v, l)
  :: else
  fi;
  if
  :: !isFull ->
    isBlocked[v] = false;                                         /* Connections.unblock, Subscribers.rejoin */
    if
    :: place[v] == LAGGING -> join(v, l)
    :: place[v] == REPLAYING -> replay(v, l)                      /* Fanout.advance */
    :: else
    fi
  :: else
  fi;
#endif
  isFull = false
}

/* Fanout.serve, Output.send(_ visit:), .setAside: every member of the cohort is sent the same. */
inline visit(l, n) {
  before = cursorOf[NUMBER(l, n)];
  v = 0;
  do
  :: v < VIEWERS ->
    if
    :: inCohort(v, l, n) ->
      if
      :: logHas(l, before) -> deliverFrames(v, l, before)
      :: else -> deliverOne(v, l, before)
      fi;
      if :: isBlocked[v] -> cursor[v] = reached :: else fi;
      reached = 0
    :: else
    fi;
    v++
  :: else -> break
  od;
  v = 0; before = 0;
  cursorOf[NUMBER(l, n)] = (members(l, n) > 0 -> head[l] : 0);    /* Feed.settle */
#if FAULT == 12
  if
  :: members(l, n) > 0 && members(l, 1 - n) > 0 ->                /* merged wherever the other one stands */
#else
  if
  :: members(l, n) > 0 && members(l, 1 - n) > 0 && COHORT >= 2 && cursorOf[NUMBER(l, 1 - n)] == cursorOf[NUMBER(l, n)] ->
#endif
    v = 0;                                                        /* Feed.merge */
    do
    :: v < VIEWERS -> if :: inCohort(v, l, n) -> place[v] = COHORTS + 1 - n :: else fi; v++
    :: else -> break
    od;
    v = 0; cursorOf[NUMBER(l, n)] = 0
  :: else
  fi
}

/* Loop.open(_ parcel:) */
inline takeParcel(l) {
  mailbox[l] ? what(a, b, d);
  if
  :: what == updates ->
    if
    :: topic[l] == LIVE ->                                        /* Subscribers.append, TopicLog.append */
      if :: a != head[l] + 1 -> oldest[l] = a :: else fi;
      head[l] = b;
      if :: head[l] + 1 > oldest[l] + LOG -> oldest[l] = head[l] + 1 - LOG :: else fi
    :: else
    fi
  :: what == grant ->
    if
    :: topic[l] == ASKED ->                                       /* Fanout.granted */
      topic[l] = LIVE; head[l] = a; oldest[l] = a + 1;
      v = 0;
      do
      :: v < VIEWERS -> if :: place[v] == WAITING && at[v] == l && mayBegin(v, l) -> admit(v, l) :: else fi; v++
      :: else -> break
      od;
      v = 0
    :: else
    fi
  :: what == history ->
    v = a / 16;
    recalled(v, l, a % 16, b, d);
    v = 0
  fi;
  what = 0; a = 0; b = 0; d = 0
}

/* Fanout.subscribe */
inline subscribe(who, l) {
  if
  :: topic[l] == LIVE -> admit(who, l)
  :: topic[l] == CLOSED -> topic[l] = ASKED; commands ! watch(l)  /* TopicAdapter.open, Backend.watch */
  fi
}

#define maySubscribe(v, l) ((topic[l] == LIVE && mayBegin(v, l)) || (topic[l] == CLOSED && nfull(commands)))

/* Fanout.closeEmptyTopics */
#define isUnused(l) (topic[l] == LIVE && !subscribers(l))

proctype Loop(byte me) {
  byte v, n, s, reached, before, a, b, d, from, to, count;
  bool isFull;
  mtype:parcel what;
  mtype:message kind;
end:
  do
  :: atomic { nempty(mailbox[me]) -> takeParcel(me) }
  :: atomic { isBehind(me, 0) -> visit(me, 0) }
  :: atomic { isBehind(me, 1) -> visit(me, 1) }
  :: atomic { isBlocked[0] && at[0] == me && nfull(socket[0]) -> flush(0, me) }
#if VIEWERS > 1
  :: atomic { isBlocked[1] && at[1] == me && nfull(socket[1]) -> flush(1, me) }
#endif
  :: atomic { isUnused(me) && nfull(commands) ->
      commands ! unwatch(me);
      topic[me] = CLOSED; head[me] = 0; oldest[me] = 0; cursorOf[NUMBER(me, 0)] = 0; cursorOf[NUMBER(me, 1)] = 0
    }
  :: atomic { place[0] == WAITING && at[0] == me && maySubscribe(0, me) ->
      subscribe(0, me)
    }
#if VIEWERS > 1
  :: atomic { place[1] == WAITING && at[1] == me && maySubscribe(1, me) ->
      subscribe(1, me)
    }
#endif
  od
}
