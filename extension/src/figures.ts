/** Numbers and times as the product writes them. */

/** A number in at most four figures; a NaN comes as text. */
export function figure(value: number | string | null | undefined): string {
  if (value === null || value === undefined) {
    return '–';
  }
  if (typeof value === 'string') {
    return value;
  }
  return Number.isInteger(value) ? value.toLocaleString() : String(Number(value.toPrecision(4)));
}

/** A time span: `0.4 s`, `2 min 05 s`, `3 h 20 min`. */
export function span(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) {
    return '';
  }
  if (seconds < 60) {
    return `${seconds.toFixed(1)} s`;
  }
  const minutes = Math.floor(seconds / 60);
  const two = (n: number) => String(n).padStart(2, '0');
  return minutes < 60
    ? `${minutes} min ${two(Math.floor(seconds % 60))} s`
    : `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

/** A moment: the time alone today, else the day, too. */
export function moment(ts: number | null | undefined): string {
  if (!ts) {
    return '';
  }
  const at = new Date(ts * 1000);
  const time = at.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });
  return at.toDateString() === new Date().toDateString()
    ? time
    : `${at.toLocaleDateString(undefined, { month: 'short', day: 'numeric' })} ${time}`;
}

/** Bytes as `12.3 MB`. */
export function bytes(n: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let i = 0;
  while (n >= 1000 && i < units.length - 1) {
    n /= 1000;
    i++;
  }
  return `${i ? n.toFixed(1) : n} ${units[i]}`;
}
