import type { TranslationBundle } from '@jupyterlab/translation';

/** A number in at most five figures; text, such as NaN, as it is. */
export function number(value: number | string | null | undefined): string {
  if (value === null || value === undefined) {
    return '';
  }
  if (typeof value === 'string') {
    return value;
  }
  if (Number.isInteger(value) && Math.abs(value) < 1e9) {
    return value.toLocaleString('en');
  }
  const size = Math.abs(value);
  return size >= 1e5 && size < 1e9
    ? Math.round(value).toLocaleString('en')
    : String(Number(value.toPrecision(4))).replace('e+', 'e');
}

/** A time span: `0.4 s`, `2 min 05 s`, `3 h 20 min`. */
export function duration(trans: TranslationBundle, seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) {
    return '';
  }
  if (seconds > 0 && seconds < 0.1) {
    return trans.__('%1 ms', Math.max(1, Math.round(seconds * 1000)));
  }
  if (seconds < 60) {
    return trans.__('%1 s', seconds.toFixed(1));
  }
  const minutes = Math.floor(seconds / 60);
  const two = (n: number) => String(n).padStart(2, '0');
  if (minutes < 60) {
    return trans.__('%1 min %2 s', minutes, two(Math.floor(seconds % 60)));
  }
  const hours = Math.floor(minutes / 60);
  return hours < 48
    ? trans.__('%1 h %2 min', hours, two(minutes % 60))
    : trans.__('%1 d %2 h', Math.floor(hours / 24), hours % 24);
}

/** Bytes as `12.3 kB`. */
export function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit ? value.toFixed(value < 10 ? 2 : 1) : value} ${units[unit]}`;
}

/** A moment, of today without its date. */
export function moment(ts: number | null | undefined): string {
  if (!ts) {
    return '';
  }
  const at = new Date(ts * 1000);
  const today = at.toDateString() === new Date().toDateString();
  return today ? at.toLocaleTimeString() : at.toLocaleString();
}

/** A moment for a narrow place: to the minute, of today without its date. */
export function brief(ts: number | null | undefined): string {
  if (!ts) {
    return '';
  }
  const at = new Date(ts * 1000);
  const time = at.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });
  return at.toDateString() === new Date().toDateString()
    ? time
    : `${at.toLocaleDateString(undefined, { month: 'short', day: 'numeric' })} ${time}`;
}
