import React from 'react';
import type { TranslationBundle } from '@jupyterlab/translation';
import { addIcon, expandIcon } from '@jupyterlab/ui-components';
import { duration } from '../words';
import type { Graph, StepEdge, StepNode } from '../api';
import { stateSign, stateWord } from './state';
import { IconButton } from './bar';

const WIDE = 176;
const HIGH = 44;
const COLUMN = 236;
const ROW = 62;

interface IView {
  x: number;
  y: number;
  k: number;
}

/** What a plan says of a step, as a state. */
export function shownState(node: StepNode): string {
  return node.status || ({ cached: 'cached', run: 'queued' }[node.plan] ?? 'not_run');
}

/** The state of a step in words. */
export function shownWord(trans: TranslationBundle, node: StepNode): string {
  if (node.status) {
    return stateWord(trans, node.status);
  }
  const words: Record<string, string> = {
    run: trans.__('will run'),
    cached: trans.__('cached'),
    'left out': trans.__('left out'),
    'not run': trans.__('not asked for')
  };
  return words[node.plan] ?? node.plan;
}

const cut = (text: string, most: number) => (text.length <= most ? text : `${text.slice(0, most - 1)}…`);

/** The steps of a pipeline: drag or scroll moves, Ctrl and the wheel zooms, arrows go along the lines. */
export function Dag(props: {
  trans: TranslationBundle;
  graph: Graph;
  selected: string;
  onSelect: (step: string) => void;
  onOpen: (node: StepNode) => void;
}): JSX.Element {
  const { trans, graph, selected, onSelect, onOpen } = props;
  const box = React.useRef<HTMLDivElement>(null);
  const [view, setView] = React.useState<IView>({ x: 0, y: 0, k: 1 });
  const drag = React.useRef<{ x: number; y: number; view: IView } | null>(null);
  const width = (graph.columns - 1) * COLUMN + WIDE;
  const height = (graph.rows - 1) * ROW + HIGH;
  const left = (node: StepNode) => node.column * COLUMN;
  const top = (place: number) => (place + (graph.rows - 1) / 2) * ROW;
  const at = React.useMemo(() => new Map(graph.nodes.map(n => [n.step, n])), [graph]);
  const name = React.useId ? React.useId() : 'dag';

  const fit = React.useCallback(() => {
    const node = box.current;
    if (node && node.clientWidth) {
      const k = Math.min(1, (node.clientWidth - 32) / width, (node.clientHeight - 32) / height);
      const scale = Math.max(k, 0.15);
      setView({
        k: scale,
        x: Math.max(16, (node.clientWidth - width * scale) / 2),
        y: Math.max(16, (node.clientHeight - height * scale) / 2)
      });
    }
  }, [width, height]);
  React.useLayoutEffect(fit, [fit]);
  React.useEffect(() => {
    const node = box.current;
    if (!node) {
      return;
    }
    let first = true;
    const watcher = new ResizeObserver(() => (first ? (first = false) : fit()));
    watcher.observe(node);
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      const place = node.getBoundingClientRect();
      if (event.ctrlKey || event.metaKey) {
        zoom(Math.exp(-event.deltaY / 300), event.clientX - place.left, event.clientY - place.top);
      } else {
        setView(v => ({ ...v, x: v.x - event.deltaX, y: v.y - event.deltaY }));
      }
    };
    node.addEventListener('wheel', wheel, { passive: false });
    return () => {
      watcher.disconnect();
      node.removeEventListener('wheel', wheel);
    };
  }, [fit]);

  const zoom = (by: number, x?: number, y?: number) =>
    setView(v => {
      const k = Math.min(2, Math.max(0.15, v.k * by));
      const cx = x ?? (box.current?.clientWidth ?? 0) / 2;
      const cy = y ?? (box.current?.clientHeight ?? 0) / 2;
      return { k, x: cx - ((cx - v.x) * k) / v.k, y: cy - ((cy - v.y) * k) / v.k };
    });

  const go = (node: StepNode | undefined) => {
    const frame = box.current;
    if (!node || !frame) {
      return;
    }
    onSelect(node.step);
    setView(v => {
      const [x, y] = [v.x + left(node) * v.k, v.y + top(node.place) * v.k];
      const dx = Math.min(0, frame.clientWidth - 16 - (x + WIDE * v.k)) + Math.max(0, 16 - x);
      const dy = Math.min(0, frame.clientHeight - 16 - (y + HIGH * v.k)) + Math.max(0, 16 - y);
      return { ...v, x: v.x + dx, y: v.y + dy };
    });
  };

  const onKeyDown = (event: React.KeyboardEvent) => {
    const from = at.get(selected) ?? graph.nodes[0];
    const nearest = (nodes: StepNode[]) =>
      [...nodes].sort((a, b) => Math.abs(a.place - from.place) - Math.abs(b.place - from.place))[0];
    const column = graph.nodes.filter(n => n.column === from.column);
    const moves: Record<string, () => StepNode | undefined> = {
      ArrowRight: () => nearest(graph.nodes.filter(n => n.needs.includes(from.step))),
      ArrowLeft: () => nearest(graph.nodes.filter(n => from.needs.includes(n.step))),
      ArrowDown: () => nearest(column.filter(n => n.place > from.place)),
      ArrowUp: () => nearest(column.filter(n => n.place < from.place)),
      Home: () => graph.nodes[0],
      End: () => graph.nodes[graph.nodes.length - 1]
    };
    if (!from || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    if (event.key in moves) {
      go(selected ? moves[event.key]() : from);
    } else if (event.key === 'Enter') {
      onOpen(from);
    } else if (event.key === ' ') {
      go(from);
    } else if (event.key === '+' || event.key === '-') {
      zoom(event.key === '+' ? 1.25 : 0.8);
    } else if (event.key === '0') {
      fit();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  const path = (edge: StepEdge): string => {
    const [a, b] = [at.get(edge.before), at.get(edge.after)];
    if (!a || !b) {
      return '';
    }
    let [x, y] = [left(a) + WIDE, top(a.place) + HIGH / 2];
    let d = `M${x} ${y}`;
    for (const [column, place] of [...edge.bends, [b.column, b.place]]) {
      const [nx, ny] = [column * COLUMN, top(place) + HIGH / 2];
      d += `C${x + 30} ${y} ${nx - 30} ${ny} ${nx} ${ny}`;
      x = nx + WIDE;
      y = ny;
      d += column === b.column ? '' : `H${x}`;
    }
    return d;
  };

  return (
    <div className="jp-opsnb-Dag">
      <div
        ref={box}
        className="jp-opsnb-Dag-frame"
        tabIndex={0}
        role="listbox"
        aria-label={trans.__('Steps of %1', graph.name)}
        aria-activedescendant={selected ? `${name}-${selected}` : undefined}
        onKeyDown={onKeyDown}
        onPointerDown={event => {
          drag.current = { x: event.clientX, y: event.clientY, view };
        }}
        onPointerMove={event => {
          const from = drag.current;
          if (from && event.buttons) {
            setView({
              ...from.view,
              x: from.view.x + event.clientX - from.x,
              y: from.view.y + event.clientY - from.y
            });
          }
        }}
        onPointerUp={() => (drag.current = null)}
      >
        <svg role="presentation">
          <g transform={`translate(${view.x} ${view.y}) scale(${view.k})`}>
            {graph.edges.map(edge => (
              <path
                key={`${edge.before} ${edge.after}`}
                className="jp-opsnb-Dag-edge"
                data-near={edge.before === selected || edge.after === selected}
                d={path(edge)}
              />
            ))}
            {graph.nodes.map(node => {
              const state = shownState(node);
              const word = shownWord(trans, node);
              const more = [
                word,
                node.attempt > 1 ? trans.__('attempt %1', node.attempt) : '',
                duration(trans, node.duration_s)
              ].filter(Boolean);
              return (
                <g
                  key={node.step}
                  id={`${name}-${node.step}`}
                  className="jp-opsnb-Dag-node"
                  data-state={state}
                  data-step={node.step}
                  role="option"
                  aria-selected={node.step === selected}
                  aria-label={[node.step, ...more, node.error || node.why].filter(Boolean).join(', ')}
                  transform={`translate(${left(node)} ${top(node.place)})`}
                  onClick={() => go(node)}
                  onDoubleClick={() => onOpen(node)}
                >
                  <title>
                    {[node.step, more.join(' · '), node.error || node.why].filter(Boolean).join('\n')}
                  </title>
                  <rect className="jp-opsnb-Dag-box" width={WIDE} height={HIGH} rx={4} />
                  <rect className="jp-opsnb-Dag-strip" width={4} height={HIGH} rx={2} />
                  <text className="jp-opsnb-Dag-name" x={14} y={18}>
                    {cut(node.step, 24)}
                  </text>
                  <text className="jp-opsnb-Dag-more" x={14} y={35}>
                    {`${stateSign(state)} ${cut(more.join(' · '), 28)}`}
                  </text>
                </g>
              );
            })}
          </g>
        </svg>
      </div>
      <div className="jp-opsnb-Dag-tools">
        <IconButton icon={addIcon} label={trans.__('Zoom in (+)')} onClick={() => zoom(1.25)} />
        <button
          type="button"
          className="jp-opsnb-Tool"
          title={trans.__('Zoom out (-)')}
          aria-label={trans.__('Zoom out (-)')}
          onClick={() => zoom(0.8)}
        >
          −
        </button>
        <IconButton icon={expandIcon} label={trans.__('Show all (0)')} onClick={fit} />
      </div>
    </div>
  );
}
