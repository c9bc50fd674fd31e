import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';
import { number } from '../words';
import type { VerdictRow } from '../api';

/** Whether a gate said yes: sign and word; `brief` shows the sign and says the word. */
export function VerdictSign(props: {
  trans: TranslationBundle;
  ok: boolean | null;
  brief?: boolean;
}): JSX.Element {
  const { trans, ok, brief } = props;
  const word = ok === null ? trans.__('not judged') : ok ? trans.__('gate passed') : trans.__('gate said no');
  return (
    <span
      className="jp-opsnb-State"
      data-state={ok === null ? 'not_run' : ok ? 'done' : 'failed'}
      title={word}
      {...(brief ? { role: 'img', 'aria-label': word } : {})}
    >
      {ok === null ? '–' : ok ? '✓' : '✗'}
      {brief ? '' : ` ${word}`}
    </span>
  );
}

/** A verdict with a line for each rule. */
export function VerdictBox(props: { trans: TranslationBundle; verdict: VerdictRow }): JSX.Element {
  const { trans, verdict } = props;
  return (
    <details className="jp-opsnb-Ruling" open={verdict.ok === false}>
      <summary>
        <VerdictSign trans={trans} ok={verdict.ok} /> <strong>{verdict.name}</strong>: {verdict.why}
      </summary>
      {verdict.evidence.length > 0 && (
        <ul>
          {verdict.evidence.map((row, i) => {
            const ok = row.ok as boolean | null | undefined;
            return (
              <li key={i}>
                <span
                  className="jp-opsnb-State"
                  data-state={ok === true ? 'done' : ok === false ? 'failed' : 'not_run'}
                  role="img"
                  aria-label={
                    ok === true
                      ? trans.__('holds')
                      : ok === false
                        ? trans.__('does not hold')
                        : trans.__('not judged')
                  }
                >
                  {ok === true ? '✓' : ok === false ? '✗' : '–'}
                </span>{' '}
                <code>{String(row.rule ?? row.name ?? '')}</code>{' '}
                {row.value !== null && row.value !== undefined && typeof row.value === 'number'
                  ? trans.__('is %1', number(row.value))
                  : ''}{' '}
                <span className="jp-opsnb-mod-dim">{String(row.note ?? row.why ?? '')}</span>
              </li>
            );
          })}
        </ul>
      )}
    </details>
  );
}
