import { copyIcon } from '@jupyterlab/ui-components';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import React from 'react';
import type { CurvesPage, RunPage, RunRow } from '../api';
import { IconButton } from '../components/bar';
import { Chart, ChartBar } from '../components/chart';
import type { IChartChoices } from '../components/chart';
import { Took } from '../components/clock';
import { Facts, Part } from '../components/facts';
import { FailureBox } from '../components/failure';
import { LogView } from '../components/log';
import { State } from '../components/state';
import { useView } from '../hooks';
import type { IChange } from '../model';
import { copy } from '../menu';
import type { IBodyProps, IOpsnb } from '../tokens';
import { moment, number } from '../words';
import { CellsPart } from './run_cells';
import { FilesPart } from './run_files';

const touches = (id: string) => (change: IChange) => change.runs.some(r => r.run === id || r.parent === id);

/** One run: what it was told, measured and made. */
export function RunTab(props: IBodyProps & { args: ReadonlyPartialJSONObject }): JSX.Element {
  const { opsnb, args } = props;
  const { trans } = opsnb;
  const id = String(args.run ?? '');
  const answer = useView<RunPage>(opsnb, 'run', { id }, touches(id));
  const page = answer.data;
  if (!page) {
    return answer.failure ? (
      <FailureBox trans={trans} failure={answer.failure} onRetry={answer.reload} />
    ) : (
      <p className="jp-opsnb-Empty">{trans.__('Reading…')}</p>
    );
  }
  const { run } = page;
  const plain = page.metrics.filter(m => !m.system);
  const system = page.metrics.filter(m => m.system).map(m => m.name);
  const tags = Object.entries(page.tags).filter(([name]) => !/^(verdict(\.|$)|opsnb\.)/.test(name));
  return (
    <div className="jp-opsnb-Page">
      <RunHead opsnb={opsnb} page={page} />
      {answer.failure && <FailureBox trans={trans} failure={answer.failure} onRetry={answer.reload} />}
      {run.error && (
        <pre className="jp-opsnb-Error" tabIndex={0}>
          {run.error.slice(0, 5000)}
        </pre>
      )}
      {page.verdicts.map(v => (
        <p key={v.name} className="jp-opsnb-Verdict">
          <b data-ok={String(v.ok)}>
            {v.ok === null ? trans.__('– not judged') : v.ok ? trans.__('✓ ok') : trans.__('✗ no')}
          </b>{' '}
          <bdi>{v.name}</bdi>: <bdi>{v.why}</bdi>
        </p>
      ))}
      <div className="jp-opsnb-Columns">
        <Part title={trans.__('Parameters')} note={String(Object.keys(page.params).length)}>
          {Object.keys(page.params).length ? (
            <Facts rows={Object.entries(page.params)} />
          ) : (
            <p className="jp-opsnb-Note">{trans.__('It has none.')}</p>
          )}
        </Part>
        <Part title={trans.__('About')}>
          <About opsnb={opsnb} page={page} />
          {tags.length > 0 && <Facts rows={tags} />}
        </Part>
      </div>
      {plain.length > 0 && (
        <Part title={trans.__('Metrics')} note={String(plain.length)}>
          <Metrics opsnb={opsnb} id={id} names={plain.map(m => m.name)} />
        </Part>
      )}
      {system.length > 0 && (
        <Part title={trans.__('CPU, memory and GPU while it ran')} note={String(system.length)} closed>
          <Metrics opsnb={opsnb} id={id} names={system} time />
        </Part>
      )}
      {page.children.length > 0 && (
        <Part
          title={trans.__('Below it')}
          note={
            run.children > page.children.length
              ? trans.__('the first %1 of %2', page.children.length, run.children)
              : String(page.children.length)
          }
        >
          <Children opsnb={opsnb} rows={page.children} />
        </Part>
      )}
      {page.notebook && (
        <Part title={trans.__('Notebook')}>
          <CellsPart opsnb={opsnb} id={id} running={run.status === 'running'} />
        </Part>
      )}
      {page.files > 0 && (
        <Part title={trans.__('Files')} note={String(page.files)}>
          <FilesPart opsnb={opsnb} id={id} count={page.files} />
        </Part>
      )}
      {(page.notebook || page.job) && (
        <Part title={trans.__('Log')} closed={run.status !== 'running' && run.status !== 'failed'}>
          <LogView opsnb={opsnb} id={page.job || id} />
        </Part>
      )}
    </div>
  );
}

function RunHead(props: { opsnb: IOpsnb; page: RunPage }): JSX.Element {
  const { opsnb, page } = props;
  const { trans } = opsnb;
  const { run, parent } = page;
  return (
    <div className="jp-opsnb-Header">
      {parent && (
        <button
          type="button"
          className="jp-opsnb-Word"
          onClick={() => opsnb.open('run', { run: parent.run, name: parent.name.slice(0, 80) })}
        >
          <bdi>{parent.name.slice(0, 80)}</bdi> ›
        </button>
      )}
      <h2 title={run.name.slice(0, 1000)}>
        <bdi>{run.name || run.run}</bdi>
      </h2>
      <span className="jp-opsnb-Type">{run.type}</span>
      <State trans={trans} status={run.status} />
      <Took trans={trans} status={run.status} started={run.started} seconds={run.duration_s} />
      <span className="jp-opsnb-Space" />
      {page.job && (
        <button
          type="button"
          className="jp-mod-styled jp-mod-minimal"
          onClick={() => opsnb.open('job', { job: page.job, name: run.name.slice(0, 80) })}
        >
          {trans.__('Its job')}
        </button>
      )}
      {page.links
        .filter(link => /^https?:\/\//.test(link.url))
        .map(link => (
          <a
            key={link.url}
            className="jp-opsnb-Link"
            href={link.url}
            target="_blank"
            rel="noopener noreferrer"
          >
            {trans.__('Open in %1', link.name)}
          </a>
        ))}
    </div>
  );
}

function About(props: { opsnb: IOpsnb; page: RunPage }): JSX.Element {
  const { opsnb, page } = props;
  const { trans } = opsnb;
  const { run, where } = page;
  const place = [where.user, where.host].filter(Boolean).join('@');
  return (
    <>
      <Facts
        rows={[
          [
            trans.__('run'),
            <span key="id">
              <code>{run.run}</code>
              <IconButton icon={copyIcon} label={trans.__('Copy the id')} onClick={() => copy(run.run)} />
            </span>
          ],
          [trans.__('experiment'), run.experiment],
          [trans.__('began'), moment(run.started)],
          [trans.__('by'), place],
          [trans.__('from'), where.notebook || where.script || where.cwd || ''],
          [trans.__('Python'), where.python ?? '']
        ]}
      />
      {page.problems.map(problem => (
        <p key={problem} className="jp-opsnb-Note">
          {problem}
        </p>
      ))}
    </>
  );
}

const CHARTS = 24;

/** A chart for each metric, up to date while the run goes on. */
function Metrics(props: {
  opsnb: IOpsnb;
  id: string;
  names: readonly string[];
  time?: boolean;
}): JSX.Element {
  const { opsnb, id, names } = props;
  const { trans } = opsnb;
  const [choices, setChoices] = React.useState<IChartChoices>({
    by: props.time ? 'time' : 'step',
    log: false,
    smooth: 0
  });
  const [most, setMost] = React.useState(CHARTS);
  const shown = names.slice(0, most);
  const answer = useView<CurvesPage>(
    opsnb,
    'points',
    { run: [id], metric: shown, by: choices.by, most: 600 },
    change => change.runs.some(r => r.run === id)
  );
  const single = (answer.data?.curves ?? []).filter(c => c.count === 1);
  const curves = (answer.data?.curves ?? []).filter(c => c.count > 1);
  return (
    <>
      {answer.failure && <FailureBox trans={trans} failure={answer.failure} onRetry={answer.reload} />}
      {single.length > 0 && <Facts rows={single.map(c => [c.metric, number(c.y[0])] as const)} />}
      {curves.length > 0 && (
        <>
          <ChartBar trans={trans} value={choices} onChange={setChoices} />
          <div className="jp-opsnb-Charts">
            {curves.map(c => (
              <OneChart key={c.metric} opsnb={opsnb} x={c.x} y={c.y} name={c.metric} choices={choices} />
            ))}
          </div>
        </>
      )}
      {names.length > most && (
        <button type="button" className="jp-opsnb-Word" onClick={() => setMost(most + CHARTS)}>
          {trans.__('%1 more', names.length - most)}
        </button>
      )}
    </>
  );
}

function OneChart(props: {
  opsnb: IOpsnb;
  name: string;
  x: number[];
  y: (number | string)[];
  choices: IChartChoices;
}): JSX.Element {
  const { opsnb, name, x, y, choices } = props;
  const curves = React.useMemo(() => [{ key: name, label: name, x, y }], [name, x, y]);
  return <Chart trans={opsnb.trans} title={name} curves={curves} {...choices} height={150} />;
}

/** The runs below: each a button that opens it. */
function Children(props: { opsnb: IOpsnb; rows: readonly RunRow[] }): JSX.Element {
  const { opsnb, rows } = props;
  return (
    <ul className="jp-opsnb-Children">
      {rows.map(row => (
        <li key={row.run}>
          <button
            type="button"
            className="jp-opsnb-Word"
            onClick={() => opsnb.open('run', { run: row.run, name: row.name.slice(0, 80) })}
          >
            <State trans={opsnb.trans} status={row.status} />
            <bdi className="jp-opsnb-Name">{row.name || row.run}</bdi>
          </button>
          <span className="jp-opsnb-Metric">
            {Object.entries(row.metrics)
              .slice(0, 2)
              .map(([name, value]) => `${name} ${number(value)}`)
              .join(' · ')}
          </span>
          <Took trans={opsnb.trans} status={row.status} started={row.started} seconds={row.duration_s} />
        </li>
      ))}
    </ul>
  );
}
