/** A piece of a line in one style; `style` holds CSS classes. */
export interface ISpan {
  text: string;
  style: string;
}

const BASE = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];

/** What the escape codes so far say about the text that follows. */
export interface IAnsi {
  color: string;
  back: string;
  bold: boolean;
  faint: boolean;
  italic: boolean;
  under: boolean;
}

export const PLAIN: IAnsi = { color: '', back: '', bold: false, faint: false, italic: false, under: false };

/** One of the 16 colours that is like colour `n` of 256. */
function of256(n: number): string {
  if (n < 16) {
    return BASE[n % 8];
  }
  if (n >= 232) {
    return n < 244 ? 'black' : 'white';
  }
  const [r, g, b] = [Math.floor((n - 16) / 36), Math.floor((n - 16) / 6) % 6, (n - 16) % 6];
  return ofRgb(r * 51, g * 51, b * 51);
}

function ofRgb(r: number, g: number, b: number): string {
  const bright = Math.max(r, g, b);
  if (bright < 60) {
    return 'black';
  }
  const place = (r > bright / 2 ? 1 : 0) + (g > bright / 2 ? 2 : 0) + (b > bright / 2 ? 4 : 0);
  return BASE[place];
}

function applied(state: IAnsi, codes: number[]): IAnsi {
  let next = { ...state };
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i];
    if (code === 0) {
      next = { ...PLAIN };
    } else if (code === 1) {
      next.bold = true;
    } else if (code === 2) {
      next.faint = true;
    } else if (code === 3) {
      next.italic = true;
    } else if (code === 4) {
      next.under = true;
    } else if (code === 22) {
      next.bold = next.faint = false;
    } else if (code === 23) {
      next.italic = false;
    } else if (code === 24) {
      next.under = false;
    } else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) {
      next.color = BASE[code % 10];
    } else if ((code >= 40 && code <= 47) || (code >= 100 && code <= 107)) {
      next.back = BASE[code % 10];
    } else if (code === 39) {
      next.color = '';
    } else if (code === 49) {
      next.back = '';
    } else if (code === 38 || code === 48) {
      const color =
        codes[i + 1] === 5
          ? of256(codes[i + 2] ?? 0)
          : ofRgb(codes[i + 2] ?? 0, codes[i + 3] ?? 0, codes[i + 4] ?? 0);
      if (code === 38) {
        next.color = color;
      } else {
        next.back = color;
      }
      i += codes[i + 1] === 5 ? 2 : 4;
    }
  }
  return next;
}

function classes(state: IAnsi): string {
  return [
    state.color && `jp-opsnb-ansi-${state.color}`,
    state.back && `jp-opsnb-ansi-back-${state.back}`,
    state.bold && 'jp-opsnb-ansi-bold',
    state.faint && 'jp-opsnb-ansi-faint',
    state.italic && 'jp-opsnb-ansi-italic',
    state.under && 'jp-opsnb-ansi-under'
  ]
    .filter(Boolean)
    .join(' ');
}

// eslint-disable-next-line no-control-regex
const ESCAPE = /\x1b(?:\[([0-9;:?]*)([@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])/g;

/** A line as pieces in one style each, and the style in which the next line begins; other escapes are left out. */
export function spans(line: string, state: IAnsi): { spans: ISpan[]; state: IAnsi } {
  const out: ISpan[] = [];
  let at = 0;
  const put = (text: string) => text && out.push({ text, style: classes(state) });
  ESCAPE.lastIndex = 0;
  for (let match = ESCAPE.exec(line); match; match = ESCAPE.exec(line)) {
    put(line.slice(at, match.index));
    at = match.index + match[0].length;
    if (match[2] === 'm') {
      state = applied(state, (match[1] || '0').split(/[;:]/).map(Number));
    }
  }
  put(line.slice(at));
  return { spans: out, state };
}

/** What a terminal shows of a line in which a progress bar has gone back to the beginning. */
export function lastStand(line: string): string {
  if (!line.includes('\r')) {
    return line;
  }
  const stands = line.split('\r').filter(part => part !== '');
  return stands.length ? stands[stands.length - 1] : '';
}
