import React from 'react';
import type { TranslationBundle } from '@jupyterlab/translation';
import { useVisible } from '../hooks';
import { duration } from '../words';

/** Seconds since 1970, each second anew while `ticks` and seen. */
export function useNow(ticks: boolean, every = 1000): number {
  const visible = useVisible();
  const [now, setNow] = React.useState(() => Date.now() / 1000);
  React.useEffect(() => {
    if (!ticks || !visible) {
      return;
    }
    setNow(Date.now() / 1000);
    const timer = window.setInterval(() => setNow(Date.now() / 1000), every);
    return () => window.clearInterval(timer);
  }, [ticks, visible, every]);
  return now;
}

/** How long something took, or has taken so far. */
export function Took(props: {
  trans: TranslationBundle;
  status: string;
  started: number | null;
  seconds: number | null;
}): JSX.Element {
  const running = props.status === 'running' && props.started !== null;
  const now = useNow(running);
  const seconds = running ? Math.max(0, now - (props.started ?? now)) : props.seconds;
  const text = duration(props.trans, running && seconds !== null ? Math.floor(seconds) : seconds);
  return <span className="jp-opsnb-Took">{running ? text.replace('.0', '') : text}</span>;
}
