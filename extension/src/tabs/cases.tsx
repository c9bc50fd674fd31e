import React from 'react';
import { FailureBox } from '../components/failure';
import { List } from '../components/list';
import { Search } from '../components/bar';
import { Said } from '../components/said';
import { Bar } from '../components/tabs';
import { duration, number } from '../words';
import { useSettled, useView } from '../hooks';
import { usePages } from '../pages';
import type { IBodyProps } from '../tokens';
import type { CaseDetail, CaseRow, ReportCard } from '../api';

/** The cases, the worst first; beside them all that is known of the chosen one. */
export function Cases({ opsnb, report }: IBodyProps & { report: ReportCard }): JSX.Element {
  const { trans } = opsnb;
  const [search, setSearch] = React.useState('');
  const [failed, setFailed] = React.useState(report.failures > 0);
  const [metric, setMetric] = React.useState('');
  const [tag, setTag] = React.useState('');
  const [sort, setSort] = React.useState('worst');
  const [chosen, setChosen] = React.useState<number | null>(null);
  const pages = usePages<CaseRow>(
    opsnb,
    'cases',
    {
      run: report.run,
      metric,
      failed,
      tag,
      sort,
      search: useSettled(search)
    },
    r => String(r.place),
    () => false
  );
  const metrics = Object.keys(pages.row(0)?.scores ?? {});
  const brief = (r: CaseRow) =>
    (metric ? [metric] : metrics).map(m => `${m} ${number(r.scores[m])}`).join(' · ');
  return (
    <>
      <Bar label={trans.__('Cases')}>
        <Search label={trans.__('Search cases')} value={search} onChange={setSearch} />
        <label>
          <input type="checkbox" checked={failed} onChange={event => setFailed(event.target.checked)} />{' '}
          {trans.__('only those to look at')}
        </label>
        <select
          aria-label={trans.__('By metric')}
          value={metric}
          onChange={event => setMetric(event.target.value)}
        >
          <option value="">{trans.__('by all metrics')}</option>
          {report.totals.map(t => (
            <option key={t.metric} value={t.metric}>
              {t.metric}
            </option>
          ))}
        </select>
        {report.tags.length > 0 && (
          <select
            aria-label={trans.__('With tag')}
            value={tag}
            onChange={event => setTag(event.target.value)}
          >
            <option value="">{trans.__('all tags')}</option>
            {report.tags.map(t => (
              <option key={t} value={t}>
                {t}
              </option>
            ))}
          </select>
        )}
        <select aria-label={trans.__('Order')} value={sort} onChange={event => setSort(event.target.value)}>
          <option value="worst">{trans.__('worst first')}</option>
          <option value="best">{trans.__('best first')}</option>
          <option value="place">{trans.__('as asked')}</option>
        </select>
        <span className="jp-opsnb-mod-dim" role="status">
          {trans._n('%1 case', '%1 cases', pages.total)}
        </span>
      </Bar>
      {pages.failure && <FailureBox trans={trans} failure={pages.failure} onRetry={pages.reload} />}
      <div className="jp-opsnb-Cases" data-chosen={chosen !== null}>
        {pages.total ? (
          <List
            label={trans.__('Cases')}
            total={pages.total}
            row={pages.row}
            onShown={pages.onShown}
            height={44}
            rowKey={r => String(r.place)}
            selected={r => r.place === chosen}
            onSelect={r => setChosen(r.place)}
            draw={r => (
              <>
                <span
                  className="jp-opsnb-State"
                  data-state={r.failed ? 'failed' : 'done'}
                  role="img"
                  aria-label={r.failed ? trans.__('to look at') : trans.__('good')}
                >
                  {r.failed ? '✗' : '✓'}
                </span>
                <span className="jp-opsnb-Step">
                  <Said text={r.inputs} className="jp-opsnb-mod-first" />
                  <span>
                    <Said
                      text={r.status === 'done' ? r.output || '∅' : r.status.replace('_', ' ')}
                      className="jp-opsnb-mod-dim"
                    />
                    <span className="jp-opsnb-mod-end">{brief(r)}</span>
                  </span>
                </span>
              </>
            )}
          />
        ) : (
          <p className="jp-opsnb-Empty">
            {pages.waiting
              ? trans.__('Reading…')
              : failed
                ? trans.__('No case fails.')
                : trans.__('No case fits.')}
          </p>
        )}
        {chosen !== null && <Detail opsnb={opsnb} run={report.run} place={chosen} />}
      </div>
    </>
  );
}

function Detail({ opsnb, run, place }: IBodyProps & { run: string; place: number }): JSX.Element {
  const { trans } = opsnb;
  const answer = useView<CaseDetail>(opsnb, 'case', { run, place });
  const c = answer.data;
  if (answer.failure) {
    return <FailureBox trans={trans} failure={answer.failure} onRetry={answer.reload} />;
  }
  if (!c) {
    return <p className="jp-opsnb-Empty">{trans.__('Reading…')}</p>;
  }
  const facts = [
    ...Object.entries(c.tags).map(([k, v]) => `${k}=${v}`),
    duration(trans, c.latency_s),
    c.tokens ? trans.__('%1 tokens', c.tokens) : '',
    c.cost ? `$${c.cost.toPrecision(2)}` : '',
    c.cached ? trans.__('known from before') : ''
  ].filter(Boolean);
  return (
    <section className="jp-opsnb-Detail" aria-label={trans.__('Case %1', c.id)} tabIndex={0}>
      <h3>
        <bdi>{c.id}</bdi> <span className="jp-opsnb-mod-dim">{facts.join(' · ')}</span>
      </h3>
      <Part name={trans.__('asked')} text={c.inputs} />
      <Part name={trans.__('expected')} text={c.expected} />
      <Part name={trans.__('came out')} text={c.output || (c.errors.target ? '' : '∅')} />
      {c.errors.target && <Part name={trans.__('raised')} text={c.errors.target} bad />}
      <h4>{trans.__('judged')}</h4>
      <ul className="jp-opsnb-Scores">
        {Object.entries(c.scores).map(([metric, value]) => (
          <li key={metric}>
            <strong>{metric}</strong> {number(value)}
            {c.passed[metric] === false ? ` ✗ ${trans.__('below its threshold')}` : ''}
            {c.why[metric] && <p dir="auto">{c.why[metric]}</p>}
            {c.errors[metric] && <p className="jp-opsnb-mod-bad">{c.errors[metric]}</p>}
          </li>
        ))}
      </ul>
      {c.sources.length > 0 && <Part name={trans.__('sources found')} text={c.sources.join('\n')} />}
      {c.retrieved.length > 0 && (
        <>
          <h4>{trans.__('retrieved')}</h4>
          <ol className="jp-opsnb-Retrieved">
            {c.retrieved.map((text, i) => (
              <li key={i} dir="auto">
                {text.slice(0, 5000)}
              </li>
            ))}
          </ol>
        </>
      )}
    </section>
  );
}

function Part(props: { name: string; text: string; bad?: boolean }): JSX.Element | null {
  return props.text ? (
    <>
      <h4>{props.name}</h4>
      <pre dir="auto" className={props.bad ? 'jp-opsnb-mod-bad' : undefined}>
        {props.text.slice(0, 20000)}
      </pre>
    </>
  ) : null;
}
