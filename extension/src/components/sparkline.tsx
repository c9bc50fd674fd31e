import React from 'react';

/** A small curve; numbers that are not finite are left out. */
export function Sparkline(props: {
  values: readonly (number | string)[];
  label: string;
  width?: number;
  height?: number;
  /** Ends of the scale, where the values do not say them. */
  low?: number;
  high?: number;
}): JSX.Element | null {
  const { label, width = 60, height = 16 } = props;
  const values = props.values.filter((v): v is number => typeof v === 'number' && Number.isFinite(v));
  if (values.length < 2) {
    return null;
  }
  const low = Math.min(props.low ?? Infinity, ...values);
  const span = Math.max(props.high ?? -Infinity, ...values) - low || 1;
  const points = values
    .map(
      (v, i) =>
        `${(1 + (i * (width - 2)) / (values.length - 1)).toFixed(1)},${(height - 2 - ((v - low) / span) * (height - 4)).toFixed(1)}`
    )
    .join(' ');
  return (
    <svg className="jp-opsnb-Sparkline" width={width} height={height} role="img" aria-label={label}>
      <polyline points={points} />
    </svg>
  );
}
