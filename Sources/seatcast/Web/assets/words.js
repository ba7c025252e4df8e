// Words for numbers, times and waits, in the browser's own notation. Pure: no document, requests or clock.

const wholeNumber = new Intl.NumberFormat();
const dayAndTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const hourAndMinute = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });
const hourToSecond = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const DAY_MS = 24 * 60 * 60 * 1000;

export const number = (value) => wholeNumber.format(value);
export const count = (value, one, many) => `${number(value)} ${value === 1 ? one : many}`;
export const seats = (value) => count(value, 'seat', 'seats');

/** A date and time that does not break across lines; empty for a missing or unreadable one. */
export function moment(text) {
  const time = text ? new Date(text) : null;
  if (time === null || Number.isNaN(time.getTime())) return '';
  return dayAndTime.format(time).replaceAll(' ', '\u00a0');
}

/** The time of day to the second. */
export const clockTime = (time) => hourToSecond.format(new Date(time)).replaceAll(' ', '\u00a0');

/** The time of day to the minute, with the date when `time` is a day or more before `now`. */
export function minuteOf(time, now) {
  const format = now - time < DAY_MS ? hourAndMinute : dayAndTime;
  return format.format(new Date(time)).replaceAll(' ', '\u00a0');
}

/** A waiting time, rounded up: "1 second", "34 seconds", "3 minutes", "2 hours". */
export function duration(seconds) {
  const whole = Math.max(1, Math.ceil(seconds));
  if (whole < 100) return count(whole, 'second', 'seconds');
  if (whole < 100 * 60) return count(Math.ceil(whole / 60), 'minute', 'minutes');
  return count(Math.ceil(whole / 3600), 'hour', 'hours');
}

/** What is left of a countdown, rounded up: "0:09", "9:41", "1:02:03", "2 days 03:04:05". */
export function timeLeft(milliseconds) {
  const whole = Math.max(0, Math.ceil(milliseconds / 1000));
  const [days, hours] = [Math.floor(whole / 86_400), Math.floor(whole / 3600) % 24];
  const two = (value) => String(value).padStart(2, '0');
  const [minutes, rest] = [Math.floor(whole / 60) % 60, two(whole % 60)];
  if (days > 0) return `${count(days, 'day', 'days')} ${two(hours)}:${two(minutes)}:${rest}`;
  return hours > 0 ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}

/** "seatCapacity" becomes "Seat capacity". */
export function fieldName(member) {
  const words = String(member).replace(/([A-Z])/g, ' $1').toLowerCase().trim();
  return words && `${words[0].toUpperCase()}${words.slice(1)}`;
}
