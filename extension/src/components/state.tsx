import React from 'react';
import type { TranslationBundle } from '@jupyterlab/translation';

export const SIGNS: Record<string, string> = {
  queued: '○',
  running: '●',
  done: '✓',
  failed: '✗',
  cancelled: '⊘',
  cached: '≡',
  timed_out: '⧖',
  lost: '?',
  not_run: '–',
  unreachable: '…'
};

/** A state as its sign. */
export const stateSign = (status: string): string => SIGNS[status] ?? '';

/** A state as its word in the user's language. */
export function stateWord(trans: TranslationBundle, status: string): string {
  const words: Record<string, string> = {
    queued: trans.__('queued'),
    running: trans.__('running'),
    done: trans.__('done'),
    failed: trans.__('failed'),
    cancelled: trans.__('cancelled'),
    cached: trans.__('cached'),
    timed_out: trans.__('timed out'),
    lost: trans.__('lost'),
    not_run: trans.__('not run'),
    unreachable: trans.__('unreachable')
  };
  return words[status] ?? status;
}

/** A state: sign and word, never colour alone; `brief` shows the sign and says the word. */
export function State(props: { trans: TranslationBundle; status: string; brief?: boolean }): JSX.Element {
  const word = stateWord(props.trans, props.status);
  return (
    <span
      className="jp-opsnb-State"
      data-state={props.status}
      title={word}
      {...(props.brief ? { role: 'img', 'aria-label': word } : {})}
    >
      {stateSign(props.status)}
      {props.brief ? '' : ` ${word}`}
    </span>
  );
}
