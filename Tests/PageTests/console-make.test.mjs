// Tests of what the console's forms send, without a browser: node --test Tests/PageTests/

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './load.mjs';

const { draftOf } = await load('console-make.js');
const { tokenOf } = await load('console-tokens.js');

test('fields that are empty are left to the server, and types without a name are none', () => {
  const empty = { venue: '', startsAt: '', maxPerUser: '', holdMinutes: '', status: '' };
  assert.deepEqual(draftOf({ name: 'A', seatCapacity: '9', ...empty }, [{ name: ' ', capacity: '3' }]), {
    name: 'A', seatCapacity: 9,
  });
});

test('times are told in UTC, minutes as seconds, and types with their seats or without', () => {
  const fields = {
    name: 'A', seatCapacity: '9', status: 'draft', opensAt: '2030-01-01T10:00', maxPerBooking: '4', maxPerUser: '0',
    holdMinutes: '0.5', venue: 'Park', description: 'x',
  };
  const types = [{ name: 'Stalls', capacity: '6' }, { name: 'Rest', capacity: '' }];
  assert.deepEqual(draftOf(fields, types), {
    name: 'A', seatCapacity: 9, status: 'draft', opensAt: new Date('2030-01-01T10:00').toISOString(), maxPerBooking: 4,
    maxPerUser: 0, holdSeconds: 30, venue: 'Park', description: 'x',
    types: [{ name: 'Stalls', capacity: 6 }, { name: 'Rest' }],
  });
});

test('no holds are said with 0', () => assert.equal(draftOf({ name: 'A', seatCapacity: '1', holdMinutes: '0' }, []).holdSeconds, 0));

test('a service token ends after the days that are said', () => {
  const now = Date.parse('2030-01-01T00:00:00Z');
  assert.deepEqual(tokenOf({ name: 'shop', days: '' }, ['feed:read'], now), { name: 'shop', scopes: ['feed:read'] });
  assert.equal(tokenOf({ name: 'shop', days: '2' }, [], now).expiresAt, '2030-01-03T00:00:00.000Z');
});
