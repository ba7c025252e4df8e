-- What seatcast runs for bookings, for SpeedOfLight --measure bookings. The tables are those of a database that
-- seatcast itself has made. script/bench books once by either, and compares the rows: change this file with
-- Sources/ControlPlane/Persistence.

-- each booking with an Idempotency-Key, first
SELECT b.id, b.event_id, b.user_id, b.quantity, b.created_at, b.created_seq, NULL, NULL, n.available
  FROM idempotency_key k JOIN booking b ON b.id = k.booking_id
    JOIN notice n ON n.event_id = b.event_id AND n.seq = b.created_seq
  WHERE k.hash = :hash AND k.user_id = :user AND k.key = :key AND k.at > :at - 86400000;

-- each booking; the first statement gives :booking its number
INSERT INTO booking (event_id, user_id, quantity, created_at, created_seq) VALUES (:event, :user, 1, :at, :seq);
INSERT INTO notice VALUES (:event, :seq, 1, :booking, :available, :capacity, :at, NULL);

-- each booking with an Idempotency-Key, then
INSERT INTO idempotency_key (hash, user_id, key, booking_id, at) VALUES (:hash, :user, :key, :booking, :at);

-- each event of a batch
UPDATE event SET (sold, held, seq, updated_at, standing) = (:sold, held, :seq, :at, standing + :count) WHERE id = :event;
INSERT INTO feed (position, kind, subject, number, count)
  VALUES ((SELECT coalesce(max(position), 0) FROM feed) + :count, 0, :event, :seq, :count);
