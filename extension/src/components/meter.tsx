import React from 'react';
import { Sparkline } from './sparkline';

/** How much of something is used: words, a bar, and the last two minutes. */
export function Meter(props: {
  label: string;
  /** 0 to 1; null: not told. */
  part: number | null;
  words: string;
  past?: readonly number[];
}): JSX.Element {
  const { label, part, words, past } = props;
  const percent = part === null ? null : Math.round(Math.min(Math.max(part, 0), 1) * 100);
  return (
    <div className="jp-opsnb-Meter">
      <span className="jp-opsnb-MeterName" title={label}>
        {label}
      </span>
      <span
        className="jp-opsnb-MeterBar"
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent ?? 0}
        aria-valuetext={words}
      >
        <span style={{ width: `${percent ?? 0}%` }} data-full={percent !== null && percent >= 90} />
      </span>
      {past && <Sparkline values={past} label={label} width={48} height={16} low={0} high={1} />}
      <span className="jp-opsnb-MeterWords">{words}</span>
    </div>
  );
}
