import React from 'react';
import type { TranslationBundle } from '@jupyterlab/translation';
import { duration, number } from '../words';

export interface ICurve {
  key: string;
  label: string;
  x: readonly number[];
  y: readonly (number | string)[];
}

export interface IChartProps {
  trans: TranslationBundle;
  title: string;
  curves: readonly ICurve[];
  by: 'step' | 'time';
  log?: boolean;
  /** 0: as measured; towards 1: smoother. */
  smooth?: number;
  height?: number;
  /** Whether names stand below; a chart of one curve needs none. */
  legend?: boolean;
}

const COLORS = 6;
const DASHES = ['', '6 3', '2 2', '8 3 2 3'];
const LEFT = 52;
const BOTTOM = 20;

/** How the curve at a place is drawn: colours come round again with other dashes. */
export function stroke(place: number): { className: string; strokeDasharray?: string } {
  const dash = DASHES[Math.floor(place / COLORS) % DASHES.length];
  return {
    className: `jp-opsnb-Stroke jp-opsnb-mod-color${place % COLORS}`,
    ...(dash ? { strokeDasharray: dash } : {})
  };
}

interface ILine {
  x: number[];
  y: number[];
}

function finite(curve: ICurve, log: boolean): ILine {
  const x: number[] = [];
  const y: number[] = [];
  curve.y.forEach((value, i) => {
    if (typeof value === 'number' && Number.isFinite(value) && (!log || value > 0)) {
      x.push(curve.x[i]);
      y.push(log ? Math.log10(value) : value);
    }
  });
  return { x, y };
}

/** The exponential mean, begun without a lean towards zero. */
function smoothed(line: ILine, weight: number): ILine {
  let mean = 0;
  let part = 0;
  return {
    x: line.x,
    y: line.y.map(value => {
      mean = weight * mean + (1 - weight) * value;
      part = weight * part + (1 - weight);
      return mean / part;
    })
  };
}

/** A few round numbers between two. */
export function ticks(low: number, high: number, most = 5): number[] {
  const rough = (high - low) / Math.max(1, most - 1);
  if (!(rough > 0) || !Number.isFinite(rough)) {
    return [low];
  }
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(n => n * power).find(n => n >= rough) ?? rough;
  const out: number[] = [];
  for (let at = Math.ceil(low / step) * step; at <= high + step * 1e-9; at += step) {
    out.push(Math.abs(at) < step * 1e-9 ? 0 : at);
  }
  return out;
}

function useWidth(): [React.RefObject<HTMLDivElement>, number] {
  const ref = React.useRef<HTMLDivElement>(null);
  const [width, setWidth] = React.useState(400);
  React.useEffect(() => {
    const node = ref.current;
    if (!node) {
      return;
    }
    const watcher = new ResizeObserver(() => setWidth(node.clientWidth || 400));
    watcher.observe(node);
    return () => watcher.disconnect();
  }, []);
  return [ref, width];
}

function nearest(line: ILine, x: number): number {
  let low = 0;
  let high = line.x.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (line.x[middle] <= x) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return high >= 0 && Math.abs(line.x[high] - x) < Math.abs(line.x[low] - x) ? high : low;
}

/** Curves over steps or time, with the values under the mouse. */
export function Chart(props: IChartProps): JSX.Element {
  const {
    trans,
    title,
    curves,
    by,
    log = false,
    smooth = 0,
    height = 160,
    legend = curves.length > 1
  } = props;
  const [box, width] = useWidth();
  const [over, setOver] = React.useState<number | null>(null);
  const lines = React.useMemo(() => curves.map(curve => finite(curve, log)), [curves, log]);
  const drawn = React.useMemo(
    () => (smooth > 0 ? lines.map(line => smoothed(line, smooth)) : lines),
    [lines, smooth]
  );
  let [x0, x1, y0, y1] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const line of lines) {
    for (let i = 0; i < line.x.length; i++) {
      x0 = Math.min(x0, line.x[i]);
      x1 = Math.max(x1, line.x[i]);
      y0 = Math.min(y0, line.y[i]);
      y1 = Math.max(y1, line.y[i]);
    }
  }
  const empty = x0 > x1;
  if (empty) {
    [x0, x1, y0, y1] = [0, 1, 0, 1];
  }
  const flat = y0 === y1 ? Math.abs(y0) * 0.1 || 1 : 0;
  const margin = (y1 - y0) * 0.04 + flat;
  [y0, y1] = [y0 - margin, y1 + margin];
  const right = Math.max(width - 8, LEFT + 10);
  const bottom = height - BOTTOM;
  const px = (x: number) => (x1 === x0 ? (LEFT + right) / 2 : LEFT + ((x - x0) / (x1 - x0)) * (right - LEFT));
  const py = (y: number) => bottom - ((y - y0) / (y1 - y0)) * (bottom - 6);
  const points = (line: ILine) =>
    line.x.map((x, i) => `${px(x).toFixed(1)},${py(line.y[i]).toFixed(1)}`).join(' ');
  const yWords = (y: number) => number(Number((log ? 10 ** y : y).toPrecision(log ? 2 : 6)));
  const xWords = (x: number) => (by === 'time' ? duration(trans, x) : number(Math.round(x * 100) / 100));
  const yTicks = ticks(y0, y1, Math.max(3, Math.round(bottom / 26)));
  const xTicks = x1 === x0 ? [x0] : ticks(x0, x1, Math.max(2, Math.floor((right - LEFT) / 64)));
  const at = over === null || x1 === x0 ? x0 : x0 + ((over - LEFT) / (right - LEFT)) * (x1 - x0);
  const found = over === null ? [] : drawn.map(line => (line.x.length ? nearest(line, at) : -1));

  const first = found.findIndex(place => place >= 0);
  const here = first >= 0 ? drawn[first].x[found[first]] : at;

  return (
    <figure className="jp-opsnb-Chart" ref={box}>
      <figcaption title={title}>
        <bdi>{title}</bdi>
        {over !== null && !empty && (
          <span className="jp-opsnb-Note">{`${by === 'time' ? trans.__('after') : trans.__('step')} ${xWords(here)}`}</span>
        )}
      </figcaption>
      <svg
        width={width}
        height={height}
        role="img"
        aria-label={trans.__('%1: %2 curves, %3 to %4', title, curves.length, yWords(y0), yWords(y1))}
        onMouseMove={event => {
          const left = event.currentTarget.getBoundingClientRect().left;
          setOver(Math.min(Math.max(event.clientX - left, LEFT), right));
        }}
        onMouseLeave={() => setOver(null)}
      >
        {yTicks.map(y => (
          <g key={y}>
            <line className="jp-opsnb-Grid" x1={LEFT} x2={right} y1={py(y)} y2={py(y)} />
            <text x={LEFT - 6} y={py(y) + 4} textAnchor="end">
              {yWords(y)}
            </text>
          </g>
        ))}
        {xTicks.map(x => (
          <text key={x} x={px(x)} y={height - 5} textAnchor="middle">
            {xWords(x)}
          </text>
        ))}
        {empty && (
          <text x={(LEFT + right) / 2} y={bottom / 2} textAnchor="middle">
            {log ? trans.__('nothing above 0') : trans.__('no finite values')}
          </text>
        )}
        {smooth > 0 &&
          lines.map((line, i) => (
            <polyline key={`raw-${curves[i].key}`} {...stroke(i)} opacity={0.25} points={points(line)} />
          ))}
        {drawn.map((line, i) =>
          line.x.length === 1 ? (
            <circle
              key={curves[i].key}
              className={`jp-opsnb-Dot jp-opsnb-mod-color${i % COLORS}`}
              cx={px(line.x[0])}
              cy={py(line.y[0])}
              r={3}
            />
          ) : (
            <polyline key={curves[i].key} {...stroke(i)} points={points(line)} />
          )
        )}
        {over !== null && !empty && (
          <line className="jp-opsnb-Cursor" x1={over} x2={over} y1={4} y2={bottom} />
        )}
        {found.map((place, i) =>
          place < 0 ? null : (
            <circle
              key={curves[i].key}
              className={`jp-opsnb-Dot jp-opsnb-mod-color${i % COLORS}`}
              cx={px(drawn[i].x[place])}
              cy={py(drawn[i].y[place])}
              r={3}
            />
          )
        )}
      </svg>
      {legend ? (
        <ul className="jp-opsnb-Legend">
          {curves.map((curve, i) => (
            <li key={curve.key} title={curve.label}>
              <svg width={18} height={8} aria-hidden="true">
                <line {...stroke(i)} x1={0} x2={18} y1={4} y2={4} />
              </svg>
              <bdi>{curve.label}</bdi>
              <b>{found[i] >= 0 ? yWords(drawn[i].y[found[i]]) : number(curve.y[curve.y.length - 1])}</b>
            </li>
          ))}
        </ul>
      ) : (
        <div className="jp-opsnb-ChartValue">
          {found[0] >= 0
            ? yWords(drawn[0].y[found[0]])
            : curves[0] && number(curves[0].y[curves[0].y.length - 1])}
        </div>
      )}
    </figure>
  );
}

/** The choices above a group of charts. */
export interface IChartChoices {
  by: 'step' | 'time';
  log: boolean;
  smooth: number;
}

export function ChartBar(props: {
  trans: TranslationBundle;
  value: IChartChoices;
  onChange: (value: IChartChoices) => void;
  children?: React.ReactNode;
}): JSX.Element {
  const { trans, value, onChange } = props;
  return (
    <div className="jp-opsnb-Bar" role="group" aria-label={trans.__('How curves are drawn')}>
      {props.children}
      <select
        className="jp-opsnb-Choice"
        aria-label={trans.__('Along')}
        value={value.by}
        onChange={event => onChange({ ...value, by: event.target.value as 'step' | 'time' })}
      >
        <option value="step">{trans.__('along steps')}</option>
        <option value="time">{trans.__('along time')}</option>
      </select>
      <label>
        <input
          type="checkbox"
          checked={value.log}
          onChange={event => onChange({ ...value, log: event.target.checked })}
        />
        {trans.__('log scale')}
      </label>
      <label>
        {trans.__('smoothing')}
        <input
          type="range"
          min={0}
          max={0.99}
          step={0.01}
          value={value.smooth}
          onChange={event => onChange({ ...value, smooth: Number(event.target.value) })}
        />
      </label>
    </div>
  );
}
