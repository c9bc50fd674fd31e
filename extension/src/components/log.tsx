import { caretDownIcon, caretUpIcon, downloadIcon } from '@jupyterlab/ui-components';
import React from 'react';
import type { LogHit } from '../api';
import { useSettled } from '../hooks';
import type { IOpsnb } from '../tokens';
import { size } from '../words';
import { IconButton, Search } from './bar';
import { FailureBox } from './failure';
import { useLog } from './follow';
import type { ILine } from './logtext';

const ROW = 18;
const EXTRA = 20;
const DOWNLOAD = 500_000_000;

/** A line; the words looked for are marked. */
function Line(props: { line: ILine; words: string }): JSX.Element {
  const words = props.words.toLowerCase();
  return (
    <>
      {props.line.spans.map((span, i) => (
        <span key={i} className={span.style || undefined}>
          {words && span.text.toLowerCase().includes(words) ? marked(span.text, words) : span.text}
        </span>
      ))}
    </>
  );
}

function marked(text: string, words: string): React.ReactNode[] {
  const out: React.ReactNode[] = [];
  const low = text.toLowerCase();
  let at = 0;
  for (let i = low.indexOf(words); i >= 0; i = low.indexOf(words, at)) {
    out.push(text.slice(at, i), <mark key={i}>{text.slice(i, i + words.length)}</mark>);
    at = i + words.length;
  }
  return [...out, text.slice(at)];
}

interface IFound {
  words: string;
  hits: LogHit[];
  /** How far was looked. */
  end: number;
  size: number;
  place: number;
}

/** A log that is followed; only lines that can be seen are drawn, and only parts near them are here. */
export function LogView(props: { opsnb: IOpsnb; id: string; rank?: number | null }): JSX.Element {
  const { opsnb, id, rank = null } = props;
  const { trans } = opsnb;
  const log = useLog(opsnb, id, rank);
  const { text } = log;
  const box = React.useRef<HTMLDivElement>(null);
  const [range, setRange] = React.useState({ first: 0, last: 60 });
  const [words, setWords] = React.useState('');
  const settled = useSettled(words, 300);
  const [found, setFound] = React.useState<IFound | null>(null);
  const [busy, setBusy] = React.useState(false);
  const quiet = React.useRef(0);

  const look = React.useCallback(() => {
    const node = box.current;
    if (node) {
      const first = Math.max(0, Math.floor(node.scrollTop / ROW) - EXTRA);
      const last = Math.ceil((node.scrollTop + (node.clientHeight || 400)) / ROW) + EXTRA;
      setRange(old => (old.first === first && old.last === last ? old : { first, last }));
    }
  }, []);

  React.useEffect(() => {
    const node = box.current;
    if (!node) {
      return;
    }
    const watcher = new ResizeObserver(look);
    watcher.observe(node);
    return () => watcher.disconnect();
  }, [look]);

  React.useLayoutEffect(() => {
    const node = box.current;
    if (!node) {
      return;
    }
    quiet.current = Date.now() + 100;
    if (log.following) {
      node.scrollTop = node.scrollHeight;
    } else if (log.shift) {
      node.scrollTop += log.shift * ROW;
    }
    look();
  }, [log.version, log.following]);

  const onScroll = () => {
    look();
    const node = box.current;
    if (!node || Date.now() < quiet.current) {
      return;
    }
    const below = node.scrollHeight - node.scrollTop - node.clientHeight;
    if (below > 2 * ROW && log.following) {
      log.follow(false);
    } else if (below < ROW && !log.following && text.end >= text.size && !text.done) {
      log.follow(true);
    }
    if (node.scrollTop < 100 * ROW && text.start > 0 && !log.following) {
      log.earlier();
    } else if (below < 100 * ROW && text.end < text.size && !log.following) {
      log.later();
    }
  };

  const toLine = async (at: number) => {
    await log.go(at);
    const place = text.lines.findIndex(
      (line, i) => line.at <= at && (text.lines[i + 1]?.at ?? Infinity) > at
    );
    const node = box.current;
    if (node && place >= 0) {
      window.requestAnimationFrame(() => {
        quiet.current = Date.now() + 100;
        node.scrollTop = Math.max(0, place * ROW - node.clientHeight / 3);
        look();
      });
    }
  };

  const search = async (from: number, old: LogHit[]) => {
    setBusy(true);
    try {
      const answer = await log.find(settled, from);
      const place = old.length ? old.length : 0;
      setFound({ words: settled, hits: [...old, ...answer.hits], end: answer.end, size: answer.size, place });
      if (answer.hits.length) {
        await toLine(answer.hits[0].at);
      }
    } finally {
      setBusy(false);
    }
  };

  React.useEffect(() => {
    setFound(null);
    if (settled) {
      void search(0, []);
    }
  }, [settled, id, rank]);

  const step = (by: number) => {
    if (!found) {
      return;
    }
    const place = found.place + by;
    if (place >= found.hits.length && found.end < found.size) {
      void search(found.end, found.hits);
    } else if (found.hits.length) {
      const next = (place + found.hits.length) % found.hits.length;
      setFound({ ...found, place: next });
      void toLine(found.hits[next].at);
    }
  };

  const whole = found && found.end >= found.size;
  const told = busy
    ? trans.__('Searching…')
    : !found
      ? ''
      : found.hits.length
        ? whole
          ? trans.__('%1 of %2', found.place + 1, found.hits.length)
          : trans.__('%1 of %2 in the first %3', found.place + 1, found.hits.length, size(found.end))
        : whole
          ? trans.__('not in it')
          : trans.__('not in the first %1', size(found.end));
  const shown = text.lines.slice(range.first, range.last);
  const current = found?.hits[found.place]?.at;

  return (
    <div className="jp-opsnb-Log">
      <div className="jp-opsnb-Bar" role="group" aria-label={trans.__('Log')}>
        <Search
          label={trans.__('Search the log')}
          value={words}
          onChange={setWords}
          onEnter={back => step(back ? -1 : 1)}
        />
        <span className="jp-opsnb-Note" role="status">
          {told}
        </span>
        {found && (
          <>
            <IconButton icon={caretUpIcon} label={trans.__('The one before')} onClick={() => step(-1)} />
            <IconButton icon={caretDownIcon} label={trans.__('The next')} onClick={() => step(1)} />
          </>
        )}
        <span className="jp-opsnb-Space" />
        <span className="jp-opsnb-Note">
          {text.size > text.end - text.start
            ? trans.__('%1 to %2 of %3', size(text.start), size(text.end), size(text.size))
            : size(text.size)}
        </span>
        <button
          type="button"
          className="jp-opsnb-Word"
          disabled={text.start === 0}
          onClick={() => void toLine(0)}
        >
          {trans.__('Beginning')}
        </button>
        <button
          type="button"
          className="jp-opsnb-Word"
          aria-pressed={log.following}
          onClick={() => log.follow(!log.following)}
        >
          {text.done ? trans.__('End') : trans.__('Follow')}
        </button>
        <IconButton
          icon={downloadIcon}
          label={
            text.size > DOWNLOAD
              ? trans.__('Too long to download here (%1): opsnb logs %2', size(text.size), id)
              : trans.__('Download')
          }
          disabled={!text.size || text.size > DOWNLOAD}
          onClick={() => void log.download(`${id}.log`)}
        />
      </div>
      {log.failure && <FailureBox trans={trans} failure={log.failure} />}
      {!log.waiting && !text.lines.length && !log.failure && (
        <p className="jp-opsnb-Empty">
          {text.done ? trans.__('It has written nothing.') : trans.__('It has written nothing yet.')}
        </p>
      )}
      <div
        className="jp-opsnb-LogBox"
        ref={box}
        onScroll={onScroll}
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label={trans.__('Log of %1', id)}
        hidden={!text.lines.length}
      >
        <div style={{ height: text.lines.length * ROW }}>
          {shown.map((line, i) => (
            <div
              key={line.at}
              className={`jp-opsnb-LogLine${line.at === current ? ' jp-opsnb-mod-current' : ''}`}
              style={{ top: (range.first + i) * ROW, height: ROW }}
            >
              <Line line={line} words={settled} />
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}
