import React from 'react';
import { useVisible } from './hooks';
import { Failure } from './request';

/** What `ask` answers, asked again and again while it can be seen; and the answers of the last while. */
export function usePolled<T>(
  ask: () => Promise<T>,
  keys: readonly unknown[],
  every = 2000,
  most = 60,
  on = true
): { last: T | null; past: readonly T[]; failure: Failure | null } {
  const visible = useVisible();
  const [past, setPast] = React.useState<readonly T[]>([]);
  const [failure, setFailure] = React.useState<Failure | null>(null);
  React.useEffect(() => setPast([]), keys);
  React.useEffect(() => {
    if (!visible || !on) {
      return;
    }
    let gone = false;
    let timer = 0;
    const look = async () => {
      try {
        const answer = await ask();
        if (!gone) {
          setPast(old => [...old.slice(1 - most), answer]);
          setFailure(null);
        }
      } catch (error) {
        if (!gone) {
          setFailure(error instanceof Failure ? error : new Failure({ what: String(error) }, 0));
        }
      }
      if (!gone) {
        timer = window.setTimeout(() => void look(), every);
      }
    };
    void look();
    return () => {
      gone = true;
      window.clearTimeout(timer);
    };
  }, [visible, on, every, ...keys]);
  return { last: past[past.length - 1] ?? null, past, failure };
}
