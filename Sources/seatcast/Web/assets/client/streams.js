
// Event streams, for where WebSockets fail. Over HTTP/1.1 a browser has six connections to a server.
const MOST_STREAMS = 4;

async function* eventsOf(body) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += decoder.decode(value, { stream: true });
    const parts = text.split('\n\n');
    text = parts.pop();
    for (const part of parts) {
      const field = (name) => part.match(`(?:^|\n)${name}: ?(.*)`)?.[1];
      yield { name: field('event'), data: field('data') };
    }
  }
}

function openStreams(base, options, on) {
  const streams = new Map();
  let isOpen = false;
  let heardAt = options.now();
  const close = () => streams.forEach(({ stop }) => stop.abort());
  const fail = (error) => {
    close();
    on.fail(error);
  };
  const tell = (message) => {
    if (!isOpen) on.message({ type: 'connection_established' });
    isOpen = true;
    on.message(message);
  };
  const refuse = (eventId, code) => tell({ type: 'error', eventId, code });

  async function follow({ eventId, since, epoch }, { signal }) {
    const query = epoch ? `?since=${since}&epoch=${epoch}` : '';
    const answer = await ask(base, options, `api/events/${eventId}/stream${query}`, { signal });
    for await (const { name, data } of eventsOf(answer.body)) {
      if (signal.aborted) return;
      heardAt = options.now();
      if (name === 'end') {
        if (data === 'event not found') return;
        throw { code: 4001, message: data };
      }
      const message = data && JSON.parse(data);
      if (message?.type === 'connection_established') message.type = 'subscribed';
      if (message) tell(message);
    }
    throw { message: 'the stream ended' };
  }

  function start(message) {
    const { eventId } = message;
    const asked = JSON.stringify(message);
    if (streams.get(eventId)?.asked === asked) return;
    end(eventId);
    if (streams.size >= MOST_STREAMS) return refuse(eventId, 'too_many_subscriptions');
    const stop = new AbortController();
    streams.set(eventId, { asked, stop });
    follow(message, stop).catch((error) => {
      if (stop.signal.aborted) return;
      if (error.status === 404) refuse(eventId, 'event_not_found');
      else fail(error);
    });
  }

  function end(eventId) {
    streams.get(eventId)?.stop.abort();
    streams.delete(eventId);
  }

  function send(message) {
    const { type, eventId } = message;
    if (type === 'subscribe_event') start(message);
    if (type === 'unsubscribe_event') end(eventId);
    if (type !== 'ping') return;
    // A quiet stream has a comment every 45 seconds.
    if (options.now() - heardAt > 100_000) fail({ message: 'no answer' });
    else on.message({ type: 'pong' });
  }

  on.open({ send, close });
  const first = on.first();
  first.forEach(start);
  if (!first.length) fail({ message: 'nothing to stream' });
}
