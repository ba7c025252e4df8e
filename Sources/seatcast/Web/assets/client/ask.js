class SeatcastError extends Error {
  constructor(status, problem, retryAfterMs = 0) {
    super(problem?.detail ?? problem?.title ?? (status ? `Status ${status}` : 'The server cannot be reached.'));
    const type = problem?.type?.split(':').pop();
    const code = status === 401 ? 4001 : 1006;
    Object.assign(this, { name: 'SeatcastError', status, type, problem, retryAfterMs, code });
  }
}

async function ask(base, options, path, request = {}) {
  const { fetch = globalThis.fetch } = options;
  const token = await tokenOf(options);
  const headers = { ...request.headers, ...(token && { Authorization: `Bearer ${token}` }) };
  const answer = await fetch(base + path, { cache: 'no-store', ...request, headers }).catch(() => {
    throw new SeatcastError(0);
  });
  if (answer.ok) return answer;
  const wait = 1000 * answer.headers.get('Retry-After');
  throw new SeatcastError(answer.status, await answer.json().catch(() => null), wait || 0);
}
