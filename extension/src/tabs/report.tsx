import React from 'react';
import { Head } from '../components/facts';
import { FailureBox } from '../components/failure';
import { Interval, intervalText, Spread } from '../components/interval';
import { State } from '../components/state';
import { Tabs } from '../components/tabs';
import { VerdictBox } from '../components/verdict';
import { brief, duration, number } from '../words';
import { useView } from '../hooks';
import type { IBodyProps } from '../tokens';
import type { ReportCard } from '../api';
import { Cases } from './cases';
import { FlipsPane } from './flips';

type Part = 'cases' | 'compare';

/** The report of an evaluation: verdict, totals, cases with the failures first, and what changed. `args`: run. */
export function ReportTab({ opsnb, args }: IBodyProps & { args: Record<string, unknown> }): JSX.Element {
  const { trans } = opsnb;
  const run = String(args.run ?? '');
  const [part, setPart] = React.useState<Part>('cases');
  const [before, setBefore] = React.useState(String(args.before ?? ''));
  const answer = useView<ReportCard>(opsnb, 'report', { run }, change =>
    change.runs.some(r => r.run === run || r.type === 'gate')
  );
  const report = answer.data;
  if (!report) {
    return answer.failure ? (
      <FailureBox trans={trans} failure={answer.failure} onRetry={answer.reload} />
    ) : (
      <p className="jp-opsnb-Empty">{trans.__('Reading…')}</p>
    );
  }
  const facts: [string, string][] = [
    [trans.__('target'), report.target],
    [trans.__('cases'), `${report.dataset}, ${report.cases.toLocaleString()}`],
    [trans.__('failed'), report.errors ? trans.__('%1 raised', report.errors) : ''],
    [trans.__('not run'), report.not_run ? String(report.not_run) : ''],
    [trans.__('took'), duration(trans, report.seconds)],
    [trans.__('cost'), report.cost ? `$${report.cost.toPrecision(3)}` : ''],
    [trans.__('tokens'), report.tokens ? report.tokens.toLocaleString() : ''],
    [trans.__('note'), report.notes.join('; ')]
  ];
  return (
    <div className="jp-opsnb-Report">
      <div className="jp-opsnb-Head">
        <h2>
          <bdi>{report.name}</bdi>
        </h2>
        {report.status !== 'done' && <State trans={trans} status={report.status} />}
        <span className="jp-opsnb-mod-grow" />
        <button
          type="button"
          className="jp-opsnb-Button"
          onClick={() => opsnb.open('run', { run, name: report.name.slice(0, 80) })}
        >
          {trans.__('Run details')}
        </button>
      </div>
      <dl className="jp-opsnb-Figures">
        {facts
          .filter(([, value]) => value)
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
      {report.verdicts.map((v, i) => (
        <VerdictBox key={i} trans={trans} verdict={v} />
      ))}
      <Totals opsnb={opsnb} report={report} />
      <Tabs<Part>
        label={trans.__('Views of %1', report.name)}
        chosen={part}
        onChoose={setPart}
        tabs={[
          ['cases', trans._n('%1 case to look at', '%1 cases to look at', report.failures)],
          ['compare', trans.__('Compare')]
        ]}
      />
      {part === 'cases' ? (
        <Cases opsnb={opsnb} report={report} />
      ) : (
        <>
          <label className="jp-opsnb-Pick">
            {trans.__('with')}{' '}
            <select value={before} onChange={event => setBefore(event.target.value)}>
              <option value="">{trans.__('an earlier evaluation…')}</option>
              {report.others.map(o => (
                <option key={o.run} value={o.run}>
                  {`${o.name}, ${brief(o.started)}${o.figures[0] ? `, ${o.figures[0].metric} ${number(o.figures[0].value)}` : ''}`}
                </option>
              ))}
            </select>
          </label>
          {before ? (
            <FlipsPane key={before} opsnb={opsnb} run={run} before={before} />
          ) : (
            <p className="jp-opsnb-Empty">
              {report.others.length
                ? trans.__('Choose one: what became better or worse, case by case.')
                : trans.__('There is no other evaluation of these cases yet.')}
            </p>
          )}
        </>
      )}
    </div>
  );
}

function Totals({ opsnb, report }: IBodyProps & { report: ReportCard }): JSX.Element {
  const { trans } = opsnb;
  return (
    <table className="jp-opsnb-Table">
      <Head
        columns={[
          trans.__('metric'),
          trans.__('value, with its %1% interval', Math.round(report.level * 100)),
          trans.__('on its scale'),
          trans.__('spread'),
          trans.__('scored'),
          trans.__('to look at'),
          trans.__('note')
        ]}
      />
      <tbody>
        {report.totals.map(t => (
          <tr key={t.metric}>
            <th scope="row">
              {t.metric}{' '}
              <span
                className="jp-opsnb-mod-dim"
                role="img"
                aria-label={t.higher_is_better ? trans.__('higher is better') : trans.__('lower is better')}
                title={t.higher_is_better ? trans.__('higher is better') : trans.__('lower is better')}
              >
                {t.higher_is_better ? '↑' : '↓'}
              </span>
            </th>
            <td>
              {intervalText(trans, t.value, t.low, t.high)} {t.unit}
            </td>
            <td>
              <Interval trans={trans} value={t.value} low={t.low} high={t.high} range={t.range} />
            </td>
            <td>
              <Spread
                counts={t.scores}
                label={trans.__('How %1 scores are spread over the scale: %2', t.n, t.scores.join(', '))}
              />
            </td>
            <td>
              {t.n.toLocaleString()}
              {t.missing ? ` (${trans.__('%1 without', t.missing)})` : ''}
            </td>
            <td>{t.failures || ''}</td>
            <td>{[t.judge, t.note].filter(Boolean).join('; ')}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
