/* The broadcast of one event: publisher, two loops, logs, cohorts, slow readers, resume, restart.
 *
 * A ledger commits changes and announces them to the loops that hold the topic. Two viewers connect to either loop, read
 * slowly, break off at any moment and resume behind what they heard, in the epoch that they know. The server is killed,
 * and starts again where its table of notices ends, or is restored from an older backup with a new epoch. Each step
 * names the Swift function that it stands for.
 *
 * Held by assertions: each viewer is told every change in order and once, or that some are left out; each count is that
 * of its seq; a resume goes on exactly where the viewer was; no greeting stands behind what the viewer knows; at rest every viewer has the last count. Held by a temporal
 * formula: viewers come to that rest.
 *
 * What a commit is, and that a crash leaves it, is the matter of sale.pml. A count is represented by the seq and the
 * epoch that it belongs to: nothing here computes with it.
 *
 * What is left out: docs/decisions/0043-what-the-model-leaves-out.md. How to run it: script/model.
 */
#ifndef VIEWERS
#define VIEWERS 2
#endif
#ifndef CHANGES
#define CHANGES 3      /* commits of the whole run */
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef BREAKS
#define BREAKS 1       /* times that each viewer breaks off */
#endif
#ifndef SOCKET
#define SOCKET 1       /* messages that the kernel takes before it is full */
#endif
#ifndef LOG
#define LOG 1          /* Limits.logFrames */
#endif
#ifndef PULL
#define PULL 1         /* Limits.pullFrames */
#endif
#ifndef RECALLS
#define RECALLS 1      /* questions to the table of notices that may wait */
#endif
#ifndef HISTORY
#define HISTORY 3      /* Limits.historyNotices */
#endif
#ifndef RECALL
#define RECALL 2       /* Limits.recallNotices */
#endif
#ifndef COHORT
#define COHORT 2       /* Limits.cohortSubscribers */
#endif
#ifndef FAULT
#define FAULT 0
#endif
#define LOOPS 2
#define MAILBOX 2

/* Messages to a viewer: (kind, from or epoch, to, count) */
mtype:message = { snapshot, resumed, notice };
/* Parcel: (kind, a, b, c) */
mtype:parcel = { updates, grant, history };
/* Commands of loops to the ledger */
mtype:command = { watch, unwatch };

#if FAULT == 9
/* Where a seq may be given twice, its count says which of the two it is. */
#define COUNT(e, s) (64 * made[s] + 16 * (e) + (s))
byte made[CHANGES + 2];
byte shown[VIEWERS];
#else
#define COUNT(e, s) (16 * (e) + (s))
#endif

/* What survives a crash: the table of notices, of which only the last seq matters here, and the epoch. */
byte epoch, seq;
byte left = CHANGES;
byte crashes;

/* The ledger's thread: what the open batch has to announce (Batch.announced), and the publisher's Publisher.holders. */
byte first, toPost;
bool holds[LOOPS];
chan commands = [2 * LOOPS] of { mtype:command, byte };
chan recalls = [RECALLS] of { byte, byte, byte, byte };           /* viewer, generation, after, through */
chan mailbox[LOOPS] = [MAILBOX] of { mtype:parcel, byte, byte, byte };

/* A loop: Topic, Feed, TopicLog, Cohort */
#define CLOSED 0
#define ASKED 1
#define LIVE 2
byte topic[LOOPS];
byte head[LOOPS];
byte oldest[LOOPS];    /* TopicLog.first */
#define NUMBER(l, n) (2 * (l) + (n))
byte cursorOf[2 * LOOPS];   /* Cohort.cursor; two cohorts of each loop */

/* A connection with its subscription: Connection, Subscription.Place */
#define AWAY 0
#define WAITING 1
#define REPLAYING 2
#define LAGGING 3
#define COHORTS 4      /* in cohort place - COHORTS */
byte place[VIEWERS];
byte at[VIEWERS];      /* the loop */
byte generation[VIEWERS];
byte cursor[VIEWERS];
byte through[VIEWERS];
bool isGreeted[VIEWERS];
bool isBlocked[VIEWERS];
bool isRecalling[VIEWERS];
bool isResume[VIEWERS];     /* asked with a position of this epoch: Resume.after */
byte since[VIEWERS];
chan socket[VIEWERS] = [SOCKET] of { mtype:message, byte, byte, byte };
chan outbox[VIEWERS] = [RECALL + 1] of { mtype:message, byte, byte, byte };

/* What a viewer knows */
byte heardEpoch[VIEWERS];   /* plus one; 0: nothing yet */
byte heard[VIEWERS];
bool isLive[VIEWERS];       /* was greeted on this connection */
byte breaks[VIEWERS];

#define inCohort(v, l, n) (at[v] == (l) && place[v] == COHORTS + (n))
#if VIEWERS == 1
#define members(l, n) (inCohort(0, l, n))
#define subscribers(l) (place[0] != AWAY && at[0] == (l))
#else
#define members(l, n) (inCohort(0, l, n) + inCohort(1, l, n))
#define subscribers(l) ((place[0] != AWAY && at[0] == (l)) || (place[1] != AWAY && at[1] == (l)))
#endif
#define isBehind(l, n) (members(l, n) > 0 && cursorOf[NUMBER(l, n)] < head[l])
#define logHas(l, position) ((position) <= head[l] && (position) + 1 >= oldest[l])

#include "loop.pml"

/* ------ The ledger's thread: commits, then announces, then admits (Ledger.perform); what a commit is: sale.pml. */
#define canPost(l) (nfull(mailbox[l]))

proctype Ledger() {
  byte l, known;
  mtype:command what;
end:
  do
  :: atomic { first == 0 && left > 0 ->
      first = seq + 1; toPost = 0;
      if
      :: seq++; left--
#if FAULT == 9
        ; made[seq] = crashes
#endif
      :: left > 1 -> seq = seq + 2; left = left - 2
#if FAULT == 9
        ; made[seq - 1] = crashes; made[seq] = crashes
#endif
      fi
    }
  :: atomic { first > 0 && toPost < LOOPS && !holds[toPost] -> toPost++ }
  :: atomic { first > 0 && toPost < LOOPS && holds[toPost] && canPost(toPost) ->
      mailbox[toPost] ! updates(first, seq, 0);                   /* Publisher.publish, LoopProxy.post */
      toPost++
    }
  :: atomic { first > 0 && toPost == LOOPS -> first = 0; toPost = 0 }
  :: atomic { first == 0 && nempty(commands) && canPost(0) && canPost(1) ->
#if FAULT == 10
      if
      :: commands ?? [watch(l)] -> commands ?? watch(eval(l)); what = watch   /* each kind of command in an order of its own */
      :: !(commands ?? [watch(l)]) -> commands ? what(l)
      fi;
#else
      commands ? what(l);
#endif
      if
#if FAULT == 5
      :: what == watch -> holds[l] = true; mailbox[l] ! grant((seq > 0 -> seq - 1 : 0), 0, 0)   /* the state before the batch */
#else
      :: what == watch -> holds[l] = true; mailbox[l] ! grant(seq, 0, 0)                        /* Publisher.grant */
#endif
      :: what == unwatch -> holds[l] = false                      /* Publisher.released */
      fi;
      l = 0; what = 0
    }
  od
}

/* Recaller.work: all that was asked for, or nothing. */
proctype Recall() {
  byte v, number, after, last;
end:
  do
  :: atomic { nempty(recalls) && nfull(mailbox[0]) && nfull(mailbox[1]) ->
      recalls ? v, number, after, last;
      if
      :: last <= seq -> mailbox[at[v]] ! history(16 * v + number, after, last)
      :: mailbox[at[v]] ! history(16 * v + number, after, 0)      /* the table cannot be read */
      fi;
      v = 0; number = 0; after = 0; last = 0
    }
  od
}

/* ------ Crash */

inline leave(v) {
  /* A new number only where something may still come for the old one: so there are fewer states, and no others. */
  if :: isRecalling[v] -> generation[v] = (generation[v] + 1) % 4 :: else fi;
  place[v] = AWAY; isGreeted[v] = false; isBlocked[v] = false; isRecalling[v] = false; isResume[v] = false;
  cursor[v] = 0; through[v] = 0; since[v] = 0; at[v] = 0; isLive[v] = false;
  do :: socket[v] ? kind(f, t, k) :: empty(socket[v]) -> break od;
  do :: outbox[v] ? kind(f, t, k) :: empty(outbox[v]) -> break od;
  kind = 0; f = 0; t = 0; k = 0
}

proctype Crash() {
  byte v, l, f, t, k, g;
  mtype:message kind;
  mtype:parcel what;
  mtype:command cmd;
  do
  :: atomic { crashes < CRASHES ->
      d_step {
      crashes++;
      v = 0;
      do :: v < VIEWERS -> leave(v); generation[v] = 0; v++ :: else -> break od;
      v = 0;
      l = 0;
      do
      :: l < LOOPS ->
        do :: mailbox[l] ? what(f, t, k) :: empty(mailbox[l]) -> break od;
        topic[l] = CLOSED; head[l] = 0; oldest[l] = 0; holds[l] = false;
        cursorOf[NUMBER(l, 0)] = 0; cursorOf[NUMBER(l, 1)] = 0;
        l++
      :: else -> break
      od;
      l = 0;
      do :: commands ? cmd(f) :: empty(commands) -> break od;
      do :: recalls ? f, t, k, g :: empty(recalls) -> break od;
      first = 0; toPost = 0; what = 0; cmd = 0; f = 0; t = 0; k = 0; g = 0
      };
      if
#if FAULT == 9
      :: seq = (seq > 0 -> seq - 1 : 0)                           /* what was announced had not been committed */
#else
      :: skip                                                     /* the table of notices is as it was */
#endif
      :: epoch++;                                                 /* Restore: an older backup, and a new epoch */
        if :: seq = (seq > 0 -> seq - 1 : 0) :: seq = 0 fi
      fi
    }
  :: crashes >= CRASHES -> break
  od
}

/* ------ Viewers */

inline check(me) {
  socket[me] ? kind(f, t, k);
  if
  :: kind == snapshot ->
    assert(!isLive[me]);                                          /* one greeting */
    assert(k == COUNT(f, t));                                     /* the count of that seq */
    assert(heardEpoch[me] != f + 1 || t >= heard[me]);            /* not behind what an earlier connection was told */
    isLive[me] = true; heardEpoch[me] = f + 1; heard[me] = t
  :: kind == resumed ->
    assert(!isLive[me]);                                          /* one greeting */
    assert(heardEpoch[me] == f + 1 && heard[me] == t);            /* goes on where the viewer was */
    isLive[me] = true
  :: kind == notice ->
    assert(isLive[me]);                                           /* the greeting comes first */
    assert(f == heard[me] + 1 && t >= f);                         /* in order, once, nothing left out in silence */
    assert(k == COUNT(heardEpoch[me] - 1, t));                    /* the count of that seq */
    heard[me] = t
  fi;
#if FAULT == 9
  if :: k > 0 -> shown[me] = k :: else fi;
#endif
  kind = 0; f = 0; t = 0; k = 0
}

/* WebSocketHandler.resume(since:epoch:) */
#if FAULT == 4
#define knowsPlace(v) (heardEpoch[v] > 0)                         /* of whatever epoch */
#else
#define knowsPlace(v) (heardEpoch[v] == epoch + 1)
#endif

proctype Viewer(byte me) {
  byte f, t, k;
  mtype:message kind;
end:
  do
  :: atomic { place[me] == AWAY ->
      if
      :: at[me] = 0
      :: me > 0 || breaks[me] > 0 || crashes > 0 -> at[me] = 1               /* the loops are alike: the first goes to the first */
      fi;
      place[me] = WAITING;
      isResume[me] = knowsPlace(me);
      since[me] = (isResume[me] -> heard[me] : 0)
    }
  :: d_step { nempty(socket[me]) -> check(me) }
  :: atomic { place[me] != AWAY && breaks[me] < BREAKS -> d_step { breaks[me]++; leave(me) } }
  od
}

#define isIdle(v) (place[v] != AWAY && empty(socket[v]) && !isBlocked[v])
#if FAULT == 9
#define isAtEnd(v) (isLive[v] && heardEpoch[v] == epoch + 1 && heard[v] == seq && shown[v] == COUNT(epoch, seq))
#else
#define isAtEnd(v) (isLive[v] && heardEpoch[v] == epoch + 1 && heard[v] == seq)
#endif
#define quietLoop(l) (empty(mailbox[l]) && topic[l] != ASKED && !isBehind(l, 0) && !isBehind(l, 1) && !isUnused(l))
#if VIEWERS == 1
#define allIdle isIdle(0)
#define allAtEnd isAtEnd(0)
#define noneWaits (place[0] != WAITING)
#else
#define allIdle (isIdle(0) && isIdle(1))
#define allAtEnd (isAtEnd(0) && isAtEnd(1))
#define noneWaits (place[0] != WAITING && place[1] != WAITING)
#endif
#define noneUnderWay (left == 0 && first == 0 && empty(commands) && empty(recalls))
#define quiet (noneUnderWay && quietLoop(0) && quietLoop(1) && allIdle && noneWaits)

/* At rest every viewer has the last count. */
proctype Rest() {
end:
  do
  :: atomic { quiet && !allAtEnd -> assert(allAtEnd) }             /* at rest every viewer has the last count */
  :: timeout -> assert(allAtEnd); break                            /* at rest every viewer has the last count */
  od
}

/* Time goes on when nothing else does: without it a run ends, and the verifier's fairness says nothing of ended runs. */
proctype Tick() {
  do :: true -> true od
}

init {
  atomic {
    run Ledger(); run Recall(); run Loop(0); run Loop(1); run Viewer(0);
#if VIEWERS > 1
    run Viewer(1);
#endif
    run Crash();
#ifdef LTL_SETTLED
    run Tick();
#else
    run Rest();
#endif
  }
}

#ifdef LTL_SETTLED
ltl settled { <> [] allAtEnd }
#endif
