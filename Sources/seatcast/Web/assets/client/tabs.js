
// One connection for all tabs: the tab that holds a Web Lock opens it and passes messages over a BroadcastChannel.
const tabs = {};

function openShared(base, options, on) {
  const name = `seatcast ${base} ${options.share}`;
  tabs[name] ??= joinTabs(name, options);
  tabs[name](options.dial, on);
}

function joinTabs(name, { navigator: { locks }, BroadcastChannel = globalThis.BroadcastChannel, setTimeout }) {
  const id = crypto.getRandomValues(new Uint32Array(4)).join();
  const channel = new BroadcastChannel(name);
  let [on, dial, lead, leader, isCompeting, isAnswered] = [];
  channel.onmessage = ({ data }) => take(data);
  // Free when this tab is gone. The leader asks for it, so it is held before joining.
  const held = new Promise((done) => locks.request(name + id, () => new Promise(done)));

  function post(to, data) {
    const whole = { to, from: id, ...data };
    channel.postMessage(whole);
    queueMicrotask(() => take(whole));
  }

  function take({ to, from, isNew, message, why, ...rest }) {
    if (to === 'leader') return lead?.serve(from, { message, ...rest });
    // Undefined: the leader does not know this tab yet.
    if (!on || isAnswered === undefined || (to !== 'all' && to !== id)) return;
    if (isNew && !isAnswered) return join();
    if (!isAnswered) leader = from;
    // A leader that was frozen goes on for a moment.
    if (from !== leader && !isNew) return;
    isAnswered = true;
    if (message) on.message(message);
    if (isNew) on.close(1012, 'another tab leads');
    if (why) on.close(...why);
  }

  async function join() {
    await held;
    if (!on) return;
    isAnswered = false;
    post('leader', { first: on.first() });
    // A leader that does not answer is frozen.
    setTimeout(() => on && !isAnswered && compete({ steal: true }), 3_000);
  }

  function compete(how) {
    isCompeting = true;
    const hold = (release) => {
      lead = leadTabs((on) => dial(on), post, (from, gone) => locks.request(name + from, gone), release);
      post('all', { isNew: true });
    };
    locks.request(name, how, () => new Promise(hold)).catch(stepDown);
  }

  function stepDown() {
    isCompeting = false;
    lead?.stop();
    lead = null;
  }

  function close(isStepDown) {
    on = null;
    post('leader', { isOver: true });
    if (isStepDown) stepDown();
  }

  return (...given) => {
    [dial, on] = given;
    on.open({ send: (message) => post('leader', { message }), close });
    if (!isCompeting) compete({});
    join();
  };
}

function leadTabs(dial, post, watch, release) {
  const members = new Map();
  const watched = new Set();
  let [link, greeting, pace = 0] = [];

  const some = (test) => [...members.values()].some(test);
  const dropEvent = (eventId) =>
    some(({ wants }) => wants.has(eventId)) || link?.send({ type: 'unsubscribe_event', eventId });

  function end(why) {
    link?.close();
    [link, greeting, pace = 0] = [];
    if (why) post('all', { why });
  }

  // Slow when every tab is hidden.
  function setPace() {
    const maxPerSecond = some(({ pace }) => !pace) ? 0 : 1;
    if (maxPerSecond !== pace) link?.send({ type: 'set_pace', maxPerSecond });
    pace = maxPerSecond;
  }

  function leave(from) {
    const { wants = [] } = members.get(from) ?? {};
    members.delete(from);
    wants.forEach(dropEvent);
    if (!members.size) return end();
    setPace();
  }

  // Answers, too: a subscription is everybody's, and the newest replaces the one before.
  function deliver(message) {
    if (message.type === 'connection_established') greeting = message;
    post('all', { message });
  }

  function join(from, first) {
    if (!watched.has(from)) watch(from, () => leave(from));
    watched.add(from);
    members.set(from, { wants: new Set(), pace: 0 });
    setPace();
    post(from, { message: greeting });
    link ??= dial({ first: () => first, message: deliver, close: (...why) => end(why) });
  }

  function pass(from, message) {
    const { type, eventId } = message;
    const member = members.get(from);
    if (!member) return;
    if (type === 'subscribe_event') member.wants.add(eventId);
    if (type === 'unsubscribe_event') {
      member.wants.delete(eventId);
      return dropEvent(eventId);
    }
    if (type !== 'set_pace') return link?.send(message);
    member.pace = message.maxPerSecond;
    setPace();
  }

  return {
    serve: (from, { first, message, isOver }) =>
      isOver ? leave(from) : first ? join(from, first) : pass(from, message),
    stop() {
      end();
      release();
    },
  };
}
