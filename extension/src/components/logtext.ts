import type { LogPage } from '../api';
import { PLAIN, lastStand, spans } from './ansi';
import type { IAnsi, ISpan } from './ansi';

export interface ILine {
  /** Where it begins in the log, in bytes. */
  at: number;
  spans: ISpan[];
  /** Without escape codes, for a search. */
  text: string;
}

const CUT = 5000;
const coder = new TextEncoder();

/**
 * The part of a log that is here: whole lines one behind the other, at most `most` characters of them.
 *
 * More is put at either end as the user goes there; what is then too far away is let go.
 */
export class LogText {
  constructor(readonly most = 3_000_000) {}

  lines: ILine[] = [];
  /** Bytes of the log that `lines` stand for. */
  start = 0;
  end = 0;
  size = 0;
  done = false;
  /** An unfinished last line; it is in `lines`, too. */
  private _open = '';
  private _openAt = 0;
  private _state: IAnsi = PLAIN;
  private _openState: IAnsi = PLAIN;
  private _length = 0;

  /** Begin anew with a part; unless it begins the log, its first line may be torn and is left out. */
  reset(part: LogPage): void {
    this.lines = [];
    this._open = '';
    this._state = this._openState = PLAIN;
    this._length = 0;
    let { text, start } = part;
    const first = text.indexOf('\n') + 1;
    if (start > 0 && first > 0 && first < text.length) {
      start += coder.encode(text.slice(0, first)).length;
      text = text.slice(first);
    }
    this.start = this.end = this._openAt = start;
    this.append({ ...part, text, start });
  }

  /** Put a part behind what is here; how many lines were let go at the top. */
  append(part: LogPage): number {
    this.size = part.size;
    this.done = part.done;
    if (part.start !== this.end && part.text) {
      this.reset(part);
      return 0;
    }
    if (this._open && part.text) {
      this.lines.pop();
      this._state = this._openState;
    }
    const text = part.text ? this._open + part.text : '';
    if (text) {
      this._take(text);
    }
    this.end = Math.max(this.end, part.end);
    this._length += part.text.length;
    let gone = 0;
    while (this._length > this.most && this.lines.length > 2000) {
      this._length -= this.lines[0].text.length + 1;
      this.lines.shift();
      gone++;
      this.start = this.lines[0].at;
    }
    return gone;
  }

  private _take(text: string): void {
    let at = this._openAt;
    const parts = text.split('\n');
    parts.forEach((raw, i) => {
      const last = i === parts.length - 1;
      if (last) {
        this._open =
          raw.length > 400_000
            ? raw.slice(raw.lastIndexOf('\r', raw.length - 200_000) + 1).slice(-200_000)
            : raw;
        this._openAt = at + bytes(raw) - bytes(this._open);
        this._openState = this._state;
        if (!raw) {
          return;
        }
      }
      const made = line(raw, at, this._state);
      this._state = made.state;
      this.lines.push(made.line);
      at += bytes(raw) + 1;
    });
  }

  /** Put a part in front; how many lines came. */
  prepend(part: LogPage): number {
    if (part.end < this.start) {
      return 0;
    }
    let { text, start } = part;
    const first = text.indexOf('\n') + 1;
    if (start > 0 && first > 0 && first < text.length) {
      start += bytes(text.slice(0, first));
      text = text.slice(first);
    }
    const fresh: ILine[] = [];
    let at = start;
    let state = PLAIN;
    for (const raw of text.replace(/\n$/, '').split('\n')) {
      const made = line(raw, at, state);
      state = made.state;
      fresh.push(made.line);
      at += bytes(raw) + 1;
    }
    this.lines = [...fresh, ...this.lines];
    this.start = start;
    this._length += text.length;
    if (this._length > this.most) {
      let n = this.lines.length;
      while (this._length > this.most && n > fresh.length + 2000) {
        this._length -= this.lines[--n].text.length + 1;
      }
      if (n < this.lines.length) {
        this.end = this._openAt = this.lines[n].at;
        this._open = '';
        this._state = this._openState = PLAIN;
        this.lines.length = n;
      }
    }
    return fresh.length;
  }
}

const bytes = (text: string) => coder.encode(text).length;

function line(raw: string, at: number, state: IAnsi): { line: ILine; state: IAnsi } {
  let shown = lastStand(raw);
  if (shown.length > CUT) {
    shown = `${shown.slice(0, CUT)}… (${raw.length.toLocaleString('en')})`;
  }
  const made = spans(shown, state);
  return { line: { at, spans: made.spans, text: made.spans.map(s => s.text).join('') }, state: made.state };
}
