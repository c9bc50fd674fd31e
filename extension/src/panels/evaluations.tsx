import { launchIcon, refreshIcon } from '@jupyterlab/ui-components';
import React from 'react';
import { FailureBox } from '../components/failure';
import { intervalText, TrendChart } from '../components/interval';
import { List } from '../components/list';
import { State } from '../components/state';
import { Search, IconButton } from '../components/bar';
import { Said } from '../components/said';
import { Bar } from '../components/tabs';
import { brief } from '../words';
import { openFile } from '../files';
import { useSettled, useView } from '../hooks';
import { usePages } from '../pages';
import type { IBodyProps } from '../tokens';
import type { GateRow, GatesPage, ReportRow, Trend } from '../api';
import { VerdictSign } from '../components/verdict';

/** The evaluations with their main figures and verdicts; the trend of the chosen one's metric; the gates. */
export function EvaluationsSection({ opsnb }: IBodyProps): JSX.Element {
  const { trans } = opsnb;
  const [search, setSearch] = React.useState('');
  const [chosen, setChosen] = React.useState<ReportRow | null>(null);
  const pages = usePages<ReportRow>(
    opsnb,
    'reports',
    { search: useSettled(search) },
    r => r.run,
    change => change.runs.some(run => ['evaluation', 'gate'].includes(run.type))
  );
  const open = (r: ReportRow) => opsnb.open('report', { run: r.run, name: r.name.slice(0, 80) });
  return (
    <>
      <Bar label={trans.__('Evaluations')}>
        <Search label={trans.__('Filter evaluations')} value={search} onChange={setSearch} />
        <IconButton
          icon={launchIcon}
          label={chosen ? trans.__('Open the report of %1', chosen.name) : trans.__('Open the chosen report')}
          disabled={!chosen}
          onClick={() => chosen && open(chosen)}
        />
        <IconButton icon={refreshIcon} label={trans.__('Look again')} onClick={pages.reload} />
      </Bar>
      {pages.failure && <FailureBox trans={trans} failure={pages.failure} onRetry={pages.reload} />}
      {pages.total ? (
        <List
          label={trans.__('Evaluations')}
          total={pages.total}
          row={pages.row}
          onShown={pages.onShown}
          rowKey={r => r.run}
          selected={r => r.run === chosen?.run}
          onSelect={setChosen}
          onOpen={open}
          draw={r => (
            <>
              {r.verdicts.length && r.status === 'done' ? (
                <VerdictSign trans={trans} ok={r.verdicts[0].ok} brief />
              ) : (
                <State trans={trans} status={r.status} brief />
              )}
              <Said text={r.name} className="jp-opsnb-mod-first" />
              <Said
                text={r.figures
                  .slice(0, 3)
                  .map(f => `${intervalText(trans, f.value, null, null)} ${f.metric}`)
                  .join(' · ')}
                className="jp-opsnb-mod-dim"
              />
              <span className="jp-opsnb-mod-end">{brief(r.started)}</span>
            </>
          )}
        />
      ) : (
        <p className="jp-opsnb-Empty">
          {pages.waiting
            ? trans.__('Reading…')
            : search
              ? trans.__('No evaluation fits.')
              : trans.__(
                  'Evaluations stand here: opsnb evaluate cases.jsonl --metric exact_match makes one.'
                )}
        </p>
      )}
      {chosen && <Over key={chosen.name} opsnb={opsnb} row={chosen} />}
      <Gates opsnb={opsnb} />
    </>
  );
}

/** A metric over the evaluations that are called like one. */
function Over({ opsnb, row }: IBodyProps & { row: ReportRow }): JSX.Element | null {
  const { trans } = opsnb;
  const [metric, setMetric] = React.useState('');
  const answer = useView<Trend>(opsnb, 'trend', { name: row.name, metric }, change =>
    change.runs.some(run => run.type === 'evaluation')
  );
  const trend = answer.data;
  if (!trend || trend.points.length < 2) {
    return null;
  }
  return (
    <div className="jp-opsnb-Chosen">
      <Bar label={trans.__('Trend')}>
        <h4>{trans.__('Trend of')}</h4>
        <select
          aria-label={trans.__('Metric of the trend')}
          value={trend.metric}
          onChange={event => setMetric(event.target.value)}
        >
          {trend.metrics.map(m => (
            <option key={m} value={m}>
              {m}
            </option>
          ))}
        </select>
      </Bar>
      <TrendChart trans={trans} points={trend.points} label={trend.metric} shown={row.run} />
    </div>
  );
}

function Gates({ opsnb }: IBodyProps): JSX.Element | null {
  const { trans } = opsnb;
  const answer = useView<GatesPage>(opsnb, 'gates', {}, change =>
    change.runs.some(run => ['evaluation', 'gate'].includes(run.type))
  );
  if (answer.failure) {
    return <FailureBox trans={trans} failure={answer.failure} onRetry={answer.reload} />;
  }
  const rows = answer.data?.rows ?? [];
  return rows.length ? (
    <div className="jp-opsnb-Gates">
      <Bar label={trans.__('Gates')}>
        <h4>{trans.__('Gates')}</h4>
      </Bar>
      <ul>
        {rows.map(r => (
          <Gate key={r.file} opsnb={opsnb} row={r} />
        ))}
      </ul>
    </div>
  ) : null;
}

function Gate({ opsnb, row }: IBodyProps & { row: GateRow }): JSX.Element {
  const { trans } = opsnb;
  return (
    <li>
      <details>
        <summary>
          {row.last ? (
            <VerdictSign trans={trans} ok={row.last.ok} />
          ) : (
            <span className="jp-opsnb-mod-dim">{trans.__('– not asked yet')}</span>
          )}{' '}
          <Said text={row.name} />
        </summary>
        {row.error && <p className="jp-opsnb-mod-bad">{row.error}</p>}
        {row.last && <p>{row.last.why}</p>}
        <ul>
          {row.rules.map((rule, i) => (
            <li key={i}>
              <code>{rule}</code>
            </li>
          ))}
        </ul>
        {row.baseline && <p className="jp-opsnb-mod-dim">{trans.__('compared with %1', row.baseline)}</p>}
        <button type="button" className="jp-opsnb-Link" onClick={() => void openFile(opsnb, row.file)}>
          <bdi>{row.file}</bdi>
        </button>
      </details>
    </li>
  );
}
