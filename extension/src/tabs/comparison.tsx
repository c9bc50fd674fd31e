import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import React from 'react';
import type { Compared, ComparedMetric, ComparisonPage, CurvesPage, RunRow } from '../api';
import { Choice } from '../components/bar';
import { Chart, ChartBar, stroke } from '../components/chart';
import type { IChartChoices } from '../components/chart';
import { LongText, Part, Table } from '../components/facts';
import { FailureBox } from '../components/failure';
import { State } from '../components/state';
import { useView } from '../hooks';
import type { IBodyProps, IOpsnb } from '../tokens';
import { number } from '../words';
import { DifferencePart } from './difference';

/** Runs side by side. */
export function ComparisonTab(props: IBodyProps & { args: ReadonlyPartialJSONObject }): JSX.Element {
  const { opsnb, args } = props;
  const { trans } = opsnb;
  const ids = Array.isArray(args.runs) ? args.runs.map(String) : [];
  const answer = useView<ComparisonPage>(opsnb, 'comparison', { run: ids }, change =>
    change.runs.some(r => ids.includes(r.run))
  );
  const page = answer.data;
  if (!page) {
    return answer.failure ? (
      <FailureBox trans={trans} failure={answer.failure} onRetry={answer.reload} />
    ) : (
      <p className="jp-opsnb-Empty">{trans.__('Reading…')}</p>
    );
  }
  const heads = page.runs.map((run, i) => <RunHead key={run.run} opsnb={opsnb} run={run} place={i} />);
  const differ = page.params.filter(p => p.differs);
  const same = page.params.filter(p => !p.differs);
  return (
    <div className="jp-opsnb-Page">
      {answer.failure && <FailureBox trans={trans} failure={answer.failure} onRetry={answer.reload} />}
      <Part title={trans.__('Parameters that differ')} note={String(differ.length)}>
        {differ.length ? (
          <Rows opsnb={opsnb} label={trans.__('Parameters that differ')} heads={heads} rows={differ} />
        ) : (
          <p className="jp-opsnb-Note">{trans.__('All parameters are the same.')}</p>
        )}
      </Part>
      <Part title={trans.__('Metrics')} note={String(page.metrics.length)}>
        <Metrics opsnb={opsnb} heads={heads} rows={page.metrics} />
      </Part>
      {page.metrics.length > 0 && (
        <Part title={trans.__('Curves')}>
          <Overlay
            opsnb={opsnb}
            ids={ids}
            metrics={[...page.metrics]
              .sort((a, b) => Number(b.best !== null) - Number(a.best !== null))
              .map(m => m.name)}
            runs={page.runs}
          />
        </Part>
      )}
      <Part title={trans.__('Code, outputs and data')}>
        <DifferencePart opsnb={opsnb} runs={page.runs} />
      </Part>
      {page.environment.length > 0 && (
        <Part title={trans.__('Environment that differs')} note={String(page.environment.length)} closed>
          <Rows opsnb={opsnb} label={trans.__('Environment')} heads={heads} rows={page.environment} />
        </Part>
      )}
      {same.length > 0 && (
        <Part title={trans.__('Parameters that are the same')} note={String(same.length)} closed>
          <Table
            label={trans.__('Parameters that are the same')}
            columns={[trans.__('parameter'), trans.__('value')]}
            rows={same.map(p => [p.name, <LongText key={p.name} text={p.values[0] ?? ''} most={200} />])}
          />
        </Part>
      )}
      {page.notes.map(note => (
        <p key={note} className="jp-opsnb-Note">
          {note}
        </p>
      ))}
    </div>
  );
}

function RunHead(props: { opsnb: IOpsnb; run: RunRow; place: number }): JSX.Element {
  const { opsnb, run, place } = props;
  return (
    <button
      type="button"
      className="jp-opsnb-RunHead"
      title={`${run.name.slice(0, 500)}\n${run.run}`}
      onClick={() => opsnb.open('run', { run: run.run, name: run.name.slice(0, 80) })}
    >
      <svg width={18} height={8} aria-hidden="true">
        <line {...stroke(place)} x1={0} x2={18} y1={4} y2={4} />
      </svg>
      <bdi>{run.name || run.run}</bdi>
      <State trans={opsnb.trans} status={run.status} brief />
    </button>
  );
}

function Rows(props: {
  opsnb: IOpsnb;
  label: string;
  heads: React.ReactNode[];
  rows: readonly Compared[];
}): JSX.Element {
  return (
    <Table
      label={props.label}
      columns={[props.opsnb.trans.__('name'), ...props.heads]}
      keys={props.rows.map(row => row.name)}
      rows={props.rows.map(row => [
        row.name,
        ...row.values.map((value, i) =>
          value === null ? (
            <span key={i} className="jp-opsnb-None">
              –
            </span>
          ) : (
            <LongText key={i} text={value} most={120} />
          )
        )
      ])}
    />
  );
}

/** The last values; the best of each marked, with its lead. */
function Metrics(props: {
  opsnb: IOpsnb;
  heads: React.ReactNode[];
  rows: readonly ComparedMetric[];
}): JSX.Element {
  const { opsnb, heads, rows } = props;
  const { trans } = opsnb;
  if (!rows.length) {
    return <p className="jp-opsnb-Note">{trans.__('They have logged no metric.')}</p>;
  }
  return (
    <Table
      label={trans.__('Metrics')}
      columns={[trans.__('metric'), ...heads]}
      keys={rows.map(row => row.name)}
      rows={rows.map(row => [
        <span key="name" title={row.low ? trans.__('low is better') : trans.__('high is better')}>
          <bdi>{row.name}</bdi> <span className="jp-opsnb-Note">{row.low ? '↓' : '↑'}</span>
        </span>,
        ...row.values.map((value, i) => (
          <span key={i} className={i === row.best ? 'jp-opsnb-Best' : value === null ? 'jp-opsnb-None' : ''}>
            {value === null ? '–' : number(value)}
            {i === row.best && (
              <span className="jp-opsnb-Lead">
                {trans.__('best by %1', number(Number(row.lead?.toPrecision(3) ?? 0)))}
              </span>
            )}
          </span>
        ))
      ])}
    />
  );
}

/** The curves of one metric, one above the other. */
function Overlay(props: {
  opsnb: IOpsnb;
  ids: readonly string[];
  metrics: readonly string[];
  runs: readonly RunRow[];
}): JSX.Element {
  const { opsnb, ids, metrics, runs } = props;
  const { trans } = opsnb;
  const [metric, setMetric] = React.useState(metrics[0]);
  const [choices, setChoices] = React.useState<IChartChoices>({ by: 'step', log: false, smooth: 0 });
  const answer = useView<CurvesPage>(
    opsnb,
    'points',
    { run: ids, metric: [metric], by: choices.by },
    change => change.runs.some(r => ids.includes(r.run))
  );
  const names = runs.map(r => r.name);
  const curves = React.useMemo(
    () =>
      runs.map((run, i) => {
        const found = answer.data?.curves.find(c => c.run === run.run && c.metric === metric);
        const twice = names.filter(n => n === run.name).length > 1;
        return {
          key: run.run,
          label: twice ? `${names[i]} ${run.run.slice(-4)}` : run.name || run.run,
          x: found?.x ?? [],
          y: found?.y ?? []
        };
      }),
    [answer.data, names.join('\n'), metric]
  );
  return (
    <>
      <ChartBar trans={trans} value={choices} onChange={setChoices}>
        <Choice
          label={trans.__('Metric')}
          value={metric}
          options={metrics.map(m => [m, m] as const)}
          onChange={setMetric}
        />
      </ChartBar>
      {answer.failure && <FailureBox trans={trans} failure={answer.failure} onRetry={answer.reload} />}
      <Chart trans={trans} title={metric} curves={curves} {...choices} height={280} legend />
    </>
  );
}
