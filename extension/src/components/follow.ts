import React from 'react';
import type { LogHit, LogHits, LogPage } from '../api';
import { useVisible } from '../hooks';
import { Failure } from '../request';
import type { IOpsnb } from '../tokens';
import { LogText } from './logtext';

const PART = 131_072;
const PAUSE = 600;

export interface ILog {
  text: LogText;
  failure: Failure | null;
  waiting: boolean;
  /** Counts up with each change. */
  version: number;
  /** Lines that were put in front (or, below 0, let go there) by the last change. */
  shift: number;
  following: boolean;
  follow: (on: boolean) => void;
  earlier: () => void;
  later: () => void;
  /** Show the log around a place; its line is then in `text`. */
  go: (at: number) => Promise<void>;
  find: (words: string, from: number) => Promise<LogHits>;
  download: (name: string) => Promise<void>;
}

/** The part of a log that somebody looks at; while it grows and is followed, its end. */
export function useLog(opsnb: IOpsnb, id: string, rank: number | null): ILog {
  const visible = useVisible();
  const text = React.useMemo(() => new LogText(), [id, rank]);
  const [state, setState] = React.useState({ version: 0, shift: 0, waiting: true });
  const [failure, setFailure] = React.useState<Failure | null>(null);
  const [following, setFollowing] = React.useState(true);
  const busy = React.useRef(false);
  const ask = React.useCallback(
    (start: number, most = PART) => opsnb.client.view<LogPage>('log', { id, start, bytes: most, rank }),
    [opsnb, id, rank]
  );
  const changed = React.useCallback(
    (shift = 0) => setState(old => ({ version: old.version + 1, shift, waiting: false })),
    []
  );
  const one = React.useCallback(async (work: () => Promise<void>) => {
    if (busy.current) {
      return;
    }
    busy.current = true;
    try {
      await work();
      setFailure(null);
    } catch (error) {
      setFailure(error instanceof Failure ? error : new Failure({ what: String(error) }, 0));
    } finally {
      busy.current = false;
    }
  }, []);

  const tail = React.useCallback(async () => {
    text.reset(await ask(-PART));
    changed();
  }, [text, ask, changed]);

  const grow = React.useCallback(async () => {
    const part = await ask(text.end);
    if (part.size < text.end || part.size - text.end > 8 * PART) {
      await tail();
    } else if (part.text || part.done !== text.done || part.size !== text.size) {
      changed(-text.append(part));
    }
  }, [text, ask, tail, changed]);

  React.useEffect(() => {
    setState({ version: 0, shift: 0, waiting: true });
    setFollowing(true);
  }, [text]);

  React.useEffect(() => {
    if (!visible || !following) {
      return;
    }
    let gone = false;
    let timer = 0;
    const look = async () => {
      await one(text.size ? grow : tail);
      if (!gone && !(text.done && text.end >= text.size)) {
        timer = window.setTimeout(() => void look(), text.end < text.size ? 0 : PAUSE);
      } else if (!gone) {
        changed();
      }
    };
    void look();
    return () => {
      gone = true;
      window.clearTimeout(timer);
    };
  }, [visible, following, text, one, grow, tail, changed]);

  return {
    text,
    failure,
    following,
    ...state,
    follow: on => {
      setFollowing(on);
      if (on && text.end < text.size) {
        void one(tail);
      }
    },
    earlier: () =>
      void one(async () => {
        if (text.start > 0) {
          const start = Math.max(0, text.start - PART);
          changed(text.prepend(await ask(start, text.start - start)));
        }
      }),
    later: () =>
      void one(async () => {
        if (text.end < text.size) {
          changed(-text.append(await ask(text.end)));
        }
      }),
    go: at =>
      one(async () => {
        setFollowing(false);
        if (at < text.start || at >= text.end) {
          text.reset(await ask(Math.max(0, at - PART / 4)));
          changed();
        }
      }),
    find: (words, from) => opsnb.client.view<LogHits>('log_find', { id, words, start: from, rank }),
    download: async name => {
      const parts: string[] = [];
      let at = 0;
      for (;;) {
        const part = await ask(at, 4_000_000);
        parts.push(part.text);
        at = part.end;
        if (!part.text || at >= part.size) {
          break;
        }
      }
      const link = document.createElement('a');
      link.href = URL.createObjectURL(new Blob(parts, { type: 'text/plain' }));
      link.download = name;
      link.click();
      URL.revokeObjectURL(link.href);
    }
  };
}

export type { LogHit };
