import React from 'react';
import { FailureBox } from '../components/failure';
import { Interval } from '../components/interval';
import { List } from '../components/list';
import { Said } from '../components/said';
import { number } from '../words';
import { useView } from '../hooks';
import type { IBodyProps } from '../tokens';
import type { FlipRow, Flips } from '../api';

/** What changed between two evaluations: each metric with its interval, then the cases, those lost first. */
export function FlipsPane(props: IBodyProps & { run: string; before: string }): JSX.Element {
  const { opsnb, run, before } = props;
  const { trans } = opsnb;
  const [chosen, setChosen] = React.useState<FlipRow | null>(null);
  const answer = useView<Flips>(opsnb, 'flips', { run, before });
  if (answer.failure) {
    return <FailureBox trans={trans} failure={answer.failure} onRetry={answer.reload} />;
  }
  const flips = answer.data;
  if (!flips) {
    return <p className="jp-opsnb-Empty">{trans.__('Comparing…')}</p>;
  }
  return (
    <>
      <ul className="jp-opsnb-Changes">
        {flips.changes.map(c => {
          const reach = Math.max(Math.abs(c.low ?? 0), Math.abs(c.high ?? 0), 1e-9);
          return (
            <li key={c.metric}>
              <span
                className="jp-opsnb-State"
                data-state={c.shown === 'better' ? 'done' : c.shown === 'worse' ? 'failed' : 'not_run'}
              >
                {c.shown === 'better'
                  ? `✓ ${trans.__('better')}`
                  : c.shown === 'worse'
                    ? `✗ ${trans.__('worse')}`
                    : `– ${trans.__('not shown to differ')}`}
              </span>
              <Interval
                trans={trans}
                value={c.difference}
                low={c.low}
                high={c.high}
                range={[-reach, reach]}
              />
              <span>{c.reading}</span>
            </li>
          );
        })}
      </ul>
      {flips.notes.map(n => (
        <p key={n} className="jp-opsnb-Warning">
          {n}
        </p>
      ))}
      <h3>
        {trans.__('%1 changes in %2 cases', flips.total, flips.pairs)}
        {flips.total > flips.rows.length ? ` ${trans.__('(the first %1)', flips.rows.length)}` : ''}
      </h3>
      <div className="jp-opsnb-Cases" data-chosen={chosen !== null}>
        {flips.rows.length > 0 && (
          <List
            label={trans.__('Cases that changed')}
            total={flips.rows.length}
            row={i => flips.rows[i]}
            rowKey={(r, i) => `${i} ${r.case}`}
            selected={r => r === chosen}
            onSelect={setChosen}
            draw={r => (
              <>
                <span className="jp-opsnb-State" data-state={r.won ? 'done' : 'failed'}>
                  {r.won ? `▲ ${trans.__('won')}` : `▼ ${trans.__('lost')}`}
                </span>
                <Said text={r.inputs} className="jp-opsnb-mod-first" />
                <span className="jp-opsnb-mod-end">
                  {r.metric} {number(r.a)} → {number(r.b)}
                </span>
              </>
            )}
          />
        )}
        {chosen && (
          <section className="jp-opsnb-Detail" aria-label={trans.__('Case %1', chosen.case)} tabIndex={0}>
            <h3>
              <bdi>{chosen.case}</bdi>
            </h3>
            {(
              [
                [trans.__('asked'), chosen.inputs],
                [trans.__('expected'), chosen.expected],
                [trans.__('before'), chosen.output_a],
                [trans.__('now'), chosen.output_b],
                [trans.__('why'), chosen.why]
              ] as const
            )
              .filter(([, text]) => text)
              .map(([name, text]) => (
                <React.Fragment key={name}>
                  <h4>{name}</h4>
                  <pre dir="auto">{text}</pre>
                </React.Fragment>
              ))}
          </section>
        )}
      </div>
    </>
  );
}
