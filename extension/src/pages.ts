import React from 'react';
import { useVisible } from './hooks';
import { Failure } from './request';
import type { Query } from './request';
import type { IChange } from './model';
import type { IOpsnb } from './tokens';

const PAGE = 100;

interface IPage<T> {
  rows: T[];
  total: number;
  reading?: number;
}

export interface IPages<T> {
  total: number;
  /** Rows that are there and not read yet, by the server. */
  reading: number;
  failure: Failure | null;
  waiting: boolean;
  row: (index: number) => T | undefined;
  /** For a list: which places are on screen. */
  onShown: (first: number, last: number) => void;
  reload: () => void;
}

interface IPagesBox<T> {
  pages: Map<number, T[]>;
  asked: Map<number, number>;
  query: string;
  turn: number;
  first: number;
  last: number;
  timer: number;
  at: number;
  stale: boolean;
}

/**
 * A long list of the server's, page by page: only pages on screen are asked for.
 *
 * Rows that an event brings are put in place at once; rows that are not here yet, and those of a filter or search,
 * are asked for again, at most every `pause` milliseconds. Where events bring no such rows, `changed` says whether to
 * ask again.
 */
export function usePages<T>(
  opsnb: IOpsnb,
  view: string,
  query: Query,
  key: (row: T) => string,
  changed: (change: IChange) => readonly T[] | boolean,
  merge: (old: T, fresh: T) => T = (_, fresh) => fresh,
  pause = 500
): IPages<T> {
  const visible = useVisible();
  const [state, setState] = React.useState<{
    total: number;
    reading: number;
    failure: Failure | null;
    waiting: boolean;
  }>({ total: 0, reading: 0, failure: null, waiting: true });
  const [, redraw] = React.useReducer((n: number) => n + 1, 0);
  const box = React.useRef<IPagesBox<T>>({
    pages: new Map(),
    asked: new Map(),
    query: '',
    turn: 0,
    first: 0,
    last: 30,
    timer: 0,
    at: 0,
    stale: false
  });
  const words = JSON.stringify(query);

  const ask = React.useCallback(
    (page: number, fresh: boolean) => {
      const at = box.current;
      const turn = at.turn;
      if (!fresh && (at.pages.has(page) || at.asked.get(page) === turn)) {
        return;
      }
      at.asked.set(page, turn);
      opsnb.client
        .view<IPage<T>>(view, { ...(JSON.parse(words) as Query), offset: page * PAGE, most: PAGE })
        .then(
          answer => {
            if (turn === at.turn) {
              if (at.stale) {
                at.pages = new Map();
                at.stale = false;
              }
              at.pages.set(page, answer.rows);
              setState({ total: answer.total, reading: answer.reading ?? 0, failure: null, waiting: false });
              redraw();
            }
          },
          (error: unknown) => {
            if (turn === at.turn) {
              at.asked.delete(page);
              const failure = error instanceof Failure ? error : new Failure({ what: String(error) }, 0);
              setState(old => ({ ...old, failure, waiting: false }));
            }
          }
        );
    },
    [opsnb, view, words]
  );

  const shown = React.useCallback(
    (fresh: boolean) => {
      const at = box.current;
      for (let page = Math.floor(at.first / PAGE); page <= Math.floor(at.last / PAGE); page++) {
        ask(page, fresh);
      }
    },
    [ask]
  );

  const reload = React.useCallback(() => {
    const at = box.current;
    at.turn++;
    at.at = Date.now();
    at.stale = true;
    at.asked.clear();
    shown(true);
  }, [shown]);

  React.useEffect(() => {
    if (visible) {
      reload();
    }
  }, [visible, reload]);

  React.useEffect(() => {
    const at = box.current;
    const filtered = Object.entries(JSON.parse(words) as Query).some(
      ([name, value]) => name !== 'open' && name !== 'group' && value
    );
    const later = () => {
      if (!at.timer) {
        at.timer = window.setTimeout(
          () => {
            at.timer = 0;
            reload();
          },
          Math.max(0, at.at + pause - Date.now())
        );
      }
    };
    const listener = (_: unknown, change: IChange) => {
      if (!visible) {
        return;
      }
      if (change.all) {
        later();
        return;
      }
      const found = changed(change);
      if (found === true) {
        later();
      }
      const rows = new Map((typeof found === 'boolean' ? [] : found).map(row => [key(row), row]));
      if (!rows.size) {
        return;
      }
      at.pages.forEach((page, number) => {
        if (page.some(row => rows.has(key(row)))) {
          const next = page.map(row => {
            const fresh = rows.get(key(row));
            return fresh ? merge(row, fresh) : row;
          });
          page.forEach(row => rows.delete(key(row)));
          at.pages.set(number, next);
        }
      });
      redraw();
      if (rows.size || filtered) {
        later();
      }
    };
    opsnb.live.changed.connect(listener);
    return () => {
      opsnb.live.changed.disconnect(listener);
      window.clearTimeout(at.timer);
      at.timer = 0;
    };
  }, [opsnb, visible, words, reload, pause]);

  const row = (index: number): T | undefined =>
    box.current.pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  const onShown = React.useCallback(
    (first: number, last: number) => {
      box.current.first = first;
      box.current.last = last;
      shown(false);
    },
    [shown]
  );
  return { ...state, row, onShown, reload };
}
