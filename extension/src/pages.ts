import React from 'react';
import { useVisible } from './hooks';
import type { IChange } from './model';
import { Failure } from './request';
import type { Query } from './request';
import type { IOpsnb } from './tokens';

interface IPage<T> {
  rows: T[];
  offset: number;
  total: number;
}

/** The rows of a paged view: those that are on screen are asked for, in pages. */
export interface IPages<T> {
  total: number;
  row: (index: number) => T | undefined;
  onShown: (first: number, last: number) => void;
  failure: Failure | null;
  waiting: boolean;
  reload: () => void;
}

const SIZE = 100;

export function usePages<T>(
  opsnb: IOpsnb,
  view: string,
  query: Query,
  touches: (change: IChange) => boolean = () => false
): IPages<T> {
  const visible = useVisible();
  const key = `${view} ${JSON.stringify(query)}`;
  const [, redraw] = React.useReducer((n: number) => n + 1, 0);
  const [turn, setTurn] = React.useState(0);
  const box = React.useRef({
    key: '',
    pages: new Map<number, T[] | null>(),
    total: 0,
    failure: null as Failure | null,
    waiting: true
  });
  const reload = React.useCallback(() => setTurn(n => n + 1), []);
  const heard = React.useRef(touches);
  heard.current = touches;

  const ask = React.useCallback(
    (page: number) => {
      const own = box.current;
      own.pages.set(page, own.pages.get(page) ?? null);
      opsnb.client.view<IPage<T>>(view, { ...query, offset: page * SIZE, most: SIZE }).then(
        answer => {
          if (own.key === key) {
            own.pages.set(page, answer.rows);
            Object.assign(own, { total: answer.total, failure: null, waiting: false });
            redraw();
          }
        },
        (error: unknown) => {
          if (own.key === key) {
            const failure = error instanceof Failure ? error : new Failure({ what: String(error) }, 0);
            Object.assign(own, { failure, waiting: false });
            redraw();
          }
        }
      );
    },
    [opsnb, key]
  );

  React.useEffect(() => {
    if (!visible) {
      return;
    }
    const own = box.current;
    if (own.key !== key) {
      Object.assign(own, { key, pages: new Map(), total: 0, failure: null, waiting: true });
      ask(0);
    } else {
      [...own.pages.keys()].forEach(ask);
    }
  }, [visible, key, turn, ask]);

  React.useEffect(() => {
    let timer = 0;
    const slot = (_: unknown, change: IChange) => {
      if (!timer && (change.all || heard.current(change))) {
        timer = window.setTimeout(() => {
          timer = 0;
          reload();
        }, 150);
      }
    };
    opsnb.live.changed.connect(slot);
    return () => {
      opsnb.live.changed.disconnect(slot);
      window.clearTimeout(timer);
    };
  }, [opsnb, reload]);

  const onShown = (first: number, last: number) => {
    for (let page = Math.floor(first / SIZE); page <= Math.floor(last / SIZE); page++) {
      if (box.current.key === key && !box.current.pages.has(page)) {
        ask(page);
      }
    }
  };
  const own = box.current;
  return {
    total: own.total,
    row: index => own.pages.get(Math.floor(index / SIZE))?.[index % SIZE],
    onShown,
    failure: own.failure,
    waiting: own.waiting,
    reload
  };
}
