import type { Widget } from '@lumino/widgets';
import React from 'react';
import { Failure } from './request';
import type { Query } from './request';
import type { IChange } from './model';
import type { IOpsnb } from './tokens';

/** The Lumino widget that a component is drawn in, and a signal of its being shown and hidden. */
export interface IPlace {
  widget: Widget;
  onVisible: (listener: () => void) => () => void;
}

export const Place = React.createContext<IPlace | null>(null);

/** Whether the user can see the component now; nothing is asked or drawn anew while not. */
export function useVisible(): boolean {
  const place = React.useContext(Place);
  const [visible, setVisible] = React.useState(place?.widget.isVisible ?? true);
  React.useEffect(() => {
    if (!place) {
      return;
    }
    const look = () => setVisible(place.widget.isVisible);
    look();
    return place.onVisible(look);
  }, [place]);
  return visible;
}

export interface IAnswer<T> {
  data: T | null;
  failure: Failure | null;
  /** The first answer is not here yet. */
  waiting: boolean;
  reload: () => void;
}

/**
 * What an asking function answers: asked once, again when `keys` change, and when `touches` says that a change
 * concerns it; at most every `pause` milliseconds; never while hidden, and once when shown again after a change.
 */
export function useAnswer<T>(
  opsnb: IOpsnb,
  ask: () => Promise<T>,
  keys: readonly unknown[],
  touches: (change: IChange) => boolean = () => false,
  pause = 150
): IAnswer<T> {
  const visible = useVisible();
  const [state, setState] = React.useState<{ data: T | null; failure: Failure | null; waiting: boolean }>({
    data: null,
    failure: null,
    waiting: true
  });
  const [turn, setTurn] = React.useState(0);
  const latest = React.useRef({ ask, touches, number: 0, timer: 0, asked: 0 });
  latest.current.ask = ask;
  latest.current.touches = touches;
  const reload = React.useCallback(() => setTurn(n => n + 1), []);

  React.useEffect(() => {
    const box = latest.current;
    const listener = (_: unknown, change: IChange) => {
      if (!box.timer && (change.all || box.touches(change))) {
        const wait = Math.max(0, box.asked + pause - Date.now());
        box.timer = window.setTimeout(() => {
          box.timer = 0;
          reload();
        }, wait);
      }
    };
    opsnb.live.changed.connect(listener);
    return () => {
      opsnb.live.changed.disconnect(listener);
      window.clearTimeout(box.timer);
      box.timer = 0;
    };
  }, [opsnb, pause, reload]);

  React.useEffect(() => {
    if (!visible) {
      return;
    }
    const box = latest.current;
    const number = ++box.number;
    box.asked = Date.now();
    box.ask().then(
      data => number === box.number && setState({ data, failure: null, waiting: false }),
      (error: unknown) =>
        number === box.number &&
        setState(old => ({
          data: old.data,
          failure: error instanceof Failure ? error : new Failure({ what: String(error) }, 0),
          waiting: false
        }))
    );
  }, [visible, turn, ...keys]);

  return { ...state, reload };
}

/** A view of the server, as `useAnswer`. */
export function useView<T>(
  opsnb: IOpsnb,
  name: string,
  query: Query = {},
  touches?: (change: IChange) => boolean
): IAnswer<T> {
  return useAnswer<T>(opsnb, () => opsnb.client.view<T>(name, query), [name, JSON.stringify(query)], touches);
}

/** `value` as it is when it has not changed for `pause` milliseconds: for what is typed. */
export function useSettled<T>(value: T, pause = 200): T {
  const [settled, setSettled] = React.useState(value);
  React.useEffect(() => {
    const timer = window.setTimeout(() => setSettled(value), pause);
    return () => window.clearTimeout(timer);
  }, [value, pause]);
  return settled;
}
