import React from 'react';
import type { TranslationBundle } from '@jupyterlab/translation';
import { number } from '../words';
import type { TrendPoint } from '../api';

type Number = number | string | null | undefined;

const finite = (v: Number): v is number => typeof v === 'number' && Number.isFinite(v);

/** A value and its interval in words: `0.82 (0.74 to 0.88)`. */
export function intervalText(trans: TranslationBundle, value: Number, low: Number, high: Number): string {
  return finite(low) && finite(high)
    ? trans.__('%1 (%2 to %3)', number(value), number(low), number(high))
    : number(value);
}

/** A value with its interval as a bar on a scale. */
export function Interval(props: {
  trans: TranslationBundle;
  value: Number;
  low: Number;
  high: Number;
  range: readonly (number | null)[];
  width?: number;
}): JSX.Element | null {
  const { trans, value, low, high, width = 120 } = props;
  const ends = [value, low, high].filter(finite);
  if (!finite(value)) {
    return null;
  }
  const from = props.range[0] ?? Math.min(0, ...ends);
  const to = props.range[1] ?? Math.max(...ends, from + 1e-9) * 1.1;
  const x = (v: number) => 4 + ((Math.min(Math.max(v, from), to) - from) / (to - from || 1)) * (width - 8);
  const words = intervalText(trans, value, low, high);
  return (
    <svg
      className="jp-opsnb-Interval"
      width={width}
      height={16}
      role="img"
      aria-label={trans.__('%1 on a scale from %2 to %3', words, number(from), number(to))}
    >
      <title>{words}</title>
      <path className="jp-opsnb-Interval-scale" d={`M4 8H${width - 4}M4 5V11M${width - 4} 5V11`} />
      {finite(low) && finite(high) && (
        <path
          className="jp-opsnb-Interval-bar"
          d={`M${x(low)} 8H${x(high)}M${x(low)} 4V12M${x(high)} 4V12`}
        />
      )}
      <circle cx={x(value)} cy={8} r={3.5} />
    </svg>
  );
}

/** How many scores lie in each part of a scale. */
export function Spread(props: { counts: readonly number[]; label: string }): JSX.Element | null {
  const { counts, label } = props;
  const most = Math.max(1, ...counts);
  if (!counts.length) {
    return null;
  }
  return (
    <svg className="jp-opsnb-Spread" width={counts.length * 7} height={18} role="img" aria-label={label}>
      <title>{label}</title>
      {counts.map((n, i) => {
        const h = n ? Math.max(1.5, (n / most) * 16) : 0;
        return <rect key={i} x={i * 7} y={17 - h} width={6} height={h} />;
      })}
      <path d={`M0 17.5H${counts.length * 7}`} />
    </svg>
  );
}

/** A metric over evaluations, with its intervals; a point opens its report. */
export function TrendChart(props: {
  trans: TranslationBundle;
  points: readonly TrendPoint[];
  label: string;
  width?: number;
  height?: number;
  shown?: string;
}): JSX.Element | null {
  const { trans, label, shown, width = 260, height = 72 } = props;
  const points = props.points.filter(p => finite(p.value)).slice(-60);
  if (points.length < 2) {
    return null;
  }
  const all = ([] as Number[]).concat(...points.map(p => [p.value, p.low, p.high])).filter(finite);
  const low = Math.min(...all);
  const extent = Math.max(...all) - low || 1;
  const x = (i: number) => 46 + (i * (width - 54)) / (points.length - 1);
  const y = (v: number) => height - 8 - ((v - low) / extent) * (height - 16);
  const line = points.map((p, i) => `${x(i).toFixed(1)},${y(p.value as number).toFixed(1)}`).join(' ');
  const first = points[0].value;
  const last = points[points.length - 1].value;
  return (
    <svg
      className="jp-opsnb-Trend"
      viewBox={`0 0 ${width} ${height}`}
      width="100%"
      height={height}
      preserveAspectRatio="xMinYMid meet"
      role="img"
      aria-label={trans.__(
        '%1 over %2 evaluations, from %3 to %4',
        label,
        points.length,
        number(first),
        number(last)
      )}
    >
      <text x={40} y={y(low + extent) + 4} textAnchor="end">
        {Number((low + extent).toPrecision(3))}
      </text>
      <text x={40} y={y(low) + 4} textAnchor="end">
        {Number(low.toPrecision(3))}
      </text>
      <polyline points={line} />
      {points.map((p, i) => (
        <g key={p.run} className={p.run === shown ? 'jp-opsnb-mod-shown' : undefined}>
          {finite(p.low) && finite(p.high) && (
            <path
              d={`M${x(i)} ${y(p.low)}V${y(p.high)}M${x(i) - 3} ${y(p.low)}h6M${x(i) - 3} ${y(p.high)}h6`}
            />
          )}
          <circle cx={x(i)} cy={y(p.value as number)} r={p.run === shown ? 4 : 2.5} />
          <title>{intervalText(trans, p.value, p.low, p.high)}</title>
        </g>
      ))}
    </svg>
  );
}
