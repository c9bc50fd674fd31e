import React from 'react';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Failure } from '../request';

function words(value: unknown): string {
  return Array.isArray(value)
    ? value.map(words).join(', ')
    : typeof value === 'object' && value !== null
      ? JSON.stringify(value)
      : String(value);
}

/** What failed, what was given, what is allowed and what to do next. */
export function FailureBox(props: {
  trans: TranslationBundle;
  failure: Failure;
  onRetry?: () => void;
}): JSX.Element {
  const { trans, failure, onRetry } = props;
  const { what, given, allowed, hint } = failure.told;
  const missing = failure.status === 404;
  const rows: [string, unknown][] = [
    [trans.__('given'), given],
    [trans.__('allowed'), allowed],
    [trans.__('next'), missing ? trans.__("pip install 'opsnb[lab]', then start Jupyter anew") : hint]
  ];
  return (
    <div className="jp-opsnb-Failure" role="alert">
      <div>{missing ? trans.__('The opsnb server extension is not there') : what}</div>
      <dl>
        {rows
          .filter(([, value]) => value !== null && value !== undefined && value !== '')
          .map(([name, value]) => (
            <React.Fragment key={name}>
              <dt>{name}</dt>
              <dd>{words(value)}</dd>
            </React.Fragment>
          ))}
      </dl>
      {onRetry && (
        <button className="jp-mod-styled jp-mod-minimal" onClick={onRetry}>
          {trans.__('Try again')}
        </button>
      )}
    </div>
  );
}
